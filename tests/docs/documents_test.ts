/**
 * Documents: their links, and the names and files that they mention.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { parse as parseYaml } from "@std/yaml";
import { computeConformance, dnsConformance } from "../../testing/mod.ts";
import { subject as ec2 } from "../conformance/ec2.ts";
import { subject as powerdns } from "../conformance/powerdns_dns.ts";
import {
  anchors,
  codeBlocks,
  codeSpans,
  localLinks,
  tableRows,
} from "../_support/markdown.ts";

const ROOT = new URL("../../", import.meta.url);

/** Every document, as a path relative to the top folder. */
const DOCUMENTS = [
  "README.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  "CODE_OF_CONDUCT.md",
  "SECURITY.md",
  ".github/PULL_REQUEST_TEMPLATE.md",
  "bench/README.md",
  ...filesIn("docs").filter((name) => name.endsWith(".md")),
];

/** Folders whose files documents may name. */
const FOLDERS =
  /^(?:bench|cli|core|data|deploy|docs|drivers|examples|fixtures|simulators|testing|tests|tools)\//;

/** Modules of the package. */
const MODULES = Object.keys(JSON.parse(read("deno.json")).exports);

Deno.test("links in documents point to existing files and headings", () => {
  const links = DOCUMENTS.flatMap((name) =>
    localLinks(read(name)).map(({ file, anchor }) => ({
      name,
      target: file ? new URL(file, new URL(name, ROOT)) : new URL(name, ROOT),
      file,
      anchor,
    }))
  );
  assert(links.length > 20);
  const broken = links.filter(({ target, anchor }) =>
    !exists(target) ||
    anchor !== "" && !anchors(Deno.readTextFileSync(target)).includes(anchor)
  );
  assertEquals(
    broken.map(({ name, file, anchor }) => `${name}: ${file}#${anchor}`),
    [],
  );
});

Deno.test("docs/README.md links every document in docs/", () => {
  const linked = localLinks(read("docs/README.md"))
    .map(({ file }) => `docs/${file}`);
  const guides = DOCUMENTS.filter((name) => name.startsWith("docs/"))
    .filter((name) => name !== "docs/README.md");
  assertEquals(guides.filter((name) => !linked.includes(name)), []);
});

Deno.test("TypeScript in documents is checked, and all other code can be parsed", async () => {
  const parsers: Readonly<Record<string, (text: string) => unknown>> = {
    json: JSON.parse,
    yaml: (text) => parseYaml(text),
    sh: parseShell,
  };
  const blocks = DOCUMENTS.flatMap((name) =>
    codeBlocks(read(name)).map((block) => ({ name, ...block }))
  );
  const problems: string[] = [];
  let parsed = 0;
  for (const { name, language, text } of blocks) {
    try {
      if (!parsers[language]) continue;
      await parsers[language](text);
      parsed++;
    } catch (error) {
      problems.push(`${name}: ${(error as Error).message}: ${text}`);
    }
  }
  assertEquals(problems, []);
  assert(parsed > 15);
  // Another test checks the files of that page.
  const unchecked = DOCUMENTS.filter((name) => /^```ts \S/m.test(read(name)))
    .filter((name) => name !== "docs/write-a-driver.md");
  assertEquals(unchecked, []);
});

Deno.test("tasks that documents name exist", () => {
  const { tasks } = JSON.parse(read("deno.json"));
  const named = DOCUMENTS.flatMap((name) =>
    [...read(name).matchAll(/\bdeno(?:@[\d.]+)? task ([\w:]+)/g)]
      .map(([, task = ""]) => ({ name, task }))
  );
  assert(named.length > 10);
  assertEquals(
    named.filter(({ task }) => !(task in tasks))
      .map(({ name, task }) => `${name}: ${task}`),
    [],
  );
});

Deno.test("files and folders that docs/ names exist", () => {
  const named = DOCUMENTS.filter((name) => name.startsWith("docs/"))
    .flatMap((name) => codeSpans(prose(name)))
    // Not `drivers/<provider>.ts` and `drivers/*`.
    .filter((span) => FOLDERS.test(span) && /^[\w./-]+$/.test(span))
    // A module of the package, such as `drivers/aws/ec2`.
    .filter((span) => !MODULES.includes(`./${span}`))
    // Acme is invented.
    .filter((span) => !/\bacme/.test(span));
  assert(named.length > 20);
  assertEquals(named.filter((name) => !exists(new URL(name, ROOT))), []);
});

Deno.test("docs/from-libcloud.md names only what nephos has", () => {
  const words = new Set(
    ["core", "drivers", "deploy"].flatMap(filesIn)
      .flatMap((name) => read(name).match(/\w+/g) ?? []),
  );
  const rows = tableRows(read("docs/from-libcloud.md"));
  assert(rows.length > 150);
  const named = rows.flatMap(([, counterpart = ""]) => codeSpans(counterpart))
    .flatMap((span) => span.match(/[A-Za-z]\w*/g) ?? [])
    .filter((word) => !/^(?:true|false|http)$/.test(word));
  assertEquals(named.filter((word) => !words.has(word)), []);
});

