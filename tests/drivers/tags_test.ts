/**
 * Tags of nodes, the same in all drivers.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertThrows,
} from "@std/assert";
import type { NodeDriver, TagInput } from "../../core/compute/mod.ts";
import type { Ec2NodeDriver } from "../../drivers/aws/ec2.ts";
import { DigitalOceanNodeDriver } from "../../drivers/digitalocean/compute.ts";
import { LinodeNodeDriver } from "../../drivers/linode/compute.ts";
import { ACCOUNTS } from "../_support/accounts.ts";
import { replay } from "../_support/replay.ts";
import { CLOUDS } from "../properties/_clouds.ts";

type Fetch = (request: Request) => Promise<Response>;

/** Creates a driver with an account of its own. */
function create(provider: string, fetch?: Fetch): NodeDriver {
  const open = ACCOUNTS[provider];
  assert(open);
  return open({ nodes: 0, largestPage: 100 }).connect(fetch && { fetch });
}

/** Whether the driver supports tags; the others reject them. */
function takesTags(provider: string): boolean {
  try {
    create(provider).listNodes({ tags: ["a"] });
    return true;
  } catch {
    return false;
  }
}

const NO_REQUEST: Fetch = () => Promise.reject(new Error("a request was sent"));

const TAGGED = CLOUDS.filter(({ name }) => takesTags(name));
const UNTAGGED = CLOUDS.filter((cloud) => !TAGGED.includes(cloud));

for (const { name: provider, node, hasPlainTags } of TAGGED) {
  Deno.test(`${provider}: createNode() gives a node the tags of a record`, async () => {
    const cloud = create(provider);
    const owner = hasPlainTags ? "team-a" : "team:a";
    const tags = { env: "prod", web: "", owner };
    const created = await cloud.createNode({ name: "web-1", ...node, tags });
    assertEquals(created.tags, tags);
    assertEquals((await cloud.getNode(created)).tags, tags);
  });

  Deno.test(`${provider}: createNode() gives a node the same tags as strings`, async () => {
    const cloud = create(provider);
    // Two tags with the same key become keys, which contain a colon.
    const roles = hasPlainTags ? [] : ["role:db", "role:web"];
    const tags = ["env:prod", "web", ...roles];
    const created = await cloud.createNode({ name: "web-1", ...node, tags });
    const expected = {
      env: "prod",
      web: "",
      ...Object.fromEntries(roles.map((role) => [role, ""])),
    };
    assertEquals(created.tags, expected);
    assertEquals((await cloud.getNode(created)).tags, expected);
  });

  Deno.test(`${provider}: a node without tags has the tags {}`, async () => {
    const cloud = create(provider);
    const created = await cloud.createNode({ name: "web-1", ...node });
    assertEquals(created.tags, {});
    assertEquals((await cloud.listNodes())[0]?.tags, {});
  });

  Deno.test(`${provider}: listNodes() lists the nodes that have all tags`, async () => {
    const cloud = create(provider);
    const all: Readonly<Record<string, TagInput>> = {
      "a-prod": { env: "prod" },
      "b-prod-web": { env: "prod", web: "" },
      "c-test-web": { env: "test", web: "" },
      "d-env": ["env"],
      "e-none": {},
      "f-web-1": { web: "1" },
    };
    for (const [name, tags] of Object.entries(all)) {
      await cloud.createNode({ name, ...node, tags });
    }
    const names = async (tags: TagInput) =>
      (await cloud.listNodes({ tags })).map(({ name }) => name).sort();
    assertEquals(await names({ env: "prod" }), ["a-prod", "b-prod-web"]);
    assertEquals(await names(["env:prod"]), ["a-prod", "b-prod-web"]);
    assertEquals(await names({ web: "" }), ["b-prod-web", "c-test-web"]);
    assertEquals(await names({ web: "", env: "prod" }), ["b-prod-web"]);
    assertEquals(await names(["web", "env:test"]), ["c-test-web"]);
    assertEquals(await names(["env"]), ["d-env"]);
    assertEquals(await names(["env", "web"]), []);
    assertEquals(await names(["db"]), []);
    const streamed: string[] = [];
    for await (const { name } of cloud.listNodes({ tags: ["web"] })) {
      streamed.push(name);
    }
    assertEquals(streamed.sort(), ["b-prod-web", "c-test-web"]);
    // The tags of a record are a filter that matches it.
    for (const { id, tags } of await cloud.listNodes()) {
      if (Object.keys(tags).length === 0) continue;
      const found = await cloud.listNodes({ tags });
      assertEquals(found.some((node) => node.id === id), true, id);
    }
  });

  Deno.test(`${provider}: listNodes() rejects invalid tags before any request`, () => {
    const cloud = create(provider, NO_REQUEST);
    const invalid: readonly [unknown, string][] = [
      [{}, "tags must be at least one tag, got an object"],
      [[], "tags must be at least one tag, got an array"],
      [null, "tags must be at least one tag, got null"],
      ["web", 'tags must be an object or an array of strings, got "web"'],
      [[""], 'tags must be a non-empty string, got ""'],
      [["a", "a"], 'tags must be different tags, got "a"'],
      [{ env: 5 }, 'tags["env"] must be a string, got number 5'],
    ];
    for (const [tags, message] of invalid) {
      const error = assertThrows(
        () => cloud.listNodes({ tags: tags as TagInput }),
        TypeError,
      );
      assertEquals(error.message, `listNodes: ${message}`);
    }
  });

  Deno.test(`${provider}: createNode() rejects invalid tags before any request`, async () => {
    const cloud = create(provider, NO_REQUEST);
    for (const tags of [null, "web", ["a", "a"], { "": "b" }, { a: null }]) {
      const error = await assertRejects(
        () => cloud.createNode({ name: "a", ...node, tags: tags as never }),
        TypeError,
      );
      assertMatch(error.message, /^createNode: tags/);
    }
  });
}

