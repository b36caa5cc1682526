/**
 * Questions about data files. A mistake in data concerns a whole column, because
 * a check of one row should be enough to find it.
 *
 * @module
 */

import { keyOf, nodesIn } from "./tree.ts";
import ts from "./typescript.ts";

/** The properties of one name in a data file, by the first of them. */
export type Columns = ReadonlyMap<ts.Node, readonly ts.PropertyAssignment[]>;

/**
 * Finds out whether a file contains data.
 *
 * @param file The file.
 * @returns Whether it does.
 */
export function isData({ fileName }: ts.SourceFile): boolean {
  return fileName.endsWith(".json");
}

/**
 * Finds the columns of all data files.
 *
 * @param files Files of a driver.
 * @returns The columns.
 */
export function columnsIn(files: readonly ts.SourceFile[]): Columns {
  return new Map(
    files.filter(isData).flatMap((file) => {
      const properties = [...nodesIn(file)].filter(ts.isPropertyAssignment);
      return [...Map.groupBy(properties, keyOf).values()];
    }).map((column) => [column[0]!, column]),
  );
}

/**
 * Lists the numbers in a column.
 *
 * @param column The column.
 * @returns The numbers.
 */
export function numbersIn(
  column: readonly ts.PropertyAssignment[],
): ts.NumericLiteral[] {
  return column.map(({ initializer }) => initializer)
    .filter(ts.isNumericLiteral);
}
