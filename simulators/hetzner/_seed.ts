/**
 * Initial contents of the simulated account.
 *
 * @module
 */

import type { Account } from "./_account.ts";
import { IMAGES, LOCATIONS, SEEDED_AT, SERVER_TYPES } from "./_catalog.ts";
import {
  addFirewall,
  addFloatingIp,
  addGroup,
  addNetwork,
  addPrimaryIp,
  attachToNetwork,
  readSubnet,
} from "./_networks.ts";
import { addImage, addServer } from "./_servers.ts";
import { addKey, addVolume } from "./_storage.ts";
import { Fields } from "../kit/mod.ts";

const PUBLIC_KEY =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGFtZXhhbXBsZWtleWFtZXhhbXBsZWtleWFt me@example.com";

/**
 * Fills an empty account.
 *
 * @param account Account to fill.
 * @param nodes Number of running servers, at least 1. Other resources are added
 * for the first one.
 */
export function seed(account: Account, nodes: number): void {
  const draft = (name: string, labels = {}) => ({
    name,
    labels,
    created: SEEDED_AT,
  });
  const type = SERVER_TYPES.find(({ name }) => name === "cx22")!;
  for (let index = 0; index < nodes; index++) {
    const labels = index % 2 ? {} : { env: "prod", web: "" };
    const server = addServer(
      account,
      draft(`node-${index + 1}`, labels),
      type,
      IMAGES[0]!,
      LOCATIONS[index % 3],
    );
    for (const type of ["ipv4", "ipv6"] as const) {
      addPrimaryIp(account, type, server).assignee_id = server.id;
    }
    Object.assign(server, {
      status: "running",
      hasAddresses: true,
      hasKeys: true,
    });
  }
  const server = account.servers.list[0]!;
  addKey(account, draft("me"), PUBLIC_KEY);
  addVolume(account, draft("data"), 10);
  const properties = { type: "snapshot", description: "golden", labels: {} };
  Object.assign(addImage(account, server, properties), {
    status: "available",
    image_size: 0.6,
  });
  account.close(
    account.open("create_server", { server }),
    account.timeline.now,
  );
  addGroup(account, draft("spread"));
  const network = addNetwork(account, draft("private"), "10.0.0.0/16");
  const subnet = {
    type: "cloud",
    ip_range: "10.0.1.0/24",
    network_zone: "eu-central",
  };
  network.subnets.push(readSubnet(network, new Fields(subnet)));
  account.networks.add(network);
  const firewall = addFirewall(account, draft("web"), [], []);
  firewall.applied_to = [{ type: "server", server: { id: server.id } }];
  addPrimaryIp(account, "ipv4", server, draft("spare")).auto_delete = false;
  addFloatingIp(account, "ipv4", draft("front"));
  addVolume(account, draft("logs"), 20).server = server.id;
  attachToNetwork(account, server, network, new Fields({}))();
}
