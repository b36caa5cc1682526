/**
 * Neutron: its routes, networks and quotas.
 *
 * @module
 */

import type { Account } from "./_account.ts";
import type { AddressAllocator } from "./_addresses.ts";
import { floatingIpKind } from "./_floating_ips.ts";
import type { Network, Port } from "./_network_records.ts";
import {
  flag,
  forbidden,
  inUse,
  type Kind,
  kindRoutes,
  type Project,
  StampedStore,
  tagRoutes,
  text,
  unknown,
  versionsResponse,
} from "./_neutron.ts";
import { indexByDevice, portKind } from "./_ports.ts";
import {
  addInterface,
  interfaceRoutes,
  routerKind,
  setGateway,
} from "./_routers.ts";
import {
  newDefaultGroup,
  ruleKind,
  securityGroupKind,
} from "./_security_groups.ts";
import { serverPorts } from "./_server_ports.ts";
import { addSubnet, subnetKind } from "./_subnets.ts";
import {
  type Call,
  type JsonObject,
  jsonResponse,
  type Routes,
} from "../kit/mod.ts";

/** Creates the routes of Neutron. */
export function networkRoutes(account: Account): Routes {
  const ports = new StampedStore<Port>(account);
  const project: Project = {
    account,
    networks: new StampedStore(account),
    subnets: new StampedStore(account),
    ports,
    portsOf: indexByDevice(ports),
    routers: new StampedStore(account),
    floatingIps: new StampedStore(account),
    groups: new StampedStore(account),
    rules: new StampedStore(account),
    addresses: new Map<string, AddressAllocator>(),
  };
  newDefaultGroup(project);
  seedNetworks(project);
  account.network = serverPorts(project);
  const taggable = [
    networkKind(project),
    subnetKind(project),
    portKind(project),
    routerKind(project),
    floatingIpKind(project),
    securityGroupKind(project),
  ] as unknown as Kind<{ readonly id: string }>[];
  const kinds = [
    ...taggable,
    ruleKind(project) as unknown as Kind<{ readonly id: string }>,
  ];
  const routes: Routes = Object.assign(
    {},
    interfaceRoutes(project),
    quotaRoutes(project, kinds),
    ...taggable.map((kind) => tagRoutes(kind)),
    ...kinds.map((kind) => kindRoutes(project, kind)),
    {
      "GET /extensions": () => jsonResponse(200, { extensions: EXTENSIONS }),
      "GET /availability_zones": () =>
        jsonResponse(200, { availability_zones: [] }),
    },
  );
  return {
    "GET /": versionsResponse,
    ...Object.fromEntries(
      Object.entries(routes).map(([route, handler]) => [
        route.replace(" ", " /v2.0"),
        handler,
      ]),
    ),
  };
}

/** Extensions of Neutron that this module has. */
const EXTENSIONS = [
  "external-net",
  "ext-gw-mode",
  "fip-port-details",
  "filter-validation",
  "pagination",
  "port-security",
  "project-id",
  "quota_details",
  "router",
  "security-group",
  "sorting",
  "standard-attr-revisions",
  "standard-attr-tag",
  "standard-attr-timestamp",
].map((alias) => ({
  name: alias,
  alias,
  description: "",
  updated: "2018-01-01T00:00:00-00:00",
  links: [],
}));

/** The networks that a new cloud has, joined by a router. */
function seedNetworks(project: Project): void {
  const inner = addNetwork(project, { name: "private" });
  const subnet = addSubnet(project, {
    name: "private-subnet",
    network_id: inner.id,
    cidr: "10.0.0.0/16",
    ip_version: 4,
  });
  const outer = addNetwork(project, { name: "public" }, true);
  addSubnet(project, {
    name: "public-subnet",
    network_id: outer.id,
    cidr: "203.0.113.0/24",
    ip_version: 4,
    enable_dhcp: false,
  });
  const router = project.routers.add({
    id: project.account.takeId(),
    name: "router",
    description: "",
    admin_state_up: true,
    external_gateway_info: null,
    routes: [],
  });
  setGateway(project, router, { network_id: outer.id });
  addInterface(project, router, subnet);
}

function addNetwork(
  project: Project,
  value: JsonObject,
  isExternal = false,
): Network {
  return project.networks.add({
    id: project.account.takeId(),
    name: text(value, "name"),
    description: text(value, "description"),
    admin_state_up: flag(value, "admin_state_up", true),
    shared: false,
    "router:external": isExternal,
    subnets: [],
  });
}

function networkKind(project: Project): Kind<Network> {
  return {
    one: "network",
    many: "networks",
    changeable: [
      "name",
      "description",
      "admin_state_up",
      "shared",
      "router:external",
      "port_security_enabled",
      "mtu",
    ],
    initial: ["availability_zone_hints"],
    unknown: (id) => unknown("NetworkNotFound", "Network", id),
    isForeign: (network) => network["router:external"],
    store: project.networks,
    show: (network) => ({
      ...network,
      status: "ACTIVE",
      mtu: 1500,
      port_security_enabled: true,
      availability_zone_hints: [],
      availability_zones: [],
      ipv4_address_scope: null,
      ipv6_address_scope: null,
      ...network["router:external"] && { is_default: false },
    }),
    create(value) {
      requireNoPolicy(value, "create");
      return addNetwork(project, value);
    },
    update(network, value) {
      requireNoPolicy(value, "update");
      network.name = text(value, "name", network.name);
      network.description = text(value, "description", network.description);
      const { admin_state_up } = network;
      network.admin_state_up = flag(value, "admin_state_up", admin_state_up);
    },
    remove({ id }) {
      const ports = project.ports.list.filter((it) => it.network_id === id);
      if (ports.length > 0) {
        const ids = ports.map((port) => port.id).join(",");
        throw inUse(
          "NetworkInUse",
          `Unable to complete operation on network ${id}. There are one or ` +
            "more ports still in use on the network, id for these ports is: " +
            `${ids}.`,
        );
      }
      for (const subnet of project.subnets.list) {
        if (subnet.network_id === id) project.subnets.delete(subnet.id);
      }
    },
  };
}

/** Refuses what only an administrator can set. */
function requireNoPolicy(value: JsonObject, action: string): void {
  for (const field of ["shared", "router:external"]) {
    if (flag(value, field, false)) {
      const rule = `rule:${action}_network`;
      throw forbidden(`(${rule} and ${rule}:${field})`);
    }
  }
}

function quotaRoutes(
  { account }: Project,
  kinds: readonly Kind<{ readonly id: string }>[],
): Routes {
  const limitOf = (name: string) => account.settings.quotas[name] ?? -1;
  const quota = (toValue: (kind: typeof kinds[number]) => unknown) => () =>
    jsonResponse(200, {
      quota: Object.fromEntries(kinds.map((kind) => [kind.one, toValue(kind)])),
    });
  const limits = quota(({ one }) => limitOf(one));
  const details = quota(({ one, store, isForeign }) => ({
    limit: limitOf(one),
    used: store.list.filter((it) => !isForeign?.(it)).length,
    reserved: 0,
  }));
  return {
    "GET /quotas/{project}": limits,
    "GET /quotas/{project}/default": limits,
    "GET /quotas/{project}/details.json": details,
    "GET /quotas/{project}/details": details,
    "PUT /quotas/{project}": (_call: Call) => {
      throw forbidden("rule:update_quota");
    },
  };
}
