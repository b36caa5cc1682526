/**
 * Statistics for measurements on a shared machine.
 *
 * @module
 */

/** Cost of some work, in milliseconds. */
export interface Cost {
  /** CPU time of the whole process, in user mode and in the kernel. */
  readonly cpuMs: number;
  /** Wall-clock time. */
  readonly wallMs: number;
}

/** Costs of two peers, and their ratio. */
export interface Comparison {
  /** Cost of the first peer. */
  readonly base: Cost;
  /** Cost of the second peer. */
  readonly peer: Cost;
  /** Cost of the second peer divided by the cost of the first. */
  readonly ratio: Cost;
  /** First and third quartile of the ratio of CPU times. */
  readonly spread: readonly [number, number];
}

/**
 * Measures two peers alternately: first, second, second, first. A slow phase of
 * the machine then affects both, and neither peer always goes first.
 *
 * Costs are medians. The ratio is the median of the ratios of all rounds.
 *
 * @param rounds Number of rounds. One more round is run first to warm up.
 * @param base Measures the first peer once.
 * @param peer Measures the second peer once.
 * @returns The costs of both peers, and their ratio.
 */
export async function compare(
  rounds: number,
  base: () => Promise<Cost>,
  peer: () => Promise<Cost>,
): Promise<Comparison> {
  const bases: Cost[] = [];
  const peers: Cost[] = [];
  for (let round = 0; round <= rounds; round++) {
    const first = await base();
    const second = mean(await peer(), await peer());
    const turn = mean(first, await base());
    if (round === 0) continue;
    bases.push(turn);
    peers.push(second);
  }
  const ratios = bases.map((turn, index) => divide(peers[index]!, turn));
  const cpu = ratios.map(({ cpuMs }) => cpuMs);
  return {
    base: medianCost(bases),
    peer: medianCost(peers),
    ratio: medianCost(ratios),
    spread: [quantile(cpu, 0.25), quantile(cpu, 0.75)],
  };
}

/**
 * Calculates the median of costs.
 *
 * @param costs The costs, in any order.
 * @returns The median CPU time and the median wall-clock time.
 */
export function medianCost(costs: readonly Cost[]): Cost {
  return {
    cpuMs: quantile(costs.map(({ cpuMs }) => cpuMs), 0.5),
    wallMs: quantile(costs.map(({ wallMs }) => wallMs), 0.5),
  };
}

/**
 * Calculates a quantile.
 *
 * @param numbers The numbers, in any order.
 * @param part Which quantile, from 0 to 1; 0.5 is the median.
 * @returns The quantile, interpolated if it lies between two numbers.
 */
export function quantile(numbers: readonly number[], part: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * part;
  const low = sorted[Math.floor(place)] ?? NaN;
  const high = sorted[Math.ceil(place)] ?? NaN;
  return low + (high - low) * (place % 1);
}

/**
 * Divides one cost by another.
 *
 * @param a The dividend.
 * @param b The divisor.
 * @returns The ratio of the CPU times and of the wall-clock times.
 */
export function divide(a: Cost, b: Cost): Cost {
  return { cpuMs: a.cpuMs / b.cpuMs, wallMs: a.wallMs / b.wallMs };
}

function mean(a: Cost, b: Cost): Cost {
  return { cpuMs: (a.cpuMs + b.cpuMs) / 2, wallMs: (a.wallMs + b.wallMs) / 2 };
}
