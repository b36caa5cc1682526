/**
 * Services and their methods.
 *
 * @module
 */

import { decodeBase64 } from "@std/encoding/base64";
import {
  type Account,
  findDatacenter,
  type Guest,
  type Image,
  type Key,
  type Template,
  templateJson,
  TRANSACTIONS,
} from "./_account.ts";
import {
  CPUS,
  CREATE_OPTIONS,
  DATACENTERS,
  DISKS_GB,
  FLAVORS,
  LATEST,
  RAM_GB,
  SPEEDS,
  SYSTEMS,
  UPGRADE_PRICES,
} from "./_catalog.ts";
import {
  busy,
  invalid,
  missing,
  notFound,
  unknownProperty,
} from "./_errors.ts";
import { TYPES } from "./_types.ts";
import {
  Fields,
  isObject,
  type JsonObject,
  md5,
  toNumericId,
  toUuid,
} from "../kit/mod.ts";

/** A call of a method. */
export interface Invocation {
  /** Id of the object; `undefined` for a static method. */
  readonly id: string | undefined;
  /** Arguments of the method. */
  readonly args: readonly unknown[];
}

/** A method of a service. */
export interface Method {
  /** Type of the result, for masks; `undefined` if it is no object. */
  readonly type?: string;
  /** Relation that filters of a list begin with. */
  readonly relation?: string;
  /** Calls the method. A list returns its records as they are. */
  run(invocation: Invocation): unknown;
  /** Converts a record of a list. */
  toJson?(record: never): object;
}

/** Services by name, with their methods by name. */
export type Services = Readonly<
  Record<string, Readonly<Record<string, Method>>>
>;

const GUEST = "SoftLayer_Virtual_Guest";
const TEMPLATE = "SoftLayer_Virtual_Guest_Block_Device_Template_Group";
const KEY = "SoftLayer_Security_Ssh_Key";
const UPGRADE = "SoftLayer_Container_Product_Order_Virtual_Guest_Upgrade";

