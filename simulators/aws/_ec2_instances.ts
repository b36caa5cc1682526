/**
 * Instances of EC2: from RunInstances to their end.
 *
 * @module
 */

import { decodeBase64, encodeBase64 } from "@std/encoding/base64";
import {
  type Action,
  action,
  type Actions,
  DONE,
  page,
  PAGED,
} from "./_ec2_action.ts";
import { type InstanceType, NOT_IN_FIRST_ZONE, TYPES } from "./_ec2_catalog.ts";
import {
  applyFilters,
  type Fields,
  filters,
  flag,
  group,
  integer,
  list,
  need,
  oneOf,
  refuse,
  refuseValue,
  type Shape,
  type Tags,
  tagSet,
  tagsFor,
  tagSpecifications,
  text,
  time,
  type Values,
} from "./_ec2_query.ts";
import {
  ACCOUNT,
  gmt,
  GROUP,
  IMAGE,
  type Image,
  type Instance,
  once,
  pick,
  type Region,
  type SecurityGroup,
  SNAPSHOT,
  type State,
  STATES,
  SUBNET,
  type Subnet,
  type Volume,
  zoneOf,
} from "./_ec2_region.ts";
import { addVolume, VOLUME_TYPES } from "./_ec2_storage.ts";
import { toTimestamp, type Xml } from "./_ec2_xml.ts";

/** Most instances that one call makes. */
const MAX_RUN = 1000;
/** Most user data, in bytes. */
const MAX_USER_DATA = 16_384;

const instanceIds = list(need(text));

const blockDevice = group({
  DeviceName: need(text),
  NoDevice: text,
  VirtualName: text,
  Ebs: group({
    DeleteOnTermination: flag,
    Encrypted: flag,
    Iops: integer(1),
    KmsKeyId: text,
    SnapshotId: text,
    Throughput: integer(1),
    VolumeSize: integer(1, 65_536),
    VolumeType: oneOf(...VOLUME_TYPES),
  }),
});

const ipv6Address = group({ Ipv6Address: need(text), IsPrimaryIpv6: flag });

const RUN = {
  AdditionalInfo: text,
  BlockDeviceMapping: list(blockDevice),
  ClientToken: text,
  CpuOptions: group({
    AmdSevSnp: oneOf("enabled", "disabled"),
    CoreCount: integer(1),
    ThreadsPerCore: integer(1, 2),
  }),
  // Kept nowhere: no other of these operations tells of it.
  CreditSpecification: group({
    CpuCredits: need(oneOf("standard", "unlimited")),
  }),
  DisableApiStop: flag,
  DisableApiTermination: flag,
  EbsOptimized: flag,
  HibernationOptions: group({ Configured: flag }),
  IamInstanceProfile: group({ Arn: text, Name: text }),
  ImageId: need(text),
  InstanceInitiatedShutdownBehavior: oneOf("stop", "terminate"),
  InstanceMarketOptions: group({
    MarketType: oneOf("spot", "on-demand"),
    SpotOptions: group({
      BlockDurationMinutes: integer(),
      InstanceInterruptionBehavior: oneOf("hibernate", "stop", "terminate"),
      MaxPrice: text,
      SpotInstanceType: oneOf("one-time", "persistent"),
      ValidUntil: time,
    }),
  }),
  InstanceType: text,
  Ipv6Address: list(ipv6Address),
  Ipv6AddressCount: integer(0, 100),
  KeyName: text,
  MaintenanceOptions: group({ AutoRecovery: oneOf("disabled", "default") }),
  MaxCount: need(integer(1)),
  MetadataOptions: group({
    HttpEndpoint: oneOf("disabled", "enabled"),
    HttpProtocolIpv6: oneOf("disabled", "enabled"),
    HttpPutResponseHopLimit: integer(1, 64),
    HttpTokens: oneOf("optional", "required"),
    InstanceMetadataTags: oneOf("disabled", "enabled"),
  }),
  MinCount: need(integer(1)),
  Monitoring: group({ Enabled: need(flag) }),
  NetworkInterface: list(group({
    AssociatePublicIpAddress: flag,
    DeleteOnTermination: flag,
    Description: text,
    DeviceIndex: integer(),
    Ipv6AddressCount: integer(0, 100),
    Ipv6Addresses: list(ipv6Address),
    PrivateIpAddress: text,
    SecurityGroupId: list(need(text)),
    SubnetId: text,
  })),
  Placement: group({
    AvailabilityZone: text,
    AvailabilityZoneId: text,
    Tenancy: oneOf("default", "dedicated", "host"),
  }),
  PrivateIpAddress: text,
  SecurityGroup: list(need(text)),
  SecurityGroupId: list(need(text)),
  SubnetId: text,
  TagSpecification: tagSpecifications,
  UserData: text,
} as const;

type Run = Values<typeof RUN>;

/** An operation that takes instances from one state to another. */
function change<S extends Shape>(
  options: S,
  check: (instance: Instance, region: Region) => void,
  begin: (instance: Instance, region: Region) => void,
): Action {
  return action(
    { InstanceId: need(instanceIds), ...options },
    (params, { region }) => {
      const { InstanceId: ids } = params as { InstanceId: readonly string[] };
      const picked = region.pickInstances(ids);
      // All or nothing.
      for (const instance of picked) check(instance, region);
      return {
        instancesSet: picked.map((instance) => {
          const { state } = instance;
          begin(instance, region);
          return {
            instanceId: instance.id,
            currentState: stateXml(instance.state),
            previousState: stateXml(state),
          };
        }),
      };
    },
  );
}

