/**
 * The records of Hetzner Cloud's compute service, and their conversion from
 * Hetzner's JSON.
 *
 * @module
 */

import {
  lookUp,
  splitIps,
  toBoolean,
  toId,
  toIds,
  toNumber,
  toOptionalId,
  toRequiredNumber,
  toText,
  toTexts,
  toTime,
} from "../../core/mod.ts";
import type {
  KeyPair,
  LocationPrice,
  Node,
  NodeImage,
  NodeLocation,
  NodeSize,
  NodeState,
  Tags,
  Volume,
  VolumeState,
} from "../../core/compute/mod.ts";
import type { HetznerAction } from "./_actions.ts";
import type {
  FloatingIpJson,
  ImageJson,
  LocationJson,
  NetworkJson,
  PlacementGroupJson,
  PricePerTimeJson,
  PrimaryIpJson,
  ServerJson,
  ServerTypeJson,
  SshKeyJson,
  VolumeJson,
} from "./_json.ts";

/** A node at Hetzner Cloud. */
export interface HetznerNode extends
  Node<{
    /** Hetzner's own word for the state, such as `"off"`. */
    readonly status?: string | undefined;
    /** Whether an action is in progress. */
    readonly isLocked?: boolean | undefined;
    /** Whether the next boot starts the rescue system. */
    readonly isRescueEnabled?: boolean | undefined;
    /** Whether the node cannot be destroyed or rebuilt. */
    readonly isProtected?: boolean | undefined;
    /** The IPv6 network of the node; its first host is in `publicIps`. */
    readonly ipv6Network?: string | undefined;
    /** Ids of private networks. */
    readonly networkIds: readonly string[];
    /** Ids of floating IP addresses. They are not in `publicIps`. */
    readonly floatingIpIds: readonly string[];
    /** Ids of firewalls. */
    readonly firewallIds: readonly string[];
    /** Ids of attached volumes. */
    readonly volumeIds: readonly string[];
    /** Id of the placement group. */
    readonly placementGroupId?: string | undefined;
    /** Disk in GB. */
    readonly diskGb?: number | undefined;
  }> {
  /**
   * Root password that Hetzner generated because the node has no key pair: only
   * in the result of `createNode()` and `deployNode()`.
   */
  readonly rootPassword?: string | undefined;
}

/** The price of a size in one location, without VAT. */
export interface HetznerLocationPrice extends LocationPrice {
  /** Price per hour with VAT. */
  readonly grossHourly?: number | undefined;
  /** Highest price per month with VAT. */
  readonly grossMonthly?: number | undefined;
  /** Outgoing transfer per month that the price includes, in GB. */
  readonly transferGb?: number | undefined;
}

/**
 * A size at Hetzner Cloud. `price` and `transferGb` are those of the cheapest
 * location. `price` is without VAT.
 */
export interface HetznerSize extends
  NodeSize<{
    /** Kind of processors: `"shared"` or `"dedicated"`. */
    readonly cpuType?: string | undefined;
  }> {
  /** Prices in all locations. */
  readonly locationPrices: readonly HetznerLocationPrice[];
  /** Ids of the locations that offer the size. */
  readonly locationIds: readonly string[];
  /** Whether Hetzner is not going to remove the size. */
  readonly isAvailable: boolean;
}

/**
 * An image at Hetzner Cloud. System images of several architectures have the
 * same name. Snapshots and backups have no name at Hetzner; here it is their
 * description.
 */
export type HetznerImage = NodeImage<{
  /** Kind of image: `"system"`, `"app"`, `"snapshot"` or `"backup"`. */
  readonly type?: string | undefined;
  /** Hetzner's own word for the state, such as `"creating"`. */
  readonly status?: string | undefined;
  /** Description for people. */
  readonly description?: string | undefined;
  /** Architecture of the processors: `"x86_64"` or `"arm64"`. */
  readonly architecture?: string | undefined;
  /** Size in GB, which Hetzner bills for images of the account. */
  readonly sizeGb?: number | undefined;
  /** Id of the node that the image was created from. */
  readonly nodeId?: string | undefined;
  /** Whether Hetzner is going to remove the image. */
  readonly isDeprecated: boolean;
  /** Tags. */
  readonly tags: Tags;
  /** Time of creation, ISO 8601 in UTC. */
  readonly createdAt?: string | undefined;
}>;

