/**
 * Bundle sizes of all entry points: each is bundled for the browser, minified
 * and compressed with gzip, with its static imports and without the modules that
 * it loads on demand.
 *
 * The limits exist to catch mistakes. Raise one, and give the reason, instead of
 * shortening a message or a name.
 *
 * @module
 */

import { assert, assertEquals, assertFalse } from "@std/assert";
import { assertLessOrEqual, assertStringIncludes } from "@std/assert";
import { gzipSync } from "node:zlib";
import { path, runDeno, std } from "../tools/deno.ts";

/**
 * Limits in bytes after gzip, by subpath. Every driver contains the transport.
 * About 7 kB of it is there for promises that the first limits did not include:
 * lists that are complete and positions that are bound to them, waits and
 * clean-ups that outlive failures and young nodes, what an aborted create left
 * behind, hooks that fail, requests that were certainly not sent, tags that are
 * portable, and secrets that are removed in every encoding.
 */
const LIMITS: Readonly<Record<string, number>> = {
  // With logins that tell the base URL, tokens that end, limiters of requests,
  // pages by offset, and the registry of price lists. 4 kB are fleets: lists
  // across drivers with budgets and positions. 3 kB are the searches for official
  // images and for the cheapest sizes. With the registry of DNS drivers.
  ".": 34_600,
  "./core": 19_800,
  "./compute": 18_700,
  // The interface, writes that lose nothing, and the data of every type of record,
  // which is 6 kB: whatever a caller passes is checked before any request.
  "./dns": 15_500,
  // The table of record types, which "./dns" has as well, the parser, and the
  // bytes of the types for RFC 3597.
  "./dns/zone-file": 10_300,
  // With the transport, for DNS over HTTPS, and the data of every type of record.
  "./dns/acme": 21_000,
  "./dns/propagation": 20_000,
  // With the data of every type of record. A driver has these parts, too.
  "./dns/plan": 14_000,
  "./dns/copy": 14_000,
  // The parser with its help, and the tree of commands. What a command needs is
  // loaded when it runs. Two services have commands.
  "./cli": 36_600,
  // With the parser of public keys, the choice of what errors may show, and the
  // removal of secrets.
  "./cloud-init": 11_000,
  // With the YAML parser, and the building blocks of drivers.
  "./clouds-yaml": 22_000,
  // Lists across drivers, the registry, and the page: 10 kB of HTML, style and
  // script.
  "./fleet-page": 38_000,
  // The conformance suite. Tests import it, not edge functions.
  "./testing": 60_000,
  // With its prices, and the rules for its images.
  "./drivers/nephoscale": 19_000,
  // 12 000 for the interface of the design, and 40 more methods that only this
  // provider has: actions, tags, firewalls, reserved IP addresses.
  "./drivers/digitalocean": 23_500,
  // Of these, 13.5 kB are the transport with its tokens and numbered pages, and 6
  // kB the data of every type of record.
  "./drivers/digitalocean/dns": 28_300,
  // The same, with 13 types whose values have fields of their own, batches, DNSSEC,
  // the proxy, and names in Unicode.
  "./drivers/cloudflare/dns": 30_800,
  // Likewise: actions, placement groups, networks, firewalls, IP addresses.
  "./drivers/hetzner": 23_600,
  // With actions, which it waits for, writes that are repeated, and what a second
  // request left changed.
  "./drivers/hetzner/dns": 28_800,
  // Likewise: disks, backups, StackScripts, events. With filters by tags, and the
  // creation from variables that drivers of other services share.
  "./drivers/linode": 23_600,
  // Four methods more than DigitalOcean's driver, and checks of every type.
  "./drivers/linode/dns": 29_300,
  // Four services: Keystone with its ways to log in, Nova with microversions,
  // Glance and Cinder. With 40 methods that only this provider has.
  // With the rules for images of any cloud.
  "./drivers/openstack": 30_400,
  // With signatures, XML, and options of the API that have no portable name.
  // Its tags are filters of lists and properties of every new resource. Parts of
  // the transport that only the price API needs, which is loaded on demand.
  "./drivers/aws/ec2": 28_000,
  "./drivers/aws/ec2_network": 28_900,
  // Of these, 7 kB are the data of every type of record and the writes that lose
  // nothing, 5.5 kB the signatures of AWS and XML, and 9 kB are its own: batches,
  // aliases, routing policies, and requests that keep to the rate limit.
  "./drivers/aws/route53": 33_000,
  // The login of OpenStack, the data of every type of record, and the rules of
  // Designate for it.
  "./drivers/openstack/dns": 34_500,
  // The driver of OpenStack, and seven kinds of resources of Neutron.
  "./drivers/openstack/network": 33_600,
  "./drivers/powerdns/dns": 24_000,
  // The driver of OpenStack, a price list, rules for images, and what Rackspace
  // lacks.
  "./drivers/rackspace": 32_300,
  // With a price list, rules for images, orders of upgrades, and pages that
  // overlap.
  "./drivers/softlayer": 25_300,
  // With the routes, filters and order of collections. Tests import it.
  "./simulators/kit": 9_000,
  // With the readers of the kit for options, forms and addresses.
  "./simulators/nephoscale": 11_000,
  "./simulators/cloudflare": 13_300,
  // With domains and their DNS records.
  "./simulators/digitalocean": 18_600,
  // With nine kinds of resources, and DNS zones with the forms of their values.
  "./simulators/hetzner": 23_500,
  // With domains and their DNS records.
  "./simulators/linode": 20_000,
  // Six services: Keystone, Nova, Glance, Cinder, Neutron and Designate.
  "./simulators/openstack": 46_700,
  "./simulators/powerdns": 11_000,
  // The simulator of OpenStack, and the conversion to older versions.
  "./simulators/rackspace": 48_800,
  // With object masks, object filters, and the properties of many types.
  "./simulators/softlayer": 16_500,
  // With the price API of AWS.
  "./simulators/aws/ec2": 40_500,
  // With the parser for XML, and the signatures of AWS.
  "./simulators/aws/route53": 17_500,
};

