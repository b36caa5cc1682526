/**
 * What EC2 has on offer, and what of an account is in no network: regions,
 * zones, instance types, key pairs and tags.
 *
 * @module
 */

import { decodeBase64 } from "@std/encoding/base64";
import {
  type Action,
  action,
  type Actions,
  DONE,
  page,
  PAGED,
} from "./_ec2_action.ts";
import {
  type InstanceType,
  NOT_IN_FIRST_ZONE,
  type RegionInfo,
  REGIONS,
  TYPES,
  type Zone,
} from "./_ec2_catalog.ts";
import { makeKey, readPublicKey } from "./_ec2_keys.ts";
import {
  addTags,
  applyFilters,
  type Fields,
  filters,
  flag,
  group,
  list,
  need,
  oneOf,
  refuse,
  refuseValue,
  tagSet,
  tagsFor,
  tagSpecifications,
  text,
} from "./_ec2_query.ts";
import type { KeyPair, Region } from "./_ec2_region.ts";
import { toTimestamp, type Xml } from "./_ec2_xml.ts";

const texts = list(need(text));

/** Limits of the account, by the names of its attributes. */
const ATTRIBUTES: Readonly<Record<string, readonly string[]>> = {
  "supported-platforms": ["VPC"],
  "max-instances": ["20"],
  "max-elastic-ips": ["5"],
  "vpc-max-elastic-ips": ["5"],
  "vpc-max-security-groups-per-interface": ["5"],
};

