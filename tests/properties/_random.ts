/**
 * Random numbers that can be repeated, for property tests.
 *
 * A property test runs many schedules. Each schedule has its own seed. If a
 * schedule fails, its seed runs the same schedule again:
 *
 * ```sh
 * deno run -A tools/deno.ts test -A tests/properties/lists_test.ts -- \
 *   --schedules=1 --seed=123
 * ```
 *
 * @module
 */

/** A generator of random numbers. The same seed gives the same numbers. */
export class Random {
  #state: number;

  /**
   * Creates a generator.
   *
   * @param seed An integer; its lowest 32 bits count.
   */
  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** Returns an integer from `min` to `max`; both may be returned. */
  int(min: number, max: number): number {
    return min + Math.floor(this.#next() * (max - min + 1));
  }

  /** Returns `true` with the probability `p`, from 0 to 1. */
  chance(p: number): boolean {
    return this.#next() < p;
  }

  /** Returns one item of a list that is not empty. */
  pick<T>(list: readonly T[]): T {
    if (list.length === 0) throw new RangeError("pick: the list is empty");
    return list[this.int(0, list.length - 1)] as T;
  }

  /** Returns a copy of a list in random order. */
  shuffle<T>(list: readonly T[]): T[] {
    const copy = [...list];
    for (let index = copy.length - 1; index > 0; index--) {
      const other = this.int(0, index);
      [copy[index], copy[other]] = [copy[other] as T, copy[index] as T];
    }
    return copy;
  }

  /** Returns a number from 0 to 1, without 1. The algorithm is Mulberry32. */
  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
}

/** How many schedules a property test runs, and the seed of the first one. */
export interface Schedules {
  /** Number of schedules. The schedule at `index` has the seed `seed + index`. */
  readonly count: number;
  /** Seed of the first schedule. */
  readonly seed: number;
}

/**
 * Reads `--schedules=N` and `--seed=N` from the arguments of the test run,
 * those after `--`. Without `--schedules`, the environment variable
 * `NEPHOS_SCHEDULES` has the number. Without `--seed`, each run has other seeds.
 *
 * @param args The arguments.
 * @param variable The value of the variable, if it is set.
 * @returns The number of schedules, 500 by default, and the first seed.
 * @throws {RangeError} If one of the values is not a positive integer.
 */
export function schedules(
  args: readonly string[] = Deno.args,
  variable: string | undefined = Deno.env.get("NEPHOS_SCHEDULES"),
): Schedules {
  return {
    count: integerOf(args, "schedules") ??
      Number(variable || 500),
    seed: integerOf(args, "seed") ?? Math.floor(Math.random() * 1e9) + 1,
  };
}

function integerOf(args: readonly string[], name: string): number | undefined {
  const prefix = `--${name}=`;
  const text = args.find((arg) => arg.startsWith(prefix))?.slice(prefix.length);
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new RangeError(`schedules: ${prefix}${text} is not a positive integer`);
}
