/**
 * `findImage()` with the rules of every driver, over the simulators.
 *
 * @module
 */

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import {
  findImage,
  type FindImageOptions,
  type ImageNotFoundError,
  type ImageRule,
  type ImageRuleList,
  type NodeDriver,
  supports,
} from "../../core/compute/mod.ts";
import { NotFoundError } from "../../core/mod.ts";
import { createDriver, type ProviderId } from "../../drivers/registry.ts";
import { Ec2Simulator } from "../../simulators/aws/ec2.ts";
import { HetznerSimulator } from "../../simulators/hetzner/mod.ts";
import { PROVIDERS, simulatedDriver } from "../_support/simulated_drivers.ts";

/** Distribution, version and architecture in one string. */
type Question = string;

/**
 * Names of the images that people would choose, and what is nearest if there is
 * none. Written by hand, from the catalogues of the simulators.
 */
const ANSWERS: Readonly<
  Record<ProviderId, Readonly<Record<Question, string | readonly string[]>>>
> = {
  digitalocean: {
    "debian": "Debian 12 x64",
    "debian 12": "Debian 12 x64",
    "debian 13": ["debian 12 x86_64"],
    "debian 12 arm64": ["debian 12 x86_64"],
    "ubuntu": "Ubuntu 24.04 (LTS) x64",
    "ubuntu 24.04": "Ubuntu 24.04 (LTS) x64",
    "ubuntu 22": "Ubuntu 22.04 (LTS) x64",
    "ubuntu 24.10": ["ubuntu 24.04 x86_64", "ubuntu 22.04 x86_64"]
      .concat("ubuntu 20.04 x86_64"),
    "fedora": "Fedora 38 x64",
    "rocky": "Rocky Linux 9 x64",
    "centos": "CentOS Stream 9 x64",
    "alpine": [
      "centos 9 x86_64",
      "debian 12 x86_64",
      "fedora 38 x86_64",
      "rocky 9 x86_64",
      "ubuntu 24.04 x86_64",
    ],
  },
  ec2: {
    "debian": "debian-12-amd64-20240305-1675",
    "debian 12": "debian-12-amd64-20240305-1675",
    "debian 12 arm64": "debian-12-arm64-20240305-1675",
    "debian 13": ["debian 12 x86_64", "debian 13 arm64", "debian 12 arm64"],
    "debian 13 arm64": "debian-13-arm64-20240401-1700",
    "ubuntu":
      "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20240305",
    "ubuntu 22.04":
      "ubuntu/images/hvm-ssd-gp3/ubuntu-jammy-22.04-amd64-server-20240305",
    "ubuntu 22.04 arm64":
      "ubuntu/images/hvm-ssd-gp3/ubuntu-jammy-22.04-arm64-server-20240305",
    "fedora": "Fedora-Cloud-Base-AmazonEC2.x86_64-40-1.14",
    "fedora 39": "Fedora-Cloud-Base-39-1.5.x86_64-hvm-us-east-1-gp3-0",
    "rocky": "Rocky-9-EC2-Base-9.3-20231113.0.x86_64",
    "rocky 9.3 arm64": "Rocky-9-EC2-Base-9.3-20231113.0.aarch64",
    "rocky 8": "Rocky-8-EC2-Base-8.9-20231119.0.x86_64",
    "rocky 9.4": ["rocky 9.3 x86_64", "rocky 8.9 x86_64", "rocky 9.3 arm64"],
    "alma": "AlmaLinux OS 9.3.20231113 x86_64",
    "alpine": "alpine-3.19.1-x86_64-bios-cloudinit-r0",
    "alpine 3.18 arm64": "alpine-3.18.6-aarch64-uefi-cloudinit-r0",
    "centos": "CentOS Stream 9 x86_64 20240304",
    "amazon": "al2023-ami-2023.3.20240305.0-kernel-6.1-x86_64",
    "arch": [
      "alma 9.3 x86_64",
      "alpine 3.19.1 x86_64",
      "amazon 2023 x86_64",
      "centos 9 x86_64",
      "debian 12 x86_64",
      "fedora 40 x86_64",
      "rocky 9.3 x86_64",
      "ubuntu 24.04 x86_64",
    ],
  },
  hetzner: {
    "debian": "debian-12",
    "debian 12": "debian-12",
    "debian 12 arm64": "debian-12",
    "debian arm64": "debian-13",
    "debian 13": ["debian 12 x86_64", "debian 13 arm64", "debian 12 arm64"],
    "ubuntu": "ubuntu-24.04",
    "ubuntu 22.04": "ubuntu-22.04",
    "ubuntu 24.10": ["ubuntu 24.04 x86_64", "ubuntu 22.04 x86_64"]
      .concat("ubuntu 24.04 arm64"),
    "fedora": "fedora-41",
    "rocky": "rocky-9",
    "alma": "alma-9",
    "alpine": [
      "alma 9 x86_64",
      "debian 12 x86_64",
      "fedora 41 x86_64",
      "rocky 9 x86_64",
      "ubuntu 24.04 x86_64",
    ],
  },
  linode: {
    "debian": "Debian 12",
    "debian 11": "Debian 11",
    "debian 13": ["debian 12 x86_64", "debian 11 x86_64"],
    "debian 12 arm64": ["debian 12 x86_64", "debian 11 x86_64"],
    "ubuntu": "Ubuntu 24.04 LTS",
    "ubuntu 24.10": ["ubuntu 24.04 x86_64", "ubuntu 22.04 x86_64"],
    "fedora": "Fedora 40",
    "rocky": "Rocky Linux 9",
    "alma": "AlmaLinux 9",
    "alpine 3": "Alpine 3.20",
    "arch": "Arch Linux",
    "arch 2024": ["arch x86_64"],
  },
  nephoscale: {
    "debian": "Debian 7.1 64-bit",
    "debian 7 i386": "Debian 7.2 32-bit",
    "debian 6": "Linux Debian Server 6.0.3 64-bit",
    // 5.05 is an old way to write 5.0.5.
    "debian 5": "Linux Debian 5.0.9 64-bit",
    "debian 5.0.5": "Linux Debian Server 5.05 64-bit",
    "debian 7.3": [
      "debian 7.1 x86_64",
      "debian 6.0.3 x86_64",
      "debian 5.0.9 x86_64",
      "debian 5.0.5 x86_64",
      "debian 7.2 i386",
    ],
    "ubuntu": "Linux Ubuntu Server 12.04 LTS 64-bit",
    "ubuntu 10.04": "Linux Ubuntu Server 10.04 LTS 64-bit",
    "centos": "Linux CentOS 6.2 64-bit",
    "fedora": ["centos 6.2 x86_64", "debian 7.1 x86_64", "ubuntu 12.04 x86_64"],
    "rocky": ["centos 6.2 x86_64", "debian 7.1 x86_64", "ubuntu 12.04 x86_64"],
  },
  openstack: {
    "debian": "debian-12",
    "debian 12": "debian-12",
    "debian 12 arm64": ["debian 13 arm64", "debian 12 x86_64"],
    "debian 13": ["debian 12 x86_64", "debian 13 arm64"],
    "debian 13 arm64": "debian-13-arm64",
    "ubuntu 24.04": "Ubuntu 24.04 LTS (Noble Numbat)",
    "fedora": "fedora-cloud-base",
    "rocky": "Rocky-9-x86_64",
    "alma": "AlmaLinux 9",
    "alpine": "Alpine 3.20",
  },
  rackspace: {
    "debian": "Debian 8 (Jessie) (PVHVM)",
    "debian 7": "Debian 7 (Wheezy) (PVHVM)",
    "debian 9": ["debian 8 x86_64", "debian 7 x86_64"],
    "ubuntu": "Ubuntu 16.04 LTS (Xenial Xerus) (PVHVM)",
    "ubuntu 14.04 LTS": "Ubuntu 14.04 LTS (Trusty Tahr) (PVHVM)",
    "fedora": "Fedora 23 (PVHVM)",
    "centos": "CentOS 7 (PVHVM)",
    "rocky": [
      "centos 7 x86_64",
      "debian 8 x86_64",
      "fedora 23 x86_64",
      "ubuntu 16.04 x86_64",
    ],
  },
  softlayer: {
    "debian":
      "Debian GNU/Linux 12.x Bookworm/Stable - Minimal Install (64 bit)",
    "debian 11":
      "Debian GNU/Linux 11.x Bullseye/Stable - Minimal Install (64 bit)",
    "debian 13": ["debian 12 x86_64", "debian 11 x86_64"],
    "ubuntu": "Ubuntu Linux 24.04 LTS Noble Numbat Minimal Install (64 bit)",
    "ubuntu 22.04 LTS":
      "Ubuntu Linux 22.04 LTS Jammy Jellyfish Minimal Install (64 bit)",
    "rocky 9": "Rocky Linux 9.x - Minimal Install (64 bit)",
    "centos": "CentOS 7.x - Minimal Install (64 bit)",
    "debian 12 arm64": ["debian 12 x86_64", "debian 11 x86_64"],
    "alpine": [
      "centos 7 x86_64",
      "debian 12 x86_64",
      "rocky 9 x86_64",
      "ubuntu 24.04 x86_64",
    ],
  },
};

