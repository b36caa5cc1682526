/**
 * Public clouds that speak the API of OpenStack.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import {
  fillRegion,
  onlyRegion,
  profileOf,
  PROFILES,
} from "../../../drivers/openstack/_profiles.ts";
import { codeSpans, tableRows } from "../../_support/markdown.ts";

Deno.test("every public cloud has an id, a name, an https: URL and regions", () => {
  const clouds = Object.entries(PROFILES);
  assert(clouds.length > 10);
  assertEquals(clouds.map(([id]) => id), Object.keys(PROFILES).sort());
  for (const [id, { name, authUrl, regions, site, ...others }] of clouds) {
    assertEquals(others, {}, id);
    assertMatch(id, /^[a-z][a-z0-9-]*$/);
    assert(name.trim() !== "", id);
    assert(regions.length > 0, id);
    assertEquals(new Set(regions).size, regions.length, id);
    for (const region of regions) {
      assertMatch(region, /^[\w-]+$/, id);
      const { protocol, username, search, hash, pathname } = new URL(
        fillRegion(authUrl, region),
      );
      assertEquals([protocol, username, search, hash], ["https:", "", "", ""]);
      assertMatch(pathname, /\/v(?:3|2\.0)$/, id);
    }
    assert(site === undefined || /^https:\/\/[\w.]+$/.test(site), id);
  }
});

Deno.test("docs/providers/openstack.md lists every public cloud with its regions", () => {
  const page = Deno.readTextFileSync(
    new URL("../../../docs/providers/openstack.md", import.meta.url),
  );
  const [, section = ""] = page.split("## Public clouds\n");
  const [table = ""] = section.split("\n## ");
  const rows = tableRows(table).map(([id = "", name = "", regions = ""]) => [
    codeSpans(id),
    name,
    codeSpans(regions),
  ]);
  assertEquals(
    rows,
    Object.entries(PROFILES).map(([id, { name, regions }]) => [
      [id],
      name,
      regions,
    ]),
  );
});

Deno.test("profileOf() chooses the only region", () => {
  assertEquals(profileOf("elastx", "OpenStackNodeDriver"), {
    name: "Elastx",
    authUrl: "https://ops.elastx.cloud:5000/v3",
    regions: ["se-sto"],
    region: "se-sto",
  });
});

Deno.test("profileOf() writes the region into the URL", () => {
  const { authUrl, region } = profileOf("otc", "OpenStackNodeDriver", "eu-nl");
  assertEquals(authUrl, "https://iam.eu-nl.otc.t-systems.com/v3");
  assertEquals(region, "eu-nl");
  assertThrows(
    () => profileOf("otc", "OpenStackNodeDriver"),
    TypeError,
    'OpenStackNodeDriver: region must be "eu-de" or "eu-nl", got undefined',
  );
});

Deno.test("profileOf() accepts a new region, and none if the URL needs none", () => {
  assertEquals(profileOf("ovh", "x", "NEW1").region, "NEW1");
  assertEquals(profileOf("ovh", "x").region, undefined);
  assertEquals(onlyRegion(PROFILES["ovh"]!), undefined);
});

Deno.test("a region cannot change the host of the URL", () => {
  for (const region of ["evil.example/", "a@evil.example:1", "$&", "x?", "#"]) {
    const url = profileOf("otc", "x", region).authUrl;
    assertMatch(url, /^https:\/\/iam\.[^/?#@]+\.otc\.t-systems\.com\/v3$/);
  }
});

Deno.test("profileOf() lists the known ids", () => {
  for (const id of ["elsewhere", "constructor", ""]) {
    const error = assertThrows(
      () => profileOf(id, "OpenStackNodeDriver"),
      TypeError,
    );
    assertMatch(
      error.message,
      /^OpenStackNodeDriver: profile must be "binero", .* or "vexxhost", got "/,
    );
  }
});
