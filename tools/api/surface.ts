/**
 * Reads the public types of a package from its sources, as one text.
 *
 * The text is a file of declarations of TypeScript, without comments and private
 * members. Each entry point is a `declare module`, and each declaration is there
 * once: the other entry points refer to it.
 *
 * @module
 */

import ts from "../mutate/typescript.ts";

/** What describes a package. */
export interface Package {
  /** Name of the package. */
  readonly name: string;
  /** Version of the package. */
  readonly version: string;
  /** Files of the entry points by subpath, such as `"./core": "./core/mod.ts"`. */
  readonly exports: Readonly<Record<string, string>>;
}

/** A declaration in a file; overloads of a function have several nodes. */
interface Declared {
  readonly file: URL;
  readonly name: string;
  readonly nodes: ts.Node[];
}

/** A file with its own declarations, its imports, and its exports. */
interface Module {
  readonly file: URL;
  readonly source: ts.SourceFile;
  readonly declared: ReadonlyMap<string, Declared>;
  readonly imported: ReadonlyMap<string, { file: URL; name: string }>;
}

/**
 * Reads the public types of a package.
 *
 * @param settings Name, version and entry points.
 * @param root Folder of the package, with a trailing slash.
 * @returns The declarations, as {@linkcode parseSnapshot} reads them.
 * @throws {Error} If an entry point exports a name that is not declared in a file
 * of the package, or under another name than it is declared with.
 */
export async function readSurface(
  settings: Package,
  root: URL,
): Promise<string> {
  const reader = new Reader();
  const entries = await Promise.all(
    Object.entries(settings.exports).map(async ([subpath, file]) => ({
      subpath,
      file: new URL(file, root),
      exports: await reader.exportsOf(new URL(file, root)),
    })),
  );
  const homes = new Map<Declared, string>();
  for (const { exports } of entries) {
    for (const declared of exports.values()) {
      const owners = entries.filter((it) =>
        [...it.exports.values()].includes(declared)
      );
      const closest = owners.reduce((best, it) =>
        common(it.file, declared.file) > common(best.file, declared.file)
          ? it
          : best
      );
      homes.set(declared, closest.subpath);
    }
  }
  const specifier = (subpath: string) => settings.name + subpath.slice(1);
  const modules = entries.map(({ subpath, exports }) => {
    const lines = [...exports].toSorted(([a], [b]) => a < b ? -1 : 1)
      .flatMap(([name, declared]) => {
        const home = homes.get(declared) ?? subpath;
        return home === subpath
          ? declared.nodes.map(print)
          : [`export { ${name} } from "${specifier(home)}";`];
      });
    return `declare module "${specifier(subpath)}" {\n${lines.join("\n")}\n}\n`;
  });
  return [`// ${settings.name} ${settings.version}\n`, ...modules].join("\n");
}

/** Reads files, each of them once. */
class Reader {
  readonly #modules = new Map<string, Promise<Module>>();
  readonly #exports = new Map<string, Promise<Map<string, Declared>>>();

  /** Exports of a file by name, also those of other files. */
  exportsOf(file: URL): Promise<Map<string, Declared>> {
    const known = this.#exports.get(file.href);
    if (known) return known;
    const read = this.#readExports(file);
    this.#exports.set(file.href, read);
    return read;
  }

  async #readExports(file: URL): Promise<Map<string, Declared>> {
    const module = await this.#read(file);
    const found = new Map<string, Declared>();
    for (const [name, declared] of module.declared) {
      if (declared.nodes.some(isExported)) found.set(name, declared);
    }
    for (const statement of module.source.statements) {
      if (!ts.isExportDeclaration(statement)) continue;
      const { exportClause, moduleSpecifier } = statement;
      const from = moduleSpecifier && target(file, moduleSpecifier);
      if (!exportClause) {
        for (const [name, declared] of await this.exportsOf(from!)) {
          if (!found.has(name)) found.set(name, declared);
        }
        continue;
      }
      if (!ts.isNamedExports(exportClause)) {
        throw new Error(`readSurface: ${file.href} exports a namespace`);
      }
      for (const { name, propertyName } of exportClause.elements) {
        const source = (propertyName ?? name).text;
        const declared = from
          ? (await this.exportsOf(from)).get(source)
          : await this.#local(module, source);
        if (declared?.name !== name.text) {
          throw new Error(
            `readSurface: ${file.href} exports ${name.text}, which is not declared with this name`,
          );
        }
        found.set(name.text, declared);
      }
    }
    return found;
  }

  async #local(module: Module, name: string): Promise<Declared | undefined> {
    const own = module.declared.get(name);
    const other = module.imported.get(name);
    return own ?? (other && (await this.exportsOf(other.file)).get(other.name));
  }

  #read(file: URL): Promise<Module> {
    const known = this.#modules.get(file.href);
    if (known) return known;
    const read = readModule(file);
    this.#modules.set(file.href, read);
    return read;
  }
}

async function readModule(file: URL): Promise<Module> {
  const { outputText } = ts.transpileDeclaration(
    await Deno.readTextFile(file),
    {
      fileName: file.pathname,
      compilerOptions: {
        removeComments: true,
        strict: true,
        exactOptionalPropertyTypes: true,
        target: ts.ScriptTarget.ESNext,
        module: ts.ModuleKind.ESNext,
      },
    },
  );
  const source = parse(file.pathname, outputText);
  const declared = new Map<string, Declared>();
  const imported = new Map<string, { file: URL; name: string }>();
  for (const statement of source.statements) {
    for (const name of namesOf(statement)) {
      const { nodes } = declared.get(name) ?? { nodes: [] };
      declared.set(name, { file, name, nodes: [...nodes, statement] });
    }
    if (!ts.isImportDeclaration(statement)) continue;
    const bindings = statement.importClause?.namedBindings;
    if (!bindings || !ts.isNamedImports(bindings)) continue;
    for (const { name, propertyName } of bindings.elements) {
      imported.set(name.text, {
        file: target(file, statement.moduleSpecifier),
        name: (propertyName ?? name).text,
      });
    }
  }
  return { file, source, declared, imported };
}

/**
 * Parses TypeScript.
 *
 * @param name Name of the file.
 * @param text The text of the file.
 * @returns The tree, whose nodes know their parents.
 */
export function parse(name: string, text: string): ts.SourceFile {
  return ts.createSourceFile(name, text, ts.ScriptTarget.ESNext, true);
}

/**
 * Reads the names that a statement declares.
 *
 * @param statement The statement.
 * @returns The names; none if the statement is no declaration.
 */
export function namesOf(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map(({ name }) =>
      name.getText()
    );
  }
  const isNamed = ts.isClassDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isFunctionDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement);
  return isNamed && statement.name ? [statement.name.text] : [];
}

function target(file: URL, specifier: ts.Expression): URL {
  return new URL((specifier as ts.StringLiteral).text, file);
}

function isExported(node: ts.Node): boolean {
  return ts.canHaveModifiers(node) &&
    (ts.getModifiers(node) ?? [])
      .some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
}

/** Prints a declaration without private members; `declare` is on the module. */
function print(node: ts.Node): string {
  const text = node.getText()
    .replace(/^(?:export )?(?:declare )?/, "export ")
    .replace(/^ *(?:#private|private (?:static )?(?:readonly )?\w+);\n/gm, "");
  return text.replaceAll("    ", "  ");
}

/** Number of characters at the start that two addresses have in common. */
function common({ href: a }: URL, { href: b }: URL): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}