/** The operations on instances. */
export const INSTANCE_ACTIONS: Actions = {
  RunInstances: action(RUN, (params, context) => {
    const { region, asked } = context;
    const made = once(
      region.runs,
      params.ClientToken,
      asked,
      () => run(params, region),
    );
    return reservationXml(region, made);
  }),

  DescribeInstances: action(
    {
      ...PAGED,
      Filter: filters,
      IncludeManagedResources: flag,
      InstanceId: instanceIds,
    },
    (params, context) => {
      const { region } = context;
      const ids = params.InstanceId;
      const all = ids.length > 0
        ? region.pickInstances(ids).sort((a, b) => a.order - b.order)
        : region.knownInstances();
      const found = applyFilters(all, params.Filter, instanceFields(region));
      const { items, nextToken } = page(found, params, context, {
        ids,
        order: ({ order }) => order,
        together: (one, next) => one.reservation === next.reservation,
      });
      const reservations: Instance[][] = [];
      for (const instance of items) {
        const last = reservations.at(-1);
        if (last?.[0]?.reservation === instance.reservation) {
          last.push(instance);
        } else reservations.push([instance]);
      }
      return {
        reservationSet: reservations.map((them) =>
          reservationXml(region, them)
        ),
        nextToken,
      };
    },
  ),

  StartInstances: change(
    { AdditionalInfo: text },
    (instance) =>
      checkState(instance, ["stopped", "pending", "running"], "started"),
    (instance, region) => {
      if (instance.state !== "stopped") return;
      const { createMs } = region.account;
      instance.launchedAt = region.now;
      instance.reason = undefined;
      instance.transition = "";
      instance.publicIp = instance.isPublic ? region.nextPublicIp() : undefined;
      region.turn(instance, "pending", createMs, "running");
    },
  ),

  StopInstances: change(
    { Force: flag, Hibernate: flag, SkipOsShutdown: flag },
    (instance) => {
      checkState(instance, ["running", "stopping", "stopped"], "stopped");
      if (instance.spotRequest !== undefined && !instance.isPersistent) {
        refuse(
          "UnsupportedOperation",
          `You can't stop the Spot Instance '${instance.id}' because it is associated with a one-time Spot Instance request.`,
        );
      }
      if (instance.isStopProtected) {
        refuse(
          "OperationNotPermitted",
          `The instance '${instance.id}' may not be stopped. Modify its 'disableApiStop' instance attribute and try again.`,
        );
      }
    },
    (instance, region) => {
      if (instance.state !== "running") return;
      instance.reason = {
        code: "Client.UserInitiatedShutdown",
        message: "Client.UserInitiatedShutdown: User initiated shutdown",
      };
      instance.transition = `User initiated (${gmt(region.now)})`;
      region.turn(
        instance,
        "stopping",
        region.account.actionMs,
        "stopped",
        () => instance.publicIp = undefined,
      );
    },
  ),

  TerminateInstances: change(
    { Force: flag, SkipOsShutdown: flag },
    ({ id, isProtected }) => {
      if (!isProtected) return;
      refuse(
        "OperationNotPermitted",
        `The instance '${id}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.`,
      );
    },
    (instance, region) => {
      const isOver = instance.state === "terminated" ||
        instance.state === "shutting-down";
      if (!isOver) region.terminate(instance);
    },
  ),

  RebootInstances: action(
    { InstanceId: need(instanceIds) },
    ({ InstanceId: ids }, { region }) => {
      const picked = region.pickInstances(ids);
      for (const it of picked) checkState(it, ["running"], "rebooted");
      return DONE;
    },
  ),

  MonitorInstances: monitor(true),
  UnmonitorInstances: monitor(false),

  DescribeInstanceStatus: action(
    {
      ...PAGED,
      Filter: filters,
      IncludeAllInstances: flag,
      IncludeManagedResources: flag,
      InstanceId: instanceIds,
    },
    (params, context) => {
      const { region } = context;
      const ids = params.InstanceId;
      const all =
        (ids.length > 0
          ? region.pickInstances(ids).sort((a, b) => a.order - b.order)
          : region.knownInstances())
          .filter(({ state }) =>
            params.IncludeAllInstances || state === "running"
          );
      const found = applyFilters(all, params.Filter, {
        "availability-zone": ({ subnet }) => subnet.zone.name,
        "instance-state-code": ({ state }) => STATES[state],
        "instance-state-name": ({ state }) => state,
        "instance-status.status": ({ state }) => statusOf(state),
        "system-status.status": ({ state }) => statusOf(state),
      });
      const rules = { ids, order: (it: Instance) => it.order };
      const { items, nextToken } = page(found, params, context, rules);
      return { instanceStatusSet: items.map(statusXml), nextToken };
    },
  ),

  DescribeInstanceAttribute: action(
    { Attribute: need(text), InstanceId: need(text) },
    ({ Attribute: name, InstanceId: id }, { region }) => {
      const instance = region.pickInstance(id);
      return {
        instanceId: id,
        ...attributeOf(region, instance, name),
      };
    },
  ),

  ModifyInstanceAttribute: action(
    {
      Attribute: text,
      BlockDeviceMapping: list(group({
        DeviceName: need(text),
        Ebs: group({ DeleteOnTermination: flag, VolumeId: text }),
      })),
      DisableApiStop: group({ Value: flag }),
      DisableApiTermination: group({ Value: flag }),
      EbsOptimized: group({ Value: flag }),
      GroupId: list(need(text)),
      InstanceId: need(text),
      InstanceInitiatedShutdownBehavior: group({
        Value: oneOf("stop", "terminate"),
      }),
      InstanceType: group({ Value: text }),
      SourceDestCheck: group({ Value: flag }),
      UserData: group({ Value: text }),
      Value: text,
    },
    (params, { region }) => {
      const instance = region.pickInstance(params.InstanceId);
      if (instance.state === "terminated") {
        refuse(
          "IncorrectInstanceState",
          `The instance '${instance.id}' is not in a state from which it can be modified.`,
        );
      }
      modify(instance, params, region);
      return DONE;
    },
  ),

  GetConsoleOutput: action(
    { InstanceId: need(text), Latest: flag },
    ({ InstanceId: id }, { region }) => {
      const instance = region.pickInstance(id);
      return {
        instanceId: id,
        timestamp: toTimestamp(region.now),
        output: instance.state === "pending"
          ? undefined
          : encodeBase64(consoleOf(instance)),
      };
    },
  ),

  GetPasswordData: action(
    { InstanceId: need(text) },
    ({ InstanceId: id }, { region }) => {
      region.pickInstance(id);
      return {
        instanceId: id,
        timestamp: toTimestamp(region.now),
        // Windows takes some minutes for it, and nothing boots here.
        passwordData: "",
      };
    },
  ),
};

