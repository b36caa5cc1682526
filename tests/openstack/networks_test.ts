/**
 * Networks, security groups and floating addresses in a real Neutron.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  ConflictError,
  NotFoundError,
  ValidationError,
} from "../../core/mod.ts";
import { OpenStackNetworkDriver } from "../../drivers/openstack/network.ts";
import {
  credentials,
  destroyAtEnd,
  needsCloud,
  smallest,
  uniqueName,
} from "./_cloud.ts";

/** An id that no resource has. */
const UNKNOWN = "00000000-0000-4000-8000-000000000000";

/** Connects as the user `demo`. */
function connect(): OpenStackNetworkDriver {
  return new OpenStackNetworkDriver(credentials());
}

/** Creates a network whose subnet a router connects with the outside. */
async function createRoutedNetwork(
  driver: OpenStackNetworkDriver,
  end: AsyncDisposableStack,
) {
  const name = uniqueName();
  const [external] = await driver.listNetworks({ isExternal: true });
  assert(external);
  const network = await driver.createNetwork({ name });
  end.defer(() => driver.deleteNetwork(network));
  const subnet = await driver.createSubnet({
    name,
    network,
    cidr: "10.77.0.0/24",
    dnsServers: ["203.0.113.53"],
    ranges: [{ first: "10.77.0.10", last: "10.77.0.99" }],
  });
  const router = await driver.createRouter({ name, network: external });
  end.defer(() => driver.deleteRouter(router));
  await driver.addRouterInterface(router, { subnet });
  end.defer(() => driver.removeRouterInterface(router, { subnet }));
  return { external, network, subnet, router };
}

Deno.test({
  ...needsCloud(
    "a network and its router are created, refused and deleted in a real Neutron",
  ),
  fn: async () => {
    const driver = connect();
    await using end = new AsyncDisposableStack();
    const { external, network, subnet, router } = await createRoutedNetwork(
      driver,
      end,
    );
    const created = await driver.getSubnet(subnet);
    assertEquals(
      [created.cidr, created.gateway, created.dnsServers, created.ranges],
      ["10.77.0.0/24", "10.77.0.1", ["203.0.113.53"], [
        { first: "10.77.0.10", last: "10.77.0.99" },
      ]],
    );
    await driver.updateNetwork(network, { description: "for tests" });
    assertEquals((await driver.getNetwork(network)).description, "for tests");
    const { gateway } = await driver.getRouter(router);
    assertEquals(gateway?.networkId, external.id);

    await assertRejects(() => driver.deleteRouter(router), ConflictError);
    await assertRejects(() => driver.deleteNetwork(network), ConflictError);
    await assertRejects(
      () => driver.createSubnet({ name: "a", network, cidr: "10.77.0.0/25" }),
      ValidationError,
    );
    await assertRejects(
      () => driver.addRouterInterface(router, { subnet }),
      ValidationError,
    );
    await driver.removeGateway(router);
    assertEquals((await driver.getRouter(router)).gateway, undefined);
    await driver.setGateway(router, { network: external });
    await assertRejects(() => driver.getNetwork(UNKNOWN), NotFoundError);
    await assertRejects(() => driver.deletePort(UNKNOWN), NotFoundError);
    await assertRejects(() => driver.getFloatingIp(UNKNOWN), NotFoundError);
    await assertRejects(() => driver.getRouter(UNKNOWN), NotFoundError);
  },
});

Deno.test({
  ...needsCloud(
    "the rules of a security group are added and removed in a real Neutron",
  ),
  fn: async () => {
    const driver = connect();
    const group = await driver.createSecurityGroup({ name: uniqueName() });
    await using end = new AsyncDisposableStack();
    end.defer(() => driver.deleteSecurityGroup(group));
    const https = { protocol: "tcp", fromPort: 443, cidr: "2001:db8::/32" };
    const rule = await driver.createSecurityGroupRule(group, https);
    assertEquals(
      [rule.ipVersion, rule.fromPort, rule.toPort, rule.cidr],
      [6, 443, 443, "2001:db8::/32"],
    );
    await driver.createSecurityGroupRule(group, {
      protocol: "icmp",
      fromPort: 8,
      remoteGroup: group,
    });
    await assertRejects(
      () => driver.createSecurityGroupRule(group, https),
      ConflictError,
    );
    // Two more rules allow all outgoing traffic.
    const rules = await driver.listSecurityGroupRules({ securityGroup: group });
    assertEquals(rules.length, 4);
    await driver.deleteSecurityGroupRule(rule);
    assertEquals((await driver.getSecurityGroup(group)).rules.length, 3);
    await assertRejects(
      () => driver.deleteSecurityGroupRule(rule),
      NotFoundError,
    );

    const name = uniqueName();
    await driver.updateSecurityGroup(group, { name, description: "for tests" });
    const named = await driver.listSecurityGroups({ name });
    assertEquals(
      named.map(({ id, description }) => [id, description]),
      [[group.id, "for tests"]],
    );
    await assertRejects(() => driver.getSecurityGroup(UNKNOWN), NotFoundError);
    await assertRejects(
      () => driver.createSecurityGroupRule(UNKNOWN),
      NotFoundError,
    );
    await assertRejects(
      () => driver.createSecurityGroupRule(group, { protocol: "bogus" }),
      ValidationError,
    );
  },
});

