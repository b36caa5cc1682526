/**
 * Routes that all kinds of resources of Neutron have, and security groups.
 *
 * @module
 */

import type { Account } from "./_account.ts";
import type {
  FloatingIp,
  Network,
  Port,
  Router,
  SecurityGroup,
  SecurityGroupRule,
  Subnet,
} from "./_network_records.ts";
import { pageLinks, readMarkedPage } from "./_requests.ts";
import {
  type AddressPool,
  type Call,
  findInPath,
  isObject,
  type JsonObject,
  jsonResponse,
  noContent,
  readJson,
  Refusal,
  type Routes,
  type Store,
} from "../kit/mod.ts";

/** The networks of a project. */
export interface Project {
  readonly account: Account;
  readonly networks: Store<string, Network>;
  readonly subnets: Store<string, Subnet>;
  readonly ports: Store<string, Port>;
  readonly routers: Store<string, Router>;
  readonly floatingIps: Store<string, FloatingIp>;
  readonly groups: Store<string, SecurityGroup>;
  readonly rules: Store<string, SecurityGroupRule>;
  /** Free addresses by subnet. */
  readonly pools: Map<string, AddressPool>;
}

/** What is special about a kind of resources. */
export interface Kind<T extends { readonly id: string }> {
  /** Name of one resource, such as `"port"`. */
  readonly one: string;
  /** Name of a list, which is also the path with dashes. */
  readonly many: string;
  /** Type of the error of an unknown id. */
  readonly code: string;
  readonly store: Store<string, T>;
  /** Adds the fields that are not stored. */
  readonly show: (resource: T) => object;
  readonly create: (value: JsonObject) => T;
  readonly update: (resource: T, value: JsonObject) => void;
  /** Checks that a resource can be deleted, and deletes what it contains. */
  readonly remove: (resource: T) => void;
}

/** Creates the routes of a kind of resources. */
export function kindRoutes<T extends { readonly id: string }>(
  project: Project,
  kind: Kind<T>,
): Routes {
  const { one, many, code, store } = kind;
  const { account } = project;
  const path = `/${many.replaceAll("_", "-")}`;
  const noun = one.replaceAll("_", " ");
  const find = (call: Call) =>
    findInPath(store, call, () =>
      unknown(
        code,
        noun[0]!.toUpperCase() + noun.slice(1),
        call.params.get("id"),
      ));
  const show = (resource: T) => ({
    ...kind.show(resource),
    tenant_id: account.projectId,
    project_id: account.projectId,
    tags: [],
    revision_number: 1,
    created_at: "2026-01-01T00:00:00Z",
    updated_at: "2026-01-01T00:00:00Z",
  });
  return {
    [`GET ${path}`]: ({ url }) => {
      const all = filtered(store.list.map(show), url);
      // Neutron sends all items, unless the client requests pages.
      const isPaged = url.searchParams.has("limit");
      const page = isPaged
        ? readMarkedPage(
          all,
          url,
          account.settings.largestPage,
          (item) => `${Reflect.get(item, "id")}`,
        )
        : { items: all, next: undefined };
      return jsonResponse(200, {
        [many]: page.items,
        ...pageLinks(many, page, account, "network", url),
      });
    },
    [`POST ${path}`]: async (call) => {
      const resource = kind.create(await readOne(call, one));
      return jsonResponse(201, { [one]: show(resource) });
    },
    [`GET ${path}/{id}`]: (call) =>
      jsonResponse(200, { [one]: show(find(call)) }),
    [`PUT ${path}/{id}`]: async (call) => {
      const resource = find(call);
      kind.update(resource, await readOne(call, one));
      return jsonResponse(200, { [one]: show(resource) });
    },
    [`DELETE ${path}/{id}`]: (call) => {
      const resource = find(call);
      kind.remove(resource);
      store.delete(resource.id);
      return noContent();
    },
  };
}

/** Parameters of a list that are no fields. */
const NO_FILTERS = new Set([
  "fields",
  "limit",
  "marker",
  "page_reverse",
  "sort_dir",
  "sort_key",
]);

