/**
 * What an account has in one region of EC2, and what happens to it in time.
 *
 * @module
 */

import {
  type InstanceType,
  PUBLIC_IMAGES,
  type RegionInfo,
  REGIONS,
  type Zone,
  zonesOf,
} from "./_ec2_catalog.ts";
import { refuse, refuseValue, type Tags } from "./_ec2_query.ts";
import { Schedule } from "../_schedule.ts";

/** Id of the account. */
export const ACCOUNT = "123456789012";

/** What all regions of an account share. */
export interface Account {
  /** From pending to running, in milliseconds. */
  readonly createMs: number;
  /** Everything else that takes time, in milliseconds. */
  readonly actionMs: number;
  /** How long what has ended is still listed, in milliseconds. */
  readonly listedMs: number;
  /** How long nobody knows what is new, in milliseconds. */
  readonly hiddenMs: number;
  /** Most that is on a page, whatever is asked for. */
  readonly largestPage: number;
  /** Size of an RSA key. */
  readonly keyBits: number;
  /** The time at the service, in milliseconds since 1970. */
  readonly now: () => number;
  /** A region by its name. */
  readonly region: (name: string) => Region | undefined;
}

/** States of an instance, with their numbers. */
export const STATES = {
  pending: 0,
  running: 16,
  "shutting-down": 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
} as const;

/** State of an instance. */
export type State = keyof typeof STATES;

/** What one call of RunInstances made. */
export interface Reservation {
  /** Its id. */
  readonly id: string;
}

/** An instance. */
export interface Instance {
  readonly id: string;
  readonly order: number;
  readonly reservation: Reservation;
  readonly launchIndex: number;
  readonly image: Image;
  type: InstanceType;
  readonly keyName: string | undefined;
  userData: string | undefined;
  readonly subnet: Subnet;
  groups: readonly SecurityGroup[];
  readonly privateIp: string;
  /** Its public address, but for an elastic one. */
  publicIp: string | undefined;
  /** Whether it gets one whenever it starts. */
  readonly isPublic: boolean;
  readonly ipv6: readonly string[];
  readonly interfaceId: string;
  readonly interfaceDescription: string;
  readonly attachmentId: string;
  readonly mac: string;
  state: State;
  /** Changes with each change of state that was asked for. */
  turn: number;
  reason: { readonly code: string; readonly message: string } | undefined;
  /** Why it is no longer running, in the old form. */
  transition: string;
  launchedAt: number;
  readonly createdAt: number;
  /** From when on it is known, in milliseconds since 1970. */
  readonly visibleAt: number;
  readonly tags: Tags;
  readonly clientToken: string | undefined;
  isMonitored: boolean;
  readonly profile: { readonly arn: string; readonly id: string } | undefined;
  readonly spotRequest: string | undefined;
  /** Whether its spot request outlives it, so that it can be stopped. */
  readonly isPersistent: boolean;
  readonly cpu: { readonly coreCount: number; readonly threadsPerCore: number };
  readonly recovery: string;
  readonly tenancy: string;
  readonly metadata: {
    readonly httpTokens: string;
    readonly httpPutResponseHopLimit: number;
    readonly httpEndpoint: string;
    readonly httpProtocolIpv6: string;
    readonly instanceMetadataTags: string;
  };
  readonly mayHibernate: boolean;
  isProtected: boolean;
  isStopProtected: boolean;
  shutdownBehavior: string;
  isEbsOptimized: boolean;
  sourceDestCheck: boolean;
  /** Its volumes by the names of their devices. */
  readonly volumes: Map<string, Volume>;
}

/** A volume. */
export interface Volume {
  readonly id: string;
  readonly order: number;
  readonly zone: Zone;
  readonly createdAt: number;
  sizeGib: number;
  type: string;
  iops: number | undefined;
  throughput: number | undefined;
  readonly snapshotId: string | undefined;
  readonly isEncrypted: boolean;
  /** What it is encrypted with. */
  readonly kmsKeyId: string | undefined;
  readonly isMultiAttach: boolean;
  state: "creating" | "available" | "in-use" | "deleting";
  attachment: Attachment | undefined;
  /** Whether a change is under way. */
  isChanging: boolean;
  readonly tags: Tags;
}