function monitor(isMonitored: boolean): Action {
  return action(
    { InstanceId: need(instanceIds) },
    ({ InstanceId: ids }, { region }) => {
      const picked = region.pickInstances(ids);
      for (const instance of picked) instance.isMonitored = isMonitored;
      return {
        instancesSet: picked.map(({ id }) => ({
          instanceId: id,
          monitoring: { state: isMonitored ? "pending" : "disabling" },
        })),
      };
    },
  );
}

function checkState(
  { id, state }: Instance,
  states: readonly State[],
  deed: string,
): void {
  if (states.includes(state)) return;
  refuse(
    "IncorrectInstanceState",
    `The instance '${id}' is not in a state from which it can be ${deed}.`,
  );
}

// How instances begin

/**
 * Finds an instance type.
 *
 * @param name Its name.
 * @returns The type.
 */
export function typeOf(name: string): InstanceType {
  return TYPES.find((type) => type.name === name) ??
    refuseValue(`Invalid value '${name}' for InstanceType.`);
}

function run(params: Run, region: Region): readonly Instance[] {
  const { MinCount: min, MaxCount: max } = params;
  if (min > max) {
    refuse(
      "InvalidParameterCombination",
      "The parameter minCount must not be greater than maxCount",
    );
  }
  if (min > MAX_RUN) {
    refuse(
      "InstanceLimitExceeded",
      `Your quota allows for ${MAX_RUN} more running instance(s). You requested at least ${min}`,
    );
  }
  const image = pickImage(region, params.ImageId);
  const type = typeOf(params.InstanceType ?? "m1.small");
  const arch = type.arch ?? "x86_64";
  if (image.arch !== arch) {
    refuseValue(
      `The architecture '${arch}' of the specified instance type does not match the architecture '${image.arch}' of the specified AMI. Specify an instance type and an AMI that have matching architectures, and try again.`,
    );
  }
  const { KeyName: keyName } = params;
  if (keyName !== undefined && !region.keyPairs.has(keyName)) {
    refuse(
      "InvalidKeyPair.NotFound",
      `The key pair '${keyName}' does not exist`,
    );
  }
  const { subnet, groups, isPublic } = placeOf(params, region);
  if (subnet.zone === region.zones[0] && NOT_IN_FIRST_ZONE.has(type.name)) {
    refuse(
      "Unsupported",
      `Your requested instance type (${type.name}) is not supported in your requested Availability Zone (${subnet.zone.name}). Please retry your request by not specifying an Availability Zone or choosing another one.`,
    );
  }
  const userData = readUserData(params.UserData);
  const others = ["volume", "network-interface", "spot-instances-request"];
  const tags = tagsFor(params.TagSpecification, "instance", others);
  const volumeTags = tagsFor(params.TagSpecification, "volume", [
    "instance",
    ...others,
  ]);
  const profile = profileOf(params, region);
  const disks = disksOf(params, image, region);
  const isSpot = isSpotRun(params);
  const { MetadataOptions: metadata, NetworkInterface: [card] } = params;
  const privateIp = params.PrivateIpAddress ?? card?.PrivateIpAddress;
  if (privateIp !== undefined && max > 1) {
    refuse(
      "InvalidParameterCombination",
      "A private IP address cannot be given for more than one instance",
    );
  }
  const ipv6 = [...params.Ipv6Address, ...card?.Ipv6Addresses ?? []]
    .map((it) => it.Ipv6Address);
  const ipv6Count = params.Ipv6AddressCount ?? card?.Ipv6AddressCount ??
    ipv6.length;
  const launch: Launch = {
    reservation: { id: region.ids.next("r") },
    image,
    type,
    keyName,
    userData,
    subnet,
    groups,
    isPublic,
    privateIp,
    ipv6,
    ipv6Count,
    tags,
    volumeTags,
    disks,
    clientToken: params.ClientToken,
    isMonitored: params.Monitoring?.Enabled ?? false,
    profile,
    isSpot,
    interfaceDescription: card?.Description ?? "",
    isPersistent: params.InstanceMarketOptions?.SpotOptions
      ?.SpotInstanceType === "persistent",
    cpu: {
      coreCount: params.CpuOptions?.CoreCount ?? Math.max(1, type.vcpus >> 1),
      threadsPerCore: params.CpuOptions?.ThreadsPerCore ??
        (type.arch || type.vcpus === 1 ? 1 : 2),
    },
    recovery: params.MaintenanceOptions?.AutoRecovery ?? "default",
    tenancy: params.Placement?.Tenancy ?? "default",
    metadata: {
      httpTokens: metadata?.HttpTokens ?? "optional",
      httpPutResponseHopLimit: metadata?.HttpPutResponseHopLimit ?? 1,
      httpEndpoint: metadata?.HttpEndpoint ?? "enabled",
      httpProtocolIpv6: metadata?.HttpProtocolIpv6 ?? "disabled",
      instanceMetadataTags: metadata?.InstanceMetadataTags ?? "disabled",
    },
    mayHibernate: params.HibernationOptions?.Configured ?? false,
    isProtected: params.DisableApiTermination ?? false,
    isStopProtected: params.DisableApiStop ?? false,
    shutdownBehavior: params.InstanceInitiatedShutdownBehavior ?? "stop",
    isEbsOptimized: params.EbsOptimized ?? false,
  };
  const { createMs, hiddenMs } = region.account;
  return Array.from({ length: Math.min(max, MAX_RUN) }, (_, index) => {
    const at = region.now;
    const instance = addInstance(region, launch, index, at, at + hiddenMs);
    instance.reason = { code: "pending", message: "pending" };
    region.turn(instance, "pending", createMs, "running", () => {
      instance.reason = undefined;
    });
    return instance;
  });
}

