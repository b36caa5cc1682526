import { assert, assertEquals, assertRejects } from "@std/assert";
import { checkPublicKey } from "../../core/compute/mod.ts";
import { path } from "../../tools/deno.ts";
import { wire } from "../../tools/wire.ts";
import { Description } from "../../tools/wire/description.ts";
import { makeFixture } from "../../tools/wire/fixtures.ts";
import { toReserved } from "../../tools/wire/reserved.ts";
import { findResource } from "../../tools/wire/resources.ts";
import { valueOf } from "../../tools/wire/values.ts";

const ACME = path("tests/tools/wire/acme.openapi.json");

/** Makes types and fixtures of the description of Acme. */
async function wireAcme(
  resources: readonly string[],
  operations: readonly string[] = [],
) {
  const folder = await Deno.makeTempDir({ prefix: "nephos-wire-" });
  const read = async (name: string) =>
    JSON.parse(await Deno.readTextFile(`${folder}/${name}.json`));
  const wired = await wire({
    file: ACME,
    resources,
    operations,
    fixtures: folder,
  });
  return {
    ...wired,
    folder,
    read,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

Deno.test("wire() writes the interfaces of a resource and of its parts", async () => {
  const { types } = await wire({ file: ACME, resources: ["machine=node"] });
  assertEquals(
    types,
    `/**
 * JSON of Acme API 1.4, generated from \`acme.openapi.json\`.
 * To change it, run this command again:
 *
 * \`\`\`sh
 * deno task wire acme.openapi.json machine=node
 * \`\`\`
 *
 * @module
 */

/** A machine of the account. */
export interface MachineJson {
  id: number;
  name: string;
  created?: string;
  /** What it does now. One of "off", "running". */
  state: string;
  addresses: AddressJson[];
  image: ImageJson | null;
  parent: MachineJson | null;
  labels?: Record<string, string>;
  location?: LocationJson;
  /** Deprecated. */
  "user-data"?: string;
  disk?: DiskJson;
}

export interface AddressJson {
  /** For example "8.8.4.4". */
  ip: string;
  /** For example "2a00:1450::1". */
  gateway?: string;
  /** For example "web.acme.dev". */
  dns_ptr?: string;
  /** One of "public". */
  network?: string;
  mac?: string;
}

export interface ImageJson {
  id?: number | null;
  /** For example "* /debian-13". */
  slug?: string;
}

export interface LocationJson {
  /** For example "north". */
  id?: string;
  name?: string;
  lat?: number | null;
}

export interface DiskJson {
  id: string | number;
  path?: string;
}
`,
  );
});

Deno.test("wire() joins what a list and a single response say, and names equal objects apart", async () => {
  const { types } = await wire({
    file: ACME,
    resources: ["machine", "volume", "/other/kinds", "fault", "meta"],
  });
  const [, volume = ""] = /export interface VolumeJson (\{.*?\n\})/s
    .exec(types) ?? [];
  assertEquals(
    volume,
    `{
  id: number;
  note?: string;
  /** Size in GB. */
  size?: number;
  location?: VolumeLocationJson;
}`,
  );
  for (const name of ["Kind", "Fault", "Meta", "VolumeLocation", "Location"]) {
    assert(types.includes(`export interface ${name}Json {`), name);
  }
});

Deno.test("wire() writes valid fixtures with reserved values", async () => {
  await using acme = await wireAcme(
    ["machine=node", "volume"],
    ["error_404=GET /machines/{machine-id} 404"],
  );
  assertEquals(
    acme.lines.map((line) => line.replace(`${acme.folder}/`, "")),
    [
      "wrote list_nodes.json (GET /machines)",
      "wrote get_node.json (GET /machines/{machine-id})",
      "wrote create_node.json (POST /machines)",
      "wrote list_volumes.json (GET /volumes)",
      "wrote get_volume.json (GET /volumes/{id})",
      "wrote error_404.json (GET /machines/{machine-id})",
    ],
  );
  assertEquals(acme.faults, []);
  const machine = {
    id: 42,
    name: "web-1",
    created: "2026-01-02T03:04:05Z",
    state: "running",
    addresses: [{
      ip: "203.0.113.1",
      gateway: "2001:db8:2::1",
      dns_ptr: "host-3.example.com",
      network: "public",
      mac: "00:00:5e:00:53:01",
    }],
    image: { id: null, slug: "*/debian-13" },
    // A machine in itself would have no end.
    parent: null,
    labels: {},
    location: { id: "north", name: "web-1", lat: null },
    "user-data": "example",
    disk: { id: "11111111-2222-4333-8444-555555555555", path: "example" },
  };
  assertEquals(await acme.read("get_node"), { machine });
  // The list has one page, whatever the examples of its fields say.
  assertEquals(await acme.read("list_nodes"), {
    machines: [machine],
    meta: { total: 1, page: 1, last_page: 1, next: null },
  });
  // The example of the description is invalid, so the values are made.
  assertEquals((await acme.read("list_volumes")).data[0].size, 10);
  assertEquals(await acme.read("get_volume"), {
    id: 7,
    note: "From bob@acme.test",
  });
  assertEquals(await acme.read("error_404"), {
    fault: { text: "No machine", code: "GONE" },
  });
});

Deno.test("wire() names a response as asked instead of by default", async () => {
  await using acme = await wireAcme(
    ["machine=node"],
    ["order_node=POST /machines"],
  );
  const names = acme.lines.map((line) => /(\w+)\.json/.exec(line)?.[1]);
  assertEquals(names, ["list_nodes", "get_node", "order_node"]);
});

Deno.test("wire() keeps fixtures that exist, unless force is set", async () => {
  await using acme = await wireAcme(["volume"]);
  const file = `${acme.folder}/get_volume.json`;
  await Deno.writeTextFile(file, "mine");
  const again = { file: ACME, resources: ["volume"], fixtures: acme.folder };
  const { lines } = await wire(again);
  assertEquals(await Deno.readTextFile(file), "mine");
  assertEquals(lines.at(-1), `kept ${file} (--force replaces it)`);
  await wire({ ...again, force: true });
  assertEquals((await acme.read("get_volume")).id, 7);
});

Deno.test("wire() replaces its own types and no other file", async () => {
  const folder = await Deno.makeTempDir({ prefix: "nephos-wire-" });
  const out = `${folder}/acme/_json.ts`;
  try {
    const { types } = await wire({ file: ACME, resources: ["volume"], out });
    assertEquals(await Deno.readTextFile(out), types);
    await wire({ file: ACME, resources: ["machine"], out });
    assert((await Deno.readTextFile(out)).includes("MachineJson"));
    await Deno.writeTextFile(out, "// mine");
    await assertRejects(
      () => wire({ file: ACME, resources: ["volume"], out }),
      TypeError,
      `${out} exists and was not generated; choose another file`,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("wire() refuses what it cannot find, and says what there is", async () => {
  const refusals = [
    [
      "kind",
      "kind may be /linux/kinds or /other/kinds; write one of these paths instead",
    ],
    [
      "zebra",
      "zebra was not found in the schemas, responses and paths; the paths of lists are /machines, /volumes, /linux/kinds, /other/kinds",
    ],
    ["/zebras", "/zebras was not found"],
  ];
  for (const [resource = "", message] of refusals) {
    await assertRejects(
      () => wire({ file: ACME, resources: [resource] }),
      TypeError,
      message,
    );
  }
  await assertRejects(
    () => wireAcme(["machine"], ["start_node=POST /machines/{id}/start"]),
    TypeError,
    "the description has no JSON response of POST /machines/{id}/start",
  );
  await assertRejects(
    () => wireAcme(["machine"], ["start_node"]),
    TypeError,
    '--operation: expected "name=METHOD /path [status]", got "start_node"',
  );
});

Deno.test("wire() refuses files that are not OpenAPI 3 in JSON", async () => {
  const file = await Deno.makeTempFile();
  try {
    const refusals = [
      ["openapi: 3.0.0", "expected JSON; convert YAML first"],
      ['{"swagger": "2.0"}', "expected OpenAPI 3.0 or 3.1"],
    ];
    for (const [text = "", message] of refusals) {
      await Deno.writeTextFile(file, text);
      await assertRejects(
        () => wire({ file, resources: ["x"] }),
        TypeError,
        message,
      );
    }
  } finally {
    await Deno.remove(file);
  }
});

/** Makes the fixture of the only response of a description. */
function fixtureOf(schema: object, example: unknown) {
  const content = { "application/json": { schema, example } };
  const description = new Description(
    JSON.stringify({
      openapi: "3.0.3",
      paths: { "/a": { get: { responses: { 200: { content } } } } },
    }),
    "test.json",
  );
  const reply = description.reply({ method: "GET", path: "/a" })!;
  const { text, faults } = makeFixture(description, { name: "a", reply });
  assertEquals(faults, []);
  return JSON.parse(text);
}

Deno.test("makeFixture() leaves out what the schema does not declare of an example", () => {
  const server = {
    type: "object",
    properties: { id: { type: "integer" }, plan: { type: "string" } },
  };
  const schema = {
    type: "object",
    properties: {
      servers: { type: "array", items: server },
      labels: { type: "object", additionalProperties: { type: "string" } },
    },
  };
  const example = {
    servers: [{ id: 7, plan: "s-1", old_id: 6 }],
    labels: { any: "b" },
    debug: true,
  };
  assertEquals(fixtureOf(schema, example), {
    servers: [{ id: 7, plan: "s-1" }],
    labels: { any: "b" },
  });
});

Deno.test("makeFixture() says in the example of a list that it has one page", () => {
  const text = { type: "string" };
  const schema = {
    type: "object",
    properties: {
      keys: { type: "array", items: text },
      meta: {
        type: "object",
        properties: { total: { type: "integer" }, next: text },
      },
    },
  };
  const example = { keys: ["a"], meta: { total: 3, next: "WxYz" } };
  assertEquals(fixtureOf(schema, example), {
    keys: ["a"],
    meta: { total: 1, next: "" },
  });
});

Deno.test("findResource() finds objects by their ids", () => {
  const type = { type: "object", properties: { cores: { type: "integer" } } };
  const schema = {
    type: "object",
    properties: { types: { type: "object", additionalProperties: type } },
  };
  const content = { "application/json": { schema } };
  const description = new Description(
    JSON.stringify({
      openapi: "3.0.3",
      paths: { "/types": { get: { responses: { 200: { content } } } } },
    }),
    "test.json",
  );
  const { list, schema: found } = findResource(description, "type");
  assertEquals(list?.path, "/types");
  assertEquals(found, type);
});

Deno.test("valueOf() makes a public key that drivers accept", () => {
  const empty = { openapi: "3.0.3", paths: {} };
  const description = new Description(JSON.stringify(empty), "empty.json");
  const { public_key } = Object(valueOf(description, {
    type: "object",
    properties: { public_key: { type: "string" } },
  }));
  assertEquals(checkPublicKey(public_key, "importKeyPair"), public_key);
});

Deno.test("valueOf() ignores examples that repeat the name of their property", () => {
  const empty = { openapi: "3.0.3", paths: {} };
  const description = new Description(JSON.stringify(empty), "empty.json");
  const text = { type: "string" };
  const value = valueOf(description, {
    type: "object",
    example: { id: "id", tags: ["a"] },
    properties: {
      id: text,
      region: { ...text, example: "region" },
      plan: { ...text, example: "small" },
      tags: { type: "array", items: text, example: ["tags", "tags"] },
    },
  });
  assertEquals(value, {
    id: "11111111-2222-4333-8444-555555555555",
    region: "example",
    plan: "small",
    tags: ["example"],
  });
});

Deno.test("toReserved() replaces public values, each always by the same", () => {
  assertEquals(
    toReserved({
      ips: ["8.8.8.8", "8.8.4.4", "8.8.8.8", "10.0.0.1", "198.51.100.7"],
      netmask: "255.255.240.0",
      network: "8.8.0.0/16",
      v6: ["2a00::1", "2a00::/64", "2001:db8::9", "fe80::1", "2001:0DB8::1"],
      dns: "fra1.vendor.net",
      name: "ubuntu-24.04.qcow2",
      version: "1.2.3",
      link: "https://api.vendor.com/v2/x?page=2",
      docs: "see https://docs.other.com/x, or mail joe@other.com",
    }, ["vendor.com"]),
    {
      ips: [
        "203.0.113.1",
        "203.0.113.2",
        "203.0.113.1",
        "10.0.0.1",
        "198.51.100.7",
      ],
      netmask: "255.255.240.0",
      network: "203.0.113.0/16",
      v6: [
        "2001:db8:4::1",
        "2001:db8:5::/64",
        "2001:db8::9",
        "fe80::1",
        "2001:0DB8::1",
      ],
      dns: "host-6.example.com",
      name: "ubuntu-24.04.qcow2",
      version: "1.2.3",
      link: "https://api.vendor.com/v2/x?page=2",
      docs: "see https://example.com/x, or mail joe@example.com",
    },
  );
});
