/**
 * What a request to EC2 asks for: flat parameters such as
 * `TagSpecification.1.Tag.2.Key`, read by a description of what may be there.
 *
 * @module
 */

import { STATUS_CODE } from "@std/http/status";
import { Refusal } from "../_router.ts";

/** Ends a call with one of EC2's error codes. */
export class Ec2Refusal extends Refusal {
  /**
   * Creates a refusal.
   *
   * @param code EC2's word for what is wrong.
   * @param message What is wrong, for people to read.
   * @param status The HTTP status, which is 400 for nearly everything.
   */
  constructor(
    readonly code: string,
    message: string,
    status: number = STATUS_CODE.BadRequest,
  ) {
    super(status, message);
  }
}

/**
 * Refuses a call.
 *
 * @param code EC2's word for what is wrong.
 * @param message What is wrong, for people to read.
 * @param status The HTTP status.
 */
export function refuse(code: string, message: string, status?: number): never {
  throw new Ec2Refusal(code, message, status);
}

/**
 * Refuses a value.
 *
 * @param message What is wrong with it.
 */
export function refuseValue(message: string): never {
  refuse("InvalidParameterValue", message);
}

/** Parameters as a tree: `Filter.1.Name` is three deep. */
export interface Tree {
  /** The value that ends here. */
  value?: string;
  /** What goes on from here, by the next part of the name. */
  readonly children: Map<string, Tree>;
}

/**
 * Makes a tree of the parameters of a request.
 *
 * @param pairs Names and values, decoded.
 * @returns The tree.
 * @throws {Ec2Refusal} If a parameter is given twice.
 */
export function toTree(pairs: Iterable<readonly [string, string]>): Tree {
  const root: Tree = { children: new Map() };
  for (const [name, value] of pairs) {
    let tree = root;
    for (const part of name.split(".")) {
      let child = tree.children.get(part);
      if (child === undefined) {
        child = { children: new Map() };
        tree.children.set(part, child);
      }
      tree = child;
    }
    if (tree.value !== undefined) {
      refuseValue(`The parameter ${name} is given twice`);
    }
    tree.value = value;
  }
  return root;
}

/** How to read one parameter; `Absent` is what stands for a missing one. */
export interface Kind<T, Absent = undefined> {
  /** Reads what is there. */
  read(tree: Tree, name: string): T;
  /** Says what a missing one counts as, or refuses. */
  absent(name: string): Absent;
}

/** Parameters by name. */
export type Shape = Readonly<Record<string, Kind<unknown, unknown>>>;

/** What a shape reads. */
export type Values<S extends Shape> = {
  readonly [Name in keyof S]: S[Name] extends Kind<infer T, infer Absent>
    ? T | Absent
    : never;
};

const missing = () => undefined;

function leaf<T>(parse: (text: string, name: string) => T): Kind<T> {
  return {
    read(tree, name) {
      const [unknown] = tree.children.keys();
      if (unknown !== undefined) refuseUnknown(`${name}.${unknown}`);
      return parse(tree.value ?? "", name);
    },
    absent: missing,
  };
}

function refuseUnknown(name: string): never {
  refuse("UnknownParameter", `The parameter ${name} is not recognized`);
}

/** A text; an empty one counts as missing where one is needed. */
export const text: Kind<string> = leaf((value) => value);

/** `true` or `false`, also as `1` or `0`, and in any case. */
export const flag: Kind<boolean> = leaf((value, name) => {
  if (/^(?:true|false|[01])$/i.test(value)) return /^[t1]/i.test(value);
  return refuseValue(
    `Invalid value '${value}' for ${name}. It must be true or false`,
  );
});

/** A point of time in ISO 8601, in milliseconds since 1970. */
export const time: Kind<number> = leaf((value, name) => {
  const at = Date.parse(value);
  if (Number.isNaN(at)) refuseValue(`Invalid value '${value}' for ${name}`);
  return at;
});

/**
 * A whole number.
 *
 * @param min The smallest.
 * @param max The largest.
 * @returns The kind.
 */
export function integer(min = 0, max = 2 ** 31 - 1): Kind<number> {
  return leaf((value, name) => {
    const number = /^-?\d{1,15}$/.test(value) ? Number(value) : NaN;
    if (number >= min && number <= max) return number;
    return refuseValue(
      `Value ( ${value} ) for parameter ${name} is invalid. Expecting a number from ${min} to ${max}.`,
    );
  });
}