/** A valid host name or domain. */
const HOSTNAME = /^[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/i;
const DOMAIN =
  /^(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)+[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/i;

/** Properties of the template of a guest, besides those of a guest itself. */
const TEMPLATE_ONLY: readonly string[] = [
  "supplementalCreateObjectOptions",
  "primaryNetworkComponent",
  "primaryBackendNetworkComponent",
];

/** Creates the services of an account. */
export function servicesOf(account: Account): Services {
  const { timeline } = account;
  const guestIn = ({ id }: Invocation) => find(account.guests, id);
  const toGuest = (guest: Guest) => account.guestJson(guest);
  const power = (change: (guest: Guest) => void): Method => ({
    run(invocation) {
      const guest = guestIn(invocation);
      requireIdle(account, guest);
      const { actionMs } = account.settings;
      if (!account.fails("action", "power", guest)) {
        timeline.after(actionMs, () => change(guest));
      }
      return true;
    },
  });
  const on = power((guest) => guest.power = "RUNNING");
  const off = power((guest) => guest.power = "HALTED");
  const create = ({ args }: Invocation) => createGuest(account, args[0]);
  return {
    SoftLayer_Account: {
      getVirtualGuests: {
        type: GUEST,
        relation: "virtualGuests",
        run: () => [...timeline.listed.guests.values()],
        toJson: toGuest,
      },
      getSshKeys: {
        type: KEY,
        relation: "sshKeys",
        run: () => [...timeline.listed.keys.values()],
        toJson: (key: Key) => key,
      },
      getPrivateBlockDeviceTemplateGroups: {
        type: TEMPLATE,
        relation: "privateBlockDeviceTemplateGroups",
        run: () => [...timeline.listed.templates.values()],
        toJson: templateJson,
      },
    },
    SoftLayer_Location: {
      getDatacenters: {
        type: "SoftLayer_Location",
        relation: "",
        run: () => DATACENTERS,
        toJson: (center: object) => center,
      },
    },
    [GUEST]: {
      getCreateObjectOptions: { run: () => CREATE_OPTIONS },
      createObject: { type: GUEST, run: (call) => toGuest(create(call)) },
      createObjects: {
        type: GUEST,
        run: ({ args: [templates] }) =>
          (Array.isArray(templates) ? templates : [])
            .map((it) => toGuest(createGuest(account, it))),
      },
      generateOrderTemplate: {
        run: ({ args: [template] }) => toOrder(readOrder(account, template)),
      },
      getObject: { type: GUEST, run: (call) => toGuest(guestIn(call)) },
      editObject: { run: (call) => editGuest(guestIn(call), call.args[0]) },
      deleteObject: {
        run(call) {
          const guest = guestIn(call);
          requireIdle(account, guest);
          account.reclaim(guest);
          return true;
        },
      },
      getOperatingSystem: {
        type: "SoftLayer_Software_Component_OperatingSystem",
        run: (call) =>
          (toGuest(guestIn(call)) as JsonObject).operatingSystem ?? null,
      },
      getUpgradeItemPrices: {
        type: "SoftLayer_Product_Item_Price",
        run(call) {
          guestIn(call);
          return UPGRADE_PRICES;
        },
      },
      setTags: { run: (call) => setTags(guestIn(call), call.args[0]) },
      createArchiveTemplate: {
        type: TEMPLATE,
        run: (call) => templateJson(capture(account, guestIn(call), call.args)),
      },
      powerOn: on,
      powerOff: off,
      powerOffSoft: off,
      powerCycle: on,
      rebootDefault: on,
      rebootHard: on,
      rebootSoft: on,
      pause: power((guest) => {
        if (guest.power === "RUNNING") guest.power = "PAUSED";
      }),
      resume: power((guest) => {
        if (guest.power === "PAUSED") guest.power = "RUNNING";
      }),
    },
    [TEMPLATE]: {
      getObject: {
        type: TEMPLATE,
        run: ({ id }) => templateJson(find(account.templates, id)),
      },
      deleteObject: {
        run({ id }) {
          account.templates.delete(find(account.templates, id).id);
          return {};
        },
      },
    },
    [KEY]: {
      createObject: {
        type: KEY,
        run: ({ args }) => createKey(account, args[0]),
      },
      getObject: { type: KEY, run: ({ id }) => find(account.keys, id) },
      editObject: {
        run({ id, args }) {
          const key = find(account.keys, id);
          const fields = toFields(args[0], KEY);
          key.label = fields.optional.string("label") ?? key.label;
          key.notes = fields.optional.string("notes", { min: 0 }) ?? key.notes;
          return true;
        },
      },
      deleteObject: {
        run({ id }) {
          account.keys.delete(find(account.keys, id).id);
          return true;
        },
      },
    },
    SoftLayer_Product_Order: {
      placeOrder: { run: ({ args }) => placeOrder(account, args[0]) },
    },
  };
}

/** Finds a resource by the id in the path. */
function find<T>(all: ReadonlyMap<number, T>, id: unknown): T {
  const found = all.get(toNumericId(id));
  if (found === undefined) throw notFound(id);
  return found;
}

function requireIdle({ timeline }: Account, guest: Guest): void {
  if (timeline.isBusy(guest)) throw busy();
}

/** Reads the properties of a template. A property of another type is refused. */
function toFields(
  template: unknown,
  type: string,
  known?: readonly string[],
): Fields {
  if (!isObject(template)) throw invalid(`The parameter must be a ${type}.`);
  const unknown = known && Object.keys(template)
    .find((name) => !TYPES[type]?.has(name) && !known.includes(name));
  if (unknown !== undefined) throw unknownProperty(unknown, type);
  return new Fields(template, {
    invalid: ({ field, rule, message }) =>
      rule === "missing"
        ? missing(field, type)
        : invalid(`Invalid value provided for '${field}': ${message}.`),
  });
}

/** What a template orders. */
type Draft = Parameters<Account["addGuest"]>[0];

/** Reads the template of a guest, and checks that it can be ordered. */
function readOrder(account: Account, template: unknown): Draft {
  const fields = toFields(template, GUEST, TEMPLATE_ONLY);
  const { optional } = fields;
  const hostname = readName(fields, "hostname", HOSTNAME);
  const domain = readName(fields, "domain", DOMAIN);
  const place = isObject(optional.any("datacenter"))
    ? (optional.any("datacenter") as JsonObject).name
    : undefined;
  if (place === undefined) throw missing("datacenter", GUEST);
  const datacenter = findDatacenter(place);
  if (datacenter === undefined) {
    throw invalid(
      "The location provided for this order is invalid.",
      "Order_InvalidLocation",
    );
  }
  const speed = nested(optional.list("networkComponents")?.[0], "maxSpeed");
  for (
    const name of ["primaryNetworkComponent", "primaryBackendNetworkComponent"]
  ) {
    const vlan = nested(optional.any(name), "networkVlan");
    if (vlan !== undefined) {
      readNumber(nested(vlan, "id"), `${name}.networkVlan.id`);
    }
  }
  return {
    hostname,
    domain,
    datacenter,
    isHourly: fields.boolean("hourlyBillingFlag"),
    ...readHardware(fields),
    image: readImage(account, fields),
    maxSpeed: speed === undefined ? 10 : oneOf(SPEEDS, speed, "maxSpeed"),
    isPrivate: optional.boolean("privateNetworkOnlyFlag") ?? false,
    sshKeys: (optional.list("sshKeys") ?? []).map((it) => {
      const id = readNumber(nested(it, "id"), "sshKeys.id");
      return find(account.keys, id).id;
    }),
    userData: readUserData(optional.list("userData")),
    postInstallScriptUri: optional.string("postInstallScriptUri"),
  };
}

function readName(fields: Fields, field: string, pattern: RegExp): string {
  const name = fields.string(field);
  if (pattern.test(name)) return name;
  throw invalid(`Invalid value provided for '${field}'.`);
}

/** Reads processors, memory and disk, or a flavor. */
function readHardware(fields: Fields) {
  const { optional } = fields;
  const key = nested(
    optional.any("supplementalCreateObjectOptions"),
    "flavorKeyName",
  );
  if (key !== undefined && key !== null) {
    const flavor = FLAVORS.get(String(key));
    if (!flavor) throw invalid(`Invalid value provided for 'flavorKeyName'.`);
    const { cpus, ramGb, diskGb, isLocal } = flavor;
    return {
      flavor: flavor.keyName,
      cpus,
      ramMib: ramGb * 1024,
      diskGb,
      isLocal,
      isDedicated: false,
    };
  }
  const ramMib = fields.integer("maxMemory");
  if (ramMib % 1024 !== 0) {
    throw invalid("The value of 'maxMemory' must be a multiple of 1024.");
  }
  const devices = optional.list("blockDevices") ?? [];
  for (const it of devices) {
    if (String(nested(it, "device")) !== "1") continue;
    throw invalid("Block device 1 is reserved for swap.");
  }
  const first = devices.find((it) => String(nested(it, "device")) === "0");
  const capacity = nested(nested(first, "diskImage"), "capacity");
  return {
    flavor: undefined,
    cpus: oneOf(CPUS, fields.integer("startCpus"), "startCpus"),
    ramMib: oneOf(RAM_GB, ramMib / 1024, "maxMemory") * 1024,
    diskGb: capacity === undefined
      ? DISKS_GB[0]!
      : oneOf(DISKS_GB, capacity, "capacity"),
    isLocal: fields.boolean("localDiskFlag"),
    isDedicated: optional.boolean("dedicatedAccountHostOnlyFlag") ?? false,
  };
}

function readImage(account: Account, { optional }: Fields): Image {
  const code = optional.string("operatingSystemReferenceCode");
  const group = optional.any("blockDeviceTemplateGroup");
  if (code !== undefined && group !== undefined) {
    throw invalid(
      "Only one of operatingSystemReferenceCode and blockDeviceTemplateGroup " +
        "can be specified.",
    );
  }
  if (group !== undefined) {
    const id = nested(group, "globalIdentifier");
    const template = [...account.templates.values()]
      .find((it) => it.globalIdentifier === id);
    if (!template) throw notFound(id);
    return { template };
  }
  if (code === undefined) throw missing("operatingSystemReferenceCode", GUEST);
  const known = Object.hasOwn(LATEST, code) ? LATEST[code]! : code;
  if (SYSTEMS.has(known)) return { code: known };
  throw invalid("Invalid value provided for 'operatingSystemReferenceCode'.");
}

function readUserData(list: readonly unknown[] | undefined) {
  const value = nested(list?.[0], "value");
  if (value === undefined || typeof value === "string") return value;
  throw invalid("Invalid value provided for 'userData'.");
}

/** Orders a guest. */
function createGuest(account: Account, template: unknown): Guest {
  const draft = readOrder(account, template);
  const { timeline, settings, guests } = account;
  if (!guests.hasRoom(settings.guestLimit)) {
    throw invalid(
      "The account has reached its limit of servers.",
      "Order_Limit",
    );
  }
  const guest = account.addGuest(draft);
  const fails = account.fails("create", "create", guest);
  timeline.begin(guest, settings.createMs, (at) => {
    // SoftLayer takes a guest away again that it cannot provision.
    if (fails) return account.reclaim(guest);
    account.provision(guest, at);
    timeline.after(settings.addressMs, () => account.addAddresses(guest), at);
  });
  return guest;
}

/** The container that a template stands for. */
function toOrder(draft: Draft): object {
  const { hostname, domain, datacenter } = draft;
  return {
    complexType: "SoftLayer_Container_Product_Order_Virtual_Guest",
    location: String(datacenter.id),
    packageId: 46,
    quantity: 1,
    prices: [],
    useHourlyPricing: draft.isHourly,
    virtualGuests: [{ hostname, domain }],
  };
}

function editGuest(guest: Guest, template: unknown): boolean {
  const fields = toFields(template, GUEST, []);
  const { optional } = fields;
  if (optional.any("hostname") !== undefined) {
    guest.hostname = readName(fields, "hostname", HOSTNAME);
  }
  if (optional.any("domain") !== undefined) {
    guest.domain = readName(fields, "domain", DOMAIN);
  }
  guest.notes = optional.string("notes", { min: 0 }) ?? guest.notes;
  return true;
}

function setTags(guest: Guest, tags: unknown): boolean {
  if (typeof tags !== "string") throw invalid("The tags must be a string.");
  const names = tags.split(",").map((it) => it.trim()).filter(Boolean);
  guest.tags = [...new Set(names)];
  return true;
}

/** Starts to copy the disks of a guest to an image. */
function capture(
  account: Account,
  guest: Guest,
  [name, devices, note]: readonly unknown[],
): Template {
  requireIdle(account, guest);
  if (typeof name !== "string" || name.trim() === "") {
    throw invalid("Invalid value provided for 'groupName'.");
  }
  if (!Array.isArray(devices) || devices.length === 0) {
    throw invalid("Invalid value provided for 'blockDevices'.");
  }
  const id = account.takeId();
  const fails = account.fails("image", "create", { id });
  const template = account.timeline.add(account.templates, {
    id,
    globalIdentifier: toUuid(id),
    createDate: account.timestamp(),
    name,
    note: typeof note === "string" ? note : undefined,
    code: "code" in guest.image ? guest.image.code : guest.image.template.code,
  });
  guest.transaction = TRANSACTIONS.capture;
  account.timeline.begin(guest, account.settings.actionMs, () => {
    if (fails) account.templates.delete(id);
  });
  return template;
}

/** Orders an upgrade. */
function placeOrder(account: Account, order: unknown): object {
  const fields = toFields(order, UPGRADE);
  if (fields.string("complexType") !== UPGRADE) {
    throw invalid("The simulator takes orders of upgrades only.", "Order_Type");
  }
  const [virtualGuest] = fields.list("virtualGuests", { min: 1, max: 1 });
  const guest = find(
    account.guests,
    readNumber(nested(virtualGuest, "id"), "virtualGuests.id"),
  );
  requireIdle(account, guest);
  const properties = fields.list("properties");
  const window = properties.find((it) =>
    nested(it, "name") === "MAINTENANCE_WINDOW"
  );
  if (Number.isNaN(Date.parse(String(nested(window, "value"))))) {
    throw invalid("A maintenance window is required.", "Order_Invalid");
  }
  const prices = fields.list("prices", { min: 1 }).map((it) => {
    const id = nested(it, "id");
    const found = UPGRADE_PRICES.find((price) => price.id === id);
    if (!found) {
      throw invalid(`Price # ${id} does not exist.`, "Order_Item_Invalid");
    }
    return found;
  });
  const capacityOf = (category: string) =>
    prices.find(({ categories }) => categories[0]?.categoryCode === category)
      ?.item.capacity;
  const fails = account.fails("action", "upgrade", guest);
  guest.transaction = TRANSACTIONS.upgrade;
  account.timeline.begin(guest, account.settings.actionMs, () => {
    if (fails) return;
    guest.cpus = Number(capacityOf("guest_core") ?? guest.cpus);
    guest.ramMib = Number(capacityOf("ram") ?? guest.ramMib / 1024) * 1024;
  });
  return { orderId: account.takeId(), orderDate: account.timestamp() };
}

function createKey(account: Account, template: unknown): Key {
  const fields = toFields(template, KEY, []);
  const key = fields.string("key");
  return account.timeline.add(account.keys, {
    id: account.takeId(),
    createDate: account.timestamp(),
    label: fields.string("label"),
    key,
    fingerprint: readFingerprint(key),
    notes: fields.optional.string("notes", { min: 0 }),
  });
}

/** The fingerprint of a public key: the MD5 of the key itself. */
export function readFingerprint(key: string): string {
  try {
    const [type = "", base64 = ""] = key.trim().split(/\s+/);
    if (/^(?:ssh|ecdsa|sk)-/.test(type)) return md5(decodeBase64(base64));
  } catch {
    // It is not Base64.
  }
  throw invalid("Invalid value provided for 'key'.");
}

/** A property of an object that may be anything else. */
function nested(value: unknown, name: string): unknown {
  return isObject(value) ? value[name] ?? undefined : undefined;
}

/** Reads a number. SoftLayer refuses ids that are strings. */
function readNumber(value: unknown, field: string): number {
  if (typeof value === "number") return value;
  throw invalid(`Invalid value provided for '${field}'.`);
}

function oneOf(choices: readonly number[], value: unknown, field: string) {
  const found = choices.find((it) => it === value);
  if (found !== undefined) return found;
  throw invalid(`Invalid value provided for '${field}'.`);
}