/** The operations on what is in no network. */
export const ACCOUNT_ACTIONS: Actions = {
  DescribeRegions: action(
    { AllRegions: flag, Filter: filters, RegionName: texts },
    (params, { region }) => {
      const all = REGIONS.filter(({ partition, isOptIn }) =>
        // Of the separate clouds nobody sees the others.
        partition === region.info.partition &&
        (!isOptIn || params.AllRegions || params.RegionName.length > 0)
      );
      for (const name of params.RegionName) {
        if (all.some((it) => it.name === name)) continue;
        refuseValue(`Invalid region names: [${name}]`);
      }
      const named = params.RegionName.length === 0
        ? all
        : all.filter(({ name }) => params.RegionName.includes(name));
      const found = applyFilters<RegionInfo & { tags?: never }>(
        named,
        params.Filter,
        {
          endpoint: ({ host }) => host,
          "opt-in-status": optInOf,
          "region-name": ({ name }) => name,
        },
      );
      return {
        regionInfo: found.map((it) => ({
          regionName: it.name,
          regionEndpoint: it.host,
          optInStatus: optInOf(it),
        })),
      };
    },
  ),

  DescribeAvailabilityZones: action(
    {
      AllAvailabilityZones: flag,
      Filter: filters,
      ZoneId: texts,
      ZoneName: texts,
    },
    (params, { region }) => {
      for (
        const [asked, key] of [
          [params.ZoneName, "name"],
          [params.ZoneId, "id"],
        ] as const
      ) {
        const unknown = asked
          .filter((it) => !region.zones.some((zone) => zone[key] === it));
        if (unknown.length > 0) {
          refuseValue(`Invalid availability zone: [${unknown.join(", ")}]`);
        }
      }
      const named = region.zones.filter(({ name, id }) =>
        params.ZoneName.length + params.ZoneId.length === 0 ||
        params.ZoneName.includes(name) || params.ZoneId.includes(id)
      );
      const found = applyFilters<Zone & { tags?: never }>(
        named,
        params.Filter,
        {
          "group-name": () => `${region.name}-zg-1`,
          "opt-in-status": () => "opt-in-not-required",
          "region-name": () => region.name,
          state: () => "available",
          "zone-id": ({ id }) => id,
          "zone-name": ({ name }) => name,
          "zone-type": () => "availability-zone",
        },
      );
      return {
        availabilityZoneInfo: found.map(({ name, id }) => ({
          optInStatus: "opt-in-not-required",
          messageSet: [],
          regionName: region.name,
          zoneName: name,
          zoneId: id,
          groupName: `${region.name}-zg-1`,
          networkBorderGroup: region.name,
          zoneType: "availability-zone",
          zoneState: "available",
        })),
      };
    },
  ),

  DescribeInstanceTypes: action(
    {
      ...PAGED,
      Filter: filters,
      IncludeUnsupportedInRegion: flag,
      InstanceType: texts,
    },
    (params, context) => {
      const names = params.InstanceType;
      if (names.length > 100) {
        refuseValue("At most 100 instance types can be asked for");
      }
      const unknown = names
        .filter((name) => !TYPES.some((type) => type.name === name));
      if (unknown.length > 0) {
        refuse(
          "InvalidInstanceType",
          `The following supplied instance types do not exist: [${
            unknown.join(", ")
          }]`,
        );
      }
      const all = TYPES
        .filter(({ name }) => names.length === 0 || names.includes(name));
      const found = applyFilters<InstanceType & { tags?: never }>(
        all,
        params.Filter,
        TYPE_FIELDS,
      );
      const { items, nextToken } = page(found, params, context, {
        max: 100,
        order: (type) => TYPES.indexOf(type),
      });
      return { instanceTypeSet: items.map(typeXml), nextToken };
    },
  ),

  DescribeInstanceTypeOfferings: action(
    {
      ...PAGED,
      Filter: filters,
      LocationType: oneOf(
        "region",
        "availability-zone",
        "availability-zone-id",
        "outpost",
      ),
    },
    (params, context) => {
      const { LocationType: kind = "region" } = params;
      const { region } = context;
      const all = kind === "outpost"
        ? []
        : kind === "region"
        ? TYPES.map(({ name }) => ({ name, location: region.name }))
        : region.zones.flatMap((zone, index) =>
          TYPES
            .filter(({ name }) => index > 0 || !NOT_IN_FIRST_ZONE.has(name))
            .map(({ name }) => ({
              name,
              location: kind === "availability-zone" ? zone.name : zone.id,
            }))
        );
      const found = applyFilters<(typeof all)[number] & { tags?: never }>(
        all,
        params.Filter,
        {
          "instance-type": ({ name }) => name,
          location: ({ location }) => location,
        },
      );
      const { items, nextToken } = page(found, params, context, {
        order: (it) => all.indexOf(it),
      });
      return {
        instanceTypeOfferingSet: items.map(({ name, location }) => ({
          instanceType: name,
          locationType: kind,
          location,
        })),
        nextToken,
      };
    },
  ),

  DescribeAccountAttributes: action(
    { AttributeName: texts },
    ({ AttributeName: names }, { region }) => {
      const all: Readonly<Record<string, readonly string[]>> = {
        ...ATTRIBUTES,
        "default-vpc": [region.defaultVpc.id],
      };
      for (const name of names) {
        if (!Object.hasOwn(all, name)) {
          refuseValue(`Invalid value '${name}' for attribute name`);
        }
      }
      return {
        accountAttributeSet: Object.entries(all)
          .filter(([name]) => names.length === 0 || names.includes(name))
          .map(([attributeName, values]) => ({
            attributeName,
            attributeValueSet: values
              .map((attributeValue) => ({ attributeValue })),
          })),
      };
    },
  ),

  DescribeKeyPairs: action(
    {
      Filter: filters,
      IncludePublicKey: flag,
      KeyName: texts,
      KeyPairId: texts,
    },
    (params, { region }) => {
      const all = [...region.keyPairs.values()];
      const { KeyName: names, KeyPairId: ids } = params;
      const named = names.length + ids.length === 0 ? all : [
        ...names.map((name) => keyNamed(region, name)),
        ...ids.map((id) => keyOf(region, id)),
      ];
      const found = applyFilters(named, params.Filter, KEY_FIELDS);
      return {
        keySet: found.map((key) => ({
          keyPairId: key.id,
          keyName: key.name,
          keyFingerprint: key.fingerprint,
          keyType: key.type,
          tagSet: tagSet(key.tags),
          createTime: toTimestamp(key.createdAt),
          publicKey: params.IncludePublicKey
            ? `${key.line} ${key.name}\n`
            : undefined,
        })),
      };
    },
  ),

  CreateKeyPair: action(
    {
      KeyFormat: oneOf("pem", "ppk"),
      KeyName: need(text),
      KeyType: oneOf("rsa", "ed25519"),
      TagSpecification: tagSpecifications,
    },
    async (params, { region }) => {
      const { KeyName: name, KeyType: type = "rsa" } = params;
      checkKeyName(region, name);
      if (params.KeyFormat === "ppk") {
        refuse(
          "UnsupportedOperation",
          "This simulator hands out keys in the format pem only",
        );
      }
      const tags = tagsFor(params.TagSpecification, "key-pair");
      const made = await makeKey(type, region.account.keyBits);
      // Another call may have taken the name meanwhile.
      checkKeyName(region, name);
      const key = addKeyPair(region, name, made, tags);
      return {
        keyPairId: key.id,
        keyName: name,
        keyFingerprint: key.fingerprint,
        keyMaterial: made.material,
        tagSet: tags.size > 0 ? tagSet(tags) : undefined,
      };
    },
  ),

  ImportKeyPair: action(
    {
      KeyName: need(text),
      PublicKeyMaterial: need(text),
      TagSpecification: tagSpecifications,
    },
    async (params, { region }) => {
      const { KeyName: name } = params;
      checkKeyName(region, name);
      const tags = tagsFor(params.TagSpecification, "key-pair");
      let material = "";
      try {
        material = new TextDecoder("utf-8", { fatal: true })
          .decode(decodeBase64(params.PublicKeyMaterial));
      } catch {
        // Refused below, as a text that is no key is.
      }
      const read = await readPublicKey(material) ??
        refuse(
          "InvalidKey.Format",
          "Key is not in valid OpenSSH public key format",
        );
      checkKeyName(region, name);
      const key = addKeyPair(region, name, read, tags);
      return {
        keyPairId: key.id,
        keyName: name,
        keyFingerprint: key.fingerprint,
        tagSet: tags.size > 0 ? tagSet(tags) : undefined,
      };
    },
  ),

  DeleteKeyPair: action(
    { KeyName: text, KeyPairId: text },
    ({ KeyName: name, KeyPairId: id }, { region }) => {
      if (name === undefined && id === undefined) {
        refuse(
          "MissingParameter",
          "The request must contain the parameter KeyName or KeyPairId",
        );
      }
      // A name that no key has is no mistake, as it is no longer there.
      const key = id !== undefined
        ? keyOf(region, id)
        : region.keyPairs.get(name!);
      if (key) region.keyPairs.delete(key.name);
      return { ...DONE, keyPairId: key?.id };
    },
  ),

  CreateTags: tagging(({ given, all }) => {
    if (given.length === 0) {
      refuse("MissingParameter", "The request must contain the parameter tag");
    }
    // All or nothing.
    for (const tags of all) addTags(given, new Map(tags));
    for (const tags of all) addTags(given, tags);
  }),

  DeleteTags: tagging(({ given, all }) => {
    for (const tags of all) {
      if (given.length === 0) tags.clear();
      for (const { Key: key = "", Value: value } of given) {
        if (value === undefined || tags.get(key) === value) tags.delete(key);
      }
    }
  }),

  DescribeTags: action({ ...PAGED, Filter: filters }, (params, context) => {
    const all = [...context.region.allTagged()].flatMap(({ id, type, tags }) =>
      [...tags].map(([key, value]) => ({ id, type, key, value }))
    );
    const found = applyFilters<(typeof all)[number] & { tags?: never }>(
      all,
      params.Filter,
      {
        key: ({ key }) => key,
        "resource-id": ({ id }) => id,
        "resource-type": ({ type }) => type,
        value: ({ value }) => value,
      },
    );
    const indices = new Map(all.map((it, index) => [it, index]));
    const { items, nextToken } = page(found, params, context, {
      order: (it) => indices.get(it)!,
    });
    return {
      tagSet: items.map(({ id, type, key, value }) => ({
        resourceId: id,
        resourceType: type,
        key,
        value,
      })),
      nextToken,
    };
  }),
};

