import { assertEquals, assertMatch } from "@std/assert";
import { type Json, logIn, NO_ID } from "./_openstack.ts";

const version = (minor: number) => ({
  "openstack-api-version": `compute 2.${minor}`,
});

/** Starts a cloud; requests to Nova have the newest microversion. */
async function setUp(options?: Parameters<typeof logIn>[0]) {
  const cloud = await logIn(options);
  const { compute, image, pass } = cloud;
  const newest = version(93);
  const ok = (call: string, body?: unknown, headers = newest) =>
    compute.ok(call, body, headers);
  const refuses = (expected: string, call: string, body?: unknown) =>
    compute.refuses(expected, call, body, newest);
  const { images: [{ id: imageRef }] } = await image.ok("GET /images");
  const draft = { name: "web-1", flavorRef: "1", imageRef, networks: "auto" };
  const create = async (fields: object = {}): Promise<string> =>
    (await ok("POST /servers", { server: { ...draft, ...fields } })).server.id;
  return {
    ...cloud,
    ok,
    refuses,
    draft,
    create,
    /** Creates a server that runs. */
    async running(fields?: object): Promise<string> {
      const id = await create(fields);
      pass(100);
      return id;
    },
    /** Status, state of the virtual machine, and task of a server. */
    async states(id: string): Promise<Json[]> {
      const { server } = await ok(`GET /servers/${id}`);
      return ["status", "OS-EXT-STS:vm_state", "OS-EXT-STS:task_state"]
        .map((key) => server[key]);
    },
  };
}

Deno.test("OpenStackSimulator builds a server, whose addresses come late", async () => {
  const { ok, pass, draft, simulator } = await setUp({ addressMs: 50 });
  const { server: created } = await ok("POST /servers", { server: draft });
  assertEquals(
    Object.keys(created).sort(),
    ["OS-DCF:diskConfig", "adminPass", "id", "links", "security_groups"],
  );
  const read = async () => (await ok(`GET /servers/${created.id}`)).server;
  const building = await read();
  assertEquals(
    [building.status, building.addresses, building.security_groups],
    ["BUILD", {}, undefined],
  );
  pass(100);
  const { status, addresses } = await read();
  assertEquals([status, addresses], ["ACTIVE", {}]);
  pass(50);
  const [address] = (await read()).addresses.private;
  assertMatch(address.addr, /^10\.\d+\.\d+\.\d+$/);
  assertEquals(
    (await ok(`GET /servers/${created.id}/ips/private`)).private,
    [{ version: 4, addr: address.addr }],
  );
  await ok(`DELETE /servers/${created.id}`);
  assertEquals((await read())["OS-EXT-STS:task_state"], "deleting");
  assertEquals(
    simulator.inventory().nodes.map(({ isDestroyed }) => isDestroyed),
    [true],
  );
  pass(10);
  assertEquals((await ok("GET /servers")).servers, []);
});

Deno.test("OpenStackSimulator lets a server fail with a fault", async () => {
  const { ok, running } = await setUp({ fails: () => true });
  const { server } = await ok(`GET /servers/${await running()}`);
  assertEquals([server.status, server.fault.code], ["ERROR", 500]);
  assertMatch(server.fault.message, /^No valid host was found/);
});

