/**
 * EC2 instances in XML, and the fields that they can be filtered by.
 *
 * @module
 */

import { type Fields, tagSet } from "./query.ts";
import {
  ACCOUNT,
  type Instance,
  type SecurityGroup,
  type State,
  STATES,
  type Volume,
} from "./records.ts";
import type { Region } from "./region.ts";
import { toTimestamp, type Xml } from "./xml.ts";

/** Converts a state. */
export function stateXml(name: State): Xml {
  return { code: STATES[name], name };
}

/** Returns the result of the status checks of an instance in a state. */
export function statusOf(state: State): string {
  return state === "running" ? "ok" : "not-applicable";
}

/** Converts the status of an instance. */
export function statusXml({ id, state, subnet }: Instance): Xml {
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

/** Converts references to security groups. */
export function groupsXml(groups: readonly SecurityGroup[]): Xml {
  return groups.map(({ id, name }) => ({ groupId: id, groupName: name }));
}

/** Converts instances of one reservation. */
export function reservationXml(
  region: Region,
  instances: readonly Instance[],
): { readonly [name: string]: Xml } {
  return {
    reservationId: instances[0]!.reservation.id,
    ownerId: ACCOUNT,
    // Security groups of EC2-Classic, which is retired.
    groupSet: [],
    instancesSet: instances.map((it) => instanceXml(region, it)),
  };
}

/** Converts the block devices of an instance. */
export function disksXml({ volumes }: Instance): Xml {
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
  const hasEnded = it.state === "terminated";
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
    privateDnsName: hasEnded ? "" : privateDns,
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
    ...(hasEnded ? {} : {
      subnetId: subnet.id,
      vpcId: subnet.vpc.id,
      privateIpAddress: it.privateIp,
      ipAddress: publicIp,
      sourceDestCheck: it.sourceDestCheck,
    }),
    groupSet: hasEnded ? [] : groupSet,
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
    networkInterfaceSet: hasEnded ? [] : [{
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

/** Returns the fields that instances can be filtered by. */
export function instanceFields(region: Region): Fields<Instance> {
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
