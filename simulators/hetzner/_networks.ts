/**
 * Networks, firewalls, placement groups, and primary and floating IP addresses.
 *
 * @module
 */

import { type Account, findById, lookUp, readLocation } from "./_account.ts";
import { DATACENTERS, LOCATIONS } from "./_catalog.ts";
import { type Draft, type Kind, protection } from "./_collections.ts";
import type {
  Address,
  Contents,
  Firewall,
  FirewallTarget,
  FloatingIp,
  Network,
  PlacementGroup,
  PrimaryIp,
  Server,
  Subnet,
} from "./_records.ts";
import { invalid, selects, unfit } from "./_requests.ts";
import {
  Fields,
  ipv4ToNumber,
  isObject,
  type JsonObject,
  numberToIpv4,
} from "../kit/mod.ts";

// Placement groups

/** Creates the kind of placement groups. */
export function groupKind(account: Account): Kind<PlacementGroup> {
  return {
    list: "placement_groups",
    type: "placement_group",
    filters: ["type"],
    show: groupJson,
    create(fields, draft) {
      fields.choice("type", ["spread"]);
      return {
        placement_group: groupJson(addGroup(account, draft), account),
        action: null,
      };
    },
    remove(group) {
      if (groupJson(group, account).servers.length === 0) return;
      throw unfit("resource_in_use", "placement group is still in use");
    },
  };
}

/** Adds a placement group. */
export function addGroup(account: Account, draft: Draft): PlacementGroup {
  const id = account.takeId();
  return account.placement_groups.add({ ...draft, id, type: "spread" });
}

/** Converts a placement group to the format of the API. */
export function groupJson(group: PlacementGroup, { servers }: Contents) {
  const members = [...servers.values()]
    .filter((it) => it.placement_group === group.id);
  return { ...group, servers: members.map(({ id }) => id) };
}

// Networks

/** Creates the kind of networks. */
export function networkKind(account: Account): Kind<Network> {
  const change = (command: string, network: Network, end: () => void) => ({
    action: account.begin(command, { network }, { end }),
  });
  return {
    list: "networks",
    type: "network",
    show: networkJson,
    create(fields, draft) {
      const network = addNetwork(account, draft, readRange(fields, "ip_range"));
      for (const it of fields.optional.list("subnets") ?? []) {
        network.subnets.push(readSubnet(network, toFields(it, "subnets")));
      }
      network.routes = (fields.optional.list("routes") ?? [])
        .map((it) => readRoute(toFields(it, "routes")));
      readRouteSharing(network, fields);
      account.networks.add(network);
      return { network: networkJson(network, account) };
    },
    update: readRouteSharing,
    remove(network) {
      if (membersOf(network, account).length === 0) return;
      throw unfit("resource_in_use", "network is still in use");
    },
    actions: {
      ...protection(account, "network"),
      add_subnet(network, fields) {
        const subnet = readSubnet(network, fields);
        return change(
          "add_subnet",
          network,
          () => network.subnets.push(subnet),
        );
      },
      delete_subnet(network, fields) {
        const range = fields.string("ip_range");
        const rest = network.subnets.filter((it) => it.ip_range !== range);
        if (rest.length === network.subnets.length) {
          throw invalid("ip_range", "no such subnet");
        }
        return change("delete_subnet", network, () => network.subnets = rest);
      },
      add_route(network, fields) {
        const route = readRoute(fields);
        return change("add_route", network, () => network.routes.push(route));
      },
      delete_route(network, fields) {
        const { destination, gateway } = readRoute(fields);
        return change("delete_route", network, () => {
          network.routes = network.routes.filter((it) =>
            it.destination !== destination || it.gateway !== gateway
          );
        });
      },
      change_ip_range(network, fields) {
        const range = readRange(fields, "ip_range");
        return change(
          "change_ip_range",
          network,
          () => network.ip_range = range,
        );
      },
    },
  };
}

/** Creates a network without subnets. */
export function addNetwork(
  account: Account,
  draft: Draft,
  range: string,
): Network {
  return {
    ...draft,
    id: account.takeId(),
    ip_range: range,
    subnets: [],
    routes: [],
    expose_routes_to_vswitch: false,
    protection: { delete: false },
  };
}

