/**
 * Redaction: removes secrets from text that people may read.
 *
 * @module
 */

import { encodeBase64 } from "@std/encoding/base64";
import { lookUp } from "./json.ts";

/** A part of a text. */
interface Range {
  start: number;
  end: number;
}

/** A string to search for. */
interface Form {
  readonly text: string;
  /** Whether it is also cut out of a longer word. */
  readonly isDistinctive: boolean;
  /** Whether the character before it, and the one after it, belong to it. */
  readonly hasEdges: readonly [before: boolean, after: boolean];
}

/** A text, and the encoded text that it was decoded from. */
interface View {
  readonly text: string;
  readonly encoded?: View;
  /** The parts of the encoded text that were decoded. */
  readonly escapes?: RegExp;
}

// Shorter secrets are ignored: they are easy to guess anyway.
const SHORTEST = 4;
// Shorter secrets may be part of an ordinary word.
const DISTINCTIVE_LENGTH = 8;
// Longer secrets are not a word or two, even if they consist of letters.
const WORDS_LENGTH = 15;
const WORD = String.raw`\p{Lu}?\p{Ll}+`;
const WORDS = new RegExp(
  String.raw`^[^\p{L}\p{N}]*${WORD}(?:[ _-]${WORD})*[^\p{L}\p{N}]*$`,
  "u",
);
// The characters beside a part of a longer name, such as those of "example" in
// "web-1.example.com/path".
const JOINED_BEFORE = /[\p{L}\p{M}\p{N}_/]$|[\p{L}\p{M}\p{N}][.-]$/u;
const JOINED_AFTER = /^[\p{L}\p{M}\p{N}_/]|^[.-][\p{L}\p{N}]/u;
const LINE_BREAK = /\r\n?|\n/;

// Escapes of JSON and of programming languages.
const BACKSLASHES = String
  .raw`\\(?:u[\da-fA-F]{4}|x[\da-fA-F]{2}|["'\\/bfnrt])`;
// A character in UTF-8, or a space as forms encode it.
const PERCENTS = String
  .raw`%(?:[0-7]|[c-fC-F][\da-fA-F](?:%[89abAB][\da-fA-F]){0,2}%[89abAB])[\da-fA-F]|\+`;
const ENTITIES = String.raw`&(?:#\d{1,10}|#[xX][\da-fA-F]{1,8}|[A-Za-z]{2,8});`;
const LINE_BREAKS = String.raw`[\r\n]+[ \t]*`;

const [ALL, ...SINGLE] = [
  // Texts that are encoded several times, each time in another way.
  [BACKSLASHES, PERCENTS, ENTITIES, LINE_BREAKS],
  // In a text with only one encoding, the characters of another one have no
  // meaning: "100%" may stand before a secret that begins with "41".
  [BACKSLASHES],
  [PERCENTS],
  [ENTITIES],
].map((escapes) => new RegExp(escapes.join("|"), "g"));
const ENCODINGS = [...SINGLE, ALL!];
// Letters that Unicode may write as a letter and an accent.
const LETTERS = /[^\0-\xbf]/gu;
// How often a text may be encoded.
const MAX_ROUNDS = 4;

const CONTROLS: Readonly<Record<string, string>> = {
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};
const CHARACTERS: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: "\xa0",
};
// As in "&eacute;".
const ACCENTS: Readonly<Record<string, string>> = {
  grave: "\u0300",
  acute: "\u0301",
  circ: "\u0302",
  tilde: "\u0303",
  uml: "\u0308",
  ring: "\u030a",
  cedil: "\u0327",
};

/**
 * Replaces secrets in a text by `[redacted]`. The rest of the text is not
 * changed. This takes linear time.
 *
 * A secret is found in each of these forms, and in combinations of them:
 *
 * - as it is, with any line breaks
 * - escaped in JSON, HTML or XML, also several times
 * - percent-encoded in a URL or a form
 * - in Base64 or base64url, alone or in a longer string such as
 *   `user:password`
 * - with accents in another Unicode normalization
 * - each line of it, if it has several
 *
 * Secrets that could be an ordinary word are not cut out of longer words, host
 * names and paths; see {@linkcode isDistinctive}. They are replaced if they
 * stand alone, as in `"secret"` or `password=secret`. Secrets of less than four
 * characters are ignored.
 *
 * @param text The text.
 * @param secrets The secrets.
 * @returns The text with `[redacted]` in place of secrets.
 */
