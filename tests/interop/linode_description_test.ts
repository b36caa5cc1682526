/**
 * Compares the driver, the simulator and the fixtures with the official OpenAPI
 * description, which is kept outside of this repository.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  ConflictError,
  NotFoundError,
  ValidationError,
} from "../../core/mod.ts";
import { LinodeNodeDriver } from "../../drivers/linode/compute.ts";
import { LinodeSimulator } from "../../simulators/linode/mod.ts";
import { methodsOf } from "../../testing/subject.ts";
import { IMMEDIATE } from "../_support/immediate.ts";
import { describedBy, type Description } from "../../testing/openapi.ts";
import { subject } from "../conformance/linode.ts";
import {
  describedTest,
  needsReference,
  readReference,
} from "../_support/reference.ts";

const FILE = "linode.openapi.json";
const FIXTURES = new URL("../../fixtures/linode/", import.meta.url);
const NAME =
  "LinodeNodeDriver, LinodeSimulator and the fixtures match the OpenAPI description";

const EXCEPT = [
  // The description has an enum of single words for fields that are lists.
  /^response 200 of GET \/regions\.data\.\d+\.monitors\.(?:alerts|metrics) must be equal/,
  // The stored part of the description does not contain the account.
  /^GET \/account is not described$|^GET \/v4\/account is not described$/,
  // Regions and types have pages, but the description lacks their parameters.
  /^request of GET \/(?:regions|linode\/types) has the parameter page in its query$/,
];

/** Operation whose response a fixture is. */
const OPERATIONS: Readonly<Record<string, string | readonly string[]>> = {
  list_nodes: "GET /linode/instances",
  list_nodes_empty: "GET /linode/instances",
  get_node: "GET /linode/instances/123",
  create_node: "POST /linode/instances",
  rebuild_node: "POST /linode/instances/123/rebuild",
  clone_node: "POST /linode/instances/123/clone",
  list_sizes: "GET /linode/types",
  list_images: "GET /images",
  get_image: "GET /images/linode%2Fdebian11",
  get_image_private: "GET /images/private%2F15",
  create_image: "POST /images",
  copy_image: "POST /images/private%2F15/regions",
  list_locations: "GET /regions",
  list_key_pairs: "GET /profile/sshkeys",
  get_key_pair: "GET /profile/sshkeys/42",
  import_key_pair: "POST /profile/sshkeys",
  list_volumes: "GET /volumes",
  get_volume: "GET /volumes/12345",
  create_volume: "POST /volumes",
  clone_volume: "POST /volumes/12345/clone",
  attach_volume: "POST /volumes/12345/attach",
  resize_volume: "POST /volumes/12345/resize",
  list_disks: "GET /linode/instances/123/disks",
  list_backups: "GET /linode/instances/123/backups",
  take_backup: "POST /linode/instances/123/backups",
  list_stack_scripts: "GET /linode/stackscripts",
  list_tags: "GET /tags",
  list_events: "GET /account/events",
  get_event: "GET /account/events/123",
  get_event_started: "GET /account/events/123",
  get_event_failed: "GET /account/events/123",
  get_account: "GET /account",
  accepted: [
    "POST /linode/instances/123/boot",
    "POST /linode/instances/123/reboot",
    "POST /linode/instances/123/shutdown",
    "POST /linode/instances/123/resize",
    "POST /linode/instances/123/password",
    "POST /linode/instances/123/backups/enable",
    "POST /linode/instances/123/backups/cancel",
    "POST /volumes/12345/detach",
    "DELETE /linode/instances/123",
    "DELETE /profile/sshkeys/42",
    "DELETE /volumes/12345",
    "DELETE /images/private%2F15",
  ],
  error_400: "POST /linode/instances",
  error_400_busy: "POST /linode/instances/123/boot",
  error_401: "GET /linode/instances",
  error_403: "POST /linode/instances",
  error_404: "GET /linode/instances/123",
  error_429: "GET /linode/instances",
};

const description = await readReference<Description>(
  FILE,
  readSchema,
);

/** Adds the format of times: the examples show that they have no zone. */
function readSchema(_key: string, value: unknown): unknown {
  const { format, ...schema } = { ...value as Record<string, unknown> };
  return format === "date-time" && typeof value === "object"
    ? { ...schema, pattern: "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d$" }
    : value;
}

// The stored part of the description does not contain the account.
const { getAccount: _getAccount, ...methods } = subject.methods;

Deno.test(
  describedTest({ ...subject, methods }, FILE, {
    except: EXCEPT,
    prefix: "/v4",
    read: async (url) =>
      JSON.stringify(
        JSON.parse(await Deno.readTextFile(new URL(url)), readSchema),
      ),
  }),
);