/**
 * Checks that a server can join a network.
 *
 * @returns What attaches the server.
 */
export function attachToNetwork(
  account: Account,
  server: Server,
  network: Network,
  { optional }: Fields,
): () => void {
  if (server.private_net.some((it) => it.network === network.id)) {
    throw unfit(
      "server_already_attached",
      "server is already attached to the network",
    );
  }
  const zone = server.location.network_zone;
  const subnet = network.subnets.find((it) => it.network_zone === zone);
  if (subnet === undefined) {
    throw unfit("no_subnet_available", "no subnet is available");
  }
  const taken = new Set(
    account.servers.all.flatMap((it) => it.private_net)
      .filter((it) => it.network === network.id)
      .flatMap(({ ip, alias_ips }) => [ip, ...alias_ips]),
  );
  const alias_ips = optional.strings("alias_ips") ?? [];
  const wanted = optional.string("ip");
  for (const ip of [wanted, ...alias_ips]) {
    if (ip === undefined) continue;
    if (!network.subnets.some((it) => contains(it.ip_range, ip))) {
      throw invalid("ip", "is not in a subnet of the network");
    }
    if (taken.has(ip)) throw unfit("ip_not_available", "IP is not available");
  }
  // The first address of a network is its gateway.
  const [first, last] = rangeOf(subnet.ip_range);
  let next = first + 2;
  while (taken.has(numberToIpv4(next))) next++;
  if (next >= last) throw unfit("ip_not_available", "no IP is available");
  const number = account.takeId().toString(16).padStart(6, "0");
  const entry = {
    network: network.id,
    ip: wanted ?? numberToIpv4(next),
    alias_ips,
    mac_address: `86:00:00:${number.match(/../g)!.join(":")}`,
  };
  return () => server.private_net.push(entry);
}

/** Checks that a server is in a network; returns what detaches it. */
export function leaveNetwork(server: Server, { id }: Network): () => void {
  const rest = server.private_net.filter((it) => it.network !== id);
  if (rest.length < server.private_net.length) {
    return () => server.private_net = rest;
  }
  throw unfit("invalid_input", "server is not attached to the network");
}

function membersOf({ id }: Network, { servers }: Contents): number[] {
  return [...servers.values()]
    .filter((it) => it.private_net.some(({ network }) => network === id))
    .map((it) => it.id);
}

function networkJson(network: Network, contents: Contents): object {
  return {
    ...network,
    servers: membersOf(network, contents),
    load_balancers: [],
  };
}

function readRouteSharing(network: Network, { optional }: Fields): void {
  network.expose_routes_to_vswitch =
    optional.boolean("expose_routes_to_vswitch") ??
      network.expose_routes_to_vswitch;
}

function readRoute(fields: Fields) {
  const destination = fields.string("destination");
  const gateway = fields.string("gateway");
  return { destination, gateway };
}

/** Reads a subnet; the default range is the first free one with 256 addresses. */
export function readSubnet(network: Network, fields: Fields): Subnet {
  const type = fields.choice("type", ["cloud", "server", "vswitch"]);
  const network_zone = fields.string("network_zone");
  if (!LOCATIONS.some((it) => it.network_zone === network_zone)) {
    throw invalid("network_zone", "was not found");
  }
  const [first, last] = rangeOf(network.ip_range);
  const isFree = (range: string) =>
    network.subnets.every((it) => !overlap(it.ip_range, range));
  let next = first;
  while (!isFree(`${numberToIpv4(next)}/24`)) next += 256;
  const range = fields.optional.string("ip_range") === undefined
    ? `${numberToIpv4(next)}/24`
    : readRange(fields, "ip_range");
  const [start, end] = rangeOf(range);
  if (start < first || end > last) {
    throw invalid("ip_range", "is not in the range of the network");
  }
  if (!isFree(range)) throw invalid("ip_range", "overlaps with another subnet");
  const gateway = numberToIpv4(first + 1);
  return { type, ip_range: range, network_zone, gateway };
}

