import { assertEquals, assertRejects } from "@std/assert";
import { ConflictError, NotFoundError } from "../../../core/mod.ts";
import { OpenStackNetworkDriver } from "../../../drivers/openstack/network.ts";
import { OpenStackSimulator } from "../../../simulators/openstack/mod.ts";

/** A driver for a simulated cloud with a number of nodes. */
function connect(nodes = 0): OpenStackNetworkDriver {
  const { credentials, fetch } = new OpenStackSimulator({ nodes });
  return new OpenStackNetworkDriver({ ...credentials, fetch });
}

Deno.test("OpenStackNetworkDriver takes a network, its router and its ports through their lives", async () => {
  const driver = connect();
  const [external] = await driver.listNetworks({ isExternal: true });
  const network = await driver.createNetwork({ name: "web" });
  await driver.updateNetwork(network, { name: "www", description: "Web" });
  const subnet = await driver.createSubnet({
    name: "web",
    network,
    cidr: "10.77.0.0/24",
  });
  assertEquals(subnet.gateway, "10.77.0.1");
  const renamed = await driver.getNetwork(network);
  assertEquals(
    [renamed.name, renamed.description, renamed.subnetIds],
    ["www", "Web", [subnet.id]],
  );

  const router = await driver.createRouter({ name: "web" });
  await driver.setGateway(router, { network: external! });
  const { portId } = await driver.addRouterInterface(router, { subnet });
  assertEquals((await driver.getPort(portId)).deviceId, router.id);
  assertEquals(
    (await driver.getRouter(router)).gateway?.networkId,
    external!.id,
  );
  await assertRejects(() => driver.deleteRouter(router), ConflictError);

  const port = await driver.createPort({
    name: "web",
    network,
    addresses: [{ subnet, ip: "10.77.0.20" }],
    securityGroups: [],
  });
  assertEquals(port.addresses, [{ subnetId: subnet.id, ip: "10.77.0.20" }]);
  assertEquals(
    (await driver.listPorts({ network })).map(({ id }) => id).sort(),
    [portId, port.id].sort(),
  );
  await assertRejects(() => driver.deleteNetwork(network), ConflictError);

  await driver.deletePort(port);
  await driver.removeRouterInterface(router, { subnet });
  await driver.removeGateway(router);
  assertEquals((await driver.getRouter(router)).gateway, undefined);
  await driver.deleteRouter(router);
  await driver.deleteSubnet(subnet);
  await driver.deleteNetwork(network);
  await assertRejects(() => driver.getNetwork(network), NotFoundError);
});

Deno.test("OpenStackNetworkDriver takes a security group through its life", async () => {
  const driver = connect(1);
  const [node] = await driver.listNodes();
  const group = await driver.createSecurityGroup({ name: "web" });
  const rule = await driver.createSecurityGroupRule(group, {
    protocol: "tcp",
    fromPort: 443,
    cidr: "0.0.0.0/0",
  });
  await assertRejects(
    () =>
      driver.createSecurityGroupRule(group, {
        protocol: "tcp",
        fromPort: 443,
        cidr: "0.0.0.0/0",
      }),
    ConflictError,
  );
  const ids = async () =>
    (await driver.listSecurityGroupRules({ securityGroup: group }))
      .map(({ id }) => id);
  assertEquals((await ids()).includes(rule.id), true);
  assertEquals(
    (await driver.getSecurityGroup(group)).rules.some(({ id }) =>
      id === rule.id
    ),
    true,
  );
  await driver.deleteSecurityGroupRule(rule);
  assertEquals((await ids()).includes(rule.id), false);

  const groupsOfNode = async () => {
    const [port] = await driver.listPorts({ node: node! });
    return port!.securityGroupIds;
  };
  await driver.addSecurityGroup(node!, { securityGroup: "web" });
  assertEquals((await groupsOfNode()).includes(group.id), true);
  await assertRejects(() => driver.deleteSecurityGroup(group), ConflictError);
  await driver.removeSecurityGroup(node!, { securityGroup: "web" });
  assertEquals((await groupsOfNode()).includes(group.id), false);
  await driver.deleteSecurityGroup(group);
});

Deno.test("OpenStackNetworkDriver takes a floating address through its life", async () => {
  const driver = connect(2);
  const [node] = await driver.listNodes();
  const [network] = await driver.listNetworks({ isExternal: true });
  const address = await driver.createFloatingIp({ network: network! });
  await driver.associateFloatingIp(address, { node: node! });
  const { ip, fixedIp, nodeId, portId } = await driver.getFloatingIp(address);
  assertEquals([fixedIp, nodeId], [node!.privateIps[0], node!.id]);
  assertEquals((await driver.getNode(node!)).publicIps, [ip]);
  assertEquals(
    (await driver.listFloatingIps({ port: portId })).map(({ id }) => id),
    [address.id],
  );
  await driver.disassociateFloatingIp(address);
  assertEquals((await driver.getNode(node!)).publicIps, []);
  await driver.deleteFloatingIp(address);
  assertEquals(await driver.listFloatingIps(), []);
});

Deno.test("OpenStackNetworkDriver connects a node with a further network and a port", async () => {
  const driver = connect(1);
  const [node] = await driver.listNodes();
  const network = await driver.createNetwork({ name: "lab" });
  await driver.createSubnet({ name: "lab", network, cidr: "10.77.0.0/24" });
  const second = await driver.attachInterface(node!, {
    network,
    ip: "10.77.0.20",
  });
  assertEquals(second.addresses.map(({ ip }) => ip), ["10.77.0.20"]);
  const port = await driver.createPort({ name: "lab", network });
  await driver.attachInterface(node!, { port });
  const portIds = async () =>
    (await driver.listInterfaces(node!)).map(({ portId }) => portId);
  assertEquals((await portIds()).slice(1), [second.portId, port.id]);
  await driver.detachInterface(node!, { port: second.portId });
  await driver.detachInterface(node!, { port });
  assertEquals((await portIds()).length, 1);
  await assertRejects(() => driver.getPort(second.portId), NotFoundError);
  assertEquals((await driver.getPort(port)).nodeId, undefined);
});
