/**
 * Public types of one version of a package, parsed from a snapshot.
 *
 * @module
 */

import ts from "../mutate/typescript.ts";
import { namesOf, parse } from "./surface.ts";

/** A public declaration. */
export interface Declaration {
  /** Name that the declaration is exported with. */
  readonly name: string;
  /** Nodes of the declaration; overloads of a function have several. */
  readonly nodes: readonly ts.Statement[];
}

/** Declarations by name. */
export type Names = ReadonlyMap<string, Declaration>;

/** Public types of one version of a package. */
export interface Api {
  /** Name of the package. */
  readonly name: string;
  /** Version of the package. */
  readonly version: string;
  /** Declarations by subpath and name. */
  readonly exports: ReadonlyMap<string, Names>;
}

/** Snapshots that were parsed, with their declarations by the name of the module. */
const PARSED = new WeakMap<ts.SourceFile, ReadonlyMap<string, Names>>();

/**
 * Parses a snapshot.
 *
 * @param text The text that `readSurface()` returned.
 * @returns The public types.
 * @throws {SyntaxError} If the text is no snapshot.
 */
export function parseSnapshot(text: string): Api {
  const [, name, version] = /^\/\/ (\S+) (\S+)\n/.exec(text) ?? [];
  if (name === undefined || version === undefined) {
    throw new SyntaxError(
      "parseSnapshot: the first line must be a comment with name and version",
    );
  }
  const source = parse("snapshot.d.ts", text);
  const modules = new Map<string, Map<string, Declaration>>();
  for (const module of source.statements.filter(ts.isModuleDeclaration)) {
    modules.set(module.name.text, declarationsIn(module));
  }
  for (const module of source.statements.filter(ts.isModuleDeclaration)) {
    for (const { name, from } of referencesIn(module)) {
      const declaration = modules.get(from)?.get(name);
      if (!declaration) {
        throw new SyntaxError(`parseSnapshot: ${from} does not export ${name}`);
      }
      modules.get(module.name.text)!.set(name, declaration);
    }
  }
  PARSED.set(source, modules);
  const exports = new Map(
    [...modules].map(([module, names]) => [
      `.${module.slice(name.length)}`,
      names,
    ]),
  );
  return { name, version, exports };
}

function declarationsIn(
  module: ts.ModuleDeclaration,
): Map<string, Declaration> {
  const names = new Map<string, Declaration>();
  for (const statement of statementsOf(module)) {
    for (const name of namesOf(statement)) {
      const nodes = [...names.get(name)?.nodes ?? [], statement];
      names.set(name, { name, nodes });
    }
  }
  return names;
}

/** Names that a module exports from another one. */
function referencesIn(
  module: ts.ModuleDeclaration,
): { name: string; from: string }[] {
  return statementsOf(module).filter(ts.isExportDeclaration)
    .flatMap(({ exportClause, moduleSpecifier }) =>
      (exportClause as ts.NamedExports).elements.map(({ name }) => ({
        name: name.text,
        from: (moduleSpecifier as ts.StringLiteral).text,
      }))
    );
}

function statementsOf({ body }: ts.ModuleDeclaration): readonly ts.Statement[] {
  return (body as ts.ModuleBlock).statements;
}

/**
 * Lists the declarations of a version, each of them once.
 *
 * @param api The public types.
 * @returns The declarations.
 */
export function declarationsOf({ exports }: Api): ReadonlySet<Declaration> {
  return new Set([...exports.values()].flatMap((names) => [...names.values()]));
}

/**
 * Finds the declaration that a name means. Those of the same module come first.
 *
 * @param name The name, where a snapshot uses it.
 * @returns The declaration; `undefined` if it is one of the platform.
 */
export function declarationNamed(name: ts.Node): Declaration | undefined {
  const modules = PARSED.get(name.getSourceFile());
  const near = modules?.get(moduleOf(name));
  for (const names of [near, ...modules?.values() ?? []]) {
    const found = names?.get(name.getText());
    if (found) return found;
  }
  return undefined;
}

function moduleOf(node: ts.Node): string {
  return ts.isModuleDeclaration(node) ? node.name.text : moduleOf(node.parent);
}
