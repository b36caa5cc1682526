/**
 * Parameters of EC2's Query protocol: flat names such as
 * `TagSpecification.1.Tag.2.Key`, read and checked by a schema.
 *
 * @module
 */

import { STATUS_CODE } from "@std/http/status";
import { Refusal } from "../../kit/mod.ts";

/** An error response with one of EC2's error codes. */
export class Ec2Refusal extends Refusal {
  /**
   * Creates a refusal.
   *
   * @param code Error code of EC2.
   * @param message Reason, for people to read.
   * @param status HTTP status, which is 400 for nearly all errors.
   */
  constructor(
    code: string,
    message: string,
    status: number = STATUS_CODE.BadRequest,
  ) {
    super(status, message, { code });
  }
}

/**
 * Refuses a request.
 *
 * @param code Error code of EC2.
 * @param message Reason, for people to read.
 * @param status HTTP status, which is 400 for nearly all errors.
 * @throws {Ec2Refusal} Always.
 */
export function refuse(code: string, message: string, status?: number): never {
  throw new Ec2Refusal(code, message, status);
}

/**
 * Refuses the value of a parameter.
 *
 * @param message Reason, for people to read.
 * @throws {Ec2Refusal} Always.
 */
export function refuseValue(message: string): never {
  refuse("InvalidParameterValue", message);
}

/**
 * Refuses a missing value of a parameter.
 *
 * @param value Value of the parameter, if the request has it.
 * @param name Name of the parameter.
 * @returns The value.
 * @throws {Ec2Refusal} If `value` is `undefined`.
 */
export function requireValue(value: string | undefined, name: string): string {
  return value ?? refuseMissing(name);
}

/**
 * Refuses a request because a parameter is missing.
 *
 * @param name Name of the parameter.
 * @throws {Ec2Refusal} Always.
 */
export function refuseMissing(name: string): never {
  refuse(
    "MissingParameter",
    `The request must contain the parameter ${name}`,
  );
}

/** Parameters as a tree: `Filter.1.Name` is at depth 3. */
export interface Tree {
  /** Value of the parameter whose name ends here. */
  value?: string;
  /** Subtrees by the next part of the name. */
  readonly children: Map<string, Tree>;
}

/**
 * Builds the tree of the parameters of a request.
 *
 * @param pairs Decoded names and values.
 * @returns The tree.
 * @throws {Ec2Refusal} If a parameter is repeated.
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

/** Type of a parameter; `Missing` is the type of its default value. */
export interface ParameterType<T, Missing = undefined> {
  /** Reads the parameter. */
  read(tree: Tree, name: string): T;
  /** Returns the default value, or refuses a missing parameter. */
  missing(name: string): Missing;
}

/** Schema: the types of parameters, by name. */
export type Shape = Readonly<Record<string, ParameterType<unknown, unknown>>>;

/** Values of the parameters of a schema. */
export type Values<S extends Shape> = {
  readonly [Name in keyof S]: S[Name] extends
    ParameterType<infer T, infer Missing> ? T | Missing
    : never;
};

function scalar<T>(
  parse: (value: string, name: string) => T,
): ParameterType<T> {
  return {
    read(tree, name) {
      const [unknown] = tree.children.keys();
      if (unknown !== undefined) refuseUnknown(`${name}.${unknown}`);
      return parse(tree.value ?? "", name);
    },
    missing: () => undefined,
  };
}

function refuseUnknown(name: string): never {
  refuse("UnknownParameter", `The parameter ${name} is not recognized`);
}

/** A string. For a required parameter, an empty string counts as missing. */
export const string: ParameterType<string> = scalar((value) => value);

/** `true`, `false`, `1` or `0`, in upper or lower case. */
export const boolean: ParameterType<boolean> = scalar((value, name) => {
  if (/^(?:true|false|[01])$/i.test(value)) return /^[t1]/i.test(value);
  return refuseValue(
    `Invalid value '${value}' for ${name}. It must be true or false`,
  );
});

/** A time in ISO 8601, read as milliseconds since 1970. */
export const timestamp: ParameterType<number> = scalar((value, name) => {
  const at = Date.parse(value);
  if (Number.isNaN(at)) refuseValue(`Invalid value '${value}' for ${name}`);
  return at;
});

/**
 * An integer.
 *
 * @param min Smallest value.
 * @param max Largest value.
 * @returns The type.
 */
export function integer(min = 0, max = 2 ** 31 - 1): ParameterType<number> {
  return scalar((value, name) => {
    const number = /^-?\d{1,15}$/.test(value) ? Number(value) : NaN;
    if (number >= min && number <= max) return number;
    return refuseValue(
      `Value ( ${value} ) for parameter ${name} is invalid. Expecting a number from ${min} to ${max}.`,
    );
  });
}

/**
 * One of several strings.
 *
 * @param values Allowed values.
 * @returns The type.
 */
export function oneOf<const T extends string>(
  ...values: T[]
): ParameterType<T> {
  return scalar((value, name) =>
    values.find((allowed) => allowed === value) ??
      refuseValue(
        `Value (${value}) for parameter ${name} is invalid. Expected: ${
          values.join(", ")
        }.`,
      )
  );
}

/**
 * A required parameter.
 *
 * @param type Type of its value.
 * @returns The type.
 */
export function required<T>(
  type: ParameterType<T, unknown>,
): ParameterType<T, never> {
  return {
    read: (tree, name) =>
      tree.value === "" || (tree.value === undefined && !tree.children.size)
        ? refuseMissing(name)
        : type.read(tree, name),
    missing: refuseMissing,
  };
}

