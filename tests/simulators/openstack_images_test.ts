import { assertEquals, assertMatch } from "@std/assert";
import { type Json, logIn, NO_ID } from "./_openstack.ts";

const PATCH = {
  "content-type": "application/openstack-images-v2.1-json-patch",
};
const BYTES = { "content-type": "application/octet-stream" };

/** Starts a cloud; returns functions for its images. */
async function setUp(options?: Parameters<typeof logIn>[0]) {
  const cloud = await logIn(options);
  const { send, ok } = cloud.image;
  const create = (value: object): Promise<Json> => ok("POST /images", value);
  /** Sends a request that is refused; expects the start of the message. */
  async function refuses(
    expected: string,
    call: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<void> {
    const { status, body: { message } } = await send(call, body, headers);
    const actual = `${status} ${message}`.slice(0, expected.length);
    assertEquals([call, body, actual], [call, body, expected]);
  }
  return { ...cloud, ...cloud.image, create, refuses };
}

const names = ({ images }: Json) => images.map(({ name }: Json) => name);

Deno.test("OpenStackSimulator creates an image, which is active after its data arrived", async () => {
  const { create, ok, send, refuses, project, simulator } = await setUp();
  const created = await create({
    name: "mine",
    disk_format: "raw",
    container_format: "bare",
    os_distro: "debian",
    tags: ["b", "a", "b"],
  });
  const path = `/images/${created.id}`;
  assertEquals(
    [created.status, created.visibility, created.owner, created.size],
    ["queued", "shared", project, null],
  );
  assertEquals([created.os_distro, created.tags], ["debian", ["b", "a"]]);
  assertEquals((await send(`GET ${path}/file`)).status, 204);
  await refuses(
    "415 The request media type application/json",
    `PUT ${path}/file`,
    {},
  );
  const bytes = new TextEncoder().encode("hello");
  assertEquals((await send(`PUT ${path}/file`, bytes, BYTES)).status, 204);
  await refuses(
    "409 Image status transition from active to saving is not allowed",
    `PUT ${path}/file`,
    bytes,
    BYTES,
  );
  const image = await ok(`GET ${path}`);
  assertEquals(
    [image.status, image.size, image.checksum, image.os_hash_value.slice(0, 8)],
    ["active", 5, "5d41402abc4b2a76b9719d911017c592", "9b71d224"],
  );
  assertEquals(await ok(`GET ${path}/file`), "hello");
  assertEquals(simulator.inventory().images.at(-1)?.name, "mine");
});

/** Bodies for `POST /images`, and the starts of the errors. */
const SCHEMA = "Provided object does not match schema 'image': ";
const INVALID: readonly [string, object][] = [
  [`400 ${SCHEMA}5 is not of type 'null', 'string'`, { name: 5 }],
  [`400 ${SCHEMA}'x' is not of type 'integer'`, { min_disk: "x" }],
  [
    "400 Invalid value '-1' for parameter 'min_disk': Cannot be a negative",
    { min_disk: -1 },
  ],
  [`400 ${SCHEMA}5 is not of type 'string'`, { custom: 5 }],
  [`400 ${SCHEMA}'mars' is not one of [`, { visibility: "mars" }],
  [`400 ${SCHEMA}'mars' is not one of [None, `, { disk_format: "mars" }],
  [`400 ${SCHEMA}'no' does not match `, { id: "no" }],
  ["403 Attribute 'status' is read-only.", { status: "active" }],
  ["403 You are not permitted to create images owned by 'x'.", { owner: "x" }],
  [
    "403 You are not authorized to complete publicize_image action.",
    { visibility: "public" },
  ],
];

Deno.test("OpenStackSimulator refuses invalid images in the words of Glance", async () => {
  const { refuses, create } = await setUp();
  for (const [expected, body] of INVALID) {
    await refuses(expected, "POST /images", body);
  }
  const { id } = await create({ id: NO_ID });
  assertEquals(id, NO_ID);
  await refuses("409 Image ID", "POST /images", { id: NO_ID });
});

Deno.test("OpenStackSimulator sends errors of Glance as HTML, unless the client accepts JSON", async () => {
  const { send } = await setUp();
  const call = "POST /images";
  const html = await send(call, { name: 5 }, { accept: "*/*" });
  assertMatch(html.headers.get("content-type") ?? "", /^text\/html/);
  assertMatch(html.body, /<h1>400 Bad Request<\/h1>/);
  assertMatch(html.body, /schema &#x27;image&#x27;: 5 is not/);
  const json = await send(call, { name: 5 });
  assertEquals([json.body.code, json.body.title], [
    "400 Bad Request",
    "Bad Request",
  ]);
});

Deno.test("OpenStackSimulator patches an image, completely or not at all", async () => {
  const { create, ok, refuses, pass } = await setUp();
  const { id } = await create({ name: "a", custom: "x" });
  const path = `PATCH /images/${id}`;
  pass(5000);
  const image = await ok(path, [
    { op: "replace", path: "/name", value: "b" },
    { op: "add", path: "/a~1b", value: "y" },
    { op: "replace", path: "/tags", value: ["t"] },
    { op: "remove", path: "/custom" },
  ], PATCH);
  assertEquals(
    [image.name, image["a/b"], image.tags, "custom" in image],
    ["b", "y", ["t"], false],
  );
  assertEquals(image.updated_at, "2026-01-02T03:04:10Z");
  const cases: [string, object][] = [
    ["403 Attribute 'status' is read-only.", {
      op: "replace",
      path: "/status",
    }],
    ["403 Property name may not be removed.", { op: "remove", path: "/name" }],
    ["409 Property none does not exist.", { op: "remove", path: "/none" }],
    ["409 Property none does not exist.", { op: "replace", path: "/none" }],
    ["400 Invalid operation: `bogus`.", { op: "bogus", path: "/name" }],
    [`400 ${SCHEMA}5 is not of type 'string'`, {
      op: "add",
      path: "/other",
      value: 5,
    }],
  ];
  for (const [expected, change] of cases) {
    const first = { op: "replace", path: "/name", value: "c" };
    await refuses(expected, path, [first, change], PATCH);
  }
  assertEquals((await ok(`GET /images/${id}`)).name, "b");
  await refuses("415 The request media type application/json", path, []);
  await refuses("400 Request body must be a JSON array", path, {}, PATCH);
});

Deno.test("OpenStackSimulator deletes an image, unless it is protected or public", async () => {
  const { create, ok, refuses } = await setUp();
  const [{ id: foreign }] = (await ok("GET /images?visibility=public")).images;
  for (const method of ["DELETE", "PATCH"]) {
    await refuses(
      "403 You do not own this image",
      `${method} /images/${foreign}`,
      method === "PATCH" ? [] : undefined,
      PATCH,
    );
  }
  const { id } = await create({ protected: true });
  const path = `/images/${id}`;
  await refuses(`403 Image ${id} is protected and cannot`, `DELETE ${path}`);
  const change = { op: "replace", path: "/protected", value: false };
  await ok(`PATCH ${path}`, [change], PATCH);
  await ok(`DELETE ${path}`);
  await refuses(`404 Failed to find image ${id} to delete`, `DELETE ${path}`);
  await refuses(`404 No image found with ID ${id}`, `GET ${path}`);
});

Deno.test("OpenStackSimulator deactivates the data of an image", async () => {
  const { create, ok, refuses } = await setUp();
  const { id } = await create({});
  const path = `/images/${id}`;
  await refuses(
    "403 Not allowed to deactivate image in status 'queued'",
    `POST ${path}/actions/deactivate`,
  );
  await ok(`PUT ${path}/file`, new Uint8Array(3), BYTES);
  await ok(`POST ${path}/actions/deactivate`);
  assertEquals((await ok(`GET ${path}`)).status, "deactivated");
  await refuses(
    "403 The requested image has been deactivated",
    `GET ${path}/file`,
  );
  await ok(`POST ${path}/actions/reactivate`);
  assertEquals((await ok(`GET ${path}`)).status, "active");
});

Deno.test("OpenStackSimulator sends pages of images, the newest first", async () => {
  const { create, ok, refuses, pass } = await setUp();
  for (const name of ["a", "b", "c"]) {
    pass(1000);
    await create({ name });
  }
  const seen: string[] = [];
  let path: string | undefined = "/images?visibility=shared&limit=2";
  while (path !== undefined) {
    const page: Json = await ok(`GET ${path}`);
    seen.push(...names(page));
    assertEquals(page.first, "/v2/images?visibility=shared&limit=2");
    path = page.next?.replace(/^\/v2/, "");
  }
  assertEquals(seen, ["c", "b", "a", "Debian 13"]);
  const sorted = await ok("GET /images?visibility=shared&sort=name:asc");
  assertEquals(names(sorted), ["Debian 13", "a", "b", "c"]);
  await refuses("400 limit param must be an integer", "GET /images?limit=x");
  await refuses(
    `400 No image found with ID ${NO_ID}`,
    `GET /images?marker=${NO_ID}`,
  );
});

Deno.test("OpenStackSimulator filters images by fields, tags and properties", async () => {
  const { create, ok, refuses, project } = await setUp();
  await create({ name: "a", custom: "x", tags: ["t", "u"] });
  await create({ name: "b", os_hidden: true });
  const cases: [string, string[]][] = [
    ["name=a", ["a"]],
    ["name=in:a,z", ["a"]],
    ["tag=t&tag=u", ["a"]],
    ["tag=t&tag=z", []],
    ["custom=x", ["a"]],
    ["custom=y", []],
    ["os_hidden=true", ["b"]],
    [`owner=${project}&status=queued`, ["a"]],
    [`owner=${project}&status=active`, []],
  ];
  for (const [query, expected] of cases) {
    assertEquals([query, names(await ok(`GET /images?${query}`))], [
      query,
      expected,
    ]);
  }
  await refuses(
    "400 Invalid visibility value: mars",
    "GET /images?visibility=mars",
  );
});

Deno.test("OpenStackSimulator keeps the tags and the members of an image", async () => {
  const { create, ok, send, refuses } = await setUp();
  const { id } = await create({ name: "a" });
  const path = `/images/${id}`;
  await ok(`PUT ${path}/tags/t`);
  await ok(`PUT ${path}/tags/t`);
  assertEquals((await ok(`GET ${path}`)).tags, ["t"]);
  await ok(`DELETE ${path}/tags/t`);
  assertEquals((await send(`DELETE ${path}/tags/t`)).status, 404);
  const added = await ok(`POST ${path}/members`, { member: "p" });
  assertEquals([added.member_id, added.status], ["p", "pending"]);
  await refuses(`409 Member p is duplicated`, `POST ${path}/members`, {
    member: "p",
  });
  await refuses("403 Not allowed to update", `PUT ${path}/members/p`, {
    status: "accepted",
  });
  assertEquals((await ok(`GET ${path}/members`)).members, [added]);
  await ok(`DELETE ${path}/members/p`);
  await refuses(
    "404 p not found in the member list",
    `DELETE ${path}/members/p`,
  );
  const change = { op: "replace", path: "/visibility", value: "private" };
  await ok(`PATCH ${path}`, [change], PATCH);
  await refuses("403 Not allowed to list members", `GET ${path}/members`);
});

Deno.test("OpenStackSimulator tells the versions of services without a token", async () => {
  const { simulator } = await logIn();
  const read = async (service: string) => {
    const url = `https://${service}.openstack.example/`;
    const response = await simulator.fetch(new Request(url));
    const { versions: [{ id, links }] } = await response.json();
    return [response.status, id, links[0].href.replace(url, "")];
  };
  assertEquals(await read("glance"), [300, "v2.15", "v2/"]);
  assertEquals(await read("neutron"), [200, "v2.0", "v2.0/"]);
  assertEquals(await read("cinder"), [300, "v3.0", "v3/"]);
});