Deno.test({
  ...needsReference(NAME, FILE, description),
  async fn() {
    let clock = Date.parse("2026-01-02T03:04:05Z");
    const simulator = new LinodeSimulator({
      ...IMMEDIATE.linode,
      nodes: 30,
      now: () => clock,
      destroyMs: 20,
    });
    const described = describedBy(description!, simulator.fetch, {
      except: EXCEPT,
      prefix: "/v4",
    });
    const cloud = new LinodeNodeDriver({
      ...simulator.credentials,
      fetch: described.fetch,
    });
    const called = new Set<string>();
    await exercise(
      new Proxy(cloud, {
        get(cloud, name) {
          const value = Reflect.get(cloud, name);
          if (typeof value !== "function") return value;
          called.add(String(name));
          return value.bind(cloud);
        },
      }),
      (ms) => clock += ms,
    );
    // Every method that sends its own requests was called.
    assertEquals(
      [...called].sort(),
      methodsOf(LinodeNodeDriver).filter((name) => name !== "deployNode"),
    );
    const small = new LinodeSimulator({ largestPage: 3 });
    const pages = describedBy(description!, small.fetch, {
      except: EXCEPT,
      prefix: "/v4",
    });
    const reader = new LinodeNodeDriver({
      ...small.credentials,
      fetch: pages.fetch,
    });
    await reader.listSizes();
    await reader.listLocations();
    await reader.listImages();
    assertEquals(pages.faults, []);
    const exchanges = described.count + pages.count;

    let fixtures = 0;
    for await (const { name } of Deno.readDir(FIXTURES)) {
      // Those of domains belong to another description.
      if (/domain|zone/.test(name)) continue;
      const operation = OPERATIONS[name.replace(".json", "")];
      assert(operation, `no operation is known for the fixture ${name}`);
      const status = Number(/^error_(\d+)/.exec(name)?.[1] ?? 200);
      const body = await Deno.readTextFile(new URL(name, FIXTURES));
      for (const request of [operation].flat()) {
        const [method = "", path = ""] = request.split(" ");
        described.check(method, path, status, body);
      }
      fixtures++;
    }
    assertEquals(fixtures, Object.keys(OPERATIONS).length);
    assertEquals(described.faults, []);
    assert(exchanges > 150, `${exchanges} exchanges`);
    console.log(
      `Linode: checked ${exchanges} exchanges and ${fixtures} fixtures ` +
        `(${described.count + pages.count - exchanges} responses) of ` +
        `${described.operations.size} operations`,
    );
  },
});

Deno.test({
  ...needsReference(
    "LinodeSimulator matches the OpenAPI description with delays and failures",
    FILE,
    description,
  ),
  async fn() {
    let now = Date.parse("2026-01-02T03:04:05Z");
    const simulator = new LinodeSimulator({
      ...LinodeSimulator.realistic,
      nodes: 1,
      now: () => now,
      fails: () => true,
    });
    const described = describedBy(description!, simulator.fetch, {
      except: EXCEPT,
      prefix: "/v4",
    });
    const statuses = new Set<number>();
    async function send(target: string, body?: unknown) {
      const [method = "", path = ""] = target.split(" ");
      const response = await described.fetch(
        new Request(`https://api.linode.com/v4${path}`, {
          method,
          headers: {
            authorization: `Bearer ${simulator.credentials.token}`,
            "content-type": "application/json",
          },
          body: body === undefined ? null : JSON.stringify(body),
        }),
      );
      statuses.add(response.status);
      return await response.json();
    }
    const { id } = await send("POST /linode/instances", {
      region: "us-east",
      type: "g6-standard-1",
      image: "linode/debian12",
      root_pass: "Tr0ub4dor&3",
    });
    const [node] = simulator.inventory().nodes;
    const [volume] = simulator.inventory().volumes;
    const seeded = `/linode/instances/${node?.id}`;
    const { data: [disk] } = await send(`GET ${seeded}/disks`);
    for (let round = 0; round < 20; round++) {
      await send(`GET /linode/instances/${id}`);
      await send(`POST ${seeded}/shutdown`);
      await send(`DELETE ${seeded}`);
      await send("POST /images", { disk_id: disk.id });
      await send("POST /volumes", {
        label: `new-${round}`,
        size: 20,
        region: "us-east",
      });
      await send(`POST /volumes/${volume?.id}/detach`);
      for (
        const list of ["linode/instances", "volumes", "account/events"]
      ) await send(`GET /${list}`);
      now += 10;
    }
    assertEquals(described.faults, []);
    assertEquals([...statuses].sort(), [200, 400, 404]);
  },
});

