/**
 * Hetzner's locations, and a selection of its server types and images, with
 * prices of 2025. All are in the format of the API.
 *
 * @module
 */

/** A location. */
export type Location = (typeof LOCATIONS)[number];

/** A type of servers: a size. */
export type ServerType = (typeof SERVER_TYPES)[number];

/** An image. */
export type Image = ReturnType<typeof newImage>;

/** Creation time of public images and of the initial contents. */
export const SEEDED_AT = "2025-01-01T00:00:00Z";

/** All locations. */
export const LOCATIONS = [
  location(1, "fsn1", "DE", "Falkenstein", [50.47612, 12.370071]),
  location(2, "nbg1", "DE", "Nuremberg", [49.452102, 11.076665]),
  location(3, "hel1", "FI", "Helsinki", [60.169855, 24.938379]),
  location(4, "ash", "US", "Ashburn, VA", [39.045821, -77.487073], "us-east"),
  location(5, "hil", "US", "Hillsboro, OR", [45.54222, -122.951924], "us-west"),
  location(
    6,
    "sin",
    "SG",
    "Singapore",
    [1.283333, 103.833333],
    "ap-southeast",
  ),
];

const EUROPE = ["fsn1", "nbg1", "hel1"];

/** Server types, among them a deprecated one. */
export const SERVER_TYPES = [
  {
    ...serverType(1, "cx11", [1, 2, 20], [0.0053, 3.29]),
    deprecated: true,
    deprecation: {
      announced: "2024-06-06T00:00:00Z",
      unavailable_after: "2024-09-06T00:00:00Z",
    },
  },
  serverType(22, "cpx11", [2, 2, 40], [0.007, 4.35], [0.0072, 4.49]),
  serverType(45, "cax11", [2, 4, 40], [0.006, 3.79]),
  serverType(93, "cax21", [4, 8, 80], [0.0104, 6.49]),
  serverType(96, "ccx13", [2, 8, 80], [0.02, 12.49], [0.0217, 13.49]),
  serverType(104, "cx22", [2, 4, 40], [0.006, 3.79]),
  serverType(105, "cx32", [4, 8, 80], [0.0109, 6.8]),
  serverType(106, "cx42", [8, 16, 160], [0.0263, 16.4]),
];

/** Data centers, one for each location. */
export const DATACENTERS = LOCATIONS.map((location) => {
  const number = { fsn1: 14, nbg1: 3, hel1: 2 }[location.name] ?? 1;
  const available = SERVER_TYPES.filter((it) => isOffered(it, location))
    .map(({ id }) => id);
  return {
    id: location.id + 1,
    name: `${location.name}-dc${number}`,
    description: `${location.city} 1 virtual DC ${number}`,
    location,
    server_types: {
      available,
      available_for_migration: available,
      supported: available,
    },
  };
});

/**
 * Public images. Among them are deprecated ones, one that is not available, and
 * one that exists only for Arm.
 */
export const IMAGES: readonly Image[] = [
  publicImage(114690387, "debian-12", "x86"),
  publicImage(114690389, "debian-12", "arm"),
  publicImage(161547269, "ubuntu-24.04", "x86"),
  publicImage(161547270, "ubuntu-24.04", "arm"),
  publicImage(67794396, "ubuntu-22.04", "x86"),
  publicImage(45557056, "debian-11", "x86", "2024-08-14T00:00:00Z"),
  publicImage(161547271, "ubuntu-24.10", "x86", "2025-07-10T00:00:00Z"),
  publicImage(161547272, "fedora-41", "x86"),
  { ...publicImage(161547273, "fedora-42", "x86"), status: "creating" },
  publicImage(161547274, "debian-13", "arm"),
  publicImage(161547275, "rocky-9", "x86"),
  publicImage(161547276, "alma-9", "x86"),
];

/** The response of `/pricing`. */
export const PRICING = {
  currency: "EUR",
  vat_rate: "19.00",
  image: { price_per_gb_month: price(0.011) },
  volume: { price_per_gb_month: price(0.044) },
  server_backup: { percentage: "20.00" },
  floating_ip: { price_monthly: price(3) },
  floating_ips: addressPrices(3, 1).map(({ type, prices }) => ({
    type,
    prices: prices.map(({ location, price_monthly }) => ({
      location,
      price_monthly,
    })),
  })),
  primary_ips: addressPrices(0.5, 0),
  server_types: SERVER_TYPES.map(({ id, name, prices }) => ({
    id,
    name,
    prices,
  })),
  load_balancer_types: [],
};