/** Reads a private range in CIDR notation. */
function readRange(fields: Fields, field: string): string {
  const range = fields.string(field);
  const [first, last] = rangeOf(range);
  const isPrivate = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"]
    .some((it) => rangeOf(it)[0] <= first && last <= rangeOf(it)[1]);
  if (isPrivate) return range;
  throw invalid(field, "must be a private IPv4 range in CIDR notation");
}

/** Returns the first and the last address, as numbers. */
function rangeOf(range: string): readonly [number, number] {
  const [address = "", length = ""] = range.split("/");
  const size = /^\d+$/.test(length) && Number(length) <= 30
    ? 2 ** (32 - Number(length))
    : NaN;
  const first = ipv4ToNumber(address);
  return first % size === 0 ? [first, first + size - 1] : [NaN, NaN];
}

function contains(range: string, address: string): boolean {
  const [first, last] = rangeOf(range);
  const number = ipv4ToNumber(address);
  return first < number && number < last;
}

function overlap(one: string, other: string): boolean {
  const [[a, b], [c, d]] = [rangeOf(one), rangeOf(other)];
  return a <= d && c <= b;
}

function toFields(value: unknown, field: string): Fields {
  if (!isObject(value)) throw invalid(field, "must contain objects");
  return new Fields(value, {
    invalid: (it) => invalid(`${field}.${it.field}`, it.message),
  });
}

// Firewalls

/** Creates the kind of firewalls. */
export function firewallKind(account: Account): Kind<Firewall> {
  const change = (
    command: string,
    firewall: Firewall,
    end: () => void,
    targets: readonly FirewallTarget[] = [],
  ) => {
    const servers = account.servers.list
      .filter((server) => appliesTo({ applied_to: targets }, server));
    const actions = [{}, ...servers.map((server) => ({ server }))];
    return {
      actions: actions.slice(0, 1).map((it) =>
        account.begin(command, { firewall, ...it }, { end })
      ),
    };
  };
  return {
    list: "firewalls",
    type: "firewall",
    create(fields, draft) {
      const rules = readRules(fields, false);
      const applied_to = readTargets(account, fields, "apply_to", false);
      return {
        firewall: addFirewall(account, draft, rules, applied_to),
        actions: [],
      };
    },
    remove({ applied_to }) {
      if (applied_to.length > 0) {
        throw unfit("resource_in_use", "firewall is still in use");
      }
    },
    actions: {
      set_rules(firewall, fields) {
        const rules = readRules(fields, true);
        return change(
          "set_firewall_rules",
          firewall,
          () => firewall.rules = rules,
        );
      },
      apply_to_resources(firewall, fields) {
        const targets = readTargets(account, fields, "apply_to", true);
        if (
          targets.some((it) =>
            firewall.applied_to.some((own) => isSame(own, it))
          )
        ) {
          throw unfit(
            "firewall_already_applied",
            "firewall is already applied",
          );
        }
        return change("apply_firewall", firewall, () => {
          firewall.applied_to = [...firewall.applied_to, ...targets];
        }, targets);
      },
      remove_from_resources(firewall, fields) {
        const targets = readTargets(account, fields, "remove_from", true);
        const rest = firewall.applied_to
          .filter((own) => !targets.some((it) => isSame(own, it)));
        if (rest.length + targets.length > firewall.applied_to.length) {
          throw unfit("firewall_already_removed", "firewall is not applied");
        }
        return change(
          "remove_firewall",
          firewall,
          () => firewall.applied_to = rest,
          targets,
        );
      },
    },
  };
}

/** Adds a firewall. */
export function addFirewall(
  account: Account,
  draft: Draft,
  rules: readonly unknown[],
  applied_to: readonly FirewallTarget[],
): Firewall {
  return account.firewalls.add({
    ...draft,
    id: account.takeId(),
    rules,
    applied_to,
  });
}

/** Whether a firewall is applied to a server. */
export function appliesTo(
  { applied_to }: Pick<Firewall, "applied_to">,
  server: Server,
): boolean {
  return applied_to.some((it) =>
    it.server?.id === server.id ||
    it.label_selector && selects(it.label_selector.selector)(server)
  );
}

