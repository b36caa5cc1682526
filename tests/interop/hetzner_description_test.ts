/**
 * Checks the driver and the simulator against Hetzner's published OpenAPI
 * description, which is not part of the repository.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { HetznerSimulator } from "../../simulators/hetzner/mod.ts";
import { computeConformance } from "../../testing/mod.ts";
import {
  describedBy,
  type Description,
  operationsOf,
} from "../../testing/openapi.ts";
import { needsReference, readReference } from "../_support/reference.ts";
import { subject } from "../conformance/hetzner.ts";

const FILE = "hetzner.openapi.json";

/** Operations that the simulator does not have. */
const MISSING = /_iso$|_backup$|_route$|change_(?:ip_range|alias_ips|dns_ptr)$/;

const KINDS = ["servers", "images", "volumes", "networks", "primary_ips"]
  .concat(["floating_ips", "ssh_keys", "placement_groups"]);

/** Bodies of requests; the ids are those of a new simulator with two nodes. */
const REQUESTS: readonly (readonly [call: string, body?: object])[] = [
  ["POST /servers", {
    name: "web-1",
    server_type: "cpx11",
    image: "debian-12",
    location: "ash",
    labels: { "example.com/team": "a" },
    user_data: "#cloud-config\n",
    public_net: { enable_ipv4: false, enable_ipv6: true },
    start_after_create: false,
    placement_group: 47,
    firewalls: [{ firewall: 49 }],
  }],
  ["POST /servers", {
    name: "web-2",
    server_type: "cx22",
    image: "ubuntu-24.04",
  }],
  ["POST /volumes", { name: "v", size: 10, location: "fsn1", format: "xfs" }],
  ["POST /volumes", { name: "w", size: 10, server: 43 }],
  ["POST /volumes/56/actions/detach"],
  ["POST /volumes/45/actions/attach", { server: 42, automount: true }],
  ["POST /volumes/45/actions/resize", { size: 11 }],
  ["POST /volumes/45/actions/detach"],
  ["POST /ssh_keys", { name: "you", public_key: "ssh-rsa AAAA" }],
  ["POST /placement_groups", { name: "p", type: "spread" }],
  ["POST /networks", { name: "n", ip_range: "192.168.0.0/16" }],
  ["POST /networks/48/actions/add_subnet", {
    type: "cloud",
    network_zone: "us-east",
    ip_range: "10.0.2.0/24",
  }],
  ["POST /networks/48/actions/delete_subnet", { ip_range: "10.0.2.0/24" }],
  ["POST /floating_ips", { type: "ipv6", server: 43, description: "d" }],
  ["POST /floating_ips/51/actions/assign", { server: 43 }],
  ["POST /floating_ips/51/actions/unassign"],
  ...["reboot", "reset", "reset_password", "request_console"]
    .concat(["disable_rescue", "shutdown", "poweron", "poweroff"])
    .map((name) => [`POST /servers/43/actions/${name}`] as const),
  ["POST /servers/43/actions/enable_rescue", { ssh_keys: [44] }],
  ["POST /servers/43/actions/create_image", { type: "snapshot" }],
  ["POST /servers/43/actions/change_type", {
    server_type: "cx32",
    upgrade_disk: true,
  }],
  ["POST /servers/43/actions/add_to_placement_group", { placement_group: 47 }],
  ["POST /servers/43/actions/remove_from_placement_group"],
  ["POST /servers/43/actions/attach_to_network", { network: 48 }],
  ["POST /servers/43/actions/detach_from_network", { network: 48 }],
  ["POST /servers/43/actions/rebuild", { image: "ubuntu-24.04" }],
  ["POST /servers/43/actions/poweroff"],
  ["POST /primary_ips", {
    type: "ipv6",
    name: "q",
    assignee_type: "server",
    location: "hel1",
  }],
  ["POST /primary_ips/10003/actions/unassign"],
  ["POST /primary_ips/50/actions/assign", {
    assignee_type: "server",
    assignee_id: 43,
  }],
  ["GET /pricing"],
];

