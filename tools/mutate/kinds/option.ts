/**
 * An option that is dropped or ignored: a field of a request is left out, or an
 * option of the caller is not read.
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
  isRequired,
} from "../request.ts";
import { ancestorsOf, keyOf } from "../tree.ts";
import ts from "../typescript.ts";

/** Proposes requests that lack a field, and methods that ignore an option. */
export const option: Operator = () =>
  function* (node): Generator<Edit> {
    if (isInList(node)) return;
    if (isField(node) && !isVerb(node)) yield withoutField(node);
    const isInField = [...ancestorsOf(node)].some(isField);
    if (isOptionRead(node) && !isInField && !isRequired(node)) {
      yield replace(node, "undefined", shownFor(node));
    }
    if (isOptionBinding(node)) yield ignore(node);
  };

/** Whether a field names an action, which is no option. */
function isVerb(field: ts.Node): boolean {
  return keyOf(field) === "type" &&
    (ts.isShorthandPropertyAssignment(field) ||
      ts.isPropertyAssignment(field) && ts.isStringLiteral(field.initializer));
}

/**
 * Leaves a field out of a request. What its value calls is still called, because
 * a missing check of the value would be a mistake of another kind.
 *
 * @param field The property.
 * @returns The edit.
 */
export function withoutField(field: ts.Node): Edit {
  if (!ts.isPropertyAssignment(field)) return remove(field);
  const { initializer } = field;
  return ts.isCallExpression(initializer)
    ? replace(initializer, `(${initializer.getText()}, undefined)`, field)
    : remove(field);
}

/**
 * Takes nothing out of the caller's options.
 *
 * @param binding The name in the pattern.
 * @returns The edit.
 */
export function ignore(binding: ts.BindingElement): Edit {
  const [, rest = binding.getText()] = binding.propertyName
    ? [, binding.getText().replace(/^[^:]+:\s*/, "")]
    : [];
  return replace(binding, `ignored: ${rest}`);
}

/**
 * Finds the code around a short expression that tells people which one it is.
 *
 * @param node The expression.
 * @returns The property, call or expression around it, or the node.
 */
export function shownFor(node: ts.Node): ts.Node {
  const { parent } = node;
  const isTelling = keyOf(parent) !== "" || ts.isCallExpression(parent) ||
    ts.isBinaryExpression(parent) || ts.isConditionalExpression(parent);
  return isTelling ? parent : node;
}
