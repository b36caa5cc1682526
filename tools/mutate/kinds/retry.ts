/**
 * A write that is repeated although it may have been applied.
 *
 * @module
 */

import { type Edit, replace } from "../edit.ts";
import type { Operator } from "../operator.ts";
import { calleeOf, keyOf, placeOf, propertyOf, resultsOf } from "../tree.ts";
import ts from "../typescript.ts";

/** Names of the options that a write gets. */
const OPTIONS = /^(?:options|call|create|write|limited)$/;

/** Proposes more retries. */
export const retry: Operator = () =>
  function* (node): Generator<Edit> {
    yield* repeated(node);
    yield* alwaysBusy(node);
  };

/** A POST that may be sent twice. */
function* repeated(node: ts.Node): Generator<Edit> {
  const isWrite = ts.isCallExpression(node) &&
    /^(?:send|create)$/.test(calleeOf(node)) && !/"(?:PUT|DELETE|GET)"/.test(
      node.arguments.map((it) => it.getText()).join(),
    );
  if (!isWrite) return;
  const options = node.arguments.find((it) =>
    OPTIONS.test(it.getText()) ||
    ts.isObjectLiteralExpression(it) &&
      /^\{\s*\.\.\.(?:options|call)\b/.test(it.getText())
  );
  if (!options || /idempotent/.test(options.getText())) return;
  const parts = ts.isObjectLiteralExpression(options)
    ? options.properties.map((it) => it.getText()).join(", ")
    : `...${options.getText()}`;
  yield replace(options, `{ ${parts}, idempotent: true }`);
}

function* alwaysBusy(node: ts.Node): Generator<Edit> {
  const isBusy = ts.isPropertyAssignment(node) && keyOf(node) === "isBusy" ||
    ts.isVariableDeclaration(node) && node.name.getText() === "isBusy";
  const value = isBusy ? node.initializer : undefined;
  if (value && value.getText() !== "true") {
    yield replace(value, "true", node);
  }
  // The provider has no busy response so far.
  const isFailure = ts.isMethodDeclaration(node) && placeOf(node) === "failure";
  if (!isFailure || /isBusy/.test(node.getText())) return;
  for (const result of resultsOf(node)) {
    if (!ts.isObjectLiteralExpression(result)) continue;
    const first = propertyOf(result, "reason") ?? result.properties[0];
    if (first) yield replace(first, `isBusy: true, ${first.getText()}`);
  }
}