/** What a new instance is to be. */
export interface Launch extends
  Pick<
    Instance,
    | "reservation"
    | "image"
    | "type"
    | "keyName"
    | "userData"
    | "subnet"
    | "groups"
    | "isPublic"
    | "tags"
    | "clientToken"
    | "isMonitored"
    | "profile"
    | "interfaceDescription"
    | "isPersistent"
    | "cpu"
    | "recovery"
    | "tenancy"
    | "metadata"
    | "mayHibernate"
    | "isProtected"
    | "isStopProtected"
    | "shutdownBehavior"
    | "isEbsOptimized"
  > {
  /** An address that it must have. */
  readonly privateIp: string | undefined;
  /** Addresses that it must have. */
  readonly ipv6: readonly string[];
  /** How many it has. */
  readonly ipv6Count: number;
  /** Tags of its volumes. */
  readonly volumeTags: Tags;
  /** Its volumes. */
  readonly disks: readonly Disk[];
  /** Whether it is a spot instance. */
  readonly isSpot: boolean;
}

/**
 * Adds a running instance.
 *
 * @param region Where.
 * @param launch What it is to be.
 * @param launchIndex Its place in its reservation.
 * @param at When it began, in milliseconds since 1970.
 * @param visibleAt From when on it is known.
 * @returns The instance.
 */
export function addInstance(
  region: Region,
  launch: Launch,
  launchIndex: number,
  at: number,
  visibleAt: number,
): Instance {
  const { privateIp, ipv6, ipv6Count, volumeTags, disks, isSpot, ...rest } =
    launch;
  const id = region.ids.next("i");
  const { order } = region.ids;
  const instance: Instance = {
    ...rest,
    id,
    order,
    launchIndex,
    privateIp: region.takeAddress(rest.subnet, privateIp),
    publicIp: rest.isPublic ? region.nextPublicIp() : undefined,
    ipv6: Array.from(
      { length: ipv6Count },
      (_, index) => ipv6[index] ?? ipv6Of(order, index),
    ),
    interfaceId: region.ids.next("eni"),
    attachmentId: region.ids.next("eni-attach"),
    mac: ["0a:00", ...hexBytes(order, 8)].join(":"),
    state: "running",
    turn: 0,
    reason: undefined,
    transition: "",
    launchedAt: at,
    createdAt: at,
    visibleAt,
    tags: new Map(rest.tags),
    spotRequest: isSpot ? region.ids.next("sir") : undefined,
    sourceDestCheck: true,
    volumes: new Map(),
  };
  for (const { device, isDeletedOnTermination, ...disk } of disks) {
    const volume = addVolume(region, {
      ...disk,
      zone: rest.subnet.zone,
      isMultiAttach: false,
      tags: new Map(volumeTags),
    });
    volume.state = "in-use";
    volume.attachment = {
      instance,
      device,
      status: "attached",
      at,
      isDeletedOnTermination,
    };
    instance.volumes.set(device, volume);
  }
  region.instances.set(id, instance);
  return instance;
}

function hexBytes(number: number, digits: number): readonly string[] {
  return number.toString(16).padStart(digits, "0").match(/../g) ?? [];
}

/** One of the addresses for documentation. */
function ipv6Of(order: number, index: number): string {
  const [high, low] = [order >>> 16, order & 0xffff];
  return `2001:db8:${high.toString(16)}:${low.toString(16)}::${
    (index + 1).toString(16)
  }`;
}

/**
 * Finds an image that instances can be made of.
 *
 * @param region Where.
 * @param id Its id.
 * @returns The image.
 */
export function pickImage(region: Region, id: string): Image {
  if (region.gone.has(id)) {
    refuse(
      "InvalidAMIID.Unavailable",
      `The image ID '${id}' is no longer available`,
    );
  }
  const image = pick(region.images, id, IMAGE);
  if (image.state !== "available") {
    refuse("InvalidAMIID.Unavailable", `The image ID '${id}' is not available`);
  }
  return image;
}

