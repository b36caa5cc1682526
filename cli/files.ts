/**
 * Files that the user names.
 *
 * @module
 */

import { usageError } from "./errors.ts";
import type { Surroundings } from "./surroundings.ts";

/**
 * Reads a file.
 *
 * @param surroundings Has the file.
 * @param path Path of the file.
 * @returns The text.
 * @throws {CommandError} If there is no such file.
 */
export async function readText(
  surroundings: Surroundings,
  path: string,
): Promise<string> {
  const text = await surroundings.readFile(path);
  if (text !== undefined) return text;
  throw usageError(
    `there is no file ${JSON.stringify(path)}`,
    "check the path, which is relative to the current folder",
  );
}
