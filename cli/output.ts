/**
 * Results as a table, JSON, YAML or names.
 *
 * @module
 */

import { oneLine } from "../core/message.ts";
import { joinTag, type Tags } from "../core/compute/tags.ts";
import type { Format } from "./formats.ts";
import { usageError } from "./errors.ts";
import type { Output } from "./surroundings.ts";

/** A kind of records, and how to show them. */
export interface Kind {
  /** Word for one record, such as `"node"`. */
  readonly noun: string;
  /** Fields of a table, in their order. */
  readonly columns: readonly string[];
  /** Further fields that `--columns`, `--sort` and `--filter` accept. */
  readonly more?: readonly string[];
  /**
   * Field that other commands accept as an argument, for `-o name`.
   *
   * @default {"name"}
   */
  readonly reference?: string;
}

/** A record of a result. */
export type Row = object;

/** Which records to show, and which of their fields. */
export interface Selection {
  /** Fields to show. */
  readonly columns?: readonly string[] | undefined;
  /** Field to sort by; with `"-"` in front, the largest comes first. */
  readonly sort?: string | undefined;
  /** Conditions such as `"state=running"`; all of them must hold. */
  readonly filter?: readonly string[] | undefined;
}

/** Where and how to write. */
export interface Destination {
  /** Standard output. */
  readonly output: Output;
  /** Format of the result. */
  readonly format: Format;
  /** Whether to use colors. */
  readonly hasColors: boolean;
}

/**
 * Checks the fields of a selection, before any request.
 *
 * @param kind Kind of the records.
 * @param selection The selection.
 * @throws {CommandError} If a field is unknown.
 */
export function checkSelection(kind: Kind, selection: Selection): void {
  const { columns = [], sort, filter = [] } = selection;
  for (const column of columns) checkField(kind, "--columns", column);
  if (sort !== undefined) checkField(kind, "--sort", sort.replace(/^-/, ""));
  for (const condition of filter) toCondition(kind, condition);
}

/**
 * Chooses and sorts records.
 *
 * @typeParam T A record.
 * @param kind Kind of the records.
 * @param rows The records.
 * @param selection Conditions and order.
 * @returns The records to show.
 */
export function select<T extends Row>(
  kind: Kind,
  rows: readonly T[],
  { sort, filter = [] }: Selection,
): T[] {
  const conditions = filter.map((text) => toCondition(kind, text));
  const chosen = rows.filter((row) => conditions.every((holds) => holds(row)));
  if (sort === undefined) return chosen;
  const field = sort.replace(/^-/, "");
  const sign = sort.startsWith("-") ? -1 : 1;
  return chosen.toSorted((a, b) =>
    compare(read(a, field), read(b, field), sign)
  );
}

/**
 * Writes records, or one record.
 *
 * @param kind Kind of the records.
 * @param result An array of records, or one record.
 * @param selection The fields to show.
 * @param destination Where and how to write.
 */
export async function write(
  kind: Kind,
  result: Row | readonly Row[],
  { columns }: Selection,
  { output, format, hasColors }: Destination,
): Promise<void> {
  const rows: readonly Row[] = Array.isArray(result) ? result : [result];
  switch (format) {
    case "table":
      output.write(toTable(rows, columns ?? kind.columns, hasColors));
      break;
    case "name":
      output.write(
        rows.map((row) => `${toReference(kind, row, rows)}\n`).join(""),
      );
      break;
    case "json":
      output.write(JSON.stringify(withFields(result, columns), null, 2) + "\n");
      break;
    case "yaml": {
      const { stringify } = await import("@std/yaml/stringify");
      output.write(
        stringify(toPlain(withFields(result, columns)), { lineWidth: -1 }),
      );
    }
  }
}

/** The name, or the id where the name is missing or not unique. */
function toReference(
  { reference = "name" }: Kind,
  row: Row,
  rows: readonly Row[],
): string {
  const name = read(row, reference);
  const isUnique = rows.filter((it) => read(it, reference) === name).length < 2;
  return toText(isUnique && name !== undefined ? name : read(row, "id"));
}

