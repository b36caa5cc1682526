/**
 * State of one region of the simulated account, and its changes over time.
 *
 * @module
 */

import {
  PUBLIC_IMAGES,
  type RegionInfo,
  REGIONS,
  type Zone,
  zonesOf,
} from "./catalog.ts";
import type { PastResult } from "./idempotency.ts";
import { checkId } from "./lookup.ts";
import { refuse, type Tags } from "./query.ts";
import {
  ACCOUNT,
  type Address,
  type Image,
  type Instance,
  type KeyPair,
  type SecurityGroup,
  type Snapshot,
  type State,
  type Subnet,
  type Tagged,
  type Volume,
  type Vpc,
} from "./records.ts";
import { toGmt } from "./xml.ts";
import {
  AddressPool,
  type Fails,
  ipv4ToNumber,
  numberToIpv4,
  PUBLIC_IPV4,
  RESERVED_IPV4,
  Store,
  type Task,
  Timeline,
  type TimelineSettings,
} from "../../kit/mod.ts";

/** State and options that the regions of an account share. */
export interface Account extends TimelineSettings {
  /** Time from `pending` to `running`, in milliseconds. */
  readonly createMs: number;
  /** Duration of all other changes, in milliseconds. */
  readonly actionMs: number;
  /** How long terminated instances are listed, in milliseconds. */
  readonly listedMs: number;
  /** Time from `running` to the public address, in milliseconds. */
  readonly addressMs: number;
  /** Decides which operations fail. */
  readonly fails: Fails;
  /** Largest page that is sent, even if the client requests a larger one. */
  readonly largestPage: number;
  /** Size of new RSA keys, in bits. */
  readonly keyBits: number;
  /** Returns a region by name, or `undefined` if there is none. */
  readonly region: (name: string) => Region | undefined;
}

/**
 * Generates ids that look like those of EC2. They do not repeat, and the same
 * requests always get the same ids.
 */
export class Ids {
  #count = 0;
  readonly #salt: number;

  /**
   * Creates a generator.
   *
   * @param index Number of the generator, from 0 to 63. Each generates other
   * ids.
   */
  constructor(index: number) {
    this.#salt = index << 26;
  }

  /** Number of ids so far, which gives resources their order of creation. */
  get order(): number {
    return this.#count;
  }

  /**
   * Generates an id.
   *
   * @param prefix Prefix of the id, such as `"i"`.
   * @returns The id.
   */
  next(prefix: string): string {
    const count = this.#salt + ++this.#count;
    return `${prefix}-0${scramble(count)}${scramble(count + 0x9e3779b9)}`;
  }
}

/** Scrambles a 32-bit number, so that consecutive ids do not look alike. */
function scramble(value: number): string {
  let word = value | 0;
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
  return ((word ^ (word >>> 16)) >>> 0).toString(16).padStart(8, "0");
}

/** Resources of a region that lists show: plain data, which can be copied. */
export interface Contents {
  readonly instances: ReadonlyMap<string, Instance>;
  readonly volumes: ReadonlyMap<string, Volume>;
  readonly snapshots: ReadonlyMap<string, Snapshot>;
  readonly images: ReadonlyMap<string, Image>;
  readonly keyPairs: ReadonlyMap<string, KeyPair>;
  readonly vpcs: ReadonlyMap<string, Vpc>;
  readonly subnets: ReadonlyMap<string, Subnet>;
  readonly groups: ReadonlyMap<string, SecurityGroup>;
  readonly addresses: ReadonlyMap<string, Address>;
}

/** Reason of a failure that the user did not cause. */
const INTERNAL_ERROR = {
  code: "Server.InternalError",
  message: "Server.InternalError: Internal error on launch",
} as const;

/** One region of an account. */
export class Region implements Contents {
  readonly ids: Ids;
  readonly zones: readonly Zone[];
  readonly instances: Store<string, Instance>;
  readonly volumes: Store<string, Volume>;
  readonly snapshots: Store<string, Snapshot>;
  readonly images: Store<string, Image>;
  readonly deregisteredImages = new Set<string>();
  readonly keyPairs: Map<string, KeyPair>;
  readonly vpcs: Map<string, Vpc>;
  readonly subnets: Map<string, Subnet>;
  readonly groups: Store<string, SecurityGroup>;
  readonly addresses: Map<string, Address>;
  readonly runResults = new Map<string, PastResult<readonly Instance[]>>();
  readonly volumeResults = new Map<string, PastResult<Volume>>();
  readonly imageResults = new Map<string, PastResult<Image>>();
  readonly timeline: Timeline<Contents>;
  /** Addresses for {@linkcode Region.addresses}. */
  readonly elasticIps = new AddressPool(RESERVED_IPV4);
  readonly #publicIps = new AddressPool(PUBLIC_IPV4);

