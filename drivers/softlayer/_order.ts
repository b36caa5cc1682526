/**
 * Orders: sizes, and the template of a new guest.
 *
 * @module
 */

import {
  checkText,
  choose,
  given,
  idJson,
  idOf,
  idsOf,
  mistake,
  type Ref,
  refuse,
} from "../../core/mod.ts";
import {
  checkUserData,
  type NodeSize,
  sizesOf,
  toTagStrings,
  type UserDataSupport,
} from "../../core/compute/mod.ts";
import data from "../../data/softlayer.json" with { type: "json" };
import { DISPLAY_NAME } from "./_connection.ts";
import type {
  SoftLayerCreateNodeOptions,
  SoftLayerMachine,
  SoftLayerOrderOptions,
  SoftLayerSizeOptions,
} from "./_options.ts";

/** A size at SoftLayer. */
export type SoftLayerSize = NodeSize;

/**
 * User data that the driver accepts. SoftLayer documents no limit; this one is
 * far below that of a request.
 */
export const USER_DATA: UserDataSupport = {
  maxBytes: 65_536,
  takesBytes: false,
};

/** The sizes in this package, with their prices. */
export const SIZES: readonly SoftLayerSize[] = sizesOf(data);

/** A flavor, such as B1_2X4X100: 2 processors, 4 GB and a disk of 100 GB. */
const FLAVOR = /^[A-Z][A-Z\d]*\d*_(\d+)X(\d+)X(\d+)(?:_[A-Z\d_]+)?$/;

const GIB = 1024;
// The largest machine on a shared host.
const MAX_CPUS = 56;
const MAX_RAM_GIB = 242;
// A first disk in the host or in the storage network has one of these sizes.
const DISKS_GB = [25, 100] as const;
const SPEEDS: Readonly<Record<string, number>> = {
  "10": 10,
  "100": 100,
  "1000": 1000,
};
const BILLING = { hourly: true, monthly: false };
const DEFAULT_DOMAIN = "example.com";

/** The id of an own image is a GUID, and that of an operating system a code. */
export const GUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** What a flavor consists of; `undefined` if the id is not that of a flavor. */
export function parseFlavor(id: string): SoftLayerMachine | undefined {
  const [, cpus, ramGib, diskGb] = FLAVOR.exec(id) ?? [];
  return given(cpus, (cpus) => ({
    cpus: Number(cpus),
    ramMib: Number(ramGib) * GIB,
    diskGb: Number(diskGb),
  }));
}

/** The size with these processors, memory and disk, if there is one. */
export function findSize(
  { cpus, ramMib, diskGb }: {
    readonly [K in keyof SoftLayerMachine]?: unknown;
  },
): SoftLayerSize | undefined {
  return SIZES.find((size) =>
    size.vcpus === cpus && size.ramMib === ramMib && size.diskGb === diskGb
  );
}

/** A machine to order, or the id of a flavor. */
export type Choice = SoftLayerMachine | { readonly flavor: string };

/**
 * Reads the size or the machine that the caller chose.
 *
 * @throws {TypeError} If both or none are given, or the size is unknown.
 * @throws {RangeError} If SoftLayer does not offer the machine.
 */
export function toChoice(
  { size, cpus, ramMib, diskGb }: SoftLayerSizeOptions,
  operation: string,
): Choice {
  const isCustom = [cpus, ramMib, diskGb].some((it) => it !== undefined);
  if (!isCustom) return chooseSize(size, operation);
  if (size !== undefined) {
    throw new TypeError(
      `${operation}: pass either size, or cpus, ramMib and diskGb`,
    );
  }
  const machine = { cpus, ramMib, diskGb } as SoftLayerMachine;
  for (const [name, value] of Object.entries(machine)) {
    if (typeof value === "number" && value > 0 && value < Infinity) continue;
    throw mistake(operation, name, "a positive number", value);
  }
  const nearest = nearestTo(machine);
  if (describe(nearest) === describe(machine)) return machine;
  throw new RangeError(
    `${operation}: ${DISPLAY_NAME} does not offer ${describe(machine)}; ` +
      `the nearest is ${describe(nearest)}`,
  );
}

function chooseSize(size: Ref | undefined, operation: string): Choice {
  const id = idOf(size as Ref, operation, "size");
  const found = SIZES.find((it) => it.id === id);
  if (found) {
    const { vcpus, ramMib, diskGb } = found as Required<SoftLayerSize>;
    return { cpus: vcpus!, ramMib: ramMib!, diskGb: diskGb! };
  }
  if (FLAVOR.test(id)) return { flavor: id };
  const expected = "an id from listSizes() or listFlavors()";
  throw mistake(operation, "size", expected, id);
}

/** The smallest machine that has at least this much, or else the largest. */
function nearestTo(
  { cpus, ramMib, diskGb }: SoftLayerMachine,
): SoftLayerMachine {
  return {
    cpus: Math.min(Math.ceil(cpus), MAX_CPUS),
    ramMib: Math.min(Math.ceil(ramMib / GIB), MAX_RAM_GIB) * GIB,
    diskGb: DISKS_GB.find((it) => it >= diskGb) ?? DISKS_GB[1],
  };
}

