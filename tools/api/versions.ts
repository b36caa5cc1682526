/**
 * The rule for version numbers, which `CHANGELOG.md` states.
 *
 * @module
 */

import type { Change } from "./changes.ts";

/**
 * Finds the lowest version that the changes allow.
 *
 * Breaking changes raise the major version, other changes the minor version.
 * Before 1.0.0, breaking changes raise the minor version, others the patch.
 *
 * @param version The last released version.
 * @param changes The changes of the public types since then.
 * @returns The lowest next version. Without changes, a patch.
 * @throws {TypeError} If `version` is not like `"1.2.3"`.
 */
export function nextVersion(
  version: string,
  changes: readonly Change[],
): string {
  const [major, minor, patch] = numbersOf(version);
  const isBreaking = changes.some((it) => it.isBreaking);
  if (isBreaking && major > 0) return `${major + 1}.0.0`;
  if (isBreaking || (changes.length > 0 && major > 0)) {
    return `${major}.${minor + 1}.0`;
  }
  return `${major}.${minor}.${patch + 1}`;
}

/**
 * Compares versions by number.
 *
 * @param a A version.
 * @param b Another version.
 * @returns A negative number if `a` is lower, 0 if both are equal.
 * @throws {TypeError} If a version is not like `"1.2.3"`.
 */
export function compareVersions(a: string, b: string): number {
  const [x, y] = [numbersOf(a), numbersOf(b)];
  return x[0] - y[0] || x[1] - y[1] || x[2] - y[2];
}

function numbersOf(version: string): [number, number, number] {
  const [, major, minor, patch] = /^(\d+)\.(\d+)\.(\d+)$/.exec(version) ?? [];
  if (patch === undefined) {
    throw new TypeError(
      `nextVersion: version must be like "1.2.3", got "${version}"`,
    );
  }
  return [Number(major), Number(minor), Number(patch)];
}