Deno.test("OpenStackSimulator refuses invalid servers in the words of Nova", async () => {
  const { compute, draft, ok } = await setUp({ serverLimit: 1 });
  const invalid: readonly (readonly [object, number, RegExp])[] = [
    [{ zzz: 1 }, 400, /Additional properties are not allowed \('zzz' was/],
    [{ name: "" }, 400, /'' is too short$/],
    [{ flavorRef: "x" }, 400, /^Flavor x could not be found\.$/],
    [{ imageRef: NO_ID }, 400, /^Can not find requested image$/],
    [{ imageRef: undefined }, 400, /^Missing imageRef attribute$/],
    [{ networks: undefined }, 400, /'networks' is a required property$/],
    [{ key_name: "x" }, 400, /^Invalid key_name provided\.$/],
    [{ availability_zone: "x" }, 400, /availability zone is not available$/],
    [{ user_data: "A".repeat(65_536) }, 400, /too long$/],
    [{ tags: ["a,b"] }, 400, /tags/],
    [{ min_count: 0 }, 400, /0 is less than the minimum of 1$/],
    [{ config_drive: "x" }, 400, /'x' is not one of/],
    [{ min_count: 2 }, 403, /Requested 2, but already used 0 of 1 instances$/],
  ];
  for (const [fields, status, message] of invalid) {
    const server = { ...draft, ...fields };
    const { body, ...response } = await compute.send(
      "POST /servers",
      { server },
      version(93),
    );
    const [fault] = Object.values<Json>(body);
    assertEquals([fields, response.status], [fields, status]);
    assertMatch(fault.message, message);
  }
  assertEquals((await ok("GET /servers")).servers, []);
});

Deno.test("OpenStackSimulator creates several servers at once", async () => {
  const { ok, create } = await setUp();
  await create({ min_count: 2, max_count: 3, metadata: { a: "b" } });
  const { servers } = await ok(
    "GET /servers/detail?sort_key=display_name&sort_dir=asc",
  );
  assertEquals(
    servers.map(({ name, metadata }: Json) => [name, metadata.a]),
    [["web-1-1", "b"], ["web-1-2", "b"], ["web-1-3", "b"]],
  );
});

/** Actions in order: body, status meanwhile, task meanwhile, status at the end. */
const ACTIONS: readonly (readonly [object, string, string, string])[] = [
  [{ reboot: { type: "SOFT" } }, "REBOOT", "rebooting", "ACTIVE"],
  [{ reboot: { type: "HARD" } }, "HARD_REBOOT", "rebooting_hard", "ACTIVE"],
  [{ pause: null }, "ACTIVE", "pausing", "PAUSED"],
  [{ unpause: null }, "PAUSED", "unpausing", "ACTIVE"],
  [{ suspend: null }, "ACTIVE", "suspending", "SUSPENDED"],
  [{ resume: null }, "SUSPENDED", "resuming", "ACTIVE"],
  [{ shelve: null }, "ACTIVE", "shelving", "SHELVED_OFFLOADED"],
  [{ unshelve: null }, "SHELVED_OFFLOADED", "unshelving", "ACTIVE"],
  [{ rescue: {} }, "ACTIVE", "rescuing", "RESCUE"],
  [{ unrescue: null }, "RESCUE", "unrescuing", "ACTIVE"],
  [{ "os-stop": null }, "ACTIVE", "powering-off", "SHUTOFF"],
  [{ "os-start": null }, "SHUTOFF", "powering-on", "ACTIVE"],
  [{ resize: { flavorRef: "2" } }, "RESIZE", "resize_prep", "VERIFY_RESIZE"],
  [{ revertResize: null }, "REVERT_RESIZE", "resize_reverting", "ACTIVE"],
];

Deno.test("OpenStackSimulator acts on servers, whose states change with it", async () => {
  const { ok, pass, compute, running, states } = await setUp();
  const id = await running();
  const act = (body: object) =>
    compute.send(`POST /servers/${id}/action`, body, version(93));
  for (const [body, status, task, end] of ACTIONS) {
    await ok(`POST /servers/${id}/action`, body);
    const [meanwhile, , taskMeanwhile] = await states(id);
    assertEquals([body, meanwhile, taskMeanwhile], [body, status, task]);
    assertEquals((await act(body)).status, 409);
    pass(10);
    const [atEnd, , noTask] = await states(id);
    assertEquals([body, atEnd, noTask], [body, end, null]);
  }
  const { server } = await ok(`GET /servers/${id}`, undefined, version(46));
  assertEquals(server.flavor.id, "1");
  assertEquals((await act({ confirmResize: null })).status, 409);
  await ok(`POST /servers/${id}/action`, { resize: { flavorRef: "2" } });
  pass(10);
  assertEquals((await act({ confirmResize: null })).status, 204);
  assertEquals(
    (await ok(`GET /servers/${id}`, undefined, version(46))).server.flavor.id,
    "2",
  );
});

Deno.test("OpenStackSimulator refuses actions that the state or a lock forbids", async () => {
  const { ok, refuses, running } = await setUp();
  const id = await running();
  const action = `POST /servers/${id}/action`;
  await refuses(
    `409 Cannot 'start' instance ${id} while it is in vm_state active`,
    action,
    { "os-start": null },
  );
  await refuses(
    "400 When resizing, instances must change flavor!",
    action,
    { resize: { flavorRef: "1" } },
  );
  await refuses("400 There is no such action: zzz", action, { zzz: null });
  await refuses("400 Malformed request body", action, {});
  await ok(action, { lock: { locked_reason: "audit" } });
  const { server } = await ok(`GET /servers/${id}`);
  assertEquals([server.locked, server.locked_reason], [true, "audit"]);
  const locked = `409 Instance ${id} is locked`;
  await refuses(locked, action, { "os-stop": null });
  await refuses(locked, `DELETE /servers/${id}`);
  await ok(action, { unlock: null });
  await ok(action, { forceDelete: null });
});

Deno.test("OpenStackSimulator shows each microversion of a server", async () => {
  const { ok, running, compute } = await setUp();
  const id = await running();
  const keysAt = async (minor: number) =>
    Object.keys(
      (await ok(`GET /servers/${id}`, undefined, version(minor))).server,
    );
  const added = async (minor: number) => {
    const before = await keysAt(minor - 1);
    return (await keysAt(minor)).filter((key) => !before.includes(key));
  };
  assertEquals(await added(9), ["locked"]);
  assertEquals(await added(19), ["description"]);
  assertEquals(await added(26), ["tags"]);
  assertEquals(await added(63), ["trusted_image_certificates"]);
  assertEquals(await added(71), ["server_groups"]);
  assertEquals(await added(73), ["locked_reason"]);
  assertEquals(await added(90), ["OS-EXT-SRV-ATTR:hostname"]);
  const flavorAt = async (minor: number) =>
    Object.keys(
      (await ok(`GET /servers/${id}`, undefined, version(minor))).server.flavor,
    );
  assertEquals(await flavorAt(46), ["id", "links"]);
  assertEquals((await flavorAt(47)).includes("id"), false);

  const { headers } = await compute.send(
    "GET /servers",
    undefined,
    version(46),
  );
  assertEquals(headers.get("openstack-api-version"), "compute 2.46");
  assertEquals(
    headers.get("x-compute-request-id"),
    headers.get("x-openstack-request-id"),
  );
  const statusOf = async (name: string) =>
    (await compute.send("GET /servers", undefined, {
      "openstack-api-version": `compute ${name}`,
    })).status;
  assertEquals(
    [await statusOf("latest"), await statusOf("2.94"), await statusOf("2.x")],
    [200, 406, 400],
  );
});

Deno.test("OpenStackSimulator shows fewer fields after a change, before 2.75", async () => {
  const { ok, running } = await setUp();
  const id = await running({ name: "web-1" });
  const image = (await ok(`GET /servers/${id}`)).server.image.id;
  const rename = async (minor: number) =>
    (await ok(
      `PUT /servers/${id}`,
      { server: { name: "web" } },
      version(minor),
    ))
      .server;
  const shown = await rename(75);
  const before = await rename(74);
  assertEquals(
    Object.keys(shown).filter((name) => !(name in before)).sort(),
    [
      "OS-EXT-AZ:availability_zone",
      "OS-EXT-STS:power_state",
      "OS-EXT-STS:task_state",
      "OS-EXT-STS:vm_state",
      "OS-SRV-USG:launched_at",
      "OS-SRV-USG:terminated_at",
      "config_drive",
      "key_name",
      "os-extended-volumes:volumes_attached",
      "security_groups",
      "server_groups",
    ],
  );
  const [addresses] = Object.values(before.addresses) as Json[];
  assertEquals(Object.keys(addresses[0]), ["version", "addr"]);
  const rebuild = { rebuild: { imageRef: image } };
  const { server } = await ok(
    `POST /servers/${id}/action`,
    rebuild,
    version(54),
  );
  assertEquals("key_name" in server, true);
  assertEquals("config_drive" in server, false);
});

Deno.test("OpenStackSimulator sends pages of servers, whose links may name an internal host", async () => {
  const { ok, refuses } = await setUp({
    nodes: 5,
    largestPage: 2,
    linkHost: "10.1.2.3:8774",
  });
  const first = await ok("GET /servers/detail?limit=1000");
  const [{ rel, href }] = first.servers_links;
  const marker = first.servers[1].id;
  assertEquals([first.servers.length, rel], [2, "next"]);
  assertEquals(
    href,
    `http://10.1.2.3:8774/v2.1/servers/detail?limit=1000&marker=${marker}`,
  );
  const names: string[] = [];
  for (let query = "";;) {
    const page = await ok(`GET /servers${query}`);
    names.push(...page.servers.map(({ name }: Json) => name));
    if (page.servers_links === undefined) break;
    query = new URL(page.servers_links[0].href).search;
  }
  assertEquals(names, [5, 4, 3, 2, 1].map((number) => `node-${number}`));
  await refuses(
    `400 marker [${NO_ID}] not found`,
    `GET /servers?marker=${NO_ID}`,
  );
});

Deno.test("OpenStackSimulator filters servers, and refuses unknown parameters", async () => {
  const { ok, compute, running } = await setUp();
  const id = await running({ name: "db-1", tags: ["x", "y"] });
  await running({ name: "web-1" });
  await ok(`POST /servers/${id}/action`, { pause: null });
  const named = async (query: string) =>
    (await ok(`GET /servers?${query}`)).servers.map(({ name }: Json) => name);
  assertEquals(await named("name=^db"), ["db-1"]);
  assertEquals(await named("tags=x,y"), ["db-1"]);
  assertEquals(await named("status=active&flavor=1"), ["web-1", "db-1"]);
  assertEquals(await named("changes-since=2027-01-01T00:00:00Z"), []);
  const statusOf = async (query: string, minor = 93) =>
    (await compute.send(`GET /servers?${query}`, undefined, version(minor)))
      .status;
  assertEquals(
    [await statusOf("zzz=1"), await statusOf("zzz=1", 74)],
    [400, 200],
  );
  assertEquals(
    [
      await statusOf("status=zzz"),
      await statusOf("sort_key=zzz"),
      await statusOf("all_tenants=1"),
    ],
    [400, 400, 403],
  );
});

Deno.test("OpenStackSimulator keeps metadata and tags of servers", async () => {
  const { ok, refuses, running } = await setUp();
  const server = `/servers/${await running({ metadata: { a: "b" } })}`;
  await ok(`POST ${server}/metadata`, { metadata: { c: "d" } });
  await ok(`PUT ${server}/metadata/e`, { meta: { e: "f" } });
  await ok(`DELETE ${server}/metadata/a`);
  assertEquals(await ok(`GET ${server}/metadata`), {
    metadata: { c: "d", e: "f" },
  });
  assertEquals(await ok(`GET ${server}/metadata/e`), { meta: { e: "f" } });
  await refuses("404 Metadata item was not found", `GET ${server}/metadata/a`);
  await ok(`PUT ${server}/tags`, { tags: ["x"] });
  await ok(`PUT ${server}/tags/y`);
  await ok(`DELETE ${server}/tags/x`);
  await ok(`GET ${server}/tags/y`);
  assertEquals(await ok(`GET ${server}/tags`), { tags: ["y"] });
});

Deno.test("OpenStackSimulator returns the private key of a new key pair once", async () => {
  const { ok, refuses, compute } = await setUp();
  const body = { keypair: { name: "me" } };
  const { keypair } = await ok("POST /os-keypairs", body, version(46));
  assertMatch(keypair.private_key, /^-----BEGIN RSA PRIVATE KEY-----\n/);
  assertEquals(
    (await ok("GET /os-keypairs")).keypairs
      .map(({ keypair }: Json) => [keypair.name, keypair.private_key]),
    [["me", undefined]],
  );
  const again = await compute.send("POST /os-keypairs", body, version(46));
  assertEquals(again.status, 409);
  const generated = await compute.send("POST /os-keypairs", body, version(93));
  assertMatch(generated.body.badRequest.message, /'public_key' is a required/);
  await ok("DELETE /os-keypairs/me");
  const { itemNotFound } = (await compute.send("GET /os-keypairs/me")).body;
  assertMatch(itemNotFound.message, /^Keypair me not found for user \w+$/);
  await refuses("404 Flavor x could not be found.", "GET /flavors/x");
});
