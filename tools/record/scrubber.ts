/**
 * Replaces everything that is private in a response by reserved values. The same
 * value becomes the same reserved value everywhere.
 *
 * @module
 */

import { isDistinctive, Redactor } from "../../core/redact.ts";
import { type Document, isMap, type Keys, type Value } from "./document.ts";
import {
  type Form,
  FORMS,
  hasAddresses,
  prefixOf,
  replaceAddresses,
  timeOf,
  toRoundNumber,
  writeTime,
} from "./forms.ts";
import { fieldOf, isId, isSecret, type Vocabulary } from "./vocabulary.ts";

/** What is known about the values of an account. */
export interface Knowledge {
  /** Words of fixtures and simulators, by field. */
  readonly known: Vocabulary;
  /** Words of the provider's catalogs. */
  readonly publicWords: ReadonlySet<string>;
  /** Names, ids, tags and addresses of the account. */
  readonly privateWords: ReadonlySet<string>;
  /** Credentials. */
  readonly secrets: readonly string[];
  /** All texts and numbers in the responses, and the parts of lists. */
  readonly originals: ReadonlySet<string>;
}

// Fields that only records of a person or a company have. Places of a provider
// have a city as well.
const PERSONAL =
  /^(?:e_?mail|phone|first_?name|last_?name|zip|post_?code|postal_?code|street|address_?1|tax_?id|vat_?id|credit_?card|last_?four|balance|state_?or_?province)$/i;
const NAME = /(?:^|_)(?:id|name|label|tag|key|value|title)s?$|Id$|Name$/i;
const STATE = /stat(?:e|us)$|phase$/i;
const STATE_WORD = /^[A-Za-z][A-Za-z_-]{0,30}$/;
const IDENTIFIER = /^[A-Za-z_]\w{0,60}$/;
// Short numbers count something; long ones identify something.
const SHORT_NUMBER = /^-?(?:\d{1,5}|\d{1,9}\.\d+)$/;
const LONG_INTEGER = 1e8;
const FIRST_TIME = Date.UTC(2020, 0, 1);
const MINUTE_MS = 60_000;

/**
 * Tells whether a field is a state or an error code, in the provider's words.
 *
 * @param keys Keys that lead to the field.
 * @returns Whether it is.
 */
export function isState(keys: Keys): boolean {
  const field = fieldOf(keys);
  const isError = keys.some((key) => /error/i.test(key));
  return STATE.test(field) || isError && /^code$/i.test(field) ||
    field === "name" && STATE.test(keys.at(-2) ?? "");
}

/** Replaces the private values of one account. */
export class Scrubber {
  /** Fields whose words were replaced because no public list has them. */
  readonly unknownFields: Set<string> = new Set();
  readonly #knowledge: Knowledge;
  readonly #aliases = new Map<string, string>();
  readonly #counts = new Map<string, number>();
  readonly #redactor: Redactor;
  readonly #times: ReadonlyMap<number, number>;

