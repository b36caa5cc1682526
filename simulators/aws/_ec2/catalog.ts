/**
 * EC2's regions and zones, and a selection of its instance types and public
 * images.
 *
 * @module
 */

/** A region. */
export interface RegionInfo {
  /** Name in requests, such as `"us-east-1"`. */
  readonly name: string;
  /** Display name. */
  readonly title: string;
  /** Host of the endpoint. */
  readonly host: string;
  /** Partition, such as `"aws"` or `"aws-cn"`. */
  readonly partition: string;
  /** Whether an account must enable the region before use. */
  readonly isOptIn?: boolean;
  /**
   * Number of zones.
   *
   * @default {3}
   */
  readonly zones?: number;
}

/** All regions. */
export const REGIONS: readonly RegionInfo[] = [
  {
    name: "af-south-1",
    title: "Africa (Cape Town)",
    host: "ec2.af-south-1.amazonaws.com",
    partition: "aws",
    isOptIn: true,
  },
  {
    name: "ap-east-1",
    title: "Asia Pacific (Hong Kong)",
    host: "ec2.ap-east-1.amazonaws.com",
    partition: "aws",
    isOptIn: true,
  },
  {
    name: "ap-east-2",
    title: "Asia Pacific (Taipei)",
    host: "ec2.ap-east-2.amazonaws.com",
    partition: "aws",
    isOptIn: true,
  },
  {
    name: "ap-northeast-1",
    title: "Asia Pacific (Tokyo)",
    host: "ec2.ap-northeast-1.amazonaws.com",
    partition: "aws",
  },
  {
    name: "ap-northeast-2",
    title: "Asia Pacific (Seoul)",
    host: "ec2.ap-northeast-2.amazonaws.com",
    partition: "aws",
  },
  {
    name: "ap-northeast-3",
    title: "Asia Pacific (Osaka)",
    host: "ec2.ap-northeast-3.amazonaws.com",
    partition: "aws",
  },
  {
    name: "ap-south-1",
    title: "Asia Pacific (Mumbai)",
    host: "ec2.ap-south-1.amazonaws.com",
    partition: "aws",
  },
  {
    name: "ap-south-2",
    title: "Asia Pacific (Hyderabad)",
    host: "ec2.ap-south-2.amazonaws.com",
    partition: "aws",
    isOptIn: true,
  },
  {
    name: "ap-southeast-1",
    title: "Asia Pacific (Singapore)",
    host: "ec2.ap-southeast-1.amazonaws.com",
    partition: "aws",
  },
  {
    name: "ap-southeast-2",
    title: "Asia Pacific (Sydney)",
    host: "ec2.ap-southeast-2.amazonaws.com",
    partition: "aws",
  },
  {
    name: "ap-southeast-3",
    title: "Asia Pacific (Jakarta)",
    host: "ec2.ap-southeast-3.amazonaws.com",
    partition: "aws",
    isOptIn: true,
  },
  {
    name: "ap-southeast-4",
    title: "Asia Pacific (Melbourne)",
    host: "ec2.ap-southeast-4.amazonaws.com",
    partition: "aws",
    isOptIn: true,
  },
  {
    name: "ap-southeast-5",
    title: "Asia Pacific (Malaysia)",
    host: "ec2.ap-southeast-5.amazonaws.com",
    partition: "aws",
    isOptIn: true,
  },
  {
    name: "ap-southeast-6",
    title: "Asia Pacific (New Zealand)",
    host: "ec2.ap-southeast-6.amazonaws.com",
    partition: "aws",
    isOptIn: true,
  },
  {
    name: "ap-southeast-7",
    title: "Asia Pacific (Thailand)",
    host: "ec2.ap-southeast-7.amazonaws.com",
    partition: "aws",
    isOptIn: true,
  },
  {
    name: "ca-central-1",
    title: "Canada (Central)",
    host: "ec2.ca-central-1.amazonaws.com",
    partition: "aws",
  },
  {
    name: "ca-west-1",
    title: "Canada West (Calgary)",
    host: "ec2.ca-west-1.amazonaws.com",
    partition: "aws",
    isOptIn: true,
  },
  {
    name: "eu-central-1",
    title: "Europe (Frankfurt)",
    host: "ec2.eu-central-1.amazonaws.com",
    partition: "aws",
  },
  {
    name: "eu-central-2",
    title: "Europe (Zurich)",
    host: "ec2.eu-central-2.amazonaws.com",
    partition: "aws",
    isOptIn: true,
  },
  {
    name: "eu-north-1",
    title: "Europe (Stockholm)",
    host: "ec2.eu-north-1.amazonaws.com",
    partition: "aws",
  },
  {
    name: "eu-south-1",
    title: "Europe (Milan)",
    host: "ec2.eu-south-1.amazonaws.com",
    partition: "aws",
    isOptIn: true,
  },
  {
    name: "eu-south-2",
    title: "Europe (Spain)",
    host: "ec2.eu-south-2.amazonaws.com",
    partition: "aws",
    isOptIn: true,
  },
  {
    name: "eu-west-1",
    title: "Europe (Ireland)",
    host: "ec2.eu-west-1.amazonaws.com",
    partition: "aws",
  },
  {
    name: "eu-west-2",
    title: "Europe (London)",
    host: "ec2.eu-west-2.amazonaws.com",
    partition: "aws",
  },
  {
    name: "eu-west-3",
    title: "Europe (Paris)",
    host: "ec2.eu-west-3.amazonaws.com",
    partition: "aws",
  },
  {
    name: "il-central-1",
    title: "Israel (Tel Aviv)",
    host: "ec2.il-central-1.amazonaws.com",
    partition: "aws",
    isOptIn: true,
  },
  {
    name: "me-central-1",
    title: "Middle East (UAE)",
    host: "ec2.me-central-1.amazonaws.com",
    partition: "aws",
    isOptIn: true,
  },
  {
    name: "me-south-1",
    title: "Middle East (Bahrain)",
    host: "ec2.me-south-1.amazonaws.com",
    partition: "aws",
    isOptIn: true,
  },
  {
    name: "mx-central-1",
    title: "Mexico (Central)",
    host: "ec2.mx-central-1.amazonaws.com",
    partition: "aws",
    isOptIn: true,
  },
  {
    name: "sa-east-1",
    title: "South America (Sao Paulo)",
    host: "ec2.sa-east-1.amazonaws.com",
    partition: "aws",
  },
  {
    name: "us-east-1",
    title: "US East (N. Virginia)",
    host: "ec2.us-east-1.amazonaws.com",
    partition: "aws",
    zones: 6,
  },
  {
    name: "us-east-2",
    title: "US East (Ohio)",
    host: "ec2.us-east-2.amazonaws.com",
    partition: "aws",
  },
  {
    name: "us-west-1",
    title: "US West (N. California)",
    host: "ec2.us-west-1.amazonaws.com",
    partition: "aws",
    zones: 2,
  },
  {
    name: "us-west-2",
    title: "US West (Oregon)",
    host: "ec2.us-west-2.amazonaws.com",
    partition: "aws",
    zones: 4,
  },
  {
    name: "cn-north-1",
    title: "China (Beijing)",
    host: "ec2.cn-north-1.amazonaws.com.cn",
    partition: "aws-cn",
  },
  {
    name: "cn-northwest-1",
    title: "China (Ningxia)",
    host: "ec2.cn-northwest-1.amazonaws.com.cn",
    partition: "aws-cn",
  },
  {
    name: "us-gov-east-1",
    title: "AWS GovCloud (US-East)",
    host: "ec2.us-gov-east-1.amazonaws.com",
    partition: "aws-us-gov",
  },
  {
    name: "us-gov-west-1",
    title: "AWS GovCloud (US-West)",
    host: "ec2.us-gov-west-1.amazonaws.com",
    partition: "aws-us-gov",
  },
  {
    name: "eusc-de-east-1",
    title: "AWS European Sovereign Cloud (Germany)",
    host: "ec2.eusc-de-east-1.amazonaws.eu",
    partition: "aws-eusc",
  },
];

