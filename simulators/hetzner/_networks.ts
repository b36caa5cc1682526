/**
 * Networks, firewalls and placement groups.
 *
 * @module
 */

import type { Account } from "./_account.ts";
import { LOCATIONS } from "./_catalog.ts";
import { type Kind, protection } from "./_collections.ts";
import {
  type Contents,
  type Firewall,
  type Network,
  newFirewall,
  newNetwork,
  type PlacementGroup,
  type Server,
} from "./_records.ts";
import { invalid, lookUp, toFields, unfit } from "./_requests.ts";
import {
  containsRange,
  type Fields,
  type Ipv4Range,
  ipv4ToNumber,
  numberToIpv4,
  parseIpv4Range,
  rangesOverlap,
} from "../kit/mod.ts";

/** Ranges that networks can have, as numbers. */
const PRIVATE_RANGES = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"]
  .map((it) => parseIpv4Range(it)!);

/** Creates the kind of placement groups. */
export function groupKind(account: Account): Kind<PlacementGroup> {
  return {
    list: "placement_groups",
    type: "placement_group",
    filters: ["type"],
    show: groupJson,
    create(fields, draft) {
      const type = fields.choice("type", ["spread"]);
      const id = account.takeId();
      const group = account.placement_groups.add({ ...draft, id, type });
      return { placement_group: groupJson(group, account), action: null };
    },
    remove(group) {
      if (groupJson(group, account).servers.length === 0) return;
      throw unfit("resource_in_use", "placement group is still in use");
    },
  };
}

/** Converts a placement group to the format of the API. */
export function groupJson(group: PlacementGroup, { servers }: Contents) {
  const members = [...servers.values()]
    .filter((it) => it.placement_group === group.id);
  return { ...group, servers: members.map(({ id }) => id) };
}

/** Creates the kind of networks. */
export function networkKind(account: Account): Kind<Network> {
  return {
    list: "networks",
    type: "network",
    show: networkJson,
    create(fields, draft) {
      const range = readRange(fields, PRIVATE_RANGES);
      const network = newNetwork(account.takeId(), draft, range);
      for (const it of fields.optional.list("subnets") ?? []) {
        network.subnets.push(readSubnet(network, toFields(it, "subnets")));
      }
      account.networks.add(network);
      return { network: networkJson(network, account) };
    },
    remove(network) {
      if (networkJson(network, account).servers.length === 0) return;
      throw unfit("resource_in_use", "network is still in use");
    },
    actions: {
      ...protection(account, "network"),
      add_subnet(network, fields) {
        const subnet = readSubnet(network, fields);
        return account.begin("add_subnet", { network }, () => {
          network.subnets.push(subnet);
        });
      },
      delete_subnet(network, fields) {
        const range = fields.string("ip_range");
        const rest = network.subnets.filter((it) => it.ip_range !== range);
        if (rest.length === network.subnets.length) {
          throw invalid("ip_range", "is not a subnet of the network");
        }
        return account.begin("delete_subnet", { network }, () => {
          network.subnets = rest;
        });
      },
    },
  };
}

/** Checks that a server can join a network; returns what attaches it. */
export function planJoin(
  account: Account,
  server: Server,
  network: Network,
  { optional }: Fields,
): () => void {
  if (server.private_net.some((it) => it.network === network.id)) {
    throw unfit("server_already_attached", "server is already attached");
  }
  const { network_zone: zone } = server.location;
  const subnet = network.subnets.find((it) => it.network_zone === zone);
  if (subnet === undefined) {
    throw unfit("no_subnet_available", "no subnet is available");
  }
  const wanted = optional.string("ip");
  const alias_ips = optional.strings("alias_ips") ?? [];
  const number = ipv4ToNumber(wanted ?? "");
  const isInside = network.subnets.map(rangeOf)
    .some(({ first, last }) => first < number && number < last);
  if (wanted !== undefined && !isInside) {
    throw invalid("ip", "is not in a subnet of the network");
  }
  const isTaken = (ip: string) =>
    account.servers.all.flatMap((it) => it.private_net)
      .some((it) => it.network === network.id && it.ip === ip);
  if (wanted !== undefined && isTaken(wanted)) {
    throw unfit("ip_not_available", "IP is not available");
  }
  return () => {
    // The first address of a network is its gateway.
    let next = rangeOf(subnet).first + 2;
    while (isTaken(numberToIpv4(next))) next++;
    const hex = server.id.toString(16).padStart(6, "0").slice(-6);
    server.private_net.push({
      network: network.id,
      ip: wanted ?? numberToIpv4(next),
      alias_ips,
      mac_address: `86:00:00:${hex.match(/../g)!.join(":")}`,
    });
  };
}

/** Checks that a server is in a network; returns what detaches it. */
export function planLeave(server: Server, { id }: Network): () => void {
  const rest = server.private_net.filter((it) => it.network !== id);
  if (rest.length < server.private_net.length) {
    return () => server.private_net = rest;
  }
  throw unfit("server_not_attached", "server is not attached to the network");
}

