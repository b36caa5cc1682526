/**
 * A reader for the XML that providers speak: elements, text, the five entities
 * and numeric references, CDATA, comments, processing instructions; attributes
 * are read over. There is no DOCTYPE in it, hence no entity that grows.
 *
 * @module
 */

/** A tag, kept once for all elements that have it. */
interface Tag {
  /** Name with its prefix. */
  readonly raw: string;
  /** Name without it. */
  readonly name: string;
}

/**
 * A document that was read: a few numbers to an element, in the order of their
 * tags. Objects for elements are made where somebody looks, since most of a
 * page is never asked for.
 */
interface Document {
  readonly text: string;
  readonly tags: Tag[];
  /** Where the content of each element starts. */
  readonly starts: number[];
  /** Where it ends. */
  readonly ends: number[];
  /** The first element after each that is not inside it. */
  readonly nexts: number[];
}

// More than any provider nests.
const MAX_DEPTH = 64;
const BLANK = 32;
const EXCLAMATION = 33;
const SLASH = 47;
const GREATER = 62;
const QUESTION = 63;
const SLOTS = 1024;
const NAME =
  /^(?:[\p{L}_][\p{L}\p{M}\p{N}_.·-]*:)?[\p{L}_][\p{L}\p{M}\p{N}_.·-]*$/u;