function describe({ cpus, ramMib, diskGb }: SoftLayerMachine): string {
  return `cpus ${cpus}, ramMib ${ramMib}, diskGb ${diskGb}`;
}

/** The order of a new guest, and its tags, which are set afterwards. */
export interface Order {
  /** Template for SoftLayer_Virtual_Guest::createObject. */
  readonly template: object;
  /** Fields of the record that the response does not contain. */
  readonly record: {
    readonly sizeId: string | undefined;
    readonly imageId: string;
    readonly locationId: string;
  };
  /** Tags as strings; `undefined` if the caller passed no tags. */
  readonly tags: readonly string[] | undefined;
  /** Parts of the template that no error may show. */
  readonly secrets: readonly string[];
}

/** Converts the options of `createNode()`, after all checks. */
export function toOrder(options: SoftLayerCreateNodeOptions): Order {
  const operation = "createNode";
  refuse<SoftLayerOrderOptions>(operation, DISPLAY_NAME, options, {
    auth: "use importKeyPair()",
    idempotencyKey: "",
  });
  const { location, userData, keyPairs } = options;
  checkUserData(userData, operation, DISPLAY_NAME, USER_DATA);
  const choice = toChoice(options, operation);
  const imageId = idOf(options.image, operation, "image");
  const locationId = idOf(location as Ref, operation, "location");
  const numbers = (refs: readonly Ref[] | undefined, field: string) =>
    idsOf(refs, operation, field)
      ?.map((id, index) => ({
        id: idJson(id, operation, `${field}[${index}]`),
      }));
  const template = {
    hostname: checkHostname(options.name, operation),
    domain: checkText(options.domain ?? DEFAULT_DOMAIN, operation, "domain"),
    datacenter: { name: locationId },
    hourlyBillingFlag: choose(
      BILLING,
      options.billing ?? "hourly",
      operation,
      "billing",
    ),
    ...toHardware(choice, options, operation),
    ...GUID.test(imageId)
      ? { blockDeviceTemplateGroup: { globalIdentifier: imageId } }
      : { operatingSystemReferenceCode: imageId },
    networkComponents: given(options.networkSpeedMbps, (speed) => [{
      maxSpeed: choose(SPEEDS, `${speed}`, operation, "networkSpeedMbps"),
    }]),
    privateNetworkOnlyFlag: options.privateNetworkOnly,
    primaryNetworkComponent: toVlan(
      options.frontendVlan,
      operation,
      "frontendVlan",
    ),
    primaryBackendNetworkComponent: toVlan(
      options.backendVlan,
      operation,
      "backendVlan",
    ),
    sshKeys: numbers(keyPairs, "keyPairs"),
    userData: given(userData, (value) => [{ value }]),
    postInstallScriptUri: given(
      options.postInstallScriptUri,
      (uri) => checkScriptUri(uri, operation),
    ),
  };
  return {
    template,
    record: {
      sizeId: "flavor" in choice ? choice.flavor : findSize(choice)?.id,
      imageId,
      locationId,
    },
    tags: checkTagStrings(options.tags, operation),
    secrets: typeof userData === "string" ? [userData] : [],
  };
}

/** Converts tags to strings. SoftLayer separates them by commas. */
export function checkTagStrings(
  tags: SoftLayerOrderOptions["tags"],
  operation: string,
): string[] | undefined {
  const strings = toTagStrings(tags, operation);
  const invalid = strings?.find((it) => it.includes(","));
  if (invalid === undefined) return strings;
  throw mistake(operation, "tags", "tags without commas", invalid);
}

/**
 * Checks a host name, which has no dots: the domain is another option.
 *
 * @throws {TypeError} If the name is no string, or contains a dot.
 */
export function checkHostname(name: string, operation: string): string {
  const hostname = checkText(name, operation, "name");
  const dot = hostname.indexOf(".");
  if (dot < 0) return hostname;
  throw mistake(
    operation,
    "name",
    "a host name without dots, and domain the rest",
    name,
  );
}

function toHardware(
  choice: Choice,
  { localDisk, dedicated }: SoftLayerOrderOptions,
  operation: string,
): object {
  if ("flavor" in choice) {
    const provider = "a flavor of SoftLayer";
    refuse(operation, provider, { localDisk, dedicated }, {
      localDisk: "",
      dedicated: "",
    });
    const { flavor: flavorKeyName } = choice;
    return { supplementalCreateObjectOptions: { flavorKeyName } };
  }
  return {
    startCpus: choice.cpus,
    maxMemory: choice.ramMib,
    localDiskFlag: localDisk ?? true,
    dedicatedAccountHostOnlyFlag: dedicated,
    blockDevices: [{ device: "0", diskImage: { capacity: choice.diskGb } }],
  };
}

function toVlan(vlan: Ref | undefined, operation: string, field: string) {
  return given(vlan, (vlan) => ({
    networkVlan: { id: idJson(vlan, operation, field) },
  }));
}

function checkScriptUri(uri: string, operation: string): string {
  const field = "postInstallScriptUri";
  const text = checkText(uri, operation, field);
  // SoftLayer downloads other scripts, but does not run them.
  if (/^https:\/\//i.test(text)) return text;
  throw mistake(operation, field, "a URL that begins with https://", uri);
}
