/**
 * Runs dots-wrapper, a client for DigitalOcean from npm, against the simulator
 * over loopback, and compares its results with those of the driver.
 * dots-wrapper accepts the URL of the API as an option. It returns the
 * responses unchanged, one page at a time.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { createApiClient } from "npm:dots-wrapper@3.12.12";
import { DigitalOceanNodeDriver } from "../../drivers/digitalocean/compute.ts";
import { DigitalOceanSimulator } from "../../simulators/digitalocean/mod.ts";
import { IMMEDIATE } from "../_support/immediate.ts";
import { serve } from "../_support/serve.ts";

const TOKEN = "dop_v1_0123456789abcdef";

/** Starts a simulator on loopback, and creates both clients. */
function setUp(token = TOKEN) {
  const simulator = new DigitalOceanSimulator({
    ...IMMEDIATE.digitalocean,
    token: TOKEN,
    nodes: 45,
    createMs: 20,
    actionMs: 10,
  });
  const server = serve(simulator.fetch);
  const theirs = createApiClient({ token, endpoint: `${server.url}/v2` });
  const ours = new DigitalOceanNodeDriver({
    token: TOKEN,
    baseUrl: server.url,
  });
  return { theirs, ours, [Symbol.asyncDispose]: server[Symbol.asyncDispose] };
}

interface PageOf<T> {
  readonly status: number;
  readonly data: {
    readonly links: { readonly pages?: { readonly next?: string } };
    readonly meta: { readonly total: number };
  } & Readonly<Record<string, unknown>>;
  readonly items?: readonly T[];
}

/** Reads pages until one has no link to the next. */
async function all<T extends object>(
  key: string,
  list: (page: { page: number; per_page: number }) => Promise<unknown>,
): Promise<T[]> {
  const items: T[] = [];
  for (let page = 1;; page++) {
    const { data, status } = await list({ page, per_page: 20 }) as PageOf<T>;
    assertEquals(status, 200);
    items.push(...data[key] as T[]);
    if (!data.links.pages?.next) {
      assertEquals(items.length, data.meta.total);
      return items;
    }
  }
}

interface Slug {
  readonly slug: string;
}