  /**
   * Creates a region.
   *
   * @param info Name and zones of the region.
   * @param account Account of the region.
   * @param contents Resources; by default none.
   */
  constructor(
    readonly info: RegionInfo,
    readonly account: Account,
    contents: Partial<Contents> = {},
  ) {
    this.ids = new Ids(REGIONS.indexOf(info));
    this.zones = zonesOf(info);
    this.instances = new Store(contents.instances);
    this.volumes = new Store(contents.volumes);
    this.snapshots = new Store(contents.snapshots);
    this.images = new Store(contents.images);
    this.keyPairs = new Map(contents.keyPairs);
    this.vpcs = new Map(contents.vpcs);
    this.subnets = new Map(contents.subnets);
    this.groups = new Store(contents.groups);
    this.addresses = new Map(contents.addresses);
    this.timeline = new Timeline(account, {
      instances: this.instances,
      volumes: this.volumes,
      snapshots: this.snapshots,
      images: this.images,
      keyPairs: this.keyPairs,
      vpcs: this.vpcs,
      subnets: this.subnets,
      groups: this.groups,
      addresses: this.addresses,
    });
  }

  /** Adds a default VPC, its subnets, and public images. */
  addDefaults(): void {
    const vpc = this.addVpc("172.31.0.0/16", true);
    this.zones.forEach((zone, index) =>
      this.addSubnet(vpc, zone, {
        base: ipv4ToNumber("172.31.0.0") + index * 4096,
        bits: 20,
        isDefault: true,
      })
    );
    const owners = new Map<string, string>();
    for (const image of PUBLIC_IMAGES) this.#addPublicImage(image, owners);
  }

  /**
   * Returns the region as an operation describes it: as it is if the request has
   * ids, and otherwise as it was a while ago, if lists lag.
   *
   * @param ids Ids of the request.
   * @returns The region, now or a while ago.
   */
  described(ids: readonly string[] = []): Region {
    const past = ids.length > 0 ? undefined : this.timeline.past();
    if (past === undefined) return this;
    const { now, listLagMs } = this.account;
    const account = { ...this.account, now: () => now() - listLagMs };
    return new Region(this.info, account, past);
  }

  /** VPC of instances that are launched without a subnet. */
  get defaultVpc(): Vpc {
    return [...this.vpcs.values()].find(({ isDefault }) => isDefault)!;
  }

  /** Name of the region. */
  get name(): string {
    return this.info.name;
  }

  /** Current time, in milliseconds since 1970. */
  get now(): number {
    return this.account.now();
  }

  /** Applies the changes that are due. */
  advance(): void {
    this.timeline.advance();
  }

  /** Schedules a change. */
  after(ms: number, change: Task): void {
    this.timeline.after(ms, change);
  }

  /** Returns the ARN of a resource. */
  arn(resource: string, service = "ec2"): string {
    const region = service === "iam" ? "" : this.name;
    return `arn:${this.info.partition}:${service}:${region}:${ACCOUNT}:${resource}`;
  }

  /** Adds a VPC with its default security group. */
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

