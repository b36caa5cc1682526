/**
 * Ports of Neutron, and their addresses.
 *
 * @module
 */

import {
  contains,
  formatAddress,
  parseAddress,
  parseCidr,
  toAutomaticAddress,
  toMacAddress,
} from "./_addresses.ts";
import type {
  FixedIp,
  FloatingIp,
  Network,
  Port,
  Subnet,
} from "./_network_records.ts";
import {
  flag,
  inUse,
  type Kind,
  type Project,
  requiredId,
  type StampedStore,
  text,
  unknown,
} from "./_neutron.ts";
import { unknownGroup } from "./_security_groups.ts";
import { isObject, type JsonObject, Refusal } from "../kit/mod.ts";

/** Kind of ports. */
export function portKind(project: Project): Kind<Port> {
  return {
    one: "port",
    many: "ports",
    changeable: [
      "name",
      "description",
      "admin_state_up",
      "fixed_ips",
      "device_id",
      "device_owner",
      "security_groups",
      "port_security_enabled",
      "allowed_address_pairs",
      "extra_dhcp_opts",
      "binding:vnic_type",
    ],
    initial: ["network_id", "mac_address"],
    unknown: (id) => unknown("PortNotFound", "Port", id),
    store: project.ports,
    show: (port) => ({
      ...port,
      allowed_address_pairs: [],
      extra_dhcp_opts: [],
      "binding:vnic_type": "normal",
    }),
    create(value) {
      const network = networkOf(project, requiredId(value, "network_id"));
      const isSecure = flag(value, "port_security_enabled", true);
      const byDefault = isSecure ? [findGroup(project, "default")] : [];
      return addPort(project, {
        network,
        name: text(value, "name"),
        description: text(value, "description"),
        device_id: text(value, "device_id"),
        device_owner: text(value, "device_owner"),
        admin_state_up: flag(value, "admin_state_up", true),
        port_security_enabled: isSecure,
        security_groups: readGroups(project, value) ?? byDefault,
        ...readAddresses(value),
      });
    },
    update(port, value) {
      const groups = readGroups(project, value) ?? port.security_groups;
      const { port_security_enabled } = port;
      const isSecure = flag(
        value,
        "port_security_enabled",
        port_security_enabled,
      );
      if (!isSecure && groups.length > 0) {
        throw inUse(
          "PortSecurityPortHasSecurityGroup",
          "Port has security group associated. Cannot disable port security " +
            "or IP address until security group is removed.",
        );
      }
      const { wanted } = readAddresses(value);
      if (wanted !== undefined) {
        const network = networkOf(project, port.network_id);
        port.fixed_ips = replaceAddresses(project, network, port, wanted);
      }
      port.name = text(value, "name", port.name);
      port.description = text(value, "description", port.description);
      port.device_id = text(value, "device_id", port.device_id);
      port.device_owner = text(value, "device_owner", port.device_owner);
      port.admin_state_up = flag(value, "admin_state_up", port.admin_state_up);
      port.port_security_enabled = isSecure;
      port.security_groups = groups;
    },
    remove(port) {
      if (port.device_owner.startsWith("network:router")) {
        throw inUse(
          "ServicePortInUse",
          `Port ${port.id} cannot be deleted directly via the port API: has ` +
            `device owner ${port.device_owner}.`,
        );
      }
      forgetPort(project, port);
    },
  };
}

/** Creates a function that finds ports by their device: there may be many. */
export function indexByDevice(
  ports: StampedStore<Port>,
): (device: string) => readonly Port[] {
  let index = new Map<string, Port[]>();
  let state: readonly unknown[] = [];
  return (device) => {
    if (state[0] !== ports.list || state[1] !== ports.changes) {
      state = [ports.list, ports.changes];
      index = Map.groupBy(ports.list, ({ device_id }) => device_id);
    }
    return index.get(device) ?? [];
  };
}

/** Finds a network. */
export function networkOf(project: Project, id: string): Network {
  const network = project.networks.get(id);
  if (network !== undefined) return network;
  throw unknown("NetworkNotFound", "Network", id);
}

/** Finds a security group by its id or name. */
export function findGroup(project: Project, name: string): string {
  const found = project.groups.list.find((group) =>
    group.id === name || group.name === name
  );
  if (found !== undefined) return found.id;
  throw unknownGroup(name);
}

function readGroups(
  project: Project,
  { security_groups: groups }: JsonObject,
): string[] | undefined {
  if (!Array.isArray(groups)) return undefined;
  return groups.map((id) => {
    if (project.groups.has(`${id}`)) return `${id}`;
    throw unknownGroup(id);
  });
}

function readAddresses({ fixed_ips: wanted }: JsonObject) {
  return Array.isArray(wanted) ? { wanted: wanted.filter(isObject) } : {};
}

/** What is known about a new port. */
interface PortDraft extends Partial<Port> {
  readonly network: Network;
  /** Requested subnets and addresses. */
  readonly wanted?: readonly JsonObject[];
}

/** Adds a port. */
export function addPort(project: Project, draft: PortDraft): Port {
  const { network, wanted, ...fields } = draft;
  const id = project.account.takeId();
  const mac_address = toMacAddress(parseInt(id.slice(-6), 16));
  return project.ports.add({
    id,
    name: "",
    description: "",
    network_id: network.id,
    mac_address,
    admin_state_up: true,
    status: "DOWN",
    device_id: "",
    device_owner: "",
    security_groups: [],
    port_security_enabled: true,
    fixed_ips: takeAddresses(project, network, mac_address, wanted),
    ...fields,
  });
}

