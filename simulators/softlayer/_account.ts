/**
 * The account: its resources, its clock, and the JSON of its resources.
 *
 * @module
 */

import type { Datacenter } from "./_catalog.ts";
import { DATACENTERS, SYSTEMS } from "./_catalog.ts";
import {
  AddressPool,
  type CommonOptions,
  numericIds,
  type Occupied,
  PRIVATE_IPV4,
  PUBLIC_IPV4,
  type SimulatedOperation,
  Store,
  Timeline,
  toUuid,
} from "../kit/mod.ts";

/** A virtual server. */
export interface Guest extends Occupied {
  readonly id: number;
  readonly globalIdentifier: string;
  readonly createDate: string;
  readonly datacenter: Datacenter;
  readonly image: Image;
  readonly flavor: string | undefined;
  readonly diskGb: number;
  readonly isLocal: boolean;
  readonly isHourly: boolean;
  readonly isDedicated: boolean;
  readonly isPrivate: boolean;
  readonly maxSpeed: number;
  readonly sshKeys: readonly number[];
  readonly userData: string | undefined;
  readonly postInstallScriptUri: string | undefined;
  hostname: string;
  domain: string;
  notes: string | undefined;
  cpus: number;
  ramMib: number;
  power: "RUNNING" | "HALTED" | "PAUSED";
  provisionDate: string | undefined;
  /** Name of the transaction, for as long as the guest is busy. */
  transaction: string;
  publicIp: string | undefined;
  privateIp: string | undefined;
  password: string | undefined;
  tags: readonly string[];
}

/** An operating system or an image of the account. */
export type Image = { readonly code: string } | { readonly template: Template };

/** An image of the account. */
export interface Template {
  readonly id: number;
  readonly globalIdentifier: string;
  readonly createDate: string;
  readonly name: string;
  readonly note: string | undefined;
  readonly code: string;
}

/** An SSH key. */
export interface Key {
  readonly id: number;
  readonly createDate: string;
  readonly key: string;
  readonly fingerprint: string;
  label: string;
  notes: string | undefined;
}

/** The resources that requests see. */
export interface Contents {
  readonly guests: Store<number, Guest>;
  readonly templates: Store<number, Template>;
  readonly keys: Store<number, Key>;
}

/** Settings of an account. */
export type AccountSettings =
  & { readonly [K in keyof CommonOptions]-?: NonNullable<CommonOptions[K]> }
  & { readonly guestLimit: number };

/** Transactions of the service, by what they do. */
export const TRANSACTIONS = {
  create: "CLOUD_PROVISION_SETUP",
  upgrade: "CLOUD_UPGRADE_TRANSACTION",
  capture: "CLOUD_CREATE_ARCHIVE",
  reclaim: "CLOUD_INSTANCE_RECLAIM",
} as const;

/** Number of the account. */
export const ACCOUNT_ID = 232298;

/** A simulated account. */
export class Account implements Contents {
  readonly guests: Store<number, Guest> = new Store();
  readonly templates: Store<number, Template> = new Store();
  readonly keys: Store<number, Key> = new Store();
  readonly timeline: Timeline<Contents>;
  readonly publicIps: AddressPool = new AddressPool(PUBLIC_IPV4);
  readonly privateIps: AddressPool = new AddressPool(PRIVATE_IPV4);
  readonly #takeId = numericIds(1301396);

  constructor(readonly settings: AccountSettings) {
    const { guests, templates, keys } = this;
    this.timeline = new Timeline(settings, { guests, templates, keys });
  }

  /** Takes the next id. Guests, images and keys share one sequence. */
  takeId(): number {
    return this.#takeId();
  }

  /** The time now, or at another moment, as SoftLayer writes it. */
  timestamp(at: number = this.timeline.now): string {
    // SoftLayer's times are those of Dallas.
    const local = new Date(at - 6 * 3_600_000).toISOString();
    return local.replace(/\.\d+Z$/, "-06:00");
  }

  /** Whether an operation fails. */
  fails(
    kind: SimulatedOperation["kind"],
    name: string,
    { id }: { readonly id: number },
  ): boolean {
    return this.settings.fails({ kind, name, id: String(id) });
  }

  /** Adds a guest, which is neither provisioned nor visible at once. */
  addGuest(
    draft: Omit<
      Guest,
      keyof Occupied | "id" | "globalIdentifier" | "createDate" | Started
    >,
  ): Guest {
    const id = this.takeId();
    return this.timeline.add(this.guests, {
      ...draft,
      id,
      globalIdentifier: toUuid(id),
      createDate: this.timestamp(),
      notes: undefined,
      power: "HALTED",
      provisionDate: undefined,
      transaction: TRANSACTIONS.create,
      publicIp: undefined,
      privateIp: undefined,
      password: undefined,
      tags: [],
      operation: undefined,
      busyUntil: 0,
    });
  }

  /** Starts a guest for the first time. */
  provision(guest: Guest, at?: number): void {
    guest.power = "RUNNING";
    guest.provisionDate = this.timestamp(at);
    guest.password = `pw-${guest.id}`;
  }

  /** Assigns the addresses of a guest. */
  addAddresses(guest: Guest): void {
    if (!guest.isPrivate) guest.publicIp = this.publicIps.take();
    guest.privateIp = this.privateIps.take();
  }

