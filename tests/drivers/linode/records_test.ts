import { assertEquals, assertRejects } from "@std/assert";
import { MalformedResponseError } from "../../../core/mod.ts";
import { LinodeNodeDriver } from "../../../drivers/linode/compute.ts";
import { replay } from "../../_support/replay.ts";

/** Lists the records of one response. */
async function read<T>(
  path: string,
  data: readonly unknown[],
  list: (cloud: LinodeNodeDriver) => PromiseLike<T>,
): Promise<T> {
  const json = { data, page: 1, pages: 1, results: data.length };
  using fetch = replay([{ request: `GET /v4${path}`, json }]);
  return await list(new LinodeNodeDriver({ token: "t", fetch }));
}

const NODES = "/linode/instances?page_size=500";
const VOLUMES = "/volumes?page_size=500";
const MIXED = ["a", null, 5, "", { a: 1 }, true, ["b"], "c"];
const NOT_LISTS = [undefined, null, "abc", 5, {}, true];

Deno.test("LinodeNodeDriver leaves out items of another type in all lists of records", async () => {
  const [node] = await read(
    NODES,
    [{ id: 1, tags: MIXED, ipv4: ["203.0.113.5", null, 5, {}, "192.168.1.1"] }],
    (cloud) => cloud.listNodes(),
  );
  assertEquals(node?.tags, { a: "", c: "" });
  assertEquals(
    [node?.publicIps, node?.privateIps],
    [["203.0.113.5"], ["192.168.1.1"]],
  );
  const [image] = await read(
    "/images?page_size=500",
    [{ id: "i", capabilities: MIXED, tags: MIXED }],
    (cloud) => cloud.listImages(),
  );
  assertEquals(image?.extra.capabilities, ["a", "c"]);
  assertEquals(image?.extra.tags, ["a", "c"]);
  const [location] = await read(
    "/regions",
    [{ id: "us-east", capabilities: MIXED }],
    (cloud) => cloud.listLocations(),
  );
  assertEquals(location?.extra.capabilities, ["a", "c"]);
  const [volume] = await read(
    VOLUMES,
    [{ id: 1, size: 20, tags: MIXED }],
    (cloud) => cloud.listVolumes(),
  );
  assertEquals(volume?.extra.tags, ["a", "c"]);
  const [script] = await read(
    "/linode/stackscripts?page_size=500",
    [{
      id: 1,
      images: MIXED,
      user_defined_fields: [{ name: "a" }, { name: null }, {}],
    }],
    (cloud) => cloud.listStackScripts(),
  );
  assertEquals(script?.imageIds, ["a", "5", "c"]);
  assertEquals(script?.fields, ["a"]);
});

Deno.test("LinodeNodeDriver reads a field that is not a list as an empty list", async () => {
  for (const value of NOT_LISTS) {
    const [node] = await read(
      NODES,
      [{ id: 1, tags: value, ipv4: value }],
      (cloud) => cloud.listNodes(),
    );
    assertEquals(
      [node?.tags, node?.publicIps, node?.privateIps],
      [{}, [], []],
    );
    const [image] = await read(
      "/images?page_size=500",
      [{ id: "i", capabilities: value, tags: value }],
      (cloud) => cloud.listImages(),
    );
    assertEquals(image?.extra.capabilities, []);
    assertEquals(image?.extra.tags, []);
  }
});

Deno.test("LinodeNodeDriver rejects a copy of an image without a location", async () => {
  for (const region of [undefined, null, "", {}]) {
    await assertRejects(
      () =>
        read(
          "/images?page_size=500",
          [{ id: "i", regions: [{ region, status: "available" }] }],
          (cloud) => cloud.listImages(),
        ),
      MalformedResponseError,
    );
  }
});

Deno.test("LinodeNodeDriver uses the id of a record without a label as its name", async () => {
  for (const label of [null, undefined, "", 5]) {
    const lists: readonly [
      string,
      object,
      (
        cloud: LinodeNodeDriver,
      ) => PromiseLike<readonly { readonly name: string }[]>,
    ][] = [
      [NODES, {}, (cloud) => cloud.listNodes()],
      ["/linode/types", {}, (cloud) => cloud.listSizes()],
      ["/images?page_size=500", {}, (cloud) => cloud.listImages()],
      ["/regions", {}, (cloud) => cloud.listLocations()],
      ["/profile/sshkeys?page_size=500", {}, (cloud) => cloud.listKeyPairs()],
      [VOLUMES, { size: 20 }, (cloud) => cloud.listVolumes()],
      [
        "/linode/instances/7/disks?page_size=500",
        {},
        (cloud) => cloud.listDisks("7"),
      ],
      [
        "/linode/stackscripts?page_size=500",
        {},
        (cloud) => cloud.listStackScripts(),
      ],
    ];
    for (const [path, fields, list] of lists) {
      const [record] = await read(
        path,
        [{ id: "r-1", label, ...fields }],
        list,
      );
      assertEquals(record?.name, "r-1", path);
    }
  }
});

Deno.test("LinodeNodeDriver reads the size of a volume as a number", async () => {
  const [volume] = await read(
    VOLUMES,
    [{ id: 1, size: "20" }],
    (cloud) => cloud.listVolumes(),
  );
  assertEquals(volume?.sizeGb, 20);
  for (const size of [undefined, null, "", "many", {}]) {
    const error = await assertRejects(
      () => read(VOLUMES, [{ id: 1, size }], (cloud) => cloud.listVolumes()),
      MalformedResponseError,
    );
    assertEquals(
      (error.cause as Error).message,
      'the response has no number "size"',
    );
  }
});

Deno.test("LinodeNodeDriver.listSizes() has GPUs only if the size has some", async () => {
  const sizes = await read(
    "/linode/types",
    [
      { id: "a", gpus: 2 },
      { id: "b", gpus: 0 },
      { id: "c", gpus: null },
      { id: "d" },
      { id: "e", gpus: "1", price: null, region_prices: null },
    ],
    (cloud) => cloud.listSizes(),
  );
  assertEquals(
    sizes.map(({ gpus }) => gpus),
    [2, undefined, undefined, undefined, 1],
  );
});

Deno.test("LinodeNodeDriver reads a node whose objects are null", async () => {
  const nulls = { specs: null, backups: null, ipv6: null, tags: null };
  const [node] = await read(
    NODES,
    [{ id: 1, ...nulls }],
    (cloud) => cloud.listNodes(),
  );
  assertEquals([node?.name, node?.extra.vcpus], ["1", undefined]);
});