/** Ends the floating addresses of a port, and releases its own. */
export function forgetPort(project: Project, port: Port): void {
  for (const address of project.floatingIps.list) {
    if (address.port_id !== port.id) continue;
    disconnect(address);
    project.floatingIps.touch(address);
  }
  releaseAddresses(project, port.fixed_ips);
}

/** Ends the connection of a floating address. */
export function disconnect(address: FloatingIp): void {
  address.port_id = address.fixed_ip_address = address.router_id = null;
}

/** Releases addresses of subnets. */
export function releaseAddresses(
  project: Project,
  addresses: readonly FixedIp[],
): void {
  for (const { subnet_id, ip_address } of addresses) {
    const address = parseAddress(ip_address);
    if (address) project.addresses.get(subnet_id)?.release(address);
  }
}

/** Takes other addresses for a port; if this is refused, it keeps its own. */
function replaceAddresses(
  project: Project,
  network: Network,
  { fixed_ips: old, mac_address }: Port,
  wanted: readonly JsonObject[],
): FixedIp[] {
  releaseAddresses(project, old);
  try {
    return takeAddresses(project, network, mac_address, wanted);
  } catch (error) {
    for (const { subnet_id, ip_address } of old) {
      project.addresses.get(subnet_id)?.claim(parseAddress(ip_address)!);
    }
    throw error;
  }
}

/** Takes the addresses of a port. */
function takeAddresses(
  project: Project,
  network: Network,
  mac: string,
  wanted: readonly JsonObject[] | undefined,
): FixedIp[] {
  const subnets = network.subnets.flatMap((id) =>
    project.subnets.get(id) ?? []
  );
  const isAutomatic = ({ ipv6_address_mode: mode }: Subnet) =>
    mode === "slaac" || mode === "dhcpv6-stateless";
  const requested = wanted && takeAllWanted(project, network, subnets, wanted);
  const given = requested ?? ([4, 6] as const).flatMap((version) => {
    const usable = subnets.filter((subnet) =>
      subnet.ip_version === version && !isAutomatic(subnet)
    );
    return usable.length === 0 ? [] : [takeAny(project, network, usable)];
  });
  // No port is without the addresses that devices give themselves, unless it
  // has none at all.
  const automatic = wanted?.length === 0
    ? []
    : subnets.filter(isAutomatic).map(({ id, cidr }) => ({
      subnet_id: id,
      ip_address: formatAddress(toAutomaticAddress(parseCidr(cidr)!, mac)),
    }));
  return [...given, ...automatic];
}

/** Takes the next free address of the first subnet that has one. */
export function takeAny(
  project: Project,
  network: Network,
  subnets: readonly Subnet[],
): FixedIp {
  for (const { id } of subnets) {
    const address = project.addresses.get(id)?.take();
    if (address) return { subnet_id: id, ip_address: formatAddress(address) };
  }
  throw inUse(
    "IpAddressGenerationFailure",
    `No more IP addresses available on network ${network.id}.`,
  );
}

/** Takes the addresses of a request: all or, if one is refused, none. */
function takeAllWanted(
  project: Project,
  network: Network,
  subnets: readonly Subnet[],
  wanted: readonly JsonObject[],
): FixedIp[] {
  const taken: FixedIp[] = [];
  try {
    for (const it of wanted) {
      taken.push(takeWanted(project, network, subnets, it));
    }
  } catch (error) {
    releaseAddresses(project, taken);
    throw error;
  }
  return taken;
}

/** Takes the address of a request, which may name a subnet, an address or both. */
function takeWanted(
  project: Project,
  network: Network,
  subnets: readonly Subnet[],
  { subnet_id, ip_address }: JsonObject,
): FixedIp {
  const named = subnets.filter(({ id }) => id === subnet_id);
  if (subnet_id !== undefined && named.length === 0) {
    throw new Refusal(
      400,
      `Invalid input for operation: Failed to create port on network ` +
        `${network.id}, because fixed_ips included invalid subnet ${subnet_id}.`,
      { code: "InvalidInput" },
    );
  }
  if (ip_address === undefined || ip_address === null) {
    return takeAny(project, network, named);
  }
  const address = parseAddress(`${ip_address}`);
  const candidates = subnet_id === undefined ? subnets : named;
  const subnet = candidates.find(({ cidr }) =>
    address && contains(parseCidr(cidr)!, address)
  );
  if (address === undefined || subnet === undefined) {
    const [code, place] = subnet_id === undefined
      ? ["InvalidIpForNetwork", "any of the subnets on the specified network"]
      : ["InvalidIpForSubnet", "the specified subnet"];
    throw new Refusal(
      400,
      `IP address ${ip_address} is not a valid IP for ${place}.`,
      { code },
    );
  }
  if (project.addresses.get(subnet.id)?.claim(address)) {
    return { subnet_id: subnet.id, ip_address: formatAddress(address) };
  }
  throw inUse(
    "IpAddressAlreadyAllocated",
    `IP address ${ip_address} already allocated in subnet ${subnet.id}`,
  );
}
