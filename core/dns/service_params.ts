/**
 * Parameters of SVCB and HTTPS records (RFC 9460).
 *
 * @module
 */

import { mistake } from "../check.ts";
import { show } from "../message.ts";
import {
  type Field,
  IPV4,
  IPV6,
  LONG_STRING,
  type Place,
  UINT16,
  Words,
} from "./fields.ts";
import type { Word } from "./words.ts";

type Params = Readonly<Record<string, string>>;

/** Checks a value, and returns its usual form. */
type Convert = (value: string, place: Place) => string;

// The number of each key is its index.
const KEYS: readonly (readonly [key: string, convert: Convert])[] = [
  ["mandatory", toMandatory],
  ["alpn", present],
  ["no-default-alpn", absent],
  ["port", one(UINT16)],
  ["ipv4hint", list(one(IPV4))],
  ["ech", present],
  ["ipv6hint", list(one(IPV6))],
  ["dohpath", present],
  ["ohttp", absent],
];

// The last number is reserved.
const MAX_KEY = 65_534;

// Values that need no quotes in a zone file.
const PLAIN = /^[\w+,./:={}?-]+$/;

/** Parameters up to the end. Their order makes no difference. */
export const PARAMS: Field = {
  read(words, place) {
    const pairs = readPairs(words.rest(), place);
    const keys = pairs.map(([key]) => key);
    const double = keys.find((key, at) => keys.indexOf(key) !== at);
    if (double === undefined) return check(Object.fromEntries(pairs), place);
    const { operation, field } = place;
    throw new TypeError(`${operation}: ${field} has ${show(double)} twice`);
  },
  write(value, place) {
    if (typeof value !== "object" || value === null) {
      throw mistake(place.operation, place.field, "an object", value);
    }
    return Object.entries(check(value as Params, place))
      .map((pair) => writePair(pair, place)).join(" ");
  },
};

/**
 * Returns the name of a key.
 *
 * @param number Number of the key.
 * @returns The name, such as `"alpn"` or `"key65280"`.
 */
export function keyName(number: number): string {
  return KEYS[number]?.[0] ?? `key${number}`;
}

function readPairs(words: readonly Word[], place: Place): [string, string][] {
  const pairs: [string, string][] = [];
  for (const { text, isQuoted, isAdjacent } of words) {
    const last = pairs.at(-1);
    if (!isQuoted) {
      const [, key = "", value = ""] = /^([^=]*)=?([^]*)$/.exec(text) ?? [];
      pairs.push([key, value && unescape(value, place)]);
    } else if (isAdjacent && last?.[1] === "") {
      last[1] = unescape(text, place);
    } else {
      throw mistake(place.operation, place.field, "key=value", text);
    }
  }
  return pairs;
}

function unescape(text: string, place: Place): string {
  const word = { text, isQuoted: true, isAdjacent: false };
  return LONG_STRING.read(new Words([word]), place) as string;
}

function writePair([key, value]: [string, string], place: Place): string {
  if (value === "") return key;
  const quoted = LONG_STRING.write(value, within(place, key));
  return `${key}=${PLAIN.test(value) ? value : quoted}`;
}

/** Checks all parameters, and returns them in the order of their numbers. */
function check(params: Params, place: Place): Params {
  const entries = Object.entries(params)
    .map(([key, value]) => ({ key, value, number: numberOf(key, place) }))
    .sort((a, b) => a.number - b.number)
    .map(({ key, value, number }) => {
      if (typeof value !== "string") {
        const { operation, field } = within(place, key);
        throw mistake(operation, field, "a string", value);
      }
      const convert = KEYS[number]?.[1];
      return [key, convert?.(value, within(place, key)) ?? value] as const;
    });
  const checked = Object.fromEntries(entries);
  for (const key of needed(checked)) {
    if (Object.hasOwn(checked, key)) continue;
    throw new TypeError(
      `${place.operation}: ${place.field} lacks ${show(key)}`,
    );
  }
  return checked;
}

/** Keys that other parameters require. */
function needed(params: Params): readonly string[] {
  return [
    ...params["mandatory"]?.split(",") ?? [],
    ...Object.hasOwn(params, "no-default-alpn") ? ["alpn"] : [],
  ];
}

function numberOf(key: string, { operation, field }: Place): number {
  const known = KEYS.findIndex(([name]) => name === key);
  if (known >= 0) return known;
  const number = Number(/^key(0|[1-9]\d{0,4})$/.exec(key)?.[1] ?? NaN);
  if (number >= KEYS.length && number <= MAX_KEY) return number;
  const name = KEYS[number]?.[0] ?? "key65000";
  throw mistake(operation, field, `keys such as ${show(name)}`, key);
}

function within(place: Place, key: string): Place {
  return { ...place, field: `${place.field}.${key}` };
}

function toMandatory(value: string, place: Place): string {
  const numbers = value.split(",").map((key) => numberOf(key, place));
  if (numbers.includes(0) || new Set(numbers).size < numbers.length) {
    throw mistake(place.operation, place.field, "other keys, each once", value);
  }
  return numbers.sort((a, b) => a - b)
    .map(keyName).join(",");
}

function present(value: string, { operation, field }: Place): string {
  if (value !== "") return value;
  throw mistake(operation, field, "a non-empty string", value);
}

function absent(value: string, { operation, field }: Place): string {
  if (value === "") return value;
  throw mistake(operation, field, "an empty string", value);
}

/** Checks a value that has one field. */
function one(field: Field): Convert {
  return (text, place) => {
    const word = { text, isQuoted: false, isAdjacent: false };
    return field.write(field.read(new Words([word]), place), place);
  };
}

/** Checks a list with commas. */
function list(convert: Convert): Convert {
  return (value, place) =>
    value.split(",").map((item) => convert(item, place)).join(",");
}
