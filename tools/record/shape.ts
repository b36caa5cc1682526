/**
 * The shape of responses: their fields, types and words; and how two shapes
 * differ.
 *
 * @module
 */

import { isMap, type Keys, type Value } from "./document.ts";
import { formOf } from "./forms.ts";
import { isState } from "./scrubber.ts";

/** Types of values. */
type Type = "null" | "boolean" | "number" | "string" | "array" | "object";

/** What is known about the values in one place. */
export interface Shape {
  /** Types of the values. */
  readonly types: Set<Type>;
  /** Forms of the texts, such as `"UUID"`; words have none. */
  readonly forms: Set<string | undefined>;
  /** Words, if the place is the state or the kind of something. */
  readonly words: Set<string>;
  /** Shapes of the fields, by name. */
  readonly fields: Map<string, Shape>;
  /** Shape of the items of an array. */
  items?: Shape;
  /** Number of values. */
  count: number;
  /** Number of values that are objects. */
  objects: number;
}

const WORDS =
  /(?:^|_)(?:type|kind|mode|action|tier|category)$|Type$|^architecture$/;
const WORD = /^[A-Za-z][A-Za-z_-]{0,30}$/;
/** Stands for all keys of an object whose keys are data. */
const ANY_KEY = "*";

/** Creates the shape of no value. */
export function emptyShape(): Shape {
  return {
    types: new Set(),
    forms: new Set(),
    words: new Set(),
    fields: new Map(),
    count: 0,
    objects: 0,
  };
}

/**
 * Adds a value to a shape.
 *
 * @param shape The shape.
 * @param value The value.
 * @param keys Keys that lead to the value.
 */
export function addToShape(shape: Shape, value: Value, keys: Keys = []): void {
  shape.count++;
  shape.types.add(typeOf(value));
  if (typeof value === "string") {
    if (value.trim() === "") return;
    shape.forms.add(formOf(value));
    const hasWords = isState(keys) || WORDS.test(keys.at(-1) ?? "");
    if (hasWords && WORD.test(value)) shape.words.add(value);
  } else if (Array.isArray(value)) {
    for (const item of value) {
      addToShape(shape.items ??= emptyShape(), item, keys);
    }
  } else if (typeof value === "object" && value !== null) {
    shape.objects++;
    for (const [key, child] of Object.entries(value)) {
      const name = isMap(keys) ? ANY_KEY : key;
      const field = shape.fields.get(name) ?? emptyShape();
      shape.fields.set(name, field);
      addToShape(field, child, [...keys, key]);
    }
  }
}

function typeOf(value: Value): Type {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value as Type;
}

/** A difference between the provider and its simulator. */
export interface Difference {
  /** Where: path of a field, or name of a header. */
  readonly at: string;
  /** What differs. */
  readonly what: string;
}

/**
 * Compares the shape of a provider's responses with that of the simulator's.
 *
 * @param provider Shape of the provider's responses.
 * @param simulator Shape of the simulator's responses.
 * @param isKnown Whether the fixtures have a word.
 * @returns The differences.
 */
export function compareShapes(
  provider: Shape,
  simulator: Shape,
  isKnown: (keys: Keys, word: string) => boolean = () => false,
): Difference[] {
  return [...differencesAt(provider, simulator, [], isKnown)];
}

function* differencesAt(
  provider: Shape,
  simulator: Shape,
  keys: Keys,
  isKnown: (keys: Keys, word: string) => boolean,
): Generator<Difference> {
  const is = (what: string, ...inside: Keys): Difference => ({
    at: [...keys, ...inside].join(".").replaceAll(".[]", "[]"),
    what,
  });
  const types = valuesIn(provider);
  const simulated = valuesIn(simulator);
  const strange = types.filter((type) => !simulated.includes(type));
  if (strange.length > 0 && simulated.length > 0) {
    const words = `${types.join(" or ")}, in the simulator ` +
      simulated.join(" or ");
    yield is(`type is ${words}`);
    return;
  }
  if (provider.types.has("null") && !simulator.types.has("null")) {
    // Without another value, the simulator may just have more in its account.
    if (types.length > 0) yield is("may be null, but not in the simulator");
  }
  const forms = [...provider.forms];
  const isOther = forms.length > 0 && simulator.forms.size > 0 &&
    forms.every((form) => form && !simulator.forms.has(form)) &&
    !simulator.forms.has(undefined);
  if (isOther) {
    const words = [...simulator.forms].join(" or ");
    yield is(`form is ${forms.join(" or ")}, in the simulator ${words}`);
  }
  const path = keys.filter((key) => key !== "[]");
  for (const word of provider.words) {
    if (simulator.words.has(word) || isKnown(path, word)) continue;
    yield is(`has the word "${word}", unknown to simulator and fixtures`);
  }
  for (const [name, field] of provider.fields) {
    const other = simulator.fields.get(name);
    if (other) {
      yield* differencesAt(field, other, [...keys, name], isKnown);
      const isOptional = field.count < provider.objects;
      if (isOptional && other.count === simulator.objects) {
        yield is("may be absent, but not in the simulator", name);
      }
    } else if (simulator.objects > 0) {
      const types = [...field.types].join(" or ");
      yield is(`missing in the simulator (${types})`, name);
    }
  }
  if (provider.objects > 0) {
    for (const name of simulator.fields.keys()) {
      if (!provider.fields.has(name)) yield is("only in the simulator", name);
    }
  }
  if (provider.items && simulator.items) {
    yield* differencesAt(
      provider.items,
      simulator.items,
      [...keys, "[]"],
      isKnown,
    );
  }
}

/** Types of the values that are not null. */
function valuesIn({ types }: Shape): Type[] {
  return [...types].filter((type) => type !== "null");
}