/** Where a volume is. */
export interface Attachment {
  readonly instance: Instance;
  readonly device: string;
  status: "attaching" | "attached" | "detaching";
  readonly at: number;
  isDeletedOnTermination: boolean;
}

/** A snapshot of a volume. */
export interface Snapshot {
  readonly id: string;
  readonly order: number;
  readonly volumeId: string;
  readonly sizeGib: number;
  readonly description: string;
  readonly isEncrypted: boolean;
  readonly kmsKeyId: string | undefined;
  readonly startedAt: number;
  readonly owner: string;
  readonly alias: string | undefined;
  state: "pending" | "completed";
  readonly tags: Tags;
}

/** A disk of an image. */
export interface ImageDisk {
  readonly device: string;
  readonly snapshot: Snapshot;
  readonly sizeGib: number;
  readonly type: string;
  readonly isDeletedOnTermination: boolean;
}

/** An image. */
export interface Image {
  readonly id: string;
  readonly order: number;
  readonly name: string;
  readonly description: string;
  readonly owner: string;
  readonly alias: string | undefined;
  readonly arch: "x86_64" | "arm64";
  readonly createdAt: string;
  readonly isPublic: boolean;
  readonly isWindows: boolean;
  readonly rootDevice: string;
  readonly disks: readonly ImageDisk[];
  readonly source:
    | { readonly instance: string }
    | { readonly image: string; readonly region: string }
    | undefined;
  state: "pending" | "available";
  readonly tags: Tags;
}

/** A key pair. */
export interface KeyPair {
  readonly id: string;
  readonly name: string;
  readonly type: "rsa" | "ed25519";
  readonly fingerprint: string;
  readonly line: string;
  readonly createdAt: number;
  readonly tags: Tags;
}

/** A network. */
export interface Vpc {
  readonly id: string;
  readonly order: number;
  readonly cidr: string;
  readonly isDefault: boolean;
  readonly tags: Tags;
}

/** A part of a network in one zone. */
export interface Subnet {
  readonly id: string;
  readonly order: number;
  readonly vpc: Vpc;
  readonly zone: Zone;
  /** Its first address, as a number. */
  readonly base: number;
  readonly bits: number;
  readonly isDefault: boolean;
  readonly taken: Set<number>;
  /** Where to look for the next free address. */
  nextAddress: number;
  readonly tags: Tags;
}

/** A rule of a security group: one protocol and one peer. */
export interface Rule {
  readonly id: string;
  readonly isEgress: boolean;
  readonly protocol: string;
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly peer: {
    readonly kind: "cidr" | "cidr6" | "group" | "prefix";
    readonly value: string;
  };
  readonly description: string | undefined;
}

/** A security group. */
export interface SecurityGroup {
  readonly id: string;
  readonly order: number;
  readonly name: string;
  readonly description: string;
  readonly vpc: Vpc;
  rules: readonly Rule[];
  readonly tags: Tags;
}

/** An elastic address. */
export interface Address {
  readonly allocationId: string;
  readonly ip: string;
  associationId: string | undefined;
  instance: Instance | undefined;
  readonly tags: Tags;
}

/** Something that tags can be put on. */
interface Tagged {
  readonly type: string;
  readonly tags: Tags;
}

/** Answers by the tokens that make a repetition harmless. */
export interface Remembered<T> {
  /** What was asked for. */
  readonly asked: string;
  /** What came of it. */
  readonly made: T;
}

/**
 * Makes ids that look like EC2's, do not repeat themselves, and are the same
 * whenever the same is done.
 */
export class Ids {
  #count = 0;
  readonly #salt: number;

  /**
   * Creates a source of ids.
   *
   * @param index Which of 64 sources this is: no two of them make the same.
   */
  constructor(index: number) {
    this.#salt = index << 26;
  }

  /** How many there were: the order in which things came. */
  get order(): number {
    return this.#count;
  }

  /**
   * Makes an id.
   *
   * @param prefix What it begins with, such as `"i"`.
   * @returns The id.
   */
  next(prefix: string): string {
    const count = this.#salt + ++this.#count;
    return `${prefix}-0${stir(count)}${stir(count + 0x9e3779b9)}`;
  }
}

