import { assertEquals, assertMatch } from "@std/assert";
import { type Json, logIn, NO_ID } from "./_openstack.ts";

/** Starts a cloud; creates a volume of 2 GiB, which is available. */
async function setUp(options?: Parameters<typeof logIn>[0]) {
  const cloud = await logIn(options);
  const { ok } = cloud.volume;
  const create = async (value: object): Promise<Json> => {
    const { volume } = await ok("POST /volumes", {
      volume: { size: 2, ...value },
    });
    cloud.pass(100);
    return volume;
  };
  return { ...cloud, ...cloud.volume, create };
}

const version = (minor: number) => ({
  "openstack-api-version": `volume 3.${minor}`,
});

Deno.test("OpenStackSimulator creates a volume, which is available after a while", async () => {
  const { ok, pass, project, simulator } = await setUp();
  const { volume } = await ok("POST /volumes", {
    volume: { size: "1", name: "data", metadata: { a: "b" } },
  });
  assertEquals(
    [volume.status, volume.size, volume.metadata, volume.updated_at],
    ["creating", 1, { a: "b" }, null],
  );
  assertEquals(
    volume.links[0].href,
    `https://cinder.openstack.example/v3/${project}/volumes/${volume.id}`,
  );
  pass(99);
  const read = async () => (await ok(`GET /volumes/${volume.id}`)).volume;
  assertEquals((await read()).status, "creating");
  pass(1);
  const { status, created_at, updated_at, ...rest } = await read();
  assertEquals([status, created_at, updated_at], [
    "available",
    "2026-01-02T03:04:05.000000",
    "2026-01-02T03:04:05.100000",
  ]);
  assertEquals(rest["os-vol-tenant-attr:tenant_id"], project);
  assertEquals(simulator.inventory().volumes.map(({ name }) => name), ["data"]);
});

Deno.test("OpenStackSimulator lets a volume or a snapshot fail", async () => {
  const fails: string[] = [];
  const { ok, create, pass } = await setUp({
    fails: ({ kind }) => {
      fails.push(kind);
      return fails.length > 1;
    },
  });
  const { id: volume_id } = await create({});
  const { snapshot } = await ok("POST /snapshots", { snapshot: { volume_id } });
  pass(100);
  const { id } = await create({});
  assertEquals(fails, ["volume", "snapshot", "volume"]);
  const shown = [
    (await ok(`GET /volumes/${volume_id}`)).volume,
    (await ok(`GET /snapshots/${snapshot.id}`)).snapshot,
    (await ok(`GET /volumes/${id}`)).volume,
  ];
  assertEquals(shown.map(({ status }) => status), [
    "available",
    "error",
    "error",
  ]);
});

/** Bodies for `POST /volumes`, and the errors. */
const INVALID: readonly [string, object][] = [
  ["400 'volume' is a required property", {}],
  [
    "400 The server could not comply with the request since it is either " +
    "malformed or otherwise incorrect.",
    { volume: {} },
  ],
  [
    "400 Invalid input for field/attribute size. Value: 0. 0 is less than " +
    "the minimum of 1",
    { volume: { size: 0 } },
  ],
  [
    "400 Invalid input for field/attribute size. Value: x. 'x' does not match " +
    "'^[0-9]+$'",
    { volume: { size: "x" } },
  ],
  [
    "400 Availability zone 'mars' is invalid.",
    { volume: { size: 1, availability_zone: "mars" } },
  ],
  [
    "404 Volume type with name mars could not be found.",
    { volume: { size: 1, volume_type: "mars" } },
  ],
  [
    "400 Invalid image identifier or unable to access requested image.",
    { volume: { size: 1, imageRef: NO_ID } },
  ],
  [
    `404 Snapshot ${NO_ID} could not be found.`,
    { volume: { size: 1, snapshot_id: NO_ID } },
  ],
  [
    "400 Invalid input for field/attribute snapshot_id. Value: no. 'no' is " +
    "not valid under any of the given schemas",
    { volume: { size: 1, snapshot_id: "no" } },
  ],
  [
    `404 Volume ${NO_ID} could not be found.`,
    { volume: { size: 1, source_volid: NO_ID } },
  ],
];

Deno.test("OpenStackSimulator refuses invalid volumes in the words of Cinder", async () => {
  const { refuses } = await setUp();
  for (const [expected, body] of INVALID) {
    await refuses(expected, "POST /volumes", body);
  }
  await refuses(
    `404 Volume ${NO_ID} could not be found.`,
    `GET /volumes/${NO_ID}`,
  );
});

