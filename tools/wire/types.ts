/**
 * Writes the types of a provider's JSON.
 *
 * @module
 */

import type { Description, Flat, Schema } from "./description.ts";
import { pascalCase, sameName, singularOf } from "./names.ts";
import type { Resource } from "./resources.ts";

interface Interface {
  readonly doc: string;
  readonly body: string;
}

/** An object with at most so many plain properties has no name of its own. */
const MAX_INLINE = 2;

/**
 * Writes the interfaces of resources and of all objects in them.
 *
 * @param description The description.
 * @param resources The resources.
 * @returns TypeScript that is not formatted yet.
 */
export function writeTypes(
  description: Description,
  resources: readonly Resource[],
): string {
  const writer = new TypeWriter(description, resources);
  return writer.write();
}

class TypeWriter {
  readonly #description: Description;
  readonly #resources: readonly Resource[];
  readonly #interfaces = new Map<string, Interface>();
  /** Names of interfaces by component. */
  readonly #named = new Map<string, string>();
  /** Beginning of the names of components that says nothing. */
  readonly #prefix: string;

  constructor(description: Description, resources: readonly Resource[]) {
    this.#description = description;
    this.#resources = resources;
    const refs = resources.flatMap(({ name, schema }) => {
      const { ref } = description.flatten(schema);
      return ref === undefined ? [] : [{ name, ref }];
    });
    for (const { name, ref } of refs) this.#named.set(ref, interfaceOf(name));
    this.#prefix = refs.map(({ name, ref }) => prefixOf(ref, name))
      .find(Boolean) ?? "";
  }

  write(): string {
    const roots = this.#resources.map(({ name, schema, source }) => {
      const type = interfaceOf(name);
      const flat = this.#merged(this.#description.flatten(schema));
      if (!this.#interfaces.has(type)) {
        this.#define(type, flat, flat.description ?? `From ${source}.`);
      }
      return type;
    });
    return this.#inOrder(roots).map((name) => {
      const { doc, body } = this.#interfaces.get(name)!;
      return `${doc}export interface ${name} {\n${body}}\n`;
    }).join("\n");
  }

  /** Interfaces after the first that mentions them. */
  #inOrder(roots: readonly string[]): string[] {
    const order = new Set<string>();
    const visit = (name: string): void => {
      if (order.has(name) || !this.#interfaces.has(name)) return;
      order.add(name);
      const { body } = this.#interfaces.get(name)!;
      const code = body.replace(/\/\*\*.*?\*\//gs, "");
      for (const [type] of code.matchAll(/\b\w+Json\b/g)) visit(type);
    };
    roots.forEach(visit);
    return [...order];
  }

  #define(name: string, flat: Flat, text?: string): void {
    // A component may contain itself, so its name is taken first.
    this.#interfaces.set(name, { doc: "", body: "" });
    this.#interfaces.set(name, {
      doc: docOf(firstSentence(text ?? flat.description)),
      body: this.#bodyOf(flat, name.slice(0, -"Json".length)),
    });
  }

  #bodyOf(flat: Flat, parent: string): string {
    return Object.entries(flat.properties).map(([key, schema]) => {
      const property = this.#description.flatten(schema);
      const name = /^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key);
      const mark = flat.required.includes(key) ? "" : "?";
      const type = this.#typeOf(property, key, parent);
      return `${docOf(...wordsAbout(property))}${name}${mark}: ${type};\n`;
    }).join("");
  }

  #typeOf(given: Flat, key: string, parent: string): string {
    const flat = this.#merged(given);
    const type = this.#plainTypeOf(flat, key, parent);
    return flat.nullable && type !== "unknown" ? `${type} | null` : type;
  }

  #plainTypeOf(flat: Flat, key: string, parent: string): string {
    if (flat.alternatives.length > 0) {
      const types = flat.alternatives.map((it) =>
        this.#typeOf(this.#description.flatten(it), key, parent)
      );
      return [...new Set(types)].join(" | ");
    }
    switch (flat.type) {
      case "string":
      case "number":
      case "boolean":
        return flat.type;
      case "array": {
        const item = this.#typeOf(
          this.#description.flatten(flat.items ?? {}),
          singularOf(key),
          parent,
        );
        return /^(?:\w+|\{[^|]*\})$/.test(item) ? `${item}[]` : `(${item})[]`;
      }
      case "object":
        return this.#objectTypeOf(flat, key, parent);
      default:
        return typesOfValues(flat.enum);
    }
  }

  #objectTypeOf(flat: Flat, key: string, parent: string): string {
    const keys = Object.keys(flat.properties);
    if (keys.length === 0) {
      const { additional } = flat;
      const value = typeof additional === "object"
        ? this.#typeOf(this.#description.flatten(additional), key, parent)
        : "unknown";
      return `Record<string, ${value}>`;
    }
    if (flat.ref !== undefined) return this.#componentOf(flat, flat.ref);
    const isPlain = Object.values(flat.properties).every((it) => {
      const { type, alternatives } = this.#description.flatten(it);
      return type !== "object" && type !== "array" && !alternatives.length;
    });
    if (isPlain && keys.length <= MAX_INLINE) {
      return `{\n${this.#bodyOf(flat, parent)}}`;
    }
    return this.#inlineOf(flat, key, parent);
  }

  /** Interface of a component. */
  #componentOf(flat: Flat, ref: string): string {
    let name = this.#named.get(ref);
    if (name === undefined) {
      const short = ref.startsWith(this.#prefix)
        ? ref.slice(this.#prefix.length)
        : ref;
      name = this.#freeName([short, ref]);
      this.#named.set(ref, name);
    }
    if (!this.#interfaces.has(name)) this.#define(name, flat);
    return name;
  }

  /** Interface of an object that the description gives no name. */
  #inlineOf(flat: Flat, key: string, parent: string): string {
    const noun = singularOf(key);
    const body = this.#bodyOf(flat, pascalCase(noun));
    const candidates = [noun, `${parent}_${noun}`];
    for (const candidate of candidates) {
      const name = interfaceOf(candidate);
      if (this.#interfaces.get(name)?.body === body) return name;
    }
    const name = this.#freeName(candidates);
    this.#interfaces.set(name, {
      doc: docOf(firstSentence(flat.description)),
      body,
    });
    return name;
  }

  #freeName(candidates: readonly string[]): string {
    const taken = new Set([
      ...this.#interfaces.keys(),
      ...this.#named.values(),
      ...this.#resources.map(({ name }) => interfaceOf(name)),
    ]);
    const names = candidates.map(interfaceOf);
    for (let number = 2; names.length < 1000; number++) {
      names.push(interfaceOf(`${candidates.at(-1)}_${number}`));
    }
    return names.find((name) => !taken.has(name))!;
  }

  /** Merges alternatives that are all objects into one with optional parts. */
  #merged(flat: Flat): Flat {
    const parts = flat.alternatives
      .map((it) => this.#merged(this.#description.flatten(it)));
    const areObjects = parts.length > 0 &&
      parts.every(({ properties }) => Object.keys(properties).length > 0);
    if (!areObjects) return flat;
    const properties: Record<string, Schema> = { ...flat.properties };
    for (const part of parts) {
      for (const [key, schema] of Object.entries(part.properties)) {
        const known = properties[key];
        properties[key] = known === undefined || isSame(known, schema)
          ? schema
          : { anyOf: [known, schema] };
      }
    }
    const inAll = Object.keys(properties).filter((key) =>
      parts.every(({ required }) => required.includes(key))
    );
    return {
      ...flat,
      type: "object",
      properties,
      required: [...flat.required, ...inAll],
      nullable: flat.nullable || parts.some(({ nullable }) => nullable),
      alternatives: [],
    };
  }
}

