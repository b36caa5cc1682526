/**
 * Compares the public types of two versions.
 *
 * A change is breaking if a program that compiled before may no longer compile.
 * Where that is uncertain, the change counts as breaking: for example if an
 * interface becomes a type alias with the same fields.
 *
 * @module
 */

import ts from "../mutate/typescript.ts";
import {
  type Api,
  type Declaration,
  declarationNamed,
  type Names,
} from "./snapshot.ts";
import {
  BOTH,
  flip,
  hasModifier,
  isForSubclasses,
  type Use,
  usesOf,
} from "./uses.ts";

/** A difference between two versions. */
export interface Change {
  /** What changed, such as `"Connection.request(options)"`. */
  readonly name: string;
  /** How it changed, such as `"removed"`. */
  readonly text: string;
  /** Whether a program that compiled before may no longer compile. */
  readonly isBreaking: boolean;
  /** Entry points that export it. */
  readonly subpaths: readonly string[];
}

type Found = Omit<Change, "subpaths">;

type Callable = ts.SignatureDeclaration;

/**
 * Compares two versions.
 *
 * @param before The older version.
 * @param after The newer version.
 * @returns The changes, in the order of the entry points and names.
 */
export function changesBetween(before: Api, after: Api): Change[] {
  const comparison = new Comparison(before, after);
  const changes = new Map<string, Found & { subpaths: string[] }>();
  const subpaths = new Set([...before.exports.keys(), ...after.exports.keys()]);
  for (const subpath of [...subpaths].sort()) {
    const [old, now] = [before, after].map(({ exports }) =>
      exports.get(subpath)
    );
    const found = !now
      ? [change("the entry point", "removed", true)]
      : !old
      ? [change("the entry point", "added", false)]
      : comparison.exports(old, now);
    for (const it of found) {
      const key = old && now ? JSON.stringify(it) : subpath;
      const known = changes.get(key);
      if (known) known.subpaths.push(subpath);
      else changes.set(key, { ...it, subpaths: [subpath] });
    }
  }
  return [...changes.values()];
}

/** Compares declarations, members and types of two versions. */
class Comparison {
  readonly #usesBefore: ReadonlyMap<Declaration, Use>;
  readonly #usesAfter: ReadonlyMap<Declaration, Use>;

  constructor(before: Api, after: Api) {
    this.#usesBefore = usesOf(before);
    this.#usesAfter = usesOf(after);
  }

  exports(
    old: Names,
    now: Names,
  ): Found[] {
    const names = new Set([...old.keys(), ...now.keys()]);
    return [...names].sort().flatMap((name) => {
      const [a, b] = [old.get(name), now.get(name)];
      if (a && b) return this.#declarations(a, b);
      return [change(name, a ? "removed" : "added", a !== undefined)];
    });
  }

  #declarations(old: Declaration, now: Declaration): Found[] {
    const { name } = now;
    const [a, b] = [old.nodes[0]!, now.nodes[0]!];
    const use = this.#useOf(old, now);
    if (ts.isFunctionDeclaration(a) && ts.isFunctionDeclaration(b)) {
      const callables = (it: Declaration) =>
        it.nodes.filter(ts.isFunctionDeclaration);
      return overloads(callables(old), callables(now), use, `${name}()`);
    }
    if (ts.isVariableStatement(a) && ts.isVariableStatement(b)) {
      return types(variableType(a, name), variableType(b, name), use, name);
    }
    if (ts.isTypeAliasDeclaration(a) && ts.isTypeAliasDeclaration(b)) {
      return [
        ...typeParameters(a.typeParameters, b.typeParameters, name),
        ...types(a.type, b.type, use, name),
      ];
    }
    const isClass = ts.isClassDeclaration(a) && ts.isClassDeclaration(b);
    const isInterface = ts.isInterfaceDeclaration(a) &&
      ts.isInterfaceDeclaration(b);
    if (isClass || isInterface) {
      return [
        ...typeParameters(a.typeParameters, b.typeParameters, name),
        ...(isClass ? classModifiers(a, b, name) : []),
        ...heritage(a, b, use, name),
        ...inheritedMembers(old, now, use),
      ];
    }
    const [was, is] = [kindOf(a), kindOf(b)];
    return [change(name, `${is}; it was ${was}`, true)];
  }

  #useOf(old: Declaration, now: Declaration): Use {
    const [a, b] = [this.#usesBefore.get(old), this.#usesAfter.get(now)];
    return {
      given: (a?.given || b?.given) ?? true,
      taken: (a?.taken || b?.taken) ?? true,
    };
  }
}

