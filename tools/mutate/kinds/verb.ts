/**
 * A verb that does another: an HTTP method, a path or the name of an action is
 * exchanged for another one of the same driver.
 *
 * @module
 */

import { type Edit, replace } from "../edit.ts";
import type { Operator } from "../operator.ts";
import { isInList } from "../request.ts";
import { calleeOf, keyOf, nodesIn, othersAfter } from "../tree.ts";
import ts from "../typescript.ts";

/** A word that stands for a verb, in a place where such words stand. */
interface Word {
  readonly node: ts.Node;
  readonly text: string;
  /** Only words of the same group may be exchanged. */
  readonly group: string;
}

const METHOD = /^(?:GET|PUT|POST|PATCH|DELETE)$/;
// As in "DescribeInstances".
const ACTION = /^(?:[A-Z][a-z]+){2,}$/;
// As in "power_on".
const TYPE = /^[a-z]+(?:_[a-z]+)*$/;

/** Proposes other verbs. */
export const verb: Operator = (files) => {
  const words = files.flatMap((file) => [...nodesIn(file)].flatMap(wordsOf));
  const groups = Map.groupBy(words, ({ group }) => group);
  return function* (node): Generator<Edit> {
    for (const { text, group } of wordsOf(node)) {
      const others = othersAfter(
        groups.get(group)!.map(({ text }) => text),
        text,
      );
      const other = others.find((it) => nounOf(it) === nounOf(text)) ??
        others[0];
      if (other === undefined) continue;
      const quoted = node.getText();
      yield replace(node, quoted.replace(text, () => other));
    }
  };
};

function wordsOf(node: ts.Node): Word[] {
  if (ts.isTemplateTail(node)) {
    // As in path`/servers/${{ node }}/actions/reboot`.
    const template = node.parent.parent as ts.TemplateExpression;
    const isPath = ts.isTaggedTemplateExpression(template.parent);
    const text = /[\w-]+(?=\/?$)/.exec(node.text)?.[0];
    const group = `path after ${template.head.text}`;
    return isPath && text ? [{ node, text, group }] : [];
  }
  if (!ts.isStringLiteral(node)) return [];
  const { text } = node;
  if (METHOD.test(text)) return [{ node, text, group: "method" }];
  if (/^\/\w/.test(text)) return [{ node, text, group: "path" }];
  if (keyOf(node.parent) === "plural") return [{ node, text, group: "plural" }];
  if (ACTION.test(text) && isAction(node)) {
    const group = /^Describe/.test(text) ? "Describe" : "action";
    return [{ node, text, group }];
  }
  if (TYPE.test(text) && isType(node)) return [{ node, text, group: "type" }];
  return [];
}

function isAction(node: ts.Node): boolean {
  return calleeOf(node.parent) !== "" || keyOf(node.parent) === "action";
}

/**
 * Whether a word is the type of an action: the value of `type` or `verb`, maybe
 * after a condition, or an argument as in `act(node, "reboot")`.
 */
function isType(node: ts.Node): boolean {
  // In a list, the type is a filter.
  if (isInList(node)) return false;
  const parent = ts.isConditionalExpression(node.parent)
    ? node.parent.parent
    : node.parent;
  return ts.isVariableDeclaration(parent) &&
      /^(?:type|verb|action)$/.test(parent.name.getText()) ||
    keyOf(parent) === "type" ||
    /^#?(?:act|\w+Action)$/.test(calleeOf(parent));
}

/** What a verb acts on: `"Volume"` of `"AttachVolume"`. */
function nounOf(text: string): string {
  return ACTION.test(text) ? text.replace(/^[A-Z][a-z]+/, "") : "";
}
