/**
 * A selection of DigitalOcean's regions, sizes and images, with prices of 2025.
 * Like in the API, some prices have rounding errors of single precision.
 *
 * @module
 */

/** A region, in the format of the API. */
export interface Region {
  readonly name: string;
  readonly slug: string;
  readonly features: readonly string[];
  readonly available: boolean;
  readonly sizes: readonly string[];
}

/** A size, in the format of the API. */
export interface Size {
  readonly slug: string;
  readonly memory: number;
  readonly vcpus: number;
  readonly disk: number;
  readonly transfer: number;
  readonly price_monthly: number;
  readonly price_hourly: number;
  readonly regions: readonly string[];
  readonly available: boolean;
  readonly description: string;
}

/** An image, in the format of the API. */
export interface Image {
  readonly id: number;
  name: string;
  readonly distribution: string;
  readonly slug: string | null;
  readonly public: boolean;
  readonly regions: string[];
  readonly created_at: string;
  readonly type: string;
  readonly min_disk_size: number;
  readonly size_gigabytes: number;
  readonly description: string;
  readonly tags: readonly string[];
  readonly status: string;
  readonly error_message: string;
}

const REGION_NAMES: readonly (readonly [string, string])[] = [
  ["nyc1", "New York 1"],
  ["sfo1", "San Francisco 1"],
  ["nyc2", "New York 2"],
  ["ams2", "Amsterdam 2"],
  ["sgp1", "Singapore 1"],
  ["lon1", "London 1"],
  ["nyc3", "New York 3"],
  ["ams3", "Amsterdam 3"],
  ["fra1", "Frankfurt 1"],
  ["tor1", "Toronto 1"],
  ["sfo2", "San Francisco 2"],
  ["blr1", "Bangalore 1"],
  ["sfo3", "San Francisco 3"],
  ["syd1", "Sydney 1"],
];

/** Regions in which no new nodes can be created. */
const CLOSED = ["sfo1", "ams2"];

const OPEN_REGIONS = REGION_NAMES.map(([slug]) => slug)
  .filter((slug) => !CLOSED.includes(slug));

/** Sizes, the cheapest first. The last one is no longer available. */
export const SIZES: readonly Size[] = [
  size("s-1vcpu-512mb-10gb", 512, 1, 10, 0.5, 4, 0.00595),
  size("s-1vcpu-1gb", 1024, 1, 25, 1, 6, 0.00892999963834882),
  size("s-1vcpu-2gb", 2048, 1, 50, 2, 12, 0.01786),
  size("s-2vcpu-2gb", 2048, 2, 60, 3, 18, 0.02679),
  size("s-2vcpu-4gb", 4096, 2, 80, 4, 24, 0.0357100009918213),
  size("c-2", 4096, 2, 25, 4, 42, 0.0625, "CPU-Optimized"),
  size("s-4vcpu-8gb", 8192, 4, 160, 5, 48, 0.07143),
  size("g-2vcpu-8gb", 8192, 2, 25, 4, 63, 0.09375, "General Purpose"),
  size("m-2vcpu-16gb", 16384, 2, 50, 4, 84, 0.125, "Memory-Optimized"),
  { ...size("512mb", 512, 1, 20, 1, 5, 0.00743999984115362), available: false },
];

/** All regions. */
export const REGIONS: readonly Region[] = REGION_NAMES.map(([slug, name]) => ({
  name,
  slug,
  features: ["backups", "ipv6", "metadata", "install_agent", "storage"],
  available: !CLOSED.includes(slug),
  sizes: CLOSED.includes(slug)
    ? []
    : SIZES.filter((size) => size.available).map((size) => size.slug),
}));

/**
 * Public images. The last two are decoys: a distribution that is retired, and one
 * with drivers for GPUs.
 */
export const IMAGES: readonly Image[] = [
  image(155133621, "Debian", "12 x64", "debian-12-x64"),
  image(63663980, "Ubuntu", "20.04 (LTS) x64", "ubuntu-20-04-x64"),
  image(112929454, "Ubuntu", "22.04 (LTS) x64", "ubuntu-22-04-x64"),
  image(129210004, "Fedora", "38 x64", "fedora-38-x64"),
  image(112929453, "Rocky Linux", "9 x64", "rockylinux-9-x64"),
  image(140000001, "Ubuntu", "Docker on Ubuntu 22.04", "docker-20-04"),
  image(140000002, "Ubuntu", "WordPress on Ubuntu 22.04", "wordpress-20-04"),
  image(155133622, "Ubuntu", "24.04 (LTS) x64", "ubuntu-24-04-x64"),
  image(155133623, "CentOS", "Stream 9 x64", "centos-stream-9-x64"),
  {
    ...image(155133624, "Ubuntu", "24.10 x64", "ubuntu-24-10-x64"),
    status: "retired",
  },
  image(
    155133625,
    "Ubuntu",
    "AI/ML Ready (NVIDIA) Ubuntu 24.04",
    "gpu-h100x1-base",
  ),
];

/** Slugs of the images that include an application. */
export const APPLICATIONS: readonly string[] = [
  "docker-20-04",
  "wordpress-20-04",
];

function size(
  slug: string,
  memory: number,
  vcpus: number,
  disk: number,
  transfer: number,
  price_monthly: number,
  price_hourly: number,
  description = "Basic",
): Size {
  return {
    slug,
    memory,
    vcpus,
    disk,
    transfer,
    price_monthly,
    price_hourly,
    regions: OPEN_REGIONS,
    available: true,
    description,
  };
}

function image(
  id: number,
  distribution: string,
  name: string,
  slug: string,
): Image {
  return {
    id,
    name,
    distribution,
    slug,
    public: true,
    regions: [...OPEN_REGIONS],
    created_at: "2023-06-20T15:44:02Z",
    type: name.includes(" on ") ? "snapshot" : "base",
    min_disk_size: 7,
    size_gigabytes: 0.54,
    description: `${distribution} ${name}`,
    tags: [],
    status: "available",
    error_message: "",
  };
}
