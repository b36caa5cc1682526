/**
 * Validates the driver's requests, the simulator's responses and the fixtures
 * against the official OpenAPI description. The description is not part of this
 * repository: it is read from `../shared`.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { CloudError } from "../../core/mod.ts";
import { DigitalOceanNodeDriver } from "../../drivers/digitalocean/compute.ts";
import { DigitalOceanSimulator } from "../../simulators/digitalocean/mod.ts";
import { checkFixtures } from "../_support/fixtures.ts";
import { IMMEDIATE } from "../_support/immediate.ts";
import { describedBy, type Description } from "../../testing/openapi.ts";
import { subject } from "../conformance/digitalocean.ts";
import {
  describedTest,
  needsReference,
  readReference,
} from "../_support/reference.ts";

const FILE = "digitalocean.openapi.json";
const NAME =
  "DigitalOceanNodeDriver, its simulator and its fixtures match the OpenAPI description";
const description = await readReference<Description>(
  FILE,
);

/** The operation and the status that each fixture is a response of. */
const RESPONSES: Readonly<Record<string, string>> = {
  list_nodes: "GET /v2/droplets 200",
  list_nodes_gpu: "GET /v2/droplets 200",
  get_node: "GET /v2/droplets/1 200",
  create_node: "POST /v2/droplets 202",
  list_sizes: "GET /v2/sizes 200",
  list_locations: "GET /v2/regions 200",
  list_images: "GET /v2/images 200",
  get_image: "GET /v2/images/1 200",
  list_key_pairs: "GET /v2/account/keys 200",
  get_key_pair: "GET /v2/account/keys/1 200",
  import_key_pair: "POST /v2/account/keys 201",
  list_actions: "GET /v2/actions 200",
  get_action: "GET /v2/actions/1 200",
  start_action: "POST /v2/droplets/1/actions 201",
  copy_image_action: "POST /v2/images/1/actions 201",
  list_volumes: "GET /v2/volumes 200",
  create_volume: "POST /v2/volumes 201",
  get_volume: "GET /v2/volumes/v 200",
  attach_volume: "POST /v2/volumes/v/actions 202",
  detach_volume: "POST /v2/volumes/v/actions 202",
  list_volume_snapshots: "GET /v2/snapshots 200",
  list_volume_snapshots_one: "GET /v2/volumes/v/snapshots 200",
  create_volume_snapshot: "POST /v2/volumes/v/snapshots 201",
  list_node_snapshots: "GET /v2/droplets/1/snapshots 200",
  list_tags: "GET /v2/tags 200",
  create_tag: "POST /v2/tags 201",
  list_reserved_ips: "GET /v2/reserved_ips 200",
  create_reserved_ip_node: "POST /v2/reserved_ips 202",
  create_reserved_ip_location: "POST /v2/reserved_ips 202",
  assign_reserved_ip: "POST /v2/reserved_ips/1.2.3.4/actions 201",
  list_firewalls: "GET /v2/firewalls 200",
  get_account: "GET /v2/account 200",
  error_401: "GET /v2/account 401",
  error_404: "GET /v2/droplets/1 404",
  error_422: "POST /v2/droplets 422",
  error_422_pending: "POST /v2/droplets/1/actions 422",
  error_429: "GET /v2/account 429",
  error_500: "GET /v2/account 500",
  error_400_tag: "POST /v2/tags 400",
};

/** Faults of the description, whose schemas contradict its examples. */
const EXCEPT = [
  // The schema has "imgages", the example has "images".
  /of (?:GET|POST) \/v2\/tags.* \{"unevaluatedProperty":"images"\}/,
  // The schema lacks the envelope {"action": ...} that the example has.
  /response 201 of POST \/v2\/images\/\{image_id\}\/actions .*"action"/,
];

Deno.test(describedTest(subject, FILE, { except: EXCEPT }));