// Regions

function optInOf({ isOptIn }: RegionInfo): string {
  return isOptIn ? "not-opted-in" : "opt-in-not-required";
}

// Instance types

function typeXml(type: InstanceType): Xml {
  const { arch = "x86_64", vcpus, netMbps, ebsMbps, diskGb, gpu, name } = type;
  const threads = type.arch || vcpus === 1 ? 1 : 2;
  const isXen = /^(?:t2|m1|m4|i3)\./.test(name);
  const network = netMbps === undefined
    ? "Moderate"
    : netMbps < 5000
    ? "Up to 5 Gigabit"
    : `${netMbps / 1000} Gigabit`;
  return {
    instanceType: name,
    currentGeneration: !type.isPrevious,
    freeTierEligible: name === "t2.micro" || name === "t3.micro",
    supportedUsageClasses: ["on-demand", "spot"],
    supportedRootDeviceTypes: ["ebs"],
    supportedVirtualizationTypes: ["hvm"],
    bareMetal: name.endsWith(".metal"),
    hypervisor: name.endsWith(".metal") ? undefined : isXen ? "xen" : "nitro",
    processorInfo: {
      supportedArchitectures: [arch],
      manufacturer: type.arch ? "AWS" : "Intel",
    },
    vCpuInfo: {
      defaultVCpus: vcpus,
      defaultCores: vcpus / threads,
      defaultThreadsPerCore: threads,
    },
    memoryInfo: { sizeInMiB: type.ramMib },
    instanceStorageSupported: diskGb !== undefined,
    instanceStorageInfo: diskGb === undefined ? undefined : {
      totalSizeInGB: diskGb,
      disks: [{ sizeInGB: diskGb, count: 1, type: "ssd" }],
      nvmeSupport: "required",
      encryptionSupport: "required",
    },
    ebsInfo: {
      ebsOptimizedSupport: ebsMbps === undefined ? "unsupported" : "default",
      encryptionSupport: "supported",
      ebsOptimizedInfo: ebsMbps === undefined ? undefined : {
        baselineBandwidthInMbps: ebsMbps,
        baselineThroughputInMBps: ebsMbps / 8,
        maximumBandwidthInMbps: ebsMbps,
        maximumThroughputInMBps: ebsMbps / 8,
      },
      nvmeSupport: isXen ? "unsupported" : "required",
    },
    networkInfo: {
      networkPerformance: network,
      maximumNetworkInterfaces: 3,
      maximumNetworkCards: 1,
      defaultNetworkCardIndex: 0,
      networkCards: [{
        networkCardIndex: 0,
        networkPerformance: network,
        maximumNetworkInterfaces: 3,
        baselineBandwidthInGbps: netMbps && netMbps / 1000,
      }],
      ipv4AddressesPerInterface: 10,
      ipv6AddressesPerInterface: 10,
      ipv6Supported: true,
      enaSupport: isXen ? "unsupported" : "required",
      efaSupported: false,
    },
    gpuInfo: gpu && {
      gpus: [{
        name: gpu.name,
        manufacturer: "NVIDIA",
        count: 1,
        memoryInfo: { sizeInMiB: gpu.ramMib },
      }],
      totalGpuMemoryInMiB: gpu.ramMib,
    },
    placementGroupInfo: {
      supportedStrategies: ["partition", "spread"],
    },
    hibernationSupported: false,
    burstablePerformanceSupported: /^t\d/.test(name),
    dedicatedHostsSupported: !/^t/.test(name),
    autoRecoverySupported: true,
    supportedBootModes: ["legacy-bios", "uefi"],
  };
}

