/**
 * Zones, sizes and images of NephoScale, as recorded from its API in October
 * 2013. The last two images are not from there.
 *
 * @module
 */

/** A zone, without its URI. */
export interface Zone {
  readonly id: number;
  readonly name: string;
  readonly datacenter: {
    readonly id: number;
    readonly name: string;
    readonly airport: string;
  };
}

/** A size, without its URI. */
export interface Size {
  readonly id: number;
  readonly name: string;
  readonly sku: { readonly name: string; readonly description: string };
  readonly ramMib: number;
  readonly diskGb: number;
  readonly vcpus: number;
}

/** An image, without its URI. */
export interface Image {
  readonly id: number;
  readonly name: string;
  readonly createTime: string;
  readonly architecture: string;
  readonly family: string;
  readonly deployableType: string;
  readonly isDefault: boolean;
  readonly isActive: boolean;
}

/** Both zones; the first one is the default for new nodes. */
export const ZONES: readonly Zone[] = [
  {
    id: 86945,
    name: "SJC-1",
    datacenter: { id: 1, name: "SJC-1", airport: "SJC" },
  },
  {
    id: 87729,
    name: "RIC-1",
    datacenter: { id: 3, name: "RIC-1", airport: "RIC" },
  },
];

/** All sizes, in the order of the API. */
export const SIZES: readonly Size[] = [
  size(1, "CS16.16", 16384, 800, 16),
  size(3, "CS1", 1024, 50, 1),
  size(5, "CS05", 512, 25, 1),
  size(7, "CS2.2", 2048, 100, 2),
  size(9, "CS4.4", 4096, 200, 4),
  size(11, "CS8.8", 8192, 400, 8),
  // In the recording, name and disk size do not match either.
  size(
    27,
    "CS025",
    256,
    15,
    1,
    "CS025 - 0.25GB, 10GB",
    "Cloud Server 0.25 GB RAM",
  ),
  size(46, "CS2.1", 2048, 75, 1),
  size(48, "CS4.2", 4096, 150, 2),
  size(50, "CS8.4", 8192, 300, 4),
  size(52, "CS16.8", 16384, 600, 8),
  size(54, "CS32.16", 32768, 1200, 16),
  size(56, "CS32.8", 32768, 1000, 8),
];

/** All images, in the order of the API. */
export const IMAGES: readonly Image[] = [
  image(3, "Linux CentOS 5.5 32-bit", "2010-12-20 14:25:36"),
  image(5, "Linux CentOS 5.5 64-bit", "2010-12-20 14:25:36"),
  image(21, "Windows Server 2008 64-bit", "2010-12-20 14:25:36"),
  image(23, "Linux Debian Server 5.05 32-bit", "2010-12-20 16:51:20"),
  image(25, "Linux Debian Server 5.05 64-bit", "2010-12-20 16:55:42"),
  image(33, "Windows Server 2003 Enterprise 64-bit", "2011-03-02 14:20:49"),
  image(41, "Linux CentOS 5.7 64-bit", "2011-09-19 17:30:04"),
  image(43, "Linux Ubuntu Server 10.04 LTS 32-bit", "2011-10-01 02:26:17"),
  image(45, "Linux CentOS 5.7 32-bit", "2011-10-05 19:41:30"),
  image(49, "Linux Ubuntu Server 10.04 LTS 64-bit", "2011-10-08 05:01:10"),
  image(51, "Linux Debian Server 6.0.3 64-bit", "2011-10-08 19:54:41"),
  image(55, "Linux Debian 5.0.9 64-bit", "2011-10-13 12:53:36", {
    isDefault: false,
  }),
  image(57, "Linux Debian 5.0.9 32-bit", "2011-10-13 12:55:09", {
    isDefault: false,
  }),
  image(59, "Linux CentOS 6.2 64-bit", "2011-10-15 17:11:34"),
  image(64, "Linux CentOS 5.8 64-bit", "2012-03-28 19:54:10"),
  image(75, "Linux Ubuntu Server 12.04 LTS 64-bit", "2012-05-18 08:41:03"),
  image(101, "VOD Cloud Storage Proxy (FTP:HTTP)", "2012-08-30 08:49:55", {
    deployableType: "cloud",
    isDefault: false,
  }),
  image(177, "Debian 7.1 64-bit", "2013-09-10 16:12:10"),
  // findImage() must not find these newer images: one is for 32 bits, and one is
  // not active.
  image(178, "Debian 7.2 32-bit", "2013-10-12 10:00:00"),
  image(179, "Debian 7.3 64-bit", "2013-12-14 10:00:00", { isActive: false }),
];

function size(
  id: number,
  sku: string,
  ramMib: number,
  diskGb: number,
  vcpus: number,
  name: string = `${sku} - ${ramMib / 1024}GB, ${vcpus}Core, ${diskGb}GB`,
  description: string = `Cloud Server ${ramMib / 1024} GB RAM, ${vcpus} Core${
    vcpus > 1 ? "s" : ""
  }`,
): Size {
  return { id, name, sku: { name: sku, description }, ramMib, diskGb, vcpus };
}

function image(
  id: number,
  name: string,
  createTime: string,
  rest: Partial<Image> = {},
): Image {
  return {
    id,
    name,
    createTime,
    architecture: name.endsWith("32-bit") ? "x86" : "x86_64",
    family: name.startsWith("Windows") ? "windows" : "linux",
    deployableType: "both",
    isDefault: true,
    isActive: true,
    ...rest,
  };
}