/** Stirs 32 bits, so that what follows each other does not look alike. */
function stir(value: number): string {
  let word = value | 0;
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
  return ((word ^ (word >>> 16)) >>> 0).toString(16).padStart(8, "0");
}

/** A region of an account. */
export class Region {
  readonly ids: Ids;
  readonly zones: readonly Zone[];
  readonly instances = new Map<string, Instance>();
  readonly volumes = new Map<string, Volume>();
  readonly snapshots = new Map<string, Snapshot>();
  readonly images = new Map<string, Image>();
  readonly gone = new Set<string>();
  readonly keyPairs = new Map<string, KeyPair>();
  readonly vpcs = new Map<string, Vpc>();
  readonly subnets = new Map<string, Subnet>();
  readonly groups = new Map<string, SecurityGroup>();
  readonly addresses = new Map<string, Address>();
  readonly runs = new Map<string, Remembered<readonly Instance[]>>();
  readonly madeVolumes = new Map<string, Remembered<Volume>>();
  readonly copiedImages = new Map<string, Remembered<Image>>();
  readonly schedule = new Schedule();
  readonly defaultVpc: Vpc;
  #elastic = 0;
  #publicIps = 0;

  /** Creates what is there before anything is made. */
  constructor(readonly info: RegionInfo, readonly account: Account) {
    this.ids = new Ids(REGIONS.indexOf(info));
    this.zones = zonesOf(info);
    this.defaultVpc = this.addVpc("172.31.0.0/16", true);
    this.zones.forEach((zone, index) =>
      this.addSubnet(this.defaultVpc, zone, {
        base: toNumber("172.31.0.0") + index * 4096,
        bits: 20,
        isDefault: true,
      })
    );
    const owners = new Map<string, string>();
    for (const image of PUBLIC_IMAGES) this.#addPublicImage(image, owners);
  }

  /** Its name. */
  get name(): string {
    return this.info.name;
  }

  /** The time. */
  get now(): number {
    return this.account.now();
  }

  /** Lets happen what is due. */
  advance(): void {
    this.schedule.advance(this.now);
  }

  /** Lets something happen later. */
  after(ms: number, happen: (at: number) => void): void {
    this.schedule.add(this.now + ms, happen);
  }

  /** The name of something, as other services of AWS know it. */
  arn(what: string, service = "ec2"): string {
    const region = service === "iam" ? "" : this.name;
    return `arn:${this.info.partition}:${service}:${region}:${ACCOUNT}:${what}`;
  }

  /** Adds a network with its default security group. */
  addVpc(cidr: string, isDefault = false): Vpc {
    const id = this.ids.next("vpc");
    const vpc = {
      id,
      order: this.ids.order,
      cidr,
      isDefault,
      tags: new Map(),
    };
    this.vpcs.set(id, vpc);
    const group = this.addGroup("default", "default VPC security group", vpc);
    group.rules = [
      ...group.rules,
      {
        ...ALL,
        id: this.ids.next("sgr"),
        isEgress: false,
        peer: { kind: "group", value: group.id },
      },
    ];
    return vpc;
  }

  /** Adds a part of a network. */
  addSubnet(
    vpc: Vpc,
    zone: Zone,
    where: Pick<Subnet, "base" | "bits" | "isDefault">,
  ): Subnet {
    const id = this.ids.next("subnet");
    const subnet = {
      ...where,
      id,
      order: this.ids.order,
      vpc,
      zone,
      taken: new Set<number>(),
      // EC2 keeps the first four addresses, and the last one.
      nextAddress: where.base + 4,
      tags: new Map(),
    };
    this.subnets.set(id, subnet);
    return subnet;
  }

  /** Adds a security group that lets everything out. */
  addGroup(
    name: string,
    description: string,
    vpc: Vpc,
    tags: Tags = new Map(),
  ): SecurityGroup {
    const id = this.ids.next("sg");
    const group = {
      id,
      order: this.ids.order,
      name,
      description,
      vpc,
      rules: [{
        ...ALL,
        id: this.ids.next("sgr"),
        isEgress: true,
        peer: { kind: "cidr", value: "0.0.0.0/0" },
      }] as readonly Rule[],
      tags,
    };
    this.groups.set(id, group);
    return group;
  }

