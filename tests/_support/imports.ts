/**
 * Imports between the files of this repository, parsed from their source.
 *
 * @module
 */

/** An import. */
export interface Import {
  /** Path of the importing file, from the root of the repository. */
  readonly from: string;
  /** Specifier, as in the source. */
  readonly specifier: string;
  /** Path of the imported file from the root, or the specifier of a package. */
  readonly to: string;
  /** Whether only types are imported. */
  readonly isType: boolean;
  /** Whether it is a call of `import()`. */
  readonly isDynamic: boolean;
}

const STATIC =
  /^[ \t]*(import|export)\s+(type\s+)?(?:([\w*{}\s,$]+?)\s+from\s+)?["']([^"'\n]+)["']/gm;
const DYNAMIC = /\bimport\(\s*["']([^"'\n]+)["']/g;

/**
 * Finds the imports in a file.
 *
 * @param from Path of the file from the root of the repository.
 * @param source Source of the file.
 * @returns All imports, including those of types.
 */
export function importsIn(from: string, source: string): Import[] {
  const code = withoutComments(source);
  const found: Import[] = [];
  for (const [, , type, names = "", specifier = ""] of code.matchAll(STATIC)) {
    const members = /\{([^}]*)\}/.exec(names)?.[1]?.split(",")
      .map((member) => member.trim()).filter(Boolean) ?? [];
    const isNamed = /^\s*\{/.test(names) && members.length > 0;
    const isType = type !== undefined ||
      isNamed && members.every((member) => member.startsWith("type "));
    const to = resolve(from, specifier);
    found.push({ from, specifier, to, isType, isDynamic: false });
  }
  for (const [, specifier = ""] of code.matchAll(DYNAMIC)) {
    const to = resolve(from, specifier);
    found.push({ from, specifier, to, isType: false, isDynamic: true });
  }
  return found;
}

/**
 * Finds circular imports.
 *
 * @param imports Imports between files, including those of types.
 * @returns The circles, as `a.ts → b.ts → a.ts`.
 */
export function circlesIn(imports: readonly Import[]): string[] {
  const graph = new Map<string, Set<string>>();
  for (const { from, to, isDynamic } of imports) {
    if (!isDynamic) graph.set(from, (graph.get(from) ?? new Set()).add(to));
  }
  const circles: string[] = [];
  const finished = new Set<string>();
  const visit = (file: string, trail: readonly string[]): void => {
    const start = trail.indexOf(file);
    if (start >= 0) {
      circles.push([...trail.slice(start), file].join(" → "));
      return;
    }
    if (finished.has(file)) return;
    for (const next of graph.get(file) ?? []) visit(next, [...trail, file]);
    finished.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return circles;
}

/** Removes comments, since examples contain imports. */
function withoutComments(source: string): string {
  return source.replace(/^\s*\/\*\*?[^]*?\*\//gm, "").replace(
    /^\s*\/\/.*$/gm,
    "",
  );
}

/** Resolves a relative specifier to a path from the root of the repository. */
function resolve(from: string, specifier: string): string {
  if (!specifier.startsWith(".")) return specifier;
  return new URL(specifier, `file:///${from}`).pathname.slice(1);
}
