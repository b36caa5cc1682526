/**
 * Checks that the version in `deno.json` can be released. It publishes nothing.
 *
 * ```sh
 * deno task release
 * deno task release --tag v0.1.0 --repository https://github.com/acme/nephos
 * deno task release --notes v0.1.0
 * ```
 *
 * The workflow passes the tag and the address of the repository. `--notes` prints
 * the section of the changelog for a tag. `docs/release.md` is the checklist.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { parseSnapshot } from "./api/snapshot.ts";
import { compareWithRelease, RELEASED } from "./api.ts";
import { path, ROOT } from "./deno.ts";
import { isPlaceholder, REPOSITORY } from "./repository.ts";

const USAGE = `usage: deno task release [--tag <tag>] [--repository <url>]
       deno task release --notes <tag>
  [--tag <tag>]         the tag, such as v0.1.0
  [--repository <url>]  the address that the release comes from
  [--notes <tag>]       print the section of the changelog for this tag`;

/** Facts that decide whether a version can be released. */
export interface Release {
  /** Version in `deno.json`. */
  readonly version: string;
  /** Text of `CHANGELOG.md`. */
  readonly changelog: string;
  /** Version in `tools/api/released.txt`. */
  readonly released: string;
  /** Number of changes of the public types since then. */
  readonly changes: number;
  /** Address that the package names. */
  readonly repository: string;
  /** Tag of the release, if there is one already. */
  readonly tag?: string | undefined;
  /** Address that the release comes from, if it is known. */
  readonly origin?: string | undefined;
}

/**
 * Finds the reasons not to release a version.
 *
 * @param release The facts.
 * @returns The reasons; none if the version can be released.
 */
export function problemsOf(release: Release): string[] {
  const { version, released, changes, repository, tag, origin } = release;
  const problems: string[] = [];
  if (tag !== undefined && tag !== `v${version}`) {
    problems.push(`tag must be v${version}, got ${tag}`);
  }
  const [newest = ""] = headings(release.changelog);
  if (newest !== version) {
    problems.push(
      `the newest section of CHANGELOG.md must be ${version}, got ${newest}`,
    );
  } else if (notesFor(version, release.changelog) === "") {
    problems.push(`the section ${version} of CHANGELOG.md is empty`);
  }
  if (released !== version || changes > 0) {
    problems.push(
      `${RELEASED} must have the public types of ${version}; run "deno task api --save"`,
    );
  }
  if (isPlaceholder(repository)) {
    problems.push("tools/repository.ts still has a placeholder");
  } else if (origin !== undefined && origin !== repository) {
    problems.push(
      `tools/repository.ts must have the address ${origin}, got ${repository}`,
    );
  }
  return problems;
}

/**
 * Reads the section of a version.
 *
 * @param version The version, such as `"0.1.0"`.
 * @param changelog Text of `CHANGELOG.md`.
 * @returns The text below the heading; `""` if there is none.
 */
export function notesFor(version: string, changelog: string): string {
  const section = changelog.split(/^## /m).slice(1)
    .find((it) => it.split("\n")[0]?.trim() === version);
  return section?.slice(section.indexOf("\n")).trim() ?? "";
}

function headings(changelog: string): string[] {
  return [...changelog.matchAll(/^## (.*)$/gm)].map(([, it = ""]) => it.trim());
}

async function readRelease(): Promise<Release> {
  const text = await Deno.readTextFile(path(RELEASED));
  const { version, changes } = await compareWithRelease(ROOT);
  return {
    version,
    changelog: await Deno.readTextFile(path("CHANGELOG.md")),
    released: parseSnapshot(text).version,
    changes: changes.length,
    repository: REPOSITORY,
  };
}

function optionsOf(
  args: readonly string[],
): { tag?: string; repository?: string; notes?: string } | undefined {
  try {
    return parseArgs({
      args: [...args],
      options: {
        tag: { type: "string" },
        repository: { type: "string" },
        notes: { type: "string" },
      },
    }).values;
  } catch {
    return undefined;
  }
}

async function main(args: readonly string[]): Promise<number> {
  const options = optionsOf(args);
  if (!options) {
    console.error(USAGE);
    return 2;
  }
  if (options.notes !== undefined) {
    const changelog = await Deno.readTextFile(path("CHANGELOG.md"));
    const notes = notesFor(options.notes.replace(/^v/, ""), changelog);
    if (notes === "") {
      console.error(`CHANGELOG.md has no section for ${options.notes}`);
      return 1;
    }
    console.log(notes);
    return 0;
  }
  const { tag, repository: origin } = options;
  const release = { ...await readRelease(), tag, origin };
  const problems = problemsOf(release);
  for (const problem of problems) console.log(`PROBLEM ${problem}`);
  console.log(
    problems.length > 0
      ? `${release.version} cannot be released yet`
      : `${release.version} can be released`,
  );
  return problems.length > 0 ? 1 : 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
