/**
 * Finds the schemas and the operations of a resource in a description.
 *
 * @module
 */

import type {
  Description,
  JsonReply,
  Operation,
  Schema,
} from "./description.ts";
import { pluralOf, sameName, singularOf, snakeCase } from "./names.ts";

/** A resource, such as a server. */
export interface Resource {
  /** The provider's name, such as `"ssh_key"`. */
  readonly name: string;
  /** Noun in the names of fixtures, such as `"key_pair"`. */
  readonly noun: string;
  /** Where it was found, such as `"GET /servers"`. */
  readonly source: string;
  /** Schema of one resource in responses. */
  readonly schema: Schema;
  /** Operation that lists all. */
  readonly list?: Operation | undefined;
  /** Operation that reads one. */
  readonly get?: Operation | undefined;
  /** Operation that creates one. */
  readonly create?: Operation | undefined;
}

interface Body {
  /** Schema of one resource. */
  readonly schema: Schema;
  /** Whether the body has a list of resources. */
  readonly isList: boolean;
}

interface Source {
  readonly schema: Schema;
  /** Where it was found, such as `"GET /servers"`. */
  readonly source: string;
}

interface Found extends Operation, Body, Source {}

/**
 * Finds a resource.
 *
 * @param description The description.
 * @param argument A resource: the name of a component schema, of a property of
 *   responses, or of a path (`server`), or a path (`/servers`). A noun for
 *   fixtures can follow: `server=node`.
 * @returns The resource.
 * @throws {TypeError} If there is none, or if several match equally well.
 */
export function findResource(
  description: Description,
  argument: string,
): Resource {
  const [wanted = "", noun] = argument.split("=");
  const path = wanted.startsWith("/") ? wanted : undefined;
  const name = path ? singularOf(staticsOf(path).at(-1) ?? "") : wanted;
  const found = description.operations()
    .filter(({ method }) => method === "GET" || method === "POST")
    .flatMap((operation) => {
      const reply = description.reply(operation);
      return reply ? findIn(description, reply, name) : [];
    });
  const { list, get, create } = pickOperations(found, name, path);
  const reads = [get, list].filter((it) => it !== undefined);
  const [first, ...others] = reads.length > 0
    ? distinct(reads)
    : create
    ? [create]
    : partOf(description, path === undefined ? name : undefined);
  if (first === undefined) throw new TypeError(notFound(description, wanted));
  const schemas = [first, ...others].map(({ schema }) => schema);
  return {
    name,
    noun: noun ?? snakeCase(name),
    source: first.source,
    schema: others.length > 0 ? { anyOf: schemas } : first.schema,
    list,
    get,
    create,
  };
}

/** Picks the operations that list, get and create a resource. */
function pickOperations(
  found: readonly Found[],
  name: string,
  wanted: string | undefined,
) {
  const reads = found.filter(({ method }) => method === "GET");
  const list = pickList(reads.filter(({ isList }) => isList), name, wanted);
  const collection = list?.path ?? wanted;
  const get = reads.filter(({ isList }) => !isList).find(({ path }) =>
    collection === undefined
      ? endsWith(path, name)
      // Such as an account, of which there is only one.
      : isItem(path, collection) || !list && path === collection
  );
  const create = found.find(({ method, path }) =>
    method === "POST" && path === collection
  );
  return { list, get, create };
}

/** Finds what is no resource, but a part of responses, such as an error. */
function partOf(
  description: Description,
  name: string | undefined,
): Source[] {
  if (name === undefined) return [];
  const component = description.schemaNames.find((it) => sameName(it, name));
  if (component !== undefined) {
    const schema = description.schemaOf(component);
    return [{ schema, source: `components.schemas.${component}` }];
  }
  return description.operations()
    .flatMap((operation) => description.replies(operation))
    .flatMap((reply) => findIn(description, reply, name)).slice(0, 1);
}