Deno.test("docs/write-a-driver.md has the sections that the conformance suite names", () => {
  const found = anchors(read("docs/write-a-driver.md"));
  // Only a driver with a description has that check.
  const described = { ...ec2, description: { url: "data:," } };
  const named = [...computeConformance(described), ...dnsConformance(powerdns)]
    .map(({ see = "conformance" }) => see);
  assert(new Set(named).size > 10);
  assertEquals(named.filter((anchor) => !found.includes(anchor)), []);
});

Deno.test("docs/write-a-driver.md explains every field that describes a driver to the suite", () => {
  const fields = [
    ["testing/subject.ts", "Subject"],
    ["testing/compute/subject.ts", "ComputeSubject"],
    ["testing/compute/subject.ts", "ComputeFacts"],
    ["testing/compute/subject.ts", "StateFacts"],
    ["testing/context.ts", "CallSubject"],
    ["testing/errors.ts", "ErrorFacts"],
    ["testing/dns/subject.ts", "DnsSubject"],
    ["testing/dns/subject.ts", "DnsFacts"],
    ["testing/table.ts", "MethodSpec"],
  ].flatMap(([file = "", name = ""]) => fieldsOf(read(file), name));
  assert(fields.length > 40);
  const spans = new Set(codeSpans(prose("docs/write-a-driver.md")));
  assertEquals(
    fields.filter((field) => !spans.has(field) && !spans.has(`${field}()`)),
    [],
  );
});

Deno.test("docs/write-a-driver.md lists names that core exports", () => {
  const [, section = ""] = read("docs/write-a-driver.md")
    .split("## Core names by purpose\n");
  const exported = new Set(
    ["core/mod.ts", "core/compute/mod.ts"].flatMap(exportsOf),
  );
  const named = tableRows(section).flatMap(([name = "", use = ""]) => [
    ...codeSpans(name),
    // Not `signal` and `list()`, which are no exports.
    ...codeSpans(use).filter((span) => /^[A-Z]\w+$/.test(span)),
  ]);
  assert(named.length > 55);
  assertEquals(named.filter((name) => !exported.has(name)), []);
});

/** Names of the properties and methods of an interface. */
function fieldsOf(source: string, name: string): string[] {
  const [, body = ""] =
    new RegExp(`^export interface ${name}\\b[^{]*\\{\\n([^]*?)^\\}`, "m")
      .exec(source) ?? [];
  return [...body.matchAll(/^ {2}(?:readonly )?(\w+)[?(:]/gm)]
    .map(([, field = ""]) => field);
}

/** Names that a module exports, also from other modules. */
function exportsOf(file: string): string[] {
  const source = read(file);
  const own =
    /^export (?:abstract |async )*(?:class|const|function|interface|type) (\w+)/gm;
  const lists = /^export (?:type )?\{([^}]*)\}/gm;
  const modules = /^export (?:type )?\* from "(.*)"/gm;
  return [
    ...[...source.matchAll(own)].map(([, name = ""]) => name),
    ...[...source.matchAll(lists)].flatMap(([, names = ""]) =>
      names.match(/\b(?!type\b)\w+/g) ?? []
    ),
    ...[...source.matchAll(modules)].flatMap(([, module = ""]) => {
      const { href } = new URL(module, new URL(file, ROOT));
      return exportsOf(href.slice(ROOT.href.length));
    }),
  ];
}

/** Checks the syntax of commands for Bash and Zsh, and runs none. */
async function parseShell(text: string): Promise<void> {
  const args = ["-n", "-c", text];
  const shell = new Deno.Command("bash", { args, stderr: "piped" });
  const { success, stderr } = await shell.output();
  if (!success) throw new SyntaxError(new TextDecoder().decode(stderr));
}

/** A document without its code blocks. */
function prose(name: string): string {
  return read(name).replace(/^```[^]*?^```$/gm, "");
}

function exists(file: URL): boolean {
  try {
    Deno.statSync(file);
    return true;
  } catch {
    return false;
  }
}

function filesIn(folder: string): string[] {
  return [...Deno.readDirSync(new URL(folder, ROOT))].flatMap((entry) => {
    const name = `${folder}/${entry.name}`;
    return entry.isDirectory ? filesIn(name) : [name];
  });
}

function read(name: string): string {
  return Deno.readTextFileSync(new URL(name, ROOT));
}
