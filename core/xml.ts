/**
 * A reader for the XML that providers speak: elements, text, the five entities
 * and numeric references, CDATA, comments, processing instructions; attributes
 * are read over. There is no DOCTYPE in it, hence no entity that grows.
 *
 * @module
 */

/**
 * A document that was read: a few numbers to an element, in the order of their
 * tags. Objects for elements are made where somebody looks, since most of a
 * page is never asked for.
 */
interface Document {
  readonly text: string;
  /** Name of each element, without a prefix. */
  readonly names: string[];
  /** Where its content starts. */
  readonly starts: number[];
  /** Where that ends, or -1 less that where it is not what it stands for. */
  readonly ends: number[];
  /** The first element after it that is not inside it. */
  readonly nexts: number[];
  /** Texts that were asked for. */
  readonly texts: string[];
}

// More than any provider nests.
const MAX_DEPTH = 64;
const SLOTS = 1024;
const BLANK = 32;
const EXCLAMATION = 33;
const SLASH = 47;
const COLON = 58;
const GREATER = 62;
const QUESTION = 63;
// One with a prefix has two parts.
const NAME = /^(?!:)(?:(?:^|:)[\p{L}_][\p{L}\p{M}\p{N}_.·-]*){1,2}$/u;
const ATTRIBUTE =
  /[ \t\r\n]+[^\s"'<>/=]+[ \t\r\n]*=[ \t\r\n]*(?:"[^"]*"|'[^']*')/y;
const TAG_END = /[ \t\r\n]*\/?>/y;
const SPACE = /[ \t\r\n]*/y;
const ASIDE = /<!--[^]*?-->|<\?[^]*?\?>/y;
const CDATA = /<!\[CDATA\[[^]*?\]\]>/y;
const REFERENCE = /&(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[\da-fA-F]{1,6});/y;
// All that stands for something else, in a text that has been checked.
const ODD =
  /&(#?)(\w+);|<!\[CDATA\[([^]*?)\]\]>|<!--[^]*?-->|<\?[^]*?\?>|\r\n?/g;
const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
};

/** An element of XML. */
export class XmlElement {
  readonly #document: Document;
  readonly #at: number;

  private constructor(document: Document, at: number) {
    this.#document = document;
    this.#at = at;
  }

  /** Makes the root, which the constructor may do in here only. */
  private static root(document: Document): XmlElement {
    return new XmlElement(document, 0);
  }

  /** Name, without a prefix. */
  get name(): string {
    return this.#document.names[this.#at]!;
  }

  /** Elements directly inside it. */
  get children(): readonly XmlElement[] {
    return this.#inside([]);
  }

  /** Text, decoded; `""` where it has none, or elements instead. */
  get text(): string {
    return textOf(this.#document, this.#at);
  }

  /**
   * Finds an element directly inside this one.
   *
   * @param name Its name, without a prefix.
   * @returns The first of that name.
   */
  get(name: string): XmlElement | undefined {
    const at = find(this.#document, this.#at, name);
    return at ? new XmlElement(this.#document, at) : undefined;
  }

  /**
   * Finds the elements at the end of a path: `all("tagSet", "item")`.
   *
   * @param names Names from here on, without prefixes.
   * @returns All of them; `[]` where there are none.
   */
  all(...names: readonly string[]): XmlElement[] {
    let found: XmlElement[] = [this];
    for (const name of names) {
      const parents = found;
      found = [];
      for (const parent of parents) parent.#inside(found, name);
    }
    return found;
  }

  /**
   * Reads the text at the end of a path: `textAt("instanceState", "name")`.
   *
   * @param names Names from here on, without prefixes; the first of each name
   *   counts.
   * @returns The text; `undefined` where it is absent or empty.
   */
  textAt(...names: readonly string[]): string | undefined {
    let at = this.#at;
    for (const name of names) {
      at = find(this.#document, at, name);
      if (!at) return undefined;
    }
    return textOf(this.#document, at) || undefined;
  }

  #inside(found: XmlElement[], name?: string): XmlElement[] {
    const { names, nexts } = this.#document;
    const end = nexts[this.#at]!;
    for (let at = this.#at + 1; at < end; at = nexts[at]!) {
      if (name === undefined || names[at] === name) {
        found.push(new XmlElement(this.#document, at));
      }
    }
    return found;
  }
}

/**
 * Reads a document, in time linear in its length.
 *
 * @param text The document.
 * @returns Its root.
 * @throws {SyntaxError} If it is none, has a DOCTYPE, or nests more than 64
 *   elements; what it says quotes nothing of the text.
 */
export function parseXml(text: string): XmlElement {
  const names: string[] = [];
  const starts: number[] = [];
  const ends: number[] = [];
  const nexts: number[] = [];
  const open: number[] = [];
  const known: string[] = Array(SLOTS);
  // Line ends are rare enough not to be looked for in every text.
  const hasReturns = text.includes("\r");
  let isOdd = hasReturns;
  let hasPrefixes = false;
  let ampersand = -1;
  let at = text.startsWith("\ufeff") ? 1 : 0;

  function fail(why = "it is malformed"): never {
    throw new SyntaxError(`Cannot read XML: ${why} at character ${at}`);
  }

  /** Copies a name, and makes it one with those in code, which compares fast. */
  function copyName(part: string): string {
    return NAME.test(part) ? Object.keys({ [part]: 0 })[0]! : fail();
  }

  /** Goes past something, if it is there. */
  function skip(what: RegExp): boolean {
    what.lastIndex = at;
    const isThere = what.test(text);
    if (isThere) at = what.lastIndex;
    return isThere;
  }

  for (;;) {
    const found = text.indexOf("<", at);
    const less = found < 0 ? text.length : found;
    const depth = open.length;
    if (depth === 0) {
      skip(SPACE);
      if (at < less) fail();
      if (found < 0) break;
    }
    if (ampersand < at) ampersand = text.indexOf("&", at) >>> 0;
    while (ampersand < less) {
      isOdd = true;
      at = ampersand;
      if (!isReference(text, at)) fail();
      ampersand = text.indexOf("&", at + 1) >>> 0;
    }
    at = less;
    const mark = text.charCodeAt(at + 1);
    if (mark === SLASH) {
      const ended = open.pop() ?? fail();
      const tag = names[ended]!;
      if (!matches(text, tag, at + 2)) fail();
      ends[ended] = isOdd ? ~at : at;
      nexts[ended] = names.length;
      at += 2 + tag.length;
      if (text.charCodeAt(at) === GREATER) at++;
      else if (!skip(TAG_END) || text.charCodeAt(at - 2) === SLASH) fail();
    } else if (mark === EXCLAMATION || mark === QUESTION) {
      if (!skip(ASIDE) && !(depth > 0 && skip(CDATA))) fail();
      isOdd = true;
    } else {
      let end = at + 1;
      for (; end < text.length; end++) {
        const code = text.charCodeAt(end);
        if (code === GREATER || code === SLASH || code <= BLANK) break;
        if (code === COLON) hasPrefixes = true;
      }
      const tag = cut(text, at + 1, end, known, copyName);
      if (depth === MAX_DEPTH) fail("it is too deep");
      if (depth === 0 && names.length > 0) fail();
      at = end;
      if (text.charCodeAt(at) === GREATER) at++;
      else {
        while (skip(ATTRIBUTE));
        if (!skip(TAG_END)) fail();
      }
      if (text.charCodeAt(at - 2) !== SLASH) open.push(names.length);
      names.push(tag);
      starts.push(at);
      ends.push(at);
      nexts.push(names.length);
      isOdd = hasReturns;
    }
  }
  if (names.length === 0) fail();
  if (hasPrefixes) {
    for (const [at, name] of names.entries()) {
      names[at] = name.slice(name.indexOf(":") + 1);
    }
  }
  const texts: string[] = Array(SLOTS);
  return XmlElement["root"]({ text, names, starts, ends, nexts, texts });
}

/** Finds an element of a name directly inside one; 0, the root, for none. */
function find(
  { names, nexts }: Document,
  parent: number,
  name: string,
): number {
  const end = nexts[parent]!;
  for (let at = parent + 1; at < end; at = nexts[at]!) {
    if (names[at] === name) return at;
  }
  return 0;
}

/** Reads the text of an element that has no elements. */
function textOf(
  { text, starts, ends, nexts, texts }: Document,
  at: number,
): string {
  const start = starts[at]!;
  const end = ends[at]!;
  if (nexts[at] !== at + 1 || end === start) return "";
  if (end >= 0) return cut(text, start, end, texts, copyText);
  const plain = text.slice(start, ~end).replace(
    ODD,
    (all, sharp, word, literal: string | undefined) =>
      word
        ? sharp ? String.fromCodePoint(toCode(word)) : ENTITIES[word]!
        : literal?.replace(/\r\n?/g, "\n") ?? (all[0] === "\r" ? "\n" : ""),
  );
  return copyText(plain);
}

/**
 * Cuts a part out of a text, once where it repeats.
 *
 * @param slots What was cut out so far. What lands in a slot that is taken
 *   replaces what is there, so that no choice of texts makes this slow.
 * @param copy Makes a text of its own of the part.
 */
function cut(
  text: string,
  start: number,
  end: number,
  slots: string[],
  copy: (part: string) => string,
): string {
  let slot = 0;
  for (let at = start; at < end; at++) {
    slot = slot * 31 + text.charCodeAt(at) & SLOTS - 1;
  }
  const known = slots[slot];
  return known?.length === end - start && matches(text, known, start)
    ? known
    : slots[slot] = copy(text.slice(start, end));
}

/**
 * Copies a text. V8 makes of what is cut out of a text, and longer than 12
 * characters, a pointer into it, so that an id keeps a page of megabytes;
 * join() writes anew.
 */
function copyText(part: string): string {
  return [part.slice(0, 1), part.slice(1)].join("");
}

function isReference(text: string, at: number): boolean {
  REFERENCE.lastIndex = at;
  const [reference = ""] = REFERENCE.exec(text) ?? [];
  if (reference[1] !== "#") return reference !== "";
  const code = toCode(reference.slice(2, -1));
  // What the W3C calls a character.
  return code === 9 || code === 10 || code === 13 ||
    code >= 0x20 && code <= 0xd7ff || code >= 0xe000 && code <= 0xfffd ||
    code >= 0x10000 && code <= 0x10ffff;
}

/** Reads "65" and "x41". */
function toCode(digits: string): number {
  return Number(digits.replace("x", "0x"));
}

/** Tells whether a part is there; for few characters faster than startsWith(). */
function matches(text: string, part: string, at: number): boolean {
  for (let i = 0; i < part.length; i++) {
    if (text.charCodeAt(at + i) !== part.charCodeAt(i)) return false;
  }
  return true;
}