/**
 * A list, numbered from 1: `InstanceId.1`. Gaps are allowed. Some clients count
 * from 0, and some omit the number if there is only one item.
 *
 * @param type Type of the items.
 * @returns The type; a missing list is empty.
 */
export function list<T>(
  type: ParameterType<T, unknown>,
): ParameterType<readonly T[], readonly T[]> {
  return {
    read(tree, name) {
      const bare = tree.value === undefined
        ? []
        : [type.read({ value: tree.value, children: new Map() }, name)];
      const numbered = [...tree.children]
        .map(([index, child]) => {
          if (!/^\d{1,9}$/.test(index)) refuseUnknown(`${name}.${index}`);
          return { index: Number(index), child };
        })
        .sort((a, b) => a.index - b.index)
        .map(({ index, child }) => type.read(child, `${name}.${index}`));
      return [...bare, ...numbered];
    },
    missing: () => [],
  };
}

/**
 * A structure of parameters: `Placement.AvailabilityZone`.
 *
 * @param shape Schema of its members.
 * @returns The type.
 */
export function structure<S extends Shape>(shape: S): ParameterType<Values<S>> {
  return {
    read(tree, name) {
      if (tree.value) refuseUnknown(name);
      return readShape(shape, tree, `${name}.`);
    },
    missing: () => undefined,
  };
}

/**
 * Reads and checks parameters.
 *
 * @param shape Schema of the parameters.
 * @param tree Parameters of the request.
 * @param prefix Prefix of the parameter names, for error messages.
 * @returns The values.
 * @throws {Ec2Refusal} If a parameter is missing, unknown or invalid.
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
    Object.entries(shape).map(([name, type]) => {
      const child = tree.children.get(name);
      const full = prefix + name;
      return [name, child ? type.read(child, full) : type.missing(full)];
    }),
  ) as Values<S>;
}

/** Tags of new resources, for {@linkcode tagsFor}. */
export const tagSpecifications: ParameterType<
  readonly TagSpecification[],
  readonly TagSpecification[]
> = list(structure({
  ResourceType: required(string),
  Tag: list(structure({ Key: string, Value: string })),
}));

/** Tags for one type of resource. */
export interface TagSpecification {
  /** Type of the resource, such as `"instance"`. */
  readonly ResourceType: string;
  /** Tags of the resource. */
  readonly Tag: readonly TagParameter[];
}

/** A tag in a request. */
export interface TagParameter {
  /** Key; a missing key is refused. */
  readonly Key: string | undefined;
  /** Value; a missing value counts as empty. */
  readonly Value: string | undefined;
}

/** Tags: values by key. */
export type Tags = Map<string, string>;

/**
 * Checks tags and adds them to existing ones.
 *
 * @param given Tags of the request.
 * @param tags Existing tags, which are changed.
 * @returns The existing tags, with the new ones.
 * @throws {Ec2Refusal} If a tag is invalid, or if there are too many.
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
 * Selects the tags of one new resource.
 *
 * @param given Tag specifications of the request.
 * @param type Type of the resource.
 * @param others Types of further resources that the request creates.
 * @returns Tags of the resource.
 * @throws {Ec2Refusal} If a tag or a resource type is invalid.
 */
export function tagsFor(
  given: readonly TagSpecification[],
  type: string,
  others: readonly string[] = [],
): Tags {
  const seen = new Set<string>();
  for (const { ResourceType: requested } of given) {
    if (requested !== type && !others.includes(requested)) {
      refuseValue(
        `'${requested}' is not a valid taggable resource type for this operation.`,
      );
    }
    if (seen.has(requested)) {
      refuseValue(
        `Duplicate resource type '${requested}' in tag specifications`,
      );
    }
    seen.add(requested);
  }
  return addTags(given.find((it) => it.ResourceType === type)?.Tag ?? []);
}

/** Converts tags to the element `tagSet`. */
export function tagSet(
  tags: Tags,
): readonly { readonly key: string; readonly value: string }[] {
  return [...tags].map(([key, value]) => ({ key, value }));
}

/**
 * A filter. All filters of a request must match, each with any of its values.
 */
export interface Filter {
  /** Name of the field to compare. */
  readonly Name: string;
  /** Values to match; `*` matches any characters and `?` any one character. */
  readonly Value: readonly string[];
}

/** Filters of a request. */
export const filters: ParameterType<readonly Filter[], readonly Filter[]> =
  list(
    structure({ Name: required(string), Value: list(string) }),
  );

type Field = string | number | boolean | undefined;

/** Fields that a list can be filtered by: functions that read them, by name. */
export type Fields<T> = Readonly<
  Record<string, (item: T) => Field | readonly Field[]>
>;

/**
 * Filters a list.
 *
 * @typeParam T Type of the items.
 * @param items Items of the list.
 * @param given Filters of the request.
 * @param fields Fields to filter by, besides tags.
 * @returns The items that match all filters.
 * @throws {Ec2Refusal} If a filter is unknown or has no values.
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

function toPattern(pattern: string): (value: string) => boolean {
  if (!/[*?\\]/.test(pattern)) return (value) => value === pattern;
  // Repeated stars would make the pattern backtrack exponentially.
  const source = pattern.replaceAll(/\*+/g, "*")
    .replaceAll(
      /\\[*?\\]|[\s\S]/g,
      (part) =>
        part === "*"
          ? "[^]*"
          : part === "?"
          ? "[^]"
          : part.length > 1
          ? `\\${part.at(-1)}`
          // Node 22 does not have RegExp.escape().
          : part.replace(/[\\^$.*+?()[\]{}|]/, "\\$&"),
    );
  const expression = new RegExp(`^${source}$`);
  return (value) => expression.test(value);
}