const TYPE_FIELDS: Fields<InstanceType> = {
  "bare-metal": ({ name }) => name.endsWith(".metal"),
  "burstable-performance-supported": ({ name }) => /^t\d/.test(name),
  "current-generation": ({ isPrevious }) => !isPrevious,
  "free-tier-eligible": ({ name }) =>
    name === "t2.micro" || name === "t3.micro",
  "instance-storage-supported": ({ diskGb }) => diskGb !== undefined,
  "instance-type": ({ name }) => name,
  "memory-info.size-in-mib": ({ ramMib }) => ramMib,
  "processor-info.supported-architecture": ({ arch }) => arch ?? "x86_64",
  "vcpu-info.default-vcpus": ({ vcpus }) => vcpus,
};

// Key pairs

/**
 * Adds a key pair.
 *
 * @param region Where.
 * @param name Its name.
 * @param key The key.
 * @param tags Its tags.
 * @returns The key pair.
 */
export function addKeyPair(
  region: Region,
  name: string,
  { type, line, fingerprint }: Pick<KeyPair, "type" | "line" | "fingerprint">,
  tags: KeyPair["tags"] = new Map(),
): KeyPair {
  const id = region.ids.next("key");
  const createdAt = region.now;
  const key = { id, name, type, line, fingerprint, createdAt, tags };
  region.keyPairs.set(name, key);
  return key;
}

