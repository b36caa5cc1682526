/**
 * Reads the sources of the drivers.
 *
 * @module
 */

import { ROOT } from "../deno.ts";
import { keyOf, nodesIn } from "./tree.ts";
import ts from "./typescript.ts";

/** Registries, and what the ids of their drivers end with in names of suites. */
const REGISTRIES: Readonly<Record<string, string>> = {
  "drivers/registry.ts": "",
  "drivers/dns_registry.ts": "_dns",
};

/** The sources of one driver. */
export interface DriverSource {
  /** Id of the provider; `_dns` follows if it is a DNS driver. */
  readonly id: string;
  /** Its files and its data. The name of each is relative to the repository. */
  readonly files: readonly ts.SourceFile[];
}

/**
 * Reads the sources of all drivers in the registries.
 *
 * @returns The drivers, in the order of the registries.
 */
export function readDrivers(): DriverSource[] {
  return Object.entries(REGISTRIES).flatMap(([name, ending]) => {
    const registry = parse(name, read(name));
    return [...nodesIn(registry)].flatMap((node) => {
      const entry = ts.isPropertyAssignment(node) &&
        importedIn(node.initializer);
      if (!entry) return [];
      const id = keyOf(node) + ending;
      return [{ id, files: filesOf(resolve(name, entry)) }];
    });
  });
}

/** The module in `async () => (await import("./acme.ts")).AcmeNodeDriver`. */
function importedIn(loader: ts.Node): string | undefined {
  for (const node of nodesIn(loader)) {
    const isImport = ts.isCallExpression(node) &&
      node.expression.kind === ts.SyntaxKind.ImportKeyword;
    const [specifier] = isImport ? node.arguments : [];
    if (specifier && ts.isStringLiteral(specifier)) return specifier.text;
  }
  return undefined;
}

/** The files that a driver imports from its own folder, and its data. */
function filesOf(entry: string): ts.SourceFile[] {
  const folder = entry.slice(0, entry.lastIndexOf("/") + 1);
  // A driver in one file has no folder.
  const isOwn = (name: string) =>
    name.startsWith("data/") ||
    folder !== "drivers/" && name.startsWith(folder);
  const files = new Map<string, ts.SourceFile>();
  const queue = [entry];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (files.has(name)) continue;
    const text = read(name);
    files.set(name, parse(name, text));
    if (name.endsWith(".json")) continue;
    queue.push(
      ...ts.preProcessFile(text).importedFiles
        .map(({ fileName }) => fileName)
        .filter((specifier) => specifier.startsWith("."))
        .map((specifier) => resolve(name, specifier))
        .filter(isOwn),
    );
  }
  return [...files.values()]
    .toSorted((a, b) => a.fileName < b.fileName ? -1 : 1);
}

/**
 * Parses a file.
 *
 * @param name Its name.
 * @param text Its text.
 * @returns The syntax tree, whose nodes know their parents.
 */
export function parse(name: string, text: string): ts.SourceFile {
  return ts.createSourceFile(name, text, ts.ScriptTarget.ESNext, true);
}

/**
 * Finds out whether a text has the syntax of its file.
 *
 * @param name Name of the file.
 * @param text The text.
 * @returns Whether it has.
 */
export function isValid(name: string, text: string): boolean {
  if (name.endsWith(".json")) return isJson(text);
  // Not part of the public types, but much faster than a program.
  const { parseDiagnostics } = parse(name, text) as
    & ts.SourceFile
    & { readonly parseDiagnostics: readonly unknown[] };
  return parseDiagnostics.length === 0;
}

function isJson(text: string): boolean {
  try {
    return JSON.parse(text) !== undefined;
  } catch {
    return false;
  }
}

function read(name: string): string {
  return Deno.readTextFileSync(new URL(name, ROOT));
}

function resolve(from: string, specifier: string): string {
  return new URL(specifier, new URL(from, ROOT)).href.slice(ROOT.href.length);
}