/** Compares members; one that moved to a base is not removed. */
function inheritedMembers(
  old: Declaration,
  now: Declaration,
  use: Use,
): Found[] {
  const [a, b] = [membersBeside(now, old), membersBeside(old, now)];
  for (const key of a.keys()) {
    const inherited = b.has(key) ? undefined : inherit(now, key);
    if (inherited) b.set(key, inherited);
  }
  for (const key of b.keys()) {
    const inherited = a.has(key) ? undefined : inherit(old, key);
    if (inherited) a.set(key, inherited);
  }
  return members(a, b, use, now.name);
}

/** Members of an object type by name; overloads share a name. */
type Members = Map<string, ts.Node[]>;

function ownMembers({ nodes }: Declaration): Members {
  return membersOf(
    nodes.flatMap((node) =>
      ts.isClassDeclaration(node) || ts.isInterfaceDeclaration(node)
        ? [...node.members]
        : []
    ),
  );
}

function membersOf(nodes: readonly ts.Node[]): Members {
  return Map.groupBy(nodes, (node) => {
    const prefix = hasModifier(node, ts.SyntaxKind.StaticKeyword)
      ? "static "
      : "";
    if (ts.isConstructorDeclaration(node)) return "constructor";
    if (ts.isCallSignatureDeclaration(node)) return "()";
    if (ts.isConstructSignatureDeclaration(node)) return "new";
    if (ts.isIndexSignatureDeclaration(node)) return "[]";
    return prefix + (node as ts.NamedDeclaration).name!.getText();
  });
}

/** Own members, and those of bases that the other version does not have. */
function membersBeside(other: Declaration, declaration: Declaration): Members {
  const names = basesNamedIn(other).map(({ name }) => name);
  const inherited = basesNamedIn(declaration)
    .filter(({ name }) => !names.includes(name))
    .flatMap((base) => [...allMembers(base)]);
  return new Map([...inherited, ...ownMembers(declaration)]);
}

/** Finds a member in the bases of a declaration. */
function inherit(
  declaration: Declaration,
  key: string,
): ts.Node[] | undefined {
  for (const base of basesNamedIn(declaration)) {
    const found = ownMembers(base).get(key) ?? inherit(base, key);
    if (found) return found;
  }
  return undefined;
}

/** Own and inherited members of a declaration. */
function allMembers(declaration: Declaration): Members {
  const inherited = basesNamedIn(declaration).flatMap((
    base,
  ) => [...allMembers(base)]);
  return new Map([...inherited, ...ownMembers(declaration)]);
}

/** Declarations that a declaration extends. A class inherits nothing by `implements`. */
function basesNamedIn({ nodes }: Declaration): Declaration[] {
  return nodes.flatMap(clausesOf)
    .filter(({ token }) => token === ts.SyntaxKind.ExtendsKeyword)
    .flatMap(({ types }) => types)
    .flatMap(({ expression }) => declarationNamed(expression) ?? [])
    // An interface may extend one of the platform that has the same name.
    .filter((base) => base.nodes !== nodes);
}

function clausesOf(node: ts.Node): readonly ts.HeritageClause[] {
  return ts.isClassDeclaration(node) || ts.isInterfaceDeclaration(node)
    ? node.heritageClauses ?? []
    : [];
}

function heritage(a: ts.Node, b: ts.Node, use: Use, name: string): Found[] {
  const byName = (node: ts.Node) =>
    new Map(
      clausesOf(node).flatMap(({ types }) => types)
        .map((it) => [it.expression.getText(), it]),
    );
  const [old, now] = [byName(a), byName(b)];
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((base) => {
    const [was, is] = [old.get(base), now.get(base)];
    if (was && is) {
      return typeLists(was.typeArguments, is.typeArguments, use, name);
    }
    const isInterface = ts.isInterfaceDeclaration(b);
    // The members of other bases of an interface are compared one by one.
    const isCompared = isInterface &&
      declarationNamed((was ?? is)!.expression) !== undefined;
    return is
      ? [
        change(name, `also a ${base}`, isInterface && !isCompared && use.taken),
      ]
      : [change(name, `no longer a ${base}`, !isCompared)];
  });
}

function classModifiers(a: ts.Node, b: ts.Node, name: string): Found[] {
  const isAbstract = (node: ts.Node) =>
    hasModifier(node, ts.SyntaxKind.AbstractKeyword);
  if (isAbstract(a) === isAbstract(b)) return [];
  return [
    isAbstract(b)
      ? change(name, "abstract now", true)
      : change(name, "no longer abstract", false),
  ];
}