export function redact(text: string, secrets: Iterable<string>): string {
  return new Redactor(secrets).redact(text);
}

/** Secrets that are removed from several texts. */
export class Redactor {
  readonly #secrets: readonly string[];
  readonly #index: FormIndex;

  /** Prepares the search. */
  constructor(secrets: Iterable<string>) {
    this.#secrets = [...secrets];
    this.#index = new FormIndex(formsOf(this.#secrets));
  }

  /** Whether these are the secrets, in the same order. */
  isFor(secrets: readonly string[]): boolean {
    return secrets.length === this.#secrets.length &&
      secrets.every((secret, i) => secret === this.#secrets[i]);
  }

  /** Replaces the secrets in a text, as {@linkcode redact} does. */
  redact(text: string): string {
    const ranges: Range[] = [];
    if (this.#index.isEmpty) return text;
    for (const view of viewsOf(text)) {
      for (const range of toOriginal(view, this.#index.find(view.text))) {
        ranges.push(range);
      }
    }
    return cut(text, ranges);
  }
}

/**
 * Tells whether a string is so long, or so unusual, that it is a secret wherever
 * it occurs. Ordinary words, such as `"server"` or `"cloud-config"`, are not.
 *
 * @param text The string.
 * @returns Whether the string has at least 8 characters, and, up to 15
 *   characters, does not consist of words only.
 */
export function isDistinctive(text: string): boolean {
  return text.length > WORDS_LENGTH ||
    text.length >= DISTINCTIVE_LENGTH && !WORDS.test(text);
}

/** Lists the strings that show one of the secrets. */
function formsOf(secrets: Iterable<string>): Form[] {
  const parts = new Set<string>();
  for (const secret of secrets) {
    parts.add(secret);
    const lines = secret.split(LINE_BREAK).map((line) => line.trim());
    // Other lines are words, and say nothing on their own.
    if (lines.length > 1) {
      for (const line of lines) if (isDistinctive(line)) parts.add(line);
    }
  }
  const forms: Form[] = [];
  for (const part of parts) {
    for (const form of [toForm(part), ...base64FormsOf(part)]) {
      // The secret itself may look as if it were encoded.
      for (const { text, encoded } of viewsOf(form.text)) {
        if (text.length < SHORTEST) continue;
        const isShort = encoded && !isDistinctive(text);
        forms.push(
          { ...form, text, isDistinctive: form.isDistinctive && !isShort },
        );
      }
    }
  }
  return forms;
}

function toForm(text: string): Form {
  return {
    text,
    isDistinctive: isDistinctive(text),
    hasEdges: [false, false],
  };
}

/** Lists what a secret can look like in Base64. */
function base64FormsOf(secret: string): Form[] {
  const bytes = new TextEncoder().encode(secret);
  const alone = toForm(encodeBase64(bytes).replace(/=+$/, ""));
  // Base64 encodes three bytes at once. Hence the bytes before the secret change
  // the form of the secret.
  const inside = [0, 1, 2].map((before): Form => {
    const length = before + bytes.length;
    const padded = new Uint8Array(length);
    padded.set(bytes, before);
    // Characters that also depend on other bytes are left out here.
    const start = Math.ceil(before * 8 / 6);
    const end = Math.floor(length * 8 / 6);
    return {
      text: encodeBase64(padded).slice(start, end),
      isDistinctive: true,
      hasEdges: [before > 0, length % 3 > 0],
    };
  }).filter(({ text }) => text.length >= DISTINCTIVE_LENGTH);
  return [alone, ...inside].flatMap(variantsOf);
}

/** A form in Base64, and the same form in base64url. */
function variantsOf(form: Form): Form[] {
  const { text } = form;
  const urlText = text.replaceAll("+", "-").replaceAll("/", "_");
  return text === urlText ? [form] : [form, { ...form, text: urlText }];
}

/** Searches many forms at once. */
class FormIndex {
  /** The forms, sorted by their text. */
  readonly #forms: readonly Form[];
  /** The longest form with which each form begins. */
  readonly #shorter = new Map<Form, Form>();
  /** Whether a form begins with four characters that have this hash. */
  readonly #hashes: Uint8Array;
  readonly #longest: number;

  constructor(forms: Form[]) {
    // Most connections have one or two secrets, and most texts are short: a
    // small table takes less time.
    this.#hashes = new Uint8Array(2 ** (forms.length < 50 ? 10 : 16));
    this.#forms = forms.sort((a, b) => a.text < b.text ? -1 : 1);
    this.#longest = forms.reduce(
      (longest, { text }) => Math.max(longest, text.length),
      0,
    );
    let last: Form | undefined;
    for (const form of forms) {
      while (last && !form.text.startsWith(last.text)) {
        last = this.#shorter.get(last);
      }
      if (last) this.#shorter.set(form, last);
      last = form;
      let hash = 0;
      for (let i = 0; i < SHORTEST; i++) hash = addTo(hash, form.text, i);
      this.#hashes[this.#slot(hash)] = 1;
    }
  }

  #slot(hash: number): number {
    return hash & this.#hashes.length - 1;
  }

  /** Whether there are no forms. */
  get isEmpty(): boolean {
    return this.#forms.length === 0;
  }

  /** Finds all forms in a text. The ranges are in order, and do not overlap. */
  find(text: string): Range[] {
    const ranges: Range[] = [];
    let hash = 0;
    for (let i = 0; i < text.length; i++) {
      hash = addTo(hash, text, i);
      if (this.#hashes[this.#slot(hash)] === 0) continue;
      const at = i + 1 - SHORTEST;
      const form = this.#findAt(text, at);
      if (form) add(ranges, toRange(text, at, form));
    }
    return ranges;
  }

  /** Finds the longest form at an offset. */
  #findAt(text: string, at: number): Form | undefined {
    const rest = text.slice(at, at + this.#longest);
    // The last form that is not after the rest begins with every form with
    // which the rest begins.
    let low = 0;
    let high = this.#forms.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#forms[middle]!.text <= rest) low = middle + 1;
      else high = middle;
    }
    let form = this.#forms[low - 1];
    while (form && !isAt(text, at, form)) form = this.#shorter.get(form);
    return form;
  }
}

/** Hash of the last four characters: each earlier one is shifted out of it. */
function addTo(hash: number, text: string, at: number): number {
  return (hash << 4 ^ text.charCodeAt(at)) & 0xffff;
}

function isAt(text: string, at: number, form: Form): boolean {
  if (!text.startsWith(form.text, at)) return false;
  if (form.isDistinctive) return true;
  const end = at + form.text.length;
  return !JOINED_BEFORE.test(text.slice(Math.max(at - 2, 0), at)) &&
    !JOINED_AFTER.test(text.slice(end, end + 2));
}

/** The range of a form in a text, with the rest of its Base64. */
function toRange(text: string, at: number, form: Form): Range {
  const [before, after] = form.hasEdges;
  const start = before ? Math.max(at - 1, 0) : at;
  let end = at + form.text.length;
  if (after) {
    end = Math.min(end + 1, text.length);
    for (let i = 0; i < 2 && text[end] === "="; i++) end++;
  }
  return { start, end };
}

/**
 * Decodes a text in all ways in which a service may have encoded it. The first
 * view is the text itself.
 */
function viewsOf(text: string): readonly View[] {
  const views: View[] = [{ text }];
  /** Adds a view, unless it is known. */
  const view = (encoded: View, escapes: RegExp, text: string): View => {
    const known = views.find((view) => view.text === text);
    const added = known ?? { text, encoded, escapes };
    if (!known) views.push(added);
    return added;
  };
  const normal = view(views[0]!, LETTERS, text.normalize("NFD"));
  // Most texts contain no escapes at all.
  if (text.search(ALL!) < 0) return views;
  for (const escapes of ENCODINGS) {
    let last = normal;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const decoded = last.text.replace(escapes, decode);
      if (decoded === last.text) break;
      last = view(last, escapes, decoded);
    }
  }
  return views;
}

