/**
 * Quoting for POSIX shells: dash, busybox and bash.
 *
 * @module
 */

/**
 * Quotes an argument, so that the shell passes it on unchanged. This includes
 * quotes, line breaks, dollar signs and the empty string.
 *
 * @param arg The argument. It must not contain NUL.
 * @returns The quoted argument, which the shell reads as a single word.
 */
export function quote(arg: string): string {
  // Within single quotes, only the closing quote has a special meaning.
  return `'${arg.replaceAll("'", `'\\''`)}'`;
}
