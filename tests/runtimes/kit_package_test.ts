/**
 * A driver in a package of its own: docs/write-a-driver.md, followed word for
 * word with the npm package. The suite passes with Deno, Node.js and vitest.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { path } from "../../tools/deno.ts";
import { codeBlocks, filesIn } from "../_support/markdown.ts";
import { needs } from "../_support/needs.ts";
import { builtPackage } from "./_package.ts";
import { NEEDS, run, tool } from "./_runtimes.ts";

const PAGE = Deno.readTextFileSync(path("docs/write-a-driver.md"));

/** Versions, which the page does not name. */
const VERSIONS: Readonly<Record<string, string>> = {
  "ajv": "8.17.1",
  "ajv-formats": "3.0.1",
  "vitest": "5.1.2",
};

/** Time limit of a command. */
const LIMIT_MS = 300_000;

/** Fewer checks than these would mean that the suite was not run. */
const CHECKS = 60;

/** Runs the check of a description that has no paths. */
const DESCRIBED = `
import { computeConformance } from "@nephos/nephos/testing";
import { subject } from "./acme_subject.ts";

const url = "data:application/json,{%22paths%22:{}}";
const checks = computeConformance({ ...subject, description: { url } });
const check = checks.find(({ name }) => name.includes("description"))!;
await check.run().catch((error) => console.log(String(error)));
`;

/** The lines of the shell in a section, up to the next heading of its level. */
function commandsIn(heading: string): string[] {
  const [level = ""] = /^#+/.exec(heading) ?? [];
  const [, rest = ""] = PAGE.split(`\n${heading}\n`);
  const [section = ""] = rest.split(new RegExp(`^#{2,${level.length}} `, "m"));
  return codeBlocks(section)
    .filter(({ language }) => language === "sh")
    .flatMap(({ text }) => text.trim().split("\n"));
}

/** Adds the versions to a command that installs packages. */
function withVersions(command: string): string {
  if (!command.startsWith("npm install ")) return command;
  return command.split(" ").map((word) =>
    word in VERSIONS ? `${word}@${VERSIONS[word]}` : word
  ).join(" ");
}

/** Runs commands in a shell, with the tested version of Node.js. */
async function shell(cwd: string, ...commands: string[]): Promise<string> {
  const script = ["set -e", ...commands.map(withVersions)].join("\n");
  const node = await tool(".bin/node");
  const { code, stdout, stderr } = await run("sh", ["-c", script], {
    cwd,
    limitMs: LIMIT_MS,
    env: {
      PATH: `${node.slice(0, node.lastIndexOf("/"))}:${Deno.env.get("PATH")}`,
      npm_config_prefer_offline: "true",
      npm_config_audit: "false",
      npm_config_fund: "false",
      npm_config_update_notifier: "false",
    },
  });
  assertEquals(code, 0, `${script}\n${stdout}${stderr}`);
  return stdout;
}

/** Reads how many tests passed from the summary of a test runner. */
function passed(output: string, summary: RegExp): number {
  const [, count] = summary.exec(output) ?? [];
  assert(count !== undefined, output);
  return Number(count);
}

Deno.test({
  ...needs("A package with the driver of docs/write-a-driver.md", NEEDS),
  fn: async (t) => {
    const top = await Deno.realPath(
      await Deno.makeTempDir({ prefix: "nephos-kit-" }),
    );
    const folder = `${top}/nephos-acme`;
    const commands = commandsIn("## Conformance");
    /** Runs the only command of the page that contains a text. */
    const follow = async (part: string) => {
      const [command, ...others] = commands.filter((it) => it.includes(part));
      assert(command !== undefined && others.length === 0, part);
      return await shell(folder, command);
    };
    try {
      await t.step("is set up as the page says", async () => {
        // The checkout of the text, with the tarball that was built there.
        const { tarball } = await builtPackage();
        const dist = `${top}/nephos/dist`;
        await Deno.mkdir(dist, { recursive: true });
        await Deno.copyFile(
          tarball,
          dist + tarball.slice(tarball.lastIndexOf("/")),
        );
        const commands = commandsIn("### A package of your own")
          // Nephos is not published.
          .filter((line) => line !== "npm install @nephos/nephos");
        await shell(top, ...commands);
        for (const [name, text] of filesIn(PAGE)) {
          await Deno.writeTextFile(`${folder}/${name}`, text);
        }
      });

      let count = 0;
      await t.step(
        "passes the suite with Deno, and its types are right",
        async () => {
          const output = await follow("test acme_test.ts");
          count = passed(output, /^ok \| (\d+) passed \| 0 failed/m);
          assert(count > CHECKS, output);
          console.log(`${count} checks`);
        },
      );

      await t.step("passes its own tests with Deno", async () => {
        const output = await follow("test acme_image_test.ts");
        assert(passed(output, /^ok \| (\d+) passed \| 0 failed/m) > 0);
      });

      await t.step("passes the suite with Node.js", async () => {
        const output = await follow("node --test");
        assertEquals(passed(output, /^# pass (\d+)$/m), count);
        assertEquals(passed(output, /^# fail (\d+)$/m), 0);
      });

      await t.step("passes the suite with vitest", async () => {
        await follow("install --save-dev vitest");
        const output = await follow("npx vitest run");
        assertEquals(passed(output, /^\s*Tests\s+(\d+) passed/m), count);
      });

      await t.step("needs ajv only if there is a description", async () => {
        await Deno.writeTextFile(`${folder}/described.ts`, DESCRIBED);
        const [, install = ""] = /run "(.*)"$/m.exec(
          await shell(folder, "node described.ts"),
        ) ?? [];
        assertEquals(install, "npm install ajv ajv-formats");
        const output = await shell(folder, install, "node described.ts");
        // The description is empty.
        assertMatch(output, /GET \/v1\/servers is not described/);
      });
    } finally {
      await Deno.remove(top, { recursive: true });
    }
  },
});