/** Items whose fields have one of the values in the query. */
function filtered<T extends object>(
  all: readonly T[],
  { searchParams }: URL,
): T[] {
  const names = [...new Set(searchParams.keys())]
    .filter((name) => !NO_FILTERS.has(name));
  return all.filter((item) =>
    names.every((name) =>
      searchParams.getAll(name)
        .some((value) => matches(Reflect.get(item, name), value))
    )
  );
}

function matches(value: unknown, wanted: string): boolean {
  return value === wanted ||
    `${value}` === wanted.toLowerCase().replace(/^1$/, "true");
}

/** Creates the error of an unknown id. */
export function unknown(code: string, noun: string, id: unknown): Refusal {
  return new Refusal(404, `${noun} ${id} could not be found.`, { code });
}

/** Creates the error of a resource that is in use. */
export function inUse(code: string, message: string): Refusal {
  return new Refusal(409, message, { code });
}

/** Reads a body. */
export async function readBody({ request }: Call): Promise<JsonObject> {
  return await readJson(request);
}

async function readOne(call: Call, name: string): Promise<JsonObject> {
  const value = (await readBody(call))[name];
  if (isObject(value)) return value;
  throw new Refusal(400, `Unable to find '${name}' in request body`, {
    code: "HTTPBadRequest",
  });
}

/** Reads a string that must be present. */
export function required(value: JsonObject, name: string): string {
  if (value[name] !== undefined) return text(value, name);
  throw new Refusal(
    400,
    `Failed to parse request. Required attribute '${name}' not specified.`,
    { code: "HTTPBadRequest" },
  );
}

/** Reads a string. */
export function text(value: JsonObject, name: string, byDefault = ""): string {
  const found = value[name] ?? byDefault;
  if (typeof found === "string" && found.length <= 255) return found;
  throw new Refusal(
    400,
    `Invalid input for ${name}. Reason: '${found}' is not a valid string.`,
    { code: "HTTPBadRequest" },
  );
}

/** Kind of security groups; the one named "default" always exists. */
export function securityGroupKind(project: Project): Kind<SecurityGroup> {
  return {
    one: "security_group",
    many: "security_groups",
    code: "SecurityGroupNotFound",
    store: project.groups,
    show: (group) => ({
      ...group,
      stateful: true,
      security_group_rules: project.rules.list
        .filter((rule) => rule.security_group_id === group.id)
        .map((rule) => ruleJson(project, rule)),
    }),
    create(value) {
      const name = text(value, "name");
      if (name === "default") {
        throw inUse(
          "SecurityGroupDefaultAlreadyExists",
          "Default security group already exists.",
        );
      }
      return addGroup(project, name, text(value, "description"));
    },
    update(group, value) {
      group.name = text(value, "name", group.name);
      group.description = text(value, "description", group.description);
    },
    remove(group) {
      const isUsed = group.name === "default" ||
        project.ports.list.some(({ security_groups }) =>
          security_groups.includes(group.id)
        );
      if (isUsed) {
        throw inUse(
          "SecurityGroupInUse",
          `Security Group ${group.id} in use.`,
        );
      }
      for (const rule of project.rules.list) {
        if (rule.security_group_id === group.id) project.rules.delete(rule.id);
      }
    },
  };
}

/** Adds the group that every project has. */
export function newDefaultGroup(project: Project): void {
  const group = addGroup(project, "default", "Default security group");
  for (const ethertype of ["IPv4", "IPv6"] as const) {
    addRule(project, {
      security_group_id: group.id,
      direction: "ingress",
      ethertype,
      remote_group_id: group.id,
    });
  }
}

/** Adds a group that allows all outgoing traffic. */
function addGroup(
  project: Project,
  name: string,
  description: string,
): SecurityGroup {
  const group = { id: project.account.takeId(), name, description };
  project.groups.add(group);
  for (const ethertype of ["IPv4", "IPv6"] as const) {
    addRule(project, {
      security_group_id: group.id,
      direction: "egress",
      ethertype,
    });
  }
  return group;
}