/** A location of Hetzner Cloud. */
export type HetznerLocation = NodeLocation<{
  /** Name of the city. */
  readonly city?: string | undefined;
  /** Zone within which nodes can share a network, such as `"eu-central"`. */
  readonly networkZone?: string | undefined;
}>;

/** A public key at Hetzner Cloud. */
export type HetznerKeyPair = KeyPair<{
  /** Tags. */
  readonly tags: Tags;
}>;

/** A volume at Hetzner Cloud. */
export type HetznerVolume = Volume<{
  /** Hetzner's own word for the state, such as `"available"`. */
  readonly status?: string | undefined;
  /** Path of the device inside the node. */
  readonly device?: string | undefined;
  /** Tags. */
  readonly tags: Tags;
}>;

/** An action that may set a root password. */
export interface HetznerPasswordAction extends HetznerAction {
  /** The new root password: only in this result. Absent with key pairs. */
  readonly rootPassword?: string | undefined;
}

/** Access to the console of a node, for one minute. */
export interface HetznerConsole {
  /** WebSocket of a VNC session. */
  readonly url: string;
  /** VNC password: only in this result. */
  readonly password: string;
}

/** A placement group: its nodes run on different hosts. */
export interface HetznerPlacementGroup {
  /** Id at Hetzner. */
  readonly id: string;
  /** Name for people. */
  readonly name: string;
  /** Ids of its nodes. */
  readonly nodeIds: readonly string[];
  /** Tags. */
  readonly tags: Tags;
}

/** A private network. */
export interface HetznerNetwork {
  /** Id at Hetzner. */
  readonly id: string;
  /** Name for people. */
  readonly name: string;
  /** All its addresses, such as `"10.0.0.0/16"`. */
  readonly ipRange: string;
  /** Its subnets. */
  readonly subnets: readonly HetznerSubnet[];
  /** Ids of the attached nodes. */
  readonly nodeIds: readonly string[];
  /** Tags. */
  readonly tags: Tags;
}

/** A subnet of a network. */
export interface HetznerSubnet {
  /** Its addresses, such as `"10.0.1.0/24"`. */
  readonly ipRange?: string | undefined;
  /** Zone of the locations whose nodes can use it, such as `"eu-central"`. */
  readonly networkZone: string;
}

/** A rule of a firewall: it allows traffic. */
export interface HetznerFirewallRule {
  /**
   * Direction of the traffic.
   *
   * @default {"in"}
   */
  readonly direction?: "in" | "out" | undefined;
  /** Protocol: `"tcp"`, `"udp"`, `"icmp"`, `"esp"` or `"gre"`. */
  readonly protocol: string;
  /** Port or range of ports, such as `"80-85"`. TCP and UDP require it. */
  readonly port?: string | undefined;
  /** Addresses of the other side, such as `"0.0.0.0/0"`. */
  readonly ips: readonly string[];
}

/** A firewall. */
export interface HetznerFirewall {
  /** Id at Hetzner. */
  readonly id: string;
  /** Name for people. */
  readonly name: string;
  /** What it allows. Other incoming traffic is dropped. */
  readonly rules: readonly HetznerFirewallRule[];
  /** Ids of the nodes that it protects. */
  readonly nodeIds: readonly string[];
  /** Tags. */
  readonly tags: Tags;
}

/** A primary or a floating IP address. */
export interface HetznerAddress {
  /** Id at Hetzner. */
  readonly id: string;
  /** Name for people. */
  readonly name: string;
  /** The address; for IPv6, the network. */
  readonly ip: string;
  /** Kind of address: `"ipv4"` or `"ipv6"`. */
  readonly type: string;
  /** Id of the node that has the address. */
  readonly nodeId?: string | undefined;
  /** Id of the location. */
  readonly locationId?: string | undefined;
  /** Tags. */
  readonly tags: Tags;
}

