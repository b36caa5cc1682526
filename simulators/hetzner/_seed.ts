/**
 * Initial contents of the simulated account.
 *
 * @module
 */

import type { Account } from "./_account.ts";
import { LOCATIONS, SEEDED_AT } from "./_catalog.ts";
import type { Kind } from "./_collections.ts";
import type { Contents, Resource, Server } from "./_records.ts";
import { toFields } from "./_requests.ts";
import { addSet, addZone } from "./_zones.ts";

/** The kinds of resources, by the name of their list. */
export type Kinds =
  & Readonly<Record<keyof Contents, Pick<Kind<Resource>, "create">>>
  & { readonly servers: Kind<Server> };

const PUBLIC_KEY =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGFtZXhhbXBsZWtleWFtZXhhbXBsZWtleWFt me@example.com";

/**
 * Fills an empty account.
 *
 * @param account Account to fill.
 * @param kinds Create the resources.
 * @param nodes Number of running servers, at least 1. The other resources are
 * one of each kind, and a second volume.
 */
export function seed(account: Account, kinds: Kinds, nodes: number): void {
  const { actions = {} } = kinds.servers;
  const create = (
    list: keyof Contents,
    name: string,
    body: object,
    labels = {},
  ) => {
    const draft = { name, labels, created: SEEDED_AT };
    kinds[list].create?.(toFields(body, list), draft);
    account.settle();
  };
  for (let index = 0; index < nodes; index++) {
    const location = LOCATIONS[index % 3]!.name;
    const body = { server_type: "cx22", image: "debian-12", location };
    const labels = index % 2 ? {} : { env: "prod", web: "" };
    create("servers", `node-${index + 1}`, body, labels);
  }
  const server = account.servers.list[0]!;
  const act = (name: string, body: object) => {
    actions[name]?.(server, toFields(body, name));
    account.settle();
  };
  const location = "fsn1";
  create("ssh_keys", "me", { public_key: PUBLIC_KEY });
  create("volumes", "data", { size: 10, location });
  act("create_image", { description: "golden" });
  create("placement_groups", "spread", { type: "spread" });
  create("networks", "private", {
    ip_range: "10.0.0.0/16",
    subnets: [{
      type: "cloud",
      ip_range: "10.0.1.0/24",
      network_zone: "eu-central",
    }],
  });
  act("attach_to_network", {
    network: account.networks.list[0]!.id,
    alias_ips: ["10.0.1.3"],
  });
  create("firewalls", "web", {
    rules: [],
    apply_to: [{ type: "server", server: { id: server.id } }],
  });
  const address = { type: "ipv4", location, home_location: location };
  create("primary_ips", "spare", { ...address, assignee_type: "server" });
  create("floating_ips", "front", address);
  create("volumes", "logs", { size: 20, server: server.id });
}

/**
 * Adds a zone with a few record sets.
 *
 * @param account The account.
 * @param name Name of the zone.
 */
export function seedZone(account: Account, name: string): void {
  const sets = new Map([
    addSet("@", "MX", [`10 mx1.${name}.`, "20 mx2"], 300),
    addSet("@", "TXT", ['"v=spf1 mx -all"']),
    addSet("www", "A", ["192.0.2.1", "192.0.2.2"], 300),
    addSet("www", "AAAA", ["2001:db8::1"], 300),
    addSet("*.dev", "CNAME", ["www"], 300),
  ]);
  const [first] = sets.get("www A")?.records ?? [];
  if (first) Object.assign(first, { comment: "web-1" });
  addZone(account, name, { sets, created: SEEDED_AT });
}