/** A zone of a region. */
export interface Zone {
  /** Name, such as `"us-east-1a"`; it differs between accounts. */
  readonly name: string;
  /** Id, such as `"use1-az1"`; it is the same for all accounts. */
  readonly id: string;
}

/**
 * Returns the zones of a region.
 *
 * @param region Region of the zones.
 * @returns The zones.
 */
export function zonesOf({ name, zones = 3 }: RegionInfo): Zone[] {
  // In ids, "ap-southeast-2" is "apse2", and "us-gov-east-1" is "usge1".
  const short = name
    .replaceAll(/(?:north|south|east|west|central|gov)/g, (word) => word[0]!)
    .replaceAll("-", "");
  return Array.from({ length: zones }, (_, index) => ({
    name: name + String.fromCharCode(97 + index),
    id: `${short}-az${index + 1}`,
  }));
}

/** An instance type. */
export interface InstanceType {
  /** Name of the type. */
  readonly name: string;
  /** Number of virtual CPUs. */
  readonly vcpus: number;
  /** Memory in MiB. */
  readonly ramMib: number;
  /**
   * Processor architecture.
   *
   * @default {"x86_64"}
   */
  readonly arch?: "arm64";
  /** Network bandwidth in Mbit/s. */
  readonly netMbps?: number;
  /** Bandwidth to EBS volumes in Mbit/s. */
  readonly ebsMbps?: number;
  /** Size of local disks in GB. */
  readonly diskGb?: number;
  /** Whether it is a previous-generation type. */
  readonly isPrevious?: boolean;
  /** GPU. */
  readonly gpu?: { readonly name: string; readonly ramMib: number };
}

