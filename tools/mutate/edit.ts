/**
 * Edits of the text of a file.
 *
 * @module
 */

import ts from "./typescript.ts";

/** A piece of text in place of another one. */
export interface Change {
  /** Position of the first character to replace. */
  readonly start: number;
  /** Position after the last character to replace. */
  readonly end: number;
  /** Text to put there. */
  readonly text: string;
}

/** One way to break a file, before anybody gave it a kind. */
export interface Edit {
  /** Changes in the order of their positions. */
  readonly changes: readonly Change[];
  /** The code that people see, on one line. */
  readonly before: string;
  /** The same code afterwards. */
  readonly after: string;
}

/** Shown in place of code that is gone. */
const GONE = "(removed)";

/**
 * Replaces a node.
 *
 * @param node The node.
 * @param text Its replacement.
 * @param shown The node to show to people, which contains the other one.
 * @returns The edit.
 */
export function replace(
  node: ts.Node,
  text: string,
  shown: ts.Node = node,
): Edit {
  const change = { start: node.getStart(), end: node.getEnd(), text };
  const start = shown.getStart();
  const old = shown.getText();
  return {
    changes: [change],
    before: oneLine(old),
    after: oneLine(
      old.slice(0, change.start - start) + text +
        old.slice(change.end - start),
    ),
  };
}

/**
 * Removes a node. If it is part of a list, the comma after it goes as well.
 *
 * @param node A property, an element, an argument or a statement.
 * @returns The edit.
 */
export function remove(node: ts.Node): Edit {
  const rest = node.getSourceFile().text.slice(node.getEnd());
  const comma = /^\s*,/.exec(rest)?.[0] ?? "";
  const end = node.getEnd() + comma.length;
  // As in `if (isGiven) check();`, which needs a statement.
  const text = ts.isIfStatement(node.parent) ? ";" : "";
  return {
    changes: [{ start: node.getStart(), end, text }],
    before: oneLine(node.getText()),
    after: GONE,
  };
}

/**
 * Replaces many nodes in the same way.
 *
 * @param nodes The nodes, in the order of the file.
 * @param toText Makes the replacement of one node.
 * @param toShown Finds the node to show to people.
 * @returns One edit; none if there are no nodes.
 */
export function replaceAll<T extends ts.Node>(
  nodes: readonly T[],
  toText: (node: T) => string,
  toShown: (node: T) => ts.Node = (node) => node,
): Edit[] {
  const edits = nodes.map((node) => replace(node, toText(node), toShown(node)));
  const [first] = edits;
  if (!first) return [];
  return [{
    changes: edits.flatMap(({ changes }) => changes),
    before: `every ${first.before}`,
    after: first.after,
  }];
}

/**
 * Applies changes to a text.
 *
 * @param text The text.
 * @param changes The changes, in the order of their positions.
 * @returns The new text.
 */
export function apply(text: string, changes: readonly Change[]): string {
  let result = "";
  let at = 0;
  for (const change of changes) {
    result += text.slice(at, change.start) + change.text;
    at = change.end;
  }
  return result + text.slice(at);
}

function oneLine(text: string): string {
  // Comments have lines of their own in formatted code.
  return text.replace(/^\s*\/\/.*$/gm, "").replace(/\s+/g, " ").trim();
}
