/**
 * A state that is mapped wrongly.
 *
 * @module
 */

import { type Edit, remove, replace } from "../edit.ts";
import type { Operator } from "../operator.ts";
import { calleeOf, keyOf, othersAfter, placeOf } from "../tree.ts";
import ts from "../typescript.ts";

const TABLE = /^(?:\w+_)?STATES?$/;

/** Proposes other states. */
export const state: Operator = () =>
  function* (node): Generator<Edit> {
    if (isEntry(node)) yield* otherEntry(node);
    if (isStateProperty(node)) yield* otherState(node);
    if (isLookUp(node)) yield replace(node.right, '"running"', node);
  };

function isEntry(node: ts.Node): node is ts.PropertyAssignment {
  return ts.isPropertyAssignment(node) && TABLE.test(placeOf(node)) &&
    ts.isStringLiteral(node.initializer);
}

function* otherEntry(entry: ts.PropertyAssignment): Generator<Edit> {
  const { parent, initializer } = entry;
  const states = parent.properties.filter(isEntry)
    .map((it) => it.initializer.getText());
  const [other] = othersAfter(states, initializer.getText());
  yield remove(entry);
  if (other) yield replace(initializer, other, entry);
}

function isStateProperty(node: ts.Node): node is ts.PropertyAssignment {
  return ts.isPropertyAssignment(node) && keyOf(node) === "state";
}

/** For `state: nodeId ? "inuse" : "available"`. */
function* otherState(property: ts.PropertyAssignment): Generator<Edit> {
  const { initializer } = property;
  if (!ts.isConditionalExpression(initializer)) return;
  const { whenTrue, whenFalse } = initializer;
  yield replace(initializer, whenTrue.getText(), property);
  yield replace(initializer, whenFalse.getText(), property);
}

/** For `lookUp(STATES, word) ?? "unknown"`. */
function isLookUp(node: ts.Node): node is ts.BinaryExpression {
  return ts.isBinaryExpression(node) && calleeOf(node.left) === "lookUp" &&
    TABLE.test(
      (node.left as ts.CallExpression).arguments[0]?.getText() ?? "",
    );
}
