/**
 * A parser for the XML of providers: elements, text, the five predefined
 * entities, numeric references, CDATA, comments and processing instructions.
 * Attributes are skipped. A DOCTYPE is an error, so no entity can expand.
 *
 * @module
 */

/**
 * A parsed document: four numbers per element, in the order of the tags.
 * Objects for elements are created on demand, because callers read only a small
 * part of a page.
 */
interface Document {
  readonly text: string;
  /** Index in `words` of each element name, without its prefix. */
  readonly ids: ReadonlyMap<string, number>;
  readonly words: readonly string[];
  /**
   * Four numbers per element:
   *
   * 1. the id of its name,
   * 2. the offset at which its content starts,
   * 3. the offset at which its content ends, as its bitwise complement if the
   *    content has to be decoded,
   * 4. the index in `tape` of the first element after it that is not inside it.
   */
  readonly tape: readonly number[];
  /**
   * Cache of texts that were read. Many texts repeat and can share one string.
   */
  readonly texts: string[];
}

/** A tag: its name with the prefix, and the id of its name without. */
interface Tag {
  readonly raw: string;
  readonly id: number;
}

// Numbers per element.
const STRIDE = 4;
// More levels than the response of any provider has.
const MAX_DEPTH = 64;
// Last slot of the cache of texts. A text replaces the one in its slot, so no
// choice of texts can make the cache slow.
const LAST_SLOT = 1023;
const BLANK = 32;
const EXCLAMATION = 33;
const SLASH = 47;
const GREATER = 62;
const QUESTION = 63;
// A name with a prefix, such as "a:b", has two parts.
const NAME = /^(?!:)(?:(?:^|:)[\p{L}_][\p{L}\p{M}\p{N}_.·-]*){1,2}$/u;
const ATTRIBUTE = /\s+[^\s"'<>/=]+\s*=\s*(?:"[^"]*"|'[^']*')/y;
const TAG_END = /\s*\/?>/y;
const ASIDE = /<(?:!--[^]*?--|\?[^]*?\?|!\[CDATA\[[^]*?]])>/y;
const REFERENCE = /^&(?:#(x?)([\dA-Fa-f]{1,7})|(amp|lt|gt|quot|apos));/;
// Everything that has to be decoded, in a text that was checked before.
const ODD = /&[^;]+;|<!\[CDATA\[([^]*?)]]>|<(?:!--[^]*?--|\?[^]*?\?)>|\r\n?/g;
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

  /** Creates the root; the constructor is private. */
  private static root(document: Document): XmlElement {
    return new XmlElement(document, 0);
  }

  /** Name, without its prefix. */
  get name(): string {
    const { tape, words } = this.#document;
    return words[tape[this.#at]!]!;
  }

  /** Child elements. */
  get children(): readonly XmlElement[] {
    return this.#inside([]);
  }

  /** Decoded text; `""` if the element is empty or contains elements. */
  get text(): string {
    return textOf(this.#document, this.#at);
  }

  /**
   * Finds a child element.
   *
   * @param name Its name, without a prefix.
   * @returns The first child of that name, or `undefined`.
   */
  get(name: string): XmlElement | undefined {
    return this.all(name)[0];
  }

  /**
   * Finds all elements at the end of a path, as in `all("tagSet", "item")`.
   *
   * @param names Names of the elements on the path, without prefixes.
   * @returns The elements; `[]` if there are none.
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
   * Reads the text at the end of a path, as in `textAt("instanceState", "name")`.
   *
   * @param names Names of the elements on the path, without prefixes. If
   *   several elements have the same name, the first one is used. Without
   *   names, the text of this element.
   * @returns The text without white space at its beginning and end; `undefined`
   *   if it is absent or blank. `get()` and `text` return the exact text.
   */
  textAt(...names: readonly string[]): string | undefined {
    let at = this.#at;
    for (const name of names) {
      at = find(this.#document, at, name);
      if (!at) return undefined;
    }
    return textOf(this.#document, at).trim() || undefined;
  }

  /** Adds the child elements, or those of one name, to `found`. */
  #inside(found: XmlElement[], name?: string): XmlElement[] {
    const { ids, tape } = this.#document;
    const id = name === undefined ? name : ids.get(name) ?? -1;
    const end = tape[this.#at + 3]!;
    for (let at = this.#at + STRIDE; at < end; at = tape[at + 3]!) {
      if (id === undefined || tape[at] === id) {
        found.push(new XmlElement(this.#document, at));
      }
    }
    return found;
  }
}

/**
 * Parses a document in linear time.
 *
 * @param text The document.
 * @returns The root element.
 * @throws {SyntaxError} If the text is not well-formed XML, contains a DOCTYPE,
 *   or nests more than 64 elements. The message does not quote the text.
 */
export function parseXml(text: string): XmlElement {
  const tape: number[] = [];
  const ids = new Map<string, number>();
  const words: string[] = [];
  const known = new Map<string, Tag>();
  // The elements that have not ended yet; `depth` is their number.
  const open: number[] = [];
  const tags: Tag[] = [];
  let depth = 0;
  // Carriage returns are rare. Therefore they are searched only once.
  const hasReturns = text.includes("\r");
  let isOdd = hasReturns;
  let ampersand = -1;
  let at = 0;

  function fail(): never {
    throw new SyntaxError(`parseXml: unexpected input at offset ${at}`);
  }

  /** Skips a match at the current offset, if there is one. */
  function skip(what: RegExp): boolean {
    what.lastIndex = at;
    const isMatch = what.test(text);
    if (isMatch) at = what.lastIndex;
    return isMatch;
  }

  function toTag(part: string): Tag {
    if (!NAME.test(part)) fail();
    const raw = copy(part);
    const word = raw.slice(raw.indexOf(":") + 1);
    let id = ids.get(word);
    if (id === undefined) {
      id = words.push(copy(word)) - 1;
      ids.set(word, id);
    }
    const tag = { raw, id };
    known.set(raw, tag);
    return tag;
  }

  for (;;) {
    const found = text.indexOf("<", at);
    const less = found < 0 ? text.length : found;
    if (depth === 0) {
      // Outside the root: only white space, or a byte order mark.
      if (text.slice(at, less).trim()) fail();
      if (found < 0) break;
    }
    if (ampersand < at) ampersand = text.indexOf("&", at) >>> 0;
    while (ampersand < less) {
      isOdd = true;
      at = ampersand;
      if (!toCharacter(text, at)) fail();
      ampersand = text.indexOf("&", at + 1) >>> 0;
    }
    at = less;
    const mark = text.charCodeAt(at + 1);
    if (mark === SLASH) {
      if (depth-- === 0) fail();
      const ended = open[depth]!;
      const { raw } = tags[depth]!;
      if (!text.startsWith(raw, at + 2)) fail();
      tape[ended + 2] = isOdd ? ~at : at;
      tape[ended + 3] = tape.length;
      at += 2 + raw.length;
      if (text.charCodeAt(at) === GREATER) at++;
      else if (!skip(TAG_END) || text.charCodeAt(at - 2) === SLASH) fail();
    } else if (mark === EXCLAMATION || mark === QUESTION) {
      if (!skip(ASIDE) || depth === 0 && text[less + 2] === "[") fail();
      isOdd = true;
    } else {
      let end = at + 1;
      for (; end < text.length; end++) {
        const code = text.charCodeAt(end);
        if (code === GREATER || code === SLASH || code <= BLANK) break;
      }
      const part = text.slice(at + 1, end);
      const tag = known.get(part) ?? toTag(part);
      if (depth === MAX_DEPTH) fail();
      if (depth === 0 && tape.length > 0) fail();
      at = end;
      if (text.charCodeAt(at) === GREATER) at++;
      else {
        while (skip(ATTRIBUTE));
        if (!skip(TAG_END)) fail();
      }
      if (text.charCodeAt(at - 2) !== SLASH) {
        open[depth] = tape.length;
        tags[depth++] = tag;
      }
      tape.push(tag.id, at, at, tape.length + STRIDE);
      isOdd = hasReturns;
    }
  }
  if (tape.length === 0) fail();
  const texts: string[] = Array(LAST_SLOT + 1);
  return XmlElement["root"]({ text, ids, words, tape, texts });
}

/** Finds a child by name; returns 0, the root's index, if there is none. */
function find({ ids, tape }: Document, parent: number, name: string): number {
  const id = ids.get(name);
  const end = tape[parent + 3]!;
  for (let at = parent + STRIDE; at < end; at = tape[at + 3]!) {
    if (tape[at] === id) return at;
  }
  return 0;
}

/** Reads the text of an element without child elements. */
function textOf({ text, tape, texts }: Document, at: number): string {
  const start = tape[at + 1]!;
  const end = tape[at + 2]!;
  if (tape[at + 3] !== at + STRIDE || end === start) return "";
  if (end < 0) return decode(text.slice(start, ~end));
  // A fast hash. Different texts rarely have the same hash.
  const slot = text.charCodeAt(start) * 961 + text.charCodeAt(end - 1) * 31 +
      end - start & LAST_SLOT;
  const known = texts[slot];
  return known?.length === end - start && text.startsWith(known, start)
    ? known
    : texts[slot] = copy(text.slice(start, end));
}

/** Decodes a text that was checked before. */
function decode(text: string): string {
  const plain = text.replace(ODD, (odd, literal: string | undefined) => {
    if (odd[0] === "&") return toCharacter(odd, 0)!;
    return odd[0] === "\r" ? "\n" : literal?.replace(/\r\n?/g, "\n") ?? "";
  });
  return copy(plain);
}

/** Decodes the reference at an offset, if it is valid in XML. */
function toCharacter(text: string, at: number): string | undefined {
  const [, isHex, digits, entity] = REFERENCE.exec(text.slice(at, at + 12)) ??
    [];
  if (entity) return ENTITIES[entity];
  const code = Number((isHex ? "0x" : "") + digits);
  return code === 9 || code === 10 || code === 13 ||
      code > 0x1f && code < 0xd800 || code > 0xdfff && code < 0xfffe ||
      code > 0xffff && code < 0x110000
    ? String.fromCodePoint(code)
    : undefined;
}

/**
 * Copies a string. In V8, a slice of more than 12 characters points into the
 * original string. A single id would then keep a page of several megabytes in
 * memory. join() creates a new string.
 */
function copy(part: string): string {
  return [part.slice(0, 1), part.slice(1)].join("");
}
