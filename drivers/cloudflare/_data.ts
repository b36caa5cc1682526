/**
 * The values of records, in the form of the API: a text for some types, and an
 * object for the others.
 *
 * @module
 */

import {
  formatRecordData,
  hostName,
  joinText,
  normalizeRecordData,
  parseRecordData,
  type RecordData,
  type RecordDataTypes,
  type RecordType,
} from "../../core/dns/mod.ts";

/** The fields of a record that contain its value. */
export interface ValueJson {
  content?: string;
  priority?: number;
  data?: Fields;
}

type Fields = Readonly<Record<string, string | number>>;

/** Types that can be written. */
export const TYPES = [
  "A",
  "AAAA",
  "CAA",
  "CERT",
  "CNAME",
  "DNSKEY",
  "DS",
  "HTTPS",
  "LOC",
  "MX",
  "NAPTR",
  "NS",
  "OPENPGPKEY",
  "PTR",
  "SMIMEA",
  "SRV",
  "SSHFP",
  "SVCB",
  "TLSA",
  "TXT",
  "URI",
] as const satisfies readonly RecordType[];

/** The names of Cloudflare for the fields of a type. */
type NamesOf<T extends keyof RecordDataTypes> = Readonly<
  Record<keyof RecordDataTypes[T], string>
>;

// By the names of nephos.
const OBJECTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  CAA: { flags: "flags", tag: "tag", value: "value" } satisfies NamesOf<"CAA">,
  DS: {
    keyTag: "key_tag",
    algorithm: "algorithm",
    digestType: "digest_type",
    digest: "digest",
  } satisfies NamesOf<"DS">,
  NAPTR: {
    order: "order",
    preference: "preference",
    flags: "flags",
    services: "service",
    regexp: "regex",
    replacement: "replacement",
  } satisfies NamesOf<"NAPTR">,
  SRV: {
    priority: "priority",
    weight: "weight",
    port: "port",
    host: "target",
  } satisfies NamesOf<"SRV">,
  SSHFP: {
    algorithm: "algorithm",
    fingerprintType: "type",
    fingerprint: "fingerprint",
  } satisfies NamesOf<"SSHFP">,
  TLSA: {
    usage: "usage",
    selector: "selector",
    matchingType: "matching_type",
    data: "certificate",
  } satisfies NamesOf<"TLSA">,
};

// In the order of a zone file.
const LINES: Readonly<Record<string, readonly string[]>> = {
  CERT: ["type", "key_tag", "algorithm", "certificate"],
  DNSKEY: ["flags", "protocol", "algorithm", "public_key"],
  LOC: [
    "lat_degrees",
    "lat_minutes",
    "lat_seconds",
    "lat_direction",
    "long_degrees",
    "long_minutes",
    "long_seconds",
    "long_direction",
    "altitude",
    "size",
    "precision_horz",
    "precision_vert",
  ],
  SMIMEA: ["usage", "selector", "matching_type", "certificate"],
};

/** Fields whose value is a number for every type of {@linkcode LINES}. */
const NOT_NUMBERS = /^(?:certificate|public_key|\w+_direction)$/;

/** Where a value is, for errors. */
export interface Place {
  readonly operation: string;
  readonly field: string;
}

/**
 * Converts a value.
 *
 * @param type Type of the record.
 * @param data The value, in the form of `normalizeRecordData()`.
 * @returns The fields of the record.
 */
export function toValueJson(type: RecordType, data: RecordData): ValueJson {
  const text = formatRecordData(type, data as never);
  switch (type) {
    case "MX": {
      const { preference, host } = data as RecordDataTypes["MX"];
      return { content: toTarget(host), priority: preference };
    }
    case "CNAME":
    case "NS":
    case "PTR":
      return { content: toTarget(data as string) };
    case "A":
    case "AAAA":
    case "OPENPGPKEY":
    case "TXT":
      return { content: text };
    case "URI": {
      const [, priority, weight, target = ""] = URI.exec(text) ?? [];
      return {
        priority: Number(priority),
        data: {
          weight: Number(weight),
          target: joinText(parseRecordData("TXT", `"${target}"`)),
        },
      };
    }
    case "HTTPS":
    case "SVCB": {
      const { priority, target } = data as RecordDataTypes["SVCB"];
      const value = text.split(" ").slice(2).join(" ");
      return { data: { priority, target: toTarget(target), value } };
    }
    default: {
      const names = OBJECTS[type];
      return { data: names ? toObject(data, names) : toLine(type, text) };
    }
  }
}

