/**
 * Initial contents of the simulated account.
 *
 * @module
 */

import { addAddress } from "./addresses.ts";
import { addImage } from "./images.ts";
import { addKeyPair } from "./key_pairs.ts";
import type { Instance, Subnet } from "./records.ts";
import type { Region } from "./region.ts";
import { addInstance, disksOf, type Launch, typeOf } from "./run.ts";
import { addSnapshot } from "./snapshots.ts";
import { addVolume } from "./volumes.ts";
import { ipv4ToNumber } from "../../kit/mod.ts";

/** Creation time of the initial contents. */
export const SEEDED_AT = Date.parse("2024-03-05T09:12:30Z");

const SEEDED_IMAGE = "debian-12-amd64-20240305-1675";

const SEEDED_KEY = {
  type: "rsa",
  fingerprint: "05:18:5f:e7:d4:d8:68:e4:8c:58:9a:cd:d2:4b:9c:07",
  line:
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDGp9Lttsr/+XxFcizLf32M+QpweRRj8n50La3v+nuD0ewoYASHWFoTrUEfVC1vIkRDWzygTTsCSZiTR8XsetScoEBnzPUIbayxbBCTUe6wHGQ2ShXraD6Q8GyHRkZHPTU8PBydWVAUIL+i2PrHG5P9H6KDV3v3Soj+a46AdHKvAw==",
} as const;

/**
 * Fills an empty region.
 *
 * @param region Region to fill.
 * @param nodes Number of running instances, at least 1. Other resources are
 * added for the first one.
 */
export function seed(region: Region, nodes: number): void {
  const { now, name } = region;
  const image = [...region.images.values()]
    .find(({ name }) => name === SEEDED_IMAGE)!;
  const web = region.addGroup("web", "Web servers", region.defaultVpc);
  web.rules = [...web.rules, {
    id: region.ids.next("sgr"),
    isEgress: false,
    protocol: "tcp",
    from: 443,
    to: 443,
    peer: { kind: "cidr", value: "0.0.0.0/0" },
    description: "HTTPS from everywhere",
  }];
  const key = addKeyPair(region, "nephos", SEEDED_KEY);
  const subnets = seededSubnets(region, nodes);
  const launch: Omit<Launch, "reservation" | "subnet" | "groups" | "tags"> = {
    image,
    type: typeOf("t3.micro"),
    keyName: key.name,
    userData: undefined,
    isPublic: true,
    privateIp: undefined,
    ipv6: [],
    ipv6Count: 0,
    volumeTags: new Map(),
    disks: disksOf({ BlockDeviceMapping: [] }, image, region),
    clientToken: undefined,
    isMonitored: false,
    profile: undefined,
    isSpot: false,
    interfaceDescription: "",
    isPersistent: false,
    cpu: { coreCount: 1, threadsPerCore: 2 },
    recovery: "default",
    tenancy: "default",
    metadata: {
      httpTokens: "required",
      httpPutResponseHopLimit: 2,
      httpEndpoint: "enabled",
      httpProtocolIpv6: "disabled",
      instanceMetadataTags: "disabled",
    },
    mayHibernate: false,
    isProtected: false,
    isStopProtected: false,
    shutdownBehavior: "stop",
    isEbsOptimized: false,
  };
  let first: Instance | undefined;
  for (let number = 1; number <= nodes; number++) {
    const subnet = subnets(number - 1);
    const isFirst = number === 1;
    const groups = [...region.groups.values()]
      .filter((it) => isFirst ? it === web : it.vpc === subnet.vpc);
    const instance = addInstance(
      region,
      {
        ...launch,
        ipv6Count: isFirst ? 1 : 0,
        reservation: { id: region.ids.next("r") },
        subnet,
        groups: groups.slice(0, 1),
        tags: new Map([
          ["Name", `node-${number}`],
          ...(isFirst ? [["env", "prod"] as const] : []),
        ]),
      },
      0,
      now,
    );
    first ??= instance;
  }
  const instance = first!;
  const address = addAddress(region);
  address.instance = instance;
  address.associationId = region.ids.next("eipassoc");
  region.releasePublicIp(instance);
  const volume = addVolume(region, {
    zone: instance.subnet.zone,
    sizeGib: 100,
    type: "gp3",
    iops: undefined,
    throughput: undefined,
    snapshotId: undefined,
    isEncrypted: false,
    kmsKeyId: undefined,
    isMultiAttach: false,
    tags: new Map([["Name", "data-1"]]),
  });
  volume.state = "in-use";
  volume.attachment = {
    instance,
    device: "/dev/sdf",
    status: "attached",
    at: now,
    isDeletedOnTermination: false,
  };
  instance.volumes.set("/dev/sdf", volume);
  addSnapshot(region, volume, {
    description: `Backup of data-1 in ${name}`,
    tags: new Map([["Name", "backup-1"]]),
  });
  const root = instance.volumes.get(image.rootDevice)!;
  const id = region.ids.next("ami");
  const { order } = region.ids;
  addImage(region, {
    id,
    order,
    name: "node-1-image",
    description: "Image of node-1",
    arch: image.arch,
    isWindows: false,
    rootDevice: image.rootDevice,
    disks: [{
      device: image.rootDevice,
      snapshot: addSnapshot(region, root, {
        description: `Created by CreateImage(${instance.id}) for ${id}`,
        tags: new Map(),
      }),
      sizeGib: root.sizeGib,
      type: root.type,
      isDeletedOnTermination: true,
    }],
    source: { instance: instance.id },
    tags: new Map([["Name", "node-1-image"]]),
  });
}

/** Returns a function that gives each instance a subnet with a free address. */
function seededSubnets(
  region: Region,
  nodes: number,
): (index: number) => Subnet {
  const defaults = [...region.subnets.values()];
  // Leaves free addresses in the default subnets for later requests.
  const capacity = defaults.length * 3000;
  const additional: Subnet[] = [];
  for (let size = 65_000, left = nodes - capacity; left > 0; left -= size) {
    const number = additional.length + 1;
    const vpc = region.addVpc(`10.${number}.0.0/16`);
    additional.push(
      region.addSubnet(vpc, region.zones[number % region.zones.length]!, {
        base: ipv4ToNumber(`10.${number}.0.0`),
        bits: 16,
        isDefault: false,
      }),
    );
  }
  return (index) =>
    index < capacity
      ? defaults[index % defaults.length]!
      : additional[Math.floor((index - capacity) / 65_000)]!;
}