/**
 * One of some words.
 *
 * @param words The words.
 * @returns The kind.
 */
export function oneOf<const T extends string>(...words: T[]): Kind<T> {
  return leaf((value, name) =>
    words.find((word) => word === value) ??
      refuseValue(
        `Value (${value}) for parameter ${name} is invalid. Expected: ${
          words.join(", ")
        }.`,
      )
  );
}

/**
 * Something that has to be there.
 *
 * @param kind What it is.
 * @returns The kind.
 */
export function need<T>(kind: Kind<T, unknown>): Kind<T, never> {
  const absent = (name: string): never =>
    refuse(
      "MissingParameter",
      `The request must contain the parameter ${name}`,
    );
  return {
    read: (tree, name) =>
      tree.value === "" || (tree.value === undefined && !tree.children.size)
        ? absent(name)
        : kind.read(tree, name),
    absent,
  };
}

/**
 * A list, numbered from 1: `InstanceId.1`. Gaps do not count, some clients
 * count from 0, and some leave out the number where there is one thing only.
 *
 * @param kind What is on it.
 * @returns The kind; a missing list is an empty one.
 */
export function list<T>(
  kind: Kind<T, unknown>,
): Kind<readonly T[], readonly T[]> {
  return {
    read(tree, name) {
      const bare = tree.value === undefined
        ? []
        : [kind.read({ value: tree.value, children: new Map() }, name)];
      const numbered = [...tree.children]
        .map(([index, child]) => {
          if (!/^\d{1,9}$/.test(index)) refuseUnknown(`${name}.${index}`);
          return { index: Number(index), child };
        })
        .sort((a, b) => a.index - b.index)
        .map(({ index, child }) => kind.read(child, `${name}.${index}`));
      return [...bare, ...numbered];
    },
    absent: () => [],
  };
}

/**
 * A group of parameters: `Placement.AvailabilityZone`.
 *
 * @param shape What is in it.
 * @returns The kind.
 */
export function group<S extends Shape>(shape: S): Kind<Values<S>> {
  return {
    read(tree, name) {
      if (tree.value) refuseUnknown(name);
      return readShape(shape, tree, `${name}.`);
    },
    absent: missing,
  };
}

/**
 * Reads parameters, and refuses those that the shape does not have.
 *
 * @param shape What may be there.
 * @param tree What is there.
 * @param prefix What the names begin with.
 * @returns The values.
 * @throws {Ec2Refusal} If one is missing, unknown or wrong.
 */
export function readShape<S extends Shape>(
  shape: S,
  tree: Tree,
  prefix = "",
): Values<S> {
  for (const name of tree.children.keys()) {
    if (!Object.hasOwn(shape, name)) refuseUnknown(prefix + name);
  }
  return Object.fromEntries(
    Object.entries(shape).map(([name, kind]) => {
      const child = tree.children.get(name);
      const full = prefix + name;
      return [name, child ? kind.read(child, full) : kind.absent(full)];
    }),
  ) as Values<S>;
}

/** Tags of something new, for {@linkcode tagsFor}. */
export const tagSpecifications: Kind<
  readonly TagSpecification[],
  readonly TagSpecification[]
> = list(group({
  ResourceType: need(text),
  Tag: list(group({ Key: text, Value: text })),
}));

/** Tags for one type of resource. */
export interface TagSpecification {
  /** Such as `"instance"`. */
  readonly ResourceType: string;
  /** The tags. */
  readonly Tag: readonly TagParameter[];
}

/** A tag as it is asked for. */
export interface TagParameter {
  /** Its key, which must not be missing. */
  readonly Key: string | undefined;
  /** Its value; a missing one counts as empty. */
  readonly Value: string | undefined;
}

/** Keys and values. */
export type Tags = Map<string, string>;

/**
 * Reads tags.
 *
 * @param given Tags as they are asked for.
 * @param tags Tags to add them to.
 * @returns The latter.
 */
