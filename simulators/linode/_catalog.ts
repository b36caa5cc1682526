/**
 * A selection of Linode's regions, types, images and StackScripts, with prices
 * of 2025.
 *
 * @module
 */

/** A region. */
export interface Region {
  readonly id: string;
  readonly label: string;
  readonly country: string;
  readonly capabilities: readonly string[];
}

/** A price in USD. */
export interface Price {
  readonly hourly: number;
  readonly monthly: number;
}

/** A type of nodes: a size. */
export interface Type {
  readonly id: string;
  readonly label: string;
  readonly class: string;
  /** Disk in MB. */
  readonly disk: number;
  /** Memory in MB. */
  readonly memory: number;
  readonly vcpus: number;
  readonly gpus: number;
  /** Transfer in GB per month. */
  readonly transfer: number;
  /** Outgoing bandwidth in Mbit/s. */
  readonly networkOut: number;
  readonly price: Price;
  readonly backups: Price;
  readonly successor: string | null;
}

/** A public image. */
export interface PublicImage {
  readonly id: string;
  readonly label: string;
  readonly vendor: string;
  readonly created: string;
  readonly eol: string | null;
  readonly deprecated: boolean;
  /** Size in MB. */
  readonly size: number;
  readonly isCloudInit: boolean;
}

/** A StackScript. */
export interface StackScript {
  readonly id: number;
  readonly label: string;
  readonly description: string;
  readonly username: string;
  readonly mine: boolean;
  readonly isPublic: boolean;
  readonly images: readonly string[];
  readonly script: string;
  readonly fields: readonly {
    readonly name: string;
    readonly label: string;
    readonly example: string;
    readonly default?: string;
  }[];
}

const EVERYWHERE = ["Linodes", "Cloud Firewall", "Vlans", "VPCs", "Metadata"];
const VOLUMES = "Block Storage";

/** All regions, in the order of the API. */
export const REGIONS: readonly Region[] = [
  region("ap-south", "Singapore, SG", "sg"),
  region("br-gru", "Sao Paulo, BR", "br"),
  region("eu-central", "Frankfurt, DE", "de"),
  region("eu-west", "London, UK", "gb"),
  region("jp-osa", "Osaka, JP", "jp"),
  region("us-east", "Newark, NJ", "us"),
  region("us-iad", "Washington, DC", "us"),
  // An edge site, which has no Block Storage.
  { ...region("us-den-edge-1", "Denver, CO", "us"), capabilities: EVERYWHERE },
];

/** Factors for prices in regions that are more expensive. */
export const SURCHARGES: Readonly<Record<string, number>> = { "br-gru": 1.4 };

/** All types, in the order of the API. */
export const TYPES: readonly Type[] = [
  type("g6-nanode-1", "Nanode 1GB", [25600, 1024, 1, 1000, 1000], 5, 2),
  type("g6-standard-1", "Linode 2GB", [51200, 2048, 1, 2000, 2000], 12, 2.5),
  type("g6-standard-2", "Linode 4GB", [81920, 4096, 2, 4000, 4000], 24, 5),
  type("g6-standard-4", "Linode 8GB", [163840, 8192, 4, 5000, 5000], 48, 10),
  type("g6-dedicated-2", "Dedicated 4GB", [81920, 4096, 2, 4000, 4000], 36, 5),
  type(
    "g6-dedicated-4",
    "Dedicated 8GB",
    [163840, 8192, 4, 5000, 5000],
    72,
    10,
  ),
  type(
    "g7-highmem-1",
    "Linode 24GB",
    [20480, 24576, 2, 5000, 5000],
    60,
    5,
  ),
  {
    ...type(
      "g1-gpu-rtx6000-1",
      "Dedicated 32GB + RTX6000 GPU x1",
      [655360, 32768, 8, 16000, 10000],
      1000,
      40,
    ),
    gpus: 1,
  },
];

/** All public images, in the order of the API. */
export const IMAGES: readonly PublicImage[] = [
  image("linode/almalinux9", "AlmaLinux 9", "AlmaLinux", 1500, "2032-05-31"),
  image("linode/alpine3.20", "Alpine 3.20", "Alpine", 300, "2026-04-01"),
  image("linode/arch", "Arch Linux", "Arch", 2000, null),
  image("linode/debian11", "Debian 11", "Debian", 1500, "2026-08-31"),
  image("linode/debian12", "Debian 12", "Debian", 2000, "2028-06-30"),
  image("linode/fedora40", "Fedora 40", "Fedora", 2500, "2025-05-13"),
  {
    ...image("linode/slackware15", "Slackware 15", "Slackware", 6000, null),
    deprecated: true,
    isCloudInit: false,
  },
  image("linode/ubuntu22.04", "Ubuntu 22.04 LTS", "Ubuntu", 2500, "2027-04-01"),
  image("linode/ubuntu24.04", "Ubuntu 24.04 LTS", "Ubuntu", 2500, "2029-04-25"),
  {
    ...image(
      "linode/ubuntu24.10",
      "Ubuntu 24.10",
      "Ubuntu",
      2500,
      "2025-07-10",
    ),
    deprecated: true,
  },
  image("linode/rocky9", "Rocky Linux 9", "Rocky", 2500, "2032-05-31"),
  // Only for nodes of Kubernetes clusters.
  {
    ...image(
      "linode/debian12-kube-v1.29.2",
      "Debian 12 Kubernetes 1.29.2",
      "Debian",
      2500,
      "2028-06-30",
    ),
    isCloudInit: false,
  },
];

/** All StackScripts, in the order of the API. */
export const STACKSCRIPTS: readonly StackScript[] = [
  {
    id: 10079,
    label: "a-stackscript",
    description: "This StackScript installs and configures MySQL",
    username: "myuser",
    mine: true,
    isPublic: false,
    images: ["linode/debian12", "linode/debian11"],
    script: '#!/bin/bash\n# <UDF name="DB_PASSWORD" label="Password" />\n',
    fields: [{ name: "DB_PASSWORD", label: "Password", example: "hunter2" }],
  },
  {
    id: 401697,
    label: "motd",
    description: "Writes a greeting",
    username: "linode-stackscripts",
    mine: false,
    isPublic: true,
    images: ["any/all"],
    script: "#!/bin/bash\necho hello >/etc/motd\n",
    fields: [{
      name: "GREETING",
      label: "Greeting",
      example: "hello",
      default: "hello",
    }],
  },
];

function region(id: string, label: string, country: string): Region {
  return { id, label, country, capabilities: [...EVERYWHERE, VOLUMES] };
}

function type(
  id: string,
  label: string,
  [disk, memory, vcpus, transfer, networkOut]: readonly [
    number,
    number,
    number,
    number,
    number,
  ],
  monthly: number,
  backups: number,
): Type {
  return {
    id,
    label,
    class: id.split("-")[1] ?? "standard",
    disk,
    memory,
    vcpus,
    gpus: 0,
    transfer,
    networkOut,
    price: price(monthly),
    backups: price(backups),
    successor: null,
  };
}

/** Derives the hourly price from the monthly price, to 0.0001 USD. */
export function price(monthly: number): Price {
  return { hourly: Math.round(monthly / 666 * 1e4) / 1e4, monthly };
}

function image(
  id: string,
  label: string,
  vendor: string,
  size: number,
  eol: string | null,
): PublicImage {
  return {
    id,
    label,
    vendor,
    created: "2023-06-22T17:39:23",
    eol: eol && `${eol}T04:00:00`,
    deprecated: false,
    size,
    isCloudInit: true,
  };
}
