/**
 * Words for a POSIX shell, whichever it is: dash, busybox or bash.
 *
 * @module
 */

/**
 * Quotes an argument, so that the shell hands it on as it is, whatever is in
 * it: quotes, line breaks, dollars, nothing at all.
 *
 * @param arg The argument, without NUL.
 * @returns One word for the shell.
 */
export function quote(arg: string): string {
  // Within single quotes nothing means anything but the quote that ends them.
  return `'${arg.replaceAll("'", `'\\''`)}'`;
}
