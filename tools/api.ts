/**
 * Shows how the public types changed since the last release.
 *
 * ```sh
 * deno task api
 * deno task api --check
 * deno task api --save
 * ```
 *
 * `tools/api/released.txt` has the public types of the last release. `--check`
 * fails if the version in `deno.json` is too low for the changes, or if
 * `CHANGELOG.md` has no section for breaking changes. If `--check` would pass,
 * `--save` writes the public types of the version in `deno.json`. It is part of
 * each release.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { type Change, changesBetween } from "./api/changes.ts";
import { type Api, parseSnapshot } from "./api/snapshot.ts";
import { type Package, readSurface } from "./api/surface.ts";
import { compareVersions, nextVersion } from "./api/versions.ts";
import { ROOT } from "./deno.ts";

const USAGE = `usage: deno task api [--check | --save]
  [--check]  fail if the version or the changelog does not fit the changes
  [--save]   store the public types of the version in deno.json`;

/** Public types of the last release, relative to the folder of the package. */
export const RELEASED = "tools/api/released.txt";

/** Result of {@linkcode compareWithRelease}. */
export interface Comparison {
  /** The last released version. */
  readonly released: string;
  /** The version in `deno.json`. */
  readonly version: string;
  /** The lowest version that the changes allow. */
  readonly next: string;
  /** The changes. */
  readonly changes: readonly Change[];
  /** Reasons not to release the version in `deno.json`. */
  readonly problems: readonly string[];
}

/**
 * Compares the public types with those of the last release.
 *
 * @param root Folder of the package, with a trailing slash.
 * @returns The changes, and what they require.
 */
export async function compareWithRelease(root: URL): Promise<Comparison> {
  const before = parseSnapshot(
    await Deno.readTextFile(new URL(RELEASED, root)),
  );
  const after = await readApi(root);
  const changes = changesBetween(before, after);
  const { version } = after;
  const next = nextVersion(before.version, changes);
  const changelog = await Deno.readTextFile(new URL("CHANGELOG.md", root));
  const problems: string[] = [];
  const isSame = changes.length === 0 && version === before.version;
  if (!isSame && compareVersions(version, next) < 0) {
    problems.push(
      `version in deno.json must be at least ${next}, got ${version}`,
    );
  }
  const isBreaking = changes.some((change) => change.isBreaking);
  if (isBreaking && !hasBreakingChanges(changelog)) {
    problems.push(
      'CHANGELOG.md must describe the breaking changes under "### Breaking changes"',
    );
  }
  return { released: before.version, version, next, changes, problems };
}

/**
 * Stores the public types as those of the last release.
 *
 * @param root Folder of the package, with a trailing slash.
 */
export async function saveRelease(root: URL): Promise<void> {
  const text = await readSurface(await settingsOf(root), root);
  await Deno.writeTextFile(new URL(RELEASED, root), text);
}

async function readApi(root: URL): Promise<Api> {
  return parseSnapshot(await readSurface(await settingsOf(root), root));
}

async function settingsOf(root: URL): Promise<Package> {
  return JSON.parse(await Deno.readTextFile(new URL("deno.json", root)));
}

/** Tests whether the newest section of the changelog has breaking changes. */
function hasBreakingChanges(changelog: string): boolean {
  const [, newest = ""] = changelog.split(/^## /m);
  return /^### Breaking changes$/m.test(newest);
}

/**
 * Describes a comparison for people.
 *
 * @param comparison The comparison.
 * @returns The lines.
 */
export function describe(comparison: Comparison): string {
  const { released, version, next, changes, problems } = comparison;
  const breaking = changes.filter(({ isBreaking }) => isBreaking);
  const others = changes.filter(({ isBreaking }) => !isBreaking);
  return [
    `Changes of the public types since ${released}:`,
    ...section("Breaking", breaking),
    ...section("Not breaking", others),
    ...(changes.length === 0 ? ["none"] : []),
    "",
    `version in deno.json: ${version}; lowest next version: ${next}`,
    ...problems.map((problem) => `PROBLEM ${problem}`),
  ].join("\n");
}

function section(title: string, changes: readonly Change[]): string[] {
  if (changes.length === 0) return [];
  return [
    "",
    `${title} (${changes.length}):`,
    ...changes.map(({ name, text, subpaths }) =>
      `- ${name}: ${text} (${subpaths.join(", ")})`
    ),
  ];
}

async function main(args: readonly string[]): Promise<number> {
  const options = optionsOf(args);
  if (!options) {
    console.error(USAGE);
    return 2;
  }
  const comparison = await compareWithRelease(ROOT);
  console.log(describe(comparison));
  if (comparison.problems.length > 0) {
    return options.check || options.save ? 1 : 0;
  }
  if (options.save) await saveRelease(ROOT);
  return 0;
}

function optionsOf(
  args: readonly string[],
): { check?: boolean; save?: boolean } | undefined {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { check: { type: "boolean" }, save: { type: "boolean" } },
    });
    return values.check && values.save ? undefined : values;
  } catch {
    return undefined;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
