/**
 * What SoftLayer offers: data centers, operating systems, flavors, and the parts
 * of a virtual server.
 *
 * @module
 */

/** A data center. */
export interface Datacenter {
  readonly id: number;
  readonly name: string;
  readonly longName: string;
  readonly statusId: number;
  readonly regions: readonly { readonly keyname: string }[];
}

/** Some of the data centers. */
export const DATACENTERS: readonly Datacenter[] = [
  center(265592, "ams01", "Amsterdam 1"),
  center(138124, "dal05", "Dallas 5"),
  center(449494, "dal09", "Dallas 9"),
  center(1854895, "dal13", "Dallas 13"),
  center(142776, "hou02", "Houston 2"),
  center(18171, "sea01", "Seattle 1"),
  center(168642, "sjc01", "San Jose 1"),
  center(224092, "sng01", "Singapore 1"),
  center(449500, "tok02", "Tokyo 2"),
  center(37473, "wdc01", "Washington, DC 1"),
];

function center(id: number, name: string, longName: string): Datacenter {
  const regions = [{ keyname: longName.toUpperCase().replace(/\W+/g, "_") }];
  return { id, name, longName, statusId: 2, regions };
}

/** Operating systems by their code, with their descriptions. */
export const SYSTEMS: ReadonlyMap<string, string> = new Map([
  ["CENTOS_7_64", "CentOS 7.x - Minimal Install (64 bit)"],
  [
    "DEBIAN_11_64",
    "Debian GNU/Linux 11.x Bullseye/Stable - Minimal Install (64 bit)",
  ],
  [
    "DEBIAN_12_64",
    "Debian GNU/Linux 12.x Bookworm/Stable - Minimal Install (64 bit)",
  ],
  ["ROCKYLINUX_9_64", "Rocky Linux 9.x - Minimal Install (64 bit)"],
  [
    "UBUNTU_22_64",
    "Ubuntu Linux 22.04 LTS Jammy Jellyfish Minimal Install (64 bit)",
  ],
  [
    "UBUNTU_24_64",
    "Ubuntu Linux 24.04 LTS Noble Numbat Minimal Install (64 bit)",
  ],
  ["WIN_2022-STD_64", "Windows Server 2022 Standard Edition (64 bit)"],
]);

/** Codes that stand for the newest version of an operating system. */
export const LATEST: Readonly<Record<string, string>> = {
  CENTOS_LATEST: "CENTOS_7_64",
  DEBIAN_LATEST: "DEBIAN_12_64",
  UBUNTU_LATEST: "UBUNTU_24_64",
};

/** A flavor. */
export interface Flavor {
  readonly keyName: string;
  readonly cpus: number;
  readonly ramGb: number;
  readonly diskGb: number;
  readonly isLocal: boolean;
  readonly isTransient: boolean;
}

/** The flavors, by their names. */
export const FLAVORS: ReadonlyMap<string, Flavor> = new Map(
  [
    "B1_1X2X25",
    "B1_1X2X25_TRANSIENT",
    "B1_1X2X100",
    "B1_2X4X100",
    "BL1_1X2X100",
    "BL2_1X2X100",
    "C1_1X1X25",
    "M1_1X8X25",
  ].map((keyName) => {
    const [family = "", numbers = "", suffix] = keyName.split("_");
    const [cpus = 0, ramGb = 0, diskGb = 0] = numbers.split("X").map(Number);
    const isLocal = family.startsWith("BL");
    const isTransient = suffix !== undefined;
    return [keyName, { keyName, cpus, ramGb, diskGb, isLocal, isTransient }];
  }),
);

/** Numbers of processors on a shared host. */
export const CPUS: readonly number[] = [
  ...[1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 48, 56],
];

/** Memory in GB. */
export const RAM_GB: readonly number[] = [
  ...[1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 242],
];

/** First disks in GB. */
export const DISKS_GB: readonly number[] = [25, 100];

/** Speeds of the network in Mbit/s. */
export const SPEEDS: readonly number[] = [10, 100, 1000];

/** Result of getCreateObjectOptions. Fees are strings, as SoftLayer has them. */
export const CREATE_OPTIONS: object = {
  processors: CPUS.map((startCpus) =>
    option(`${startCpus} x 2.0 GHz Core`, { startCpus }, startCpus * 0.02)
  ),
  memory: RAM_GB.map((gb) =>
    option(`${gb} GB`, { maxMemory: gb * 1024 }, gb * 0.015)
  ),
  blockDevices: DISKS_GB.flatMap((capacity) =>
    [true, false].map((localDiskFlag) =>
      option(`${capacity} GB (${localDiskFlag ? "LOCAL" : "SAN"})`, {
        blockDevices: [{ device: "0", diskImage: { capacity } }],
        localDiskFlag,
      }, capacity > 25 ? 0.01 : 0)
    )
  ),
  networkComponents: SPEEDS.map((maxSpeed) =>
    option(`${maxSpeed} Mbps Public & Private Networks`, {
      networkComponents: [{ maxSpeed }],
    }, 0)
  ),
  operatingSystems: [...SYSTEMS].map(([code, description]) =>
    option(description, { operatingSystemReferenceCode: code }, 0)
  ),
  datacenters: DATACENTERS.map(({ name }) => ({
    template: { datacenter: { name } },
  })),
  flavors: [...FLAVORS.values()].map(({ keyName, isTransient }) => ({
    flavor: { keyName, name: keyName.replace("_", "-") },
    template: {
      supplementalCreateObjectOptions: { flavorKeyName: keyName },
      ...isTransient && { transientGuestFlag: true },
    },
  })),
};

function option(description: string, template: object, hourly: number): object {
  const itemPrice = {
    item: { description },
    hourlyRecurringFee: toFee(hourly),
    recurringFee: toFee(hourly * 500),
  };
  return { itemPrice, template };
}

function toFee(amount: number): string {
  return String(Number(amount.toFixed(4))).replace(/^0\./, ".");
}

/** A price of an upgrade. */
export interface UpgradePrice {
  readonly id: number;
  readonly locationGroupId: number | null;
  readonly categories: readonly { readonly categoryCode: string }[];
  readonly item: {
    readonly description: string;
    readonly capacity: string;
    readonly units: string;
  };
}

/** Prices of upgrades, also those of dedicated hosts and of single locations. */
export const UPGRADE_PRICES: readonly UpgradePrice[] = [
  ...CPUS.flatMap((cpus) => [
    upgrade(1000 + cpus, "guest_core", cpus, "PRIVATE_CORE"),
    upgrade(2000 + cpus, "guest_core", cpus, "CORE", 509),
    upgrade(3000 + cpus, "guest_core", cpus, "CORE"),
  ]),
  ...RAM_GB.flatMap((gb) => [
    upgrade(4000 + gb, "ram", gb, "GB", 509),
    upgrade(5000 + gb, "ram", gb, "GB"),
  ]),
];

function upgrade(
  id: number,
  categoryCode: string,
  capacity: number,
  units: string,
  locationGroupId: number | null = null,
): UpgradePrice {
  const item = {
    description: `${capacity} ${units}`,
    capacity: String(capacity),
    units,
  };
  return { id, locationGroupId, categories: [{ categoryCode }], item };
}
