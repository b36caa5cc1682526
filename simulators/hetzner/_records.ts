/**
 * Resources of the account, in the format of the API.
 *
 * @module
 */

import type { Image, Location, ServerType } from "./_catalog.ts";

/** What all resources have, and the body of a create request. */
export interface Draft {
  name: string;
  readonly created: string;
  labels: Readonly<Record<string, string>>;
}

/** A resource. */
export interface Resource extends Omit<Draft, "name"> {
  readonly id: number;
  name: string | null;
  readonly protection?: object;
}

/** Version of an IP address. */
export type IpType = "ipv4" | "ipv6";

/** The progress of an operation. */
export type Action = ReturnType<typeof newAction>;
/** A server. */
export type Server = ReturnType<typeof newServer>;
/** An SSH key. */
export type SshKey = Draft & {
  readonly id: number;
  readonly fingerprint: string;
  readonly public_key: string;
};
/** A volume. */
export type Volume = ReturnType<typeof newVolume>;
/** A group of servers on different hosts. */
export type PlacementGroup = Draft & {
  readonly id: number;
  readonly type: "spread";
};
/** A private network. */
export type Network = ReturnType<typeof newNetwork>;
/** A firewall. */
export type Firewall = ReturnType<typeof newFirewall>;
/** A public IP address of a server. */
export type PrimaryIp = ReturnType<typeof newPrimaryIp>;
/** A public IP address that can move between servers. */
export type FloatingIp = ReturnType<typeof newFloatingIp>;

/** A DNS record. */
export interface DnsRecord {
  readonly value: string;
  readonly comment?: string;
}

/** A set of DNS records. */
export interface RecordSet {
  readonly name: string;
  readonly type: string;
  ttl: number | null;
  labels: Readonly<Record<string, string>>;
  readonly protection: { change: boolean };
  records: readonly DnsRecord[];
}

/** A DNS zone. */
export interface Zone {
  readonly id: number;
  readonly name: string;
  readonly mode: string;
  readonly created: string;
  ttl: number;
  status: string;
  labels: Readonly<Record<string, string>>;
  readonly protection: { delete: boolean };
  primaries: readonly object[];
  /** Record sets by name and type. */
  sets: ReadonlyMap<string, RecordSet>;
}

/** Resources by the name of their list. */
export interface Contents {
  readonly servers: ReadonlyMap<number, Server>;
  readonly images: ReadonlyMap<number, Image>;
  readonly ssh_keys: ReadonlyMap<number, SshKey>;
  readonly volumes: ReadonlyMap<number, Volume>;
  readonly placement_groups: ReadonlyMap<number, PlacementGroup>;
  readonly networks: ReadonlyMap<number, Network>;
  readonly firewalls: ReadonlyMap<number, Firewall>;
  readonly primary_ips: ReadonlyMap<number, PrimaryIp>;
  readonly floating_ips: ReadonlyMap<number, FloatingIp>;
}

/** Creates an action that is running. */
export function newAction(
  id: number,
  command: string,
  resources: readonly { readonly id: number; readonly type: string }[],
  started: string,
) {
  return {
    id,
    command,
    status: "running" as "running" | "success" | "error",
    progress: 0,
    started,
    finished: null as string | null,
    resources,
    error: null as { readonly code: string; readonly message: string } | null,
  };
}

/**
 * Creates a server. Its volumes and public addresses are those that refer to it.
 */
export function newServer(
  id: number,
  draft: Draft,
  type: ServerType,
  image: Image,
  location: Location,
) {
  return {
    ...draft,
    id,
    status: "initializing",
    server_type: type,
    image,
    location,
    protection: { delete: false, rebuild: false },
    rescue_enabled: false,
    backup_window: null,
    primary_disk_size: type.disk,
    placement_group: null as number | null,
    private_net: [] as {
      readonly network: number;
      readonly ip: string;
      readonly alias_ips: readonly string[];
      readonly mac_address: string;
    }[],
    /** Whether SSH keys were given, so that there is no root password. */
    hasKeys: false,
    /** Whether the public addresses are visible. */
    hasAddresses: false,
  };
}

/** Creates a volume. */
export function newVolume(
  id: number,
  draft: Draft,
  size: number,
  location: Location,
  format: string | undefined,
) {
  return {
    ...draft,
    id,
    size,
    location,
    format: format ?? null,
    status: "creating",
    server: null as number | null,
    linux_device: `/dev/disk/by-id/scsi-0HC_Volume_${id}`,
    protection: { delete: false },
  };
}

/** Creates a network without subnets. */
export function newNetwork(id: number, draft: Draft, range: string) {
  return {
    ...draft,
    id,
    ip_range: range,
    subnets: [] as {
      readonly type: string;
      readonly ip_range: string;
      readonly network_zone: string;
      readonly gateway: string;
    }[],
    routes: [],
    expose_routes_to_vswitch: false,
    load_balancers: [],
    protection: { delete: false },
  };
}

/** Creates a firewall. */
export function newFirewall(
  id: number,
  draft: Draft,
  rules: readonly object[],
  servers: readonly number[],
) {
  return { ...draft, id, rules, servers };
}

/** Creates a primary IP address. */
export function newPrimaryIp(
  id: number,
  draft: Draft,
  type: IpType,
  ip: string,
  location: Location,
) {
  return {
    ...newAddress(id, draft, type, ip),
    assignee_type: "server",
    assignee_id: null as number | null,
    auto_delete: false,
    location,
  };
}

/** Creates a floating IP address. */
export function newFloatingIp(
  id: number,
  draft: Draft,
  type: IpType,
  ip: string,
  location: Location,
) {
  return {
    ...newAddress(id, draft, type, ip),
    server: null as number | null,
    description: null as string | null,
    home_location: location,
  };
}

function newAddress(id: number, draft: Draft, type: IpType, ip: string) {
  const host = `static.${ip.split(".").reverse().join(".")}`;
  const dns_ptr = `${host}.clients.your-server.de`;
  return {
    ...draft,
    id,
    type,
    ip,
    blocked: false,
    dns_ptr: type === "ipv4" ? [{ ip, dns_ptr }] : [],
    protection: { delete: false },
  };
}

/**
 * Creates a record set without records.
 *
 * @param name Name inside the zone.
 * @param type Type of the records.
 * @returns The record set.
 */
export function newSet(name: string, type: string): RecordSet {
  return {
    name,
    type,
    ttl: null,
    labels: {},
    protection: { change: false },
    records: [],
  };
}
