/**
 * Finds the drivers whose sources changed.
 *
 * @module
 */

import { path } from "../deno.ts";
import type { DriverSource } from "./source.ts";

/** Branch that other branches start from. */
const MAIN = "origin/main";

const DAY_MS = 86_400_000;

/** Drivers, and the reason why they were chosen. */
export interface Selection {
  /** The drivers. */
  readonly drivers: readonly DriverSource[];
  /** The reason, for people. */
  readonly reason: string;
}

/**
 * Chooses the drivers whose sources changed since this branch left `main`, or
 * since the commit before. If none did, or Git does not know, it chooses one
 * driver: another one after each commit, or on each day.
 *
 * @param drivers All drivers.
 * @returns At least one driver.
 */
export async function selectChanged(
  drivers: readonly DriverSource[],
): Promise<Selection> {
  const base = await baseCommit();
  const names = base && await git("diff", "--name-only", base);
  const files = new Set(names?.split("\n"));
  const changed = drivers.filter((driver) =>
    driver.files.some(({ fileName }) => files.has(fileName))
  );
  if (changed.length > 0) {
    return { drivers: changed, reason: `changed since ${base!.slice(0, 9)}` };
  }
  const number = await commitCount();
  const turn = number ?? Math.floor(Date.now() / DAY_MS);
  return {
    drivers: [drivers[turn % drivers.length]!],
    reason: names === undefined
      ? "in turn, because Git knows no earlier commit"
      : `in turn, because no driver changed since ${base!.slice(0, 9)}`,
  };
}

async function baseCommit(): Promise<string | undefined> {
  const head = await git("rev-parse", "HEAD");
  const fork = await git("merge-base", "HEAD", MAIN);
  if (fork !== undefined && fork !== head) return fork;
  return await git("rev-parse", "--verify", "HEAD~1");
}

/** The number of commits; `undefined` if some of them are not here. */
async function commitCount(): Promise<number | undefined> {
  const isShallow = await git("rev-parse", "--is-shallow-repository");
  const count = await git("rev-list", "--count", "HEAD");
  return isShallow === "false" && count ? Number(count) : undefined;
}

/** What Git prints; `undefined` if it is missing or fails. */
async function git(...args: readonly string[]): Promise<string | undefined> {
  try {
    const { success, stdout } = await new Deno.Command("git", {
      args: [...args],
      cwd: path("."),
      stdin: "null",
      stderr: "null",
    }).output();
    return success ? new TextDecoder().decode(stdout).trim() : undefined;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return undefined;
  }
}
