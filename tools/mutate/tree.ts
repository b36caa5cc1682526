/**
 * Questions about the syntax tree of a driver.
 *
 * @module
 */

import ts from "./typescript.ts";

/**
 * Lists the nodes of a tree that exist at run time, from the outside in. Types,
 * imports and exports are left out.
 *
 * @param root The tree. If it is a file, the file is left out, too.
 * @returns The nodes.
 */
export function* nodesIn(root: ts.Node): Generator<ts.Node> {
  if (isErased(root)) return;
  if (!ts.isSourceFile(root)) yield root;
  const children: ts.Node[] = [];
  ts.forEachChild(root, (child) => void children.push(child));
  for (const child of children) yield* nodesIn(child);
}

function isErased(node: ts.Node): boolean {
  // The base class of `extends` counts as a type.
  return ts.isTypeNode(node) && !ts.isExpressionWithTypeArguments(node) ||
    ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node) ||
    ts.isTypeParameterDeclaration(node) ||
    ts.isImportDeclaration(node) || ts.isExportDeclaration(node);
}

/**
 * Lists what a node is part of, from the inside out.
 *
 * @param node The node.
 * @returns Its parent, the parent of its parent, and so on, without the file.
 */
export function* ancestorsOf(node: ts.Node): Generator<ts.Node> {
  for (let at = node.parent; at && !ts.isSourceFile(at); at = at.parent) {
    yield at;
  }
}

/**
 * Names the method, function or constant that a node is part of.
 *
 * @param node The node.
 * @returns The name, as in `"createNode"`, `"#deploy"` or `"STATES"`.
 */
export function placeOf(node: ts.Node): string {
  let name = "";
  for (const it of [node, ...ancestorsOf(node)]) {
    if (ts.isConstructorDeclaration(it)) name = "constructor";
    const isMember = ts.isClassElement(it) && it.name !== undefined;
    const isTop = (ts.isFunctionDeclaration(it) ||
      ts.isClassDeclaration(it) && name === "" ||
      ts.isVariableDeclaration(it) &&
        ts.isSourceFile(it.parent.parent.parent)) && it.name !== undefined;
    if (isMember || isTop) name = it.name!.getText();
  }
  return name || "the file";
}

/**
 * Names a property of an object.
 *
 * @param node The property.
 * @returns Its name; empty if it has none, such as a spread.
 */
export function keyOf(node: ts.Node): string {
  const isProperty = ts.isPropertyAssignment(node) ||
    ts.isShorthandPropertyAssignment(node) || ts.isMethodDeclaration(node);
  if (!isProperty) return "";
  return ts.isStringLiteralLike(node.name)
    ? node.name.text
    : node.name.getText();
}

/**
 * Names the function that a call calls.
 *
 * @param node The call.
 * @returns Its last word, as in `"list"` for `this.#api.list()`; empty if the
 * node is no call.
 */
export function calleeOf(node: ts.Node | undefined): string {
  if (!node || !ts.isCallExpression(node)) return "";
  const { expression } = node;
  return ts.isPropertyAccessExpression(expression)
    ? expression.name.getText()
    : ts.isIdentifier(expression)
    ? expression.text
    : "";
}

/**
 * Finds the value of a property.
 *
 * @param object The object literal.
 * @param key Name of the property.
 * @returns The property; `undefined` if the object lacks it.
 */
export function propertyOf(
  object: ts.ObjectLiteralExpression,
  key: string,
): ts.ObjectLiteralElementLike | undefined {
  return object.properties.find((property) => keyOf(property) === key);
}

/**
 * Finds what an arrow function or a method returns.
 *
 * @param node The function.
 * @returns The expressions.
 */
export function* resultsOf(node: ts.Node): Generator<ts.Expression> {
  if (ts.isArrowFunction(node) && !ts.isBlock(node.body)) {
    yield withoutParentheses(node.body);
    return;
  }
  const body = ts.isFunctionLike(node) && "body" in node
    ? node.body as ts.Node | undefined
    : undefined;
  if (!body) return;
  for (const it of nodesIn(body)) {
    const isOwn = ts.isReturnStatement(it) && it.expression &&
      [...ancestorsOf(it)].find(ts.isFunctionLike) === node;
    if (isOwn) yield it.expression;
  }
}

/**
 * Takes the parentheses and casts off an expression.
 *
 * @param node The expression.
 * @returns The expression inside.
 */
function withoutParentheses(node: ts.Expression): ts.Expression {
  return ts.isParenthesizedExpression(node) || ts.isAsExpression(node)
    ? withoutParentheses(node.expression)
    : node;
}

/**
 * Lists the words of a list after a given one, in a circle.
 *
 * @param words The words.
 * @param word The given one.
 * @returns The other words, each once; the next one first.
 */
export function othersAfter(
  words: readonly string[],
  word: string,
): string[] {
  const all = [...new Set(words)];
  const at = all.indexOf(word);
  return [...all.slice(at + 1), ...all.slice(0, Math.max(at, 0))];
}
