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
async function changes(before: string, after: string): Promise<string[]> {
  const [old, now] = await Promise.all([before, after].map(surfaceOf));
  return changesBetween(parseSnapshot(old!), parseSnapshot(now!))
    .map(({ name, text, isBreaking }) =>
      `${isBreaking ? "! " : ""}${name}: ${text}`
    );
}

/** Changes by what they are: the text before, the text after, the changes. */
const CASES: Readonly<
  Record<string, readonly [before: string, after: string, ...string[]]>
> = {
  "a function that is removed": [
    "export function a(): void {}\nexport function b(): void {}",
    "export function a(): void {}",
    "! b: removed",
  ],
  "a function that is added": [
    "export function a(): void {}",
    "export function a(): void {}\nexport function b(): void {}",
    "b: added",
  ],
  "comments, bodies, and what is not exported": [
    "/** Old. */\nexport function a(): number {\n  return 1;\n}",
    "/** New. */\nexport function a(): number {\n  return b();\n}\nfunction b(): number {\n  return 2;\n}",
  ],
  "private members of a class": [
    "export class A {\n  #x: number = 1;\n  private readonly y: number = 2;\n}",
    "export class A {\n  #z: string = '';\n}",
  ],
  "the order of members and of a union": [
    "export interface A { x: 'a' | 'b'; y: number }\nexport function f(a: A): A { return a; }",
    "export interface A { y: number; x: 'b' | 'a' }\nexport function f(a: A): A { return a; }",
  ],
  "the name of a parameter": [
    "export function a(x: string): void {}",
    "export function a(y: string): void {}",
  ],
  "a required parameter": [
    "export function a(x: string): void {}",
    "export function a(x: string, y: number): void {}",
    "! a(y): required parameter added",
  ],
  "an optional parameter": [
    "export function a(x: string): void {}",
    "export function a(x: string, y?: number): void {}",
    "a(y): optional parameter added",
  ],
  "a parameter with a default": [
    "export function a(x: string): void {}",
    "export function a(x: string, y: number = 1): void {}",
    "a(y): optional parameter added",
  ],
  "a parameter that is removed": [
    "export function a(x: string, y?: number): void {}",
    "export function a(x: string): void {}",
    "! a(y): parameter removed",
  ],
  "a parameter that accepts more": [
    "export function a(x: string): void {}",
    "export function a(x: string | URL): void {}",
    "a(x): may be URL",
  ],
  "a parameter that accepts less": [
    "export function a(x: string | URL): void {}",
    "export function a(x: string): void {}",
    "! a(x): may no longer be URL",
  ],
  "a result that may be more": [
    "export function a(): string { return ''; }",
    "export function a(): string | undefined { return ''; }",
    "! a(): may be undefined",
  ],
  "a result that may be less": [
    "export function a(): string | undefined { return ''; }",
    "export function a(): string { return ''; }",
    "a(): may no longer be undefined",
  ],
  "a callback that gets one more argument": [
    "export function a(f: (x: string) => void): void {}",
    "export function a(f: (x: string, y: number) => void): void {}",
    "a(f)(y): required parameter added",
  ],
  "a callback whose argument may be more": [
    "export function a(f: (x: string) => void): void {}",
    "export function a(f: (x: string | number) => void): void {}",
    "! a(f)(x): may be number",
  ],
  "an overload": [
    "export function a(x: string): string;\nexport function a(x: unknown): unknown { return x; }",
    "export function a(x: string): string;\nexport function a(x: number): number;\nexport function a(x: unknown): unknown { return x; }",
    "a(): overload added: export function a(x: number): number;",
  ],
  "a required option": [
    "export interface O { x: string }\nexport function a(o: O): void {}",
    "export interface O { x: string; y: string }\nexport function a(o: O): void {}",
    "! O.y: added, and callers must provide it",
  ],
  "an optional option": [
    "export interface O { x: string }\nexport function a(o: O): void {}",
    "export interface O { x: string; y?: string }\nexport function a(o: O): void {}",
    "O.y: added, optional",
  ],
  "an option that is no longer required": [
    "export interface O { x: string }\nexport function a(o: O): void {}",
    "export interface O { x?: string }\nexport function a(o: O): void {}",
    "O.x: optional, was required",
  ],
  "an option that is now required": [
    "export interface O { x?: string }\nexport function a(o: O): void {}",
    "export interface O { x: string }\nexport function a(o: O): void {}",
    "! O.x: required, was optional",
  ],
  "an additional field of a record": [
    "export interface R { x: string }\nexport function a(): R[] { return []; }",
    "export interface R { x: string; y: string }\nexport function a(): R[] { return []; }",
    "R.y: added",
  ],
  "a field of a record that may be absent": [
    "export interface R { x: string }\nexport function a(): R[] { return []; }",
    "export interface R { x?: string }\nexport function a(): R[] { return []; }",
    "! R.x: optional, was required",
  ],
  "a field inside the type argument of a record": [
    "export interface R<E> { e: E }\nexport type N = R<{ zone: string }>;\nexport function a(): Promise<N> { throw 1; }",
    "export interface R<E> { e: E }\nexport type N = R<{ zone: string; power: string }>;\nexport function a(): Promise<N> { throw 1; }",
    "N.power: added",
  ],
  "a state that nodes can have": [
    "export type S = 'on';\nexport interface R { s: S }\nexport function a(): R { return { s: 'on' }; }",
    "export type S = 'on' | 'off';\nexport interface R { s: S }\nexport function a(): R { return { s: 'on' }; }",
    "! S: may be 'off'",
  ],
  "a word that an option accepts": [
    "export type S = 'on';\nexport function a(s: S): void {}",
    "export type S = 'on' | 'off';\nexport function a(s: S): void {}",
    "S: may be 'off'",
  ],
  "a type that no function mentions": [
    "export interface A { x: string }",
    "export interface A { x: string; y: string }",
    "! A.y: added, and callers must provide it",
  ],
  "a method of an interface that a class implements": [
    "export interface P { start(): void }\nexport class D implements P { start(): void {} }",
    "export interface P { start(): void; stop(): void }\nexport class D implements P { start(): void {}\n stop(): void {} }",
    "D.stop(): added",
    "! P.stop(): added, and callers must provide it",
  ],
  "a method of a class": [
    "export class A { x(): void {} }",
    "export class A { x(): void {}\n y(): void {} }",
    "A.y(): added",
  ],
  "an abstract method": [
    "export abstract class A { abstract x(): void }",
    "export abstract class A { abstract x(): void;\n abstract y(): void }",
    "! A.y(): added, and subclasses must implement it",
  ],
  "a method that moves to the base class": [
    "export class A {}\nexport class B extends A { x(): void {} }",
    "export class A { x(): void {} }\nexport class B extends A {}",
    "A.x(): added",
  ],
  "a method that the base class loses": [
    "export class A { x(): void {} }\nexport class B extends A { x(): void {} }",
    "export class A {}\nexport class B extends A {}",
    "! A.x(): removed",
    "! B.x(): removed",
  ],
  "a class that no longer extends another": [
    "export class A {}\nexport class B extends A {}",
    "export class A {}\nexport class B {}",
    "! B: no longer a A",
  ],
  "a class that becomes abstract": [
    "export class A {}",
    "export abstract class A {}",
    "! A: abstract now",
  ],
  "a constructor that becomes private": [
    "export class A { constructor() {} }",
    "export class A { private constructor() {} }",
    "! A.constructor(): private now",
  ],
  "a method that becomes protected": [
    "export class A { x(): void {} }",
    "export class A { protected x(): void {} }",
    "! A.x(): protected now",
  ],
  "a static method that is removed": [
    "export class A { static of(): A { return new A(); } }",
    "export class A { of(): A { return new A(); } }",
    "! static A.of(): removed",
    "A.of(): added",
  ],
  "a property that becomes a getter": [
    "export class A { readonly x: string = ''; }",
    "export class A { get x(): string { return ''; } }",
  ],
  "a property that can no longer be set": [
    "export class A { x: string = ''; }",
    "export class A { readonly x: string = ''; }",
    "! A.x: readonly now",
  ],
  "a list that becomes readonly": [
    "export function a(x: string[]): string[] { return x; }",
    "export function a(x: readonly string[]): readonly string[] { return x; }",
    "a(x): readonly list now",
    "! a(): readonly list now",
  ],
  "a type parameter": [
    "export interface A<T> { x: T }",
    "export interface A<T, U> { x: T; y?: U }",
    "! A: type parameter U added",
    "A.y: added, optional",
  ],
  "a type parameter with a default": [
    "export interface A<T> { x: T }",
    "export interface A<T, U = string> { x: T; y?: U }",
    "A: type parameter U = string added",
    "A.y: added, optional",
  ],
  "another type": [
    "export const x: string = '';",
    "export const x: number = 1;",
    "! x: number; it was string",
  ],
  "fields that move to a base": [
    "export interface O { x: string; y: string }\nexport function a(o: O): O { return o; }",
    "export interface B { x: string }\nexport interface O extends B { y: string }\nexport function a(o: O): O { return o; }",
    "B: added",
    "O: also a B",
  ],
  "fields that a base adds": [
    "export interface B { x: string }\nexport interface O { y: string }\nexport function a(o: O, b: B): void {}",
    "export interface B { x: string }\nexport interface O extends B { y: string }\nexport function a(o: O, b: B): void {}",
    "O: also a B",
    "! O.x: added, and callers must provide it",
  ],
  "fields that are lost with a base": [
    "export interface B { x: string }\nexport interface O extends B { y: string }\nexport function a(): O { throw 1; }",
    "export interface B { x: string }\nexport interface O { y: string }\nexport function a(): O { throw 1; }",
    "O: no longer a B",
    "! O.x: removed",
  ],
  "a base of the platform": [
    "export interface O { y: string }\nexport function a(o: O): void {}",
    "export interface O extends Error { y: string }\nexport function a(o: O): void {}",
    "! O: also a Error",
  ],
  "options that have more optional fields": [
    "export interface O { x?: string }\nexport function a(o: O): void {}",
    "export interface O { x?: string }\nexport interface P extends O { y?: string }\nexport function a(o: P): void {}",
    "P: added",
    "a(o): P; it was O",
  ],
  "options that have more required fields": [
    "export interface O { x?: string }\nexport function a(o: O): void {}",
    "export interface O { x?: string }\nexport interface P extends O { y: string }\nexport function a(o: P): void {}",
    "P: added",
    "! a(o): P; it was O",
  ],
  "a recursive record with another name": [
    "export interface A { next?: A }\nexport function f(): A { return {}; }",
    "export interface B { next?: B }\nexport function f(): B { return {}; }",
    "! A: removed",
    "B: added",
    "f(): B; it was A",
  ],
  "a literal that gets a name": [
    "export function a(): { x: string } { return { x: '' }; }",
    "export interface R { x: string; y: string }\nexport function a(): R { return { x: '', y: '' }; }",
    "R: added",
    "a(): R; it was { x: string; }",
  ],
  "an entry of a table whose keys select": [
    "export interface T { a: string }\nexport function f<K extends keyof T>(k: K, v: T[K]): void {}",
    "export interface T { a: string; b: number }\nexport function f<K extends keyof T>(k: K, v: T[K]): void {}",
    "T.b: added",
  ],
  "another kind of declaration": [
    "export type A = { x: string };",
    "export class A { readonly x: string = ''; }",
    "! A: a class; it was a type alias",
  ],
};

for (const [what, [before, after, ...expected]] of Object.entries(CASES)) {
  Deno.test(`changesBetween() judges ${what}`, async () => {
    assertEquals(await changes(before, after), expected);
  });
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
