/**
 * Subnets of Neutron.
 *
 * @module
 */

import {
  AddressAllocator,
  type Cidr,
  contains,
  formatAddress,
  overlap,
  parseAddress,
  parseCidr,
  type Range,
} from "./_addresses.ts";
import type { Pool, Subnet } from "./_network_records.ts";
import {
  badRequestOf,
  flag,
  forbidden,
  inUse,
  invalidInput,
  invalidRequest,
  type Kind,
  type Project,
  requiredId,
  requirePresent,
  text,
  unknown,
} from "./_neutron.ts";
import { isObject, type JsonObject, Refusal } from "../kit/mod.ts";

/** Kind of subnets. */
export function subnetKind(project: Project): Kind<Subnet> {
  const { networks } = project;
  const isExternal = ({ network_id }: Subnet) =>
    networks.get(network_id)?.["router:external"] === true;
  return {
    one: "subnet",
    many: "subnets",
    changeable: [
      "name",
      "description",
      "gateway_ip",
      "enable_dhcp",
      "allocation_pools",
      "dns_nameservers",
      "host_routes",
    ],
    initial: [
      "network_id",
      "ip_version",
      "cidr",
      "ipv6_address_mode",
      "ipv6_ra_mode",
      "subnetpool_id",
      "prefixlen",
    ],
    unknown: unknownSubnet,
    store: project.subnets,
    isForeign: isExternal,
    isVisible: (subnet) => !isExternal(subnet),
    show: (subnet) => ({ ...subnet, subnetpool_id: null, service_types: [] }),
    create(value) {
      const id = requiredId(value, "network_id");
      requirePresent(value, "ip_version");
      const network = networks.get(id);
      if (network === undefined) {
        throw unknown("NetworkNotFound", "Network", id);
      }
      if (network["router:external"]) {
        throw forbidden("rule:create_subnet");
      }
      return addSubnet(project, value);
    },
    update(subnet, value) {
      const range = parseCidr(subnet.cidr)!;
      const { allocation_pools: pools } = value;
      subnet.name = text(value, "name", subnet.name);
      subnet.description = text(value, "description", subnet.description);
      subnet.gateway_ip = readGateway(value, range, subnet.gateway_ip);
      subnet.enable_dhcp = flag(value, "enable_dhcp", subnet.enable_dhcp);
      Object.assign(subnet, readLists(value, subnet));
      if (pools !== undefined) {
        subnet.allocation_pools = readPools(pools, range);
        const ranges = subnet.allocation_pools.map(toRange);
        project.addresses.get(subnet.id)?.setPools(ranges);
      }
    },
    remove(subnet) {
      const isUsed = project.ports.list.some(({ fixed_ips }) =>
        fixed_ips.some((it) => it.subnet_id === subnet.id)
      );
      if (isUsed) {
        throw inUse(
          "SubnetInUse",
          `Unable to complete operation on subnet ${subnet.id}: One or more ` +
            "ports have an IP allocation from this subnet.",
        );
      }
      const network = networks.get(subnet.network_id);
      if (network === undefined) return;
      network.subnets = network.subnets.filter((id) => id !== subnet.id);
    },
  };
}

/** Creates the error of an unknown subnet. */
export function unknownSubnet(id: unknown): Refusal {
  return unknown("SubnetNotFound", "Subnet", id);
}

/** Adds a subnet to a network that exists. */
export function addSubnet(project: Project, value: JsonObject): Subnet {
  const network = project.networks.get(`${value["network_id"]}`)!;
  const range = readRange(value);
  for (const id of network.subnets) {
    const other = parseCidr(project.subnets.get(id)?.cidr ?? "");
    if (other === undefined || !overlap(range, other)) continue;
    throw invalidInput(
      `Requested subnet with cidr: ${range.text} for network: ${network.id} ` +
        "overlaps with another subnet.",
    );
  }
  const ipv6_address_mode = text(value, "ipv6_address_mode") || null;
  // Addresses that devices give themselves leave the first one to the router.
  const offset = ipv6_address_mode === null ? 1n : 0n;
  const { version } = range;
  const first = { version, number: range.first + offset };
  const gateway_ip = readGateway(value, range, formatAddress(first));
  const { allocation_pools: pools } = value;
  const subnet: Subnet = {
    id: project.account.takeId(),
    name: text(value, "name"),
    description: text(value, "description"),
    network_id: network.id,
    ip_version: version,
    cidr: range.text,
    gateway_ip,
    enable_dhcp: flag(value, "enable_dhcp", true),
    allocation_pools: Array.isArray(pools)
      ? readPools(pools, range)
      : defaultPools(range, gateway_ip),
    ipv6_address_mode,
    ipv6_ra_mode: text(value, "ipv6_ra_mode") || null,
    ...readLists(value, { dns_nameservers: [], host_routes: [] }),
  };
  const ranges = subnet.allocation_pools.map(toRange);
  project.addresses.set(subnet.id, new AddressAllocator(ranges));
  network.subnets.push(subnet.id);
  project.networks.touch(network);
  return project.subnets.add(subnet);
}