Deno.test("dots-wrapper and DigitalOceanNodeDriver list the same resources", async () => {
  await using api = setUp();
  const { theirs, ours } = api;
  const droplets = await all<{
    id: number;
    name: string;
    status: string;
    created_at: string;
    size_slug: string;
    image: { id: number };
    region: Slug;
    networks: Record<"v4" | "v6", { ip_address: string; type: string }[]>;
  }>("droplets", (page) => theirs.droplet.listDroplets(page));
  assertEquals(droplets.length, 45);
  assertEquals(
    droplets.map((it) => ({
      id: String(it.id),
      name: it.name,
      status: it.status,
      createdAt: it.created_at,
      sizeId: it.size_slug,
      imageId: String(it.image.id),
      locationId: it.region.slug,
      publicIps: [...it.networks.v4, ...it.networks.v6]
        .filter(({ type }) => type === "public").map((ip) => ip.ip_address),
      privateIps: it.networks.v4
        .filter(({ type }) => type === "private").map((ip) => ip.ip_address),
    })),
    (await ours.listNodes()).map((it) => ({
      id: it.id,
      name: it.name,
      status: it.extra.status!,
      createdAt: it.createdAt!,
      sizeId: it.sizeId!,
      imageId: it.imageId!,
      locationId: it.locationId!,
      publicIps: [...it.publicIps],
      privateIps: [...it.privateIps],
    })),
  );
  const sizes = await all<Slug & { memory: number; price_monthly: number }>(
    "sizes",
    (page) => theirs.size.listSizes(page),
  );
  assertEquals(
    sizes.map((it) => [it.slug, it.memory, it.price_monthly]),
    (await ours.listSizes()).map((it) => [it.id, it.ramMib, it.price?.monthly]),
  );
  const images = await all<{ id: number; slug: string | null }>(
    "images",
    (page) => theirs.image.listImages(page as never),
  );
  assertEquals(
    images.map((it) => [String(it.id), it.slug ?? undefined]),
    (await ours.listImages()).map(({ id, extra }) => [id, extra.slug]),
  );
  const regions = await all<Slug & { name: string }>(
    "regions",
    (page) => theirs.region.listRegions(page),
  );
  assertEquals(
    regions.map((it) => [it.slug, it.name]),
    (await ours.listLocations()).map(({ id, name }) => [id, name]),
  );
  const keys = await all<{ id: number; fingerprint: string }>(
    "ssh_keys",
    (page) => theirs.sshKey.listSshKeys(page),
  );
  assertEquals(
    keys.map((it) => [String(it.id), it.fingerprint]),
    (await ours.listKeyPairs()).map((it) => [it.id, it.fingerprint]),
  );
  const volumes = await all<
    { id: string; size_gigabytes: number; droplet_ids: number[] }
  >("volumes", (page) => theirs.volume.listVolumes(page as never));
  assertEquals(
    volumes.map((it) => [it.id, it.size_gigabytes, String(it.droplet_ids[0])]),
    (await ours.listVolumes()).map((it) => [it.id, it.sizeGb, it.nodeId]),
  );
  const snapshots = await all<{ id: string; resource_id: string }>(
    "snapshots",
    (page) =>
      theirs.snapshot.listSnapshots(
        { ...page, resource_type: "volume" } as never,
      ),
  );
  assertEquals(
    snapshots.map((it) => [it.id, it.resource_id]),
    (await ours.listVolumeSnapshots()).map((it) => [it.id, it.volumeId]),
  );
  const firewalls = await all<{ id: string; droplet_ids: number[] }>(
    "firewalls",
    (page) => theirs.firewall.listFirewalls(page),
  );
  assertEquals(
    firewalls.map((it) => [it.id, it.droplet_ids.map(String)]),
    (await ours.listFirewalls()).map((it) => [it.id, [...it.nodeIds]]),
  );
  const tags = await all<{ name: string }>(
    "tags",
    (page) => theirs.tag.listTags(page),
  );
  assertEquals(
    tags.map(({ name }) => name),
    (await ours.listTags()).map(({ name }) => name),
  );
  const { data: { account } } = await theirs.account.getAccount();
  assertEquals(account.email, (await ours.getAccount()).email);
});

Deno.test("dots-wrapper creates, restarts, stops, starts, renames and deletes a node", async () => {
  await using api = setUp();
  const { theirs, ours } = api;
  const { data: { droplet } } = await theirs.droplet.createDroplet({
    name: "web-1",
    region: "fra1",
    size: "s-1vcpu-1gb",
    image: "debian-12-x64",
    ssh_keys: [512189],
    ipv6: true,
    tags: ["web"],
  } as never) as unknown as { data: { droplet: { id: number } } };
  const id = String(droplet.id);
  const [node] = await ours.waitUntilRunning(id, { intervalMs: 2 });
  assertEquals([node?.name, node?.publicIps.length], ["web-1", 2]);
  const droplet_id = droplet.id;
  for (
    const [run, state] of [
      [() => theirs.droplet.rebootDroplet({ droplet_id }), "running"],
      [() => theirs.droplet.shutdownDroplet({ droplet_id }), "stopped"],
      [() => theirs.droplet.powerOnDroplet({ droplet_id }), "running"],
      [
        () => theirs.droplet.renameDroplet({ droplet_id, name: "web-2" }),
        "running",
      ],
    ] as const
  ) {
    const { data: { action } } = await run();
    const done = await ours.waitForAction(String(action.id), { intervalMs: 2 });
    assertEquals(done.status, "completed");
    const { data } = await theirs.action.getAction({ action_id: action.id });
    assertEquals(data.action.status, "completed");
    assertEquals((await ours.getNode(id)).state, state);
  }
  assertEquals((await ours.getNode(id)).name, "web-2");
  const { status } = await theirs.droplet.deleteDroplet({ droplet_id });
  assertEquals(status, 204);
  assert(!(await ours.listNodes()).some((node) => node.id === id));
});

Deno.test("dots-wrapper rejects with status 401 if the token is wrong", async () => {
  await using api = setUp("wrong");
  await assertRejects(() => api.theirs.account.getAccount(), Error, "401");
});