/**
 * Checks that Cloudflare can hold a value.
 *
 * @param type Type of the record.
 * @param json The fields of the record.
 * @param place What an error says.
 * @throws {TypeError} If Cloudflare cannot hold it.
 */
export function checkValueJson(
  type: RecordType,
  { data = {} }: ValueJson,
  { operation, field }: Place,
): void {
  if (!Object.values(data).some((value) => /[^ -~]/.test(`${value}`))) return;
  throw new TypeError(
    `${operation}: ${field} has text that is not printable ASCII; ` +
      `Cloudflare does not support it in ${type} records`,
  );
}

/**
 * Converts the fields of a record.
 *
 * @param type Type of the record.
 * @param json The fields.
 * @returns The value, in the form of `normalizeRecordData()`; the text of
 *   Cloudflare for a type that cannot be written.
 * @throws {TypeError} If the fields are invalid.
 * @throws {RangeError} If a number is out of range.
 */
export function toData(type: RecordType, json: ValueJson): RecordData {
  const { content = "", priority = 0, data } = json;
  switch (type) {
    case "A":
    case "AAAA":
    case "OPENPGPKEY":
      return parseRecordData(type, content);
    case "CNAME":
    case "NS":
    case "PTR":
      return toHost(content);
    case "MX":
      return { preference: priority, host: toHost(content) };
    case "TXT":
      return toTextData(content);
  }
  if (data === undefined) return content;
  if (type === "URI") {
    const target = `${data.target}`.replace(/["\\]/g, "\\$&");
    return parseRecordData(type, `${priority} ${data.weight} "${target}"`);
  }
  if (type === "HTTPS" || type === "SVCB") {
    const { priority, target, value = "" } = data;
    return parseRecordData(type, `${priority} ${toHost(`${target}`)} ${value}`);
  }
  const names = OBJECTS[type];
  if (names) return fromObject(type, data, names);
  const line = LINES[type];
  return line === undefined
    ? content
    : parseRecordData(type, line.map((name) => toWord(data[name])).join(" "));
}

const URI = /^(\d+) (\d+) "(.*)"$/;

/** Converts a text, which has quotes unless it was written long ago. */
function toTextData(content: string): string | readonly string[] {
  if (!content.startsWith('"')) return content;
  try {
    return parseRecordData("TXT", content);
  } catch {
    return content;
  }
}

/** Converts a host, which usually comes without the final dot. */
function toHost(host: string): string {
  return hostName(host.endsWith(".") ? host : `${host}.`);
}

/** Removes the final dot, which nephos keeps if a host has one label. */
function toTarget(host: string): string {
  return host === "." ? host : host.replace(/\.$/, "");
}

function toObject(
  data: RecordData,
  names: Readonly<Record<string, string>>,
): Fields {
  const values = data as unknown as Fields;
  return Object.fromEntries(
    Object.entries(names).map(([ours, theirs]) => {
      const value = values[ours] as string | number;
      return [theirs, isHost(ours) ? toTarget(`${value}`) : value];
    }),
  );
}

function fromObject(
  type: RecordType,
  json: Fields,
  names: Readonly<Record<string, string>>,
): RecordData {
  const entries = Object.entries(names).map(([ours, theirs]) => {
    const value = json[theirs] ?? "";
    return [ours, isHost(ours) ? toHost(`${value}`) : value];
  });
  return normalizeRecordData(type, Object.fromEntries(entries) as never);
}

function isHost(field: string): boolean {
  return field === "host" || field === "replacement";
}

function toLine(type: RecordType, text: string): Fields {
  const words = text.split(" ");
  return Object.fromEntries(
    (LINES[type] ?? []).map((name, index) => {
      const word = words[index] ?? "";
      // Metres end in "m".
      const value = NOT_NUMBERS.test(name)
        ? word
        : Number(word.replace(/m$/, ""));
      return [name, value];
    }),
  );
}

/** Converts a field, which may be a fraction such as -24.05000000000291. */
function toWord(value: string | number | undefined): string {
  return typeof value === "number" && !Number.isInteger(value)
    ? String(Number(value.toFixed(3)))
    : `${value}`;
}