function isSame(one: FirewallTarget, other: FirewallTarget): boolean {
  return one.server?.id === other.server?.id &&
    one.label_selector?.selector === other.label_selector?.selector;
}

function readRules(fields: Fields, isRequired: boolean): readonly unknown[] {
  const rules = isRequired
    ? fields.list("rules")
    : fields.optional.list("rules") ?? [];
  return rules.map((value) => {
    const rule = toFields(value, "rules");
    const direction = rule.choice("direction", ["in", "out"]);
    const protocol = rule.choice("protocol", [
      "tcp",
      "udp",
      "icmp",
      "esp",
      "gre",
    ]);
    const port = rule.optional.string("port");
    const needsPort = protocol === "tcp" || protocol === "udp";
    if (needsPort !== (port !== undefined)) {
      throw invalid("rules.port", "is required for tcp and udp only");
    }
    const ips = direction === "in" ? "source_ips" : "destination_ips";
    rule.strings(ips, { min: 1, max: 100 });
    return {
      source_ips: [],
      destination_ips: [],
      port: null,
      description: null,
      ...value as JsonObject,
    };
  });
}

function readTargets(
  account: Account,
  fields: Fields,
  field: string,
  isRequired: boolean,
): readonly FirewallTarget[] {
  const list = isRequired
    ? fields.list(field)
    : fields.optional.list(field) ?? [];
  return list.map((value) => {
    const target = toFields(value, field);
    const type = target.choice("type", ["server", "label_selector"]);
    const inner = toFields(target.any(type), field);
    if (type === "server") {
      return {
        type,
        server: { id: findById(account.servers, inner, "id", "server").id },
      };
    }
    const selector = inner.string("selector");
    selects(selector);
    return { type, label_selector: { selector } };
  });
}

// Addresses

/** Creates the kind of primary IP addresses. */
export function primaryIpKind(account: Account): Kind<PrimaryIp> {
  const find = (id: unknown) => {
    const server = lookUp(account.servers, id, "server");
    if (server.status !== "off") {
      throw unfit("server_not_stopped", "server must be stopped");
    }
    return server;
  };
  return {
    list: "primary_ips",
    type: "primary_ip",
    filters: ["ip"],
    show: primaryIpJson,
    create(fields, draft) {
      const type = fields.choice("type", ["ipv4", "ipv6"]);
      fields.choice("assignee_type", ["server"]);
      const assignee = fields.optional.any("assignee_id");
      const server = assignee === undefined ? undefined : find(assignee);
      const location = server?.location ?? readLocation(fields);
      if (location === undefined) throw invalid("location", "is required");
      const address = addPrimaryIp(account, type, { location }, draft);
      address.auto_delete = fields.optional.boolean("auto_delete") ?? false;
      address.assignee_id = server?.id ?? null;
      const action = server && account.begin("assign_primary_ip", { server });
      return { primary_ip: primaryIpJson(address), ...action && { action } };
    },
    update(address, { optional }) {
      address.auto_delete = optional.boolean("auto_delete") ??
        address.auto_delete;
    },
    remove({ assignee_id, type, ip }) {
      if (assignee_id !== null) find(assignee_id);
      account.pools.primary[type].release(ip);
    },
    actions: {
      ...protection(account, "primary_ip"),
      ...dnsAction(account, "primary_ip"),
      assign(primary_ip, fields) {
        const server = find(fields.any("assignee_id"));
        if (primary_ip.assignee_id !== null) {
          throw unfit(
            "primary_ip_already_assigned",
            "primary IP is already assigned",
          );
        }
        const end = () => primary_ip.assignee_id = server.id;
        return {
          action: account.begin("assign_primary_ip", { server, primary_ip }, {
            end,
          }),
        };
      },
      unassign(primary_ip) {
        const server = find(primary_ip.assignee_id ?? 0);
        const end = () => primary_ip.assignee_id = null;
        return {
          action: account.begin("unassign_primary_ip", { server, primary_ip }, {
            end,
          }),
        };
      },
    },
  };
}

