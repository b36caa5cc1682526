/**
 * Filters and order of lists.
 *
 * @module
 */

import type { Invalid } from "./_fields.ts";
import { Refusal } from "./_refusal.ts";

/** How a list can be filtered and sorted, for {@linkcode selectItems}. */
export interface SelectionRules<T> {
  /**
   * Properties to filter by. Each is a parameter, which can be repeated: an item
   * must have one of the values.
   *
   * @default {none}
   */
  readonly filters?: readonly string[] | undefined;
  /**
   * Parameters whose value is a condition, such as a label selector: creates the
   * condition of a value.
   *
   * @default {none}
   */
  readonly conditions?:
    | Readonly<Record<string, (value: string) => (item: T) => boolean>>
    | undefined;
  /**
   * Properties to sort by. The parameter is `sort`, and its values have the form
   * `name:desc`. It can be repeated; the first one counts most.
   *
   * @default {none}
   */
  readonly sorts?: readonly string[] | undefined;
  /**
   * Creates the error of an invalid order.
   *
   * @default {a refusal with status 400}
   */
  readonly invalid?: Invalid | undefined;
}

/**
 * Filters and sorts the items of a list by the parameters of a query. Other
 * parameters are ignored.
 *
 * @typeParam T Type of the items.
 * @param all All items.
 * @param query Query of the request.
 * @param rules How the list can be filtered and sorted.
 * @returns The items that remain, in the requested order.
 * @throws {Error} If the order is invalid; the error is that of `rules.invalid`.
 */
export function selectItems<T extends object>(
  all: readonly T[],
  query: URLSearchParams,
  rules: SelectionRules<T> = {},
): readonly T[] {
  const { filters = [], conditions = {}, sorts = [] } = rules;
  let found = all;
  for (const key of filters) {
    const wanted = query.getAll(key);
    if (wanted.length === 0) continue;
    found = found.filter((it) => wanted.includes(String(valueOf(it, key))));
  }
  for (const [name, toCondition] of Object.entries(conditions)) {
    const holds = query.getAll(name).map(toCondition);
    found = found.filter((it) => holds.every((isTrue) => isTrue(it)));
  }
  if (sorts.length === 0) return found;
  const orders = query.getAll("sort").map((text) => {
    const [key = "", direction = "asc"] = text.split(":");
    if (!sorts.includes(key) || !/^(?:asc|desc)$/.test(direction)) {
      throw refuseOrder(text, sorts, rules.invalid);
    }
    return { key, sign: direction === "asc" ? 1 : -1 };
  });
  return [...found].sort((a, b) => {
    for (const { key, sign } of orders) {
      const order = compare(valueOf(a, key), valueOf(b, key));
      if (order !== 0) return sign * order;
    }
    return 0;
  });
}

/** A term of a label selector. */
const TERM =
  /^(?:(?<not>!)?\s*(?<has>[\w./-]+)|(?<key>[\w./-]+)\s*(?:(?<sign>==?|!=)\s*(?<value>[\w.-]*)|\s(?<word>in|notin)\s*\((?<values>[^()]*)\)))$/;

/**
 * Parses a label selector in the format of Kubernetes, such as
 * `"env in (prod, test), !web"`.
 *
 * @param selector Terms, separated by commas: `key`, `!key`, `key=value`,
 * `key==value`, `key!=value`, `key in (a, b)`, `key notin (a, b)`.
 * @param invalid Creates the error of an invalid term.
 * @returns Whether labels match all terms.
 * @throws {Error} If a term is invalid; the error is that of `invalid`.
 */
export function parseLabelSelector(
  selector: string,
  invalid: (term: string) => Error,
): (labels: Readonly<Record<string, string>>) => boolean {
  // Commas in parentheses separate values.
  const terms = selector.split(/,(?![^(]*\))/).map((term) => {
    const groups = TERM.exec(term.trim())?.groups;
    if (groups === undefined) throw invalid(term);
    return groups as Partial<Record<string, string>>;
  });
  return (record) => {
    const labels = new Map(Object.entries(record));
    return terms.every(({ not, has, key = "", sign, value, word, values }) => {
      if (has !== undefined) return labels.has(has) === (not === undefined);
      const wanted = sign ? [value] : values!.split(",").map((it) => it.trim());
      const isNegative = sign === "!=" || word === "notin";
      return wanted.includes(labels.get(key)) !== isNegative;
    });
  };
}

function valueOf(item: object, key: string): unknown {
  return item[key as keyof typeof item];
}

function compare(one: unknown, other: unknown): number {
  if (one === other) return 0;
  return (one as string | number) < (other as string | number) ? -1 : 1;
}

function refuseOrder(
  value: string,
  sorts: readonly string[],
  invalid: Invalid = ({ message, field }) =>
    new Refusal(400, message, { field }),
): Error {
  const expected = sorts.join(" or ");
  const message = `'${value}' is not allowed`;
  return invalid({ field: "sort", rule: "choice", value, expected, message });
}