/** Entry points without a limit: they contain a library for Node.js. */
const UNLIMITED = ["./ssh"];

/**
 * Bytes after gzip by which the encoding package of JSR is larger than the copy
 * of it that is used while jsr.io is not reachable.
 */
const STD_ENCODING_BYTES = 370;

/** Libraries that drivers must not contain, and patterns that detect them. */
const LIBRARIES: readonly {
  readonly entry: string;
  readonly mark: RegExp;
}[] = [
  { entry: "core/dns/zone_file.ts", mark: /\$GENERATE/ },
  { entry: "deploy/cloud_init.ts", mark: /#cloud-config/ },
  { entry: "deploy/ssh.ts", mark: /SSH-2\.0-/ },
  { entry: "tests/_support/std/yaml/mod.ts", mark: /tag:yaml\.org/ },
  { entry: "core/dns/acme.ts", mark: /_acme-challenge/ },
  { entry: "core/dns/copy.ts", mark: /ZoneCopyError/ },
  { entry: "core/dns/plan.ts", mark: /maxDeletedShare/ },
  { entry: "core/dns/propagation.ts", mark: /application\/dns-json/ },
];

const settings = JSON.parse(Deno.readTextFileSync(path("deno.json"))) as {
  exports: Record<string, string>;
};

/** Bundles an entry point for the browser; returns its files by name. */
async function bundle(
  entry: string,
  ...flags: readonly string[]
): Promise<ReadonlyMap<string, string>> {
  const folder = await Deno.makeTempDir({ prefix: "nephos-size-" });
  try {
    const { code, output } = await runDeno([
      "bundle",
      "--platform=browser",
      "--minify",
      // Optional native modules of ssh2, which are not installed.
      "--external=*.node",
      `--outdir=${folder}`,
      ...flags,
      path(entry),
    ], { capture: true });
    assert(code === 0, output);
    const files = new Map<string, string>();
    for await (const { name } of Deno.readDir(folder)) {
      files.set(name, await Deno.readTextFile(`${folder}/${name}`));
    }
    return files;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Source of an entry point with the chunks that it imports statically. */
function withStaticImports(
  files: ReadonlyMap<string, string>,
  name: string,
  seen: Set<string> = new Set(),
): string {
  if (seen.has(name)) return "";
  seen.add(name);
  const source = files.get(name);
  assert(source !== undefined, `the bundle lacks ${name}`);
  const imports = source.matchAll(/\b(?:from|import)\s*"\.\/([^"]+)"/g);
  return source + [...imports]
    .map(([, chunk = ""]) => withStaticImports(files, chunk, seen)).join("");
}

Deno.test("every entry point has a size limit", () => {
  const known = [...Object.keys(LIMITS), ...UNLIMITED].sort();
  assertEquals(Object.keys(settings.exports).sort(), known);
});

for (const [subpath, limit] of Object.entries(LIMITS)) {
  Deno.test(`the bundle of ${subpath} is at most ${limit} bytes after gzip`, async () => {
    const entry = settings.exports[subpath];
    assert(entry !== undefined);
    const files = await bundle(entry, "--code-splitting");
    const name = entry.replace(/^.*\/|\.ts$/g, "");
    const source = withStaticImports(files, `${name}.js`);
    const bytes = new TextEncoder().encode(source);
    const addition = await std() === "jsr" ? 0 : STD_ENCODING_BYTES;
    const size = gzipSync(bytes, { level: 9 }).byteLength + addition;
    console.log(`${subpath}: ${bytes.byteLength} bytes, ${size} after gzip`);
    assertLessOrEqual(size, limit);
  });
}

Deno.test("documents state the size limits of drivers in whole kB", async () => {
  const readme = await Deno.readTextFile(path("README.md"));
  const recipe = path("docs/recipes/cloudflare-workers.md");
  const [, most, aws, openstack] =
    /at most (\d+) kB after gzip \((\d+) kB for AWS, (\d+) kB for OpenStack and Rackspace\)/
      .exec(readme.replaceAll(/\s+/g, " ")) ?? [];
  const [, largest] = /one driver is at most (\d+) kB/
    .exec(await Deno.readTextFile(recipe)) ?? [];
  const drivers = Object.keys(LIMITS).filter((it) => it.includes("/drivers/"));
  const isAws = (subpath: string) => subpath.includes("/aws/");
  const isOpenStack = (subpath: string) => /openstack|rackspace/.test(subpath);
  const limitOf = (subpaths: string[]) =>
    Math.ceil(Math.max(...subpaths.map((it) => LIMITS[it]!)) / 1000);
  assertEquals([most, aws, openstack, largest].map(Number), [
    limitOf(drivers.filter((it) => !isAws(it) && !isOpenStack(it))),
    limitOf(drivers.filter(isAws)),
    limitOf(drivers.filter(isOpenStack)),
    limitOf(drivers),
  ]);
});

Deno.test("bundles of mod.ts, core and drivers do not contain what stands beside drivers", async () => {
  const read = async (entry: string) =>
    [...(await bundle(entry)).values()].join("");
  // Guards against patterns that never match.
  for (const { entry, mark } of LIBRARIES) assert(mark.test(await read(entry)));
  const entries = Object.entries(settings.exports)
    .filter(([subpath]) =>
      /^\.(?:$|\/(?:core|compute|dns$|drivers))/.test(subpath)
    )
    .map(([, entry]) => entry);
  assert(entries.length > 6);
  for (const entry of entries) {
    const text = await read(entry);
    for (const { mark } of LIBRARIES) assertFalse(mark.test(text), entry);
  }
});

Deno.test("cloudInit() does not contain a YAML library", async () => {
  const text = [...(await bundle("deploy/cloud_init.ts")).values()].join("");
  assertStringIncludes(text, "#cloud-config");
  assertFalse(/tag:yaml\.org/.test(text));
});