export function addTags(
  given: readonly TagParameter[],
  tags: Tags = new Map(),
): Tags {
  const seen = new Set<string>();
  for (const { Key: key, Value: value = "" } of given) {
    if (!key) {
      refuse("MissingParameter", "The request must contain the parameter key");
    }
    if (seen.has(key)) {
      refuseValue(`Duplicate tag key '${key}' specified.`);
    }
    if (/^aws:/i.test(key)) {
      refuseValue(
        `Value ( ${key} ) for parameter key is invalid. Tag keys starting with 'aws:' are reserved for internal use`,
      );
    }
    if (key.length > 128) refuseValue("Tag key exceeds the maximum length");
    if (value.length > 256) refuseValue("Tag value exceeds the maximum length");
    seen.add(key);
    tags.set(key, value);
  }
  if (tags.size > 50) {
    refuse("TagLimitExceeded", "The maximum number of Tags is 50");
  }
  return tags;
}

/**
 * Picks the tags for something new.
 *
 * @param given All that is asked for.
 * @param type What the new thing is.
 * @param others What else the call makes.
 * @returns Its tags.
 */
export function tagsFor(
  given: readonly TagSpecification[],
  type: string,
  others: readonly string[] = [],
): Tags {
  const seen = new Set<string>();
  for (const { ResourceType: asked } of given) {
    if (asked !== type && !others.includes(asked)) {
      refuseValue(
        `'${asked}' is not a valid taggable resource type for this operation.`,
      );
    }
    if (seen.has(asked)) {
      refuseValue(`Duplicate resource type '${asked}' in tag specifications`);
    }
    seen.add(asked);
  }
  return addTags(given.find((it) => it.ResourceType === type)?.Tag ?? []);
}

/** Writes tags as `tagSet` has them. */
export function tagSet(
  tags: Tags,
): readonly { readonly key: string; readonly value: string }[] {
  return [...tags].map(([key, value]) => ({ key, value }));
}

/** A filter: all of them must match, each by any of its values. */
export interface Filter {
  /** What to look at. */
  readonly Name: string;
  /** What is looked for; `*` and `?` stand for any characters, and any one. */
  readonly Value: readonly string[];
}

/** Filters of a list. */
export const filters: Kind<readonly Filter[], readonly Filter[]> = list(
  group({ Name: need(text), Value: list(text) }),
);

type Field = string | number | boolean | undefined;

/** What can be filtered by, and where it is. */
export type Fields<T> = Readonly<
  Record<string, (item: T) => Field | readonly Field[]>
>;

/**
 * Keeps what passes all filters.
 *
 * @param items What to look at.
 * @param given The filters.
 * @param fields What can be filtered by, besides tags.
 * @returns What passes.
 * @throws {Ec2Refusal} If there is no such filter.
 */
export function applyFilters<T extends { readonly tags?: Tags }>(
  items: readonly T[],
  given: readonly Filter[],
  fields: Fields<T>,
): readonly T[] {
  return given.reduce((rest, { Name: name, Value: values }) => {
    const field = fieldOf(name, fields);
    if (values.length === 0) {
      refuseValue(`The filter '${name}' has no values`);
    }
    const patterns = values.map(toPattern);
    return rest.filter((item) =>
      [field(item)].flat().some((value) =>
        value !== undefined &&
        patterns.some((pattern) => pattern(String(value)))
      )
    );
  }, items);
}

function fieldOf<T extends { readonly tags?: Tags }>(
  name: string,
  fields: Fields<T>,
): (item: T) => Field | readonly Field[] {
  if (Object.hasOwn(fields, name)) return fields[name]!;
  if (name.startsWith("tag:")) return ({ tags }) => tags?.get(name.slice(4));
  if (name === "tag-key") return ({ tags }) => [...tags?.keys() ?? []];
  if (name === "tag-value") return ({ tags }) => [...tags?.values() ?? []];
  return refuseValue(`The filter '${name}' is invalid`);
}

function toPattern(value: string): (text: string) => boolean {
  if (!/[*?\\]/.test(value)) return (text) => text === value;
  // One star for many: else they would be tried in all combinations.
  const source = value.replaceAll(/\*+/g, "*")
    .replaceAll(
      /\\[*?\\]|[\s\S]/g,
      (part) =>
        part === "*"
          ? "[^]*"
          : part === "?"
          ? "[^]"
          : part.length > 1
          ? `\\${part.at(-1)}`
          // Node 22 has no RegExp.escape(); these are all that mean something.
          : part.replace(/[\\^$.*+?()[\]{}|]/, "\\$&"),
    );
  const pattern = new RegExp(`^${source}$`);
  return (text) => pattern.test(text);
}
