/**
 * The form of an operator: one kind of mistake.
 *
 * @module
 */

import type { Edit } from "./edit.ts";
import type ts from "./typescript.ts";

/**
 * Proposes the mistakes of one kind. It gets all files of the driver, because a
 * mistake often uses a word of another place: another verb, another state. Its
 * result is called with every node of every file.
 */
export type Operator = (
  files: readonly ts.SourceFile[],
) => (node: ts.Node) => Iterable<Edit>;