/** Where instances go, and what guards them. */
function placeOf(
  params: Run,
  region: Region,
): {
  readonly subnet: Subnet;
  readonly groups: readonly SecurityGroup[];
  readonly isPublic: boolean;
} {
  const { NetworkInterface: cards, Placement: placement } = params;
  const [card] = cards;
  if (cards.length > 1) {
    refuse(
      "UnsupportedOperation",
      "This simulator attaches one network interface to an instance",
    );
  }
  if (card !== undefined) {
    if (card.DeviceIndex !== 0) {
      refuse(
        "MissingParameter",
        "The request must contain a network interface with the device index 0",
      );
    }
    if (card.DeleteOnTermination === false) {
      refuse(
        "UnsupportedOperation",
        "This simulator has no network interfaces that outlive their instance",
      );
    }
    const what = params.SubnetId !== undefined
      ? "an instance-level subnet ID"
      : params.SecurityGroupId.length + params.SecurityGroup.length > 0
      ? "instance-level security groups"
      : params.PrivateIpAddress !== undefined
      ? "an instance-level private IP address"
      : undefined;
    if (what !== undefined) {
      refuse(
        "InvalidParameterCombination",
        `Network interfaces and ${what} may not be specified on the same request`,
      );
    }
  }
  const subnetId = card?.SubnetId ?? params.SubnetId;
  const zone = zoneOf(region, placement);
  const subnet = subnetId !== undefined
    ? pick(region.subnets, subnetId, SUBNET)
    : [...region.subnets.values()].find((it) =>
      it.isDefault && (zone === undefined || it.zone === zone)
    )!;
  if (zone !== undefined && subnet.zone !== zone) {
    refuseValue(
      `The availability zone '${zone.name}' does not match that of the subnet '${subnet.id}'`,
    );
  }
  const named = params.SecurityGroup;
  const given = card?.SecurityGroupId ?? params.SecurityGroupId;
  if (named.length > 0 && (given.length > 0 || subnetId !== undefined)) {
    refuse(
      "InvalidParameterCombination",
      "The parameter groupName cannot be used with the parameter subnet",
    );
  }
  const names = named.length + given.length > 0 ? named : ["default"];
  const groups = [
    ...given.map((id) => pick(region.groups, id, GROUP)),
    ...names.map((name) => groupNamed(region, name, subnet.vpc)),
  ];
  for (const { id, vpc } of groups) {
    if (vpc === subnet.vpc) continue;
    refuse(
      "InvalidParameter",
      `Security group ${id} and subnet ${subnet.id} belong to different networks.`,
    );
  }
  return {
    subnet,
    groups,
    isPublic: card?.AssociatePublicIpAddress ?? subnet.isDefault,
  };
}

function groupNamed(
  region: Region,
  name: string,
  vpc: SecurityGroup["vpc"],
): SecurityGroup {
  return [...region.groups.values()]
    .find((it) => it.name === name && it.vpc === vpc) ??
    refuse(
      "InvalidGroup.NotFound",
      `The security group '${name}' does not exist in VPC '${vpc.id}'`,
    );
}

/** User data in base64, as it came. */
function readUserData(encoded: string | undefined): string | undefined {
  if (!encoded) return undefined;
  let size: number;
  try {
    size = decodeBase64(encoded).length;
  } catch {
    refuse("InvalidUserData.Malformed", "Invalid BASE64 encoding of user data");
  }
  if (size > MAX_USER_DATA) {
    refuseValue(`User data is limited to ${MAX_USER_DATA} bytes`);
  }
  return encoded;
}

function profileOf(
  { IamInstanceProfile: given }: Run,
  region: Region,
): Instance["profile"] {
  const { Arn: arn, Name: name } = given ?? {};
  if (arn === undefined && name === undefined) return undefined;
  if (arn !== undefined && name !== undefined) {
    refuse(
      "InvalidParameterCombination",
      "The parameter 'iamInstanceProfile.name' may not be used in combination with 'iamInstanceProfile.arn'",
    );
  }
  if (name !== undefined && !/^[\w+=,.@-]{1,128}$/.test(name)) {
    refuseValue(
      `Value (${name}) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name`,
    );
  }
  if (
    arn !== undefined &&
    !/^arn:[\w-]+:iam::\d{12}:instance-profile\/[\w+=,.@/-]+$/.test(arn)
  ) {
    refuseValue(
      `Value (${arn}) for parameter iamInstanceProfile.arn is invalid. Invalid IAM Instance Profile ARN`,
    );
  }
  return {
    arn: arn ?? region.arn(`instance-profile/${name}`, "iam"),
    id: "AIPACKCEVSQ6C2EXAMPLE",
  };
}

function isSpotRun({ InstanceMarketOptions: market }: Run): boolean {
  const { MaxPrice: price } = market?.SpotOptions ?? {};
  if (market?.MarketType !== "spot") {
    if (market?.SpotOptions === undefined) return false;
    refuse(
      "InvalidParameterCombination",
      "Spot options may only be given for the market type 'spot'",
    );
  }
  if (price !== undefined && !(Number(price) > 0)) {
    refuse("InvalidSpotMaxPrice", `The maximum price ${price} is not valid`);
  }
  return true;
}

/** A volume of a new instance. */
export interface Disk {
  readonly device: string;
  readonly isDeletedOnTermination: boolean;
  readonly sizeGib: number;
  readonly type: string;
  readonly iops: number | undefined;
  readonly throughput: number | undefined;
  readonly snapshotId: string | undefined;
  readonly isEncrypted: boolean;
  readonly kmsKeyId: string | undefined;
}

