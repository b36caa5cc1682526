/**
 * Positions: where the next page of a list begins, as a string that another
 * process can read.
 *
 * A position is `1.<check>.<page parameters>`: the version of the format, a hash
 * of the list, and the parameters in the form of a query. The hash is no
 * signature. An edited position reads at most another page of the same list.
 *
 * @module
 */

import { mistake } from "./check.ts";
import type { Position } from "./listing.ts";

/** Parameters that select a page. */
export type PageParams = Readonly<Record<string, string | number>>;

/**
 * The form of a page parameter: a whole number in digits, or a token of the
 * provider, which is any string that is not empty.
 */
export type PageParameterForm = "number" | "token";

/**
 * The parameters that select a page: their names, or the form of each. A name
 * without a form stands for a token.
 */
export type PageParameters =
  | readonly string[]
  | Readonly<Record<string, PageParameterForm>>;

/** A list, as its positions see it. */
export interface PositionedList {
  /** Method of the driver, for errors. */
  readonly operation: string;
  /**
   * Hash of everything that makes the list differ from others. Computed when it
   * is read, because most lists have no positions.
   */
  readonly check: string;
}

const VERSION = "1";

const FORMS: Readonly<Record<PageParameterForm, RegExp>> = {
  number: /^(?:0|[1-9]\d{0,14})$/,
  token: /^[^]+$/,
};

/** Reads and writes the positions of one list. */
export class Positions {
  readonly #list: PositionedList;
  readonly #forms: Readonly<Record<string, PageParameterForm>>;
  readonly #needsAll: boolean;

  /**
   * Describes the positions of a list.
   *
   * @param list The list.
   * @param parameters The parameters that a position may contain.
   * @param needsAll Whether a position contains all of them, or at least one.
   */
  constructor(
    list: PositionedList,
    parameters: PageParameters,
    needsAll = false,
  ) {
    this.#list = list;
    this.#forms = Array.isArray(parameters)
      ? Object.fromEntries(parameters.map((name) => [name, "token"]))
      : parameters as Readonly<Record<string, PageParameterForm>>;
    this.#needsAll = needsAll;
  }

  /**
   * Writes the position of a page.
   *
   * @param params The parameters of the page.
   * @returns The position.
   */
  write(params: PageParams): Position {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(params)) {
      query.set(name, String(value));
    }
    return `${VERSION}.${this.#list.check}.${query}`;
  }

  /**
   * Reads a position that the caller passed.
   *
   * @param position The position.
   * @returns The parameters of the page.
   * @throws {TypeError} If the position belongs to another list or another
   *   version, or contains anything but the declared parameters.
   */
  read(position: Position): PageParams {
    const { operation, check } = this.#list;
    const [, version, hash, query = ""] =
      /^(\d+)\.([^.]*)\.([^]*)$/.exec(position) ?? [];
    if (version !== undefined && version !== VERSION) {
      throw new TypeError(
        `${operation}: from is a position of another version of nephos; ` +
          "start the list again",
      );
    }
    if (hash !== undefined && hash !== check) {
      throw new TypeError(
        `${operation}: from is a position of another list: the method, its ` +
          "options, the driver or the region differ",
      );
    }
    const params = hash === undefined
      ? undefined
      : this.#valid(new URLSearchParams(query));
    if (params) return params;
    throw mistake(operation, "from", "the next of an earlier page", position);
  }

  /**
   * Takes the declared parameters out of a link to the next page, or out of the
   * parameters that a driver returned. All others are ignored.
   *
   * @param query The query of the link, or the parameters.
   * @returns The parameters of the next page.
   * @throws {TypeError} If none is declared, or one has another form.
   */
  pick(query: URLSearchParams): PageParams {
    const declared = [...query].filter(([name]) => this.#isDeclared(name));
    const params = this.#valid(new URLSearchParams(declared));
    if (params) return params;
    throw new TypeError("the position of the next page is invalid");
  }

  #isDeclared(name: string): boolean {
    return Object.hasOwn(this.#forms, name);
  }

  /** The parameters; `undefined` if one is not declared, or invalid. */
  #valid(query: URLSearchParams): PageParams | undefined {
    const entries = [...query];
    const params = Object.fromEntries(entries);
    const count = Object.keys(params).length;
    const isValid = count === entries.length &&
      count >= (this.#needsAll ? Object.keys(this.#forms).length : 1) &&
      entries.every(([name, value]) =>
        this.#isDeclared(name) &&
        FORMS[this.#forms[name] as PageParameterForm].test(value)
      );
    return isValid ? params : undefined;
  }
}

/**
 * Hashes a string. The result is short and the same in every process. It
 * protects against mix-ups, not against attackers.
 *
 * @param text The string.
 * @returns 53 bits, in lower case letters and digits.
 */
export function hash(text: string): string {
  // cyrb53, a public domain hash by bryc.
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    high = Math.imul(high ^ unit, 2654435761);
    low = Math.imul(low ^ unit, 1597334677);
  }
  high = mix(high, low);
  low = mix(low, high);
  return (2 ** 32 * (low & 0x1fffff) + (high >>> 0)).toString(36);
}

function mix(a: number, b: number): number {
  return Math.imul(a ^ (a >>> 16), 2246822507) ^
    Math.imul(b ^ (b >>> 13), 3266489909);
}
