import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { path, std } from "../../tools/deno.ts";
import { type NewOptions, writeDriver } from "../../tools/new.ts";
import {
  insertBefore,
  insertColumn,
  insertRow,
  insertSorted,
  PlaceNotFoundError,
} from "../../tools/new/edits.ts";
import { fill } from "../../tools/new/template.ts";

const BOREALIS = "tests/tools/new/borealis.openapi.json";

/** A copy of this project, in which tests write drivers. */
async function copyProject() {
  const root = await Deno.realPath(
    await Deno.makeTempDir({ prefix: "nephos-new-" }),
  );
  const folder = `${root}/main`;
  const { stdout } = await new Deno.Command("git", {
    args: ["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
    cwd: path("."),
  }).output();
  for (const file of new TextDecoder().decode(stdout).split("\0")) {
    if (file === "") continue;
    const target = `${folder}/${file}`;
    await Deno.mkdir(target.replace(/\/[^/]*$/, ""), { recursive: true });
    // A file may be deleted, and not committed yet.
    await Deno.copyFile(path(file), target).catch(() => {});
  }
  // The tests of the driver look for the description there.
  const reference = `${root}/shared/reference`;
  await Deno.mkdir(reference, { recursive: true });
  await Deno.copyFile(
    path(BOREALIS),
    `${reference}/${BOREALIS.replace(/^.*\//, "")}`,
  );
  // `deno fmt` reads .gitignore only in a Git repository.
  await new Deno.Command("git", { args: ["init", "--quiet", folder] }).output();
  const environment = { NO_COLOR: "1", NEPHOS_STD: await std() };

  /** Runs Deno in the copy; returns its exit code and its output. */
  async function deno(...args: readonly string[]) {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "tools/deno.ts", ...args],
      cwd: folder,
      stdin: "null",
      env: environment,
    }).output();
    const decoder = new TextDecoder();
    return { code, output: decoder.decode(stdout) + decoder.decode(stderr) };
  }

  return {
    folder,
    deno,
    /** Runs `deno task new`, and returns the files that it wrote or changed. */
    async add(...args: readonly string[]): Promise<string[]> {
      const { code, output } = await deno("run", "-A", "tools/new.ts", ...args);
      assertEquals(code, 0, output);
      return [...output.matchAll(/^(?:wrote|changed) (\S+)/gm)]
        .map(([, file = ""]) => file);
    },
    [Symbol.asyncDispose]: () => Deno.remove(root, { recursive: true }),
  };
}

/** Names of the tests that failed. */
function failuresIn(output: string): string[] {
  return [...output.matchAll(/^(.*) \.\.\. .*FAILED/gm)].map(([, name = ""]) =>
    name
  );
}