/**
 * Options with which `listImages()` lists more than the rules ask for, so that
 * only their patterns protect from decoys.
 */
const EVERYTHING: Readonly<Partial<Record<ProviderId, object>>> = {
  ec2: { owners: "any" },
  openstack: { visibility: "all" },
  rackspace: { visibility: "all" },
};

for (const id of PROVIDERS) {
  Deno.test(`findImage() finds what people would choose at ${id}`, async () => {
    const answers = await answersOf(await driverOf(id), id);
    assertEquals(answers, ANSWERS[id]);
  });

  Deno.test(`findImage() needs each pattern of ${id}, and only these`, async () => {
    const driver = await driverOf(id);
    const list = await driver.imageRules();
    assert(list);
    const wide = withoutFilters(list, EVERYTHING[id] ?? {});
    assertEquals(await answersOf(withRules(driver, wide), id), ANSWERS[id]);
    for (const [name, mutant] of mutantsOf(wide)) {
      const answers = await answersOf(withRules(driver, mutant), id);
      assertNotEquals(answers, ANSWERS[id], `nobody misses ${name}`);
    }
  });
}

Deno.test("findImage() reads only images of the owner from EC2", async () => {
  const { credentials, fetch } = new Ec2Simulator();
  const queries: URLSearchParams[] = [];
  const driver = await createDriver("ec2", {
    ...credentials,
    region: "us-east-1",
    fetch: async (request) => {
      queries.push(new URL(request.url).searchParams);
      return await fetch(request);
    },
  });
  await findImage(driver, { distribution: "debian", version: "12" });
  assertEquals(queries.length, 1);
  const sent = Object.fromEntries(queries[0] ?? []);
  assertEquals(sent["Owner.1"], "136693071363");
  assertEquals(sent["IncludeDeprecated"], undefined);
  assertEquals(
    [1, 2, 3, 4].map((number) => [
      sent[`Filter.${number}.Name`],
      sent[`Filter.${number}.Value.1`],
    ]).sort(),
    [
      ["architecture", "x86_64"],
      ["name", "debian-12*"],
      ["state", "available"],
      ["virtualization-type", "hvm"],
    ],
  );
});

