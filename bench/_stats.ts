/**
 * What is made of measurements on a machine that others use as well.
 *
 * @module
 */

/** What something cost, in milliseconds. */
export interface Cost {
  /** Processor time of the whole process, the kernel's for it included. */
  readonly cpuMs: number;
  /** Time on the clock. */
  readonly wallMs: number;
}

/** Two peers beside each other. */
export interface Comparison {
  /** What the first one costs. */
  readonly base: Cost;
  /** What the second one costs. */
  readonly peer: Cost;
  /** How many times as much the second one costs. */
  readonly ratio: Cost;
  /** The quarter and the three quarter marks of the ratio of processor time. */
  readonly spread: readonly [number, number];
}

/**
 * Measures two peers in turns: first, second, second, first. What slows the
 * machine down for a while slows both, and no peer always comes first.
 *
 * Costs are medians; the ratio is the median of the ratios within each round.
 *
 * @param rounds How many rounds, besides one to warm up.
 * @param base Measures the first peer.
 * @param peer Measures the second peer.
 * @returns Both, and how they compare.
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
 * Finds what costs are usual.
 *
 * @param costs The costs.
 * @returns The median of each of their parts.
 */
export function medianCost(costs: readonly Cost[]): Cost {
  return {
    cpuMs: quantile(costs.map(({ cpuMs }) => cpuMs), 0.5),
    wallMs: quantile(costs.map(({ wallMs }) => wallMs), 0.5),
  };
}

/**
 * Finds the number that a part of all numbers lies below.
 *
 * @param numbers The numbers, in any order.
 * @param part The part, from 0 to 1.
 * @returns The number, between two of them where need be.
 */
export function quantile(numbers: readonly number[], part: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * part;
  const low = sorted[Math.floor(place)] ?? NaN;
  const high = sorted[Math.ceil(place)] ?? NaN;
  return low + (high - low) * (place % 1);
}

/**
 * Divides costs by costs.
 *
 * @param a What is divided.
 * @param b What it is divided by.
 * @returns How many times as much it is.
 */
export function divide(a: Cost, b: Cost): Cost {
  return { cpuMs: a.cpuMs / b.cpuMs, wallMs: a.wallMs / b.wallMs };
}

function mean(a: Cost, b: Cost): Cost {
  return { cpuMs: (a.cpuMs + b.cpuMs) / 2, wallMs: (a.wallMs + b.wallMs) / 2 };
}
