/**
 * Finds out who makes the values of each public type.
 *
 * @module
 */

import ts from "../mutate/typescript.ts";
import type { Api, Declaration } from "./snapshot.ts";

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
    for (const node of declaration.nodes) visit(node, use, declaration);
  };

  const reachName = (node: ts.Node, use: Use, from: Declaration): void => {
    const declaration = api.find(node.getText(), from);
    if (declaration) reach(declaration, use);
  };

  const visit = (node: ts.Node, use: Use, from: Declaration): void => {
    if (ts.isTypeReferenceNode(node)) reachName(node.typeName, use, from);
    if (ts.isTypeQueryNode(node)) reachName(node.exprName, use, from);
    if (ts.isHeritageClause(node)) {
      // Others may implement the interfaces that a class of the package implements.
      const isImplemented = node.token === ts.SyntaxKind.ImplementsKeyword;
      for (const { expression, typeArguments } of node.types) {
        reachName(expression, isImplemented ? BOTH : use, from);
        for (const it of typeArguments ?? []) visit(it, use, from);
      }
      return;
    }
    if (ts.isClassElement(node) && isForSubclasses(node)) use = BOTH;
    const isCallable = ts.isFunctionLike(node);
    node.forEachChild((child) => {
      const isInput = isCallable &&
        (ts.isParameter(child) || ts.isTypeParameterDeclaration(child));
      visit(child, isInput ? flip(use) : use, from);
    });
  };

  for (const declaration of api.declarations) {
    const [node] = declaration.nodes;
    const isValue = ts.isFunctionDeclaration(node!) ||
      ts.isClassDeclaration(node!) || ts.isVariableStatement(node!);
    if (isValue) reach(declaration, GIVEN);
  }
  for (const declaration of api.declarations) {
    if (!uses.has(declaration)) reach(declaration, BOTH);
  }
  return uses;
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