Deno.test("findImage() trusts the accounts of the partition only", async () => {
  const rulesIn = async (region: string) => {
    const driver = await simulatedDriver("ec2", { region });
    const { rules } = (await driver.imageRules())!;
    const owners = rules.map(({ distribution, list }) =>
      `${distribution} ${list?.["owners"]}`
    );
    return [...new Set(owners)];
  };
  assertEquals(await rulesIn("cn-north-1"), [
    "amazon amazon",
    "ubuntu 837727238323",
  ]);
  assertEquals(await rulesIn("us-gov-west-1"), [
    "amazon amazon",
    "ubuntu 513442679011",
  ]);
  assertEquals(await rulesIn("eusc-de-east-1"), []);
  assertEquals(
    (await rulesIn("eu-west-1")).filter((it) => /ubuntu/.test(it)),
    ["ubuntu 099720109477"],
  );
});

Deno.test("findImage() requests one list per provider that cannot filter by name", async () => {
  const { credentials, fetch } = new HetznerSimulator();
  const urls: string[] = [];
  const driver = await createDriver("hetzner", {
    ...credentials,
    fetch: async (request) => {
      urls.push(request.url.replace(/^.*\/v1/, ""));
      return await fetch(request);
    },
  });
  await findImage(driver, { distribution: "ubuntu" });
  assertEquals(urls, ["/images?type=system&per_page=50"]);
});