function members(a: Members, b: Members, use: Use, name: string): Found[] {
  const keys = new Set([...a.keys(), ...b.keys()]);
  return [...keys].flatMap((key) => {
    const [old, now] = [a.get(key), b.get(key)];
    const where = memberName(name, key, now ?? old ?? []);
    if (!old) return [added(now?.[0], use, where)];
    if (!now) return [change(where, "removed", true)];
    return member(old, now, use, where);
  });
}

function added(node: ts.Node | undefined, use: Use, where: string): Found {
  if (ts.isClassElement(node!)) {
    const isAbstract = hasModifier(node, ts.SyntaxKind.AbstractKeyword);
    return isAbstract
      ? change(where, "added, and subclasses must implement it", true)
      : change(where, "added", false);
  }
  if (isOptional(node!)) return change(where, "added, optional", false);
  return use.taken
    ? change(where, "added, and callers must provide it", true)
    : change(where, "added", false);
}

function member(
  old: readonly ts.Node[],
  now: readonly ts.Node[],
  use: Use,
  where: string,
): Found[] {
  const [a, b] = [old[0]!, now[0]!];
  if (ts.isClassElement(b)) use = isForSubclasses(b) ? BOTH : classUse(b);
  const found = modifiers(a, b, use, where);
  const [was, is] = [old.filter(isCallable), now.filter(isCallable)];
  if (was.length > 0 && is.length > 0) {
    return [...found, ...overloads(was, is, use, where)];
  }
  if (was.length + is.length > 0) {
    return [...found, replaced(a, b, where)];
  }
  return [...found, ...types(typeOf(a), typeOf(b), use, where)];
}

/** Callers only read an instance; subclasses are compared by `isForSubclasses()`. */
function classUse(node: ts.ClassElement): Use {
  const isReadonly = hasModifier(node, ts.SyntaxKind.ReadonlyKeyword);
  const isWritable = ts.isPropertyDeclaration(node) && !isReadonly;
  return { given: true, taken: isWritable };
}

function modifiers(a: ts.Node, b: ts.Node, use: Use, where: string): Found[] {
  const found: Found[] = [];
  const differs = (kind: ts.SyntaxKind): "more" | "fewer" | undefined => {
    const [was, is] = [hasModifier(a, kind), hasModifier(b, kind)];
    return was === is ? undefined : is ? "more" : "fewer";
  };
  const { AbstractKeyword, PrivateKeyword, ProtectedKeyword, ReadonlyKeyword } =
    ts.SyntaxKind;
  if (isOptional(a) && !isOptional(b)) {
    found.push(change(where, "required, was optional", use.taken));
  }
  if (!isOptional(a) && isOptional(b)) {
    found.push(change(where, "optional, was required", use.given));
  }
  const isReadonly = !isOnlyRead(a) && isOnlyRead(b);
  if (isReadonly && differs(ReadonlyKeyword) !== "fewer") {
    found.push(change(where, "readonly now", use.given));
  } else if (isOnlyRead(a) && !isOnlyRead(b)) {
    found.push(change(where, "no longer readonly", false));
  }
  for (
    const [kind, word] of [
      [ProtectedKeyword, "protected"],
      [PrivateKeyword, "private"],
      [AbstractKeyword, "abstract"],
    ] as const
  ) {
    const difference = differs(kind);
    if (difference === "more") found.push(change(where, `${word} now`, true));
    if (difference === "fewer") {
      found.push(change(where, `no longer ${word}`, false));
    }
  }
  return found;
}

/** Tests whether a property cannot be set, by `readonly` or as a getter. */
function isOnlyRead(node: ts.Node): boolean {
  return hasModifier(node, ts.SyntaxKind.ReadonlyKeyword) ||
    ts.isGetAccessor(node);
}

function isCallable(node: ts.Node): node is Callable {
  return ts.isFunctionLike(node) && !ts.isAccessor(node) &&
    !ts.isIndexSignatureDeclaration(node);
}

function isOptional(node: ts.Node): boolean {
  return (node as ts.PropertySignature).questionToken !== undefined;
}

/** Compares overloads in their order; additional ones may only come last. */
function overloads(
  old: readonly Callable[],
  now: readonly Callable[],
  use: Use,
  where: string,
): Found[] {
  const found = old.flatMap((signature, index) => {
    const other = now[index];
    return other
      ? signatures(signature, other, use, where)
      : [change(where, `overload removed: ${textOf(signature)}`, true)];
  });
  const more = now.slice(old.length).map((signature) =>
    change(where, `overload added: ${textOf(signature)}`, use.taken)
  );
  return [...found, ...more];
}