function networkJson(network: Network, { servers }: Contents) {
  const members = [...servers.values()].filter((it) =>
    it.private_net.some((it) => it.network === network.id)
  );
  return { ...network, servers: members.map(({ id }) => id) };
}

/** Reads a subnet; its default range is the first /24 of the network. */
function readSubnet(network: Network, fields: Fields) {
  const type = fields.choice("type", ["cloud", "server", "vswitch"]);
  const network_zone = fields.string("network_zone");
  if (!LOCATIONS.some((it) => it.network_zone === network_zone)) {
    throw invalid("network_zone", "was not found");
  }
  const outer = rangeOf(network);
  const ip_range = fields.optional.any("ip_range") === undefined
    ? `${numberToIpv4(outer.first)}/24`
    : readRange(fields, [outer]);
  const range = rangeOf({ ip_range });
  if (network.subnets.some((it) => rangesOverlap(rangeOf(it), range))) {
    throw invalid("ip_range", "overlaps with another subnet");
  }
  const gateway = numberToIpv4(outer.first + 1);
  return { type, ip_range, network_zone, gateway };
}

/** Reads a range of at least 4 addresses, which must be in one of others. */
function readRange(fields: Fields, outer: readonly Ipv4Range[]): string {
  const text = fields.string("ip_range");
  const range = parseIpv4Range(text);
  const isAllowed = range !== undefined && range.last - range.first >= 3 &&
    outer.some((it) => containsRange(it, range));
  if (isAllowed) return text;
  throw invalid("ip_range", "is not an allowed range in CIDR notation");
}

/** Parses the range of a network or subnet, which was checked before. */
function rangeOf({ ip_range }: Pick<Network, "ip_range">): Ipv4Range {
  return parseIpv4Range(ip_range)!;
}

/** Creates the kind of firewalls. */
export function firewallKind(account: Account): Kind<Firewall> {
  const readServers = (fields: Fields, field: string) =>
    fields.list(field).map((value) => {
      const target = toFields(value, field);
      target.choice("type", ["server"]);
      const { id } = target.record("server");
      return lookUp(account.servers, id, "server").id;
    });
  return {
    list: "firewalls",
    type: "firewall",
    show: firewallJson,
    create(fields, draft) {
      const { optional } = fields;
      const rules = optional.any("rules") === undefined
        ? []
        : readRules(fields);
      const servers = optional.any("apply_to") === undefined
        ? []
        : readServers(fields, "apply_to");
      const firewall = newFirewall(account.takeId(), draft, rules, servers);
      account.firewalls.add(firewall);
      return { firewall: firewallJson(firewall), actions: [] };
    },
    remove({ servers }) {
      if (servers.length === 0) return;
      throw unfit("resource_in_use", "firewall is still in use");
    },
    actions: {
      set_rules(firewall, fields) {
        const changes = { rules: readRules(fields) };
        return change("set_firewall_rules", firewall, changes);
      },
      apply_to_resources(firewall, fields) {
        const added = readServers(fields, "apply_to");
        if (added.some((id) => firewall.servers.includes(id))) {
          throw unfit("firewall_already_applied", "firewall is in use there");
        }
        const servers = [...firewall.servers, ...added];
        return change("apply_firewall", firewall, { servers });
      },
      remove_from_resources(firewall, fields) {
        const removed = readServers(fields, "remove_from");
        if (!removed.every((id) => firewall.servers.includes(id))) {
          throw unfit("firewall_already_removed", "firewall is not in use");
        }
        const servers = firewall.servers.filter((id) => !removed.includes(id));
        return change("remove_firewall", firewall, { servers });
      },
    },
  };

  function change(
    command: string,
    firewall: Firewall,
    changes: Partial<Firewall>,
  ) {
    const { action } = account.begin(
      command,
      { firewall },
      () => Object.assign(firewall, changes),
    );
    return { actions: [action] };
  }
}

function firewallJson({ servers, ...firewall }: Firewall) {
  const applied_to = servers.map((id) => ({ type: "server", server: { id } }));
  return { ...firewall, applied_to };
}

function readRules(fields: Fields) {
  return fields.list("rules", { max: 50 }).map((value) => {
    const rule = toFields(value, "rules");
    const { optional } = rule;
    const direction = rule.choice("direction", ["in", "out"]);
    const protocols = ["tcp", "udp", "icmp", "esp", "gre"] as const;
    const protocol = rule.choice("protocol", protocols);
    const port = optional.string("port") ?? null;
    if ((protocol === "tcp" || protocol === "udp") !== (port !== null)) {
      throw invalid("rules.port", "is required for tcp and udp only");
    }
    rule.strings(direction === "in" ? "source_ips" : "destination_ips", {
      min: 1,
    });
    return {
      direction,
      protocol,
      port,
      source_ips: optional.strings("source_ips", { max: 100 }) ?? [],
      destination_ips: optional.strings("destination_ips", { max: 100 }) ?? [],
      description: optional.string("description", { min: 0 }) ?? null,
    };
  });
}
