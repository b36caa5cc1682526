/**
 * Object masks: the properties that a response contains.
 *
 * @module
 */

import { invalid, unknownProperty } from "./_errors.ts";
import { TYPES } from "./_types.ts";
import { isObject } from "../kit/mod.ts";

/** Selected properties, each with those of its own records. */
export type Mask = ReadonlyMap<string, Mask>;

const EMPTY: Mask = new Map();
const TOKEN = /\s*([\w]+|[[\](),.])\s*/y;

/**
 * Parses a mask, such as `mask[id,status[keyName],datacenter.name]`. A list
 * without `mask[…]` around it is read alike.
 *
 * @param text The mask.
 * @returns The selected properties.
 * @throws {Refusal} If the string is no mask.
 */
export function parseMask(text: string): Mask {
  const tokens = tokensOf(text);
  let next = 0;
  const take = (expected: string) => {
    if (tokens[next] !== expected) return false;
    next++;
    return true;
  };
  const refuse = () =>
    invalid(`Unable to parse object mask '${text}'.`, "Public");
  const list = (): Map<string, Mask> => {
    const mask = new Map<string, Mask>();
    do item(mask); while (take(","));
    return mask;
  };
  const item = (mask: Map<string, Mask>) => {
    const name = tokens[next++] ?? "";
    if (!/^\w+$/.test(name)) throw refuse();
    skipType();
    mask.set(name, merge(mask.get(name), rest()));
  };
  const rest = (): Mask => {
    if (take(".")) {
      const mask = new Map<string, Mask>();
      item(mask);
      return mask;
    }
    if (!take("[")) return EMPTY;
    const mask = list();
    if (!take("]")) throw refuse();
    return mask;
  };
  // A type in parentheses selects properties of a derived type.
  const skipType = () => {
    if (!take("(")) return;
    next++;
    if (!take(")")) throw refuse();
  };
  const isWrapped = tokens[0] === "mask" && /^[[(.]$/.test(tokens[1] ?? "");
  if (isWrapped) {
    next++;
    skipType();
  }
  const mask = isWrapped ? rest() : list();
  if (next < tokens.length) throw refuse();
  return mask;
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  let match: RegExpExecArray | null;
  let end = 0;
  while ((match = TOKEN.exec(text))) {
    tokens.push(match[1]!);
    end = TOKEN.lastIndex;
  }
  if (end === text.length && tokens.length > 0) return tokens;
  throw invalid(`Unable to parse object mask '${text}'.`, "Public");
}

function merge(one: Mask | undefined, other: Mask): Mask {
  return one ? new Map([...one, ...other]) : other;
}

/**
 * Checks that a type has all properties of a mask.
 *
 * @throws {Refusal} If it lacks one.
 */
export function checkMask(mask: Mask, type: string): void {
  for (const [name, inner] of mask) {
    const fields = TYPES[type];
    if (!fields?.has(name)) throw unknownProperty(name, type);
    const relation = fields.get(name);
    if (relation === undefined && inner.size > 0) {
      throw unknownProperty([...inner.keys()][0]!, name);
    }
    if (relation !== undefined) checkMask(inner, relation);
  }
}

/**
 * Selects the properties of a record. Empty ones are absent.
 *
 * @param value A record, or a list of records.
 * @param mask The properties. If it is empty, all that are no relations.
 * @param type Type of the record.
 * @returns The selected properties.
 */
export function applyMask(value: unknown, mask: Mask, type: string): unknown {
  if (Array.isArray(value)) {
    return value.map((item) => applyMask(item, mask, type));
  }
  if (!isObject(value)) return value;
  const fields = TYPES[type] ?? new Map<string, string | undefined>();
  const names = mask.size > 0
    ? [...mask.keys()]
    : [...fields].filter(([, relation]) => !relation).map(([name]) => name);
  const selected: Record<string, unknown> = {};
  for (const name of names) {
    const property = value[name];
    if (property === undefined || property === null) continue;
    const relation = fields.get(name);
    selected[name] = relation === undefined
      ? property
      : applyMask(property, mask.get(name) ?? EMPTY, relation);
  }
  return selected;
}