for (const { name: provider } of UNTAGGED) {
  Deno.test(`${provider}: listNodes() rejects tags, because the provider has none`, () => {
    const cloud = create(provider, NO_REQUEST);
    for (const tags of [{ env: "prod" }, ["web"], {}, []]) {
      const error = assertThrows(() => cloud.listNodes({ tags }), TypeError);
      assertEquals(
        error.message,
        `listNodes: ${cloud.displayName} does not support tags`,
      );
    }
  });
}

// EC2

function instancesWith(...tags: Readonly<Record<string, string>>[]): string {
  const items = tags.map((table, index) => {
    const set = Object.entries(table).map(([key, value]) =>
      `<item><key>${key}</key><value>${value}</value></item>`
    ).join("");
    return `<item><instanceId>i-${index}</instanceId><tagSet>${set}</tagSet></item>`;
  }).join("");
  return "<DescribeInstancesResponse><reservationSet><item><instancesSet>" +
    `${items}</instancesSet></item></reservationSet></DescribeInstancesResponse>`;
}

/** Lists nodes, and returns their ids and the filters that were sent. */
async function filter(
  options: Parameters<Ec2NodeDriver["listNodes"]>[0],
  ...tags: Readonly<Record<string, string>>[]
) {
  const sent: Record<string, string> = {};
  const cloud = create("ec2", (request) => {
    const query = new URL(request.url).searchParams;
    for (const [name, value] of query) {
      if (/^Filter\.\d+\.Name$/.test(name)) {
        sent[value] = query.get(name.replace("Name", "Value.1"))!;
      }
    }
    return Promise.resolve(new Response(instancesWith(...tags)));
  }) as Ec2NodeDriver;
  const nodes = await cloud.listNodes(options);
  return { sent, ids: nodes.map(({ id }) => id) };
}

Deno.test("Ec2NodeDriver.listNodes() sends filters that never match fewer nodes than the tags", async () => {
  const found = await filter(
    { tags: { "a:b": "c\\d*", env: "x?", empty: "", "back\\slash": "" } },
    { "a:b": "c\\d*", env: "x?", empty: "", "back\\slash": "" },
    { "a:b": "c\\dd", env: "x?", empty: "", "back\\slash": "" },
    { "a:b": "c\\d*", env: "xy", empty: "", "back\\slash": "" },
    { "a:b": "c\\d*", env: "x?", empty: "1", "back\\slash": "" },
    { "a:b": "c\\d*", env: "x?", empty: "" },
  );
  assertEquals(found, {
    // A "?" matches any character, and a backslash would escape the next one.
    sent: { "tag:a:b": "c?d*", "tag:env": "x?", "tag-key": "empty" },
    ids: ["i-0"],
  });
});

Deno.test("Ec2NodeDriver.listNodes() applies tags besides filters with the same name", async () => {
  const found = await filter(
    { tags: { env: "prod" }, filters: { "tag:env": "p*", "vpc-id": "vpc-1" } },
    { env: "prod" },
    { env: "pre" },
  );
  assertEquals(found, {
    sent: { "tag:env": "p*", "vpc-id": "vpc-1" },
    ids: ["i-0"],
  });
});

Deno.test("Ec2NodeDriver.listNodes() rejects the tag Name, which is the name of a node", () => {
  const cloud = create("ec2", NO_REQUEST);
  for (const tags of [{ Name: "web-1" }, ["Name:web-1"], ["Name"]]) {
    const error = assertThrows(() => cloud.listNodes({ tags }), TypeError);
    assertEquals(
      error.message,
      "listNodes: tags must not contain Name, which is the name; " +
        'filter by "tag:Name"',
    );
  }
});