/** A selection of instance types. Not all of them exist in every zone. */
export const TYPES: readonly InstanceType[] = [
  { name: "t2.micro", vcpus: 1, ramMib: 1024 },
  { name: "t2.medium", vcpus: 2, ramMib: 4096 },
  { name: "t3.nano", vcpus: 2, ramMib: 512, netMbps: 32, ebsMbps: 2085 },
  { name: "t3.micro", vcpus: 2, ramMib: 1024, netMbps: 64, ebsMbps: 2085 },
  { name: "t3.small", vcpus: 2, ramMib: 2048, netMbps: 128, ebsMbps: 2085 },
  { name: "t3.medium", vcpus: 2, ramMib: 4096, netMbps: 256, ebsMbps: 2085 },
  { name: "t3.large", vcpus: 2, ramMib: 8192, netMbps: 512, ebsMbps: 2780 },
  { name: "t3.xlarge", vcpus: 4, ramMib: 16384, netMbps: 1024, ebsMbps: 2780 },
  { name: "t3a.micro", vcpus: 2, ramMib: 1024, netMbps: 64, ebsMbps: 2085 },
  {
    name: "t4g.nano",
    vcpus: 2,
    ramMib: 512,
    arch: "arm64",
    netMbps: 32,
    ebsMbps: 2085,
  },
  {
    name: "t4g.micro",
    vcpus: 2,
    ramMib: 1024,
    arch: "arm64",
    netMbps: 64,
    ebsMbps: 2085,
  },
  {
    name: "t4g.small",
    vcpus: 2,
    ramMib: 2048,
    arch: "arm64",
    netMbps: 128,
    ebsMbps: 2085,
  },
  {
    name: "t4g.medium",
    vcpus: 2,
    ramMib: 4096,
    arch: "arm64",
    netMbps: 256,
    ebsMbps: 2085,
  },
  { name: "m1.small", vcpus: 1, ramMib: 1740, isPrevious: true },
  { name: "m4.large", vcpus: 2, ramMib: 8192, ebsMbps: 450 },
  { name: "m5.large", vcpus: 2, ramMib: 8192, netMbps: 750, ebsMbps: 4750 },
  { name: "m5.xlarge", vcpus: 4, ramMib: 16384, netMbps: 1250, ebsMbps: 4750 },
  { name: "m5.2xlarge", vcpus: 8, ramMib: 32768, netMbps: 2500, ebsMbps: 4750 },
  {
    name: "m5d.large",
    vcpus: 2,
    ramMib: 8192,
    netMbps: 750,
    ebsMbps: 4750,
    diskGb: 75,
  },
  { name: "m6i.large", vcpus: 2, ramMib: 8192, netMbps: 781, ebsMbps: 10000 },
  {
    name: "m6g.large",
    vcpus: 2,
    ramMib: 8192,
    arch: "arm64",
    netMbps: 750,
    ebsMbps: 4750,
  },
  {
    name: "m7g.medium",
    vcpus: 1,
    ramMib: 4096,
    arch: "arm64",
    netMbps: 520,
    ebsMbps: 10000,
  },
  { name: "m7i.large", vcpus: 2, ramMib: 8192, netMbps: 781, ebsMbps: 10000 },
  { name: "c5.large", vcpus: 2, ramMib: 4096, netMbps: 750, ebsMbps: 4750 },
  { name: "c5.xlarge", vcpus: 4, ramMib: 8192, netMbps: 1250, ebsMbps: 4750 },
  {
    name: "c6g.large",
    vcpus: 2,
    ramMib: 4096,
    arch: "arm64",
    netMbps: 750,
    ebsMbps: 4750,
  },
  {
    name: "c7g.large",
    vcpus: 2,
    ramMib: 4096,
    arch: "arm64",
    netMbps: 937,
    ebsMbps: 10000,
  },
  { name: "c7i.large", vcpus: 2, ramMib: 4096, netMbps: 781, ebsMbps: 10000 },
  { name: "r5.large", vcpus: 2, ramMib: 16384, netMbps: 750, ebsMbps: 4750 },
  {
    name: "r6g.large",
    vcpus: 2,
    ramMib: 16384,
    arch: "arm64",
    netMbps: 750,
    ebsMbps: 4750,
  },
  { name: "r7i.large", vcpus: 2, ramMib: 16384, netMbps: 781, ebsMbps: 10000 },
  {
    name: "i3.large",
    vcpus: 2,
    ramMib: 15616,
    netMbps: 750,
    ebsMbps: 425,
    diskGb: 475,
  },
  {
    name: "i4i.large",
    vcpus: 2,
    ramMib: 16384,
    netMbps: 781,
    ebsMbps: 10000,
    diskGb: 468,
  },
  {
    name: "g4dn.xlarge",
    vcpus: 4,
    ramMib: 16384,
    netMbps: 5000,
    ebsMbps: 3500,
    diskGb: 125,
    gpu: { name: "T4", ramMib: 16384 },
  },
  {
    name: "m5.metal",
    vcpus: 96,
    ramMib: 393216,
    netMbps: 25000,
    ebsMbps: 19000,
  },
];