Deno.test("OpenStackSimulator sends pages of volumes, the newest first", async () => {
  const { ok, create, refuses } = await setUp({ largestPage: 2 });
  for (const name of ["a", "b", "c"]) await create({ name });
  const seen: string[] = [];
  let path: string | undefined = "/volumes/detail";
  while (path !== undefined) {
    const { volumes, volumes_links }: Json = await ok(`GET ${path}`);
    seen.push(...volumes.map(({ name }: Json) => name));
    path = volumes_links?.[0].href.replace(/^.*(?=\/volumes)/, "");
  }
  assertEquals(seen, ["c", "b", "a"]);
  const [short] = (await ok("GET /volumes?sort=created_at:asc")).volumes;
  assertEquals([Object.keys(short), short.name], [
    ["id", "name", "links"],
    "a",
  ]);
  const { volumes } = await ok("GET /volumes/detail?name=b&status=available");
  assertEquals(volumes.map(({ name }: Json) => name), ["b"]);
  await refuses("400 limit param must be an integer", "GET /volumes?limit=x");
  await refuses(
    `404 Volume ${NO_ID} could not be found.`,
    `GET /volumes?marker=${NO_ID}`,
  );
});

Deno.test("OpenStackSimulator changes the name of a volume, but not its size", async () => {
  const { ok, create, send } = await setUp();
  const { id } = await create({ name: "a" });
  const path = `PUT /volumes/${id}`;
  const { volume } = await ok(path, {
    volume: { name: "b", description: "d" },
  });
  assertEquals([volume.name, volume.description], ["b", "d"]);
  const { status, body } = await send(path, { volume: { size: 9 } });
  assertEquals(status, 400);
  assertMatch(body.badRequest.message, /'size' was unexpected/);
});

Deno.test("OpenStackSimulator extends a volume; in use from microversion 3.42", async () => {
  const { ok, send, create, pass, compute, image, refuses } = await setUp();
  const { id } = await create({});
  const path = `POST /volumes/${id}/action`;
  const size = (new_size: unknown) => ({ "os-extend": { new_size } });
  await refuses(
    "400 Invalid input received: New size for extend must be greater than " +
      "current size. (current: 2, extended: 2).",
    path,
    size(2),
  );
  assertEquals((await send(path, size("3"))).status, 202);
  const read = async () => (await ok(`GET /volumes/${id}`)).volume;
  assertEquals((await read()).status, "extending");
  pass(10);
  const after = await read();
  assertEquals([after.status, after.size], ["available", 3]);
  const { flavors } = await compute.ok("GET /flavors");
  const { images } = await image.ok("GET /images");
  const { server } = await compute.ok("POST /servers", {
    server: { name: "n", flavorRef: flavors[0].id, imageRef: images[0].id },
  });
  pass(100);
  await compute.ok(`POST /servers/${server.id}/os-volume_attachments`, {
    volumeAttachment: { volumeId: id },
  });
  assertEquals((await read()).status, "attaching");
  pass(10);
  const used = await read();
  assertEquals([used.status, used.attachments[0].server_id], [
    "in-use",
    server.id,
  ]);
  assertEquals((await send(path, size(4))).status, 400);
  assertEquals((await send(`DELETE /volumes/${id}`)).status, 400);
  assertEquals((await send(path, size(4), version(42))).status, 202);
  pass(10);
  assertEquals((await read()).status, "in-use");
  await compute.ok(`DELETE /servers/${server.id}/os-volume_attachments/${id}`);
  assertEquals((await read()).status, "detaching");
  pass(10);
  assertEquals((await read()).attachments, []);
});

Deno.test("OpenStackSimulator has the other actions of volumes", async () => {
  const { send, create, ok, refuses } = await setUp();
  const { id } = await create({});
  const path = `POST /volumes/${id}/action`;
  const bootable = { "os-set_bootable": { bootable: true } };
  assertEquals((await send(path, bootable)).status, 200);
  const readonly = { "os-update_readonly_flag": { readonly: true } };
  assertEquals((await send(path, readonly)).status, 202);
  const { volume } = await ok(`GET /volumes/${id}`);
  assertEquals([volume.bootable, volume.metadata], [
    "true",
    { readonly: "True" },
  ]);
  await refuses(
    "403 Policy doesn't allow volume_extension:volume_admin_actions:" +
      "reset_status to be performed.",
    path,
    { "os-reset_status": { status: "error" } },
  );
  await refuses("404 Volume type with name mars could not be found.", path, {
    "os-retype": { new_type: "mars" },
  });
  await refuses(
    "400 There is no such action: bogus. Verify the request body and " +
      "Content-Type header and try again.",
    path,
    { bogus: {} },
  );
});

