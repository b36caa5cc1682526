/**
 * Initial contents of the simulated account.
 *
 * @module
 */

import type { Account, Action, Key, StoredVolume } from "./_account.ts";
import {
  type Image,
  IMAGES,
  type Region,
  REGIONS,
  type Size,
  SIZES,
} from "./_catalog.ts";
import { addDomain, addRecord } from "./_domains.ts";
import { addFirewall } from "./_firewalls.ts";
import { addDropletSnapshot } from "./_images.ts";
import { vpcOf } from "./_networks.ts";
import { addReservedIp } from "./_reserved_ips.ts";
import { addVolumeSnapshot } from "./_snapshots.ts";
import { toUuid } from "../kit/mod.ts";

const SEEDED_AT = "2024-03-05T09:12:30Z";

const SEEDED_KEY: Key = {
  id: 512189,
  name: "My SSH Public Key",
  fingerprint: "3b:16:bf:e4:8b:00:8b:b8:59:8c:a9:d3:f0:19:45:fa",
  public_key:
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDGp9Lttsr/+XxFcizLf32M+QpweRRj8n50La3v+nuD0ewoYASHWFoTrUEfVC1vIkRDWzygTTsCSZiTR8XsetScoEBnzPUIbayxbBCTUe6wHGQ2ShXraD6Q8GyHRkZHPTU8PBydWVAUIL+i2PrHG5P9H6KDV3v3Soj+a46AdHKvAw== user@example.com",
};

/**
 * Fills an empty account.
 *
 * @param account Account to fill.
 * @param nodes Number of running droplets, at least 1. Other resources are
 * added for the first one.
 */
export function seed(account: Account, nodes: number): void {
  account.keys.add({ ...SEEDED_KEY });
  account.tags.add("web");
  const images = IMAGES.map(({ id }) => account.images.get(id) as Image);
  const sizes = SIZES.filter((size) => size.available && size.disk > 20);
  const regions = REGIONS.filter((region) => region.available);
  const features = [
    ["private_networking"],
    ["backups", "private_networking", "ipv6"],
  ];
  for (let index = 0; index < nodes; index++) {
    const size = sizes[index % sizes.length] as Size;
    const region = regions[index % regions.length] as Region;
    const id = account.takeId();
    account.droplets.add({
      id,
      name: `node-${index + 1}.example.com`,
      size,
      disk: size.disk,
      image: images[index % images.length] as Image,
      region,
      status: "active",
      operation: undefined,
      busyUntil: 0,
      createdAt: SEEDED_AT,
      features: features[index % 2] as string[],
      tags: index === 0 ? ["web"] : [],
      vpc: vpcOf(region),
      addresses: account.takeAddresses(),
      publicAt: 0,
      snapshots: [],
    });
  }
  const [first] = account.droplets.values();
  if (!first) return;
  addDropletSnapshot(account, first, "first-snapshot");
  const volume: StoredVolume = {
    id: toUuid(account.takeId(), "506f78a4-e098-11e5-ad9f"),
    name: "data",
    region: first.region,
    createdAt: SEEDED_AT,
    description: "Block store for examples",
    filesystem: "ext4",
    tags: [],
    sizeGb: 10,
    droplet: first.id,
    operation: undefined,
    busyUntil: 0,
  };
  account.volumes.add(volume);
  addVolumeSnapshot(account, volume, "data-1", []);
  addReservedIp(account, first.region).droplet = first.id;
  const everywhere = { addresses: ["0.0.0.0/0", "::/0"] };
  addFirewall(account, "firewall", [first.id], {
    inbound: [{ protocol: "tcp", ports: "22", sources: everywhere }],
    outbound: [{ protocol: "tcp", ports: "0", destinations: everywhere }],
    tags: [],
  });
  const created: Action = {
    id: account.takeId(),
    type: "create",
    status: "completed",
    startedAt: SEEDED_AT,
    completedAt: SEEDED_AT,
    resourceId: first.id,
    resourceType: "droplet",
    region: first.region,
  };
  account.actions.set(created.id, created);
  account.dropletActions.set(first.id, [created]);
}

/**
 * Adds a domain with a few records.
 *
 * @param account The account.
 * @param name Name of the domain.
 */
export function seedDomain(account: Account, name: string): void {
  const domain = addDomain(account, name);
  const add = (
    owner: string,
    type: string,
    data: string,
    values: { readonly ttl?: number; readonly priority?: number } = {},
  ) => addRecord(account, domain, { type, name: owner, data, ...values });
  add("@", "MX", `mx1.${name}`, { priority: 10, ttl: 300 });
  add("@", "MX", `mx2.${name}`, { priority: 20, ttl: 300 });
  add("@", "TXT", "v=spf1 mx -all");
  add("www", "A", "192.0.2.1", { ttl: 300 });
  add("www", "A", "192.0.2.2", { ttl: 300 });
  add("www", "AAAA", "2001:db8::1", { ttl: 300 });
  add("*.dev", "CNAME", `www.${name}`, { ttl: 300 });
}
