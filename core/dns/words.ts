/**
 * The words of a zone file: comments, quotes, parentheses and lines.
 *
 * @module
 */

import { show } from "../message.ts";

/** A word of a zone file. */
export interface Word {
  /** The text without quotes; its escapes are not resolved. */
  readonly text: string;
  /** Whether it was in quotes. */
  readonly isQuoted: boolean;
  /** Whether there is no space in front of it. */
  readonly isAdjacent: boolean;
}

/** An entry of a zone file: one line, or several within parentheses. */
export interface Entry {
  /** Number of its first line, from 1. */
  readonly line: number;
  /** Whether the first line starts with space, so that it names no owner. */
  readonly isIndented: boolean;
  /** The words; there is at least one. */
  readonly words: readonly Word[];
}

/** How to read text. */
export interface EntryOptions {
  /** Whether a string in quotes may contain line breaks. */
  readonly multiline?: boolean | undefined;
  /** Creates the error for text that cannot be read. */
  readonly fail: (problem: string, line: number) => Error;
}

const PLAIN = '[^ \\t\\r\\f\\v\\n();"\\\\]';
const ESCAPE = "\\\\[^\\n]";

// Each alternative starts with another character, and repeats only disjoint
// parts, so that the time is linear.
const TOKEN = new RegExp(
  [
    "(?<space>[ \\t\\r\\f\\v]+|;[^\\n]*)",
    "(?<mark>[\\n()])",
    '"(?<quoted>[^"\\\\]*(?:\\\\[^][^"\\\\]*)*)"',
    `(?<bare>(?:${PLAIN}|${ESCAPE})${PLAIN}*(?:${ESCAPE}${PLAIN}*)*)`,
  ].join("|"),
  "y",
);

/**
 * Reads the entries of a zone file, without those that are empty.
 *
 * @param text The text.
 * @param options How to read it.
 * @returns The entries in order.
 */
export function* entriesOf(
  text: string,
  options: EntryOptions,
): Generator<Entry> {
  const reader = new EntryReader(options);
  const pattern = new RegExp(TOKEN);
  for (let at = 0; at < text.length; at = pattern.lastIndex) {
    pattern.lastIndex = at;
    const groups = pattern.exec(text)?.groups;
    if (groups === undefined) throw reader.unreadable(text[at]);
    const entry = reader.add(groups);
    if (entry) yield entry;
  }
  const last = reader.end();
  if (last) yield last;
}

/** Collects the words of one entry after the other. */
class EntryReader {
  readonly #options: EntryOptions;
  #line = 1;
  // Line of the parenthesis that is open.
  #open: number | undefined;
  #words: Word[] = [];
  #start = 1;
  #isIndented = false;
  #isAfterWord = false;
  #isAtStart = true;

  constructor(options: EntryOptions) {
    this.#options = options;
  }

  /** Adds a token. Returns the entry that it completes. */
  add(groups: Record<string, string | undefined>): Entry | undefined {
    const { space, mark, quoted, bare } = groups;
    if (this.#isAtStart) {
      this.#isIndented = space !== undefined;
      this.#isAtStart = false;
    }
    if (bare !== undefined) this.#addWord(bare, false);
    else if (quoted !== undefined) this.#addQuoted(quoted);
    else this.#isAfterWord = false;
    return mark === undefined ? undefined : this.#addMark(mark);
  }

  /** Ends the text. Returns the last entry. */
  end(): Entry | undefined {
    if (this.#open === undefined) return this.#complete();
    throw this.#options.fail('"(" is not closed', this.#open);
  }

  /** Creates the error for a character that starts no token. */
  unreadable(character: string | undefined): Error {
    const problem = character === '"'
      ? "a string in quotes is not closed"
      : "a backslash is at the end of the line";
    return this.#options.fail(problem, this.#line);
  }

  #addQuoted(text: string): void {
    const isBroken = !this.#options.multiline && text.includes("\n");
    if (isBroken) throw this.unreadable('"');
    this.#addWord(text, true);
  }

  #addWord(text: string, isQuoted: boolean): void {
    if (this.#words.length === 0) this.#start = this.#line;
    this.#words.push({ text, isQuoted, isAdjacent: this.#isAfterWord });
    this.#isAfterWord = true;
  }

  #addMark(mark: string): Entry | undefined {
    if (mark === "\n") return this.#endLine();
    if ((mark === "(") === (this.#open !== undefined)) {
      throw this.#options.fail(`unexpected ${show(mark)}`, this.#line);
    }
    this.#open = mark === "(" ? this.#line : undefined;
  }

  #endLine(): Entry | undefined {
    const entry = this.#open === undefined ? this.#complete() : undefined;
    this.#line++;
    return entry;
  }

  #complete(): Entry | undefined {
    const words = this.#words;
    this.#words = [];
    this.#isAtStart = true;
    if (words.length === 0) return undefined;
    return { line: this.#start, isIndented: this.#isIndented, words };
  }
}