  #addPublicImage(
    image: (typeof PUBLIC_IMAGES)[number],
    volumes: Map<string, string>,
  ): void {
    const { name, description, owner, alias, arch, createdAt, device } = image;
    // All public images of an owner come from one volume of theirs.
    const volumeId = volumes.get(owner) ?? this.ids.next("vol");
    volumes.set(owner, volumeId);
    const snapshot: Snapshot = {
      id: this.ids.next("snap"),
      order: this.ids.order,
      volumeId,
      sizeGib: image.sizeGib,
      description: `Snapshot of ${name}`,
      isEncrypted: false,
      kmsKeyId: undefined,
      startedAt: Date.parse(createdAt),
      owner,
      alias,
      state: "completed",
      tags: new Map(),
    };
    this.snapshots.set(snapshot.id, snapshot);
    const id = this.ids.next("ami");
    this.images.set(id, {
      id,
      order: this.ids.order,
      name,
      description,
      owner,
      alias,
      arch,
      createdAt,
      isPublic: true,
      isWindows: image.isWindows ?? false,
      rootDevice: device,
      disks: [{
        device,
        snapshot,
        sizeGib: image.sizeGib,
        type: "gp3",
        isDeletedOnTermination: true,
      }],
      source: undefined,
      state: "available",
      tags: new Map(),
    });
  }

  /** Something with tags, by its id. */
  tagged(id: string): Tagged | undefined {
    const [prefix = ""] = id.split("-");
    const find = TAGGED[prefix];
    const tags = find?.in(this).find((it) => it.id === id)?.tags;
    return find && tags && { type: find.type, tags };
  }

  /** Everything that has tags. */
  *allTagged(): Generator<Tagged & { readonly id: string }> {
    for (const { type, in: all } of Object.values(TAGGED)) {
      for (const { id, tags } of all(this)) yield { id, type, tags };
    }
  }

  // Instances

  /** The instances that are known by now. */
  knownInstances(): Instance[] {
    const { now } = this;
    const all = [...this.instances.values()];
    return this.account.hiddenMs === 0
      ? all
      : all.filter(({ visibleAt }) => visibleAt <= now);
  }

  /** Instances by id, all of them or none. */
  pickInstances(ids: readonly string[]): Instance[] {
    for (const id of ids) checkId(id, "i", "InvalidInstanceID");
    const { now } = this;
    const unknown = ids.filter((id) =>
      !((this.instances.get(id)?.visibleAt ?? Infinity) <= now)
    );
    if (unknown.length > 0) {
      refuse(
        "InvalidInstanceID.NotFound",
        unknown.length === 1
          ? `The instance ID '${unknown[0]}' does not exist`
          : `The instance IDs '${unknown.join(", ")}' do not exist`,
      );
    }
    return [...new Set(ids)].map((id) => this.instances.get(id)!);
  }

  /** One instance by id. */
  pickInstance(id: string): Instance {
    return this.pickInstances([id])[0]!;
  }

  /** Puts an instance into a state, and later into another one. */
  turn(
    instance: Instance,
    state: State,
    ms: number,
    next: State,
    then?: (at: number) => void,
  ): void {
    instance.state = state;
    const turn = ++instance.turn;
    this.after(ms, (at) => {
      if (instance.turn !== turn) return;
      instance.state = next;
      then?.(at);
    });
  }

  /** Begins to end an instance. */
  terminate(instance: Instance): void {
    const { actionMs, listedMs } = this.account;
    const what = "User initiated shutdown";
    instance.reason = {
      code: "Client.UserInitiatedShutdown",
      message: `Client.UserInitiatedShutdown: ${what}`,
    };
    instance.transition = `User initiated (${gmt(this.now)})`;
    this.turn(instance, "shutting-down", actionMs, "terminated", (at) => {
      instance.publicIp = undefined;
      instance.subnet.taken.delete(toNumber(instance.privateIp));
      for (const volume of instance.volumes.values()) {
        const isDeleted = volume.attachment?.isDeletedOnTermination;
        volume.attachment = undefined;
        volume.state = "available";
        if (isDeleted) this.volumes.delete(volume.id);
      }
      instance.volumes.clear();
      for (const address of this.addresses.values()) {
        if (address.instance !== instance) continue;
        address.instance = undefined;
        address.associationId = undefined;
      }
      this.schedule.add(at + listedMs, () => {
        this.instances.delete(instance.id);
      });
    });
  }

  /** The elastic address of an instance. */
  elasticOf(instance: Instance): Address | undefined {
    if (this.addresses.size === 0) return undefined;
    return [...this.addresses.values()]
      .find((address) => address.instance === instance);
  }

  /** The address that the internet reaches an instance by. */
  publicIpOf(instance: Instance): string | undefined {
    if (instance.state === "terminated") return undefined;
    return this.elasticOf(instance)?.ip ?? instance.publicIp;
  }

  // Addresses

  /** Takes an address of a subnet: a given one, or the next that is free. */
  takeAddress(subnet: Subnet, wanted?: string): string {
    const { taken, base, bits } = subnet;
    const end = base + 2 ** (32 - bits) - 1;
    if (wanted !== undefined) {
      const number = toNumber(wanted);
      if (!(number >= base + 4 && number < end)) {
        refuse(
          "InvalidParameterValue",
          `Address ${wanted} does not fall within the subnet's address range`,
        );
      }
      if (taken.has(number)) {
        refuse("InvalidIPAddress.InUse", `Address ${wanted} is in use.`);
      }
      taken.add(number);
      return wanted;
    }
    if (taken.size >= end - base - 4) {
      refuse(
        "InsufficientFreeAddressesInSubnet",
        `There are not enough free addresses in subnet '${subnet.id}' to satisfy the requested number of instances.`,
      );
    }
    let address = subnet.nextAddress;
    while (address >= end || taken.has(address)) {
      address = address >= end ? base + 4 : address + 1;
    }
    subnet.nextAddress = address + 1;
    taken.add(address);
    return toIp(address);
  }

  /** A public address that nobody has: for documentation first, then tests. */
  nextPublicIp(): string {
    const index = this.#publicIps++;
    return index < 254
      ? `203.0.113.${index + 1}`
      : toIp(toNumber("198.18.0.0") + (index - 254) % 2 ** 17);
  }

  /** An elastic address that nobody has. */
  nextElasticIp(): string {
    return `198.51.100.${(this.#elastic++ % 254) + 1}`;
  }
}

