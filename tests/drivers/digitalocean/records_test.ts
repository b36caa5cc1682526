import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { MalformedResponseError } from "../../../core/mod.ts";
import { DigitalOceanNodeDriver } from "../../../drivers/digitalocean/compute.ts";
import { replay } from "../../_support/replay.ts";

const ID = "89bcc42f-85cf-11e6-a004-000f53315871";

/** Lists the records of one response. */
async function read<T>(
  path: string,
  json: unknown,
  list: (cloud: DigitalOceanNodeDriver) => PromiseLike<T>,
): Promise<T> {
  using fetch = replay([{ request: `GET /v2${path}`, json }]);
  return await list(new DigitalOceanNodeDriver({ token: "t", fetch }));
}

// Lists in records: what they contain besides valid items, and in their place.
const MIXED = ["a", null, 5, "", { a: 1 }, true, ["b"], "c"];
const NOT_LISTS = [undefined, null, "abc", 5, {}, true];

Deno.test("DigitalOceanNodeDriver leaves out items of another type in all lists of records", async () => {
  const ids = [7, "8", null, {}, ""];
  const [node] = await read(
    "/droplets?per_page=200",
    {
      droplets: [{
        id: 1,
        tags: MIXED,
        features: MIXED,
        volume_ids: ids,
        networks: {
          v4: [
            { ip_address: null },
            { ip_address: 5, type: "public" },
            { ip_address: "203.0.113.5", type: "public" },
            {},
          ],
        },
      }],
    },
    (cloud) => cloud.listNodes(),
  );
  assertEquals(node?.tags, { a: "", c: "" });
  assertEquals(node?.extra.features, ["a", "c"]);
  assertEquals(node?.extra.volumeIds, ["7", "8"]);
  assertEquals(node?.publicIps, ["203.0.113.5"]);
  assertEquals(node?.extra.addresses.map(({ ip }) => ip), ["203.0.113.5"]);
  const [size] = await read(
    "/sizes?per_page=200",
    { sizes: [{ slug: "s", regions: MIXED }] },
    (cloud) => cloud.listSizes(),
  );
  assertEquals(size?.locationIds, ["a", "c"]);
  const [image] = await read(
    "/images?per_page=200",
    { images: [{ id: 1, regions: MIXED }] },
    (cloud) => cloud.listImages(),
  );
  assertEquals(image?.extra.locationIds, ["a", "c"]);
  const [location] = await read(
    "/regions?per_page=200",
    { regions: [{ slug: "nyc3", features: MIXED, sizes: MIXED }] },
    (cloud) => cloud.listLocations(),
  );
  assertEquals(location?.extra.features, ["a", "c"]);
  assertEquals(location?.extra.sizeIds, ["a", "c"]);
  const [volume] = await read(
    "/volumes?per_page=200",
    {
      volumes: [
        { id: "v", size_gigabytes: "20", droplet_ids: [null, 7], tags: MIXED },
      ],
    },
    (cloud) => cloud.listVolumes(),
  );
  assertEquals([volume?.nodeId, volume?.sizeGb], ["7", 20]);
  assertEquals(volume?.extra.tags, ["a", "c"]);
  const [snapshot] = await read(
    "/snapshots?resource_type=volume&per_page=200",
    { snapshots: [{ id: "s", regions: MIXED, tags: MIXED }] },
    (cloud) => cloud.listVolumeSnapshots(),
  );
  assertEquals(snapshot?.extra.locationIds, ["a", "c"]);
  assertEquals(snapshot?.extra.tags, ["a", "c"]);
  const [firewall] = await read(
    "/firewalls?per_page=200",
    { firewalls: [{ id: "f", droplet_ids: ids, tags: MIXED }] },
    (cloud) => cloud.listFirewalls(),
  );
  assertEquals([firewall?.nodeIds, firewall?.tags], [["7", "8"], ["a", "c"]]);
});

Deno.test("DigitalOceanNodeDriver reads a field that is not a list as an empty list", async () => {
  for (const value of NOT_LISTS) {
    const [node] = await read(
      "/droplets?per_page=200",
      {
        droplets: [{
          id: 1,
          tags: value,
          features: value,
          volume_ids: value,
        }],
      },
      (cloud) => cloud.listNodes(),
    );
    const { features, volumeIds } = node!.extra;
    assertEquals([node?.tags, features, volumeIds], [{}, [], []]);
    const [volume] = await read(
      "/volumes?per_page=200",
      { volumes: [{ id: "v", size_gigabytes: 1, droplet_ids: value }] },
      (cloud) => cloud.listVolumes(),
    );
    assertEquals([volume?.nodeId, volume?.state], [undefined, "available"]);
  }
});