  /** Removes a guest at the end of a transaction. */
  reclaim(guest: Guest): void {
    const { actionMs } = this.settings;
    guest.transaction = TRANSACTIONS.reclaim;
    this.timeline.begin(guest, actionMs, () => {
      this.guests.delete(guest.id);
      this.publicIps.release(guest.publicIp);
      this.privateIps.release(guest.privateIp);
    });
  }

  /** Whether a transaction removes a guest. */
  isGoing({ operation, transaction }: Guest): boolean {
    return operation !== undefined && transaction === TRANSACTIONS.reclaim;
  }

  /** All properties of a guest, with its relations. */
  guestJson(guest: Guest): object {
    const { id, hostname, domain, isHourly, flavor } = guest;
    const isBusy = this.timeline.isBusy(guest);
    const system = systemJson(guest);
    const power = { keyName: guest.power, name: toWord(guest.power) };
    return {
      id,
      accountId: ACCOUNT_ID,
      globalIdentifier: guest.globalIdentifier,
      hostname,
      domain,
      fullyQualifiedDomainName: `${hostname}.${domain}`,
      createDate: guest.createDate,
      provisionDate: guest.provisionDate,
      notes: guest.notes,
      startCpus: guest.cpus,
      maxCpu: guest.cpus,
      maxCpuUnits: "CORE",
      maxMemory: guest.ramMib,
      statusId: 1001,
      hourlyBillingFlag: isHourly,
      localDiskFlag: guest.isLocal,
      dedicatedAccountHostOnlyFlag: guest.isDedicated,
      privateNetworkOnlyFlag: guest.isPrivate,
      transientGuestFlag: flavor?.endsWith("_TRANSIENT") ?? false,
      postInstallScriptUri: guest.postInstallScriptUri,
      primaryIpAddress: guest.publicIp,
      primaryBackendIpAddress: guest.privateIp,
      status: { keyName: "ACTIVE", name: "Active" },
      powerState: power,
      lastKnownPowerState: power,
      activeTransaction: isBusy ? this.#transactionJson(guest) : undefined,
      lastTransaction: this.#transactionJson(guest),
      datacenter: guest.datacenter,
      blockDevices: devicesJson(guest),
      blockDeviceTemplateGroup: "template" in guest.image
        ? guest.image.template
        : undefined,
      operatingSystem: system,
      softwareComponents: system ? [system] : [],
      billingItem: {
        id: id + 5_000_000,
        hourlyRecurringFee: isHourly ? ".045" : "0",
        recurringFee: isHourly ? "0" : "22.5",
        recurringMonths: 1,
        orderItem: flavor === undefined
          ? { id: id + 6_000_000 }
          : { id: id + 6_000_000, preset: { keyName: flavor } },
      },
      tagReferences: guest.tags.map((name, index) => ({
        id: id * 100 + index,
        tag: { id: index + 1, name },
      })),
      userData: guest.userData === undefined ? [] : [{ value: guest.userData }],
      sshKeys: guest.sshKeys.map((key) => ({ id: key })),
      networkComponents: [{ id: id + 7_000_000, maxSpeed: guest.maxSpeed }],
    };
  }

  #transactionJson({ id, transaction }: Guest): object {
    const friendlyName = toWord(transaction);
    return {
      id: id + 8_000_000,
      guestId: id,
      transactionStatus: { name: transaction, friendlyName },
    };
  }
}

/** Properties that a new guest has always. */
type Started =
  | "notes"
  | "power"
  | "provisionDate"
  | "transaction"
  | "publicIp"
  | "privateIp"
  | "password"
  | "tags";

/** All properties of an image of the account. */
export function templateJson(template: Template): object {
  const { code: _, ...shown } = template;
  return { ...shown, accountId: ACCOUNT_ID, publicFlag: 0, parentId: "" };
}

/** Finds a data center by its name. */
export function findDatacenter(name: unknown): Datacenter | undefined {
  return DATACENTERS.find((it) => it.name === name);
}

function codeOf(image: Image): string {
  return "code" in image ? image.code : image.template.code;
}

/** The operating system, which is there as soon as the guest is provisioned. */
function systemJson({ id, image, password }: Guest): object | undefined {
  if (password === undefined) return undefined;
  const referenceCode = codeOf(image);
  const username = referenceCode.startsWith("WIN") ? "Administrator" : "root";
  return {
    id: id + 9_000_000,
    passwords: [{ username, password }],
    softwareLicense: {
      softwareDescription: {
        referenceCode,
        longDescription: SYSTEMS.get(referenceCode),
      },
    },
  };
}

function devicesJson({ id, diskGb }: Guest): object[] {
  const disk = (number: number, capacity: number, type: string) => ({
    id: id * 10 + number,
    device: String(number),
    mountType: "Disk",
    diskImage: {
      id: id * 10 + number,
      capacity,
      units: "GB",
      type: { keyName: type },
    },
  });
  return [disk(0, diskGb, "SYSTEM"), disk(1, 2, "SWAP")];
}

/** "CLOUD_PROVISION_SETUP" is "Cloud Provision Setup". */
function toWord(keyName: string): string {
  return keyName.toLowerCase().replace(/_/g, " ")
    .replace(/\b\w/g, (letter) => letter.toUpperCase());
}
