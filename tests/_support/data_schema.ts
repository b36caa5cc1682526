/**
 * Schema check of the data files.
 *
 * @module
 */

const ARCHITECTURES = ["x86_64", "arm64"];
const CURRENCIES: readonly string[] = Intl.supportedValuesOf("currency");
const COUNTRIES = new Intl.DisplayNames("en", {
  type: "region",
  fallback: "none",
});
/** Codes that `Intl` names, but that are not countries in ISO 3166-1. */
const NOT_COUNTRIES = ["AC", "CP", "DG", "EA", "EU", "IC", "TA", "UK", "UN"];

/** Checks the value at a place, and returns what is wrong with it. */
type Check = (value: unknown, at: string) => readonly string[];

const text = check(
  (value) => typeof value === "string" && value.trim() !== "",
  "is not a string",
);
const isObject = check(isTable, "is not an object");
const amount = check(
  (value) => typeof value === "number" && value > 0,
  "is not a number above 0",
);
const count = every(amount, check(Number.isInteger, "is not an integer"));
const source = check((value) => {
  const sources: readonly unknown[] = Array.isArray(value) ? value : [value];
  return sources.length > 0 &&
    sources.every((it) => typeof it === "string" && it.trim() !== "");
}, "names no source");
const day = every(
  check(isDay, "is no day"),
  check(
    (value) => !(Date.parse(String(value)) > Date.now()),
    "is in the future",
  ),
);
const currency = check(
  (value) => CURRENCIES.includes(String(value)),
  "is no ISO 4217 code",
);
const country = check((value) => {
  const code = String(value);
  return /^[A-Z]{2}$/.test(code) && !NOT_COUNTRIES.includes(code) &&
    COUNTRIES.of(code) !== undefined;
}, "is no ISO 3166-1 code");
const architecture = check(
  (value) => ARCHITECTURES.includes(String(value)),
  "is unknown",
);

const size = object({ id: text }, {
  name: text,
  vcpus: amount,
  ramMib: count,
  diskGb: amount,
  architecture,
  gpus: count,
  extra: isObject,
});
const price = every(
  object({}, { hourly: amount, monthly: amount }),
  check((value) => Object.keys(Object(value)).length > 0, "has no price"),
);
const region = object({ id: text, name: text, country });
const priceList = object({
  source,
  updated: day,
  currency,
  sizes: table(price),
});
const locationPrices = object({ locations: table(priceList) });
const prices: Check = (value, at) => {
  const isByLocation = isTable(value) && "locations" in value;
  return (isByLocation ? locationPrices : priceList)(value, at);
};
/** A regular expression with no groups but `version` and `architecture`. */
const pattern = check((value) => {
  const names = String(value).matchAll(/\(\?<(\w+)>/g);
  const known = [...names].every(([, name]) =>
    ["version", "architecture"].includes(name!)
  );
  try {
    return typeof value === "string" && known && Boolean(new RegExp(value));
  } catch {
    return false;
  }
}, "is no pattern");
const patterns = table(pattern);
const imageRule = object({
  distribution: check(
    (value) => /^[a-z]+$/.test(String(value)),
    "is not lower-case letters",
  ),
  fields: patterns,
}, {
  version: text,
  architecture,
  list: isObject,
  // Only of EC2: partitions of AWS in which the rule holds.
  partitions: list(text),
});
const images = object({ source, updated: day, rules: list(imageRule) }, {
  list: isObject,
  fields: patterns,
  createdAt: text,
});
const file = every(
  object({}, {
    sizes: part({ items: every(list(size), uniqueIds) }),
    prices,
    regions: part({ items: every(list(region), uniqueIds) }),
    images,
    clouds: part({ items: table(isObject) }),
  }),
  check((value) => Object.keys(Object(value)).length > 0, "has no part"),
);

/**
 * Finds what is wrong with a data file.
 *
 * @param data The parsed file.
 * @returns The problems, each with the place of the value.
 */
export function problemsIn(data: unknown): readonly string[] {
  return file(data, "the file");
}

/** A check that is a question and the problem if the answer is no. */
function check(isValid: (value: unknown) => boolean, problem: string): Check {
  return (value, at) => isValid(value) ? [] : [`${at} ${problem}`];
}

/** The problems of the first check that finds one. */
function every(...checks: readonly Check[]): Check {
  return (value, at) => {
    for (const check of checks) {
      const problems = check(value, at);
      if (problems.length > 0) return problems;
    }
    return [];
  };
}

/** An object with these keys, and no others. */
function object(
  required: Readonly<Record<string, Check>>,
  optional: Readonly<Record<string, Check>> = {},
): Check {
  const known = { ...required, ...optional };
  return every(isObject, (value, at) => {
    const fields = value as Readonly<Record<string, unknown>>;
    const keys = new Set([...Object.keys(required), ...Object.keys(fields)]);
    return [...keys].flatMap((key) => {
      const check = Object.hasOwn(known, key) ? known[key] : undefined;
      return check
        ? check(fields[key], placeOf(at, key))
        : [`${at}: unknown key ${key}`];
    });
  });
}

/** An object with a source, a day, and these keys. */
function part(content: Readonly<Record<string, Check>>): Check {
  return object({ source, updated: day, ...content });
}

/** An object with any keys, and at least one. */
function table(check: Check): Check {
  return every(isObject, (value, at) => {
    const entries = Object.entries(Object(value));
    if (entries.length === 0) return [`${at} is empty`];
    return entries.flatMap(([key, item]) => check(item, placeOf(at, key)));
  });
}

/** An array with at least one item. */
function list(check: Check): Check {
  return (value, at) => {
    if (!Array.isArray(value)) return [`${at} is not an array`];
    if (value.length === 0) return [`${at} is empty`];
    return value.flatMap((item, index) => check(item, `${at}[${index}]`));
  };
}

function uniqueIds(value: unknown, at: string): string[] {
  const ids = (value as { id: string }[]).map(({ id }) => id);
  const repeated = ids.filter((id, index) => ids.indexOf(id) < index);
  return [...new Set(repeated)].map((id) => `${at}: several have the id ${id}`);
}

function placeOf(at: string, key: string): string {
  return at === "the file" ? key : `${at}.${key}`;
}

function isTable(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a value is a day that exists, such as `"2026-11-29"`. */
function isDay(value: unknown): boolean {
  return typeof value === "string" && /^\d{4}-\d{2}-\d{2}$/.test(value) &&
    Number.isFinite(Date.parse(value)) &&
    new Date(value).toISOString().startsWith(value);
}
