/**
 * Published descriptions of APIs. They are not part of the repository; tests
 * that need them are skipped without them.
 *
 * @module
 */

import type { Needed } from "./needs.ts";

const FOLDER = new URL("../../../shared/reference/", import.meta.url);

/**
 * Reads a description.
 *
 * @typeParam T Type of its content.
 * @param file Name of the file.
 * @param reviver Changes values, as for `JSON.parse()`.
 * @returns Its content, or `undefined` if the file is missing.
 */
export async function readReference<T>(
  file: string,
  reviver?: (key: string, value: unknown) => unknown,
): Promise<T | undefined> {
  try {
    const text = await Deno.readTextFile(new URL(file, FOLDER));
    return JSON.parse(text, reviver);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return undefined;
  }
}

/**
 * Skips a test if a description is missing, and prints why.
 *
 * @param name Name of the test.
 * @param file Name of the file.
 * @param content What `readReference()` returned.
 * @returns The name, and whether to ignore the test.
 */
export function needsReference(
  name: string,
  file: string,
  content: unknown,
): Needed {
  const ignore = content === undefined;
  if (ignore) {
    console.log(`SKIP ${name}: needs ${file}, which is not in the repository`);
  }
  return { name, ignore };
}

/**
 * Finds a description for the conformance suite.
 *
 * @param file Name of the file.
 * @returns Its address, or `undefined` if the file is missing.
 */
export function referenceUrl(file: string): URL | undefined {
  const url = new URL(file, FOLDER);
  try {
    Deno.statSync(url);
    return url;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return undefined;
  }
}
