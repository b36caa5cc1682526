/**
 * Writes responses as fixtures.
 *
 * @module
 */

import { type Document, writeDocument } from "./document.ts";
import type { Exchange } from "./recorder.ts";
import type { Scrubber } from "./scrubber.ts";

/** A file to write. */
export interface Fixture {
  /** Name of the file, such as `"list_nodes.json"`. */
  readonly name: string;
  /** What the provider sent. */
  readonly document: Document;
}

/**
 * Names the responses that become fixtures. Of a wait, the first response and
 * the last one are kept; of an error, one for each operation.
 *
 * @param exchanges The requests and responses.
 * @returns The fixtures.
 */
export function toFixtures(exchanges: readonly Exchange[]): Fixture[] {
  const groups = Map.groupBy(
    exchanges.filter(hasDocument),
    ({ operation, status }) =>
      (status < 300 ? "" : `error_${status}_`) + toSnakeCase(operation),
  );
  return [...groups].flatMap(([name, all]) => {
    const kept = name.startsWith("error_")
      ? all.slice(0, 1)
      : name.startsWith("wait_")
      ? [...new Set([all[0]!, all.at(-1)!])]
      : all;
    return kept.map(({ document }, i) => {
      const suffix = kept.length > 1 ? `_${i + 1}` : "";
      return { name: `${name}${suffix}.${document.format}`, document };
    });
  });
}

function hasDocument(
  exchange: Exchange,
): exchange is Exchange & { readonly document: Document } {
  // Requests that only prepare something have no operation.
  return exchange.document !== undefined && exchange.operation !== "";
}

function toSnakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/**
 * Writes fixtures without anything private.
 *
 * @param folder Folder for the files; it is created.
 * @param fixtures The fixtures.
 * @param scrubber Replaces what is private.
 * @returns Names of the files that were not written, because something private
 *   was left in them.
 */
export async function writeFixtures(
  folder: string,
  fixtures: readonly Fixture[],
  scrubber: Scrubber,
): Promise<string[]> {
  const files = fixtures.map(({ name, document }) => ({
    name,
    text: writeDocument(scrubber.scrub(document)),
  }));
  await Deno.mkdir(folder, { recursive: true });
  const leaks = scrubber.leakFinder();
  const leaking: string[] = [];
  for (const { name, text } of files) {
    if (leaks(text)) leaking.push(name);
    else await Deno.writeTextFile(`${folder}/${name}`, text);
  }
  return leaking;
}