function interfaceOf(name: string): string {
  return `${pascalCase(name)}Json`;
}

/** What comes before the resource in the name of its component. */
function prefixOf(ref: string, name: string): string {
  const start = [...ref].findIndex((_, at) => sameName(ref.slice(at), name));
  return ref.slice(0, Math.max(start, 0));
}

function isSame(one: Schema, other: Schema): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function typesOfValues(values: readonly unknown[] | undefined): string {
  const types = new Set(values?.map((value) => typeof value));
  return types.size > 0 && !types.has("object")
    ? [...types].join(" | ")
    : "unknown";
}

/** Facts about a property that its type does not contain. */
function wordsAbout(flat: Flat): (string | undefined)[] {
  const { deprecated, enum: values, example, properties, ref } = flat;
  // The interface of a component has its description.
  const hasInterface = ref !== undefined && Object.keys(properties).length > 0;
  const description = hasInterface ? undefined : flat.description;
  const words = [firstSentence(description)];
  if (deprecated) words.push("Deprecated.");
  if (values !== undefined && values.length > 0) {
    words.push(
      `One of ${values.map((it) => JSON.stringify(it)).join(", ")}.`,
    );
  } else if (!description && typeof example === "string" && example.trim()) {
    words.push(`For example ${JSON.stringify(example)}.`);
  }
  return words;
}

/** A doc comment of one line, or `""`. */
function docOf(...words: readonly (string | undefined)[]): string {
  const text = words.filter(Boolean).join(" ")
    .replaceAll("*/", "* /").replace(/\s+/g, " ").trim();
  return text === "" ? "" : `/** ${text} */\n`;
}

/** First sentence of a description, without its markup. */
function firstSentence(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const plain = text.replace(/<[^>]+>/g, "")
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/\s+/g, " ").trim();
  const [sentence = ""] = /^.+?[.!?](?=\s+[A-Z]|$)/.exec(plain) ?? [plain];
  return sentence === "" || /[.!?:]$/.test(sentence)
    ? sentence
    : `${sentence}.`;
}