/** Looks for a resource in the body of a response. */
function findIn(
  description: Description,
  reply: JsonReply,
  name: string,
): Found[] {
  const { method, path, schema } = reply;
  const body = description.flatten(schema);
  const bodies = body.alternatives.length > 0 ? body.alternatives : [schema];
  const found = bodies.flatMap((it) => [
    ...inProperties(description, it, name),
    ...inWhole(description, it, name, path),
  ]);
  const source = `${method} ${path}`;
  return found.slice(0, 1).map((it) => ({ method, path, source, ...it }));
}

/** Finds `{"server": {…}}` and `{"servers": [{…}]}`. */
function inProperties(
  description: Description,
  body: Schema,
  name: string,
): Body[] {
  const { properties } = description.flatten(body);
  return Object.entries(properties).flatMap(([key, schema]): Body[] => {
    const item = itemOf(description, schema);
    if (item && sameName(key, pluralOf(name))) {
      return [{ schema: item, isList: true }];
    }
    return sameName(key, name) && isObject(description, schema)
      ? [{ schema, isList: false }]
      : [];
  });
}

/** Finds a body that is the resource or has a list of it, by its path. */
function inWhole(
  description: Description,
  body: Schema,
  name: string,
  path: string,
): Body[] {
  const { properties, ref } = description.flatten(body);
  if (!endsWith(path, name) && !(ref && sameName(ref, name))) return [];
  const items = [body, ...Object.values(properties)]
    .flatMap((it) => itemOf(description, it) ?? []);
  const [item] = items;
  if (!path.endsWith("}") && item && items.length === 1) {
    return [{ schema: item, isList: true }];
  }
  return isObject(description, body) ? [{ schema: body, isList: false }] : [];
}

/** Schema of the items of a list of objects, or of objects by their ids. */
function itemOf(description: Description, schema: Schema): Schema | undefined {
  const { items, additional, properties } = description.flatten(schema);
  const isMap = Object.keys(properties).length === 0 &&
    typeof additional === "object";
  const item = items ?? (isMap ? additional : undefined);
  return item && isObject(description, item) ? item : undefined;
}

function isObject(description: Description, schema: Schema): boolean {
  const { properties, alternatives } = description.flatten(schema);
  return Object.keys(properties).length > 0 ||
    alternatives.some((it) => isObject(description, it));
}

/** Picks the list with the shortest path. */
function pickList(
  lists: readonly Found[],
  name: string,
  wanted: string | undefined,
): Found | undefined {
  if (wanted) return lists.find(({ path }) => path === wanted);
  const rank = ({ path }: Found): number =>
    // A list of images is `/images`, rather than `/volumes/{id}/images`.
    path.split("{").length * 100 + path.split("/").length * 10 +
    (endsWith(path, name) ? 0 : 1000);
  const sorted = lists.toSorted((one, other) => rank(one) - rank(other));
  const [best, next] = sorted;
  if (best && next && rank(best) === rank(next)) {
    throw new TypeError(
      `${name} may be ${best.path} or ${next.path}; write one of these paths instead`,
    );
  }
  return best;
}

/** Whether the path is that of one item of a collection. */
function isItem(path: string, collection: string): boolean {
  return path.startsWith(`${collection}/{`) &&
    path.indexOf("}", collection.length) === path.length - 1;
}

/** Whether the last word of a path, before parameters, is the resource. */
function endsWith(path: string, name: string): boolean {
  const last = staticsOf(path).at(-1) ?? "";
  return sameName(last, name) || sameName(last, pluralOf(name));
}

function staticsOf(path: string): string[] {
  return path.split("/").filter((part) => part && !part.startsWith("{"));
}

function distinct(found: readonly Found[]): Found[] {
  return [
    ...new Map(found.map((it) => [JSON.stringify(it.schema), it])).values(),
  ];
}

function notFound(description: Description, wanted: string): string {
  const lists = description.operations()
    .filter(({ method, path }) => method === "GET" && !path.includes("{"))
    .map(({ path }) => path);
  return `${wanted} was not found in the schemas, responses and paths; ` +
    `the paths of lists are ${lists.slice(0, 20).join(", ")}`;
}
