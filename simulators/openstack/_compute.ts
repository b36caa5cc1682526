/**
 * Nova: versions, flavors, key pairs, zones, limits and server groups.
 *
 * @module
 */

import { type Account, urlOf } from "./_account.ts";
import { actionRoutes } from "./_actions.ts";
import { interfaceRoutes } from "./_interfaces.ts";
import { keyPairRoutes } from "./_key_pairs.ts";
import { microversionOf } from "./_microversions.ts";
import type { Flavor, ServerGroup } from "./_records.ts";
import {
  badRequest,
  checkKeys,
  linkBase,
  pageLinks,
  readMarkedPage,
  readObject,
  requiredText,
} from "./_requests.ts";
import { serverRoutes, ZONE } from "./_servers.ts";
import {
  type Call,
  findInPath,
  jsonResponse,
  noContent,
  Refusal,
  type Routes,
} from "../kit/mod.ts";

/** Creates the routes of Nova, with and without the project in the path. */
export function computeRoutes(account: Account): Routes {
  const routes: Routes = {
    ...serverRoutes(account),
    ...actionRoutes(account),
    ...interfaceRoutes(account),
    ...keyPairRoutes(account),
    ...flavorRoutes(account),
    ...groupRoutes(account),
    "GET /os-availability-zone": () =>
      jsonResponse(200, {
        availabilityZoneInfo: [{
          zoneName: ZONE,
          zoneState: { available: true },
          hosts: null,
        }],
      }),
    "GET /os-availability-zone/detail": () => {
      // Only administrators see the hosts.
      throw new Refusal(
        403,
        "Policy doesn't allow os_compute_api:os-availability-zone:detail to be " +
          "performed.",
      );
    },
    "GET /limits": ({ request }) =>
      jsonResponse(200, { limits: limitsJson(account, request) }),
    "GET /os-quota-sets/{project}": ({ params, request }) =>
      jsonResponse(200, { quota_set: quotasJson(account, params, request) }),
    "GET /os-quota-sets/{project}/defaults": ({ params, request }) =>
      jsonResponse(200, { quota_set: quotasJson(account, params, request) }),
    "GET /extensions": () => jsonResponse(200, { extensions: [] }),
  };
  const version = ({ url }: Call) =>
    jsonResponse(200, {
      version: {
        ...versionJson(account, url),
        "media-types": [{
          base: "application/json",
          type: "application/vnd.openstack.compute+json;version=2.1",
        }],
      },
    });
  return {
    "GET /": ({ url }) =>
      jsonResponse(200, { versions: [versionJson(account, url)] }),
    "GET /v2.1": version,
    "GET /v2.1/": version,
    ...below(routes, "/v2.1"),
    ...below(routes, `/v2.1/${account.projectId}`),
  };
}

/** Adds a prefix to the paths of routes. */
function below(routes: Routes, prefix: string): Routes {
  return Object.fromEntries(
    Object.entries(routes).map(([route, handler]) => [
      route.replace(" ", ` ${prefix}`),
      handler,
    ]),
  );
}

function versionJson(account: Account, url: URL): object {
  const version = account.settings.newestMicroversion;
  return {
    id: "v2.1",
    status: "CURRENT",
    version,
    min_version: version && "2.1",
    updated: "2013-07-23T11:33:21Z",
    links: [{ rel: "self", href: `${urlOf("compute", url)}/v2.1/` }],
  };
}

function flavorRoutes(account: Account): Routes {
  const list = (isDetailed: boolean) => ({ url, request }: Call) => {
    const minDisk = Number(url.searchParams.get("minDisk") ?? 0);
    const minRam = Number(url.searchParams.get("minRam") ?? 0);
    const all = account.flavors.list
      .filter(({ disk, ram }) => disk >= minDisk && ram >= minRam);
    const page = readMarkedPage(
      all,
      url,
      account.settings.largestPage,
      ({ id }) => id,
    );
    return jsonResponse(200, {
      flavors: page.items.map((flavor) =>
        isDetailed ? flavorJson(account, flavor, url, request) : {
          ...flavorLink(account, flavor, url),
          ...microversionOf(account, request) >= 55 && { description: null },
        }
      ),
      ...pageLinks("flavors", page, account, "compute", url),
    });
  };
  const find = (call: Call) =>
    findInPath(
      account.flavors,
      call,
      () =>
        new Refusal(404, `Flavor ${call.params.get("id")} could not be found.`),
    );
  return {
    "GET /flavors": list(false),
    "GET /flavors/detail": list(true),
    "GET /flavors/{id}": (call) =>
      jsonResponse(200, {
        flavor: flavorJson(account, find(call), call.url, call.request),
      }),
    "GET /flavors/{id}/os-extra_specs": (call) =>
      jsonResponse(200, { extra_specs: find(call).extraSpecs }),
  };
}

function flavorLink(account: Account, { id, name }: Flavor, url: URL) {
  const base = linkBase(account, "compute", url);
  return {
    id,
    name,
    links: [
      { rel: "self", href: `${base}/v2.1/flavors/${id}` },
      { rel: "bookmark", href: `${base}/flavors/${id}` },
    ],
  };
}