// The description that `_json.ts` comes from lacks firewalls.
interface FirewallJson {
  id: number;
  name: string;
  labels: Record<string, string>;
  rules: {
    direction: "in" | "out";
    protocol: string;
    port: string | null;
    source_ips: string[];
    destination_ips: string[];
  }[];
  applied_to: { server?: { id: number } }[];
}

const STATES: Readonly<Record<string, NodeState>> = {
  initializing: "pending",
  starting: "starting",
  running: "running",
  stopping: "stopping",
  off: "stopped",
  rebuilding: "reconfiguring",
  migrating: "migrating",
  deleting: "terminated",
};

const VOLUME_STATES: Readonly<Record<string, VolumeState>> = {
  creating: "creating",
  available: "available",
};

const ARCHITECTURES: Readonly<Record<string, string>> = {
  x86: "x86_64",
  arm: "arm64",
};

/** Converts a server. */
export function toNode(server: ServerJson): HetznerNode {
  const { ipv4, ipv6, floating_ips, firewalls = [] } = server.public_net;
  const nets = server.private_net;
  const ipv6Network = toText(ipv6?.ip);
  const addresses = toTexts([
    ipv4?.ip,
    firstHostOf(ipv6Network),
    ...nets.flatMap(({ ip, alias_ips = [] }) => [ip, ...alias_ips]),
  ]);
  return {
    id: toId(server.id),
    name: server.name,
    state: lookUp(STATES, server.status) ?? "unknown",
    ...splitIps(addresses),
    createdAt: toTime(server.created),
    sizeId: toOptionalId(server.server_type.name),
    imageId: toOptionalId(server.image?.id),
    locationId: toOptionalId(server.location.name),
    tags: server.labels,
    extra: {
      status: toText(server.status),
      isLocked: toBoolean(server.locked),
      isRescueEnabled: toBoolean(server.rescue_enabled),
      isProtected: toBoolean(server.protection.delete),
      ipv6Network,
      networkIds: toIds(nets.map(({ network }) => network)),
      floatingIpIds: toIds(floating_ips),
      firewallIds: toIds(firewalls.map(({ id }) => id)),
      volumeIds: toIds(server.volumes),
      placementGroupId: toOptionalId(server.placement_group?.id),
      diskGb: toNumber(server.primary_disk_size),
    },
  };
}

// A node has a network, such as "2001:db8::/64". It uses the first host of it.
function firstHostOf(network: string | undefined): string | undefined {
  return network?.replace(/\/\d+$/, "").replace(/:0?$/, ":1");
}

/** Converts a server type, whose prices are in a currency. */
export function toSize(type: ServerTypeJson, currency: string): HetznerSize {
  const prices = type.prices.map((price) => toLocationPrice(price, currency));
  const [cheapest] = prices.toSorted((one, other) =>
    (one.hourly ?? Infinity) - (other.hourly ?? Infinity)
  );
  const { hourly, monthly, transferGb } = cheapest ?? {};
  const id = toId(type.name);
  return {
    id,
    name: id,
    vcpus: toNumber(type.cores),
    ramMib: toRequiredNumber(type.memory, "memory") * 1024,
    diskGb: toNumber(type.disk),
    transferGb,
    architecture: lookUp(ARCHITECTURES, type.architecture),
    price: cheapest && { currency, hourly, monthly },
    locationPrices: prices,
    locationIds: type.locations.map(({ name }) => name),
    isAvailable: !type.deprecation,
    extra: { cpuType: toText(type.cpu_type) },
  };
}

