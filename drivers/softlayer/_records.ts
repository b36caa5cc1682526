/**
 * Records of the driver, and converters from SoftLayer's JSON.
 *
 * @module
 */

import {
  lookUp,
  splitIps,
  toId,
  toNumber,
  toOptionalId,
  toText,
  toTexts,
  toTime,
} from "../../core/mod.ts";
import {
  type KeyPair,
  type Node,
  type NodeImage,
  type NodeLocation,
  type NodeState,
  toTags,
} from "../../core/compute/mod.ts";
import data from "../../data/softlayer.json" with { type: "json" };
import type {
  BlockDeviceJson,
  ConfigurationOptionJson,
  FlagJson,
  GuestJson,
  KeyJson,
  LocationJson,
  PasswordJson,
  TemplateJson,
} from "./_json.ts";
import { findSize, parseFlavor, type SoftLayerSize } from "./_order.ts";

/** A node at SoftLayer. */
export type SoftLayerNode = Node<{
  /** Domain; with the name, it is the fully qualified domain name. */
  readonly domain?: string | undefined;
  /** SoftLayer's id for all kinds of resources, a GUID. */
  readonly globalIdentifier?: string | undefined;
  /** SoftLayer's own word for the power state, such as `"RUNNING"`. */
  readonly powerState?: string | undefined;
  /** SoftLayer's own word for the status, such as `"ACTIVE"`. */
  readonly status?: string | undefined;
  /** Name of the transaction that changes the node at the moment. */
  readonly transaction?: string | undefined;
  /** Time when the node was ready, ISO 8601 in UTC; absent before. */
  readonly provisionedAt?: string | undefined;
  /** Number of processors. */
  readonly cpus?: number | undefined;
  /** Memory in MiB. */
  readonly ramMib?: number | undefined;
  /** First disk in GB. */
  readonly diskGb?: number | undefined;
  /** Whether the disks are in the host, and not in the storage network. */
  readonly isLocalDisk?: boolean | undefined;
  /** Whether SoftLayer bills the node by the hour, and not by the month. */
  readonly isHourly?: boolean | undefined;
  /** Whether only nodes of the account run on the host. */
  readonly isDedicated?: boolean | undefined;
  /** Whether the node has no public address. */
  readonly isPrivateOnly?: boolean | undefined;
}>;

/** An image at SoftLayer: an operating system, or an image of the account. */
export type SoftLayerImage = NodeImage<{
  /** Whether the image belongs to the account. */
  readonly isOwn: boolean;
  /** Number of an image of the account, which SoftLayer's own tools show. */
  readonly number?: string | undefined;
  /** Note of an image of the account. */
  readonly note?: string | undefined;
  /** Time of creation of an image of the account, ISO 8601 in UTC. */
  readonly createdAt?: string | undefined;
}>;

/** A data center of SoftLayer. */
export type SoftLayerLocation = NodeLocation<{
  /** SoftLayer's number of the data center. */
  readonly number: string;
}>;

/** A key pair at SoftLayer. */
export type SoftLayerKeyPair = KeyPair<{
  /** Notes for people. */
  readonly notes?: string | undefined;
}>;

/** A login to a node. */
export interface SoftLayerLogin {
  /** Name of the user, such as `"root"`. */
  readonly username: string;
  /** Password of the user. */
  readonly password: string;
}

/** The fields of a guest that the driver requests. */
export const GUEST_MASK = "mask[" + [
  "id",
  "globalIdentifier",
  "hostname",
  "domain",
  "createDate",
  "provisionDate",
  "maxCpu",
  "maxMemory",
  "hourlyBillingFlag",
  "localDiskFlag",
  "dedicatedAccountHostOnlyFlag",
  "privateNetworkOnlyFlag",
  "primaryIpAddress",
  "primaryBackendIpAddress",
  "powerState[keyName]",
  "status[keyName]",
  "activeTransaction[transactionStatus[name]]",
  "datacenter[name]",
  "blockDevices[device,diskImage[capacity]]",
  "blockDeviceTemplateGroup[globalIdentifier]",
  "operatingSystem[softwareLicense[softwareDescription[referenceCode]]]",
  "billingItem[orderItem[preset[keyName]]]",
  "tagReferences[tag[name]]",
].join() + "]";

/** The fields of a guest's disks that an image of them needs. */
export const DEVICES_MASK =
  "mask[id,blockDevices[id,device,mountType,diskImage[id,metadataFlag,type[keyName]]]]";

/** The fields of an own image that the driver requests. */
export const TEMPLATE_MASK = "mask[id,globalIdentifier,name,note,createDate]";

/** The fields of a key pair that the driver requests. */
export const KEY_MASK = "mask[id,label,key,fingerprint,notes]";

/** The fields of a data center that the driver requests. */
export const LOCATION_MASK = "mask[id,name,longName]";

const POWER_STATES: Readonly<Record<string, NodeState>> = {
  RUNNING: "running",
  HALTED: "stopped",
  PAUSED: "paused",
  INITIATING: "pending",
};

/** Names of transactions that take a guest away. */
const REMOVAL = /RECLAIM|CANCEL/i;

/** Countries by the letters of a data center: all in a city begin alike. */
const COUNTRIES: Readonly<Record<string, string>> = Object.fromEntries(
  data.regions.items.map(({ id, country }) => [cityOf(id), country]),
);