  /** Prepares the replacement. */
  constructor(knowledge: Knowledge) {
    this.#knowledge = knowledge;
    this.#redactor = new Redactor(knowledge.secrets);
    // The order of times stays, and nothing else.
    const times = [...knowledge.originals].map(timeOf)
      .filter((time) => time !== undefined);
    this.#times = new Map(
      [...new Set(times)].sort((a, b) => a - b)
        .map((time, i) => [time, FIRST_TIME + i * MINUTE_MS]),
    );
  }

  /** Replaces the private values of a document. */
  scrub(document: Document): Document {
    return { ...document, value: this.#value(document.value, [], false) };
  }

  /**
   * Creates a search for private values. Call this method when all documents are
   * scrubbed.
   *
   * @returns A function that tells whether a text contains a private value.
   */
  leakFinder(): (text: string) => boolean {
    const { known, publicWords, secrets } = this.#knowledge;
    const reserved = [...this.#aliases.values()].join("\n");
    // Some lines of a text, such as the first one of a PEM, are not private.
    const words = [...this.#aliases.keys()].flatMap((text) => text.split("\n"))
      .filter((word) =>
        isDistinctive(word) && !publicWords.has(word) &&
        !known.hasAnywhere(word) && !reserved.includes(word)
      );
    const redactor = new Redactor([...secrets, ...words]);
    return (text) => redactor.redact(text) !== text;
  }

  #value(value: Value, keys: Keys, isPersonal: boolean): Value {
    if (typeof value === "string") return this.#text(value, keys, isPersonal);
    if (typeof value === "number") return this.#number(value, keys, isPersonal);
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) {
      const hasIds = value.every((item) => Number.isInteger(item));
      const inside = hasIds ? [...keys, "ids"] : keys;
      return value.map((item) => this.#value(item, inside, isPersonal));
    }
    const entries = Object.entries(value);
    const isPerson = isPersonal || "city" in value && "state" in value ||
      entries.some(([key]) => PERSONAL.test(key));
    return Object.fromEntries(
      entries.map(([key, child]) => [
        this.#key(key, keys),
        this.#value(child, [...keys, key], isPerson),
      ]),
    );
  }

  /** The keys of most objects are names of fields; those of labels are not. */
  #key(key: string, keys: Keys): string {
    const { known } = this.#knowledge;
    // The keys of an object that nobody knows may be data.
    const isSchema = keys.length === 0 || known.hasField(fieldOf(keys));
    const isField = known.hasField(key) || isSchema && IDENTIFIER.test(key);
    if (isField && !isMap(keys) && !this.#isPrivate(key)) return key;
    this.#note([...keys, "*"]);
    return this.#replace(key, "key");
  }

  #number(value: number, keys: Keys, isPersonal: boolean): number {
    const text = String(value);
    if (isPersonal && value !== 0) return Number.isInteger(value) ? 100 : 100.5;
    const mayBeId = isId(keys) || Math.abs(value) >= LONG_INTEGER;
    const isReplaced = Number.isSafeInteger(value) && value > 0 &&
      (this.#isPrivate(text) && (mayBeId || text.length > 3) ||
        mayBeId && !this.#isPublic(text, keys));
    if (!isReplaced) return value;
    return Number(this.#alias(text, "id", (n) => toRoundNumber(text, n)));
  }

  #text(text: string, keys: Keys, isPersonal: boolean): string {
    const field = fieldOf(keys);
    if (text.trim() === "") return text;
    if (isSecret(keys)) return this.#replace(text, "secret");
    if (isMap(keys.slice(0, -1))) return this.#replace(text, "value");
    const time = timeOf(text);
    if (time !== undefined) return writeTime(text, this.#times.get(time)!);
    if (hasAddresses(text)) return this.#addresses(text);
    if (/^https?:\/\//i.test(text)) return this.#url(text);
    if (/^\/(?!dev\/)[^/\s]+\/[^\s]+$/.test(text)) return this.#path(text);
    if (this.#formOf(text)?.isUnique) return this.#replace(text, field);
    if (isPersonal) {
      const isKnown = /status$/i.test(field) && this.#isPublic(text, keys);
      return isKnown ? text : this.#replace(text, field);
    }
    if (isState(keys) && STATE_WORD.test(text)) return text;
    // A node may have the name "default", which other fields use as a word.
    const isWord = !NAME.test(field) && this.#knowledge.known.has(keys, text);
    if (this.#isPrivate(text) && !isWord) return this.#replace(text, field);
    if (this.#isPublic(text, keys)) return this.#redactor.redact(text);
    const isNumber = SHORT_NUMBER.test(text) && !isId(keys);
    if (isNumber || /^(?:true|false)$/.test(text)) return text;
    return this.#replace(text, field, keys);
  }

  #isPublic(text: string, keys: Keys): boolean {
    const { known, publicWords } = this.#knowledge;
    return publicWords.has(text) || known.has(keys, text);
  }

  #isPrivate(text: string): boolean {
    const { privateWords, publicWords } = this.#knowledge;
    return privateWords.has(text) && !publicWords.has(text);
  }

  #url(text: string): string {
    const url = URL.parse(text);
    if (!url) return this.#replace(text, "url");
    const host = this.#host(url.host);
    const query = [...url.searchParams].map(([name, value]) =>
      `${name}=${/^\d{1,4}$/.test(value) ? value : this.#segment(value)}`
    ).join("&");
    const path = this.#path(url.pathname);
    return `${url.protocol}//${host}${path}${query && `?${query}`}`;
  }

  #host(host: string): string {
    if (this.#knowledge.known.hasSegment(host)) return host;
    return hasAddresses(host)
      ? this.#addresses(host)
      : this.#alias(host, "host name", (n) => `host-${n}.example.com`);
  }

  #addresses(text: string): string {
    return replaceAddresses(
      text,
      (address, make) => this.#alias(address, "address", make),
    );
  }

  #path(text: string): string {
    return text.replace(/[^/]+/g, (segment) => this.#segment(segment));
  }

  #segment(segment: string): string {
    const { known, publicWords } = this.#knowledge;
    // Versions of an API, such as "v2", are public as well.
    const isWord = known.hasSegment(segment) || publicWords.has(segment) ||
      /^v\d[\w.]{0,5}$/.test(segment);
    return isWord ? segment : this.#replace(segment, "part");
  }

  /** Replaces a text by one of the same form, or else by a word. */
  #replace(text: string, field: string, keys?: Keys): string {
    const form = this.#formOf(text);
    if (form) {
      // Ids are digits in a text, and numbers elsewhere.
      const kind = form.name === "digits" ? "id" : form.name;
      return this.#alias(text, kind, (n) => form.make(text, n));
    }
    if (keys) this.#note(keys);
    const noun = field.replace(/([a-z])([A-Z])/g, "$1-$2").toLowerCase()
      .replace(/[^a-z]+/g, "-").replace(/^-|(?<!s)s?-?$/g, "") || "text";
    return this.#alias(text, noun, (n) => `${noun}-${n}`);
  }

  #note(keys: Keys): void {
    const names = keys.filter((key) => key !== "item")
      .map((key) => this.#aliases.has(key) ? "*" : key);
    this.unknownFields.add(names.join("."));
  }

  #formOf(text: string): Form | undefined {
    const prefix = prefixOf(text);
    // A name may look like an id with a prefix, and the prefix is private then.
    const isName = prefix && !this.#knowledge.known.hasPrefix(prefix);
    return isName ? undefined : FORMS.find(({ has }) => has(text));
  }

  /** The reserved value for a value: always the same, and no other's. */
  #alias(text: string, kind: string, make: (n: number) => string): string {
    const known = this.#aliases.get(text);
    if (known !== undefined) return known;
    const { originals, publicWords } = this.#knowledge;
    let alias: string;
    do {
      const count = (this.#counts.get(kind) ?? 0) + 1;
      this.#counts.set(kind, count);
      alias = make(count);
    } while (publicWords.has(alias) || originals.has(alias));
    this.#aliases.set(text, alias);
    return alias;
  }
}
