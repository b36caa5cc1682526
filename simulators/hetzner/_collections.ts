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
  lookUp,
  notFound,
  notUnique,
  pageOf,
  readFields,
  readLabels,
} from "./_requests.ts";
import {
  type Call,
  type Fields,
  findInPath,
  jsonResponse,
  noContent,
  Refusal,
  type Routes,
  type Store,
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
const ACTION_SORTS = ["id", "command", "status", "started", "finished"];

/** Creates the routes of a kind of resources. */
export function routesOf<T extends Resource>(
  account: Account,
  kind: Kind<T>,
): Routes {
  const { list, type, show = (it) => it, create } = kind;
  const all = account[list] as unknown as Store<number, T>;
  const path = `/${list}/{id}`;
  const find = (call: Call) =>
    findInPath(all, call, () => notFound(type, call.params.get("id")));
  const one = (resource: T) =>
    jsonResponse(200, { [type]: show(resource, account) });
  return {
    // Fixed paths are before those that match any id.
    ...Object.fromEntries(
      Object.entries(kind.actions ?? {}).map(([name, act]) => [
        `POST ${path}/actions/${name}`,
        async (call: Call) => {
          const resource = find(call);
          return jsonResponse(201, act(resource, await readFields(call)));
        },
      ]),
    ),
    ...kind.actions && actionRoutes(account, list, type, find),
    [`GET /${list}`]: ({ url }) => {
      const { listed } = account.timeline;
      const resources = [...listed[list].values()] as unknown as T[];
      const { items, meta } = pageOf(
        url,
        resources.filter((it) => kind.isListed?.(it, url.searchParams) ?? true),
        {
          filters: ["name", "label_selector", ...kind.filters ?? []],
          sorts: SORTS,
          largest: account.settings.largestPage,
        },
      );
      const shown = items.map((it) => show(it, listed));
      return jsonResponse(200, { [list]: shown, meta });
    },
    ...create && {
      [`POST /${list}`]: async (call: Call) => {
        const fields = await readFields(call);
        const draft = {
          name: readName(all, kind, fields),
          labels: readLabels(fields) ?? {},
          created: account.timestamp(),
        };
        return jsonResponse(201, create(fields, draft));
      },
    },
    [`GET ${path}`]: (call) => one(find(call)),
    [`PUT ${path}`]: async (call) => {
      const resource = find(call);
      const fields = await readFields(call);
      const labels = readLabels(fields);
      if (fields.optional.any("name") !== undefined) {
        resource.name = readName(all, kind, fields, resource);
      }
      resource.labels = labels ?? resource.labels;
      kind.update?.(resource, fields);
      return one(resource);
    },
    [`DELETE ${path}`]: (call) => {
      const resource = find(call);
      account.requireIdle({ [type]: resource });
      const { delete: isKept } = { delete: false, ...resource.protection };
      if (isKept) throw isProtected(type);
      const body = kind.remove?.(resource);
      if (body) return jsonResponse(200, body);
      all.delete(resource.id);
      return noContent();
    },
  };
}

/** Creates the routes of resources that belong to the provider. */
export function catalogRoutes(
  { settings }: Account,
  list: string,
  all: readonly { readonly id: number; readonly name: string }[],
  further: object = {},
): Routes {
  const type = list.slice(0, -1);
  const rules = {
    filters: ["name"],
    sorts: SORTS,
    largest: settings.largestPage,
  };
  return {
    [`GET /${list}`]: ({ url }) => {
      const { items, meta } = pageOf(url, all, rules);
      return jsonResponse(200, { [list]: items, meta, ...further });
    },
    [`GET /${list}/{id}`]: ({ params }) => {
      const found = all.find(({ id }) => `${id}` === params.get("id"));
      if (found === undefined) throw notFound(type, params.get("id"));
      return jsonResponse(200, { [type]: found });
    },
  };
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

/** Creates the routes of the actions of a kind, and of one resource. */
function actionRoutes(
  { actions, settings }: Account,
  list: string,
  type: string,
  find: (call: Call) => Resource,
): Routes {
  const actionsOf = (call: Call, isOfOne: boolean) => {
    const own = isOfOne ? find(call).id : undefined;
    return actions.list.filter(({ resources }) =>
      resources.some((it) => it.type === type && it.id === (own ?? it.id))
    );
  };
  const rules = {
    filters: ["id", "status"],
    sorts: ACTION_SORTS,
    largest: settings.largestPage,
  };
  const routes = (path: string, isOfOne: boolean, segment: string): Routes => ({
    [`GET ${path}`]: (call) => {
      const { items, meta } = pageOf(call.url, actionsOf(call, isOfOne), rules);
      return jsonResponse(200, { actions: items, meta });
    },
    [`GET ${path}/{${segment}}`]: (call) => {
      const id = call.params.get(segment);
      const action = actionsOf(call, isOfOne).find((it) => `${it.id}` === id);
      if (action === undefined) throw notFound("action", id);
      return jsonResponse(200, { action });
    },
  });
  return {
    ...routes(`/${list}/actions`, false, "id"),
    ...routes(`/${list}/{id}/actions`, true, "action_id"),
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