/** Instance types that are not available in the first zone of a region. */
export const NOT_IN_FIRST_ZONE: ReadonlySet<string> = new Set([
  "g4dn.xlarge",
  "m5.metal",
]);

/** A public image, which exists in all regions. */
export interface PublicImage {
  /** Name of the image. */
  readonly name: string;
  /** Description. */
  readonly description: string;
  /** Id of the account that owns it. */
  readonly owner: string;
  /** Alias of that account, if it has one. */
  readonly alias?: string;
  /** Processor architecture. */
  readonly arch: "x86_64" | "arm64";
  /** Creation time. */
  readonly createdAt: string;
  /** Time of deprecation. From then on, lists leave the image out. */
  readonly deprecatedAt?: string;
  /** Size of the root disk in GiB. */
  readonly sizeGib: number;
  /** Device name of the root disk. */
  readonly device: string;
  /** Whether it is Windows. */
  readonly isWindows?: boolean;
}

const BUILDS = ["2024-02-07", "2024-03-05"];

/** Images of distributions: two builds for each architecture. */
const DISTRIBUTIONS: readonly PublicImage[] = BUILDS.flatMap((day) => {
  const stamp = day.replaceAll("-", "");
  const createdAt = `${day}T09:12:30.000Z`;
  const both = (["x86_64", "arm64"] as const).flatMap((arch) => {
    const short = arch === "arm64" ? "arm64" : "amd64";
    return [
      {
        name: `al2023-ami-2023.3.${stamp}.0-kernel-6.1-${arch}`,
        description:
          `Amazon Linux 2023 AMI 2023.3.${stamp}.0 ${arch} HVM kernel-6.1`,
        owner: "137112412989",
        alias: "amazon",
        sizeGib: 8,
        device: "/dev/xvda",
        arch,
        createdAt,
      },
      {
        name: `debian-12-${short}-${stamp}-1675`,
        description: `Debian 12 (${stamp}-1675)`,
        owner: "136693071363",
        sizeGib: 8,
        device: "/dev/xvda",
        arch,
        createdAt,
      },
      ...["jammy-22.04", "noble-24.04"].map((release) => ({
        name:
          `ubuntu/images/hvm-ssd-gp3/ubuntu-${release}-${short}-server-${stamp}`,
        description: `Canonical, Ubuntu, ${release.slice(-5)}, ${short} image`,
        owner: "099720109477",
        sizeGib: 8,
        device: "/dev/sda1",
        arch,
        createdAt,
      })),
    ];
  });
  return [
    ...both,
    {
      name: `Windows_Server-2022-English-Full-Base-${day.replaceAll("-", ".")}`,
      description:
        "Microsoft Windows Server 2022 Full Locale English AMI provided by Amazon",
      owner: "801119661308",
      alias: "amazon",
      sizeGib: 30,
      device: "/dev/sda1",
      arch: "x86_64",
      createdAt,
      isWindows: true,
    },
  ];
});