function checkKeyName({ keyPairs }: Region, name: string): void {
  if (!/^[ -~]{1,255}$/.test(name) || name.trim() !== name) {
    refuseValue(
      `Value for parameter KeyName is invalid: it must have up to 255 ASCII characters, and no space at its ends`,
    );
  }
  if (keyPairs.has(name)) {
    refuse(
      "InvalidKeyPair.Duplicate",
      `The keypair '${name}' already exists.`,
    );
  }
}

function keyNamed({ keyPairs }: Region, name: string): KeyPair {
  return keyPairs.get(name) ??
    refuse(
      "InvalidKeyPair.NotFound",
      `The key pair '${name}' does not exist`,
    );
}

function keyOf({ keyPairs }: Region, id: string): KeyPair {
  return [...keyPairs.values()].find((key) => key.id === id) ??
    refuse("InvalidKeyPair.NotFound", `The key pair '${id}' does not exist`);
}

const KEY_FIELDS: Fields<KeyPair> = {
  fingerprint: ({ fingerprint }) => fingerprint,
  "key-name": ({ name }) => name,
  "key-pair-id": ({ id }) => id,
};

// Tags

function tagging(
  apply: (what: {
    readonly given: readonly {
      Key: string | undefined;
      Value: string | undefined;
    }[];
    readonly all: readonly KeyPair["tags"][];
  }) => void,
): Action {
  return action(
    {
      ResourceId: need(texts),
      Tag: list(group({ Key: text, Value: text })),
    },
    (params, { region }) => {
      const all = params.ResourceId.map((id) =>
        region.tagged(id)?.tags ?? refuseResource(region, id)
      );
      apply({
        given: params.Tag,
        all,
      });
      return DONE;
    },
  );
}

function refuseResource(region: Region, id: string): never {
  if (id.startsWith("i-")) region.pickInstance(id);
  const [prefix = ""] = id.split("-");
  const code = {
    ami: "InvalidAMIID.NotFound",
    eipalloc: "InvalidAllocationID.NotFound",
    key: "InvalidKeyPair.NotFound",
    sg: "InvalidGroup.NotFound",
    snap: "InvalidSnapshot.NotFound",
    subnet: "InvalidSubnetID.NotFound",
    vol: "InvalidVolume.NotFound",
    vpc: "InvalidVpcID.NotFound",
  }[prefix];
  return code === undefined
    ? refuse("InvalidID", `The ID '${id}' is not valid`)
    : refuse(code, `The ID '${id}' does not exist`);
}