/**
 * The driver. At Hetzner, the account has an image with the name of an official
 * one, and deprecated images are listed.
 */
async function driverOf(id: ProviderId): Promise<NodeDriver> {
  if (id !== "hetzner") return await simulatedDriver(id);
  const account = new HetznerSimulator({ nodes: 1, actionMs: 0 });
  const driver = await createDriver(id, {
    ...account.credentials,
    fetch: (request) => {
      const url = new URL(request.url);
      if (url.pathname.endsWith("/images") && request.method === "GET") {
        url.searchParams.set("include_deprecated", "true");
      }
      return account.fetch(new Request(url, request));
    },
  });
  const [node] = await driver.listNodes();
  assert(supports(driver, "images"));
  await driver.createImage(node!, { name: "debian-13" });
  return driver;
}

/** The name of the image for each question, or what is nearest. */
async function answersOf(driver: NodeDriver, id: ProviderId) {
  const questions = Object.keys(ANSWERS[id]);
  const answers: Record<Question, string | readonly string[]> = {};
  for (const question of questions) {
    answers[question] = await answer(driver, question);
  }
  return answers;
}

async function answer(
  driver: NodeDriver,
  question: Question,
): Promise<string | readonly string[]> {
  const [, distribution = "", version, architecture] =
    /^(\w+)(?: ([\d.]+(?: LTS)?))?(?: (\w+))?$/.exec(question) ?? [];
  const wanted: FindImageOptions = { distribution, version, architecture };
  try {
    return (await findImage(driver, wanted)).name;
  } catch (error) {
    if (!NotFoundError.is(error)) throw error;
    const { nearest } = error as ImageNotFoundError;
    return nearest.map(({ distribution, version, architecture }) =>
      [distribution, version, architecture].filter(Boolean).join(" ")
    );
  }
}

/** The same driver with other rules. */
function withRules(driver: NodeDriver, rules: ImageRuleList): NodeDriver {
  return new Proxy(driver, {
    get(target, key) {
      if (key === "imageRules") return () => Promise.resolve(rules);
      const value = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

function withoutFilters(list: ImageRuleList, options: object): ImageRuleList {
  return {
    ...list,
    list: options as Record<string, unknown>,
    rules: list.rules.map(({ list: _list, ...rule }) => rule),
  };
}

/** Rules of which one part is missing. */
function* mutantsOf(
  list: ImageRuleList,
): Generator<readonly [name: string, mutant: ImageRuleList]> {
  const { fields = {} } = list;
  for (const name of Object.keys(fields)) {
    yield [name, { ...list, fields: without(fields, name) }];
  }
  for (const name of ["extra.imageOwnerId", "extra.imageOwnerAlias"]) {
    if (!list.rules.some((rule) => name in rule.fields)) continue;
    const rules = list.rules.map((rule): ImageRule => ({
      ...rule,
      fields: without(rule.fields, name),
    }));
    yield [name, { ...list, rules }];
  }
}

function without(fields: ImageRule["fields"], name: string) {
  return Object.fromEntries(
    Object.entries(fields).filter(([key]) => key !== name),
  );
}