Deno.test("Ec2NodeDriver takes a tag Name for what has no name otherwise, and rejects a second one", async () => {
  const cloud = create("ec2") as Ec2NodeDriver;
  const tags = { Name: "data", env: "prod" };
  const volume = { sizeGb: 8, location: "us-east-1a" };
  await assertRejects(
    () => cloud.createVolume({ name: "other", ...volume, tags }),
    TypeError,
    "createVolume: tags must not contain Name, which is the name; use name",
  );
  const { id } = await cloud.createVolume({ name: "x", ...volume });
  await assertRejects(
    () => cloud.createVolumeSnapshot(id, { name: "other", tags }),
    TypeError,
    "createVolumeSnapshot: tags must not contain Name",
  );
  const snapshot = await cloud.createVolumeSnapshot(id, { tags });
  assertEquals([snapshot.name, snapshot.extra.tags], ["data", tags]);
  await cloud.createTags(id, { tags: ["Name:y", "env:test", "web"] });
  const { name, extra } = await cloud.getVolume(id);
  assertEquals([name, extra.tags], ["y", { Name: "y", env: "test", web: "" }]);
});

// DigitalOcean

Deno.test("DigitalOceanNodeDriver.listNodes() sends one tag, and none together with name or hasGpu", async () => {
  const droplet = (id: number, ...tags: string[]) => ({ id, name: "a", tags });
  const json = {
    droplets: [droplet(1, "web"), droplet(2, "web", "env:prod"), droplet(3)],
  };
  using fetch = replay([
    { request: "GET /v2/droplets?tag_name=env%3Aprod&per_page=200", json },
    { request: "GET /v2/droplets?name=a&per_page=200", json },
    { request: "GET /v2/droplets?type=gpus&per_page=200", json },
  ]);
  const cloud = new DigitalOceanNodeDriver({ token: "t", fetch });
  const tags = { env: "prod", web: "" };
  for (const options of [{}, { name: "a" }, { hasGpu: true }]) {
    const nodes = await cloud.listNodes({ ...options, tags });
    assertEquals(nodes.map(({ id }) => id), ["2"]);
  }
});

Deno.test("DigitalOceanNodeDriver.listNodes() finds a tag whose key another tag has", async () => {
  using fetch = replay([{
    request: "GET /v2/droplets?tag_name=role%3Adb&per_page=200",
    json: {
      droplets: [{ id: 1, name: "a", tags: ["role:db", "role:web"] }],
    },
  }]);
  const cloud = new DigitalOceanNodeDriver({ token: "t", fetch });
  const [node] = await cloud.listNodes({ tags: { role: "db" } });
  assertEquals(node?.tags, { "role:db": "", "role:web": "" });
});

// Linode

Deno.test("LinodeNodeDriver.listNodes() adds tags to the filter of the caller", async () => {
  const node = (id: number, ...tags: string[]) => ({ id, label: "a", tags });
  const json = {
    data: [node(1, "web"), node(2, "web", "env:prod"), node(3)],
    page: 1,
    pages: 1,
    results: 3,
  };
  const request = "GET /v4/linode/instances?page_size=500";
  const expect = (filter: unknown) => ({
    request,
    headers: { "x-filter": JSON.stringify(filter) },
    json,
  });
  using fetch = replay([
    expect({ "+and": [{ tags: "web" }, { tags: "env:prod" }] }),
    expect({ "+and": [{ tags: "web" }, { tags: "env:prod" }], region: "a" }),
    // The filter of the caller wins; the driver compares the tags itself.
    expect({ "+and": [{ region: "a" }] }),
  ]);
  const cloud = new LinodeNodeDriver({ token: "t", fetch });
  const tags = ["web", "env:prod"];
  const filters = [undefined, { region: "a" }, { "+and": [{ region: "a" }] }];
  for (const filter of filters) {
    const nodes = await cloud.listNodes({ tags, filter });
    assertEquals(nodes.map(({ id }) => id), ["2"]);
  }
});

Deno.test("LinodeNodeDriver.setTags() takes a record, and removes all tags with an empty one", async () => {
  const request = "PUT /v4/linode/instances/1";
  using fetch = replay([
    { request, body: { tags: ["env:prod", "web"] }, json: {} },
    { request, body: { tags: [] }, json: {} },
    { request, body: { tags: [] }, json: {} },
  ]);
  const cloud = new LinodeNodeDriver({ token: "t", fetch });
  await cloud.setTags("1", { tags: { env: "prod", web: "" } });
  await cloud.setTags("1", { tags: {} });
  await cloud.setTags("1", { tags: [] });
});
