/**
 * Fills in the templates in `templates/`.
 *
 * A template is the text of a file for the provider Acme. Its names, such as
 * `AcmeNodeDriver`, become those of another provider. `«nodes»` is replaced by a
 * value. The lines between `// @if basic|bearer` and `// @end` stay if one of
 * these flags is set; `!` negates a flag, and `// @else` separates the other
 * case.
 *
 * @module
 */

/** What a template is filled with. */
export interface Filling {
  /** Names of the provider, for those of Acme. */
  readonly names: ProviderNames;
  /** Flags of conditions. */
  readonly flags: ReadonlySet<string>;
  /** Values of placeholders. */
  readonly values: Readonly<Record<string, string>>;
}

/** Names of a provider. */
export interface ProviderNames {
  /** Id, such as `"acme"`. */
  readonly id: string;
  /** Beginning of the names of classes, such as `"Acme"`. */
  readonly prefix: string;
  /** Name for people, such as `"Acme Cloud"`. */
  readonly name: string;
  /** Base URL of the API, such as `"https://api.acme.example/v1"`. */
  readonly url: string;
}

const IF = /^\s*\/\/ @if (.+)$/;
const ELSE = /^\s*\/\/ @else$/;
const END = /^\s*\/\/ @end$/;

/**
 * Fills in a template.
 *
 * @param template Text of the template.
 * @param filling Names, flags and values.
 * @returns Text of the file, not formatted yet.
 * @throws {Error} If a placeholder has no value, or a condition is not closed.
 */
export function fill(template: string, filling: Filling): string {
  const { names: { id, prefix, name, url }, values } = filling;
  const chosen = choose(template, filling.flags);
  const words: Readonly<Record<string, string>> = {
    "https://api.acme.example/v1": url,
    "Acme Cloud": name,
    "Acme's": `${name}'s`,
    Acme: prefix,
    ACME: id.toUpperCase(),
    acme: id,
  };
  return fillIn(chosen, values).replace(
    /https:\/\/api\.acme\.example\/v1|Acme Cloud|Acme's|Acme|ACME|acme/g,
    (word) => words[word]!,
  );
}

/** Replaces placeholders; a value may contain further ones. */
function fillIn(
  text: string,
  values: Readonly<Record<string, string>>,
): string {
  const call = /«oneOf\((.+?)\)»/g;
  return text.replace(call, (_, value) => wrap(values["one"], value))
    .replace(/«(\w+)»/g, (_, key) => {
      const value = values[key];
      if (value === undefined) throw new Error(`«${key}» has no value`);
      return value;
    });
}

/** Puts a record into the field that contains it, if there is one. */
function wrap(field: string | undefined, value: string): string {
  return field ? `{ ${field}: ${value} }` : value;
}

/** Keeps the lines whose conditions hold. */
function choose(template: string, flags: ReadonlySet<string>): string {
  const open: boolean[] = [];
  const lines = template.split("\n").filter((line) => {
    const condition = IF.exec(line)?.[1];
    if (condition !== undefined) {
      open.push(
        condition.split("|").some((flag) =>
          flag.startsWith("!") ? !flags.has(flag.slice(1)) : flags.has(flag)
        ),
      );
      return false;
    }
    if (ELSE.test(line)) {
      open.push(!open.pop());
      return false;
    }
    if (END.test(line)) {
      if (open.pop() === undefined) throw new Error("@end without @if");
      return false;
    }
    return open.every(Boolean);
  });
  if (open.length > 0) throw new Error("@if without @end");
  return lines.join("\n");
}