/** The volumes of a new instance: those of its image, and what is asked for. */
export function disksOf(
  params: Pick<Run, "BlockDeviceMapping">,
  image: Image,
  region: Region,
): readonly Disk[] {
  const disks = new Map<string, Disk>(image.disks.map((disk) => [
    disk.device,
    {
      device: disk.device,
      isDeletedOnTermination: disk.isDeletedOnTermination,
      sizeGib: disk.sizeGib,
      type: disk.type,
      iops: undefined,
      throughput: undefined,
      snapshotId: disk.snapshot.id,
      isEncrypted: disk.snapshot.isEncrypted,
      kmsKeyId: disk.snapshot.kmsKeyId,
    },
  ]));
  for (
    const { DeviceName: device, NoDevice: no, Ebs: ebs, VirtualName: local }
      of params.BlockDeviceMapping
  ) {
    const before = disks.get(device);
    if (no !== undefined) {
      disks.delete(device);
      continue;
    }
    // Local disks come with the type, whatever they are called.
    if (local !== undefined) continue;
    const snapshotId = ebs?.SnapshotId ?? before?.snapshotId;
    const snapshot = snapshotId === undefined
      ? undefined
      : pick(region.snapshots, snapshotId, SNAPSHOT);
    const sizeGib = ebs?.VolumeSize ?? before?.sizeGib ?? snapshot?.sizeGib;
    if (sizeGib === undefined) {
      refuse(
        "MissingParameter",
        `The request must contain the parameter size or snapshotId for ${device}`,
      );
    }
    if (snapshot !== undefined && sizeGib < snapshot.sizeGib) {
      refuse(
        "InvalidBlockDeviceMapping",
        `Volume of size ${sizeGib}GB is smaller than snapshot '${snapshot.id}', expect size >= ${snapshot.sizeGib}GB`,
      );
    }
    disks.set(device, {
      device,
      isDeletedOnTermination: ebs?.DeleteOnTermination ??
        before?.isDeletedOnTermination ?? true,
      sizeGib,
      type: ebs?.VolumeType ?? before?.type ?? "gp2",
      iops: ebs?.Iops,
      throughput: ebs?.Throughput,
      snapshotId,
      isEncrypted: ebs?.Encrypted ?? snapshot?.isEncrypted ?? false,
      kmsKeyId: ebs?.KmsKeyId ?? snapshot?.kmsKeyId,
    });
  }
  return [...disks.values()];
}

// How they change

interface Modification {
  readonly Attribute?: string | undefined;
  readonly Value?: string | undefined;
  readonly BlockDeviceMapping: readonly {
    readonly DeviceName: string;
    readonly Ebs?:
      | { readonly DeleteOnTermination?: boolean | undefined }
      | undefined;
  }[];
  readonly DisableApiStop?: Setting<boolean>;
  readonly DisableApiTermination?: Setting<boolean>;
  readonly EbsOptimized?: Setting<boolean>;
  readonly GroupId: readonly string[];
  readonly InstanceInitiatedShutdownBehavior?: Setting<string>;
  readonly InstanceType?: Setting<string>;
  readonly SourceDestCheck?: Setting<boolean>;
  readonly UserData?: Setting<string>;
}

type Setting<T> = { readonly Value?: T | undefined } | undefined;

function modify(
  instance: Instance,
  given: Modification,
  region: Region,
): void {
  const { Attribute: name, Value: plain, ...params } = given;
  const named = (key: string) => name === key ? plain : undefined;
  const bool = (key: string) => {
    const value = named(key);
    return value === undefined ? undefined : value === "true";
  };
  const type = params.InstanceType?.Value ?? named("instanceType");
  const userData = params.UserData?.Value ?? named("userData");
  const ebsOptimized = params.EbsOptimized?.Value ?? bool("ebsOptimized");
  const asked = [
    type,
    userData,
    ebsOptimized,
    params.DisableApiStop?.Value ?? named("disableApiStop"),
    params.DisableApiTermination?.Value ?? named("disableApiTermination"),
    params.InstanceInitiatedShutdownBehavior?.Value ??
      named("instanceInitiatedShutdownBehavior"),
    params.SourceDestCheck?.Value ?? named("sourceDestCheck"),
    params.GroupId[0],
    params.BlockDeviceMapping[0],
  ].filter((it) => it !== undefined);
  if (asked.length === 0) {
    refuse(
      "MissingParameter",
      "The request must contain one attribute to modify",
    );
  }
  if (asked.length > 1) {
    refuse(
      "InvalidParameterCombination",
      "Fields for multiple attribute types specified",
    );
  }
  if (
    (type ?? userData ?? ebsOptimized) !== undefined &&
    instance.state !== "stopped"
  ) {
    refuse(
      "IncorrectInstanceState",
      `The instance '${instance.id}' is not in the 'stopped' state.`,
    );
  }
  if (type !== undefined) {
    const next = typeOf(type);
    if ((next.arch ?? "x86_64") !== instance.image.arch) {
      refuseValue(
        `The architecture of the instance type '${type}' does not match that of the instance`,
      );
    }
    instance.type = next;
  }
  if (userData !== undefined) instance.userData = readUserData(userData);
  instance.isEbsOptimized = ebsOptimized ?? instance.isEbsOptimized;
  instance.isStopProtected = params.DisableApiStop?.Value ??
    bool("disableApiStop") ?? instance.isStopProtected;
  instance.isProtected = params.DisableApiTermination?.Value ??
    bool("disableApiTermination") ?? instance.isProtected;
  instance.shutdownBehavior = params.InstanceInitiatedShutdownBehavior?.Value ??
    named("instanceInitiatedShutdownBehavior") ?? instance.shutdownBehavior;
  instance.sourceDestCheck = params.SourceDestCheck?.Value ??
    bool("sourceDestCheck") ?? instance.sourceDestCheck;
  if (params.GroupId.length > 0) {
    instance.groups = params.GroupId
      .map((id) => pick(region.groups, id, GROUP));
  }
  for (const { DeviceName: device, Ebs: ebs } of params.BlockDeviceMapping) {
    const { attachment } = instance.volumes.get(device) ??
      refuse(
        "InvalidInstanceAttributeValue",
        `No device is currently mapped at ${device}`,
      );
    if (attachment && ebs?.DeleteOnTermination !== undefined) {
      attachment.isDeletedOnTermination = ebs.DeleteOnTermination;
    }
  }
}

