/**
 * Routes that lists of resources have in common.
 *
 * @module
 */

import type { Account } from "./_account.ts";
import type { Contents, Draft, Resource } from "./_records.ts";
import {
  invalid,
  isProtected,
  listResponse,
  lookUp,
  notFound,
  notUnique,
  readFields,
  readLabels,
  selectsLabels,
} from "./_requests.ts";
import {
  type Call,
  type CollectionFormat,
  type CollectionItem,
  collectionRoutes,
  type Fields,
  findInPath,
  jsonResponse,
  Refusal,
  type Routes,
  type SelectionRules,
  Store,
} from "../kit/mod.ts";

/** A kind of resources: what is special about its routes. */
export interface Kind<T extends Resource> {
  /** Name of the list, such as `"volumes"`. */
  readonly list: keyof Contents;
  /** Name of one resource, such as `"volume"`. */
  readonly type: string;
  /** Form of names; if it matches an empty one, the name can be missing. */
  readonly names?: RegExp;
  /** Filters besides `name` and `label_selector`. */
  readonly filters?: readonly string[];
  /** Whether a list contains a resource. */
  readonly isListed?: (resource: T, query: URLSearchParams) => boolean;
  /** Converts a resource to the format of the API. */
  readonly show?: (resource: T, contents: Contents) => object;
  /** Creates a resource; returns the body of the response. */
  readonly create?: (fields: Fields, draft: Draft) => object;
  /** Changes what is not the name and the labels. */
  readonly update?: (resource: T, fields: Fields) => void;
  /**
   * Checks that a resource can be deleted. If it returns a body of a response,
   * it has begun the deletion.
   */
  readonly remove?: (resource: T) => object | void;
  /** Operations by name; they return the body of the response. */
  readonly actions?: Readonly<
    Record<string, (resource: T, fields: Fields) => object>
  >;
}

const SORTS = ["id", "name", "created"];
const CATALOG_RULES = { filters: ["name"], sorts: SORTS };
const ACTION_RULES = {
  filters: ["id", "status"],
  sorts: ["id", "command", "status", "started", "finished"],
};

/** Creates the routes of a kind of resources. */
export function routesOf<T extends Resource>(
  account: Account,
  kind: Kind<T>,
): Routes {
  const { list, type, create, isListed = () => true } = kind;
  const store = account[list] as unknown as Store<number, T>;
  const rules = {
    filters: ["name", ...kind.filters ?? []],
    conditions: { label_selector: selectsLabels },
    sorts: SORTS,
  };
  return {
    // Fixed paths are before those that match any id.
    ...kind.actions && actionRoutes(account, list, type, false),
    ...collectionRoutes({
      path: `/${list}`,
      store,
      show: kind.show,
      listed(contents, { url }) {
        const resources = [...contents[list].values()] as unknown as T[];
        return resources.filter((it) => isListed(it, url.searchParams));
      },
      create: create && ((fields) =>
        create(fields, {
          name: readName(store, kind, fields),
          labels: readLabels(fields) ?? {},
          created: account.timestamp(),
        })),
      update(resource, fields) {
        const labels = readLabels(fields);
        if (fields.optional.any("name") !== undefined) {
          resource.name = readName(store, kind, fields, resource);
        }
        resource.labels = labels ?? resource.labels;
        kind.update?.(resource, fields);
      },
      remove(resource) {
        account.requireIdle({ [type]: resource });
        const { delete: isKept } = { delete: false, ...resource.protection };
        if (isKept) throw isProtected(type);
        return kind.remove?.(resource);
      },
      operations: kind.actions,
    }, formatOf(account, rules)),
    ...kind.actions && actionRoutes(account, list, type, true),
  };
}

/** Creates the routes of resources that belong to the provider. */
export function catalogRoutes(
  account: Account,
  path: string,
  all: readonly CollectionItem[],
  further?: object,
): Routes {
  const store = new Store(all.map((it) => [it.id, it]));
  const format = formatOf(account, CATALOG_RULES, further);
  return collectionRoutes({ path, store }, format);
}

/** Creates the routes of actions by their ids. */
export function allActionRoutes({ actions }: Account): Routes {
  return {
    "GET /actions": ({ url }) => {
      const ids = url.searchParams.getAll("id");
      if (ids.length === 0) {
        const code = "deprecated_api_endpoint";
        throw new Refusal(410, "only actions with given ids are listed", {
          code,
        });
      }
      const found = actions.list.filter(({ id }) => ids.includes(`${id}`));
      return jsonResponse(200, { actions: found });
    },
    "GET /actions/{id}": ({ params }) => {
      const action = lookUp(actions, params.get("id"), "action");
      return jsonResponse(200, { action });
    },
  };
}

/** Creates the routes of the actions of a kind, or of one resource of it. */
function actionRoutes(
  account: Account,
  list: keyof Contents,
  type: string,
  isOfOne: boolean,
): Routes {
  const { actions: store } = account;
  const path = isOfOne ? `/${list}/{id}/actions` : `/${list}/actions`;
  const parameter = isOfOne ? "action_id" : "id";
  const listed = (_: Contents, call: Call) => {
    const owner = isOfOne
      ? findInPath<number, CollectionItem>(
        account[list],
        call,
        () => notFound(type, call.params.get("id")),
      )
      : undefined;
    return store.list.filter(({ resources }) =>
      resources.some((it) => it.type === type && it.id === (owner ?? it).id)
    );
  };
  const find = (call: Call) => {
    const id = call.params.get(parameter);
    return listed(account, call).find((it) => `${it.id}` === id);
  };
  const actions = { path, parameter, store, listed, find };
  return collectionRoutes(actions, formatOf(account, ACTION_RULES));
}

/** What all lists have in common. */
function formatOf(
  { timeline, settings: { largestPage: largest } }: Account,
  rules: SelectionRules<object>,
  further?: object,
): CollectionFormat<Contents> {
  return {
    timeline,
    readFields,
    notFound: ({ singular }, id) => notFound(singular, id),
    one: (shown, { singular }) => ({ [singular]: shown }),
    list: ({ url }, all, show, { plural }) =>
      listResponse(url, all, { ...rules, largest }, plural, show, further),
    operationStatus: 201,
  };
}

/** Creates the action that protects a resource. */
export function protection<T extends Resource>(account: Account, type: string) {
  return {
    change_protection(resource: T, { optional }: Fields) {
      const { protection = {} } = resource;
      const changes = Object.keys(protection).flatMap((key) => {
        const value = optional.boolean(key);
        return value === undefined ? [] : [[key, value]];
      });
      return account.begin("change_protection", { [type]: resource }, () => {
        Object.assign(protection, Object.fromEntries(changes));
      });
    },
  };
}

/** Reads a name that no other resource of the kind has. */
function readName<T extends Resource>(
  all: Store<number, T>,
  { type, names = /./ }: Kind<T>,
  fields: Fields,
  own?: T,
): string {
  const { optional } = fields;
  const name = names.test("")
    ? optional.string("name") ?? ""
    : fields.string("name");
  if (!names.test(name)) throw invalid("name", "has an invalid format");
  if (name !== "" && all.isTaken((it) => it.name === name, own)) {
    throw notUnique("name", `${type} name is already used`);
  }
  return name;
}
