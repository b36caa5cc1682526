/**
 * A wrong unit: a factor is lost, changed or added.
 *
 * @module
 */

import { columnsIn, numbersIn } from "../data.ts";
import { type Edit, replace, replaceAll } from "../edit.ts";
import type { Operator } from "../operator.ts";
import { calleeOf, keyOf } from "../tree.ts";
import ts from "../typescript.ts";

/** Names of quantities: `ramMib`, `size_gigabytes`, `MAX_VOLUME_GB`. */
const QUANTITY =
  /(?:Kib|Mib|Gib|Tib|Kb|Mb|Gb|Tb|Bytes|gigabytes|_GI?B|(?<!max|min|page)[sS]ize)$/;

/** Functions whose first argument is the quantity itself. */
const READER = /^to\w*(?:Number|Gb|Mib|Rounded)$/;

/** Proposes other factors. */
export const unit: Operator = (files) => {
  const columns = columnsIn(files);
  return function* (node): Generator<Edit> {
    const column = columns.get(node);
    if (column) {
      yield* inData(column);
    } else {
      yield* otherFactor(node);
      yield* addedFactor(node);
    }
  };
};

/** For `tb * 1000` or `mib / 1024`. */
function* otherFactor(node: ts.Node): Generator<Edit> {
  if (!ts.isBinaryExpression(node) || !ts.isNumericLiteral(node.right)) return;
  const { left, operatorToken, right } = node;
  const factor = Number(right.text);
  const isScale = /^[*/]$/.test(operatorToken.getText());
  if (!isScale || factor % 1000 !== 0 && factor % 1024 !== 0) return;
  yield replace(node, left.getText());
  yield replace(right, factor % 1000 === 0 ? "1024" : "1000", node);
  yield replace(
    operatorToken,
    operatorToken.getText() === "*" ? "/" : "*",
    node,
  );
}

function* addedFactor(node: ts.Node): Generator<Edit> {
  const value = ts.isPropertyAssignment(node) || ts.isVariableDeclaration(node)
    ? node.initializer
    : undefined;
  const name = keyOf(node) ||
    ts.isVariableDeclaration(node) && node.name.getText() || "";
  if (!value || !QUANTITY.test(name)) return;
  if (ts.isNumericLiteral(value)) {
    yield replace(value, `${value.getText()} / 1024`, node);
  } else if (READER.test(calleeOf(value))) {
    // Inside, where the value is the provider's own.
    const [inner] = (value as ts.CallExpression).arguments;
    if (!inner) return;
    yield replace(inner, `${inner.getText()} * 1024`, node);
    yield replace(inner, `${inner.getText()} / 1000`, node);
  } else if (calleeOf(value) === "checkSize") {
    yield replace(value, `${value.getText()} * 1024`, node);
  }
}

function inData(column: readonly ts.PropertyAssignment[]): Edit[] {
  if (!QUANTITY.test(keyOf(column[0]!))) return [];
  return replaceAll(
    numbersIn(column),
    (value) => String(Number(value.text) * 1024),
    (value) => value.parent,
  );
}
