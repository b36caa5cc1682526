import { assertEquals } from "@std/assert";
import { OpenStackNodeDriver } from "../../../drivers/openstack/compute.ts";
import { OpenStackSimulator } from "../../../simulators/openstack/mod.ts";

const NODES = 10_000;

for (const [largestPage, requests] of [[1000, 11], [100, 101]] as const) {
  Deno.test(`OpenStackNodeDriver.listNodes() returns all of ${NODES} nodes if the largest page has ${largestPage}`, async () => {
    const simulator = new OpenStackSimulator({
      nodes: NODES,
      largestPage,
      // Links of a cloud may name a host that only the cloud itself reaches.
      linkHost: "nova.internal:8774",
    });
    const urls: URL[] = [];
    const cloud = new OpenStackNodeDriver({
      ...simulator.credentials,
      fetch: (request) => {
        const url = new URL(request.url);
        if (url.pathname.endsWith("/servers/detail")) urls.push(url);
        return simulator.fetch(request);
      },
    });
    const nodes = await cloud.listNodes();
    assertEquals(new Set(nodes.map(({ id }) => id)).size, NODES);
    assertEquals(nodes.length, NODES);
    // The last page is full, so that a further one must be requested.
    assertEquals(urls.length, requests);
    const hosts = new Set(urls.map(({ host }) => host));
    assertEquals([...hosts], ["nova.openstack.example"]);
  });
}
