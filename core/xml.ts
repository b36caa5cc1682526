/**
 * A reader for the XML that providers speak: elements, text, the five entities
 * and numeric references, CDATA, comments, processing instructions; attributes
 * are read over. There is no DOCTYPE in it, hence no entity that grows.
 *
 * @module
 */

/**
 * A document that was read: four numbers to an element, in the order of their
 * tags. Objects for elements are made where somebody looks, since most of a
 * page is never asked for.
 */
interface Document {
  readonly text: string;
  /** Where in `words` the name of an element is, without a prefix. */
  readonly ids: ReadonlyMap<string, number>;
  readonly words: readonly string[];
  /**
   * Of each element: the id of its name, where its content starts, where that
   * ends (or -1 less that, where it is not what it stands for), and where in
   * here the first element is that is not inside it.
   */
  readonly tape: readonly number[];
  /** Texts that were asked for: many repeat, and need no copy of their own. */
  readonly texts: string[];
}

/** A tag: its name with its prefix, and the id of its name without. */
interface Tag {
  readonly raw: string;
  readonly id: number;
}

// Numbers to an element.
const STRIDE = 4;
// More than any provider nests.
const MAX_DEPTH = 64;
// Of the table of texts. What lands in a slot that is taken replaces what is
// there, so that no choice of texts makes this slow.
const LAST_SLOT = 1023;
const BLANK = 32;
const EXCLAMATION = 33;
const SLASH = 47;
const GREATER = 62;
const QUESTION = 63;
// One with a prefix has two parts.
const NAME = /^(?!:)(?:(?:^|:)[\p{L}_][\p{L}\p{M}\p{N}_.·-]*){1,2}$/u;
const ATTRIBUTE = /\s+[^\s"'<>/=]+\s*=\s*(?:"[^"]*"|'[^']*')/y;
const TAG_END = /\s*\/?>/y;
const ASIDE = /<(?:!--[^]*?--|\?[^]*?\?|!\[CDATA\[[^]*?]])>/y;
const REFERENCE = /^&(?:#(x?)([\dA-Fa-f]{1,7})|(amp|lt|gt|quot|apos));/;
// All that stands for something else, in a text that has been checked.
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

  /** Makes the root, which the constructor may do in here only. */
  private static root(document: Document): XmlElement {
    return new XmlElement(document, 0);
  }

  /** Name, without a prefix. */
  get name(): string {
    const { tape, words } = this.#document;
    return words[tape[this.#at]!]!;
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
    return this.all(name)[0];
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

  /** Adds the elements directly inside it, or those of a name. */
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
 * Reads a document, in time linear in its length.
 *
 * @param text The document.
 * @returns Its root.
 * @throws {SyntaxError} If it is none, has a DOCTYPE, or nests more than 64
 *   elements; what it says quotes nothing of the text.
 */
export function parseXml(text: string): XmlElement {
  const tape: number[] = [];
  const ids = new Map<string, number>();
  const words: string[] = [];
  const known = new Map<string, Tag>();
  // The elements that have not ended, and how many there are.
  const open: number[] = [];
  const tags: Tag[] = [];
  let depth = 0;
  // Line ends are rare enough not to be looked for in every text.
  const hasReturns = text.includes("\r");
  let isOdd = hasReturns;
  let ampersand = -1;
  let at = 0;

  function fail(): never {
    throw new SyntaxError(`Cannot read XML: it makes no sense at ${at}`);
  }

  /** Goes past something, if it is there. */
  function skip(what: RegExp): boolean {
    what.lastIndex = at;
    const isThere = what.test(text);
    if (isThere) at = what.lastIndex;
    return isThere;
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
      // White space, or a byte order mark.
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

/** Finds an element of a name directly inside one; 0, the root, for none. */
function find({ ids, tape }: Document, parent: number, name: string): number {
  const id = ids.get(name);
  const end = tape[parent + 3]!;
  for (let at = parent + STRIDE; at < end; at = tape[at + 3]!) {
    if (tape[at] === id) return at;
  }
  return 0;
}

/** Reads the text of an element that has no elements. */
function textOf({ text, tape, texts }: Document, at: number): string {
  const start = tape[at + 1]!;
  const end = tape[at + 2]!;
  if (tape[at + 3] !== at + STRIDE || end === start) return "";
  if (end < 0) return decode(text.slice(start, ~end));
  // Enough to tell apart most of what repeats.
  const slot = text.charCodeAt(start) * 961 + text.charCodeAt(end - 1) * 31 +
      end - start & LAST_SLOT;
  const known = texts[slot];
  return known?.length === end - start && text.startsWith(known, start)
    ? known
    : texts[slot] = copy(text.slice(start, end));
}

/** Replaces what stands for something else, in a text that has been checked. */
function decode(text: string): string {
  const plain = text.replace(ODD, (odd, literal: string | undefined) => {
    if (odd[0] === "&") return toCharacter(odd, 0)!;
    return odd[0] === "\r" ? "\n" : literal?.replace(/\r\n?/g, "\n") ?? "";
  });
  return copy(plain);
}

/** Reads the reference at a place, if there is one to a character of XML. */
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
 * Copies a text. V8 makes of what is cut out of a text, and longer than 12
 * characters, a pointer into it, so that an id keeps a page of megabytes;
 * join() writes anew.
 */
function copy(part: string): string {
  return [part.slice(0, 1), part.slice(1)].join("");
}
