import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  compareWithRelease,
  describe,
  RELEASED,
  saveRelease,
} from "../../tools/api.ts";
import { changesBetween } from "../../tools/api/changes.ts";
import { declarationsOf, parseSnapshot } from "../../tools/api/snapshot.ts";
import { type Package, readSurface } from "../../tools/api/surface.ts";
import { compareVersions, nextVersion } from "../../tools/api/versions.ts";
import { path, ROOT, runDeno } from "../../tools/deno.ts";
import ts from "../../tools/mutate/typescript.ts";

const SETTINGS: Package = {
  name: "@acme/cloud",
  version: "0.1.0",
  exports: { ".": "./mod.ts", "./nodes": "./nodes.ts" },
};

/** A package in a folder; `await using` removes the folder. */
interface Folder extends AsyncDisposable {
  readonly url: URL;
  write(files: Readonly<Record<string, string>>): Promise<void>;
}

async function makeFolder(): Promise<Folder> {
  const folder = await Deno.makeTempDir({ prefix: "nephos-api-" });
  const url = new URL(`file://${folder}/`);
  return {
    url,
    async write(files) {
      for (const [name, text] of Object.entries(files)) {
        const file = new URL(name, url);
        await Deno.mkdir(new URL(".", file), { recursive: true });
        await Deno.writeTextFile(file, text);
      }
    },
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

/** Public types of a package whose entry point has this text. */
async function surfaceOf(source: string): Promise<string> {
  await using folder = await makeFolder();
  await folder.write({ "mod.ts": source });
  const exports = { ".": "./mod.ts" };
  return await readSurface({ ...SETTINGS, exports }, folder.url);
}

/** Changes from one text to another, breaking ones with an exclamation mark. */
async function changesOf(before: string, after: string): Promise<string[]> {
  const [old, now] = await Promise.all([before, after].map(surfaceOf));
  return changesBetween(parseSnapshot(old!), parseSnapshot(now!))
    .map(({ name, text, isBreaking }) =>
      `${isBreaking ? "! " : ""}${name}: ${text}`
    );
}

/** A change of a package, and a program that compiled before. */
interface Case {
  readonly before: string;
  readonly after: string;
  /** A program that imports the package. It fails if the change is breaking. */
  readonly program: string;
  /** The changes; breaking ones begin with an exclamation mark. */
  readonly changes: readonly string[];
}

/** Changes by what they are. */
const CASES: Readonly<Record<string, Case>> = {
  "a function that is removed": {
    before: "export function a(): void {}\nexport function b(): void {}",
    after: "export function a(): void {}",
    program: "b();",
    changes: ["! b: removed"],
  },
  "a function that is added": {
    before: "export function a(): void {}",
    after: "export function a(): void {}\nexport function b(): void {}",
    program: "a();",
    changes: ["b: added"],
  },
  "comments, bodies, and what is not exported": {
    before: "/** Old. */\nexport function a(): number {\n  return 1;\n}",
    after:
      "/** New. */\nexport function a(): number {\n  return b();\n}\nfunction b(): number {\n  return 2;\n}",
    program: "const n: number = a();",
    changes: [],
  },
  "private members of a class": {
    before:
      "export class A {\n  #x: number = 1;\n  private readonly y: number = 2;\n}",
    after: "export class A {\n  #z: string = '';\n}",
    program: "new A();",
    changes: [],
  },
  "the order of members and of a union": {
    before:
      "export interface A { x: 'a' | 'b'; y: number }\nexport function f(a: A): A { return a; }",
    after:
      "export interface A { y: number; x: 'b' | 'a' }\nexport function f(a: A): A { return a; }",
    program: "const x: 'a' | 'b' = f({ x: 'a', y: 1 }).x;",
    changes: [],
  },
  "the name of a parameter": {
    before: "export function a(x: string): void {}",
    after: "export function a(y: string): void {}",
    program: "a('x');",
    changes: [],
  },
  "a required parameter": {
    before: "export function a(x: string): void {}",
    after: "export function a(x: string, y: number): void {}",
    program: "a('x');",
    changes: ["! a(y): required parameter added"],
  },
  "an optional parameter": {
    before: "export function a(x: string): void {}",
    after: "export function a(x: string, y?: number): void {}",
    program: "a('x');",
    changes: ["a(y): optional parameter added"],
  },
  "a parameter with a default": {
    before: "export function a(x: string): void {}",
    after: "export function a(x: string, y: number = 1): void {}",
    program: "a('x');",
    changes: ["a(y): optional parameter added"],
  },
  "a parameter that is removed": {
    before: "export function a(x: string, y?: number): void {}",
    after: "export function a(x: string): void {}",
    program: "a('x', 1);",
    changes: ["! a(y): parameter removed"],
  },
  "a parameter that accepts more": {
    before: "export function a(x: string): void {}",
    after: "export function a(x: string | URL): void {}",
    program: "a('x');",
    changes: ["a(x): may be URL"],
  },
  "a parameter that accepts less": {
    before: "export function a(x: string | URL): void {}",
    after: "export function a(x: string): void {}",
    program: "a(new URL('http://a'));",
    changes: ["! a(x): may no longer be URL"],
  },
  "a result that may be more": {
    before: "export function a(): string { return ''; }",
    after: "export function a(): string | undefined { return ''; }",
    program: "const s: string = a();",
    changes: ["! a(): may be undefined"],
  },
  "a result that may be less": {
    before: "export function a(): string | undefined { return ''; }",
    after: "export function a(): string { return ''; }",
    program: "const s: string | undefined = a();",
    changes: ["a(): may no longer be undefined"],
  },
  "a callback that gets one more argument": {
    before: "export function a(f: (x: string) => void): void {}",
    after: "export function a(f: (x: string, y: number) => void): void {}",
    program: "a((x: string) => {});",
    changes: ["a(f)(y): required parameter added"],
  },
  "a callback whose argument may be more": {
    before: "export function a(f: (x: string) => void): void {}",
    after: "export function a(f: (x: string | number) => void): void {}",
    program: "a((x: string) => {});",
    changes: ["! a(f)(x): may be number"],
  },
  "an overload": {
    before:
      "export function a(x: string): string;\nexport function a(x: unknown): unknown { return x; }",
    after:
      "export function a(x: string): string;\nexport function a(x: number): number;\nexport function a(x: unknown): unknown { return x; }",
    program: "const s: string = a('x');",
    changes: ["a(): overload added: export function a(x: number): number;"],
  },
  "a required option": {
    before:
      "export interface O { x: string }\nexport function a(o: O): void {}",
    after:
      "export interface O { x: string; y: string }\nexport function a(o: O): void {}",
    program: "a({ x: '' });",
    changes: ["! O.y: added, and callers must provide it"],
  },
  "an optional option": {
    before:
      "export interface O { x: string }\nexport function a(o: O): void {}",
    after:
      "export interface O { x: string; y?: string }\nexport function a(o: O): void {}",
    program: "a({ x: '' });",
    changes: ["O.y: added, optional"],
  },
  "an option that is no longer required": {
    before:
      "export interface O { x: string }\nexport function a(o: O): void {}",
    after:
      "export interface O { x?: string }\nexport function a(o: O): void {}",
    program: "a({ x: '' });",
    changes: ["O.x: optional, was required"],
  },
  "an option that is now required": {
    before:
      "export interface O { x?: string }\nexport function a(o: O): void {}",
    after: "export interface O { x: string }\nexport function a(o: O): void {}",
    program: "a({});",
    changes: ["! O.x: required, was optional"],
  },
  "an additional field of a record": {
    before:
      "export interface R { x: string }\nexport function a(): R[] { return []; }",
    after:
      "export interface R { x: string; y: string }\nexport function a(): R[] { return []; }",
    program: "const s: string = a()[0]!.x;",
    changes: ["R.y: added"],
  },
  "a field of a record that may be absent": {
    before:
      "export interface R { x: string }\nexport function a(): R[] { return []; }",
    after:
      "export interface R { x?: string }\nexport function a(): R[] { return []; }",
    program: "const s: string = a()[0]!.x;",
    changes: ["! R.x: optional, was required"],
  },
  "a field inside the type argument of a record": {
    before:
      "export interface R<E> { e: E }\nexport type N = R<{ zone: string }>;\nexport function a(): Promise<N> { throw 1; }",
    after:
      "export interface R<E> { e: E }\nexport type N = R<{ zone: string; power: string }>;\nexport function a(): Promise<N> { throw 1; }",
    program: "const s: string = (await a()).e.zone;",
    changes: ["N.power: added"],
  },
  "a state that nodes can have": {
    before:
      "export type S = 'on';\nexport interface R { s: S }\nexport function a(): R { return { s: 'on' }; }",
    after:
      "export type S = 'on' | 'off';\nexport interface R { s: S }\nexport function a(): R { return { s: 'on' }; }",
    program: "const s: 'on' = a().s;",
    changes: ["! S: may be 'off'"],
  },
  "a word that an option accepts": {
    before: "export type S = 'on';\nexport function a(s: S): void {}",
    after: "export type S = 'on' | 'off';\nexport function a(s: S): void {}",
    program: "a('on');",
    changes: ["S: may be 'off'"],
  },
  "a type that no function mentions": {
    before: "export interface A { x: string }",
    after: "export interface A { x: string; y: string }",
    program: "const a: A = { x: '' };",
    changes: ["! A.y: added, and callers must provide it"],
  },
  "a method of an interface that a class implements": {
    before:
      "export interface P { start(): void }\nexport class D implements P { start(): void {} }",
    after:
      "export interface P { start(): void; stop(): void }\nexport class D implements P { start(): void {}\n stop(): void {} }",
    program: "class X implements P { start(): void {} }",
    changes: [
      "D.stop(): added",
      "! P.stop(): added, and callers must provide it",
    ],
  },
  "a method of a class": {
    before: "export class A { x(): void {} }",
    after: "export class A { x(): void {}\n y(): void {} }",
    program: "new A().x();",
    changes: ["A.y(): added"],
  },
  "an abstract method": {
    before: "export abstract class A { abstract x(): void }",
    after:
      "export abstract class A { abstract x(): void;\n abstract y(): void }",
    program: "class X extends A { x(): void {} }",
    changes: ["! A.y(): added, and subclasses must implement it"],
  },
  "a method that moves to the base class": {
    before: "export class A {}\nexport class B extends A { x(): void {} }",
    after: "export class A { x(): void {} }\nexport class B extends A {}",
    program: "new B().x();",
    changes: ["A.x(): added"],
  },
  "a method that the base class loses": {
    before:
      "export class A { x(): void {} }\nexport class B extends A { x(): void {} }",
    after: "export class A {}\nexport class B extends A {}",
    program: "new A().x();",
    changes: ["! A.x(): removed", "! B.x(): removed"],
  },
  "a class that no longer extends another": {
    before: "export class A { x(): void {} }\nexport class B extends A {}",
    after: "export class A { x(): void {} }\nexport class B {}",
    program: "const a: A = new B();",
    changes: ["! B: no longer a A", "! B.x(): removed"],
  },
  "a class that implements one more interface": {
    before:
      "export interface P { x(): void }\nexport class A { x(): void {} }\nexport function f(a: A): void {}",
    after:
      "export interface P { x(): void }\nexport class A implements P { x(): void {} }\nexport function f(a: A): void {}",
    program: "f(new A());",
    changes: ["A: also a P"],
  },
  "a class that becomes abstract": {
    before: "export class A {}",
    after: "export abstract class A {}",
    program: "new A();",
    changes: ["! A: abstract now"],
  },
  "a constructor that becomes private": {
    before: "export class A { constructor() {} }",
    after: "export class A { private constructor() {} }",
    program: "new A();",
    changes: ["! A.constructor(): private now"],
  },
  "a method that becomes protected": {
    before: "export class A { x(): void {} }",
    after: "export class A { protected x(): void {} }",
    program: "new A().x();",
    changes: ["! A.x(): protected now"],
  },
  "a static method that is removed": {
    before: "export class A { static of(): A { return new A(); } }",
    after: "export class A { of(): A { return new A(); } }",
    program: "A.of();",
    changes: ["! static A.of(): removed", "A.of(): added"],
  },
  "a property that becomes a getter": {
    before: "export class A { readonly x: string = ''; }",
    after: "export class A { get x(): string { return ''; } }",
    program: "const s: string = new A().x;",
    changes: [],
  },
  "a property that can no longer be set": {
    before: "export class A { x: string = ''; }",
    after: "export class A { readonly x: string = ''; }",
    program: "new A().x = '';",
    changes: ["! A.x: readonly now"],
  },
  "a list that becomes readonly": {
    before: "export function a(x: string[]): string[] { return x; }",
    after:
      "export function a(x: readonly string[]): readonly string[] { return x; }",
    program: "const list: string[] = a([]);",
    changes: ["a(x): readonly list now", "! a(): readonly list now"],
  },
  "a type parameter": {
    before: "export interface A<T> { x: T }",
    after: "export interface A<T, U> { x: T; y?: U }",
    program: "const a: A<string> = { x: '' };",
    changes: ["! A: type parameter U added", "A.y: added, optional"],
  },
  "a type parameter with a default": {
    before: "export interface A<T> { x: T }",
    after: "export interface A<T, U = string> { x: T; y?: U }",
    program: "const a: A<string> = { x: '' };",
    changes: ["A: type parameter U = string added", "A.y: added, optional"],
  },
  "another type": {
    before: "export const x: string = '';",
    after: "export const x: number = 1;",
    program: "const s: string = x;",
    changes: ["! x: number; it was string"],
  },
  "fields that move to a base": {
    before:
      "export interface O { x: string; y: string }\nexport function a(o: O): O { return o; }",
    after:
      "export interface B { x: string }\nexport interface O extends B { y: string }\nexport function a(o: O): O { return o; }",
    program: "const s: string = a({ x: '', y: '' }).x;",
    changes: ["B: added", "O: also a B"],
  },
  "fields that a base adds": {
    before:
      "export interface B { x: string }\nexport interface O { y: string }\nexport function a(o: O, b: B): void {}",
    after:
      "export interface B { x: string }\nexport interface O extends B { y: string }\nexport function a(o: O, b: B): void {}",
    program: "a({ y: '' }, { x: '' });",
    changes: ["O: also a B", "! O.x: added, and callers must provide it"],
  },
  "fields that are lost with a base": {
    before:
      "export interface B { x: string }\nexport interface O extends B { y: string }\nexport function a(): O { throw 1; }",
    after:
      "export interface B { x: string }\nexport interface O { y: string }\nexport function a(): O { throw 1; }",
    program: "const s: string = a().x;",
    changes: ["O: no longer a B", "! O.x: removed"],
  },
  "a base of the platform": {
    before:
      "export interface O { y: string }\nexport function a(o: O): void {}",
    after:
      "export interface O extends Error { y: string }\nexport function a(o: O): void {}",
    program: "a({ y: '' });",
    changes: ["! O: also a Error"],
  },
  "options that have more optional fields": {
    before:
      "export interface O { x?: string }\nexport function a(o: O): void {}",
    after:
      "export interface O { x?: string }\nexport interface P extends O { y?: string }\nexport function a(o: P): void {}",
    program: "a({ x: '' });",
    changes: ["P: added", "a(o): P; it was O"],
  },
  "options that have more required fields": {
    before:
      "export interface O { x?: string }\nexport function a(o: O): void {}",
    after:
      "export interface O { x?: string }\nexport interface P extends O { y: string }\nexport function a(o: P): void {}",
    program: "a({});",
    changes: ["P: added", "! a(o): P; it was O"],
  },
  "a recursive record with another name": {
    before:
      "export interface A { next?: A }\nexport function f(): A { return {}; }",
    after:
      "export interface B { next?: B }\nexport function f(): B { return {}; }",
    program: "const a: A = f();",
    changes: ["! A: removed", "B: added", "f(): B; it was A"],
  },
  "a literal that gets a name": {
    before: "export function a(): { x: string } { return { x: '' }; }",
    after:
      "export interface R { x: string; y: string }\nexport function a(): R { return { x: '', y: '' }; }",
    program: "const s: string = a().x;",
    changes: ["R: added", "a(): R; it was { x: string; }"],
  },
  "an entry of a table whose keys select": {
    before:
      "export interface T { a: string }\nexport function f<K extends keyof T>(k: K, v: T[K]): void {}",
    after:
      "export interface T { a: string; b: number }\nexport function f<K extends keyof T>(k: K, v: T[K]): void {}",
    program: "f('a', '');",
    changes: ["T.b: added"],
  },
  "another kind of declaration": {
    before: "export type A = { x: string };",
    after: "export class A { readonly x: string = ''; #y: number = 1; }",
    program: "const a: A = { x: '' };",
    changes: ["! A: a class; it was a type alias"],
  },
};

for (const [what, { before, after, changes }] of Object.entries(CASES)) {
  Deno.test(`changesBetween() judges ${what}`, async () => {
    assertEquals(await changesOf(before, after), changes);
  });
}

Deno.test("programs of callers fail to compile exactly after breaking changes", () => {
  const files = new Map<string, string>();
  for (const [index, it] of Object.values(CASES).entries()) {
    for (
      const [folder, source] of Object.entries({
        old: it.before,
        new: it.after,
      })
    ) {
      files.set(`/${folder}/${index}/mod.ts`, source);
      files.set(
        `/${folder}/${index}/program.ts`,
        `import * as all from "./mod.ts";\n${
          importsOf(it)
        }${it.program}\nexport { all };\n`,
      );
    }
  }
  const errors = compile(files);
  const wrong = Object.entries(CASES).flatMap(([what, { changes }], index) => {
    const isBreaking = changes.some((change) => change.startsWith("!"));
    const [before, after] = ["old", "new"]
      .map((folder) => errors.get(`/${folder}/${index}/program.ts`));
    return before === undefined && (after !== undefined) === isBreaking
      ? []
      : [{ what, isBreaking, before, after }];
  });
  assertEquals(wrong, []);
});

/** Imports of the names that a program uses. */
function importsOf({ before, program }: Case): string {
  const exported = [...before.matchAll(
    /\bexport (?:abstract )?(?:class|const|function|interface|type) (\w+)/g,
  )].map(([, name = ""]) => name);
  const names = exported.filter((name) =>
    new RegExp(`\\b${name}\\b`).test(program) &&
    !program.startsWith(`const ${name}:`)
  );
  return `import { ${[...new Set(names)].join(", ")} } from "./mod.ts";\n`;
}

/** Compiles files that are not on the disk; returns an error of each that fails. */
function compile(
  files: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const options: ts.CompilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    allowImportingTsExtensions: true,
    noEmit: true,
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    lib: ["lib.esnext.d.ts", "lib.dom.d.ts"],
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const { fileExists, getSourceFile, readFile } = host;
  host.fileExists = (name) => files.has(name) || fileExists(name);
  host.directoryExists = () => true;
  host.readFile = (name) => files.get(name) ?? readFile(name);
  host.getSourceFile = (name, version, ...rest) => {
    const text = files.get(name);
    return text === undefined
      ? getSourceFile(name, version, ...rest)
      : ts.createSourceFile(name, text, version);
  };
  const program = ts.createProgram([...files.keys()], options, host);
  return new Map(
    ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => [
      file?.fileName ?? "",
      ts.flattenDiagnosticMessageText(messageText, "\n"),
    ]),
  );
}

Deno.test("changesBetween() reports a change once, with all entry points", async () => {
  await using folder = await makeFolder();
  await folder.write({
    "mod.ts": 'export * from "./nodes.ts";\n',
    "nodes.ts": "export class A {\n  x(): void {}\n}\n",
  });
  const before = await readSurface(SETTINGS, folder.url);
  await folder.write({ "nodes.ts": "export class A {}\n" });
  const after = await readSurface(SETTINGS, folder.url);
  assertEquals(changesBetween(parseSnapshot(before), parseSnapshot(after)), [
    {
      name: "A.x()",
      text: "removed",
      isBreaking: true,
      subpaths: [".", "./nodes"],
    },
  ]);
});

Deno.test("changesBetween() reports entry points that are removed and added", async () => {
  await using folder = await makeFolder();
  await folder.write({ "mod.ts": "export class A {}\n", "nodes.ts": "" });
  const [before, after] = await Promise.all(
    ["./old", "./new"].map(async (subpath) =>
      parseSnapshot(
        await readSurface(
          {
            ...SETTINGS,
            exports: { ".": "./mod.ts", [subpath]: "./nodes.ts" },
          },
          folder.url,
        ),
      )
    ),
  );
  assertEquals(changesBetween(before!, after!), [
    {
      name: "the entry point",
      text: "added",
      isBreaking: false,
      subpaths: ["./new"],
    },
    {
      name: "the entry point",
      text: "removed",
      isBreaking: true,
      subpaths: ["./old"],
    },
  ]);
});

Deno.test("readSurface() writes each declaration once, where its file is closest", async () => {
  await using folder = await makeFolder();
  await folder.write({
    "mod.ts":
      'import { B } from "./drivers/_b.ts";\nexport { B };\nexport type { A } from "./drivers/a.ts";\n',
    "drivers/a.ts":
      '/** A node. */\nexport interface A {\n  /** Its id. */\n  readonly id: string;\n}\nexport { B } from "./_b.ts";\n',
    "drivers/_b.ts": "export const B = 1;\n",
  });
  const exports = { ".": "./mod.ts", "./drivers/a": "./drivers/a.ts" };
  assertEquals(
    await readSurface({ ...SETTINGS, exports }, folder.url),
    `// @acme/cloud 0.1.0

declare module "@acme/cloud" {
export { A } from "@acme/cloud/drivers/a";
export { B } from "@acme/cloud/drivers/a";
}

declare module "@acme/cloud/drivers/a" {
export interface A {
  readonly id: string;
}
export const B = 1;
}
`,
  );
});

Deno.test("parseSnapshot() rejects a text that is no snapshot", () => {
  assertThrows(() => parseSnapshot("export {};\n"), SyntaxError);
  assertThrows(
    () =>
      parseSnapshot(
        '// a 1.0.0\ndeclare module "a" {\nexport { B } from "a/b";\n}\n',
      ),
    SyntaxError,
    "a/b does not export B",
  );
});

Deno.test("nextVersion() follows the rule of the changelog", () => {
  const breaking = { name: "", text: "", isBreaking: true, subpaths: [] };
  const other = { ...breaking, isBreaking: false };
  assertEquals(
    ["0.4.2", "1.4.2"].map((version) => [
      nextVersion(version, []),
      nextVersion(version, [other]),
      nextVersion(version, [other, breaking]),
    ]),
    [["0.4.3", "0.4.3", "0.5.0"], ["1.4.3", "1.5.0", "2.0.0"]],
  );
  assertThrows(() => nextVersion("1.0", []), TypeError);
  assert(compareVersions("0.10.0", "0.9.9") > 0);
  assertEquals(compareVersions("1.2.3", "1.2.3"), 0);
});

Deno.test("compareWithRelease() tells why a version cannot be released", async () => {
  await using folder = await makeFolder();
  const changelog = "# Changelog\n\n## Unreleased\n\n### Added\n\n- Nothing.\n";
  await folder.write({
    "deno.json": JSON.stringify(SETTINGS),
    "CHANGELOG.md": changelog,
    "mod.ts": "export function a(): void {}\n",
    "nodes.ts": "export class A {}\n",
    [RELEASED]: "",
  });
  await saveRelease(folder.url);
  const problems = async () => (await compareWithRelease(folder.url)).problems;
  assertEquals(await problems(), []);

  await folder.write({ "nodes.ts": "export class A {\n  x(): void {}\n}\n" });
  assertEquals(await problems(), [
    "version in deno.json must be at least 0.1.1, got 0.1.0",
  ]);

  await folder.write({
    "nodes.ts": "",
    "deno.json": JSON.stringify({ ...SETTINGS, version: "0.1.1" }),
  });
  assertEquals(await problems(), [
    "version in deno.json must be at least 0.2.0, got 0.1.1",
    'CHANGELOG.md must describe the breaking changes under "### Breaking changes"',
  ]);
  assertEquals(
    describe(await compareWithRelease(folder.url)),
    `Changes of the public types since 0.1.0:

Breaking (1):
- A: removed (./nodes)

version in deno.json: 0.1.1; lowest next version: 0.2.0
PROBLEM version in deno.json must be at least 0.2.0, got 0.1.1
PROBLEM CHANGELOG.md must describe the breaking changes under "### Breaking changes"`,
  );

  await folder.write({
    "deno.json": JSON.stringify({ ...SETTINGS, version: "0.2.0" }),
    "CHANGELOG.md": changelog.replace("Added", "Breaking changes"),
  });
  assertEquals(await problems(), []);
});

Deno.test("tools/api/released.txt has the public types of a version of this package", async () => {
  const text = await Deno.readTextFile(path(RELEASED));
  const released = parseSnapshot(text);
  assertEquals(released.name, "@nephos/nephos");
  assert(released.exports.size > 10 && declarationsOf(released).size > 300);
  assertEquals(/\bprivate (?!constructor)|#private|\/\*\*/.exec(text), null);
});

Deno.test("the public types of this repository equal themselves, and lose what is removed", async () => {
  const settings = JSON.parse(
    await Deno.readTextFile(path("deno.json")),
  ) as Package;
  const text = await readSurface(settings, ROOT);
  const now = parseSnapshot(text);
  assertEquals([...now.exports.keys()], Object.keys(settings.exports));
  assertEquals(changesBetween(now, parseSnapshot(text)), []);
  const less = text.replace(/^ {2}clean\(text: string\): string;\n/m, "");
  assert(less !== text);
  const [change] = changesBetween(now, parseSnapshot(less));
  assertEquals(change, {
    name: "Call.clean()",
    text: "removed",
    isBreaking: true,
    subpaths: [".", "./core"],
  });
});

Deno.test("tools/api.ts prints its usage if an option is unknown", async () => {
  for (const args of [["--chek"], ["--check", "--save"]]) {
    const { code, output } = await runDeno(
      ["run", "-A", path("tools/api.ts"), ...args],
      { capture: true },
    );
    assertEquals(code, 2);
    assert(output.includes("usage: deno task api"), output);
  }
});
