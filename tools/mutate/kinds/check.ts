/**
 * A check that is gone, or a wait that does not wait.
 *
 * @module
 */

import { type Edit, remove, replace } from "../edit.ts";
import type { Operator } from "../operator.ts";
import { ancestorsOf, calleeOf, keyOf, placeOf } from "../tree.ts";
import ts from "../typescript.ts";

/** Checks that return the value. */
const CHECK = /^(?:check(?!Root)\w+|literalId)$/;

/** Proposes fewer checks. */
export const check: Operator = () =>
  function* (node): Generator<Edit> {
    if (ts.isExpressionStatement(node)) yield* withoutStatement(node);
    if (ts.isCallExpression(node)) yield* withoutCall(node);
    if (ts.isIfStatement(node)) yield* withoutThrow(node);
    if (isRefusal(node)) yield remove(node);
    if (ts.isConditionalExpression(node) && isWait(node)) {
      yield replace(node, node.whenTrue.getText());
    }
    if (/^(?:creates|mayBeUnknown)$/.test(keyOf(node))) yield remove(node);
  };

function* withoutStatement(node: ts.ExpressionStatement): Generator<Edit> {
  const { expression } = node;
  const call = ts.isAwaitExpression(expression)
    ? expression.expression
    : expression;
  if (!/^#?check|^refuse|^noteDestroyed$|^choose$/.test(calleeOf(call))) return;
  yield remove(node);
}

/** For `checkText(name, operation, "name")`. */
function* withoutCall(node: ts.CallExpression): Generator<Edit> {
  const callee = calleeOf(node);
  const isPart = !ts.isExpressionStatement(node.parent);
  const isChecked = CHECK.test(callee) || callee === "noteCreated";
  const [value] = node.arguments;
  if (isPart && isChecked && value) yield replace(node, value.getText());
}

function* withoutThrow(node: ts.IfStatement): Generator<Edit> {
  const { expression, thenStatement } = node;
  const [first] = ts.isBlock(thenStatement)
    ? thenStatement.statements
    : [thenStatement];
  if (!first || !ts.isThrowStatement(first)) return;
  yield replace(expression, "false", node);
}

/** Whether a node is an option that the driver refuses. */
function isRefusal(node: ts.Node): boolean {
  return ts.isPropertyAssignment(node) &&
    calleeOf(node.parent.parent) === "refuse" &&
    node.parent.properties.length > 1;
}

/** For `isDone ? record : undefined`, where `undefined` means: look again. */
function isWait(node: ts.ConditionalExpression): boolean {
  if (node.whenFalse.getText() !== "undefined") return false;
  return /IfCompleted|IfDone/.test(placeOf(node)) ||
    [...ancestorsOf(node)].some((it) => calleeOf(it) === "poll");
}