/** Adds a primary IP address; by default one that is deleted with its server. */
export function addPrimaryIp(
  account: Account,
  type: Address["type"],
  { location }: Pick<Server, "location">,
  draft?: Draft,
): PrimaryIp {
  // The addresses of new servers have ids of their own, so that those of other resources are small.
  const id = draft ? account.takeId() : account.takeAddressId();
  return account.primary_ips.add({
    ...newAddress(account, "primary", type, {
      name: `primary_ip-${id}`,
      labels: {},
      created: account.timestamp(),
      ...draft,
    }, id),
    assignee_type: "server",
    assignee_id: null,
    auto_delete: true,
    location,
  });
}

function primaryIpJson(address: PrimaryIp): object {
  const datacenter = DATACENTERS.find((it) =>
    it.location.id === address.location.id
  );
  return { ...address, datacenter };
}

/** Creates the kind of floating IP addresses. */
export function floatingIpKind(account: Account): Kind<FloatingIp> {
  return {
    list: "floating_ips",
    type: "floating_ip",
    names: /^/,
    create(fields, draft) {
      const type = fields.choice("type", ["ipv4", "ipv6"]);
      const server = fields.optional.any("server") === undefined
        ? undefined
        : findById(account.servers, fields, "server");
      const location = readLocation(fields, "home_location") ??
        server?.location;
      if (location === undefined) {
        throw invalid("home_location", "home_location or server is required");
      }
      const floating_ip = addFloatingIp(account, type, draft, location);
      floating_ip.server = server?.id ?? null;
      readDescription(floating_ip, fields);
      const action = server && account.begin("assign_floating_ip", { server });
      return { floating_ip, ...action && { action } };
    },
    update: readDescription,
    remove: ({ type, ip }) => account.pools.floating[type].release(ip),
    actions: {
      ...protection(account, "floating_ip"),
      ...dnsAction(account, "floating_ip"),
      assign(floating_ip, fields) {
        const server = findById(account.servers, fields, "server");
        const end = () => floating_ip.server = server.id;
        return {
          action: account.begin("assign_floating_ip", { server, floating_ip }, {
            end,
          }),
        };
      },
      unassign(floating_ip) {
        const server = account.servers.get(floating_ip.server ?? 0);
        const end = () => floating_ip.server = null;
        const targets = server ? { server, floating_ip } : { floating_ip };
        return {
          action: account.begin("unassign_floating_ip", targets, { end }),
        };
      },
    },
  };
}

/** Adds a floating IP address. */
export function addFloatingIp(
  account: Account,
  type: Address["type"],
  draft: Draft,
  home_location = LOCATIONS[0]!,
): FloatingIp {
  const id = account.takeId();
  const name = draft.name || `floating-ip-${id}`;
  return account.floating_ips.add({
    ...newAddress(account, "floating", type, { ...draft, name }, id),
    description: null,
    server: null,
    home_location,
  });
}

function newAddress(
  account: Account,
  pool: "primary" | "floating",
  type: Address["type"],
  draft: Draft,
  id: number,
): Address {
  const ip = account.pools[pool][type].take();
  if (ip === undefined) {
    throw unfit("resource_unavailable", "no IP is available");
  }
  const dns = `static.${
    ip.split(".").reverse().join(".")
  }.clients.your-server.de`;
  return {
    ...draft,
    id,
    type,
    ip,
    blocked: false,
    dns_ptr: type === "ipv4" ? [{ ip, dns_ptr: dns }] : [],
    protection: { delete: false },
  };
}

/** The action that changes the name of an address. */
function dnsAction<T extends Address>(account: Account, type: string) {
  return {
    change_dns_ptr(address: T, fields: Fields) {
      const ip = fields.string("ip");
      const name = fields.optional.string("dns_ptr");
      const end = () => {
        const others = address.dns_ptr.filter((it) => it.ip !== ip);
        address.dns_ptr = name ? [...others, { ip, dns_ptr: name }] : others;
      };
      return {
        action: account.begin("change_dns_ptr", { [type]: address }, { end }),
      };
    },
  };
}

function readDescription(address: FloatingIp, { optional }: Fields): void {
  address.description = optional.string("description", { min: 0 }) ??
    address.description;
}