/** Further images of distributions, with one build. */
const SINGLE_BUILDS: readonly PublicImage[] = [
  single("125523088429", "Fedora-Cloud-Base-39-1.5.x86_64-hvm-us-east-1-gp3-0"),
  single("125523088429", "Fedora-Cloud-Base-AmazonEC2.x86_64-40-1.14"),
  single("125523088429", "Fedora-Cloud-Base-AmazonEC2.aarch64-40-1.14"),
  single("125523088429", "CentOS Stream 9 x86_64 20240304"),
  single("792107900819", "Rocky-8-EC2-Base-8.9-20231119.0.x86_64"),
  single("792107900819", "Rocky-9-EC2-Base-9.3-20231113.0.x86_64"),
  single("792107900819", "Rocky-9-EC2-Base-9.3-20231113.0.aarch64"),
  single("764336703387", "AlmaLinux OS 9.3.20231113 x86_64"),
  single("764336703387", "AlmaLinux OS 8.9.20231123 x86_64"),
  single("538276064493", "alpine-3.19.1-x86_64-bios-cloudinit-r0"),
  single("538276064493", "alpine-3.19.1-x86_64-uefi-cloudinit-r0"),
  single("538276064493", "alpine-3.18.6-aarch64-uefi-cloudinit-r0"),
];

/** Account of a stranger, who publishes images under any name. */
const STRANGER = "314159265358";

/**
 * Images that are newer than those of the distributions, but not the ones that
 * their names promise: of a stranger, deprecated, for another architecture, or
 * with other contents.
 */
const DECOYS: readonly PublicImage[] = [
  single(STRANGER, "debian-12-amd64-20240401-1700"),
  single(STRANGER, "debian-13-amd64-20240401-1700"),
  single(
    STRANGER,
    "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20240401",
  ),
  single(STRANGER, "Fedora-Cloud-Base-AmazonEC2.x86_64-41-1.1"),
  single(STRANGER, "Rocky-9-EC2-Base-9.4-20240401.0.x86_64"),
  single(STRANGER, "AlmaLinux OS 9.4.20240401 x86_64"),
  single(STRANGER, "alpine-3.20.0-x86_64-bios-cloudinit-r0"),
  single(STRANGER, "CentOS Stream 10 x86_64 20240401"),
  single(STRANGER, "al2023-ami-2023.4.20240401.0-kernel-6.1-x86_64"),
  single("136693071363", "debian-12-backports-amd64-20240401-1700"),
  single("136693071363", "debian-13-arm64-20240401-1700"),
  {
    ...single("136693071363", "debian-12-amd64-20240331-1699"),
    deprecatedAt: "2024-04-01T00:00:00.000Z",
  },
  single(
    "099720109477",
    "ubuntu-minimal/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-minimal-20240401",
  ),
  single(
    "099720109477",
    "ubuntu/images-testing/hvm-ssd-gp3/ubuntu-oracular-daily-amd64-server-20240401",
  ),
  single("125523088429", "Fedora-Cloud-Base-AmazonEC2.x86_64-41-20240401.n.0"),
  single("792107900819", "Rocky-9-EC2-LVM-9.4-20240401.0.x86_64"),
  single("764336703387", "AlmaLinux OS 9.4.20240401 aarch64"),
  single("538276064493", "alpine-3.19.2-x86_64-bios-tiny-r0"),
];

/** A selection of public images. */
export const PUBLIC_IMAGES: readonly PublicImage[] = [
  ...DISTRIBUTIONS,
  ...SINGLE_BUILDS,
  ...DECOYS,
];

function single(owner: string, name: string): PublicImage {
  return {
    name,
    description: name,
    owner,
    arch: /arm64|aarch64/.test(name) ? "arm64" : "x86_64",
    createdAt: "2024-04-01T09:12:30.000Z",
    sizeGib: 8,
    device: "/dev/sda1",
  };
}
