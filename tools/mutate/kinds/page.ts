/**
 * A page that is lost: the next page, the total or the size of a page is
 * handled wrongly.
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
  resultsOf,
} from "../tree.ts";
import ts from "../typescript.ts";

/** Functions of core that describe the pages of a list. */
const PAGING = /^(?:\w+Pages|singlePage|onePage)$/;

const RULE = /^(?:page|size|maxSize|minSize|total|next|largestPage|pageSize)$/;

/** Proposes other paging. */
export const page: Operator = (files) => {
  // Constants that are spread into a paging have rules, too.
  const shared = new Set(
    files.flatMap((file) => [...nodesIn(file)]).filter(isPagingCall)
      .flatMap((call) => [...nodesIn(call)]).filter(ts.isIdentifier)
      .map(({ text }) => text).filter((text) => /^[A-Z]/.test(text)),
  );
  return function* (node): Generator<Edit> {
    if (isRule(node, shared)) yield* otherRule(node);
    if (isPagingCall(node.parent) && ts.isArrowFunction(node)) {
      yield* nothing(node);
    }
    if (keyOf(node) === "pages" && ts.isPropertyAssignment(node)) {
      if (ts.isIdentifier(node.initializer)) yield remove(node);
    }
    if (ts.isSpreadAssignment(node) && /^(?:page|size)$/.test(nameIn(node))) {
      yield remove(node);
    }
  };
};

function nameIn(node: ts.SpreadAssignment): string {
  return node.expression.getText();
}

function isPagingCall(node: ts.Node | undefined): node is ts.CallExpression {
  return PAGING.test(calleeOf(node));
}

function isRule(
  node: ts.Node,
  shared: ReadonlySet<string>,
): node is ts.PropertyAssignment | ts.MethodDeclaration {
  if (!ts.isPropertyAssignment(node) && !ts.isMethodDeclaration(node)) {
    return false;
  }
  if (!RULE.test(keyOf(node))) return false;
  if (/^(?:largestPage|pageSize)$/.test(keyOf(node))) return true;
  return shared.has(placeOf(node)) || [...ancestorsOf(node)].some(isPagingCall);
}

function* otherRule(
  rule: ts.PropertyAssignment | ts.MethodDeclaration,
): Generator<Edit> {
  yield remove(rule);
  if (!ts.isPropertyAssignment(rule)) return;
  const { initializer } = rule;
  if (ts.isNumericLiteral(initializer)) {
    yield replace(initializer, `${initializer.getText()} * 10`, rule);
  }
  if (ts.isStringLiteral(initializer)) {
    yield replace(initializer, `"ignored_${initializer.text}"`, rule);
  }
  if (ts.isArrowFunction(initializer)) yield* nothing(initializer);
}

/** The response says nothing, or that this page is the last one. */
function* nothing(node: ts.ArrowFunction): Generator<Edit> {
  for (const result of resultsOf(node)) {
    yield replace(result, "undefined", node);
    if (keyOf(node.parent) === "next") yield replace(result, "null", node);
  }
}
