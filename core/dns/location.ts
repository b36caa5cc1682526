/**
 * Data of LOC records: a place on earth (RFC 1876).
 *
 * @module
 */

import { mistake } from "../check.ts";
import type { Field } from "./fields.ts";

const ANGLE = "(\\d{1,3})(?: (\\d{1,2})(?: (\\d{1,2}(?:\\.\\d{1,3})?))?)?";
const METRES = "(-?\\d{1,8}(?:\\.\\d{1,2})?)m?";
const LOCATION = new RegExp(
  `^${ANGLE} ([NS]) ${ANGLE} ([EW]) ${METRES}` +
    `(?: ${METRES}(?: ${METRES}(?: ${METRES})?)?)?$`,
  "i",
);
// Size, horizontal and vertical precision in metres, if they are left out.
const DEFAULTS = ["1", "10000", "10"];

// The side of an angle of zero, by the largest angle.
const SIDES: Readonly<Record<number, string>> = { 90: "N", 180: "E" };

/** A place in its full form: `52 22 23.000 N 4 53 32.000 E -2.00m 1.00m …`. */
export const LOCATION_FIELD: Field = {
  read(words, { operation, field }) {
    const text = words.rest().map((word) => word.text).join(" ");
    const location = toLocation(text);
    if (location !== undefined) return location;
    throw mistake(operation, field, "a location of RFC 1876", text);
  },
  write: String,
};

function toLocation(text: string): string | undefined {
  const parts = LOCATION.exec(text)?.slice(1);
  if (parts === undefined) return undefined;
  const latitude = toAngle(parts.slice(0, 4), 90);
  const longitude = toAngle(parts.slice(4, 8), 180);
  const [altitude, ...sizes] = parts.slice(8);
  const lengths = DEFAULTS.map((usual, index) => sizes[index] ?? usual);
  if (lengths.some((length) => Number(length) < 0)) return undefined;
  const metres = [altitude, ...lengths].map((it) =>
    `${Number(it).toFixed(2)}m`
  );
  return latitude && longitude && [latitude, longitude, ...metres].join(" ");
}

function toAngle(
  [degrees, minutes = "0", seconds = "0", side = ""]: readonly string[],
  max: number,
): string | undefined {
  const [d, m, s] = [Number(degrees), Number(minutes), Number(seconds)];
  if (m >= 60 || s >= 60 || d + m / 60 + s / 3600 > max) return undefined;
  // South and west of zero are the same as north and east of it.
  const isZero = d === 0 && m === 0 && s === 0;
  const letter = isZero ? SIDES[max] : side.toUpperCase();
  return `${d} ${m} ${s.toFixed(3)} ${letter}`;
}