const ALL = {
  protocol: "-1",
  from: undefined,
  to: undefined,
  description: undefined,
} as const;

interface Tagger {
  readonly type: string;
  readonly in: (
    region: Region,
  ) => { readonly id: string; readonly tags: Tags }[];
}

const TAGGED: Readonly<Record<string, Tagger>> = {
  i: { type: "instance", in: (it) => it.knownInstances() },
  vol: { type: "volume", in: ({ volumes }) => [...volumes.values()] },
  snap: {
    type: "snapshot",
    in: ({ snapshots }) => own(snapshots),
  },
  ami: { type: "image", in: ({ images }) => own(images) },
  key: { type: "key-pair", in: ({ keyPairs }) => [...keyPairs.values()] },
  vpc: { type: "vpc", in: ({ vpcs }) => [...vpcs.values()] },
  subnet: { type: "subnet", in: ({ subnets }) => [...subnets.values()] },
  sg: { type: "security-group", in: ({ groups }) => [...groups.values()] },
  eipalloc: {
    type: "elastic-ip",
    in: ({ addresses }) =>
      [...addresses.values()].map(({ allocationId: id, tags }) => ({
        id,
        tags,
      })),
  },
};

function own<T extends { readonly owner: string }>(
  all: ReadonlyMap<string, T>,
): T[] {
  return [...all.values()].filter(({ owner }) => owner === ACCOUNT);
}

/**
 * Refuses an id that is none.
 *
 * @param id The id.
 * @param prefix What it must begin with.
 * @param code What the code of the refusal begins with.
 */
