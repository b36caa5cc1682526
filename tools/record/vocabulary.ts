/**
 * Words that are public: those of catalogs, fixtures and simulators.
 *
 * @module
 */

import { path } from "../deno.ts";
import {
  type Document,
  isMap,
  type Keys,
  readDocument,
  type Value,
  visitLeaves,
} from "./document.ts";
import { prefixOf } from "./forms.ts";

const ID =
  /(?:^|_)(?:u?u?id|number|user|owner|account|customer|project|team|organi[sz]ation|tenant)s?$|I[dD]s?$|^slug$/;

/**
 * Name of the field that a value belongs to.
 *
 * @param keys Keys that lead to the value.
 * @returns The last key that is not the name of a list item in XML.
 */
export function fieldOf(keys: Keys): string {
  return keys.findLast((key) => key !== "item") ?? "";
}

/**
 * Tells whether a field is an id or a list of ids.
 *
 * @param keys Keys that lead to the field.
 * @returns Whether it is.
 */
export function isId(keys: Keys): boolean {
  return ID.test(fieldOf(keys));
}

// Fields whose values are secrets, or may contain one.
const SECRET =
  /pass(?:word|wd|phrase)?$|secret|token|private_?key|credential|user_?data|key_?material|script$|^output$|cursor/i;

/**
 * Tells whether a field is a secret, or may contain one.
 *
 * @param keys Keys that lead to the field.
 * @returns Whether it is.
 */
export function isSecret(keys: Keys): boolean {
  return SECRET.test(fieldOf(keys));
}

/** Words by field. */
export class Vocabulary {
  readonly #words = new Map<string, Set<string>>();
  readonly #fields = new Set<string>();
  readonly #all = new Set<string>();
  readonly #segments = new Set<string>();
  readonly #prefixes = new Set<string>();

  /** Adds the words of a document. */
  add({ value }: Document): void {
    visitLeaves(value, (leaf, keys) => {
      const text = String(leaf);
      const field = fieldOf(keys);
      const words = this.#words.get(field) ?? new Set();
      this.#words.set(field, words.add(text));
      for (const key of isMap(keys.slice(0, -1)) ? [] : keys) {
        this.#fields.add(key);
      }
      this.#all.add(text);
      const prefix = isId(keys) ? prefixOf(text) : undefined;
      if (prefix) this.#prefixes.add(prefix);
      if (!/^(?:https?:\/)?\//.test(text)) return;
      for (const segment of text.split("/")) {
        if (!/\d/.test(segment)) this.#segments.add(segment);
      }
    });
  }

  /** Whether a field may have this word. */
  has(keys: Keys, text: string): boolean {
    return this.#words.get(fieldOf(keys))?.has(text) ?? false;
  }

  /** Whether any field may have this word. */
  hasAnywhere(text: string): boolean {
    return this.#all.has(text);
  }

  /** Whether there is such a field. */
  hasField(field: string): boolean {
    return this.#fields.has(field);
  }

  /** Whether ids of the provider begin so. */
  hasPrefix(prefix: string): boolean {
    return this.#prefixes.has(prefix);
  }

  /** Whether this is a part of a path, or a host, of the API. */
  hasSegment(text: string): boolean {
    return this.#segments.has(text);
  }
}

/**
 * Reads the fixtures of a provider.
 *
 * @param provider Id of the provider.
 * @returns The documents; `[]` if there are none.
 */
export async function readFixtures(provider: string): Promise<Document[]> {
  const folder = path(`fixtures/${provider}`);
  const documents: Document[] = [];
  try {
    for await (const { name } of Deno.readDir(folder)) {
      const text = await Deno.readTextFile(`${folder}/${name}`);
      const document = readDocument(text);
      if (document) documents.push(document);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return documents;
}

/** Lists that are the same for all customers. */
const CATALOGS: ReadonlySet<string> = new Set([
  "listSizes",
  "listLocations",
  "listRegions",
  "listDatacenters",
  "listIsos",
]);

/**
 * Tells whether a list is the same for all customers.
 *
 * @param operation Method of the driver.
 * @returns Whether it is.
 */
export function isCatalog(operation: string): boolean {
  return CATALOGS.has(operation);
}

/**
 * Adds the words of a catalog, and its ids.
 *
 * @param words The words so far.
 * @param operation Method of the driver that returned the catalog.
 * @param document What the provider sent.
 */
export function addPublicWords(
  words: Set<string>,
  operation: string,
  { value }: Document,
): void {
  if (isCatalog(operation)) addWords(words, value);
  else if (operation === "listImages") addPublicImages(words, value);
}

function addWords(words: Set<string>, value: Value): void {
  visitLeaves(value, (leaf, keys) => {
    const isWord = typeof leaf === "string" || isId(keys);
    if (isWord && !isSecret(keys)) words.add(String(leaf));
  });
}

/** Images of the provider are among those of the customer. */
function addPublicImages(words: Set<string>, value: Value): void {
  if (Array.isArray(value)) {
    for (const item of value) addPublicImages(words, item);
  } else if (typeof value === "object" && value !== null) {
    const image = value as Readonly<Record<string, Value>>;
    const isPublic = image["public"] === true || image["is_public"] === true ||
      image["type"] === "system" || image["type"] === "app";
    if (isPublic) addWords(words, image);
    else {for (const child of Object.values(image)) {
        addPublicImages(words, child);
      }}
  }
}