/** Decodes one escape. An invalid one stays as it is. */
function decode(escape: string): string {
  switch (escape[0]) {
    case "\\":
      return fromBackslash(escape.slice(1));
    case "%":
      return fromPercents(escape);
    case "+":
      return " ";
    case "&":
      return fromEntity(escape.slice(1, -1)) ?? escape;
    case "\r":
    case "\n":
      return "";
    default:
      return escape.normalize("NFD");
  }
}

function fromBackslash(code: string): string {
  return code.length > 1
    ? fromCode(parseInt(code.slice(1), 16))!
    : CONTROLS[code] ?? code;
}

function fromPercents(escape: string): string {
  if (escape.length === 3) return fromCode(parseInt(escape.slice(1), 16))!;
  const [first = 0, ...others] = escape.slice(1).split("%")
    .map((byte) => parseInt(byte, 16));
  // The bits of the first byte that belong to the character.
  const lead = others.length > 0 ? first & 0x3f >> others.length : first;
  const code = others.reduce((code, byte) => code << 6 | byte & 0x3f, lead);
  return fromCode(code) ?? escape;
}

function fromEntity(name: string): string | undefined {
  if (/^#[xX]/.test(name)) return fromCode(parseInt(name.slice(2), 16));
  if (name.startsWith("#")) return fromCode(Number(name.slice(1)));
  const accent = lookUp(ACCENTS, name.slice(1));
  return accent ? name[0] + accent : lookUp(CHARACTERS, name);
}

function fromCode(code: number): string | undefined {
  return code <= 0x10ffff
    ? String.fromCodePoint(code).normalize("NFD")
    : undefined;
}

/** Converts ranges of a decoded text into ranges of the original text. */
function toOriginal(view: View, ranges: readonly Range[]): readonly Range[] {
  while (view.encoded && ranges.length > 0) {
    ranges = toEncoded(view, view.encoded.text, ranges);
    view = view.encoded;
  }
  return ranges;
}

/** Converts ranges of a decoded text into ranges of the encoded text. */
function toEncoded(
  { escapes }: View,
  encoded: string,
  ranges: readonly Range[],
): Range[] {
  const starts: number[] = [];
  const ends: number[] = [];
  // Offset in the encoded text minus offset in the decoded text.
  let shift = 0;
  /** Converts the offsets up to the end of an escape. */
  const convert = (at: number, length: number, decodedLength: number) => {
    const decodedAt = at - shift;
    const decodedEnd = decodedAt + decodedLength;
    while (ranges[starts.length]?.start! < decodedEnd) {
      const { start } = ranges[starts.length]!;
      starts.push(start < decodedAt ? start + shift : at);
    }
    while (ranges[ends.length]?.end! <= decodedEnd) {
      const { end } = ranges[ends.length]!;
      ends.push(end <= decodedAt ? end + shift : at + length);
    }
    shift += length - decodedLength;
  };
  const lengths = new Map<string, number>();
  const lengthOf = (escape: string): number => {
    const length = lengths.get(escape) ?? decode(escape).length;
    lengths.set(escape, length);
    return length;
  };
  encoded.replace(escapes!, (escape, at: number) => {
    convert(at, escape.length, lengthOf(escape));
    return "";
  });
  convert(encoded.length + 1, 0, 0);
  return starts.map((start, i) => ({ start, end: ends[i]! }));
}

/** Adds a range, or extends the last one if they overlap. */
function add(ranges: Range[], { start, end }: Range): void {
  const last = ranges.at(-1);
  if (last && start < last.end) {
    last.start = Math.min(last.start, start);
    last.end = Math.max(last.end, end);
  } else ranges.push({ start, end });
}

/** Replaces the ranges of a text, which are in any order. */
function cut(text: string, ranges: readonly Range[]): string {
  const joined: Range[] = [];
  for (const range of ranges.toSorted((a, b) => a.start - b.start)) {
    add(joined, range);
  }
  let at = 0;
  const parts: string[] = [];
  for (const { start, end } of joined) {
    parts.push(text.slice(at, start), "[redacted]");
    at = end;
  }
  return parts.join("") + text.slice(at);
}