function addRule(
  project: Project,
  rule:
    & Pick<SecurityGroupRule, "security_group_id" | "direction" | "ethertype">
    & Partial<SecurityGroupRule>,
): SecurityGroupRule {
  return project.rules.add({
    id: project.account.takeId(),
    protocol: null,
    port_range_min: null,
    port_range_max: null,
    remote_ip_prefix: null,
    remote_group_id: null,
    description: "",
    ...rule,
  });
}

function ruleJson(project: Project, rule: SecurityGroupRule): object {
  const { projectId } = project.account;
  return {
    ...rule,
    tenant_id: projectId,
    project_id: projectId,
    remote_address_group_id: null,
    tags: [],
    revision_number: 0,
    created_at: "2026-01-01T00:00:00Z",
    updated_at: "2026-01-01T00:00:00Z",
    standard_attr_id: 1,
  };
}

/** Creates the routes of the rules of security groups. */
export function ruleRoutes(project: Project): Routes {
  const { rules } = project;
  const find = (call: Call) =>
    findInPath(rules, call, () =>
      unknown(
        "SecurityGroupRuleNotFound",
        "Security group rule",
        call.params.get("id"),
      ));
  return {
    "GET /security-group-rules": ({ url }) =>
      jsonResponse(200, {
        security_group_rules: filtered(
          rules.list.map((rule) => ruleJson(project, rule)),
          url,
        ),
      }),
    "POST /security-group-rules": async (call) => {
      const value = await readOne(call, "security_group_rule");
      const rule = readRule(project, value);
      return jsonResponse(201, {
        security_group_rule: ruleJson(project, addRule(project, rule)),
      });
    },
    "GET /security-group-rules/{id}": (call) =>
      jsonResponse(200, { security_group_rule: ruleJson(project, find(call)) }),
    "DELETE /security-group-rules/{id}": (call) => {
      rules.delete(find(call).id);
      return noContent();
    },
  };
}

function readRule(project: Project, value: JsonObject) {
  const security_group_id = required(value, "security_group_id");
  if (!project.groups.has(security_group_id)) {
    throw unknown("SecurityGroupNotFound", "Security group", security_group_id);
  }
  const direction = required(value, "direction");
  const ethertype = text(value, "ethertype", "IPv4");
  if (direction !== "ingress" && direction !== "egress") {
    throw new Refusal(400, `Invalid input for direction.`, {
      code: "HTTPBadRequest",
    });
  }
  if (ethertype !== "IPv4" && ethertype !== "IPv6") {
    throw new Refusal(
      400,
      `Invalid input for 'ethertype'. Reason: '${ethertype}' is not in valid_values.`,
      { code: "SecurityGroupRuleInvalidEtherType" },
    );
  }
  const protocol = value["protocol"] as string ?? null;
  const from = value["port_range_min"] as number ?? null;
  const to = value["port_range_max"] as number ?? null;
  if (protocol === null && (from !== null || to !== null)) {
    throw new Refusal(
      400,
      "Must also specify protocol if port range is given.",
      { code: "SecurityGroupProtocolRequiredWithPorts" },
    );
  }
  if (from !== null && to !== null && from > to) {
    throw new Refusal(
      400,
      "Invalid port range: port_range_min must be <= max",
      {
        code: "SecurityGroupInvalidPortRange",
      },
    );
  }
  const rule = {
    security_group_id,
    direction,
    ethertype,
    protocol,
    port_range_min: from,
    port_range_max: to,
    remote_ip_prefix: value["remote_ip_prefix"] as string ?? null,
    remote_group_id: value["remote_group_id"] as string ?? null,
    description: text(value, "description"),
  } as const;
  const same = project.rules.list.find((other) =>
    Object.entries(rule).every(([key, it]) =>
      key === "description" || Reflect.get(other, key) === it
    )
  );
  if (same === undefined) return rule;
  throw inUse(
    "SecurityGroupRuleExists",
    `Security group rule already exists. Rule id is ${same.id}.`,
  );
}
