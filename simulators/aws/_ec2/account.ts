/**
 * Regions, zones, instance types and account attributes of EC2.
 *
 * @module
 */

import { action, type Actions, page, PAGE_PARAMS } from "./action.ts";
import {
  type InstanceType,
  NOT_IN_FIRST_ZONE,
  type RegionInfo,
  REGIONS,
  TYPES,
  type Zone,
} from "./catalog.ts";
import {
  applyFilters,
  boolean,
  type Fields,
  filters,
  list,
  oneOf,
  refuse,
  refuseValue,
  required,
  string,
} from "./query.ts";
import type { Xml } from "./xml.ts";

const strings = list(required(string));

/** Values of the account attributes, by name. */
const ATTRIBUTES: Readonly<Record<string, readonly string[]>> = {
  "supported-platforms": ["VPC"],
  "max-instances": ["20"],
  "max-elastic-ips": ["5"],
  "vpc-max-elastic-ips": ["5"],
  "vpc-max-security-groups-per-interface": ["5"],
};

/** Operations on regions, zones, instance types and account attributes. */
export const ACCOUNT_ACTIONS: Actions = {
  DescribeRegions: action(
    { AllRegions: boolean, Filter: filters, RegionName: strings },
    (params, { region }) => {
      const all = REGIONS.filter(({ partition, isOptIn }) =>
        // Accounts of one partition cannot see the regions of another one.
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
      AllAvailabilityZones: boolean,
      Filter: filters,
      ZoneId: strings,
      ZoneName: strings,
    },
    (params, { region }) => {
      for (
        const [requested, key] of [
          [params.ZoneName, "name"],
          [params.ZoneId, "id"],
        ] as const
      ) {
        const unknown = requested
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
      ...PAGE_PARAMS,
      Filter: filters,
      IncludeUnsupportedInRegion: boolean,
      InstanceType: strings,
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
      ...PAGE_PARAMS,
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
    { AttributeName: strings },
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
};

function optInOf({ isOptIn }: RegionInfo): string {
  return isOptIn ? "not-opted-in" : "opt-in-not-required";
}

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
