/**
 * A filter that is missing or selects the opposite.
 *
 * @module
 */

import { type Edit, remove, replace } from "../edit.ts";
import type { Operator } from "../operator.ts";
import {
  isField,
  isInList,
  isOptionBinding,
  isOptionRead,
} from "../request.ts";
import { ancestorsOf, calleeOf, keyOf, resultsOf } from "../tree.ts";
import ts from "../typescript.ts";
import { ignore, shownFor, withoutField } from "./option.ts";

/** Proposes lists with other records. */
export const filter: Operator = () =>
  function* (node): Generator<Edit> {
    if (isInList(node)) {
      if (isField(node)) yield withoutField(node);
      if (isOptionRead(node)) {
        yield replace(node, "undefined", shownFor(node));
      }
      if (isOptionBinding(node)) yield ignore(node);
    }
    const isSelection = keyOf(node) === "keep" ||
      keyOf(node) === "params" && ts.isShorthandPropertyAssignment(node);
    if (isSelection) yield remove(node);
    if (ts.isArrowFunction(node) && isPredicate(node)) yield* opposite(node);
  };

function isPredicate(node: ts.ArrowFunction): boolean {
  if (ts.isBlock(node.body)) return false;
  if (/^(?:filter|find|some|every)$/.test(calleeOf(node.parent))) return true;
  for (const it of ancestorsOf(node)) {
    if (keyOf(it) === "keep") return true;
    if (ts.isVariableDeclaration(it)) return it.name.getText() === "keep";
    if (ts.isFunctionLike(it) || ts.isCallExpression(it)) return false;
  }
  return false;
}

/** Negates a predicate, and leaves out each of its conditions. */
function* opposite(node: ts.ArrowFunction): Generator<Edit> {
  const [result] = resultsOf(node);
  if (!result) return;
  yield replace(result, `!(${result.getText()})`, node);
  if (!ts.isBinaryExpression(result)) return;
  if (result.operatorToken.kind !== ts.SyntaxKind.AmpersandAmpersandToken) {
    return;
  }
  yield replace(result, result.left.getText(), node);
  yield replace(result, result.right.getText(), node);
}