function signatures(
  a: Callable,
  b: Callable,
  use: Use,
  where: string,
): Found[] {
  const count = Math.max(a.parameters.length, b.parameters.length);
  const parameters = Array.from({ length: count }, (_, index) => {
    const [old, now] = [a.parameters[index], b.parameters[index]];
    return parameter(old, now, use, where);
  });
  return [
    ...typeParameters(a.typeParameters, b.typeParameters, where),
    ...parameters.flat(),
    ...types(a.type, b.type, use, where),
  ];
}

function parameter(
  a: ts.ParameterDeclaration | undefined,
  b: ts.ParameterDeclaration | undefined,
  use: Use,
  where: string,
): Found[] {
  const name = (b ?? a)!.name.getText();
  const place = where.replace(/\(\)$|$/, `(${name})`);
  if (!b) return [change(place, "parameter removed", true)];
  const mayBeAbsent = (it: ts.ParameterDeclaration) =>
    isOptional(it) || it.dotDotDotToken !== undefined;
  if (!a) {
    return mayBeAbsent(b)
      ? [change(place, "optional parameter added", false)]
      : [change(place, "required parameter added", use.given)];
  }
  const found = types(a.type, b.type, flip(use), place);
  if (mayBeAbsent(a) && !mayBeAbsent(b)) {
    found.push(change(place, "required, was optional", use.given));
  }
  if (!mayBeAbsent(a) && mayBeAbsent(b)) {
    found.push(change(place, "optional, was required", use.taken));
  }
  return found;
}

type TypeParameters = readonly ts.TypeParameterDeclaration[] | undefined;

function typeParameters(
  old: TypeParameters = [],
  now: TypeParameters = [],
  name: string,
): Found[] {
  const count = Math.max(old.length, now.length);
  return Array.from({ length: count }, (_, index): Found[] => {
    const [a, b] = [old[index], now[index]];
    if (!b) return [change(name, `type parameter ${textOf(a)} removed`, true)];
    if (!a) {
      const isBreaking = b.default === undefined &&
        !ts.isFunctionLike(b.parent);
      return [change(name, `type parameter ${textOf(b)} added`, isBreaking)];
    }
    return textOf(a) === textOf(b) ? [] : [replaced(a, b, name)];
  }).flat();
}

type Type = ts.Node | undefined;

/** Compares types by their structure. */
function types(a: Type, b: Type, use: Use, where: string): Found[] {
  const [old, now] = [unwrap(a), unwrap(b)];
  if (textOf(old) === textOf(now)) return [];
  if (!old || !now) return [replaced(old, now, where)];
  if (ts.isUnionTypeNode(old) || ts.isUnionTypeNode(now)) {
    return unions(alternatives(old), alternatives(now), use, where);
  }
  if (isReadonlyList(old) !== isReadonlyList(now)) {
    const [list, other] = isReadonlyList(old) ? [old, now] : [now, old];
    if (textOf((list as ts.TypeOperatorNode).type) === textOf(other)) {
      const isNow = list === now;
      const text = isNow ? "readonly list now" : "no longer a readonly list";
      return [change(where, text, isNow ? use.given : use.taken)];
    }
  }
  if (ts.isTypeLiteralNode(old) && ts.isTypeLiteralNode(now)) {
    const [was, is] = [
      membersOf([...old.members]),
      membersOf([...now.members]),
    ];
    return members(was, is, use, where);
  }
  if (ts.isFunctionTypeNode(old) && ts.isFunctionTypeNode(now)) {
    return signatures(old, now, use, where);
  }
  const [was, is] = [partsOf(old), partsOf(now)];
  if (was && is && was.head === is.head) {
    return typeLists(was.parts, is.parts, use, where);
  }
  return [replaced(old, now, where, !areCompatible(old, now, use))];
}

/** Pairs of types that are being compared, because types may be recursive. */
const open = new Set<string>();

/** Compares the members of two object types that have different names. */
function areCompatible(a: ts.Node, b: ts.Node, use: Use): boolean {
  const [old, now] = [objectMembers(a), objectMembers(b)];
  if (!old || !now) return false;
  const pair = `${textOf(a)}, ${textOf(b)}`;
  if (open.has(pair)) return true;
  open.add(pair);
  const found = members(old, now, use, "");
  open.delete(pair);
  return found.every(({ isBreaking }) => !isBreaking);
}