const description = await readReference<Description>(FILE);

Deno.test({
  ...needsReference(
    "requests and responses match the description of Hetzner Cloud",
    FILE,
    description,
  ),
  async fn() {
    const url = new URL(`../../../shared/reference/${FILE}`, import.meta.url);
    // The description lacks firewalls.
    const methods = Object.fromEntries(
      Object.entries(subject.methods).filter(([it]) => !/Firewall/.test(it)),
    );
    const checks = computeConformance({
      ...subject,
      methods,
      description: { url, prefix: "/v1" },
    });
    const check = checks.find(({ see }) => see === "the-description");
    assert(check);
    await check.run();
  },
});

Deno.test({
  ...needsReference(
    "HetznerSimulator matches the OpenAPI description",
    FILE,
    description,
  ),
  async fn() {
    let clock = Date.parse("2026-01-02T03:04:05Z");
    const simulator = new HetznerSimulator({ nodes: 2, now: () => clock });
    const described = describedBy(description!, simulator.fetch, {
      prefix: "/v1",
    });
    const send = async (call: string, body?: object) => {
      const [method = "", path = ""] = call.split(" ");
      const response = await described.fetch(
        new Request(`https://api.hetzner.cloud/v1${path}`, {
          method,
          headers: { authorization: "Bearer token" },
          body: body
            ? new Blob([JSON.stringify(body)], { type: "application/json" })
            : null,
        }),
      );
      clock += 1000;
      const { status } = response;
      return { status, body: await response.json().catch(() => ({})) };
    };
    const ok = async (call: string, body?: object) => {
      const sent = await send(call, body);
      assert(sent.status < 300, `${call}: ${JSON.stringify(sent.body)}`);
      return sent.body;
    };
    const missing = async (call: string) =>
      assertEquals([call, (await send(call)).status], [call, 404]);
    for (const [call, body] of REQUESTS) await ok(call, body);
    for (const kind of ["locations", "datacenters", "server_types"]) {
      const body = await ok(`GET /${kind}?page=1&per_page=1`);
      await ok(`GET /${kind}/${body[kind][0].id}`);
      await missing(`GET /${kind}/99999999`);
    }
    for (const kind of KINDS) {
      const body = await ok(`GET /${kind}?sort=id:desc&per_page=50`);
      const { id } = body[kind].find(({ type }: { type?: string }) =>
        type !== "system"
      );
      const path = `/${kind}/${id}`;
      const labels = { "example.com/team": "a" };
      const changed = await ok(`PUT ${path}`, { labels });
      assertEquals(changed, await ok(`GET ${path}`));
      const query = "label_selector=example.com/team%3Da";
      const found = (await ok(`GET /${kind}?${query}`))[kind];
      assertEquals(found.at(-1), changed[kind.slice(0, -1)]);
      if (!/ssh_keys|placement_groups/.test(kind)) {
        const protect = (value: boolean) =>
          ok(`POST ${path}/actions/change_protection`, { delete: value });
        const { action: { id } } = await protect(true);
        assertEquals((await send(`DELETE ${path}`)).status, 403);
        await protect(false);
        for (const prefix of [`/${kind}`, path]) {
          const { actions } = await ok(`GET ${prefix}/actions?sort=id:desc`);
          assert(actions.some((it: { id: number }) => it.id === id));
          await ok(`GET ${prefix}/actions/${id}`);
        }
        await ok(`GET /actions?id=${id}`);
        await ok(`GET /actions/${id}`);
      }
      await ok(`DELETE ${path}`);
      await missing(`DELETE ${path}`);
    }
    const { faults, operations, count } = described;
    assertEquals(faults, []);
    const unused = operationsOf(description!)
      .filter((it) => !operations.has(it) && !MISSING.test(it));
    assertEquals(unused, []);
    console.log(
      `Hetzner: checked ${count} responses of ${operations.size} operations`,
    );
  },
});
