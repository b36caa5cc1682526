/**
 * What is public and what is private in a recording.
 *
 * @module
 */

import { visitLeaves } from "./document.ts";
import type { Item, Reading } from "./reading.ts";
import type { Exchange } from "./recorder.ts";
import type { Knowledge } from "./scrubber.ts";
import { addPublicWords, isCatalog, type Vocabulary } from "./vocabulary.ts";

// Fields of records whose texts belong to the account.
const PRIVATE: readonly string[] = [
  "id",
  "name",
  "publicIps",
  "privateIps",
  "tags",
  "publicKey",
  "fingerprint",
];

/**
 * Collects what is public and what is private.
 *
 * @param exchanges Requests to the provider, and their responses.
 * @param reading What the reading methods returned.
 * @param known Words of fixtures and simulators.
 * @param secrets Credentials.
 * @param created Records that this program created.
 * @returns What is known about the values in the responses.
 */
export function knowledgeOf(
  exchanges: readonly Exchange[],
  reading: Reading,
  known: Vocabulary,
  secrets: readonly string[],
  created: readonly object[] = [],
): Knowledge {
  const publicWords = new Set<string>();
  const originals = new Set<string>();
  for (const { operation, document } of exchanges) {
    if (!document) continue;
    addPublicWords(publicWords, operation, document);
    visitLeaves(document.value, (leaf) => {
      const text = String(leaf);
      for (const part of [text, ...text.split(/[\s,/]+/)]) originals.add(part);
    });
  }
  const privateWords = new Set<string>();
  for (const [operation, { items }] of reading.lists) {
    for (const item of items) {
      // Some drivers have their catalogs in `data/`, and send no request.
      if (isCatalog(operation)) {
        addTexts(publicWords, [item["id"], item["name"]]);
      } else if (operation !== "listImages" || !isPublicImage(item)) {
        addTexts(privateWords, PRIVATE.map((field) => item[field]));
      }
    }
  }
  for (const record of [...created, ...reading.records.values()]) {
    const item = Object(record) as Item;
    if (!isPublicImage(item)) {
      addTexts(privateWords, PRIVATE.map((field) => item[field]));
    }
  }
  return { known, publicWords, privateWords, secrets, originals };

  function isPublicImage({ id, name }: Item): boolean {
    return [id, name].every((text) =>
      typeof text === "string" &&
      (publicWords.has(text) || known.hasAnywhere(text))
    );
  }
}

/** Adds all texts of a value, keys included. */
function addTexts(words: Set<string>, value: unknown): void {
  if (typeof value === "string") words.add(value);
  else if (typeof value === "object" && value !== null) {
    if (!Array.isArray(value)) addTexts(words, Object.keys(value));
    for (const child of Object.values(value)) addTexts(words, child);
  }
}
