/**
 * Positions of fleets: how far a list across several drivers has come, as a
 * short string that another process can read.
 *
 * A position is `1.<check>.<first>.<driver>-<position>…`: the version of the
 * format, a hash of the list, the number of the first driver of which nothing is
 * known yet, and the drivers before it that have not come to their end, each
 * with the position of its own list. A driver without a position begins at its
 * start. The drivers are numbered in the order of their names.
 *
 * Neither a query nor `encodeURIComponent()` makes the string longer.
 *
 * @module
 */

import { mistake } from "../check.ts";
import type { Position } from "../listing.ts";
import type { PositionedList } from "../position.ts";

const VERSION = "1";

/** Length of the longest position in bytes: it goes into a link. */
export const MAX_POSITION_BYTES = 2000;

// Most of it is reserved for the first driver that has not ended. Therefore that
// driver can always go on, whatever the others have taken.
const LEAD_BYTES = 1200;

const FORMAT = /^1\.([^.]*)\.(0|[1-9]\d{0,8})((?:\.\d{1,9}(?:-[\w*-]+)?)*)$/;

/** A list of a fleet, as its positions see it. */
export interface FleetList extends PositionedList {
  /** Number of drivers. */
  readonly count: number;
}

/**
 * How far a list has come. A step of a driver counts when its page is handed to
 * the caller, so that a position never skips records.
 */
export class FleetProgress {
  readonly #list: FleetList;
  // No step was made by the driver with this number, and by all later ones.
  #first = 0;
  // Where each driver before it goes on, in the order of their numbers.
  readonly #open = new Map<number, Position | undefined>();

  /**
   * Begins a list, or resumes it.
   *
   * @param list The list.
   * @param from Position of an earlier part of the list.
   * @throws {TypeError} If the position belongs to another list.
   */
  constructor(list: FleetList, from?: Position) {
    this.#list = list;
    if (from !== undefined) this.#read(from);
  }

  /** Numbers of the drivers that have not ended, in ascending order. */
  *remaining(): Generator<number, void, undefined> {
    const begun = [...this.#open.keys()];
    const first = this.#first;
    yield* begun;
    for (let index = first; index < this.#list.count; index++) yield index;
  }

  /** Where a driver goes on; `undefined` if it begins at its start. */
  positionOf(index: number): Position | undefined {
    return this.#open.get(index);
  }

  /**
   * Whether a position can hold the step of a driver. The first driver that has
   * not ended never has to wait.
   *
   * @param index Number of the driver.
   * @param next Where the driver goes on; `undefined` if it has ended.
   * @returns `"later"` if others must make a step before.
   */
  canStep(
    index: number,
    next: Position | undefined,
  ): "now" | "later" | "never" {
    const [lead = this.#first] = this.#open.keys();
    const isLead = index === lead;
    const ownBytes = next === undefined ? 0 : toEntry([index, next]).length;
    if (ownBytes > LEAD_BYTES) return isLead ? "never" : "later";
    if (isLead) return "now";
    const others = [...this.#open];
    for (let begun = this.#first; begun < index; begun++) {
      others.push([begun, undefined]);
    }
    const bytes = others
      .filter(([other]) => other !== lead && other !== index)
      .reduce((sum, entry) => sum + toEntry(entry).length, ownBytes);
    const head = this.#head(this.#list.count).length + LEAD_BYTES;
    return head + bytes <= MAX_POSITION_BYTES ? "now" : "later";
  }

  /**
   * Notes that the page of a driver was handed to the caller.
   *
   * @param index Number of the driver.
   * @param next Where the driver goes on; `undefined` if it has ended.
   */
  step(index: number, next: Position | undefined): void {
    for (; this.#first <= index; this.#first++) {
      this.#open.set(this.#first, undefined);
    }
    if (next === undefined) this.#open.delete(index);
    else this.#open.set(index, next);
  }

  /** The position; `undefined` if all drivers have ended. */
  write(): Position | undefined {
    const isAtEnd = this.#open.size === 0 && this.#first === this.#list.count;
    if (isAtEnd) return undefined;
    return this.#head(this.#first) + [...this.#open].map(toEntry).join("");
  }

  #head(first: number): string {
    return `${VERSION}.${this.#list.check}.${first}`;
  }

  #read(from: Position): void {
    const { operation, check, count } = this.#list;
    const version = /^\d+(?=\.)/.exec(from)?.[0];
    if (version !== undefined && version !== VERSION) {
      throw new TypeError(
        `${operation}: from is a position of another version of nephos; ` +
          "start the list again",
      );
    }
    const invalid = mistake(
      operation,
      "from",
      "the next of an earlier page",
      from,
    );
    const [, hash, first, entries = ""] = FORMAT.exec(from) ?? [];
    if (first === undefined || from.length > MAX_POSITION_BYTES) throw invalid;
    if (hash !== check) {
      throw new TypeError(
        `${operation}: from is a position of another list: the method, the ` +
          "tags, or the names or providers of the drivers differ",
      );
    }
    this.#first = Number(first);
    let last = -1;
    for (const entry of entries.split(".").slice(1)) {
      const [index, position] = fromEntry(entry) ?? [-1];
      if (index <= last || index >= this.#first) throw invalid;
      this.#open.set(index, position);
      last = index;
    }
    if (this.#first > count) throw invalid;
  }
}

function toEntry([index, position]: [number, Position | undefined]): string {
  return position === undefined ? `.${index}` : `.${index}-${escape(position)}`;
}

function fromEntry(
  entry: string,
): [index: number, position: Position | undefined] | undefined {
  const [, index, escaped] = /^(\d+)(?:-(.+))?$/.exec(entry) ?? [];
  try {
    return [Number(index), escaped && unescape(escaped)];
  } catch {
    // Not an escape of this file.
    return undefined;
  }
}

/** Replaces everything but letters, digits, "-" and "_" by "*" and a code. */
function escape(text: string): string {
  const toCode = (sign: string) => `%${sign.charCodeAt(0).toString(16)}`;
  return encodeURIComponent(text.toWellFormed())
    .replace(/[.!~*'()]/g, toCode)
    .replaceAll("%", "*");
}

function unescape(text: string): string {
  return decodeURIComponent(text.replaceAll("*", "%"));
}
