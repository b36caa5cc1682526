/**
 * A wrong id or a wrong field: two of a record or of a request are exchanged, or
 * one of a record is lost.
 *
 * @module
 */

import { type Edit, replace } from "../edit.ts";
import type { Operator } from "../operator.ts";
import { isField, isInBuilder } from "../request.ts";
import { calleeOf, keyOf, nodesIn, othersAfter, placeOf } from "../tree.ts";
import ts from "../typescript.ts";

/** Ids of other records. */
const ID = /^(?:size|image|location|node|volume)Id$/;

/** Further fields of records that every provider has. */
const COMMON =
  /^(?:name|createdAt|country|vcpus|publicKey|fingerprint|gpus|architecture|tags|isPublic)$/;

/** Proposes wrong fields. */
export const field: Operator = () =>
  function* (node): Generator<Edit> {
    if (!ts.isPropertyAssignment(node)) return;
    if (isRecordField(node)) yield* wrongField(node);
    if (isField(node)) yield* wrongId(node);
  };

function isRecordField(node: ts.Node): node is ts.PropertyAssignment {
  const key = keyOf(node);
  return ts.isPropertyAssignment(node) && (ID.test(key) || COMMON.test(key)) &&
    /^to[A-Z]/.test(placeOf(node)) && !isInBuilder(node);
}

function* wrongField(node: ts.PropertyAssignment): Generator<Edit> {
  const { parent, initializer } = node;
  const key = keyOf(node);
  if (ID.test(key)) {
    const values = parent.properties.filter(isRecordField)
      .filter((it) => ID.test(keyOf(it)))
      .map((it) => it.initializer.getText());
    const [other = "undefined"] = othersAfter(values, initializer.getText());
    yield replace(initializer, other, node);
  } else if (key === "name") {
    yield* otherName(initializer, node);
  } else if (key !== "tags" || initializer.getText() !== "{}") {
    yield replace(initializer, key === "tags" ? "{}" : "undefined", node);
  }
}

/** For `toText(json.name) ?? id`. */
function* otherName(value: ts.Expression, node: ts.Node): Generator<Edit> {
  if (!ts.isBinaryExpression(value)) return;
  yield replace(value, value.right.getText(), node);
}

/** For `size: idOf(options.size, …)`: the id of something else is sent. */
function* wrongId(field: ts.PropertyAssignment): Generator<Edit> {
  const call = idCallIn(field);
  const [value] = call?.arguments ?? [];
  if (!call || !value) return;
  const values = field.parent.properties
    .flatMap((sibling) => idCallIn(sibling) ?? [])
    .filter((it) => calleeOf(it) === calleeOf(call))
    .map((it) => it.arguments[0]!.getText());
  const [other] = othersAfter(values, value.getText());
  if (other) yield replace(value, other, field);
}

/** The call that finds the id. */
function idCallIn(field: ts.Node): ts.CallExpression | undefined {
  return [...nodesIn(field)].find((it): it is ts.CallExpression =>
    /^(?:idOf|idJson|optionalId|given)$/.test(calleeOf(it))
  );
}
