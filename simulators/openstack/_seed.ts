/**
 * Contents of a new cloud.
 *
 * @module
 */

import type { Account } from "./_account.ts";
import type { Flavor, Image } from "./_records.ts";
import { newKeyPair } from "./_key_pairs.ts";
import { seedVolumes } from "./_volumes.ts";
import { seedServer } from "./_servers.ts";
import { toUuid } from "../kit/mod.ts";

/** A flavor at the start. */
export interface OpenStackSimulatorFlavor {
  /** The id. */
  readonly id: string;
  /** The name. */
  readonly name: string;
  /** Memory in MiB. */
  readonly ram: number;
  /** Disk in GiB. */
  readonly disk: number;
  /** Number of virtual processors. */
  readonly vcpus: number;
}

/** The flavors of a cloud for which no others were chosen. */
export const FLAVORS: readonly OpenStackSimulatorFlavor[] = [
  { id: "1", name: "m1.tiny", ram: 512, disk: 1, vcpus: 1 },
  { id: "2", name: "m1.small", ram: 2048, disk: 20, vcpus: 1 },
  { id: "3", name: "m1.medium", ram: 4096, disk: 40, vcpus: 2 },
  { id: "4", name: "m1.large", ram: 8192, disk: 80, vcpus: 4 },
];

/** Ids of the images at the start, by name. */
const IMAGES: readonly [string, string, number][] = [
  [toUuid(1, "1e7f0000-0a3d-4c5e-8b21"), "tiny-linux", 65_536],
  [toUuid(2, "1e7f0000-0a3d-4c5e-8b21"), "debian-12", 2_147_483_648],
];

const PUBLIC_KEY =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGV4YW1wbGVrZXlleGFtcGxla2V5ZXhhbXBsZWtl seed@example.com";

/**
 * Adds flavors and images and, if there are nodes, one resource of each kind.
 *
 * @param account The account.
 * @param nodes Number of servers.
 * @param flavors The flavors.
 */
export function seed(
  account: Account,
  nodes: number,
  flavors: readonly OpenStackSimulatorFlavor[],
): void {
  for (const { id, name, ram, disk, vcpus } of flavors) {
    const flavor: Flavor = {
      id,
      name,
      ram,
      disk,
      vcpus,
      ephemeral: 0,
      swap: 0,
      extraSpecs: {},
    };
    account.flavors.add(flavor);
  }
  const created_at = account.timestamp();
  for (const [id, name, size] of IMAGES) {
    const image: Image = {
      id,
      name,
      status: "active",
      visibility: "public",
      protected: false,
      tags: [],
      created_at,
      updated_at: created_at,
      owner: "admin",
      size,
      min_disk: 0,
      min_ram: 0,
      disk_format: "qcow2",
      container_format: "bare",
      checksum: "fcd6bcb56c1689fcef28b57c22475bad",
      os_hidden: false,
      properties: { os_distro: "debian" },
    };
    account.images.add(image);
  }
  if (nodes === 0) return;
  newKeyPair(account, "seed-key", PUBLIC_KEY);
  for (let number = 1; number <= nodes; number++) {
    const [flavor] = account.flavors.list;
    const [image] = account.images.list;
    seedServer(account, `node-${number}`, flavor!, image!);
  }
  const [server] = account.servers.all;
  seedVolumes(account, server!.id);
  account.images.add({
    ...account.images.list[0]!,
    id: account.takeId(),
    name: "golden",
    visibility: "private",
    owner: account.projectId,
    min_disk: 1,
    min_ram: 256,
    properties: { image_type: "snapshot", instance_uuid: server!.id },
  });
  account.serverGroups.add({
    id: account.takeId(),
    name: "spread",
    policy: "anti-affinity",
    rules: {},
    members: [],
  });
}