Deno.test({
  ...needsReference(NAME, FILE, description),
  async fn() {
    const simulator = new DigitalOceanSimulator({
      ...IMMEDIATE.digitalocean,
      nodes: 26,
      createMs: 5,
      actionMs: 3,
    });
    const described = describedBy(description!, simulator.fetch, {
      except: EXCEPT,
    });
    const cloud = new DigitalOceanNodeDriver({
      ...simulator.credentials,
      fetch: described.fetch,
    });
    await exercise(cloud);
    const exercised = described.count;
    const operations = described.operations.size;

    // Those of domains belong to another description.
    const fixtures = await checkFixtures(
      described,
      "digitalocean",
      RESPONSES,
      (name) => !name.includes("domain"),
    );
    console.log(
      `${exercised} requests with responses, to ${operations} operations, and ${fixtures} fixtures match the description`,
    );
    assertEquals(described.faults, []);
    assert(exercised > 100 && operations >= 38, `${exercised} ${operations}`);
  },
});

Deno.test({
  ...needsReference(
    "DigitalOceanSimulator matches the OpenAPI description with delays and failures",
    FILE,
    description,
  ),
  async fn() {
    let now = Date.parse("2026-01-02T03:04:05Z");
    const simulator = new DigitalOceanSimulator({
      ...DigitalOceanSimulator.realistic,
      nodes: 1,
      now: () => now,
      fails: () => true,
    });
    const described = describedBy(description!, simulator.fetch, {
      except: EXCEPT,
    });
    async function send(target: string, body?: unknown) {
      const [method = "", path = ""] = target.split(" ");
      const response = await described.fetch(
        new Request(`https://api.digitalocean.com${path}`, {
          method,
          headers: {
            authorization: `Bearer ${simulator.credentials.token}`,
            "content-type": "application/json",
          },
          body: body === undefined ? null : JSON.stringify(body),
        }),
      );
      statuses.add(response.status);
      return JSON.parse(await response.text() || "{}");
    }
    const statuses = new Set<number>();
    const { droplet, links } = await send("POST /v2/droplets", {
      name: "web",
      size: "s-1vcpu-1gb",
      image: "debian-12-x64",
    });
    const [volume] = simulator.inventory().volumes;
    const [image] = simulator.inventory().images;
    const [node] = simulator.inventory().nodes;
    const created = `/v2/droplets/${droplet.id}`;
    const seeded = `/v2/droplets/${node?.id}`;
    for (let round = 0; round < 20; round++) {
      await send(`GET ${created}`);
      await send(`GET /v2/actions/${links.actions[0].id}`);
      await send(`POST ${seeded}/actions`, { type: "reboot" });
      await send(`POST /v2/volumes/${volume?.id}/actions`, {
        type: "detach",
        droplet_id: Number(node?.id),
      });
      await send(`DELETE /v2/volumes/${volume?.id}`);
      await send(`DELETE ${seeded}`);
      await send(`GET /v2/images/${image?.id}`);
      await send(`GET ${seeded}/snapshots`);
      for (const list of ["droplets", "volumes", "snapshots", "actions"]) {
        await send(`GET /v2/${list}`);
      }
      now += 10;
    }
    assertEquals(described.faults, []);
    assertEquals(
      [...statuses].sort(),
      [200, 201, 202, 404, 409, 422],
    );
  },
});

