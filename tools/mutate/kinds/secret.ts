/**
 * A secret that is not declared, so that errors show it, or that a record keeps.
 *
 * @module
 */

import { type Edit, remove, replace } from "../edit.ts";
import type { Operator } from "../operator.ts";
import {
  ancestorsOf,
  calleeOf,
  keyOf,
  nodesIn,
  placeOf,
  propertyOf,
} from "../tree.ts";
import ts from "../typescript.ts";

/** Fields of records that contain a secret. */
const SECRET = /^(?:password|rootPassword|privateKey)$/;

/** Proposes secrets that people see. */
export const secret: Operator = (files) => {
  // Keys that the provider creates have a secret part.
  const createsKeys = files.flatMap((file) => [...nodesIn(file)]).some((node) =>
    ts.isMethodDeclaration(node) && node.name.getText() === "createKeyPair"
  );
  return function* (node): Generator<Edit> {
    if (keyOf(node) === "secrets") yield remove(node);
    if (isDeclared(node)) yield remove(node);
    if (!ts.isObjectLiteralExpression(node)) return;
    yield* kept(node);
    if (createsKeys && placeOf(node) === "toKeyPair") yield* raw(node);
  };
};

/** Whether a node is one of several secrets that are declared together. */
function isDeclared(node: ts.Node): boolean {
  if (!ts.isArrayLiteralExpression(node.parent)) return false;
  for (const it of ancestorsOf(node)) {
    if (keyOf(it) === "secrets") return true;
    if (ts.isVariableDeclaration(it)) return it.name.getText() === "secrets";
    if (ts.isMethodDeclaration(it)) return it.name.getText() === "secrets";
    const isPart = ts.isArrayLiteralExpression(it) ||
      ts.isPropertyAccessExpression(it) ||
      /^(?:filter|flatMap|map)$/.test(calleeOf(it)) || ts.isArrowFunction(it) ||
      ts.isReturnStatement(it) || ts.isBlock(it) ||
      ts.isConditionalExpression(it);
    if (!isPart) return false;
  }
  return false;
}

/** The record has the secret in `extra`, too. */
function* kept(record: ts.ObjectLiteralExpression): Generator<Edit> {
  const extra = propertyOf(record, "extra");
  const key = record.properties.map(keyOf).find((it) => SECRET.test(it));
  const value = key && propertyOf(record, key);
  if (!extra || !value || !ts.isPropertyAssignment(value)) return;
  const old = ts.isPropertyAssignment(extra)
    ? extra.initializer.getText()
    : "extra";
  yield replace(extra, `extra: { ...${old}, ${value.getText()} }`);
}

/** The record has all that the provider sent. */
function* raw(object: ts.ObjectLiteralExpression): Generator<Edit> {
  if (keyOf(object.parent) !== "extra") return;
  const converter = [...ancestorsOf(object)].find(ts.isFunctionDeclaration);
  const [parameter] = converter?.parameters ?? [];
  if (!parameter || !ts.isIdentifier(parameter.name)) return;
  const [first] = object.properties;
  if (first) {
    yield replace(first, `...${parameter.name.text}, ${first.getText()}`);
  }
}