/** Calls every method of the driver with all its options. */
async function exercise(
  cloud: LinodeNodeDriver,
  pass: (ms: number) => void,
): Promise<void> {
  const publicKey = "ssh-ed25519 AAAAC3Nza me@example.com";
  await cloud.getAccount();
  await cloud.listLocations();
  await cloud.listSizes();
  await cloud.listImages();
  await cloud.listImages({ isPublic: true, type: "manual" });
  await cloud.getImage("linode/debian12");
  await cloud.listNodes({ pageSize: 25 });
  await cloud.listNodes({ filter: { region: "us-east" } });
  await cloud.listStackScripts();
  await cloud.listStackScripts({ isMine: true });
  await cloud.listTags();
  await cloud.listEvents({ action: "linode_create" });

  const key = await cloud.importKeyPair({ name: "laptop", publicKey });
  await cloud.listKeyPairs();
  await cloud.getKeyPair(key);
  const what = {
    name: "web-1",
    size: "g6-standard-1",
    image: "linode/debian12",
    location: "us-east",
  };
  const node = await cloud.createNode({
    ...what,
    auth: { sshKey: publicKey },
    keyPairs: [key, { id: key.id }],
    authorizedUsers: ["myuser"],
    userData: "#cloud-config\nhostname: näme\n",
    tags: ["web-server"],
    stackScript: "10079",
    stackScriptData: { DB_PASSWORD: "hunter2" },
    hasPrivateIp: true,
    isBackedUp: true,
    firewall: "123",
    interfaces: [{ purpose: "public" }],
    isBooted: true,
  });
  await cloud.createNode({
    ...what,
    name: "plain",
    auth: { password: "Tr0ub4dor&3" },
    isBooted: false,
  });
  await assertRejects(() => cloud.createNode(what), ValidationError);
  await assertRejects(() => cloud.getNode("1"), NotFoundError);
  await assertRejects(
    () => cloud.rebootNode(node, { retry: false }),
    ConflictError,
  );
  const hidden = await cloud.createNode({
    ...what,
    name: "hidden",
    interfaces: [{ purpose: "vpc", subnet_id: 321, primary: true }],
  });
  const settle = async () => {
    for (let step = 0; step < 3; step++) {
      // Gets the node in each of its states.
      await cloud.getNode(node);
      pass(30);
    }
    const events = await cloud.listEvents({ node });
    await cloud.waitForEvent(events[0]!);
    await cloud.getEvent(events[0]!);
    await cloud.listVolumes();
    await cloud.listImages({ isPublic: false });
  };
  await settle();
  await cloud.rebootNode(node);
  await settle();
  await cloud.listDisks(node);
  await cloud.takeBackup(node, { name: "before" });
  await cloud.listBackups(node);
  await settle();
  await cloud.listBackups(node);
  await cloud.cancelBackups(node);
  await cloud.enableBackups(node);
  await cloud.listBackups("123");
  await cloud.renameNode(node, { name: "web-2" });
  await cloud.setTags(node, { tags: [] });
  const image = await cloud.createImage(node, {
    name: "golden",
    description: "All set up",
  });
  await settle();
  await cloud.copyImage(image, { location: "us-iad" });
  await settle();
  await cloud.stopNode(node);
  await cloud.waitForState(node, { state: "stopped", once: true });
  await settle();
  await cloud.resetPassword(node, { password: "Tr0ub4dor&3" });
  await cloud.resizeNode(node, { size: "g6-standard-2" });
  await settle();
  await cloud.resizeNode(node, {
    size: "g6-standard-4",
    resizesDisk: false,
    migration: "warm",
  });
  await settle();
  await cloud.startNode(node);
  await settle();
  await cloud.cloneNode(node);
  await cloud.cloneNode(node, {
    name: "twin",
    size: "g6-standard-4",
    location: "us-iad",
  });
  await cloud.rebuildNode(node, { image, keyPairs: [key] });
  await settle();

  const volume = await cloud.createVolume({
    name: "data",
    sizeGb: 20,
    location: "us-east",
    tags: ["web-server"],
  });
  await cloud.createVolume({ name: "logs", sizeGb: 10, node });
  await settle();
  await cloud.getVolume(volume);
  await cloud.attachVolume(volume, { node });
  await cloud.detachVolume(volume);
  await cloud.attachVolume(volume, { node, persists: false });
  await cloud.detachVolume(volume);
  await cloud.resizeVolume(volume, { sizeGb: 40 });
  await settle();
  await cloud.cloneVolume(volume, { name: "copy" });
  await settle();
  await cloud.destroyVolume(volume);
  await cloud.deleteImage(image);
  await cloud.deleteKeyPair(key);
  await cloud.waitUntilRunning([node, hidden]);
  await cloud.destroyNode(node);
  await cloud.getNode(node);
  pass(30);
  await cloud.listNodes();
}
