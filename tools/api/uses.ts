/**
 * Finds out who makes the values of each public type.
 *
 * @module
 */

import ts from "../mutate/typescript.ts";
import {
  type Api,
  type Declaration,
  declarationNamed,
  declarationsOf,
} from "./snapshot.ts";

/**
 * Who makes the values of a type. A new required property breaks the callers that
 * make values, and an additional member of a union breaks those that read them.
 */
export interface Use {
  /** Whether the package makes values that callers read. */
  readonly given: boolean;
  /** Whether callers make values that the package reads. */
  readonly taken: boolean;
}

/** The package makes values that callers read. */
export const GIVEN: Use = { given: true, taken: false };

/** Both sides make values. */
export const BOTH: Use = { given: true, taken: true };

/**
 * Exchanges the sides: callers give what a function takes.
 *
 * @param use The use of a function.
 * @returns The use of its parameters.
 */
export function flip({ given, taken }: Use): Use {
  return { given: taken, taken: given };
}

/**
 * Finds out who makes the values of each declaration, from the functions and
 * classes of the package. Types that none of them mentions can be used by both.
 *
 * @param api The public types.
 * @returns The uses.
 */
export function usesOf(api: Api): ReadonlyMap<Declaration, Use> {
  const uses = new Map<Declaration, Use>();

  const reach = (declaration: Declaration, use: Use): void => {
    const known = uses.get(declaration);
    const given = use.given || (known?.given ?? false);
    const taken = use.taken || (known?.taken ?? false);
    if (given === known?.given && taken === known.taken) return;
    uses.set(declaration, { given, taken });
    for (const node of declaration.nodes) visit(node, use);
  };

  const reachName = (name: ts.Node, use: Use): void => {
    const declaration = declarationNamed(name);
    if (declaration) reach(declaration, use);
  };

  const visit = (node: ts.Node, use: Use): void => {
    // `keyof A` and `A["x"]` only select from A: callers need not make an A.
    if (isKeyOf(node)) return;
    if (ts.isIndexedAccessTypeNode(node)) {
      visit(node.indexType, use);
      return visit(node.objectType, GIVEN);
    }
    if (ts.isTypeReferenceNode(node)) reachName(node.typeName, use);
    if (ts.isTypeQueryNode(node)) reachName(node.exprName, use);
    if (ts.isHeritageClause(node)) {
      // Others may implement the interfaces that a class of the package implements.
      const isImplemented = node.token === ts.SyntaxKind.ImplementsKeyword;
      for (const { expression, typeArguments } of node.types) {
        reachName(expression, isImplemented ? BOTH : use);
        for (const it of typeArguments ?? []) visit(it, use);
      }
      return;
    }
    if (ts.isClassElement(node) && isForSubclasses(node)) use = BOTH;
    const isCallable = ts.isFunctionLike(node);
    node.forEachChild((child) => {
      const isInput = isCallable &&
        (ts.isParameter(child) || ts.isTypeParameterDeclaration(child));
      visit(child, isInput ? flip(use) : use);
    });
  };

  const declarations = declarationsOf(api);
  for (const declaration of declarations) {
    const [node] = declaration.nodes;
    const isValue = ts.isFunctionDeclaration(node!) ||
      ts.isClassDeclaration(node!) || ts.isVariableStatement(node!);
    if (isValue) reach(declaration, GIVEN);
  }
  for (const declaration of declarations) {
    if (!uses.has(declaration)) reach(declaration, BOTH);
  }
  return uses;
}

function isKeyOf(node: ts.Node): boolean {
  return ts.isTypeOperatorNode(node) &&
    node.operator === ts.SyntaxKind.KeyOfKeyword;
}

/**
 * Tests whether subclasses can call or must override a member of a class.
 *
 * @param member The member.
 * @returns Whether it is abstract or protected.
 */
export function isForSubclasses(member: ts.Node): boolean {
  return hasModifier(member, ts.SyntaxKind.AbstractKeyword) ||
    hasModifier(member, ts.SyntaxKind.ProtectedKeyword);
}

/**
 * Tests whether a node has a modifier.
 *
 * @param node The node.
 * @param kind The kind of the modifier.
 * @returns Whether it has the modifier.
 */
export function hasModifier(node: ts.Node, kind: ts.SyntaxKind): boolean {
  return ts.canHaveModifiers(node) &&
    (ts.getModifiers(node) ?? []).some((modifier) => modifier.kind === kind);
}