Deno.test("deno task new writes drivers that pass every test but those that say what to do", async () => {
  await using project = await copyProject();
  const { deno, add } = project;
  const drivers: Readonly<Record<string, readonly string[]>> = {
    zephyr: ["--auth=basic", "--pages=single", "--name=Zephyr Cloud"],
    borealis: ["--auth=bearer", "--pages=numbered", `--openapi=${BOREALIS}`],
    ostro: ["--auth=aws4", "--pages=linked"],
    levante: ["--auth=bearer", "--pages=cursor", "--url=https://levante.test"],
  };
  const files = new Set<string>();
  for (const [id, args] of Object.entries(drivers)) {
    for (const file of await add(id, ...args)) files.add(file);
  }
  const ids = Object.keys(drivers);
  const sources = [...files].filter((file) => file.endsWith(".ts"));
  const expectOk = async (...args: readonly string[]) => {
    const { code, output } = await deno(...args);
    assertEquals(code, 0, output);
    // A filter that matches no test is no success.
    if (args[0] === "test") assertMatch(output, /^ok \| [1-9]/m);
  };
  await expectOk(
    "fmt",
    "--check",
    ...[...files].filter((file) =>
      /\.(?:ts|md|json)$/.test(file) && !file.startsWith("fixtures/")
    ),
  );
  await expectOk("lint", ...sources);
  await expectOk("check", ...sources);
  // Bundles and the dry run of publishing take long.
  await expectOk(
    "test",
    "-A",
    "--no-check",
    "--filter=every entry point has a size limit",
    "tests/size_test.ts",
  );
  const filter = [
    "has all files and entries",
    "exports and public files",
    "code blocks",
    "stand-ins",
  ];
  await expectOk(
    "test",
    "-A",
    "--no-check",
    `--filter=/${filter.join("|")}/`,
    "tests/package_test.ts",
  );
  await expectOk(
    "test",
    "-A",
    "--no-check",
    "tests/layers_test.ts",
    "tests/messages_test.ts",
    "tests/tools/ci_test.ts",
    "tests/tools/repository_test.ts",
    "tests/docs/documents_test.ts",
    "tests/drivers/registry_test.ts",
    "tests/drivers/tags_test.ts",
    ...sources.filter((file) => /_test\.ts$/.test(file))
      .filter((file) => /^tests\/(?:drivers|simulators|interop)\//.test(file)),
  );
  // The suite of one driver, and what is left to do for the others.
  const { output } = await deno(
    "test",
    "-A",
    "--no-check",
    "--filter=/Borealis|is not finished/",
    ...ids.map((id) => `tests/conformance/${id}_test.ts`),
  );
  const failures = failuresIn(output);
  assert(failures.length > 50, output);
  assertEquals(
    failures.filter((name) => !name.includes(" is not finished: ")),
    [],
    output,
  );
  assertMatch(output, /^BorealisNodeDriver createNode\(\) .* ok/m);
  assertMatch(
    output,
    /drivers\/zephyr\/compute\.ts:\d+: look up the fields of the responses; then delete the comment/,
  );

  // A second time, nothing is written.
  const again = await deno(
    "run",
    "-A",
    "tools/new.ts",
    "zephyr",
    "--auth=basic",
    "--pages=single",
  );
  assertEquals(again.code, 1, again.output);
  assertStringIncludes(
    again.output,
    "new: drivers/zephyr/compute.ts exists; nothing was written",
  );
});

Deno.test("deno task new --package writes a package whose driver passes the suite", async () => {
  await using project = await copyProject();
  const { deno, folder } = project;
  const packages = {
    "nephos-sirocco": ["sirocco", "--auth=bearer", "--pages=cursor"],
    "nephos-borealis": [
      "borealis",
      "--auth=basic",
      "--pages=numbered",
      `--openapi=${BOREALIS}`,
    ],
  };
  for (const args of Object.values(packages)) {
    const { code, output } = await deno(
      "run",
      "-A",
      "tools/new.ts",
      "--package",
      ...args,
    );
    assertEquals(code, 0, output);
  }
  const manifest = JSON.parse(
    await Deno.readTextFile(`${folder}/nephos-sirocco/package.json`),
  );
  assertEquals(manifest.name, "nephos-sirocco");
  assertEquals(manifest.type, "module");
  assertEquals(Object.keys(manifest.dependencies), ["@nephos/nephos"]);
  // Inside of the project, Deno finds the modules of the package by name.
  for (const name of Object.keys(packages)) {
    await Deno.remove(`${folder}/${name}/package.json`);
  }
  const names = Object.keys(packages);
  const checked = await deno(
    "check",
    ...names.flatMap((name) => [`${name}/src`, `${name}/tests/subject.ts`]),
  );
  assertEquals(checked.code, 0, checked.output);
  const tested = await deno(
    "test",
    "-A",
    "--no-check",
    "nephos-sirocco/tests/conformance.test.ts",
  );
  assertEquals(tested.code, 0, tested.output);
});

/** Writes a driver into a folder with some files. */
async function tryToWrite(
  options: Partial<NewOptions>,
  files: Readonly<Record<string, string>> = {},
) {
  const folder = await Deno.makeTempDir({ prefix: "nephos-new-" });
  try {
    for (const [file, text] of Object.entries(files)) {
      const target = `${folder}/${file}`;
      await Deno.mkdir(target.replace(/\/[^/]*$/, ""), { recursive: true });
      await Deno.writeTextFile(target, text);
    }
    const error = await assertRejects(
      () =>
        writeDriver({
          id: "acme",
          auth: "bearer",
          pages: "single",
          folder,
          ...options,
        }),
      TypeError,
    );
    const left = await Array.fromAsync(Deno.readDir(folder));
    // Nothing was written.
    assertEquals(
      left.map(({ name }) => name).sort(),
      [...new Set(Object.keys(files).map((file) => file.split("/")[0]!))]
        .sort(),
    );
    return error.message;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("writeDriver() writes nothing if a file of the provider exists", async () => {
  for (
    const file of [
      "drivers/acme/compute.ts",
      "tests/conformance/acme.ts",
      "fixtures/acme/list_nodes.json",
    ]
  ) {
    assertEquals(
      await tryToWrite({}, { [file]: "" }),
      `${file} exists; nothing was written`,
    );
  }
});

Deno.test("writeDriver() writes nothing if a list of providers is not found", async () => {
  assertMatch(
    await tryToWrite({}, { "drivers/registry.ts": "export {};\n" }),
    /^drivers\/registry\.ts: there is no line .*; add the lines for the provider by hand$/,
  );
});

Deno.test("writeDriver() refuses invalid options", async () => {
  for (const id of ["Acme", "my-cloud", "9lives", "../acme", ""]) {
    assertStringIncludes(await tryToWrite({ id }), "the id must consist of");
  }
  assertStringIncludes(
    await tryToWrite({ auth: "aws4", isPackage: true }),
    "--package: ",
  );
  const openapi = path("tests/tools/wire/acme.openapi.json");
  assertStringIncludes(
    await tryToWrite({ openapi }),
    "the description has no list of sizes",
  );
});

Deno.test("insertSorted() keeps a list sorted, at its beginning, inside and at its end", () => {
  const text = "x\nlist {\n  // B\n  b: 1,\n  // D\n  d: 2,\n}\n  a: 0,\n";
  const block = {
    start: /^list \{/,
    end: /^\}/,
    key: /^ {2}(\w+):/,
    hasComments: true,
  };
  const insert = (key: string) =>
    insertSorted(text, block, key, `  // New\n  ${key}: 9,\n`);
  const added = "  // New\n  ";
  assertEquals(insert("a"), text.replace("  // B", `${added}a: 9,\n  // B`));
  assertEquals(insert("c"), text.replace("  // D", `${added}c: 9,\n  // D`));
  assertEquals(insert("e"), text.replace("}\n", `${added}e: 9,\n}\n`));
  assertThrows(() => insert("d"), PlaceNotFoundError);
  for (const missing of [{ start: /^nothing/ }, { end: /^nothing/ }]) {
    assertThrows(
      () => insertSorted(text, { ...block, ...missing }, "c", ""),
      PlaceNotFoundError,
    );
  }
});

Deno.test("insertBefore() inserts lines before the first line that matches", () => {
  assertEquals(insertBefore("a\nb\nb\n", /^b/, "x\n"), "a\nx\nb\nb\n");
  assertThrows(() => insertBefore("a\n", /^b/, "x\n"), PlaceNotFoundError);
});

Deno.test("insertRow() and insertColumn() keep tables sorted", () => {
  const table = "| Name | B   | D   | Last |\n| ---- | --- | --- | ---- |\n" +
    "| bee  | 1   | 2   | 3    |\n\nText\n";
  assertEquals(
    insertRow(table, "Name", ["ant", "4", "5", "6"]).split("\n")[2],
    "| ant | 4 | 5 | 6 |",
  );
  assertEquals(
    insertRow(table, "Name", ["cat", "4", "5", "6"]).split("\n")[3],
    "| cat | 4 | 5 | 6 |",
  );
  const heads = ["A", "C", "E"].map((name) =>
    insertColumn(table, "Name", name, "no").split("\n")
  );
  assertEquals(heads.map(([head, , row]) => [head, row]), [
    ["| Name | A | B | D | Last |", "| bee | no | 1 | 2 | 3 |"],
    ["| Name | B | C | D | Last |", "| bee | 1 | no | 2 | 3 |"],
    ["| Name | B | D | E | Last |", "| bee | 1 | 2 | no | 3 |"],
  ]);
  assertThrows(() => insertColumn(table, "Other", "A", ""), PlaceNotFoundError);
});

Deno.test("fill() renames Acme, keeps the lines of the flags and fills in values", () => {
  const filling = {
    names: {
      id: "ovo",
      prefix: "Ovo",
      name: "Ovo Hosting",
      url: "https://api.ovo.test",
    },
    flags: new Set(["basic"]),
    values: { path: "/servers", one: "server" },
  };
  const template = [
    "// Acme Cloud, acme, AcmeNode, ACME_TOKEN",
    "  // @if basic|bearer",
    "get(`https://api.acme.example/v1«path»`);",
    "  // @else",
    "no",
    "  // @end",
    "  // @if !basic",
    "no",
    "  // @end",
    "json(«oneOf(toJson(it))»);",
  ].join("\n");
  assertEquals(
    fill(template, filling),
    [
      "// Ovo Hosting, ovo, OvoNode, OVO_TOKEN",
      "get(`https://api.ovo.test/servers`);",
      "json({ server: toJson(it) });",
    ].join("\n"),
  );
  assertThrows(() => fill("«other»", filling), Error, "«other» has no value");
  assertThrows(() => fill("// @if basic", filling), Error, "@if without @end");
  assertThrows(() => fill("// @end", filling), Error, "@end without @if");
});