/** Calls every method of the driver, with every option. */
async function exercise(cloud: DigitalOceanNodeDriver): Promise<void> {
  const wait = { intervalMs: 1 };
  const settle = async (node?: string) => {
    const [latest] = await cloud.listActions(node ? { node } : {});
    assert(latest);
    await cloud.waitForAction(latest, wait);
  };
  await cloud.getAccount();
  await cloud.listSizes();
  await cloud.listImages();
  await cloud.listImages({ type: "distribution" });
  await cloud.listImages({ type: "application" });
  await cloud.listImages({ isPrivate: true, tag: "web" });
  await cloud.listLocations();
  await cloud.listNodes();
  await cloud.listNodes({ pageSize: 5 });
  for await (const _ of cloud.listNodes({ pageSize: 10 }));
  await cloud.listNodes({ tags: ["web"] });
  await cloud.listNodes({ tags: ["web"], name: "node-1.example.com" });
  await cloud.listNodes({ hasGpu: true });
  await cloud.listFirewalls();
  const publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA me@example.com";
  const key = await cloud.importKeyPair({ name: "me", publicKey });
  await cloud.getKeyPair(key);
  await cloud.getKeyPair(key.fingerprint!);
  await cloud.listKeyPairs();
  await cloud.createTag({ name: "env:prod" });
  const volume = await cloud.createVolume({
    name: "data-2",
    sizeGb: 10,
    location: "nyc1",
    description: "more",
    filesystem: "ext4",
    tags: ["db"],
  });
  const [firewall] = await cloud.listFirewalls();
  const node = await cloud.createNode({
    name: "web-1.example.com",
    size: "s-1vcpu-1gb",
    image: "155133621",
    location: "nyc1",
    keyPairs: [key, key.fingerprint!],
    userData: "#cloud-config\n",
    tags: { env: "prod" },
    ipv6: true,
    backups: true,
    monitoring: true,
    volumes: [volume],
    firewalls: [firewall!],
  });
  await cloud.listNodes();
  await cloud.waitUntilRunning(node, wait);
  const least = await cloud.createNode({
    name: "a",
    size: "s-1vcpu-1gb",
    image: "debian-12-x64",
    tags: ["web"],
  });
  await cloud.waitUntilRunning(least, wait);
  await cloud.unassignFirewall(firewall!, { node });
  await cloud.assignFirewall(firewall!, { node });
  await cloud.tagNode(node, { tag: "web" });
  await cloud.listTags();
  await cloud.untagNode(node, { tag: "web" });
  await cloud.deleteTag("env:prod");
  for (const force of [false, true]) {
    await cloud.rebootNode(node, { force });
    await cloud.getNode(node);
    await settle(node.id);
    await cloud.stopNode(node, { force });
    await settle(node.id);
    await cloud.resizeNode(node, { size: "s-1vcpu-2gb", disk: force });
    await settle(node.id);
    await cloud.startNode(node);
    await settle(node.id);
  }
  await cloud.renameNode(node, { name: "b" });
  await settle(node.id);
  const image = await cloud.createImage(node, { name: "image", ...wait });
  await cloud.copyImage(image, { location: "fra1", ...wait });
  const later = (action: { id: string }) => cloud.waitForAction(action, wait);
  await later(await cloud.rebuildNode(node, { image }));
  await later(await cloud.rebuildNode(node, { image: "debian-12-x64" }));
  await later(await cloud.resetPassword(node));
  for (
    const type of [
      "disable_backups",
      "enable_backups",
      "enable_ipv6",
      "power_cycle",
    ] as const
  ) await later(await cloud.startAction(node, { type }));
  const restore = { type: "restore", fields: { image: Number(image.id) } };
  await later(await cloud.startAction(node, restore as never));
  await cloud.listActions();
  await cloud.getImage("debian-12-x64");
  await cloud.deleteImage(image);

  await cloud.detachVolume(volume);
  await settle();
  await cloud.attachVolume(volume, { node });
  await settle();
  await later(await cloud.resizeVolume(volume, { sizeGb: 20 }));
  const snapshot = await cloud.createVolumeSnapshot(volume, { name: "s" });
  await cloud.listVolumes();
  await cloud.listVolumeSnapshots();
  await cloud.listVolumeSnapshots(volume);
  const copy = await cloud.createVolume({
    name: "copy",
    sizeGb: 20,
    location: "nyc1",
    snapshot,
  });
  await cloud.destroyVolume(copy);
  await cloud.destroyVolumeSnapshot(snapshot);
  await cloud.detachVolume(volume, { node });
  await settle();
  await cloud.destroyVolume(volume);

  const reserved = await cloud.createReservedIp({ node });
  await settle();
  await cloud.listReservedIps();
  await later(await cloud.unassignReservedIp(reserved));
  await later(await cloud.assignReservedIp(reserved, { node }));
  await cloud.releaseReservedIp(reserved);
  await cloud.releaseReservedIp(
    await cloud.createReservedIp({ location: "fra1" }),
  );
  await cloud.deleteKeyPair(key);
  await cloud.destroyNode(node);
  await cloud.destroyNode(least);

  // The bodies of errors are described too.
  const nowhere = { name: "a", size: "none", image: "none" };
  for (
    const refused of [
      () => cloud.getNode("1"),
      () => cloud.createNode(nowhere),
      () => cloud.getKeyPair("1"),
      () => cloud.getImage("1"),
      () => cloud.deleteImage("155133621"),
      () => cloud.importKeyPair({ name: "me", publicKey: "none" }),
    ]
  ) {
    const error = await refused().then(() => undefined, (error) => error);
    assert(CloudError.is(error));
  }
}