Deno.test({
  ...needsCloud(
    "a floating address is created with its port, listed and refused in a real Neutron",
  ),
  fn: async () => {
    const driver = connect();
    await using end = new AsyncDisposableStack();
    const { external, network, router } = await createRoutedNetwork(
      driver,
      end,
    );
    const port = await driver.createPort({ name: uniqueName(), network });
    end.defer(() => driver.deletePort(port));
    const address = await driver.createFloatingIp({
      network: external,
      port,
      description: "for tests",
    });
    end.defer(() => driver.deleteFloatingIp(address));
    assertEquals(
      [address.portId, address.fixedIp, address.routerId, address.description],
      [port.id, port.addresses[0]!.ip, router.id, "for tests"],
    );
    for (const filter of [{ port }, { ip: address.ip, network: external }]) {
      const found = await driver.listFloatingIps(filter);
      assertEquals(found.map(({ id }) => id), [address.id]);
    }

    const second = await driver.createFloatingIp({ network: external });
    await assertRejects(
      () => driver.associateFloatingIp(second, { port }),
      ConflictError,
    );
    await driver.disassociateFloatingIp(address);
    const fixedIp = port.addresses[0]!.ip;
    await driver.associateFloatingIp(second, { port, fixedIp });
    assertEquals((await driver.getFloatingIp(second)).fixedIp, fixedIp);
    await driver.deleteFloatingIp(second);
    await assertRejects(() => driver.deleteFloatingIp(second), NotFoundError);

    // No router connects this network with the external one.
    const lonely = await driver.createNetwork({ name: uniqueName() });
    end.defer(() => driver.deleteNetwork(lonely));
    await driver.createSubnet({
      name: uniqueName(),
      network: lonely,
      cidr: "10.78.0.0/24",
    });
    const other = await driver.createPort({
      name: uniqueName(),
      network: lonely,
    });
    end.defer(() => driver.deletePort(other));
    await assertRejects(
      () => driver.associateFloatingIp(address, { port: other }),
      NotFoundError,
    );
  },
});

Deno.test({
  ...needsCloud(
    "a node gets ports, security groups and a floating address in a real cloud",
  ),
  fn: async () => {
    const driver = connect();
    await using end = new AsyncDisposableStack();
    const { external, network, subnet } = await createRoutedNetwork(
      driver,
      end,
    );
    const group = await driver.createSecurityGroup({ name: uniqueName() });
    end.defer(() => driver.deleteSecurityGroup(group));
    const port = await driver.createPort({
      name: uniqueName(),
      network,
      addresses: [{ subnet, ip: "10.77.0.20" }],
    });
    end.defer(() => driver.deletePort(port));
    const address = await driver.createFloatingIp({ network: external });
    end.defer(() => driver.deleteFloatingIp(address));
    const node = await driver.createNode({
      name: uniqueName(),
      ...await smallest(driver),
      networks: [{ port }],
    });
    end.use(destroyAtEnd(driver, node));
    await driver.waitUntilRunning(node);
    assertEquals(
      (await driver.listPorts({ node })).map(({ id, nodeId }) => [id, nodeId]),
      [[port.id, node.id]],
    );

    await driver.associateFloatingIp(address, { node });
    const associated = await driver.getFloatingIp(address);
    assertEquals(
      [associated.portId, associated.fixedIp, associated.nodeId],
      [port.id, "10.77.0.20", node.id],
    );
    await driver.disassociateFloatingIp(address);
    assertEquals((await driver.getFloatingIp(address)).portId, undefined);

    await driver.addSecurityGroup(node, { securityGroup: group });
    const groups = async () => (await driver.getPort(port)).securityGroupIds;
    assert((await groups()).includes(group.id));
    await assertRejects(() => driver.deleteSecurityGroup(group), ConflictError);
    await driver.removeSecurityGroup(node, { securityGroup: group });
    assert(!(await groups()).includes(group.id));
    await assertRejects(
      () => driver.removeSecurityGroup(node, { securityGroup: group }),
      NotFoundError,
    );
    await assertRejects(
      () => driver.addSecurityGroup(node, { securityGroup: UNKNOWN }),
      NotFoundError,
    );

    const second = await driver.attachInterface(node, { network });
    const portIds = (await driver.listInterfaces(node))
      .map(({ portId }) => portId);
    assertEquals(portIds.sort(), [port.id, second.portId].sort());
    await assertRejects(
      () => driver.associateFloatingIp(address, { node }),
      TypeError,
      "node has 2 ports with an IPv4 address",
    );
    await driver.detachInterface(node, { port: second.portId });
  },
});
