/**
 * Finds the parts of a driver that make requests: bodies, forms, filters, and
 * the options of the caller.
 *
 * @module
 */

import { ancestorsOf, calleeOf, keyOf, placeOf, propertyOf } from "./tree.ts";
import ts from "./typescript.ts";

/** Variables that hold what is sent. */
const SENT = /^(?:form|data|params|parameters|query|filters?|ids)$/;

/** Functions that build what is sent. */
const BUILDER = /^to\w*(?:Form|Request|Body|Network|Parameters|Filters?)$/;

/** Methods that send the object in their last argument. */
const SENDER = /^#?(?:act|create|deploy|find|get|list|select|send|update)/;

/** Settings of a call, which are not sent. */
const SETTINGS = new Set([
  "creates",
  "describe",
  "headers",
  "idempotent",
  "keep",
  "mayBeUnknown",
  "operation",
  "pages",
  "secrets",
  "signal",
  "timeoutMs",
]);

/** Options of every call, which mean nothing to a provider. */
const OF_EVERY_CALL = new Set([
  "concurrency",
  "from",
  "headers",
  "pageSize",
  "retry",
  "signal",
  "timeoutMs",
]);

/**
 * Finds out whether a node is part of a method that lists.
 *
 * @param node The node.
 * @returns Whether it is.
 */
export function isInList(node: ts.Node): boolean {
  return /^#?(?:list|select|filtered|matches)|Filters?$|Owners$/.test(
    placeOf(node),
  );
}

/**
 * Finds out whether a node is part of a function that builds a request.
 *
 * @param node The node.
 * @returns Whether it is.
 */
export function isInBuilder(node: ts.Node): boolean {
  return BUILDER.test(placeOf(node));
}

/**
 * Finds out whether a property or an element is a field of a request: of its
 * body, its form or its query.
 *
 * @param node The node.
 * @returns Whether it is.
 */
export function isField(node: ts.Node): boolean {
  return ts.isObjectLiteralExpression(node.parent) &&
    ts.isObjectLiteralElementLike(node) && !SETTINGS.has(keyOf(node)) &&
    isSent(node.parent);
}

function isSent(object: ts.ObjectLiteralExpression): boolean {
  // Options that are passed on contain the fields of others.
  const isOptions = object.properties.some((property) =>
    SETTINGS.has(keyOf(property)) ||
    ts.isSpreadAssignment(property) &&
      /^(?:call|options|settings)$/.test(property.expression.getText())
  );
  if (isOptions) return false;
  for (const it of ancestorsOf(object)) {
    if (ts.isVariableDeclaration(it)) return SENT.test(it.name.getText());
    if (ts.isReturnStatement(it)) return isInBuilder(it) && !isRecord(object);
    if (ts.isPropertyAssignment(it) && keyOf(it) === "params") return true;
    if (ts.isCallExpression(it) && SENDER.test(calleeOf(it))) {
      return it.arguments.length > 1 &&
        it.arguments.at(-1)!.end >= object.end &&
        it.arguments.at(-1)!.pos <= object.pos;
    }
    if (ts.isFunctionLike(it) && !ts.isArrowFunction(it)) return false;
  }
  return false;
}

function isRecord(object: ts.ObjectLiteralExpression): boolean {
  return propertyOf(object, "id") !== undefined;
}

/**
 * Finds out whether a node reads an option of the caller that a provider should
 * see, as in `options.force`.
 *
 * @param node The node.
 * @returns Whether it does.
 */
export function isOptionRead(
  node: ts.Node,
): node is ts.PropertyAccessExpression {
  return ts.isPropertyAccessExpression(node) &&
    node.expression.getText() === "options" &&
    !OF_EVERY_CALL.has(node.name.text) && !isInConstructor(node) &&
    // Not if it is only part of a message, or of the check that it is there.
    ![...ancestorsOf(node)].some(ts.isThrowStatement) &&
    !/^\s*===/.test(node.getSourceFile().text.slice(node.getEnd()));
}

/**
 * Finds out whether a node takes an option out of the caller's options, as the
 * first name in `const { force, name } = options`.
 *
 * @param node The node.
 * @returns Whether it does.
 */
export function isOptionBinding(node: ts.Node): node is ts.BindingElement {
  if (!ts.isBindingElement(node) || node.dotDotDotToken) return false;
  const declaration = node.parent.parent;
  const name = (node.propertyName ?? node.name).getText();
  return ts.isVariableDeclaration(declaration) &&
    declaration.initializer?.getText() === "options" &&
    !OF_EVERY_CALL.has(name) && !SETTINGS.has(name) && !isInConstructor(node);
}

function isInConstructor(node: ts.Node): boolean {
  return placeOf(node) === "constructor";
}

/**
 * Finds out whether a value must be there, because a check of it fails
 * otherwise.
 *
 * @param node The value.
 * @returns Whether it must.
 */
export function isRequired(node: ts.Node): boolean {
  return /^(?:check|idOf$|idJson$|choose$)/.test(calleeOf(node.parent));
}
