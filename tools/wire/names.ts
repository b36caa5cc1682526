/**
 * Converts names of a description to names in the style of this repository.
 *
 * @module
 */

/**
 * Splits a name into words in lower case.
 *
 * @param name A name such as `"ssh_key"`, `"sshKey"` or `"ssh-key"`.
 * @returns The words, such as `["ssh", "key"]`.
 */
export function wordsOf(name: string): string[] {
  return name.replace(/([a-z\d])([A-Z])/g, "$1 $2")
    .split(/[^A-Za-z\d]+/).filter(Boolean)
    .map((word) => word.toLowerCase());
}

/** Converts a name to PascalCase. */
export function pascalCase(name: string): string {
  return wordsOf(name)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
}

/** Converts a name to snake_case. */
export function snakeCase(name: string): string {
  return wordsOf(name).join("_");
}

/** Plural of an English noun. */
export function pluralOf(noun: string): string {
  if (/[^aeiou]y$/i.test(noun)) return noun.slice(0, -1) + "ies";
  return /(?:s|x|z|ch|sh)$/i.test(noun) ? noun + "es" : noun + "s";
}

/** Singular of an English noun; the noun itself if it is singular. */
export function singularOf(noun: string): string {
  if (/ies$/i.test(noun)) return noun.slice(0, -3) + "y";
  if (/(?:ss|us|is)$/i.test(noun)) return noun;
  if (/(?:ss|x|z|ch|sh)es$/i.test(noun)) return noun.slice(0, -2);
  return noun.replace(/s$/i, "");
}

/** Whether two names have the same words. */
export function sameName(one: string, other: string): boolean {
  return wordsOf(one).join("") === wordsOf(other).join("");
}