export function checkId(id: string, prefix: string, code: string): void {
  if (new RegExp(`^${prefix}-(?:[0-9a-f]{8}|[0-9a-f]{17})$`).test(id)) return;
  refuse(
    `${code}.Malformed`,
    `Invalid id: "${id}"${
      prefix === "i" ? "" : ` (expecting "${prefix}-...")`
    }`,
  );
}

/**
 * Finds something by its id.
 *
 * @param all Where to look.
 * @param id The id.
 * @param spec What it is, and how it is refused.
 * @returns What was found.
 */
export function pick<T>(
  all: ReadonlyMap<string, T>,
  id: string,
  spec: {
    readonly prefix: string;
    readonly malformed: string;
    readonly notFound: string;
    readonly what: string;
  },
): T {
  checkId(id, spec.prefix, spec.malformed);
  return all.get(id) ??
    refuse(spec.notFound, `The ${spec.what} '${id}' does not exist`);
}

/**
 * Finds a zone.
 *
 * @param region Where.
 * @param given Its name, or its id.
 * @returns The zone, or `undefined` if none is given.
 */
export function zoneOf(
  region: Region,
  given: {
    readonly AvailabilityZone?: string | undefined;
    readonly AvailabilityZoneId?: string | undefined;
  } | undefined,
): Zone | undefined {
  const wanted = given?.AvailabilityZone ?? given?.AvailabilityZoneId;
  if (wanted === undefined) return undefined;
  return region.zones.find(({ name, id }) =>
    wanted === (given?.AvailabilityZone === undefined ? id : name)
  ) ?? refuseValue(`Invalid availability zone: [${wanted}]`);
}

/** How a volume is looked for. */
export const VOLUME = {
  prefix: "vol",
  malformed: "InvalidVolumeID",
  notFound: "InvalidVolume.NotFound",
  what: "volume",
} as const;

/** How a snapshot is looked for. */
export const SNAPSHOT = {
  prefix: "snap",
  malformed: "InvalidSnapshotID",
  notFound: "InvalidSnapshot.NotFound",
  what: "snapshot",
} as const;

/** How an image is looked for. */
export const IMAGE = {
  prefix: "ami",
  malformed: "InvalidAMIID",
  notFound: "InvalidAMIID.NotFound",
  what: "image id",
} as const;

/** How a security group is looked for. */
export const GROUP = {
  prefix: "sg",
  malformed: "InvalidGroupId",
  notFound: "InvalidGroup.NotFound",
  what: "security group",
} as const;

/** How a part of a network is looked for. */
export const SUBNET = {
  prefix: "subnet",
  malformed: "InvalidSubnetID",
  notFound: "InvalidSubnetID.NotFound",
  what: "subnet ID",
} as const;

/** How a network is looked for. */
export const VPC = {
  prefix: "vpc",
  malformed: "InvalidVpcID",
  notFound: "InvalidVpcID.NotFound",
  what: "vpc ID",
} as const;

/**
 * Does something once for each token.
 *
 * @param memory What was done.
 * @param token The token, if one was given.
 * @param asked What is asked for, apart from the token.
 * @param make Does it.
 * @returns What was made now, or then.
 */
export function once<T>(
  memory: Map<string, Remembered<T>>,
  token: string | undefined,
  asked: string,
  make: () => T,
): T {
  if (!token) return make();
  if (!/^[\x21-\x7e]{1,64}$/.test(token)) {
    refuse(
      "InvalidParameterValue",
      "Invalid client token: it must have at most 64 ASCII characters",
    );
  }
  const known = memory.get(token);
  if (known !== undefined) {
    if (known.asked === asked) return known.made;
    refuse(
      "IdempotentParameterMismatch",
      "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).",
    );
  }
  const made = make();
  memory.set(token, { asked, made });
  return made;
}

/** An IPv4 address as a number; not a number where it is none. */
export function toNumber(ip: string): number {
  if (!/^\d{1,3}(?:\.\d{1,3}){3}$/.test(ip)) return NaN;
  return ip.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** A number as an IPv4 address. */
export function toIp(number: number): string {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join(".");
}

/** A time as it stands in reasons. */
export function gmt(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace("T", " ")} GMT`;
}