/** Whether a server type can be ordered in a location. */
export function isOffered(
  { locations, deprecated }: ServerType,
  { name }: Location,
): boolean {
  return !deprecated && locations.some((it) => it.name === name);
}

function location(
  id: number,
  name: string,
  country: string,
  city: string,
  [latitude = 0, longitude = 0]: readonly number[],
  zone = "eu-central",
) {
  return {
    id,
    name,
    description: zone === "eu-central" ? `${city} DC Park 1` : city,
    country,
    city,
    latitude,
    longitude,
    network_zone: zone,
  };
}

function serverType(
  id: number,
  name: string,
  [cores, memory, disk]: readonly [number, number, number],
  europe: readonly [number, number],
  america?: readonly [number, number],
) {
  const isDedicated = name.startsWith("ccx");
  const offers = LOCATIONS.flatMap((location) => {
    const isEurope = EUROPE.includes(location.name);
    const rates = isEurope ? europe : america;
    if (rates === undefined || location.name === "sin") return [];
    return [{ location, rates, trafficTib: isEurope ? 20 : 1 }];
  });
  return {
    id,
    name,
    description: name.toUpperCase(),
    category: isDedicated ? "General Purpose" : "Shared vCPU",
    cores,
    memory,
    disk,
    architecture: name.startsWith("cax") ? "arm" as const : "x86" as const,
    cpu_type: isDedicated ? "dedicated" : "shared",
    storage_type: "local",
    deprecated: false,
    deprecation: null as
      | { announced: string; unavailable_after: string }
      | null,
    locations: offers.map(({ location: { id, name } }) => ({
      id,
      name,
      deprecation: null,
    })),
    prices: offers.map((
      { location, rates: [hourly, monthly], trafficTib },
    ) => ({
      location: location.name,
      price_hourly: price(hourly),
      price_monthly: price(monthly),
      included_traffic: trafficTib * 1024 ** 4,
      price_per_tb_traffic: price(1),
    })),
  };
}

function addressPrices(ipv4: number, ipv6: number) {
  return [{ type: "ipv4", net: ipv4 }, { type: "ipv6", net: ipv6 }].map((
    { type, net },
  ) => ({
    type,
    prices: LOCATIONS.map(({ name }) => ({
      location: name,
      price_hourly: price(net / 625),
      price_monthly: price(net),
    })),
  }));
}

/** Net and gross price, with German VAT. */
function price(net: number) {
  return { net: net.toFixed(10), gross: `${(net * 1.19).toFixed(10)}000000` };
}

function publicImage(
  id: number,
  name: string,
  architecture: ServerType["architecture"],
  deprecated: string | null = null,
): Image {
  const [flavor = "", version = ""] = name.split("-");
  const description = `${flavor[0]!.toUpperCase()}${
    flavor.slice(1)
  } ${version}`;
  return {
    ...newImage(id, "system", description, architecture, 5),
    name,
    status: "available",
    created: SEEDED_AT,
    deprecated,
    os_flavor: flavor,
    os_version: version,
    rapid_deploy: true,
  };
}

/** Creates an image that is not available yet. */
export function newImage(
  id: number,
  type: "system" | "snapshot" | "backup",
  description: string,
  architecture: ServerType["architecture"],
  diskGb: number,
) {
  return {
    id,
    name: null as string | null,
    description,
    type,
    status: "creating" as "creating" | "available",
    architecture,
    created: "",
    created_from: null as { readonly id: number; readonly name: string } | null,
    bound_to: null as number | null,
    deleted: null,
    deprecated: null as string | null,
    disk_size: diskGb,
    image_size: null as number | null,
    os_flavor: "unknown",
    os_version: null as string | null,
    rapid_deploy: false,
    protection: { delete: false },
    labels: {} as Readonly<Record<string, string>>,
  };
}
