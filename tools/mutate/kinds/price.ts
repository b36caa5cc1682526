/**
 * A wrong price: hourly for monthly, a factor, another currency, none at all.
 *
 * @module
 */

import { columnsIn, isData, numbersIn } from "../data.ts";
import { type Edit, replace, replaceAll } from "../edit.ts";
import type { Operator } from "../operator.ts";
import { keyOf } from "../tree.ts";
import ts from "../typescript.ts";

const PERIOD = /hourly|monthly/;

/** Proposes other prices. */
export const price: Operator = (files) => {
  const columns = columnsIn(files);
  return function* (node): Generator<Edit> {
    const column = columns.get(node);
    if (column) yield* inData(column);
    if (isData(node.getSourceFile())) return;
    yield* otherPeriod(node);
    yield* otherPrice(node);
  };
};

/** For `size.price_hourly`. */
function* otherPeriod(node: ts.Node): Generator<Edit> {
  if (!ts.isPropertyAccessExpression(node)) return;
  const name = node.name.getText();
  if (!PERIOD.test(name)) return;
  yield replace(node.name, swapped(name), node);
}

function* otherPrice(node: ts.Node): Generator<Edit> {
  const key = keyOf(node);
  if (
    ts.isShorthandPropertyAssignment(node) && /^(?:hourly|monthly)$/.test(key)
  ) {
    yield replace(node, `${key}: ${swapped(key)}`);
    yield replace(node, `${key}: ${key} && ${key} * 100`);
  }
  if (!ts.isPropertyAssignment(node)) return;
  const { initializer } = node;
  if (/^(?:hourly|monthly)$/.test(key)) {
    yield replace(node.name, swapped(key), node);
    yield replace(initializer, `100 * (${initializer.getText()})`, node);
  }
  if (key === "currency" && ts.isStringLiteral(initializer)) {
    yield replace(initializer, otherCurrency(initializer), node);
  }
  if (/^\w*[pP]rice$/.test(key)) yield replace(initializer, "undefined", node);
}

/** In data, every price is wrong. */
function* inData(column: readonly ts.PropertyAssignment[]): Generator<Edit> {
  const key = keyOf(column[0]!);
  if (/^(?:hourly|monthly)$/.test(key)) {
    yield* replaceAll(
      column.map(({ name }) => name),
      () => `"${swapped(key)}"`,
      (name) => name.parent,
    );
    yield* replaceAll(
      numbersIn(column),
      (value) => String(Number(value.text) * 100),
      (value) => value.parent,
    );
  }
  if (key === "currency") {
    yield* replaceAll(
      column.map(({ initializer }) => initializer),
      otherCurrency,
      (value) => value.parent,
    );
  }
}

function swapped(name: string): string {
  return name.replace(
    PERIOD,
    (period) => period === "hourly" ? "monthly" : "hourly",
  );
}

function otherCurrency(node: ts.Node): string {
  return node.getText() === '"EUR"' ? '"USD"' : '"EUR"';
}
