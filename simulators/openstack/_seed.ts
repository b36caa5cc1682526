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

/** An image at the start, besides those of every cloud. */
export interface OpenStackSimulatorImage {
  /** The name. */
  readonly name: string;
  /**
   * Who sees it. All but public images belong to another project.
   *
   * @default {"public"}
   */
  readonly visibility?: "public" | "shared" | "community";
  /**
   * Status of Glance.
   *
   * @default {"active"}
   */
  readonly status?: string;
}

/** The flavors of a cloud for which no others were chosen. */
export const FLAVORS: readonly OpenStackSimulatorFlavor[] = [
  { id: "1", name: "m1.tiny", ram: 512, disk: 1, vcpus: 1 },
  { id: "2", name: "m1.small", ram: 2048, disk: 20, vcpus: 1 },
  { id: "3", name: "m1.medium", ram: 4096, disk: 40, vcpus: 2 },
  { id: "4", name: "m1.large", ram: 8192, disk: 80, vcpus: 4 },
];

/** Time when the images were created that are not the newest ones. */
const LONG_AGO = "2024-01-01T00:00:00Z";

/** The images at the start. The last ones are not what their names promise. */
const IMAGES: readonly (Partial<Image> & { readonly name: string })[] = [
  { name: "tiny-linux", size: 65_536 },
  old("debian-12", "debian", "12"),
  old("Ubuntu 24.04 LTS (Noble Numbat)", "ubuntu", "24.04"),
  old("Rocky-9-x86_64", "rocky", "9"),
  old("AlmaLinux 9", "almalinux", "9"),
  old("Alpine 3.20", "alpine", "3.20"),
  old("fedora-cloud-base", "fedora", "41"),
  // An application: newer, and of the same version.
  {
    name: "Debian 12 GitLab",
    properties: {
      architecture: "x86_64",
      os_distro: "debian",
      os_version: "12",
    },
  },
  {
    ...old("Debian 13", "debian", "13"),
    visibility: "shared",
  },
  {
    ...old("Debian 13", "debian", "13"),
    visibility: "community",
  },
  { ...old("Debian 14", "debian", "14"), status: "deactivated" },
  {
    name: "debian-13-arm64",
    created_at: LONG_AGO,
    properties: {
      architecture: "aarch64",
      os_distro: "debian",
      os_version: "13",
    },
  },
];

function old(name: string, os_distro: string, os_version: string) {
  return { name, created_at: LONG_AGO, properties: { os_distro, os_version } };
}

const PUBLIC_KEY =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGV4YW1wbGVrZXlleGFtcGxla2V5ZXhhbXBsZWtl seed@example.com";

/**
 * Adds flavors and images and, if there are nodes, one resource of each kind.
 *
 * @param account The account.
 * @param nodes Number of servers.
 * @param flavors The flavors.
 * @param images Further images.
 */
export function seed(
  account: Account,
  nodes: number,
  flavors: readonly OpenStackSimulatorFlavor[],
  images: readonly OpenStackSimulatorImage[],
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
  const further = images.map((it) => ({ created_at: LONG_AGO, ...it }));
  for (const [index, it] of [...IMAGES, ...further].entries()) {
    const image: Image = {
      id: toUuid(index + 1, "1e7f0000-0a3d-4c5e-8b21"),
      status: "active",
      visibility: "public",
      protected: false,
      tags: [],
      created_at,
      updated_at: created_at,
      owner: "admin",
      size: 2_147_483_648,
      min_disk: 0,
      min_ram: 0,
      disk_format: "qcow2",
      container_format: "bare",
      checksum: "fcd6bcb56c1689fcef28b57c22475bad",
      os_hidden: false,
      properties: { os_distro: "debian" },
      ...it,
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
