/**
 * Published descriptions of APIs. They are not part of the repository; tests
 * that need them are skipped without them.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import {
  computeConformance,
  type ComputeSubject,
  type DescriptionOptions,
} from "../../testing/mod.ts";
import { describedBy, type DescribedOptions } from "../../testing/openapi.ts";
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
 * Creates the check of the conformance suite that compares requests and
 * responses with a description.
 *
 * @param subject The driver.
 * @param file Name of the description.
 * @param options What to ignore, and the prefix of the paths.
 * @returns The test, which is skipped if the description is missing.
 */
export function describedTest(
  subject: ComputeSubject,
  file: string,
  options: Omit<DescriptionOptions, "url"> = {},
): Deno.TestDefinition {
  const url = new URL(file, FOLDER);
  const [check] = computeConformance({
    ...subject,
    description: { ...options, url },
  }).filter(({ see }) => see === "the-description");
  const { name, run } = check!;
  const content = existsSync(url) ? true : undefined;
  const subjectName = subject.Driver.name;
  return {
    ...needsReference(`${subjectName} ${name}`, file, content),
    fn: run,
  };
}

/**
 * Creates a test that compares the fixtures of a provider with a description.
 *
 * @param provider Name of the folder of the fixtures.
 * @param file Name of the description.
 * @param operations Operation and status of each fixture, such as
 *   `"GET /servers 200"`, by its name.
 * @param options What to ignore.
 * @returns The test, which is skipped if the description is missing.
 */
export function describedFixtures(
  provider: string,
  file: string,
  operations: Readonly<Record<string, string>>,
  options: Pick<DescribedOptions, "except"> = {},
): Deno.TestDefinition {
  const content = existsSync(new URL(file, FOLDER)) ? true : undefined;
  return {
    ...needsReference(`fixtures/${provider} match ${file}`, file, content),
    async fn() {
      const described = describedBy(
        (await readReference(file))!,
        () => Promise.reject(new TypeError("only fixtures are checked")),
        options,
      );
      const folder = new URL(`../../fixtures/${provider}/`, import.meta.url);
      for await (const { name } of Deno.readDir(folder)) {
        const operation = operations[name.replace(".json", "")];
        assert(operation, `no operation is known for the fixture ${name}`);
        const [method = "", path = "", status] = operation.split(" ");
        const body = await Deno.readTextFile(new URL(name, folder));
        described.check(method, path, Number(status), body);
      }
      assertEquals(described.faults, []);
    },
  };
}

function existsSync(url: URL): boolean {
  try {
    return Deno.statSync(url).isFile;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return false;
  }
}