// Up to the quote that opens the value.
const ATTRIBUTE = /[ \t\r\n]+[^\s"'<>/=]+[ \t\r\n]*=[ \t\r\n]*["']/y;
const SPACE = " \t\r\n";
const REFERENCE = /&(?:amp|lt|gt|quot|apos|#\d+|#x[\da-fA-F]+);/y;
// What a text has that is not plain.
const SPECIAL = /[&<\r]/;
const SPECIALS =
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
    return this.#document.tags[this.#at]!.name;
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
    const { nexts, tags } = this.#document;
    const end = nexts[this.#at]!;
    for (let at = this.#at + 1; at < end; at = nexts[at]!) {
      if (name === undefined || tags[at]!.name === name) {
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
  const tags: Tag[] = [];
  const starts: number[] = [];
  const ends: number[] = [];
  const nexts: number[] = [];
  const open: number[] = [];
  // One tag to a slot: what lands in one that is taken replaces it, so that no
  // choice of names makes this slow.
  const slots: (Tag | undefined)[] = Array(SLOTS).fill(undefined);
  let ampersand = -1;
  let at = text.startsWith("\ufeff") ? 1 : 0;

  function fail(why: string): never {
    throw new SyntaxError(`Cannot read XML: ${why} at character ${at}`);
  }

  function skipTo(end: string, from: number): number {
    const found = text.indexOf(end, from);
    return found < 0
      ? fail(`no "${end}" ends what starts`)
      : found + end.length;
  }

  function skipSpace(from: number): number {
    while (SPACE.includes(text.charAt(from)) && from < text.length) from++;
    return from;
  }

  function skipAttributes(from: number): number {
    for (ATTRIBUTE.lastIndex = from; ATTRIBUTE.test(text);) {
      const { lastIndex } = ATTRIBUTE;
      from = skipTo(text[lastIndex - 1]!, lastIndex);
      ATTRIBUTE.lastIndex = from;
    }
    return skipSpace(from);
  }

  for (;;) {
    const less = text.indexOf("<", at);
    const end = less < 0 ? text.length : less;
    if (open.length === 0) {
      if (skipSpace(at) !== end) fail("text outside the root");
      if (less < 0) break;
    } else if (less < 0) fail("an element is open");
    if (ampersand < at) ampersand = text.indexOf("&", at) >>> 0;
    for (
      ;
      ampersand < end;
      ampersand = text.indexOf("&", ampersand + 1) >>> 0
    ) {
      if (!isReference(text, ampersand)) fail("an unknown reference");
    }
    at = less;
    const mark = text.charCodeAt(at + 1);
    if (mark === SLASH) {
      const ended = open.pop();
      const raw = tags[ended ?? -1]?.raw;
      if (ended === undefined || raw === undefined) fail("the end of nothing");
      let close = at + 2 + raw.length;
      if (text.charCodeAt(close) !== GREATER) close = skipSpace(close);
      if (
        !text.startsWith(raw, at + 2) || text.charCodeAt(close) !== GREATER
      ) fail("the end of another element");
      ends[ended] = at;
      nexts[ended] = tags.length;
      at = close + 1;
    } else if (mark === QUESTION) {
      at = skipTo("?>", at + 2);
    } else if (mark === EXCLAMATION) {
      if (text.startsWith("--", at + 2)) at = skipTo("-->", at + 4);
      else if (open.length > 0 && text.startsWith("[CDATA[", at + 2)) {
        at = skipTo("]]>", at + 9);
      } else fail("a DOCTYPE or the like");
    } else {
      if (tags.length > 0 && open.length === 0) fail("a second root");
      if (open.length === MAX_DEPTH) fail("elements nest too deeply");
      // Names are the most of a page: few differ, and none is cut out twice.
      let hash = 0;
      let after = at + 1;
      for (; after < text.length; after++) {
        const code = text.charCodeAt(after);
        if (code === GREATER || code === SLASH || code <= BLANK) break;
        hash = Math.imul(hash, 31) + code | 0;
      }
      const slot = hash & (SLOTS - 1);
      let tag = slots[slot];
      if (
        tag?.raw.length !== after - at - 1 || !text.startsWith(tag.raw, at + 1)
      ) {
        const raw = copy(text.slice(at + 1, after));
        if (!NAME.test(raw)) fail("a name that is none");
        tag = slots[slot] = {
          raw,
          name: copy(raw.slice(raw.indexOf(":") + 1)),
        };
      }
      let isEmpty = false;
      if (text.charCodeAt(after) !== GREATER) {
        after = skipAttributes(after);
        isEmpty = text[after] === "/";
        if (isEmpty) after++;
        if (text[after] !== ">") fail("a tag that is none");
      }
      at = after + 1;
      if (!isEmpty) open.push(tags.length);
      tags.push(tag);
      starts.push(at);
      ends.push(at);
      nexts.push(tags.length);
    }
  }
  if (tags.length === 0) fail("no element");
  return XmlElement["root"]({ text, tags, starts, ends, nexts });
}

/** Finds an element of a name directly inside one; 0, the root, for none. */
function find({ tags, nexts }: Document, parent: number, name: string): number {
  const end = nexts[parent]!;
  for (let at = parent + 1; at < end; at = nexts[at]!) {
    if (tags[at]!.name === name) return at;
  }
  return 0;
}

/** Reads the text of an element that has no elements. */
function textOf({ text, starts, ends, nexts }: Document, at: number): string {
  if (nexts[at] !== at + 1) return "";
  const cut = text.slice(starts[at], ends[at]);
  return SPECIAL.test(cut)
    ? cut.replace(SPECIALS, (all, sharp, word, literal) => {
      if (word) {
        return sharp ? String.fromCodePoint(toCode(word)) : ENTITIES[word]!;
      }
      return literal?.replace(/\r\n?/g, "\n") ?? (all[0] === "\r" ? "\n" : "");
    })
    : copy(cut);
}

/**
 * Copies a text. V8 cuts what is longer than 12 characters out of the whole by
 * pointing into it, so that an id keeps a page of megabytes; join() writes anew.
 */
function copy(cut: string): string {
  return cut.length > 12 ? [cut.slice(0, 12), cut.slice(12)].join("") : cut;
}

function isReference(text: string, at: number): boolean {
  REFERENCE.lastIndex = at;
  const [reference] = REFERENCE.exec(text) ?? [];
  if (!reference?.startsWith("&#")) return reference !== undefined;
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