function flavorJson(
  account: Account,
  flavor: Flavor,
  url: URL,
  request: Request,
): object {
  const minor = microversionOf(account, request);
  const { id, name, ram, disk, vcpus, ephemeral, swap, extraSpecs } = flavor;
  return {
    id,
    name,
    ram,
    disk,
    swap: swap === 0 && minor < 75 ? "" : swap,
    "OS-FLV-EXT-DATA:ephemeral": ephemeral,
    "OS-FLV-DISABLED:disabled": false,
    vcpus,
    "os-flavor-access:is_public": true,
    rxtx_factor: 1,
    links: flavorLink(account, flavor, url).links,
    ...minor >= 55 && { description: null },
    ...minor >= 61 && { extra_specs: extraSpecs },
  };
}

function limitsJson(account: Account, request: Request): object {
  const minor = microversionOf(account, request);
  const servers = account.servers.list.filter(({ isDeleted }) => !isDeleted);
  const sum = (read: (flavor: Flavor) => number) =>
    servers.reduce((total, { flavor }) => total + read(flavor), 0);
  const { serverLimit } = account.settings;
  return {
    rate: [],
    absolute: {
      maxTotalInstances: Number.isFinite(serverLimit) ? serverLimit : -1,
      maxTotalCores: -1,
      maxTotalRAMSize: -1,
      maxServerMeta: 128,
      maxTotalKeypairs: 1000,
      maxServerGroups: 10,
      maxServerGroupMembers: 10,
      totalRAMUsed: sum(({ ram }) => ram),
      totalCoresUsed: sum(({ vcpus }) => vcpus),
      totalInstancesUsed: servers.length,
      totalServerGroupsUsed: account.serverGroups.size,
      ...minor < 36 && {
        maxSecurityGroups: -1,
        maxSecurityGroupRules: -1,
        maxTotalFloatingIps: -1,
        totalFloatingIpsUsed: 0,
        totalSecurityGroupsUsed: 0,
      },
      ...minor < 39 && { maxImageMeta: 128 },
      ...minor < 57 && { maxPersonality: 5, maxPersonalitySize: 10_240 },
    },
  };
}

function quotasJson(
  account: Account,
  params: ReadonlyMap<string, string>,
  request: Request,
): object {
  const minor = microversionOf(account, request);
  return {
    id: params.get("project"),
    instances: -1,
    cores: -1,
    ram: -1,
    metadata_items: 128,
    key_pairs: 1000,
    server_groups: 10,
    server_group_members: 10,
    ...minor < 36 && {
      fixed_ips: -1,
      floating_ips: -1,
      security_group_rules: -1,
      security_groups: -1,
    },
    ...minor < 57 && {
      injected_file_content_bytes: 10_240,
      injected_file_path_bytes: 255,
      injected_files: 5,
    },
  };
}

const POLICIES = [
  "affinity",
  "anti-affinity",
  "soft-affinity",
  "soft-anti-affinity",
];

function groupRoutes(account: Account): Routes {
  const { serverGroups } = account;
  const find = (call: Call) =>
    findInPath(serverGroups, call, () =>
      new Refusal(
        404,
        `Instance group ${call.params.get("id")} could not be found.`,
      ));
  return {
    "GET /os-server-groups": ({ request }) =>
      jsonResponse(200, {
        server_groups: serverGroups.list.map((group) =>
          groupJson(account, group, request)
        ),
      }),
    "POST /os-server-groups": async (call) => {
      const isNew = microversionOf(account, call.request) >= 64;
      const group = await readObject(call, "server_group");
      const keys = isNew ? ["name", "policy", "rules"] : ["name", "policies"];
      checkKeys(group, keys, "server_group");
      const { policies } = group;
      const policy = isNew
        ? requiredText(group, "policy")
        : `${Array.isArray(policies) ? policies[0] : policies}`;
      if (!POLICIES.includes(policy)) {
        throw badRequest(`Invalid input for field/attribute policies.`);
      }
      const created = serverGroups.add({
        id: account.takeId(),
        name: requiredText(group, "name"),
        policy,
        rules: {},
        members: [],
      });
      return jsonResponse(200, {
        server_group: groupJson(account, created, call.request),
      });
    },
    "GET /os-server-groups/{id}": (call) =>
      jsonResponse(200, {
        server_group: groupJson(account, find(call), call.request),
      }),
    "DELETE /os-server-groups/{id}": (call) => {
      serverGroups.delete(find(call).id);
      return noContent();
    },
  };
}

function groupJson(account: Account, group: ServerGroup, request: Request) {
  const { id, name, policy, rules, members } = group;
  const minor = microversionOf(account, request);
  return {
    id,
    name,
    members,
    ...minor < 64 ? { policies: [policy], metadata: {} } : { policy, rules },
    ...minor >= 13 && {
      project_id: account.projectId,
      user_id: account.userId,
    },
  };
}