function toLocationPrice(
  price: PricePerTimeJson,
  currency: string,
): HetznerLocationPrice {
  const { price_hourly, price_monthly } = price;
  return {
    locationId: price.location,
    currency,
    hourly: toNumber(price_hourly.net),
    monthly: toNumber(price_monthly.net),
    grossHourly: toNumber(price_hourly.gross),
    grossMonthly: toNumber(price_monthly.gross),
    // 20 TB are 20 * 1024 ** 4 bytes here.
    transferGb: price.included_traffic / 1024 ** 3,
  };
}

/** Converts an image. */
export function toImage(image: ImageJson): HetznerImage {
  const id = toId(image.id);
  const description = toText(image.description);
  return {
    id,
    name: toText(image.name) ?? description ?? id,
    extra: {
      type: toText(image.type),
      status: toText(image.status),
      description,
      architecture: lookUp(ARCHITECTURES, image.architecture),
      sizeGb: toNumber(image.image_size),
      nodeId: toOptionalId(image.created_from?.id),
      isDeprecated: Boolean(image.deprecated),
      tags: image.labels,
      createdAt: toTime(image.created),
    },
  };
}

/** Converts a location. */
export function toLocation(location: LocationJson): HetznerLocation {
  return {
    id: toId(location.name),
    name: toText(location.description) ?? location.name,
    country: toText(location.country),
    extra: {
      city: toText(location.city),
      networkZone: toText(location.network_zone),
    },
  };
}

/** Converts an SSH key. */
export function toKeyPair(key: SshKeyJson): HetznerKeyPair {
  return {
    id: toId(key.id),
    name: key.name,
    publicKey: toText(key.public_key),
    fingerprint: toText(key.fingerprint),
    extra: { tags: key.labels },
  };
}

/** Converts a volume. */
export function toVolume(volume: VolumeJson): HetznerVolume {
  const nodeId = toOptionalId(volume.server);
  const state = lookUp(VOLUME_STATES, volume.status) ?? "unknown";
  return {
    id: toId(volume.id),
    name: volume.name,
    sizeGb: toRequiredNumber(volume.size, "size"),
    state: nodeId && state === "available" ? "inuse" : state,
    nodeId,
    locationId: toOptionalId(volume.location.name),
    createdAt: toTime(volume.created),
    extra: {
      status: toText(volume.status),
      device: toText(volume.linux_device),
      tags: volume.labels,
    },
  };
}

/** Converts a placement group. */
export function toPlacementGroup(
  group: PlacementGroupJson,
): HetznerPlacementGroup {
  return {
    id: toId(group.id),
    name: group.name,
    nodeIds: toIds(group.servers),
    tags: group.labels,
  };
}

/** Converts a network. */
export function toNetwork(network: NetworkJson): HetznerNetwork {
  return {
    id: toId(network.id),
    name: network.name,
    ipRange: network.ip_range,
    subnets: network.subnets.map(({ ip_range, network_zone }) => ({
      ipRange: toText(ip_range),
      networkZone: network_zone,
    })),
    nodeIds: toIds(network.servers),
    tags: network.labels,
  };
}

/** Converts a firewall. */
export function toFirewall(firewall: FirewallJson): HetznerFirewall {
  return {
    id: toId(firewall.id),
    name: firewall.name,
    rules: firewall.rules.map((rule) => ({
      direction: rule.direction,
      protocol: rule.protocol,
      port: toText(rule.port),
      ips: rule.direction === "in" ? rule.source_ips : rule.destination_ips,
    })),
    nodeIds: toIds(firewall.applied_to.map(({ server }) => server?.id)),
    tags: firewall.labels,
  };
}

/** Converts a primary or a floating IP address. */
export function toAddress(
  address: PrimaryIpJson | FloatingIpJson,
): HetznerAddress {
  const isPrimary = "assignee_id" in address;
  const { name } = isPrimary ? address.location : address.home_location;
  return {
    id: toId(address.id),
    name: address.name,
    ip: address.ip,
    type: address.type,
    nodeId: toOptionalId(isPrimary ? address.assignee_id : address.server),
    locationId: toText(name),
    tags: address.labels,
  };
}