Deno.test("DigitalOceanNodeDriver rejects a volume without a size", async () => {
  for (const size of [undefined, null, "", "many"]) {
    const error = await assertRejects(
      () =>
        read(
          "/volumes?per_page=200",
          { volumes: [{ id: "v", size_gigabytes: size }] },
          (cloud) => cloud.listVolumes(),
        ),
      MalformedResponseError,
    );
    assertEquals(
      (error.cause as Error).message,
      'the response has no number "size_gigabytes"',
    );
  }
});

Deno.test("DigitalOceanNodeDriver.listSizes() reads the number and the model of GPUs", async () => {
  const sizes = await read(
    "/sizes?per_page=200",
    {
      sizes: [
        { slug: "gpu", gpu_info: { count: 8, model: "nvidia_h100" } },
        { slug: "odd", gpu_info: { count: "many", model: 5 } },
        { slug: "zero", gpu_info: { count: 0 } },
        { slug: "null", gpu_info: null },
        { slug: "plain" },
      ],
    },
    (cloud) => cloud.listSizes(),
  );
  assertEquals(sizes.map(({ gpus, extra }) => [gpus, extra.gpuName]), [
    [8, "nvidia_h100"],
    ...Array(4).fill([undefined, undefined]),
  ]);
});

Deno.test("DigitalOceanNodeDriver sends ids with leading zeros or of 17 digits as strings", async () => {
  const number = "9007199254740991";
  const long = "12345678901234567";
  const body = (image: string | number, keys: (string | number)[]) => ({
    name: "web-1",
    size: "s-1vcpu-1gb",
    image,
    ssh_keys: keys,
  });
  const droplet = { json: { droplet: { id: 1, name: "web-1" } } };
  const attach = (id: string | number) => ({
    request: `POST /v2/volumes/${ID}/actions`,
    body: { type: "attach", droplet_id: id },
    json: { action: { id: 1 } },
  });
  using fetch = replay([
    { request: "POST /v2/droplets", body: body("007", [7, "07"]), ...droplet },
    {
      request: "POST /v2/droplets",
      body: body(long, [9007199254740991, "9007199254740992"]),
      ...droplet,
    },
    attach("007"),
    attach(7),
    attach(long),
  ]);
  const cloud = new DigitalOceanNodeDriver({ token: "t", fetch });
  const node = { name: "web-1", size: "s-1vcpu-1gb" };
  await cloud.createNode({ ...node, image: "007", keyPairs: ["7", "07"] });
  await cloud.createNode({
    ...node,
    image: long,
    keyPairs: [number, "9007199254740992"],
  });
  for (const id of ["007", "7", long]) {
    await cloud.attachVolume(ID, { node: id });
  }
});

Deno.test("DigitalOceanNodeDriver accepts a base URL with and without the version", async () => {
  const urls: string[] = [];
  const bases = [
    ...["https://api.digitalocean.com", "https://api.digitalocean.com/"],
    ...["https://api.digitalocean.com/v2", "https://api.digitalocean.com/v2/"],
    ...["https://proxy.example/do/v2", "https://proxy.example/v2/do"],
  ];
  for (const baseUrl of [...bases, undefined]) {
    const cloud = new DigitalOceanNodeDriver({
      token: "t",
      baseUrl,
      fetch: ({ url }) => {
        urls.push(url);
        return Promise.resolve(Response.json({ account: { uuid: "u" } }));
      },
    });
    await cloud.getAccount();
  }
  const usual = "https://api.digitalocean.com/v2/account";
  assertEquals(urls, [
    ...Array(4).fill(usual),
    "https://proxy.example/do/v2/account",
    "https://proxy.example/v2/do/v2/account",
    usual,
  ]);
  for (const baseUrl of [5, "api.digitalocean.com/v2", "http://x.example/v2"]) {
    const options = { token: "t", baseUrl: baseUrl as string };
    assertThrows(() => new DigitalOceanNodeDriver(options), TypeError);
  }
});

Deno.test("DigitalOceanNodeDriver.startAction() rejects a second type", async () => {
  using fetch = replay([]);
  const cloud = new DigitalOceanNodeDriver({ token: "t", fetch });
  await assertRejects(
    () => cloud.startAction("7", { type: "reboot", fields: { type: "x" } }),
    TypeError,
    "startAction: fields must be fields other than type, got an object",
  );
});