function attributeOf(
  region: Region,
  instance: Instance,
  name: string,
): { readonly [name: string]: Xml } {
  const value = (it: Xml) => ({
    [name]: it === undefined ? {} : { value: it },
  });
  switch (name) {
    case "instanceType":
      return value(instance.type.name);
    case "userData":
      return value(instance.userData);
    case "disableApiTermination":
      return value(instance.isProtected);
    case "disableApiStop":
      return value(instance.isStopProtected);
    case "instanceInitiatedShutdownBehavior":
      return value(instance.shutdownBehavior);
    case "rootDeviceName":
      return value(instance.image.rootDevice);
    case "sourceDestCheck":
      return value(instance.sourceDestCheck);
    case "ebsOptimized":
      return value(instance.isEbsOptimized);
    case "enaSupport":
      return value(true);
    case "sriovNetSupport":
    case "kernel":
    case "ramdisk":
      return value(undefined);
    case "blockDeviceMapping":
      return { blockDeviceMapping: disksXml(instance) };
    case "groupSet":
      return { groupSet: groupsXml(instance.groups) };
    case "productCodes":
      return { productCodes: [] };
    case "enclaveOptions":
      return { enclaveOptions: { enabled: false } };
    default:
      return refuseValue(
        `Value (${name}) for parameter attribute is invalid. Unknown attribute in ${region.name}.`,
      );
  }
}

function consoleOf({ image, privateIp, launchedAt }: Instance): string {
  return [
    "[    0.000000] Linux version 6.1.0 (simulated)",
    `[    0.000000] Command line: root=${image.rootDevice} console=ttyS0`,
    `ci-info: | eth0 | True | ${privateIp} |`,
    `Cloud-init finished at ${new Date(launchedAt).toUTCString()}`,
    "",
  ].join("\r\n");
}

// What is told of them

function stateXml(name: State): Xml {
  return { code: STATES[name], name };
}

function statusOf(state: State): string {
  return state === "running" ? "ok" : "not-applicable";
}

function statusXml({ id, state, subnet }: Instance): Xml {
  const status = {
    status: statusOf(state),
    details: state === "running"
      ? [{ name: "reachability", status: "passed" }]
      : undefined,
  };
  return {
    instanceId: id,
    availabilityZone: subnet.zone.name,
    availabilityZoneId: subnet.zone.id,
    instanceState: stateXml(state),
    systemStatus: status,
    instanceStatus: status,
  };
}

function groupsXml(groups: readonly SecurityGroup[]): Xml {
  return groups.map(({ id, name }) => ({ groupId: id, groupName: name }));
}

function reservationXml(
  region: Region,
  instances: readonly Instance[],
): { readonly [name: string]: Xml } {
  return {
    reservationId: instances[0]!.reservation.id,
    ownerId: ACCOUNT,
    // Groups of instances outside of a network, of which there are none.
    groupSet: [],
    instancesSet: instances.map((it) => instanceXml(region, it)),
  };
}

function disksXml({ volumes }: Instance): Xml {
  return [...volumes].flatMap(([deviceName, { id, attachment }]) =>
    attachment
      ? [{
        deviceName,
        ebs: {
          volumeId: id,
          status: attachment.status,
          attachTime: toTimestamp(attachment.at),
          deleteOnTermination: attachment.isDeletedOnTermination,
        },
      }]
      : []
  );
}

function dnsOf(region: Region, ip: string | undefined, isPublic: boolean) {
  if (ip === undefined) return "";
  const name = ip.replaceAll(".", "-");
  const isFirst = region.name === "us-east-1";
  return isPublic
    ? `ec2-${name}.${
      isFirst ? "compute-1" : `${region.name}.compute`
    }.amazonaws.com`
    : `ip-${name}.${isFirst ? "ec2" : `${region.name}.compute`}.internal`;
}