/** Keeps only some fields of the records. */
function withFields(
  result: Row | readonly Row[],
  columns: readonly string[] | undefined,
): unknown {
  if (columns === undefined) return result;
  const pick = (row: Row) =>
    Object.fromEntries(columns.map((column) => [column, read(row, column)]));
  return Array.isArray(result) ? result.map(pick) : pick(result);
}

/** Leaves out `undefined`, which YAML does not have. */
function toPlain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function toTable(
  rows: readonly Row[],
  columns: readonly string[],
  hasColors: boolean,
): string {
  const cells = columns.map((column) => {
    const values = rows.map((row) => read(row, column));
    const texts = [toHeading(column), ...values.map(toText)];
    const width = Math.max(...texts.map(widthOf));
    const isNumber = values.length > 0 &&
      values.every((it) => it === undefined || typeof it === "number") &&
      values.some((it) => it !== undefined);
    return texts.map((text) => {
      const space = " ".repeat(width - widthOf(text));
      return isNumber ? space + text : text + space;
    });
  });
  const lines = [-1, ...rows.keys()].map((index) =>
    cells.map((column) => column[index + 1]).join("  ").trimEnd()
  );
  const [heading = "", ...rest] = lines;
  const first = hasColors ? `\x1b[1m${heading}\x1b[0m` : heading;
  return [first, ...rest].map((line) => `${line}\n`).join("");
}

/** Turns `publicIps` into `PUBLIC IPS`. */
function toHeading(column: string): string {
  return column.replace(/(?<=[a-z])(?=[A-Z])/g, " ").toUpperCase();
}

/** Number of characters, as most terminals count them. */
function widthOf(text: string): number {
  return [...text].length;
}

/** A value for people, without line breaks and escape sequences. */
function toText(value: unknown): string {
  if (value === undefined || value === null || value === "") return "-";
  if (Array.isArray(value)) return value.map(toText).join(" ") || "-";
  if (typeof value === "object") {
    const pairs = Object.entries(value as Tags);
    return oneLine(
      pairs.map(([key, it]) => joinTag(key, toValue(it))).join(" "),
    ) ||
      "-";
  }
  return oneLine(String(value));
}

function toValue(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** Reads a field; a dot leads into an object, as in `price.hourly`. */
function read(row: Row, field: string): unknown {
  let value: unknown = row;
  for (const name of field.split(".")) {
    if (typeof value !== "object" || value === null) return undefined;
    value = Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
  }
  return value;
}

/** Compares numbers as numbers, and puts what is missing at the end. */
function compare(a: unknown, b: unknown, sign: number): number {
  if (a === undefined || b === undefined) {
    return Number(a === undefined) - Number(b === undefined);
  }
  if (typeof a === "number" && typeof b === "number") return sign * (a - b);
  const [left, right] = [toText(a), toText(b)];
  return sign * (left < right ? -1 : Number(left > right));
}

type Condition = (row: Row) => boolean;

/** Parses `field=value`; in the value, `*` stands for any text. */
function toCondition(kind: Kind, text: string): Condition {
  const [, field = "", pattern = ""] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (field === "") {
    throw usageError(
      `--filter: expected field=value, got ${JSON.stringify(text)}`,
      `type for example --filter ${kind.columns[1]}=value`,
    );
  }
  checkField(kind, "--filter", field);
  const source = pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*");
  const expression = new RegExp(`^${source}$`, "is");
  return (row) => {
    const value = read(row, field);
    return [value].flat().some((it) =>
      expression.test(it === undefined ? "" : toText(it))
    );
  };
}

function checkField(kind: Kind, option: string, field: string): void {
  const known = [...kind.columns, ...kind.more ?? []];
  // What is inside of a field is the provider's own.
  const [name = ""] = field.split(".");
  if (known.includes(field) || field !== name && known.includes(name)) return;
  throw usageError(
    `${option}: a ${kind.noun} has no field ${JSON.stringify(field)}`,
    `use ${known.join(", ")}`,
  );
}