/** Members of a literal, or of an interface without type parameters. */
function objectMembers(node: ts.Node): Members | undefined {
  if (ts.isTypeLiteralNode(node)) return membersOf([...node.members]);
  if (!ts.isTypeReferenceNode(node)) return undefined;
  const declaration = declarationNamed(node.typeName);
  const [first] = declaration?.nodes ?? [];
  if (!declaration || !first) return undefined;
  return ts.isInterfaceDeclaration(first) && !first.typeParameters
    ? allMembers(declaration)
    : undefined;
}

function typeLists(
  old: readonly ts.Node[] = [],
  now: readonly ts.Node[] = [],
  use: Use,
  where: string,
): Found[] {
  const count = Math.max(old.length, now.length);
  return Array.from(
    { length: count },
    (_, index) => types(old[index], now[index], use, where),
  ).flat();
}

/** Splits types whose parts can be compared one by one. */
function partsOf(
  node: ts.Node,
): { head: string; parts: readonly ts.Node[] } | undefined {
  if (ts.isTypeReferenceNode(node)) {
    const parts = node.typeArguments ?? [];
    return { head: `${node.typeName.getText()} ${parts.length}`, parts };
  }
  if (ts.isArrayTypeNode(node)) {
    return { head: "array", parts: [node.elementType] };
  }
  if (ts.isTypeOperatorNode(node)) {
    return { head: `operator ${node.operator}`, parts: [node.type] };
  }
  if (ts.isIntersectionTypeNode(node)) {
    return { head: `and ${node.types.length}`, parts: node.types };
  }
  if (ts.isTupleTypeNode(node)) {
    return { head: `tuple ${node.elements.length}`, parts: node.elements };
  }
  return undefined;
}

function unions(
  old: readonly ts.Node[],
  now: readonly ts.Node[],
  use: Use,
  where: string,
): Found[] {
  const missingIn = (nodes: readonly ts.Node[]) => (node: ts.Node) =>
    !nodes.some((it) => textOf(it) === textOf(node));
  const removed = old.filter(missingIn(now));
  const more = now.filter(missingIn(old));
  const [a, b] = [removed[0], more[0]];
  if (removed.length === 1 && more.length === 1 && !ts.isLiteralTypeNode(a!)) {
    return types(a, b, use, where);
  }
  return [
    ...removed.map((it) =>
      change(where, `may no longer be ${textOf(it)}`, use.taken)
    ),
    ...more.map((it) => change(where, `may be ${textOf(it)}`, use.given)),
  ];
}

function alternatives(node: ts.Node): readonly ts.Node[] {
  return ts.isUnionTypeNode(node) ? node.types : [node];
}

function isReadonlyList(node: ts.Node): boolean {
  return ts.isTypeOperatorNode(node) &&
    node.operator === ts.SyntaxKind.ReadonlyKeyword;
}

function unwrap(node: Type): Type {
  return node && ts.isParenthesizedTypeNode(node) ? unwrap(node.type) : node;
}

function typeOf(node: ts.Node): Type {
  return (node as ts.PropertySignature).type;
}

function variableType(statement: ts.VariableStatement, name: string): Type {
  const declaration = statement.declarationList.declarations
    .find((it) => it.name.getText() === name);
  return declaration?.type ?? declaration?.initializer;
}

function kindOf(node: ts.Node): string {
  if (ts.isClassDeclaration(node)) return "a class";
  if (ts.isInterfaceDeclaration(node)) return "an interface";
  if (ts.isFunctionDeclaration(node)) return "a function";
  return ts.isTypeAliasDeclaration(node) ? "a type alias" : "a variable";
}

function memberName(
  name: string,
  key: string,
  [node]: readonly ts.Node[],
): string {
  const [, prefix = "", rest = ""] = /^(static )?(.*)$/.exec(key) ?? [];
  const call = node && isCallable(node) && rest !== "()" ? "()" : "";
  const dot = /^[[(]/.test(rest) ? "" : ".";
  return `${prefix}${name}${dot}${rest}${call}`;
}

function textOf(node: Type): string {
  return node?.getText().replace(/\s+/g, " ") ?? "";
}

function replaced(
  a: Type,
  b: Type,
  where: string,
  isBreaking = true,
): Found {
  const [was, is] = [a, b].map((it) => textOf(it) || "without a type");
  return change(where, `${is}; it was ${was}`, isBreaking);
}

function change(name: string, text: string, isBreaking: boolean): Found {
  return { name, text, isBreaking };
}