Deno.test("OpenStackSimulator takes snapshots, of which new volumes are made", async () => {
  const { ok, send, create, pass, refuses } = await setUp();
  const source = await create({});
  const { snapshot } = await ok("POST /snapshots", {
    snapshot: { volume_id: source.id, name: "s" },
  });
  assertEquals([snapshot.status, snapshot.size], ["creating", 2]);
  pass(100);
  const path = `/snapshots/${snapshot.id}`;
  const read = (await ok(`GET ${path}`)).snapshot;
  assertEquals(
    [read.status, read["os-extended-snapshot-attributes:progress"]],
    ["available", "100%"],
  );
  const list = await ok(`GET /snapshots/detail?volume_id=${source.id}`);
  assertEquals(list.snapshots, [read]);
  const renamed = await ok(`PUT ${path}`, { snapshot: { name: "t" } });
  assertEquals(renamed.snapshot.name, "t");
  assertEquals((await send(`DELETE /volumes/${source.id}`)).status, 400);
  const copy = { snapshot_id: snapshot.id, size: undefined };
  const volume = await create(copy);
  assertEquals([volume.size, volume.snapshot_id], [2, snapshot.id]);
  await refuses(
    "400 Invalid input received: Volume size '1'GB cannot be smaller than " +
      "original volume size  2GB. They must be >= original volume size.",
    "POST /volumes",
    { volume: { ...copy, size: 1 } },
  );
  assertEquals((await send(`DELETE ${path}`)).status, 202);
  pass(10);
  await refuses(
    `404 Snapshot ${snapshot.id} could not be found.`,
    `GET ${path}`,
  );
  assertEquals((await send(`DELETE /volumes/${source.id}`)).status, 202);
  assertEquals(
    (await ok(`GET /volumes/${source.id}`)).volume.status,
    "deleting",
  );
  pass(10);
  assertEquals((await send(`GET /volumes/${source.id}`)).status, 404);
});

Deno.test("OpenStackSimulator makes a bootable volume of an image", async () => {
  const { ok, image, pass, refuses } = await setUp();
  const [{ id, name, min_disk }] = (await image.ok("GET /images")).images;
  const { volume } = await ok("POST /volumes", {
    volume: { size: min_disk + 1, imageRef: id },
  });
  assertEquals([volume.bootable, volume.status], ["true", "downloading"]);
  pass(100);
  const read = (await ok(`GET /volumes/${volume.id}`)).volume;
  assertEquals(read.volume_image_metadata.image_name, name);
  await image.ok(
    "POST /images",
    { name: "big", min_disk: 9, disk_format: "raw", container_format: "bare" },
  );
  const big = (await image.ok("GET /images?name=big&status=queued")).images[0];
  const body = { volume: { size: 1, imageRef: big.id } };
  await refuses(
    "400 Invalid image identifier or unable to access requested image.",
    "POST /volumes",
    body,
  );
  await image.ok(`PUT /images/${big.id}/file`, new Uint8Array(5), {
    "content-type": "application/octet-stream",
  });
  await refuses(
    "400 Invalid input received: Volume size 1GB cannot be smaller than the " +
      "image minDisk size 9GB.",
    "POST /volumes",
    body,
  );
});

Deno.test("OpenStackSimulator has microversions of Cinder up to 3.70", async () => {
  const { send, create } = await setUp();
  const { id } = await create({});
  const path = `GET /volumes/${id}`;
  const fields = [
    "group_id",
    "service_uuid",
    "volume_type_id",
    "consumes_quota",
  ];
  for (
    const [minor, count] of [[0, 0], [13, 1], [48, 2], [63, 3], [
      70,
      4,
    ]] as const
  ) {
    const { body, headers } = await send(path, undefined, version(minor));
    const shown = fields.filter((field) => field in body.volume);
    assertEquals([minor, shown.length], [minor, count]);
    assertEquals(headers.get("openstack-api-version"), `volume 3.${minor}`);
  }
  const refused = await send(path, undefined, version(99));
  assertEquals([refused.status, Object.keys(refused.body)], [
    406,
    ["computeFault"],
  ]);
  assertEquals(
    refused.headers.get("openstack-api-version"),
    "volume 3.99",
  );
});

Deno.test("OpenStackSimulator refuses volumes and snapshots above the quotas", async () => {
  const { ok, create, refuses, send, project } = await setUp({
    quotas: { volumes: 2, snapshots: 0, gigabytes: 5 },
  });
  const { id: volume_id } = await create({});
  await refuses(
    "413 VolumeSizeExceedsAvailableQuota: Requested volume or snapshot " +
      "exceeds allowed gigabytes quota. Requested 4G, quota is 5G and 2G has " +
      "been consumed.",
    "POST /volumes",
    { volume: { size: 4 } },
  );
  await refuses(
    "413 SnapshotLimitExceeded: Maximum number of snapshots allowed (0) " +
      "exceeded.",
    "POST /snapshots",
    { snapshot: { volume_id } },
  );
  await create({});
  const refused = await send("POST /volumes", { volume: { size: 1 } });
  assertEquals([refused.status, refused.headers.get("retry-after")], [
    413,
    "0",
  ]);
  assertEquals(refused.body.overLimit.retryAfter, "0");
  const { quota_set } = await ok(`GET /os-quota-sets/${project}?usage=True`);
  assertEquals(quota_set.gigabytes, { limit: 5, in_use: 4, reserved: 0 });
  const { limits: { absolute } } = await ok("GET /limits");
  assertEquals(
    [absolute.maxTotalVolumes, absolute.totalVolumesUsed],
    [2, 2],
  );
});
