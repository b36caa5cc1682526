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
  /** Subpath that contains the declaration. */
  readonly home: string;
  /** Nodes of the declaration; overloads of a function have several. */
  readonly nodes: readonly ts.Statement[];
}

/** Public types of one version of a package. */
export class Api {
  /** Name of the package. */
  readonly name: string;
  /** Version of the package. */
  readonly version: string;
  /** Declarations by subpath and name. */
  readonly exports: ReadonlyMap<string, ReadonlyMap<string, Declaration>>;

  /** Holds the types of a version. */
  constructor(
    name: string,
    version: string,
    exports: ReadonlyMap<string, ReadonlyMap<string, Declaration>>,
  ) {
    this.name = name;
    this.version = version;
    this.exports = exports;
  }

  /** All declarations, each of them once. */
  get declarations(): ReadonlySet<Declaration> {
    return new Set(
      [...this.exports.values()].flatMap((names) => [...names.values()]),
    );
  }

  /**
   * Finds the declaration that a name means in another declaration.
   *
   * @param name The name.
   * @param from The declaration that contains the name.
   * @returns The declaration; `undefined` if it is one of the platform.
   */
  find(name: string, from: Declaration): Declaration | undefined {
    const near = this.exports.get(from.home)?.get(name);
    if (near) return near;
    for (const names of this.exports.values()) {
      const found = names.get(name);
      if (found) return found;
    }
    return undefined;
  }
}

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
  const exports = new Map<string, Map<string, Declaration>>();
  const references: { subpath: string; name: string; home: string }[] = [];
  const subpathOf = (specifier: ts.Node) =>
    `.${(specifier as ts.StringLiteral).text.slice(name.length)}`;
  for (const module of parse("snapshot.d.ts", text).statements) {
    if (!ts.isModuleDeclaration(module)) continue;
    const subpath = subpathOf(module.name);
    const names = new Map<string, Declaration>();
    exports.set(subpath, names);
    for (const statement of (module.body as ts.ModuleBlock).statements) {
      for (const name of namesOf(statement)) {
        const nodes = [...names.get(name)?.nodes ?? [], statement];
        names.set(name, { name, home: subpath, nodes });
      }
      if (!ts.isExportDeclaration(statement)) continue;
      const home = subpathOf(statement.moduleSpecifier!);
      for (
        const { name } of (statement.exportClause as ts.NamedExports).elements
      ) {
        references.push({ subpath, name: name.text, home });
      }
    }
  }
  for (const { subpath, name, home } of references) {
    const declaration = exports.get(home)?.get(name);
    if (!declaration) {
      throw new SyntaxError(`parseSnapshot: ${home} does not export ${name}`);
    }
    exports.get(subpath)!.set(name, declaration);
  }
  return new Api(name, version, exports);
}
