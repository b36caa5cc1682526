/**
 * An address that is dropped, or is in the wrong list.
 *
 * @module
 */

import { type Edit, remove, replace } from "../edit.ts";
import type { Operator } from "../operator.ts";
import { ancestorsOf, calleeOf, keyOf, placeOf } from "../tree.ts";
import ts from "../typescript.ts";

/** Code about addresses. */
const ADDRESS =
  /ip(?:s|v[46]|Address\w*)?$|ip[sv46]|address|networks?\b|\bv[46]\b/i;

/** Proposes fewer addresses. */
export const address: Operator = () =>
  function* (node): Generator<Edit> {
    if (/^(?:publicIps|privateIps)$/.test(keyOf(node))) yield* otherList(node);
    if (ts.isCallExpression(node) && calleeOf(node) === "splitIps") {
      yield replace(node.arguments[0]!, "[]", node);
    }
    if (isAddressElement(node)) yield remove(node);
    yield* withoutLast(node);
    yield* withoutClean(node);
  };

function* otherList(node: ts.Node): Generator<Edit> {
  const key = keyOf(node);
  const other = key === "publicIps" ? "privateIps" : "publicIps";
  const isEmpty = ts.isPropertyAssignment(node) &&
    node.initializer.getText() === "[]";
  if (!isEmpty) yield replace(node, `${key}: []`);
  if (ts.isShorthandPropertyAssignment(node)) {
    yield replace(node, `${key}: ${other}`);
    yield replace(node, `${key}: [...publicIps, ...privateIps]`);
  }
}

function isInConverter(node: ts.Node): boolean {
  return /^to\w*Node$|ips|address/i.test(placeOf(node));
}

function isAddressElement(node: ts.Node): boolean {
  return ts.isArrayLiteralExpression(node.parent) && isInConverter(node) &&
    ADDRESS.test(node.getText()) &&
    // Not a list of names.
    !ts.isStringLiteral(node) &&
    [...ancestorsOf(node)].every((it) => keyOf(it) !== "tags");
}

/** For `ips.add(a).add(b)`. */
function* withoutLast(node: ts.Node): Generator<Edit> {
  const isAdd = ts.isCallExpression(node) && calleeOf(node) === "add" &&
    isInConverter(node) && ADDRESS.test(node.getText());
  if (!isAdd || !ts.isPropertyAccessExpression(node.expression)) return;
  yield replace(node, node.expression.expression.getText());
}

/** For `ipv6.replace(/\/128$/, "")`. */
function* withoutClean(node: ts.Node): Generator<Edit> {
  const isClean = ts.isCallExpression(node) &&
    /^(?:replace|split)$/.test(calleeOf(node)) && isInConverter(node) &&
    ADDRESS.test(node.getText());
  if (!isClean || !ts.isPropertyAccessExpression(node.expression)) return;
  const text = node.expression.expression.getText();
  yield replace(node, calleeOf(node) === "split" ? `[${text}!]` : text);
}