  /** Adds a subnet. */
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
      // EC2 reserves the first four addresses and the last one.
      nextAddress: where.base + 4,
      tags: new Map(),
    };
    this.subnets.set(id, subnet);
    return subnet;
  }

  /** Adds a security group that allows all outgoing traffic. */
  addGroup(
    name: string,
    description: string,
    vpc: Vpc,
    tags: Tags = new Map(),
  ): SecurityGroup {
    const id = this.ids.next("sg");
    return this.timeline.add(this.groups, {
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
      }],
      tags,
    });
  }

  #addPublicImage(
    image: (typeof PUBLIC_IMAGES)[number],
    volumes: Map<string, string>,
  ): void {
    const { name, description, owner, alias, arch, createdAt, device } = image;
    // All public images of an owner were made from the same volume.
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
      deprecatedAt: image.deprecatedAt,
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

  /** Finds a taggable resource by id. */
  tagged(id: string): Tagged | undefined {
    const [prefix = ""] = id.split("-");
    const find = TAGGABLE[prefix];
    const tags = find?.in(this).find((it) => it.id === id)?.tags;
    return find && tags && { type: find.type, tags };
  }

  /** Iterates over all taggable resources. */
  *allTagged(): Generator<Tagged & { readonly id: string }> {
    for (const { type, in: all } of Object.values(TAGGABLE)) {
      for (const { id, tags } of all(this)) yield { id, type, tags };
    }
  }

  // Instances

  /** Finds instances by id. If any id is unknown, the request is refused. */
  pickInstances(ids: readonly string[]): Instance[] {
    for (const id of ids) checkId(id, "i", "InvalidInstanceID");
    const unknown = ids.filter((id) => !this.instances.has(id));
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

  /** Finds an instance by id. */
  pickInstance(id: string): Instance {
    return this.pickInstances([id])[0]!;
  }

  /** Changes the state of an instance now, and again after some time. */
  transition(
    instance: Instance,
    state: State,
    ms: number,
    next: State,
    then?: (at: number) => void,
  ): void {
    instance.state = state;
    this.timeline.begin(instance, ms, (at) => {
      instance.state = next;
      then?.(at);
    });
  }

  /** Starts to boot an instance that is new or stopped, unless that fails. */
  boot(instance: Instance, operation: "RunInstances" | "StartInstances"): void {
    const { createMs, addressMs, fails } = this.account;
    const isNew = operation === "RunInstances";
    const kind = isNew ? "create" : "action";
    if (addressMs > 0) instance.publicAt = Infinity;
    if (!fails({ kind, name: operation, id: instance.id })) {
      this.transition(instance, "pending", createMs, "running", (at) => {
        instance.reason = undefined;
        instance.publicAt = at + addressMs;
      });
      return;
    }
    const end = isNew ? "terminated" : "stopped";
    this.transition(instance, "pending", createMs, end, (at) => {
      instance.reason = INTERNAL_ERROR;
      instance.transition = INTERNAL_ERROR.code;
      this.releasePublicIp(instance);
      if (isNew) this.#release(instance, at);
    });
  }

  /** Starts to terminate an instance. */
  terminate(instance: Instance): void {
    const { actionMs } = this.account;
    instance.reason = {
      code: "Client.UserInitiatedShutdown",
      message: "Client.UserInitiatedShutdown: User initiated shutdown",
    };
    instance.transition = `User initiated (${toGmt(this.now)})`;
    this.transition(instance, "shutting-down", actionMs, "terminated", (at) => {
      this.#release(instance, at);
    });
  }

  /** Frees what a terminated instance had, and removes it after a while. */
  #release(instance: Instance, at: number): void {
    this.releasePublicIp(instance);
    instance.subnet.taken.delete(ipv4ToNumber(instance.privateIp));
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
    this.timeline.after(this.account.listedMs, () => {
      this.instances.delete(instance.id);
    }, at);
  }

  /** Returns the elastic address of an instance, if it has one. */
  elasticOf(instance: Instance): Address | undefined {
    if (this.addresses.size === 0) return undefined;
    return [...this.addresses.values()]
      .find((address) => address.instance?.id === instance.id);
  }

  /** Returns the public or elastic address of an instance, if it has one. */
  publicIpOf(instance: Instance): string | undefined {
    if (instance.state === "terminated") return undefined;
    const elastic = this.elasticOf(instance);
    if (elastic !== undefined) return elastic.ip;
    return this.now < instance.publicAt ? undefined : instance.publicIp;
  }

  // Addresses

  /**
   * Takes a private address of a subnet: the given one, or the next free one.
   */
  takeAddress(subnet: Subnet, wanted?: string): string {
    const { taken, base, bits } = subnet;
    const end = base + 2 ** (32 - bits) - 1;
    if (wanted !== undefined) {
      const number = ipv4ToNumber(wanted);
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
    return numberToIpv4(address);
  }

  /** Takes an unused public address. */
  takePublicIp(): string {
    return this.#publicIps.take() ?? refuseAddresses();
  }

  /** Frees the public address of an instance, unless it is an elastic one. */
  releasePublicIp(instance: Instance): void {
    this.#publicIps.release(instance.publicIp);
    instance.publicIp = undefined;
  }

  /** Takes an unused elastic address. */
  takeElasticIp(): string {
    return this.elasticIps.take() ?? refuseAddresses();
  }
}

function refuseAddresses(): never {
  refuse("InsufficientAddressCapacity", "Insufficient capacity of addresses.");
}

/** A rule that matches all traffic. */
const ALL = {
  protocol: "-1",
  from: undefined,
  to: undefined,
  description: undefined,
} as const;

/** A type of taggable resources, and how to list them. */
interface TaggableType {
  readonly type: string;
  readonly in: (
    region: Region,
  ) => { readonly id: string; readonly tags: Tags }[];
}

/** Types of taggable resources, by the prefix of their ids. */
const TAGGABLE: Readonly<Record<string, TaggableType>> = {
  i: { type: "instance", in: ({ instances }) => [...instances.values()] },
  vol: { type: "volume", in: ({ volumes }) => [...volumes.values()] },
  snap: {
    type: "snapshot",
    in: ({ snapshots }) => ownedByAccount(snapshots.list),
  },
  ami: { type: "image", in: ({ images }) => ownedByAccount(images.list) },
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

/** Returns the images or snapshots that the account owns. */
export function ownedByAccount<T extends { readonly owner: string }>(
  all: readonly T[],
): T[] {
  return all.filter(({ owner }) => owner === ACCOUNT);
}