function readRange(value: JsonObject): Cidr {
  const version = Number(value["ip_version"]);
  if (version !== 4 && version !== 6) {
    throw invalidRequest(
      `Invalid input for ip_version. Reason: '${value["ip_version"]}' is not ` +
        "in [4, 6].",
    );
  }
  const cidr = value["cidr"];
  if (cidr === undefined || cidr === null) {
    const message = "a subnetpool must be specified in the absence of a cidr.";
    throw badRequestOf("subnets", message);
  }
  const range = parseCidr(`${cidr}`);
  if (range === undefined) {
    throw invalidInput(`${cidr} is not in a CIDR format.`);
  }
  if (range.version === version) return range;
  throw invalidInput(
    `cidr '${cidr}' does not match the ip_version '${version}'.`,
  );
}

function readGateway(
  value: JsonObject,
  { version }: Range,
  byDefault: string | null,
): string | null {
  const { gateway_ip: gateway } = value;
  if (gateway === undefined) return byDefault;
  if (gateway === null) return null;
  const address = parseAddress(`${gateway}`);
  if (address === undefined) {
    throw invalidRequest(
      `Invalid input for gateway_ip. Reason: '${gateway}' is not a valid IP ` +
        "address.",
    );
  }
  if (address.version === version) return formatAddress(address);
  throw invalidInput(
    `gateway_ip '${gateway}' does not match the ip_version '${version}'.`,
  );
}

function readLists(
  value: JsonObject,
  byDefault: Pick<Subnet, "dns_nameservers" | "host_routes">,
): Pick<Subnet, "dns_nameservers" | "host_routes"> {
  const { dns_nameservers, host_routes } = value;
  return {
    dns_nameservers: Array.isArray(dns_nameservers)
      ? dns_nameservers.map((it) => `${it}`)
      : byDefault.dns_nameservers,
    host_routes: Array.isArray(host_routes)
      ? host_routes
      : byDefault.host_routes,
  };
}

function readPools(value: unknown, range: Cidr): Pool[] {
  return [value].flat().map((pool) => {
    const { start, end } = isObject(pool) ? pool : {};
    const first = parseAddress(`${start}`);
    const last = parseAddress(`${end}`);
    if (first === undefined || last === undefined) {
      throw invalidRequest(
        "Invalid input for allocation_pools. Reason: Invalid data format for " +
          `IP pool: '${JSON.stringify(pool)}'.`,
      );
    }
    if (contains(range, first) && contains(range, last)) {
      return { start: `${start}`, end: `${end}` };
    }
    throw new Refusal(
      400,
      `The allocation pool ${start}-${end} spans beyond the subnet cidr ` +
        `${range.text}.`,
      { code: "OutOfBoundsAllocationPool" },
    );
  });
}

/** All addresses of a subnet but those of the network and the gateway. */
function defaultPools(range: Cidr, gateway: string | null): Pool[] {
  const { version } = range;
  const first = range.first + 1n;
  const last = version === 4 ? range.last - 1n : range.last;
  const taken = parseAddress(gateway ?? "");
  const parts: [bigint, bigint][] =
    taken?.version === version && first <= taken.number && taken.number <= last
      ? [[first, taken.number - 1n], [taken.number + 1n, last]]
      : [[first, last]];
  return parts.filter(([start, end]) => start <= end)
    .map(([start, end]) => ({
      start: formatAddress({ version, number: start }),
      end: formatAddress({ version, number: end }),
    }));
}

function toRange({ start, end }: Pool): Range {
  const { version, number } = parseAddress(start)!;
  return { version, first: number, last: parseAddress(end)!.number };
}
