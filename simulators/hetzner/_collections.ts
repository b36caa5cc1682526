/**
 * Routes that lists of resources have in common.
 *
 * @module
 */

import { type Account, lookUp } from "./_account.ts";
import type { Action, Contents, Resource } from "./_records.ts";
import {
  invalid,
  listResponse,
  notFound,
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

/** What the body of a create request has for all resources. */
export interface Draft {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly created: string;
}

/** A kind of resources: what is special about its routes. */
export interface Kind<T extends Resource> {
  /** Name of the list, such as `"volumes"`. */
  readonly list: Exclude<keyof Contents, "actions">;
  /** Name of one resource, such as `"volume"`. */
  readonly type: string;
  /** Filters besides `name` and `label_selector`. */
  readonly filters?: readonly string[];
  /** Form of names; if it matches an empty one, the name can be missing. */
  readonly names?: RegExp;
  /** Whether a list contains a resource. */
  readonly isListed?: (resource: T, query: URLSearchParams) => boolean;
  /** Converts a resource to the format of the API. */
  readonly show?: (resource: T, contents: Contents) => object;
  /** Creates a resource; returns the body of the response. */
  readonly create?: (fields: Fields, draft: Draft) => object | Promise<object>;
  /** Changes what is not the name and the labels. */
  readonly update?: (resource: T, fields: Fields) => void;
  /** Deletes a resource; returns the body of the response, if there is one. */
  readonly remove?: (resource: T) => object | void;
  /** Start operations, by name; they return the body of the response. */
  readonly actions?: Readonly<
    Record<string, (resource: T, fields: Fields) => object>
  >;
}

const SORTS = ["id", "name", "created"];
const ACTION_SORTS = ["id", "command", "status", "progress"]
  .concat(["started", "finished"]);

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
  const actionsOf = (call: Call) => {
    const own = call.params.has("id") ? find(call) : undefined;
    return account.actions.list.filter(({ resources }) =>
      resources.some((it) => it.type === type && (!own || it.id === own.id))
    );
  };
  const one = (resource: T) => ({ [type]: show(resource, account) });
  return {
    ...Object.fromEntries(
      // The first path must not match "/servers/{id}".
      (kind.actions ? [`/${list}/actions`, `${path}/actions`] : []).flatMap((
        path,
      ) => [
        [
          `GET ${path}`,
          (call: Call) => listActions(account, call, actionsOf(call)),
        ],
        [`GET ${path}/{action_id}`, (call: Call) => {
          const id = call.params.get("action_id");
          const action = actionsOf(call).find((it) => `${it.id}` === id);
          if (action === undefined) throw notFound("action", id);
          return jsonResponse(200, { action });
        }],
      ]),
    ),
    [`GET /${list}`]: (call) => {
      const { timeline, settings } = account;
      const { listed } = timeline;
      return listResponse(
        call,
        list,
        ([...listed[list].values()] as unknown as T[])
          .filter((it) => kind.isListed?.(it, call.url.searchParams) ?? true),
        (it) => show(it, listed),
        ["name", "label_selector", ...kind.filters ?? []],
        SORTS,
        settings.largestPage,
      );
    },
    ...create && {
      [`POST /${list}`]: async (call: Call) => {
        const fields = await readFields(call);
        const name = readName(all, kind, fields);
        const labels = readLabels(fields) ?? {};
        const created = account.timestamp();
        const body = await create(fields, { name, labels, created });
        return jsonResponse(201, body);
      },
    },
    [`GET ${path}`]: (call) => jsonResponse(200, one(find(call))),
    [`PUT ${path}`]: async (call) => {
      const resource = find(call);
      const fields = await readFields(call);
      const labels = readLabels(fields);
      if (fields.optional.any("name") !== undefined) {
        resource.name = readName(all, kind, fields, resource);
      }
      resource.labels = labels ?? resource.labels;
      kind.update?.(resource, fields);
      return jsonResponse(200, one(resource));
    },
    [`DELETE ${path}`]: (call) => {
      const resource = find(call);
      account.requireIdle(type, resource);
      if (resource.protection?.delete) throw isProtected(type, "deletion");
      const body = kind.remove?.(resource);
      if (body) return jsonResponse(200, body);
      all.delete(resource.id);
      return noContent();
    },
    ...Object.fromEntries(
      Object.entries(kind.actions ?? {}).map(([name, operate]) => [
        `POST ${path}/actions/${name}`,
        async (call: Call) => {
          const resource = find(call);
          const fields = await readFields(call);
          return jsonResponse(201, operate(resource, fields));
        },
      ]),
    ),
  };
}

/** Creates the routes of single actions, and of those with given ids. */
export function actionRoutes({ actions }: Account): Routes {
  return {
    "GET /actions": ({ url }) => {
      const ids = url.searchParams.getAll("id");
      if (ids.length === 0) {
        throw new Refusal(410, "listing all actions is no longer supported", {
          code: "deprecated_api_endpoint",
        });
      }
      const found = actions.list.filter(({ id }) => ids.includes(`${id}`));
      return jsonResponse(200, { actions: found });
    },
    "GET /actions/{id}": ({ params }) =>
      jsonResponse(200, {
        action: lookUp(actions, params.get("id"), "action"),
      }),
  };
}

/** Creates the routes of resources that belong to the provider. */
export function catalogRoutes(
  { settings }: Account,
  list: string,
  type: string,
  all: readonly { readonly id: number; readonly name: string }[],
  further: object = {},
): Routes {
  return {
    [`GET /${list}`]: (call) =>
      listResponse(
        call,
        list,
        all,
        (it) => it,
        ["name"],
        SORTS,
        settings.largestPage,
        further,
      ),
    [`GET /${list}/{id}`]: ({ params }) => {
      const found = all.find(({ id }) => `${id}` === params.get("id"));
      if (found === undefined) throw notFound(type, params.get("id"));
      return jsonResponse(200, { [type]: found });
    },
  };
}

/** Creates the action that protects a resource. */
export function protection<T extends Resource>(account: Account, type: string) {
  return {
    change_protection(resource: T, { optional }: Fields) {
      const changes = Object.keys(resource.protection!).flatMap((key) => {
        const value = optional.boolean(key);
        return value === undefined ? [] : [[key, value]];
      });
      const end = () =>
        Object.assign(resource.protection!, Object.fromEntries(changes));
      return {
        action: account.begin("change_protection", { [type]: resource }, {
          end,
        }),
      };
    },
  };
}

/** Creates the error of a protected resource. */
export function isProtected(type: string, change: string): Refusal {
  return new Refusal(403, `${type} ${change} is protected`, {
    code: "protected",
  });
}

function listActions(
  { settings }: Account,
  call: Call,
  actions: readonly Action[],
): Response {
  return listResponse(
    call,
    "actions",
    actions,
    (it) => it,
    ["id", "status"],
    ACTION_SORTS,
    settings.largestPage,
  );
}

/** Reads a name that no other resource of the kind has. */
function readName<T extends Resource>(
  all: Store<number, T>,
  { type, names = /./ }: Kind<T>,
  fields: Fields,
  own?: T,
): string {
  const name = names.test("")
    ? fields.optional.string("name") ?? ""
    : fields.string("name");
  if (!names.test(name)) throw invalid("name", "has an invalid format");
  if (name === "" || !all.isTaken((it) => it.name === name, own)) return name;
  throw new Refusal(409, `${type} name is already used`, {
    code: "uniqueness_error",
    field: "name",
  });
}
