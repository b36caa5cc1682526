/**
 * The directive `$GENERATE` of BIND: many similar records in one line.
 *
 * @module
 */

import { mistake } from "../check.ts";

const BASES: Readonly<Record<string, number>> = { d: 10, o: 8, x: 16 };

const RANGE = /^(\d{1,10})-(\d{1,10})(?:\/(\d{1,10}))?$/;

// A dollar that is escaped; one with offset, width and base; or one alone.
const DOLLAR =
  /\\\$|\$\$|\$(?:\{(-?\d{1,10})(?:,(\d{1,3})(?:,([doxXnN]))?)?\})?/g;

/**
 * Makes the records of a directive.
 *
 * @param range First and last number, such as `1-10` or `0-100/2`.
 * @param template The record. `$` stands for the number; `${10,3,d}` adds 10 and
 *   pads with zeros to 3 digits.
 * @param operation Name of the method, for the error.
 * @returns The text of each record.
 * @throws {TypeError} If the range has another form.
 */
export function* generate(
  range: string,
  template: string,
  operation: string,
): Generator<string> {
  const [, first, last, step = "1"] = RANGE.exec(range) ?? [];
  const isRange = Number(first) <= Number(last) && Number(step) > 0;
  if (!isRange) {
    throw mistake(operation, "$GENERATE", "a range such as 1-10", range);
  }
  for (let it = Number(first); it <= Number(last); it += Number(step)) {
    yield template.replace(
      DOLLAR,
      (match, offset = "0", width = "0", base = "d") =>
        match === "\\$" || match === "$$"
          ? "\\$"
          : toText(it + Number(offset), Number(width), base),
    );
  }
}

function toText(number: number, width: number, base: string): string {
  const digits = /[nN]/.test(base)
    ? toNibbles(number, width)
    : number.toString(BASES[base.toLowerCase()]).padStart(width, "0");
  return /[XN]/.test(base) ? digits.toUpperCase() : digits;
}

/** Hexadecimal digits from the lowest to the highest, with dots between them. */
function toNibbles(number: number, width: number): string {
  const length = Math.ceil(width / 2);
  const digits = number.toString(16).padStart(length, "0");
  return [...digits].reverse().join(".");
}
