/**
 * Runs SoftLayer's own Python client and command line against the simulator over
 * loopback, as independent clients, and compares what they see with what
 * `SoftLayerNodeDriver` sees. Both use REST. Libcloud's driver uses XML-RPC,
 * which the simulator does not speak.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { SoftLayerNodeDriver } from "../../drivers/softlayer/compute.ts";
import {
  SoftLayerSimulator,
  type SoftLayerSimulatorOptions,
} from "../../simulators/softlayer/mod.ts";
import { startLibcloud } from "../_support/libcloud.ts";
import { needs } from "../_support/needs.ts";
import { serve } from "../_support/serve.ts";

const SLCLI = "/usr/bin/slcli";
const CREDENTIALS = { username: "SL232298", apiKey: "k3y" };
const KEY =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGFtZXhhbXBsZWtleWFtZXhhbXBsZWtleWFtZXhhbXBs me@example.com";

// deno-lint-ignore no-explicit-any -- results of the client are read without types
type Json = any;

/** Starts the simulator on loopback, and a process of the client. */
function setUp(options: SoftLayerSimulatorOptions = {}, key?: string) {
  const simulator = new SoftLayerSimulator({ ...CREDENTIALS, ...options });
  const server = serve(simulator.fetch);
  const baseUrl = `${server.url}/rest/v3.1`;
  const { username, apiKey } = CREDENTIALS;
  const args = [baseUrl, username, key ?? apiKey];
  const client = startLibcloud("softlayer_client.py", args);
  return {
    simulator,
    baseUrl,
    ours: new SoftLayerNodeDriver({ ...CREDENTIALS, baseUrl }),
    call: (name: string, args: unknown[] = [], options: object = {}) =>
      client.call<Json>(name, args, options as Record<string, unknown>),
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

const test = (name: string, fn: () => Promise<void>) =>
  Deno.test({
    ...needs(name, { commands: [SLCLI], python: ["SoftLayer"] }),
    fn,
  });

test("SoftLayer's client creates, changes and cancels a server that the driver sees alike", async () => {
  await using api = setUp({ nodes: 1, createMs: 20, actionMs: 0 });
  const { call, ours, simulator } = api;
  const key = await call("add_key", [KEY, "you"], { notes: "n" });
  const order = {
    hostname: "db-1",
    domain: "example.org",
    cpus: 2,
    memory: 4096,
    disks: [100],
    local_disk: true,
    hourly: false,
    datacenter: "ams01",
    os_code: "DEBIAN_12_64",
    nic_speed: 1000,
    userdata: "hello",
    post_uri: "https://example.com/a.sh",
    private: false,
    ssh_keys: [key.id],
    tags: "env:prod,web",
  };
  const template = await call("verify", [], order);
  assertEquals(template.virtualGuests, [
    { hostname: "db-1", domain: "example.org" },
  ]);
  const { id } = await call("create", [], order);
  assertEquals(await call("wait", [id], { limit: 10, delay: 0.02 }), true);
  const theirs = await call("get", [id]);
  const node = await ours.getNode(String(id));
  assertEquals(
    {
      id: node.id,
      name: node.name,
      state: node.state,
      publicIps: node.publicIps,
      privateIps: node.privateIps,
      createdAt: node.createdAt,
      sizeId: node.sizeId,
      imageId: node.imageId,
      locationId: node.locationId,
      tags: node.tags,
      domain: node.extra.domain,
      provisionedAt: node.extra.provisionedAt,
      isHourly: node.extra.isHourly,
    },
    {
      id: String(theirs.id),
      name: theirs.hostname,
      state: "running",
      publicIps: [theirs.primaryIpAddress],
      privateIps: [theirs.primaryBackendIpAddress],
      createdAt: toUtc(theirs.createDate),
      sizeId: "5",
      imageId: theirs.operatingSystem.softwareLicense.softwareDescription
        .referenceCode,
      locationId: theirs.datacenter.name,
      tags: { env: "prod", web: "" },
      domain: theirs.domain,
      provisionedAt: toUtc(theirs.provisionDate),
      isHourly: theirs.hourlyBillingFlag,
    },
  );
  assertEquals(theirs.powerState.keyName, "RUNNING");
  assertEquals(theirs.userData, [{ value: "hello" }]);
  assertEquals(theirs.networkComponents[0].maxSpeed, 1000);
  assertEquals(theirs.postInstallScriptUri, "https://example.com/a.sh");
  assertEquals(await ours.getLogins(node), theirs.operatingSystem.passwords);
  await call("edit", [id], { hostname: "db-2", tags: "web" });
  const renamed = await ours.getNode(node);
  assertEquals([renamed.name, renamed.tags], ["db-2", { web: "" }]);
  assertEquals(await call("upgrade", [id], { cpus: 4, memory: 8 }), true);
  assertEquals((await ours.getNode(node)).sizeId, "8");
  assertEquals(await call("cancel", [id]), true);
  await assertRejects(
    async () => await call("get", [id]),
    Error,
    `SoftLayerAPIError: SoftLayerAPIError(404): Unable to find object with id of '${id}'.`,
  );
  assertEquals(simulator.inventory().nodes.length, 1);
});

test("SoftLayer's client sees what the driver creates and changes", async () => {
  await using api = setUp({ createMs: 0, actionMs: 0 });
  const { call, ours } = api;
  const keyPair = await ours.importKeyPair({ name: "me", publicKey: KEY });
  const node = await ours.createNode({
    name: "node-1",
    domain: "example.org",
    size: "B1_2X4X100",
    image: "UBUNTU_24_64",
    location: "dal13",
    keyPairs: [keyPair],
    tags: { env: "prod" },
    userData: "#!/bin/sh",
    privateNetworkOnly: true,
  });
  const id = Number(node.id);
  const theirs = await call("get", [id]);
  assertEquals(theirs.fullyQualifiedDomainName, "node-1.example.org");
  assertEquals(theirs.billingItem.orderItem.preset.keyName, "B1_2X4X100");
  assertEquals([theirs.maxCpu, theirs.maxMemory], [2, 4096]);
  assertEquals(theirs.privateNetworkOnlyFlag, true);
  assertEquals(theirs.primaryIpAddress, undefined);
  assertEquals(theirs.tagReferences.map((it: Json) => it.tag.name), [
    "env:prod",
  ]);
  await ours.renameNode(node, { name: "node-2" });
  await ours.stopNode(node);
  const halted = await call("get", [id]);
  assertEquals([halted.hostname, halted.powerState.keyName], [
    "node-2",
    "HALTED",
  ]);
  const [key] = await call("list_keys", [], { label: "me" });
  assertEquals([String(key.id), key.key, key.fingerprint], [
    keyPair.id,
    keyPair.publicKey,
    keyPair.fingerprint,
  ]);
  const found = await call("list", [], {
    tags: ["env:prod"],
    cpus: 2,
    datacenter: "dal13",
    hostname: "node*",
  });
  assertEquals(found.map((it: Json) => it.id), [id]);
  assertEquals(await call("list", [], { hostname: "db*" }), []);
  await ours.deleteKeyPair(keyPair);
  await ours.destroyNode(node);
  assertEquals(await call("list"), []);
  assertEquals(await call("list_keys"), []);
});

test("SoftLayer's client reads lists page by page, as the driver does", async () => {
  await using api = setUp({ nodes: 25 });
  const { call, ours } = api;
  const theirs = await call("iterate", [
    "Account",
    "getVirtualGuests",
    10,
  ], { mask: "mask[id,hostname]" });
  const nodes = await ours.listNodes({ pageSize: 10 });
  assertEquals(theirs.length, 25);
  // Without an order, the newest come first.
  assertEquals(
    theirs.map((it: Json) => String(it.id)),
    nodes.map(({ id }) => id).reverse(),
  );
});

test("SoftLayer's client makes an image, from which the driver creates a node", async () => {
  await using api = setUp({ nodes: 1, createMs: 0, actionMs: 0 });
  const { call, ours } = api;
  const [node] = await ours.listNodes();
  const image = await call("capture", [Number(node!.id), "copy"], {
    notes: "a note",
  });
  const [theirs] = await call("list_images", [], { name: "copy" });
  assertEquals(theirs.globalIdentifier, image.globalIdentifier);
  const own = (await ours.listImages()).find(({ name }) => name === "copy");
  assertEquals([own?.id, own?.extra.note], [theirs.globalIdentifier, "a note"]);
  const copy = await ours.createNode({
    name: "node-2",
    size: "5",
    image: own!,
    location: "dal05",
  });
  assertEquals((await ours.getNode(copy)).imageId, own!.id);
  await call("delete_image", [theirs.id]);
  assertEquals(await call("list_images", [], { name: "copy" }), []);
});

test("SoftLayer's client reports the errors of the simulator", async () => {
  await using api = setUp({ nodes: 1, createMs: 60_000 });
  const { call } = api;
  await assertRejects(
    async () => await call("get", [7]),
    Error,
    "SoftLayerAPIError(404): Unable to find object with id of '7'.",
  );
  await assertRejects(
    async () =>
      await call("call", ["Virtual_Guest", "getObject"], {
        id: 1301396,
        mask: "mask[size]",
      }),
    Error,
    "SoftLayerAPIError(500): Property 'size' not valid for 'SoftLayer_Virtual_Guest'.",
  );
  const { id } = await call("create", [], {
    hostname: "a",
    domain: "example.com",
    cpus: 1,
    memory: 1024,
    datacenter: "dal05",
    os_code: "UBUNTU_LATEST",
  });
  await assertRejects(
    async () => await call("cancel", [id]),
    Error,
    "There is currently an active transaction.",
  );
  await using wrong = setUp({}, "wrong");
  await assertRejects(
    async () => await wrong.call("list"),
    Error,
    "SoftLayerAPIError(401): Invalid API token.",
  );
});

test("slcli lists and stops the nodes of the driver", async () => {
  await using api = setUp({ nodes: 2, actionMs: 0 });
  const { baseUrl, ours } = api;
  const config = await Deno.makeTempFile();
  await Deno.writeTextFile(
    config,
    `[softlayer]\nusername = ${CREDENTIALS.username}\napi_key = ${CREDENTIALS.apiKey}\nendpoint_url = ${baseUrl}\ntimeout = 10\n`,
  );
  const slcli = async (...args: string[]) => {
    const { success, stdout, stderr } = await new Deno.Command(SLCLI, {
      args: ["--config", config, "--format", "json", ...args],
      env: { HOME: "/nonexistent", PYTHONIOENCODING: "utf-8" },
    }).output();
    assert(success, new TextDecoder().decode(stderr));
    return new TextDecoder().decode(stdout);
  };
  try {
    const [one] = await ours.listNodes();
    const listed: Json[] = JSON.parse(await slcli("vs", "list"));
    assertEquals(listed.map(({ id, hostname }) => [String(id), hostname]), [
      ["1301397", "node-2"],
      ["1301396", "node-1"],
    ]);
    await slcli("-y", "vs", "power-off", one!.id);
    assertEquals((await ours.getNode(one!)).state, "stopped");
  } finally {
    await Deno.remove(config);
  }
});

/** "2026-01-01T21:04:06-06:00" is "2026-01-02T03:04:06Z". */
function toUtc(time: string): string {
  return new Date(time).toISOString().replace(".000Z", "Z");
}