/** Converts a guest. */
export function toNode(guest: GuestJson): SoftLayerNode {
  const id = toId(guest.id);
  const machine = {
    cpus: toNumber(guest.maxCpu),
    ramMib: toNumber(guest.maxMemory),
    diskGb: toDiskGb(guest.blockDevices),
  };
  const { softwareDescription } = guest.operatingSystem?.softwareLicense ?? {};
  const { preset } = guest.billingItem?.orderItem ?? {};
  return {
    id,
    name: toText(guest.hostname) ?? id,
    state: toState(guest),
    ...splitIps(toTexts([
      guest.primaryIpAddress,
      guest.primaryBackendIpAddress,
    ])),
    createdAt: toTime(guest.createDate),
    sizeId: toText(preset?.keyName) ?? findSize(machine)?.id,
    imageId: toText(guest.blockDeviceTemplateGroup?.globalIdentifier) ??
      toText(softwareDescription?.referenceCode),
    locationId: toText(guest.datacenter?.name),
    tags: toTags(
      toTexts(guest.tagReferences?.map(({ tag }) => tag?.name)),
    ),
    extra: {
      domain: toText(guest.domain),
      globalIdentifier: toText(guest.globalIdentifier),
      powerState: toText(guest.powerState?.keyName),
      status: toText(guest.status?.keyName),
      transaction: toText(guest.activeTransaction?.transactionStatus?.name),
      provisionedAt: toTime(guest.provisionDate),
      ...machine,
      isLocalDisk: toFlag(guest.localDiskFlag),
      isHourly: toFlag(guest.hourlyBillingFlag),
      isDedicated: toFlag(guest.dedicatedAccountHostOnlyFlag),
      isPrivateOnly: toFlag(guest.privateNetworkOnlyFlag),
    },
  };
}

/**
 * Chooses the state. The transaction counts first, because a guest that is being
 * removed has the power state of before. A guest that is being provisioned is
 * halted, and has no date yet. A guest without a status is gone.
 */
function toState(guest: GuestJson): NodeState {
  const { powerState, status, activeTransaction, provisionDate } = guest;
  const transaction = toText(activeTransaction?.transactionStatus?.name) ?? "";
  if (REMOVAL.test(transaction)) return "terminated";
  if (status?.keyName === "DISCONNECTED") return "unknown";
  if (!provisionDate) return "pending";
  if (!status) return "terminated";
  return lookUp(POWER_STATES, powerState?.keyName) ?? "unknown";
}

/** Reads the capacity of the first disk. */
function toDiskGb(devices: BlockDeviceJson[] = []): number | undefined {
  const first = devices.find(({ device }) => String(device) === "0");
  return toNumber(first?.diskImage?.capacity);
}

/** Selects the disks that an image can contain: no swap, no metadata, no CD. */
export function toDisks(devices: BlockDeviceJson[] = []): BlockDeviceJson[] {
  return devices.filter(({ mountType, diskImage }) =>
    mountType !== "CD" && diskImage?.type?.keyName !== "SWAP" &&
    !toFlag(diskImage?.metadataFlag)
  );
}

/** Reads a boolean, which may be 0, 1 or a string. */
export function toFlag(value: FlagJson | undefined): boolean | undefined {
  return lookUp(FLAGS, String(value));
}

const FLAGS: Readonly<Record<string, boolean>> = {
  "true": true,
  "1": true,
  "false": false,
  "0": false,
};

/** Converts a flavor, which has no price in SoftLayer's response. */
export function toFlavor(option: ConfigurationOptionJson): SoftLayerSize {
  const id = toId(option.flavor?.keyName);
  const { cpus, ramMib, diskGb } = parseFlavor(id) ?? {};
  const name = toText(option.flavor?.name) ?? id;
  return { id, name, vcpus: cpus, ramMib, diskGb, extra: {} };
}

/** Converts an operating system. */
export function toSystem(option: ConfigurationOptionJson): SoftLayerImage {
  const id = toId(option.template.operatingSystemReferenceCode);
  const name = toText(option.itemPrice?.item?.description) ?? id;
  return { id, name, extra: { isOwn: false } };
}

/** Converts an image of the account. */
export function toTemplate(template: TemplateJson): SoftLayerImage {
  const id = toId(template.globalIdentifier);
  return {
    id,
    name: toText(template.name) ?? id,
    extra: {
      isOwn: true,
      number: toOptionalId(template.id),
      note: toText(template.note),
      createdAt: toTime(template.createDate),
    },
  };
}

/** Converts a data center. */
export function toLocation(location: LocationJson): SoftLayerLocation {
  const id = toId(location.name);
  return {
    id,
    name: toText(location.longName) ?? id,
    country: lookUp(COUNTRIES, cityOf(id)),
    extra: { number: toId(location.id) },
  };
}

function cityOf(id: string): string {
  return id.replace(/\d+$/, "");
}

/** Converts a key pair. */
export function toKeyPair(key: KeyJson): SoftLayerKeyPair {
  const id = toId(key.id);
  return {
    id,
    name: toText(key.label) ?? id,
    publicKey: toText(key.key),
    fingerprint: toText(key.fingerprint),
    extra: { notes: toText(key.notes) },
  };
}

/** Converts a login. */
export function toLogin({ username, password }: PasswordJson): SoftLayerLogin {
  return { username: toId(username), password: toId(password) };
}
