/**
 * Checks of fixtures against a published description of the API.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { Described } from "../../testing/openapi.ts";
import { path } from "../../tools/deno.ts";

/**
 * Checks the fixtures of a provider that belong to a description.
 *
 * @param described Checks responses, and collects the faults.
 * @param folder Folder of the provider in `fixtures/`.
 * @param responses The request that each fixture answers, and its status, such as
 *   `"GET /v2/domains 200"`, by the name of the file without its ending.
 * @param isOurs Whether a file belongs to the description.
 * @returns Number of fixtures.
 */
export async function checkFixtures(
  described: Described,
  folder: string,
  responses: Readonly<Record<string, string>>,
  isOurs: (name: string) => boolean,
): Promise<number> {
  const files = [...Deno.readDirSync(path(`fixtures/${folder}`))]
    .map(({ name }) => name.replace(/\.json$/, "")).filter(isOurs);
  assertEquals(files.sort(), Object.keys(responses).sort());
  for (const [name, response] of Object.entries(responses)) {
    const [method = "", target = "", status] = response.split(" ");
    const file = path(`fixtures/${folder}/${name}.json`);
    const body = await Deno.readTextFile(file);
    described.check(method, target, Number(status), body);
  }
  return files.length;
}
