/**
 * `findImage()` with a driver from elsewhere.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { NotFoundError } from "../../../core/mod.ts";
import {
  findImage,
  type FindImageOptions,
  type ImageRuleList,
  type NodeImage,
} from "../../../core/compute/mod.ts";
import { Random } from "../../properties/_random.ts";
import { AcmeNodeDriver } from "./_acme_driver.ts";

const LIST: ImageRuleList = {
  source: "Documentation of Acme",
  updated: "2026-11-01",
  rules: [{
    distribution: "debian",
    list: { name: "debian-{version}", filters: [{ arch: "{architecture}" }] },
    fields: { name: "debian-(?<version>[\\d.]+)(?:-(?<architecture>\\w+))?" },
  }, {
    distribution: "debian",
    list: { name: "debian-{version}", filters: [{ arch: "{architecture}" }] },
    fields: { name: "old-debian-(?<version>\\d+)" },
  }],
};

function images(...names: readonly string[]): NodeImage[] {
  return names.map((name, index) => ({
    id: `${index}`,
    name,
    extra: { createdAt: `2026-01-0${index + 1}T00:00:00Z` },
  }));
}

async function nameOf(
  names: readonly string[],
  version?: string,
  architecture?: string,
): Promise<string> {
  const driver = new AcmeNodeDriver({
    images: images(...names),
    rules: LIST,
  });
  const wanted = { distribution: "debian", version, architecture };
  return (await findImage(driver, wanted)).name;
}

Deno.test("findImage() compares the numbers of versions, not their digits", async () => {
  const names = ["debian-9", "debian-12.10", "debian-12.9", "debian-11"];
  assertEquals(await nameOf(names), "debian-12.10");
  assertEquals(await nameOf(names, "12.9"), "debian-12.9");
  assertEquals(await nameOf(names, "11"), "debian-11");
  assertEquals(await nameOf(["debian-12", "debian-12.1"]), "debian-12.1");
  await assertRejects(() => nameOf(names, "1"), NotFoundError);
  await assertRejects(() => nameOf(names, "12.1"), NotFoundError);
  await assertRejects(() => nameOf(names, "11.2"), NotFoundError);
});

Deno.test("findImage() reads the words of providers for architectures", async () => {
  const names = ["debian-12", "debian-12-aarch64", "debian-13-i686"];
  assertEquals(await nameOf(names), "debian-12");
  assertEquals(await nameOf(names, undefined, "amd64"), "debian-12");
  assertEquals(await nameOf(names, undefined, "arm64"), "debian-12-aarch64");
  assertEquals(await nameOf(names, undefined, "x86"), "debian-13-i686");
});

Deno.test("findImage() prefers the first rule, then the newest image", async () => {
  const names = ["debian-12", "debian-12-amd64", "old-debian-12"];
  assertEquals(await nameOf(names), "debian-12-amd64");
  assertEquals(await nameOf(["old-debian-13", ...names]), "old-debian-13");
});

Deno.test("findImage() sends one list for rules with the same options", async () => {
  const driver = new AcmeNodeDriver({
    images: images("debian-12"),
    rules: LIST,
  });
  const signal = new AbortController().signal;
  const distribution = "Debian GNU/Linux";
  await findImage(driver, { distribution, version: "12", signal });
  await findImage(driver, { distribution, architecture: "amd64" });
  assertEquals(driver.calls, [
    { name: "debian-12*", filters: [{ arch: "x86_64" }], signal },
    { name: "debian-*", filters: [{ arch: "x86_64" }] },
  ]);
});

Deno.test("findImage() names the nearest images if there is none", async () => {
  const messageOf = async (names: readonly string[], version: string) => {
    const error = await assertRejects(
      () => nameOf(names, version),
      NotFoundError,
    );
    assertEquals(error.name, "ImageNotFoundError");
    assertEquals([error.provider, error.status], ["acme", 404]);
    return error.message;
  };
  const has = "findImage: Acme has no official image of";
  assertEquals(
    await messageOf(["debian-9", "debian-13", "debian-11"], "10"),
    `${has} "debian 10 x86_64"; use "debian 11 x86_64", "debian 9 x86_64" ` +
      'or "debian 13 x86_64"',
  );
  assertEquals(
    await messageOf(["debian-10-arm64"], "10"),
    `${has} "debian 10 x86_64"; use "debian 10 arm64"`,
  );
  assertEquals(await messageOf([], "10"), `${has} "debian 10 x86_64"`);
});

Deno.test("findImage() rejects invalid options before any request", async () => {
  const driver = new AcmeNodeDriver({
    images: images("debian-12"),
    rules: LIST,
  });
  const cases: readonly (readonly [wanted: unknown, message: string])[] = [
    [undefined, "distribution must be a non-empty string, got undefined"],
    [
      { distribution: "Linux" },
      'distribution must be a distribution, such as "debian", got "Linux"',
    ],
    [
      { distribution: "debian", version: "bookworm" },
      'version must be numbers, such as "12" or "24.04", got "bookworm"',
    ],
    [
      { distribution: "debian", version: 12 },
      "version must be a non-empty string, got number 12",
    ],
    [
      { distribution: "debian", architecture: "" },
      'architecture must be a non-empty string, got ""',
    ],
  ];
  for (const [wanted, message] of cases) {
    await assertRejects(
      () => findImage(driver, wanted as FindImageOptions),
      TypeError,
      `findImage: ${message}`,
    );
  }
  assertEquals(driver.calls, []);
});

Deno.test("findImage() rejects a driver without rules", async () => {
  await assertRejects(
    () => findImage(new AcmeNodeDriver({}), { distribution: "debian" }),
    TypeError,
    "findImage: the driver for Acme has no rules for official images; use " +
      "listImages()",
  );
});

Deno.test("findImage() returns the greatest version of any catalogue, in any order", async () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = new Random(seed);
    const versions = Array.from(
      { length: random.int(1, 12) },
      () => [random.int(8, 12), random.int(0, 12)] as const,
    );
    const [major, minor] = versions.toSorted(([a, b], [c, d]) =>
      c - a || d - b
    )[0]!;
    const names = versions.map((version) => `debian-${version.join(".")}`);
    assertEquals(await nameOf(names), `debian-${major}.${minor}`);
    const newest = await nameOf(names, `${major}`);
    assert(newest.startsWith(`debian-${major}.`));
  }
});