function instanceXml(region: Region, it: Instance): Xml {
  const { image, subnet, type, groups } = it;
  const isOver = it.state === "terminated";
  const publicIp = region.publicIpOf(it);
  const elastic = region.elasticOf(it);
  const privateDns = dnsOf(region, it.privateIp, false);
  const publicDns = dnsOf(region, publicIp, true);
  const association = publicIp === undefined ? undefined : {
    publicIp,
    publicDnsName: publicDns,
    ipOwnerId: elastic ? ACCOUNT : "amazon",
  };
  const groupSet = groupsXml(groups);
  return {
    instanceId: it.id,
    imageId: image.id,
    instanceState: stateXml(it.state),
    privateDnsName: isOver ? "" : privateDns,
    dnsName: publicDns,
    reason: it.transition,
    keyName: it.keyName,
    amiLaunchIndex: it.launchIndex,
    productCodes: [],
    instanceType: type.name,
    launchTime: toTimestamp(it.launchedAt),
    placement: {
      availabilityZone: subnet.zone.name,
      availabilityZoneId: subnet.zone.id,
      groupName: "",
      tenancy: it.tenancy,
    },
    platform: image.isWindows ? "windows" : undefined,
    monitoring: { state: it.isMonitored ? "enabled" : "disabled" },
    ...(isOver ? {} : {
      subnetId: subnet.id,
      vpcId: subnet.vpc.id,
      privateIpAddress: it.privateIp,
      ipAddress: publicIp,
      sourceDestCheck: it.sourceDestCheck,
    }),
    groupSet: isOver ? [] : groupSet,
    stateReason: it.reason,
    architecture: image.arch,
    rootDeviceType: "ebs",
    rootDeviceName: image.rootDevice,
    blockDeviceMapping: disksXml(it),
    virtualizationType: "hvm",
    instanceLifecycle: it.spotRequest && "spot",
    spotInstanceRequestId: it.spotRequest,
    clientToken: it.clientToken ?? "",
    tagSet: it.tags.size > 0 ? tagSet(it.tags) : undefined,
    hypervisor: "xen",
    networkInterfaceSet: isOver ? [] : [{
      networkInterfaceId: it.interfaceId,
      subnetId: subnet.id,
      vpcId: subnet.vpc.id,
      description: it.interfaceDescription,
      ownerId: ACCOUNT,
      status: "in-use",
      macAddress: it.mac,
      privateIpAddress: it.privateIp,
      privateDnsName: privateDns,
      sourceDestCheck: it.sourceDestCheck,
      groupSet,
      attachment: {
        attachmentId: it.attachmentId,
        deviceIndex: 0,
        status: "attached",
        attachTime: toTimestamp(it.createdAt),
        deleteOnTermination: true,
        networkCardIndex: 0,
      },
      association,
      privateIpAddressesSet: [{
        privateIpAddress: it.privateIp,
        privateDnsName: privateDns,
        primary: true,
        association,
      }],
      ipv6AddressesSet: it.ipv6.map((ipv6Address, index) => ({
        ipv6Address,
        isPrimaryIpv6: index === 0,
      })),
      interfaceType: "interface",
    }],
    iamInstanceProfile: it.profile,
    ebsOptimized: it.isEbsOptimized,
    enaSupport: true,
    cpuOptions: it.cpu,
    hibernationOptions: { configured: it.mayHibernate },
    metadataOptions: { state: "applied", ...it.metadata },
    enclaveOptions: { enabled: false },
    platformDetails: image.isWindows ? "Windows" : "Linux/UNIX",
    usageOperation: image.isWindows ? "RunInstances:0002" : "RunInstances",
    usageOperationUpdateTime: toTimestamp(it.createdAt),
    ipv6Address: it.ipv6[0],
    maintenanceOptions: { autoRecovery: it.recovery },
    currentInstanceBootMode: "legacy-bios",
  };
}

function instanceFields(region: Region): Fields<Instance> {
  return {
    architecture: ({ image }) => image.arch,
    "availability-zone": ({ subnet }) => subnet.zone.name,
    "availability-zone-id": ({ subnet }) => subnet.zone.id,
    "block-device-mapping.device-name": ({ volumes }) => [...volumes.keys()],
    "block-device-mapping.volume-id": ({ volumes }) =>
      [...volumes.values()].map(({ id }: Volume) => id),
    "client-token": ({ clientToken }) => clientToken,
    "dns-name": (it) => dnsOf(region, region.publicIpOf(it), true),
    "group-id": ({ groups }) => groups.map(({ id }) => id),
    "group-name": ({ groups }) => groups.map(({ name }) => name),
    hypervisor: () => "xen",
    "iam-instance-profile.arn": ({ profile }) => profile?.arn,
    "image-id": ({ image }) => image.id,
    "instance-id": ({ id }) => id,
    "instance-lifecycle": ({ spotRequest }) => spotRequest && "spot",
    "instance-state-code": ({ state }) => STATES[state],
    "instance-state-name": ({ state }) => state,
    "instance-type": ({ type }) => type.name,
    "instance.group-id": ({ groups }) => groups.map(({ id }) => id),
    "instance.group-name": ({ groups }) => groups.map(({ name }) => name),
    "ip-address": (it) => region.publicIpOf(it),
    "key-name": ({ keyName }) => keyName,
    "launch-index": ({ launchIndex }) => launchIndex,
    "launch-time": ({ launchedAt }) => toTimestamp(launchedAt),
    "metadata-options.http-tokens": ({ metadata }) => metadata.httpTokens,
    "monitoring-state": ({ isMonitored }) =>
      isMonitored ? "enabled" : "disabled",
    "network-interface.network-interface-id": ({ interfaceId }) => interfaceId,
    "network-interface.subnet-id": ({ subnet }) => subnet.id,
    "network-interface.vpc-id": ({ subnet }) => subnet.vpc.id,
    "owner-id": () => ACCOUNT,
    platform: ({ image }) => image.isWindows ? "windows" : undefined,
    "private-dns-name": ({ privateIp }) => dnsOf(region, privateIp, false),
    "private-ip-address": ({ privateIp }) => privateIp,
    "reservation-id": ({ reservation }) => reservation.id,
    "root-device-name": ({ image }) => image.rootDevice,
    "root-device-type": () => "ebs",
    "spot-instance-request-id": ({ spotRequest }) => spotRequest,
    "state-reason-code": ({ reason }) => reason?.code,
    "subnet-id": ({ subnet }) => subnet.id,
    tenancy: ({ tenancy }) => tenancy,
    "virtualization-type": () => "hvm",
    "vpc-id": ({ subnet }) => subnet.vpc.id,
  };
}
