/**
 * An error of the wrong class, or without what the provider said.
 *
 * @module
 */

import { type Edit, remove, replace } from "../edit.ts";
import type { Operator } from "../operator.ts";
import { keyOf, nodesIn, othersAfter, placeOf, resultsOf } from "../tree.ts";
import ts from "../typescript.ts";

/** What `failure()` of a response returns. */
const FIELD = /^(?:reason|code|requestId|errorClass|isBusy)$/;

/** Proposes other errors. */
export const error: Operator = (files) => {
  const classes = files.flatMap((file) => [...nodesIn(file)])
    .filter(isClassValue).map(({ text }) => text);
  return function* (node): Generator<Edit> {
    if (placeOf(node) === "failure" && FIELD.test(keyOf(node))) {
      yield withoutValue(node);
    }
    if (isClassValue(node)) {
      const [other = "undefined"] = othersAfter(classes, node.text);
      yield replace(node, other, shownFor(node));
    }
    if (isEntry(node)) yield remove(node);
    if (ts.isPropertyDeclaration(node)) yield* otherResponse(node, files);
    if (isNamed(node, "isSuccess")) yield* withoutCondition(node);
    if (isNamed(node, "rateLimit") || isNamed(node, "requestId")) {
      for (const result of resultsOf(node)) yield replace(result, "undefined");
    }
  };
};

/** The response class reads no errors: it is the one of core. */
function* otherResponse(
  { name, initializer }: ts.PropertyDeclaration,
  files: readonly ts.SourceFile[],
): Generator<Edit> {
  if (name.getText() !== "responseClass" || !initializer) return;
  const own = files.flatMap((file) => [...nodesIn(file)])
    .filter(ts.isClassDeclaration)
    .find((it) => it.name?.text === initializer.getText());
  const base = own?.heritageClauses?.[0]?.types[0]?.expression;
  if (base) yield replace(initializer, base.getText(), initializer.parent);
}

function withoutValue(node: ts.Node): Edit {
  return ts.isPropertyAssignment(node)
    ? replace(node.initializer, "undefined", node)
    : remove(node);
}

/** Whether a node is a class of errors that is passed on, as in a table. */
function isClassValue(node: ts.Node): node is ts.Identifier {
  return ts.isIdentifier(node) && /^[A-Z]\w+Error$/.test(node.text) &&
    (ts.isCallExpression(node.parent) &&
        node.parent.arguments.includes(node) ||
      ts.isArrayLiteralExpression(node.parent) ||
      ts.isConditionalExpression(node.parent) ||
      ts.isPropertyAssignment(node.parent) && node.parent.initializer === node);
}

function shownFor(node: ts.Node): ts.Node {
  return ts.isCallExpression(node.parent) ? node : node.parent;
}

/** Whether a node is an entry of a table of codes and classes. */
function isEntry(node: ts.Node): boolean {
  const last = ts.isArrayLiteralExpression(node)
    ? node.elements.at(-1)
    : ts.isPropertyAssignment(node)
    ? node.initializer
    : undefined;
  return last !== undefined && isClassValue(last) &&
    /^[A-Z_]+$/.test(placeOf(node));
}

function isNamed(node: ts.Node, name: string): node is ts.MethodDeclaration {
  return ts.isMethodDeclaration(node) && node.name.getText() === name;
}

function* withoutCondition(node: ts.MethodDeclaration): Generator<Edit> {
  for (const result of resultsOf(node)) {
    for (const it of nodesIn(result)) {
      if (!ts.isBinaryExpression(it)) continue;
      const { left, operatorToken, right } = it;
      if (operatorToken.kind !== ts.SyntaxKind.AmpersandAmpersandToken) {
        continue;
      }
      yield replace(it, left.getText());
      yield replace(it, right.getText());
    }
  }
}
