/**
 * Routes of a collection of resources: list, get, create, change and delete.
 *
 * @module
 */

import type { Fields } from "./_fields.ts";
import {
  type Call,
  findInPath,
  jsonResponse,
  noContent,
  type Routes,
} from "./_router.ts";
import type { Store } from "./_store.ts";
import type { Timeline } from "./_timeline.ts";

/** A resource of a {@linkcode Collection}. */
export interface CollectionItem {
  /** Id of the resource, which its path ends with. */
  readonly id: string | number;
}

/**
 * A collection of resources. It has the routes whose functions are given; those
 * that read are always there.
 *
 * @typeParam T Type of the resources.
 * @typeParam State State of the account, with all collections.
 */
export interface Collection<T extends CollectionItem, State> {
  /** Path of the list, such as `"/v1/servers"`. */
  readonly path: string;
  /**
   * Name of the list.
   *
   * @default {the last segment of the path}
   */
  readonly plural?: string | undefined;
  /**
   * Name of one resource.
   *
   * @default {the name of the list without the "s" at its end}
   */
  readonly singular?: string | undefined;
  /** The resources; a deleted one is removed from here. */
  readonly store: Store<T["id"], T>;
  /**
   * Selects what a list contains, before filters of the client.
   *
   * @default {the resources that are not hidden now}
   */
  readonly listed?: ((state: State, call: Call) => Iterable<T>) | undefined;
  /**
   * Finds the resource of a path.
   *
   * @default {the one with the id in the path}
   */
  readonly find?: ((call: Call) => T | undefined) | undefined;
  /**
   * Name of the segment with the id.
   *
   * @default {"id"}
   */
  readonly parameter?: string | undefined;
  /**
   * Converts a resource to the format of the API. In a list, `state` is the one
   * that lists show.
   *
   * @default {the resource as it is}
   */
  readonly show?: ((resource: T, state: State) => unknown) | undefined;
  /** Creates a resource; returns the body of the response. */
  readonly create?: ((fields: Fields) => unknown) | undefined;
  /** Changes a resource. The response shows it afterwards. */
  readonly update?: ((resource: T, fields: Fields) => void) | undefined;
  /**
   * Checks that a resource can be deleted. If it returns the body of a response,
   * it deletes the resource itself, now or later.
   */
  readonly remove?: ((resource: T) => unknown) | undefined;
  /** Operations on one resource, by name; they return the body of the response. */
  readonly operations?:
    | Readonly<Record<string, (resource: T, fields: Fields) => unknown>>
    | undefined;
}

/** The names of a {@linkcode Collection}. */
export interface CollectionNames {
  /** Name of the list, such as `"servers"`. */
  readonly plural: string;
  /** Name of one resource, such as `"server"`. */
  readonly singular: string;
}

/**
 * What all collections of a provider have in common.
 *
 * @typeParam State State of the account, with all collections.
 */
export interface CollectionFormat<State> {
  /** Clock of the account; lists show its {@linkcode Timeline.listed}. */
  readonly timeline: Timeline<State>;
  /** Reads the body of a request. */
  readonly readFields: (call: Call) => Promise<Fields>;
  /** Creates the error of an unknown id. */
  readonly notFound: (names: CollectionNames, id: string) => Error;
  /**
   * Sends one page of a list. It filters and sorts the resources before it
   * converts those of the page with `show`; see {@linkcode selectItems} and
   * {@linkcode readPage}.
   */
  readonly list: <T extends CollectionItem>(
    call: Call,
    resources: readonly T[],
    show: (resource: T) => unknown,
    names: CollectionNames,
  ) => Response;
  /**
   * Creates the body with one resource.
   *
   * @default {the resource alone}
   */
  readonly one?:
    | ((shown: unknown, names: CollectionNames) => unknown)
    | undefined;
  /**
   * Creates the response to a deletion that is complete.
   *
   * @default {noContent}
   */
  readonly deleted?: (() => Response) | undefined;
  /**
   * Method that changes a resource.
   *
   * @default {"PUT"}
   */
  readonly updateMethod?: "PUT" | "PATCH" | "POST" | undefined;
  /**
   * Status of the response to a create request.
   *
   * @default {201}
   */
  readonly createdStatus?: number | undefined;
  /**
   * Status of the response to an operation.
   *
   * @default {200}
   */
  readonly operationStatus?: number | undefined;
}

/**
 * Creates the routes of a collection. An operation has the path
 * `{path}/{id}/actions/{name}`.
 *
 * @typeParam T Type of the resources.
 * @typeParam State State of the account, with all collections.
 * @param collection The collection.
 * @param format What all collections of the provider have in common.
 * @returns Handlers by method and path, for {@linkcode serveRoutes}.
 */
export function collectionRoutes<T extends CollectionItem, State>(
  collection: Collection<T, State>,
  format: CollectionFormat<State>,
): Routes {
  const { path, store, create, update, remove, operations = {} } = collection;
  const { listed = () => store.list, show = (it) => it } = collection;
  const { one = (shown) => shown, deleted = noContent } = format;
  const { createdStatus = 201, operationStatus = 200 } = format;
  const { timeline, readFields, updateMethod = "PUT" } = format;
  const { parameter = "id" } = collection;
  const names = namesOf(collection);
  const item = `${path}/{${parameter}}`;

  function find(call: Call): T {
    const notFound = () =>
      format.notFound(names, call.params.get(parameter) ?? "");
    if (collection.find === undefined) {
      return findInPath<T["id"], T>(store, call, notFound, parameter);
    }
    const found = collection.find(call);
    if (found === undefined) throw notFound();
    return found;
  }

  function showOne(resource: T): Response {
    return jsonResponse(200, one(show(resource, timeline.present), names));
  }

  // The first path that matches is used: fixed segments are before ids.
  const routes: Record<string, Routes[string]> = {};
  for (const [name, operate] of Object.entries(operations)) {
    routes[`POST ${item}/actions/${name}`] = async (call) => {
      const resource = find(call);
      const body = await operate(resource, await readFields(call));
      return jsonResponse(operationStatus, body);
    };
  }
  routes[`GET ${path}`] = (call) => {
    const state = timeline.listed;
    const resources = [...listed(state, call)];
    return format.list(call, resources, (it) => show(it, state), names);
  };
  if (create !== undefined) {
    routes[`POST ${path}`] = async (call) =>
      jsonResponse(createdStatus, await create(await readFields(call)));
  }
  routes[`GET ${item}`] = (call) => showOne(find(call));
  if (update !== undefined) {
    routes[`${updateMethod} ${item}`] = async (call) => {
      const resource = find(call);
      update(resource, await readFields(call));
      return showOne(resource);
    };
  }
  if (remove !== undefined) {
    routes[`DELETE ${item}`] = (call) => {
      const resource = find(call);
      const body = remove(resource);
      if (body !== undefined) return jsonResponse(200, body);
      store.delete(resource.id);
      return deleted();
    };
  }
  return routes;
}

function namesOf(
  { path, plural = path.slice(path.lastIndexOf("/") + 1), singular }: Pick<
    Collection<CollectionItem, unknown>,
    "path" | "plural" | "singular"
  >,
): CollectionNames {
  return { plural, singular: singular ?? plural.replace(/s$/, "") };
}
