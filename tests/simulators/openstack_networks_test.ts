import { assertEquals, assertMatch } from "@std/assert";
import { type Json, logIn, NO_ID } from "./_openstack.ts";

const names = (list: Json[]) => list.map(({ name }) => name);

/** Starts a cloud; finds the networks that it has. */
async function setUp(options?: Parameters<typeof logIn>[0]) {
  const cloud = await logIn(options);
  const { ok } = cloud.network;
  const [inner, outer] = (await ok("GET /networks")).networks;
  const [subnet] = (await ok("GET /subnets")).subnets;
  const [router] = (await ok("GET /routers")).routers;
  const create = async (one: string, value: object, many = `${one}s`) =>
    (await ok(`POST /${many}`, { [one]: value }))[one];
  return { ...cloud, ...cloud.network, create, inner, outer, subnet, router };
}

Deno.test("OpenStackSimulator has a private and an external network behind a router", async () => {
  const { ok, refuses, inner, outer, router, project } = await setUp();
  assertEquals(names([inner, outer]), ["private", "public"]);
  assertEquals([inner.project_id, outer["router:external"]], [project, true]);
  assertEquals(router.external_gateway_info.network_id, outer.id);
  const denied = "403 PolicyNotAuthorized";
  await refuses(denied, `DELETE /networks/${outer.id}`);
  await refuses(denied, `PUT /networks/${outer.id}`, { network: {} });
  // The project does not see the subnet of the operator.
  assertEquals((await ok("GET /subnets")).subnets.length, 1);
  const [hidden] = outer.subnets;
  await refuses("404 SubnetNotFound", `GET /subnets/${hidden}`);
});

Deno.test("OpenStackSimulator creates, changes and deletes a network, alone or several at once", async () => {
  const { ok, create, refuses, send, pass, inner } = await setUp();
  const created = await create("network", { name: "lab" });
  pass(5000);
  const path = `/networks/${created.id}`;
  const { network } = await ok(`PUT ${path}`, {
    network: { description: "tests", admin_state_up: "false" },
  });
  assertEquals(
    [network.name, network.description, network.admin_state_up],
    ["lab", "tests", false],
  );
  assertEquals(
    [network.created_at, network.updated_at],
    ["2026-01-02T03:04:05Z", "2026-01-02T03:04:10Z"],
  );
  assertEquals(network.revision_number, created.revision_number + 1);
  const both = { networks: [{ name: "one" }, { name: "two" }] };
  assertEquals(names((await ok("POST /networks", both)).networks), [
    "one",
    "two",
  ]);
  assertEquals((await send(`DELETE ${path}`)).status, 204);
  for (const method of ["GET", "DELETE"]) {
    await refuses("404 NetworkNotFound", `${method} ${path}`);
  }
  await refuses("409 NetworkInUse", `DELETE /networks/${inner.id}`);
});

/** Bodies for `POST /networks`, and the types of the errors. */
const INVALID: readonly [string, unknown][] = [
  ["400 HTTPBadRequest", {}],
  ["400 HTTPBadRequest", { network: { bogus: 1 } }],
  ["400 HTTPBadRequest", { network: { name: 5 } }],
  ["400 HTTPBadRequest", { network: { id: NO_ID } }],
  ["400 InvalidInput", { network: { admin_state_up: "maybe" } }],
  ["403 PolicyNotAuthorized", { network: { shared: true } }],
  ["403 PolicyNotAuthorized", { network: { "router:external": true } }],
  ["403 PolicyNotAuthorized", { network: { project_id: NO_ID } }],
];

Deno.test("OpenStackSimulator refuses invalid attributes of a network", async () => {
  const { refuses, subnet } = await setUp();
  for (const [expected, body] of INVALID) {
    await refuses(expected, "POST /networks", body);
  }
  const change = { subnet: { cidr: "10.9.0.0/24" } };
  await refuses("400 HTTPBadRequest", `PUT /subnets/${subnet.id}`, change);
});

Deno.test("OpenStackSimulator sends pages of networks with links in both directions", async () => {
  const { ok, create, refuses } = await setUp();
  for (const name of ["a", "b", "c"]) await create("network", { name });
  const all = names((await ok("GET /networks")).networks);
  const seen: string[] = [];
  let path: string | undefined = "/networks?limit=2";
  while (path !== undefined) {
    const page: Json = await ok(`GET ${path}`);
    seen.push(...names(page.networks));
    const next = page.networks_links
      ?.find(({ rel }: Json) => rel === "next")?.href;
    path = next?.replace("https://neutron.openstack.example/v2.0", "");
  }
  assertEquals(seen, all);
  const { networks, networks_links } = await ok(
    "GET /networks?limit=2&page_reverse=True",
  );
  assertEquals(names(networks), ["b", "c"]);
  assertEquals(networks_links.map(({ rel }: Json) => rel), [
    "next",
    "previous",
  ]);
  await refuses("404 NetworkNotFound", `GET /networks?marker=${NO_ID}`);
  await refuses("400 BadRequest", "GET /networks?limit=-1");
});

Deno.test("OpenStackSimulator sends its largest page of networks without a limit", async () => {
  const { network } = await logIn({ largestPage: 1 });
  const { networks, networks_links } = await network.ok("GET /networks");
  assertEquals(networks.length, 1);
  assertMatch(networks_links[0].href, /\/networks\?marker=/);
});

Deno.test("OpenStackSimulator filters, sorts and selects fields of lists", async () => {
  const { ok, refuses, subnet, router } = await setUp();
  const list = async (query: string) =>
    (await ok(`GET /networks?${query}`)).networks;
  assertEquals(names(await list("router:external=True")), ["public"]);
  assertEquals(await list("name=private&fields=name"), [{ name: "private" }]);
  assertEquals(names(await list("name=private&name=public")).length, 2);
  assertEquals(names(await list("sort_key=name&sort_dir=desc")), [
    "public",
    "private",
  ]);
  const byDevice = await ok(`GET /ports?device_id=${router.id}&fields=id`);
  const byAddress = await ok(
    `GET /ports?fixed_ips=ip_address=${subnet.gateway_ip}&fields=id`,
  );
  assertEquals(byDevice.ports.length, 1);
  assertEquals(byDevice, byAddress);
  await refuses("400 HTTPBadRequest", "GET /networks?bogus=1");
  await refuses("400 HTTPBadRequest", "GET /networks?sort_key=name");
});

Deno.test("OpenStackSimulator keeps tags of networks, and filters by them", async () => {
  const { ok, send, refuses, inner } = await setUp();
  const path = `/networks/${inner.id}/tags`;
  const tags = ["b", "a"];
  assertEquals(await ok(`PUT ${path}`, { tags }), { tags: ["a", "b"] });
  assertEquals((await send(`PUT ${path}/c`)).status, 201);
  assertEquals((await send(`GET ${path}/c`)).status, 204);
  const list = async (query: string) =>
    names((await ok(`GET /networks?${query}`)).networks);
  assertEquals(await list("tags=a,b"), ["private"]);
  assertEquals(await list("tags=a,z"), []);
  assertEquals(await list("tags-any=a,z"), ["private"]);
  assertEquals(await list("not-tags=a"), ["public"]);
  await ok(`DELETE ${path}/c`);
  await refuses("404 TagNotFound", `DELETE ${path}/c`);
  await ok(`DELETE ${path}`);
  assertEquals(await ok(`GET ${path}`), { tags: [] });
  await refuses("404 TagResourceNotFound", `PUT /networks/${NO_ID}/tags/a`);
});

Deno.test("OpenStackSimulator gives a subnet its gateway and its pools", async () => {
  const { create, refuses, ok } = await setUp();
  const { id: network_id } = await create("network", { name: "lab" });
  const cases: [object, string | null, object[]][] = [
    [{ cidr: "10.50.0.0/28" }, "10.50.0.1", [
      { start: "10.50.0.2", end: "10.50.0.14" },
    ]],
    [{ cidr: "10.51.0.9/24", gateway_ip: "10.51.0.5" }, "10.51.0.5", [
      { start: "10.51.0.1", end: "10.51.0.4" },
      { start: "10.51.0.6", end: "10.51.0.254" },
    ]],
    [{ cidr: "10.52.0.0/24", gateway_ip: null }, null, [
      { start: "10.52.0.1", end: "10.52.0.254" },
    ]],
    [{ cidr: "2001:db8:5::/64", ip_version: 6 }, "2001:db8:5::1", [
      { start: "2001:db8:5::2", end: "2001:db8:5:0:ffff:ffff:ffff:ffff" },
    ]],
  ];
  for (const [value, gateway, pools] of cases) {
    const subnet = await create("subnet", {
      network_id,
      ip_version: 4,
      ...value,
    });
    assertEquals([subnet.gateway_ip, subnet.allocation_pools], [
      gateway,
      pools,
    ]);
  }
  assertEquals(
    (await ok(`GET /networks/${network_id}`)).network.subnets.length,
    4,
  );
  const common = { network_id, ip_version: 4 };
  const pools = [{ start: "10.53.0.9", end: "10.54.0.9" }];
  const refused: [string, object][] = [
    ["400 InvalidInput", { ...common, cidr: "10.50.0.0/24" }],
    ["400 InvalidInput", { ...common, cidr: "10.53.0.0/33" }],
    ["400 InvalidInput", { ...common, cidr: "2001:db8::/64" }],
    ["400 BadRequest", common],
    ["400 HTTPBadRequest", { network_id, cidr: "10.53.0.0/24" }],
    ["400 HTTPBadRequest", { ...common, network_id: "no" }],
    ["404 NetworkNotFound", { ...common, network_id: NO_ID }],
    ["400 OutOfBoundsAllocationPool", {
      ...common,
      cidr: "10.53.0.0/24",
      allocation_pools: pools,
    }],
  ];
  for (const [expected, subnet] of refused) {
    await refuses(expected, "POST /subnets", { subnet });
  }
});

Deno.test("OpenStackSimulator takes the addresses of ports from the pools, and releases them", async () => {
  const { create, ok, refuses } = await setUp();
  const { id: network_id } = await create("network", { name: "lab" });
  const subnet = await create("subnet", {
    network_id,
    ip_version: 4,
    cidr: "10.50.0.0/24",
    allocation_pools: [{ start: "10.50.0.10", end: "10.50.0.12" }],
  });
  const subnet_id = subnet.id;
  const addressesOf = (port: Json) =>
    port.fixed_ips.map(({ ip_address }: Json) => ip_address);
  const ask = (ip_address: string, rest: object = {}) => ({
    network_id,
    fixed_ips: [{ ip_address, ...rest }],
  });
  const fixed = await create("port", ask("10.50.0.11", { subnet_id }));
  const first = await create("port", { network_id });
  const last = await create("port", { network_id });
  assertEquals([fixed, first, last].flatMap(addressesOf), [
    "10.50.0.11",
    "10.50.0.10",
    "10.50.0.12",
  ]);
  const refused: [string, object][] = [
    ["409 IpAddressGenerationFailure", { network_id }],
    ["409 IpAddressAlreadyAllocated", ask("10.50.0.11")],
    ["400 InvalidIpForNetwork", ask("10.99.0.9")],
    ["400 InvalidIpForSubnet", ask("10.99.0.9", { subnet_id })],
    ["404 NetworkNotFound", { network_id: NO_ID }],
    ["404 SecurityGroupNotFound", { network_id, security_groups: [NO_ID] }],
  ];
  for (const [expected, port] of refused) {
    await refuses(expected, "POST /ports", { port });
  }
  await refuses("409 SubnetInUse", `DELETE /subnets/${subnet_id}`);
  // A change that is refused keeps the address.
  const change = { port: { fixed_ips: [{ ip_address: "10.50.0.11" }] } };
  const conflict = "409 IpAddressAlreadyAllocated";
  await refuses(conflict, `PUT /ports/${first.id}`, change);
  await refuses(conflict, "POST /ports", { port: ask("10.50.0.10") });
  await ok(`DELETE /ports/${first.id}`);
  const moved = await ok(`PUT /ports/${last.id}`, {
    port: { fixed_ips: [{ ip_address: "10.50.0.10" }] },
  });
  assertEquals(addressesOf(moved.port), ["10.50.0.10"]);
  assertEquals(addressesOf(await create("port", { network_id })), [
    "10.50.0.12",
  ]);
});

Deno.test("OpenStackSimulator adds the address that a port gives itself by SLAAC", async () => {
  const { create } = await setUp();
  const { id: network_id } = await create("network", {});
  await create("subnet", {
    network_id,
    ip_version: 6,
    cidr: "2001:db8:5::/64",
    ipv6_address_mode: "slaac",
    ipv6_ra_mode: "slaac",
  });
  const { mac_address, fixed_ips } = await create("port", { network_id });
  const [, , , d, e, f] = mac_address.split(":");
  const tail = `fe${d}:${e}${f}`.replace(/:0+/, ":");
  assertEquals(fixed_ips.map(({ ip_address }: Json) => ip_address), [
    `2001:db8:5:0:f816:3eff:${tail}`,
  ]);
});

Deno.test("OpenStackSimulator secures ports by groups, unless this is switched off", async () => {
  const { create, ok, refuses, inner } = await setUp();
  const [group] = (await ok("GET /security-groups")).security_groups;
  const port = await create("port", { network_id: inner.id });
  assertEquals(port.security_groups, [group.id]);
  const path = `PUT /ports/${port.id}`;
  const off = { port_security_enabled: false };
  await refuses("409 PortSecurityPortHasSecurityGroup", path, { port: off });
  const changed = await ok(path, { port: { ...off, security_groups: [] } });
  assertEquals(
    [changed.port.port_security_enabled, changed.port.security_groups],
    [false, []],
  );
});

Deno.test("OpenStackSimulator keeps the port of a user when its server is deleted", async () => {
  const { ok, create, compute, image, pass, inner } = await setUp();
  const port = await create("port", { network_id: inner.id });
  const { flavors: [flavor] } = await compute.ok("GET /flavors");
  const { images: [{ id: imageRef }] } = await image.ok("GET /images");
  const { server } = await compute.ok("POST /servers", {
    server: {
      name: "n",
      flavorRef: flavor.id,
      imageRef,
      networks: [{ port: port.id }, { uuid: inner.id }],
    },
  });
  pass(100);
  const list = async (query: string) =>
    (await ok(`GET /ports?${query}`)).ports.map(({ id }: Json) => id);
  const used = await list(`device_id=${server.id}&status=ACTIVE`);
  assertEquals([used.length, used.includes(port.id)], [2, true]);
  await compute.ok(`DELETE /servers/${server.id}`);
  pass(1000);
  await compute.send("GET /servers");
  assertEquals(await list(`device_id=${server.id}`), []);
  assertEquals(await list(`id=${port.id}&status=DOWN`), [port.id]);
});

Deno.test("OpenStackSimulator joins a router to subnets and to an external network", async () => {
  const { create, ok, refuses, outer, inner, router: first } = await setUp();
  const { id: network_id } = await create("network", {});
  const common = { network_id, ip_version: 4 };
  const subnet = await create("subnet", { ...common, cidr: "10.50.0.0/24" });
  const other = await create("subnet", { ...common, cidr: "10.51.0.0/24" });
  const { id } = await create("router", { name: "edge" });
  const path = `PUT /routers/${id}`;
  const joined = await ok(`${path}/add_router_interface`, {
    subnet_id: subnet.id,
  });
  assertEquals([joined.id, joined.subnet_ids], [id, [subnet.id]]);
  const { port } = await ok(`GET /ports/${joined.port_id}`);
  assertEquals(
    [port.device_owner, port.fixed_ips[0].ip_address],
    ["network:router_interface", "10.50.0.1"],
  );
  for (
    const [expected, body] of [
      ["400 BadRequest", { subnet_id: subnet.id }],
      ["400 BadRequest", {}],
      ["404 SubnetNotFound", { subnet_id: NO_ID }],
      ["404 PortNotFound", { port_id: NO_ID }],
      ["409 PortInUse", { port_id: port.id }],
    ] as const
  ) {
    await refuses(expected, `${path}/add_router_interface`, body);
  }
  const own = await create("port", {
    network_id,
    fixed_ips: [{ subnet_id: other.id }],
  });
  await ok(`${path}/add_router_interface`, { port_id: own.id });
  await refuses("409 ServicePortInUse", `DELETE /ports/${port.id}`);
  await refuses("409 RouterInUse", `DELETE /routers/${id}`);
  await ok(`${path}/remove_router_interface`, { port_id: own.id });
  await ok(`${path}/remove_router_interface`, { subnet_id: subnet.id });
  await refuses(
    "404 RouterInterfaceNotFoundForSubnet",
    `${path}/remove_router_interface`,
    { subnet_id: subnet.id },
  );
  const gateway = (external_gateway_info: unknown) => ({
    router: { external_gateway_info },
  });
  await refuses("400 BadRequest", path, gateway({ network_id: inner.id }));
  await refuses("404 NetworkNotFound", path, gateway({ network_id: NO_ID }));
  const withGateway = await ok(path, gateway({ network_id: outer.id }));
  const [address] = withGateway.router.external_gateway_info.external_fixed_ips;
  const [taken] = first.external_gateway_info.external_fixed_ips;
  assertMatch(address.ip_address, /^203\.0\.113\./);
  assertEquals(address.ip_address === taken.ip_address, false);
  assertEquals(
    (await ok(path, gateway(null))).router.external_gateway_info,
    null,
  );
  await ok(`DELETE /routers/${id}`);
  await refuses("404 RouterNotFound", `GET /routers/${id}`);
});

Deno.test("OpenStackSimulator connects a floating address to a port behind a router", async () => {
  const { create, ok, refuses, inner, outer, subnet, router } = await setUp();
  const floating_network_id = outer.id;
  const port = await create("port", { network_id: inner.id, name: "p" });
  const address = await create("floatingip", { floating_network_id });
  assertEquals(
    [address.status, address.port_id, address.port_details],
    ["DOWN", null, null],
  );
  const path = `/floatingips/${address.id}`;
  const connected = await ok(`PUT ${path}`, {
    floatingip: { port_id: port.id },
  });
  const { floatingip } = connected;
  assertEquals(
    [floatingip.status, floatingip.router_id, floatingip.fixed_ip_address],
    ["ACTIVE", router.id, port.fixed_ips[0].ip_address],
  );
  assertEquals(floatingip.port_details.name, "p");
  // The same connection again changes nothing.
  await ok(`PUT ${path}`, { floatingip: { port_id: port.id } });
  const second = { floatingip: { floating_network_id, port_id: port.id } };
  const taken = "409 FloatingIPPortAlreadyAssociated";
  await refuses(taken, "POST /floatingips", second);
  await refuses(
    "409 RouterInterfaceInUseByFloatingIP",
    `PUT /routers/${router.id}/remove_router_interface`,
    { subnet_id: subnet.id },
  );
  await refuses(
    "409 RouterExternalGatewayInUseByFloatingIp",
    `PUT /routers/${router.id}`,
    { router: { external_gateway_info: null } },
  );
  const freed = await ok(`PUT ${path}`, { floatingip: { port_id: null } });
  assertEquals(freed.floatingip.fixed_ip_address, null);
  await ok(`PUT ${path}`, { floatingip: { port_id: port.id } });
  await ok(`DELETE /ports/${port.id}`);
  assertEquals((await ok(`GET ${path}`)).floatingip.port_id, null);
  await ok(`DELETE ${path}`);
  await refuses("404 FloatingIPNotFound", `DELETE ${path}`);
});

Deno.test("OpenStackSimulator refuses floating addresses that cannot be connected", async () => {
  const { create, refuses, inner, outer } = await setUp();
  const { id: network_id } = await create("network", {});
  await create("subnet", { network_id, ip_version: 4, cidr: "10.50.0.0/24" });
  const lonely = await create("port", { network_id });
  const floating_network_id = outer.id;
  const cases: [string, object][] = [
    ["400 HTTPBadRequest", {}],
    ["400 BadRequest", { floating_network_id: inner.id }],
    ["404 NetworkNotFound", { floating_network_id: NO_ID }],
    ["404 PortNotFound", { floating_network_id, port_id: NO_ID }],
    ["404 ExternalGatewayForFloatingIPNotFound", {
      floating_network_id,
      port_id: lonely.id,
    }],
    ["403 PolicyNotAuthorized", {
      floating_network_id,
      floating_ip_address: "203.0.113.99",
    }],
  ];
  for (const [expected, floatingip] of cases) {
    await refuses(expected, "POST /floatingips", { floatingip });
  }
});

Deno.test("OpenStackSimulator has a default security group, which cannot be renamed or deleted", async () => {
  const { ok, refuses } = await setUp();
  const [group] = (await ok("GET /security-groups")).security_groups;
  const rules = group.security_group_rules.map((rule: Json) =>
    `${rule.direction} ${rule.ethertype} ${rule.remote_group_id === group.id}`
  );
  assertEquals(rules.sort(), [
    "egress IPv4 false",
    "egress IPv6 false",
    "ingress IPv4 true",
    "ingress IPv6 true",
  ]);
  const path = `/security-groups/${group.id}`;
  await refuses("409 SecurityGroupCannotUpdateDefault", `PUT ${path}`, {
    security_group: { name: "x" },
  });
  await refuses("409 SecurityGroupCannotRemoveDefault", `DELETE ${path}`);
  await refuses(
    "409 SecurityGroupDefaultAlreadyExists",
    "POST /security-groups",
    {
      security_group: { name: "default" },
    },
  );
});

Deno.test("OpenStackSimulator validates rules of security groups", async () => {
  const { ok, create, refuses, inner } = await setUp();
  const { id } = await create(
    "security_group",
    { name: "web" },
    "security-groups",
  );
  const common = { security_group_id: id, direction: "ingress" };
  const tcp = { ...common, protocol: "tcp" };
  const ssh = { ...tcp, port_range_min: 22, port_range_max: 22 };
  const add = (value: object) =>
    create("security_group_rule", value, "security-group-rules");
  const rule = await add(ssh);
  assertEquals([rule.ethertype, rule.remote_ip_prefix], ["IPv4", null]);
  const remote = await add({ ...common, remote_ip_prefix: "10.1.2.3/8" });
  assertEquals(remote.normalized_cidr, "10.0.0.0/8");
  const numbered = await add({ ...common, protocol: 17, ethertype: "ipv6" });
  assertEquals([numbered.protocol, numbered.ethertype], ["17", "IPv6"]);
  const cases: [string, object][] = [
    ["409 SecurityGroupRuleExists", ssh],
    ["400 SecurityGroupInvalidPortRange", { ...ssh, port_range_min: 90 }],
    ["400 SecurityGroupInvalidPortValue", { ...ssh, port_range_max: 70000 }],
    ["400 SecurityGroupProtocolRequiredWithPorts", {
      ...common,
      port_range_min: 22,
    }],
    ["400 SecurityGroupRuleInvalidProtocol", { ...common, protocol: "bogus" }],
    ["400 SecurityGroupRuleInvalidEtherType", { ...tcp, ethertype: "ipx" }],
    ["400 SecurityGroupRuleParameterConflict", {
      ...tcp,
      remote_ip_prefix: "::/0",
    }],
    ["400 SecurityGroupMultipleRemoteEntites", {
      ...tcp,
      remote_ip_prefix: "10.0.0.0/8",
      remote_group_id: id,
    }],
    ["404 SecurityGroupNotFound", { ...tcp, remote_group_id: NO_ID }],
    ["404 SecurityGroupNotFound", { ...tcp, security_group_id: NO_ID }],
    ["400 HTTPBadRequest", { ...tcp, direction: "sideways" }],
    ["400 HTTPBadRequest", { direction: "ingress" }],
  ];
  for (const [expected, security_group_rule] of cases) {
    await refuses(expected, "POST /security-group-rules", {
      security_group_rule,
    });
  }
  const { security_group } = await ok(`GET /security-groups/${id}`);
  assertEquals(security_group.security_group_rules.length, 5);
  await ok(`DELETE /security-group-rules/${rule.id}`);
  await refuses(
    "404 SecurityGroupRuleNotFound",
    `DELETE /security-group-rules/${rule.id}`,
  );
  const port = await create("port", {
    network_id: inner.id,
    security_groups: [id],
  });
  await refuses("409 SecurityGroupInUse", `DELETE /security-groups/${id}`);
  await ok(`DELETE /ports/${port.id}`);
  await ok(`DELETE /security-groups/${id}`);
  const left = await ok(`GET /security-group-rules?security_group_id=${id}`);
  assertEquals(left.security_group_rules, []);
});

Deno.test("OpenStackSimulator refuses resources of Neutron above the quota", async () => {
  const { ok, create, refuses, project } = await setUp({
    quotas: { network: 2 },
  });
  await create("network", {});
  await refuses("409 OverQuota", "POST /networks", { network: {} });
  const { quota } = await ok(`GET /quotas/${project}`);
  assertEquals([quota.network, quota.port], [2, -1]);
  const details = await ok(`GET /quotas/${project}/details.json`);
  assertEquals(details.quota.network, { limit: 2, used: 2, reserved: 0 });
  await refuses("403 PolicyNotAuthorized", `PUT /quotas/${project}`, {
    quota: {},
  });
});

Deno.test("OpenStackSimulator connects a server with further networks and ports", async () => {
  const { compute, ok, create, refuses, inner } = await setUp({ nodes: 1 });
  const [{ id: server }] = (await compute.ok("GET /servers")).servers;
  const path = `/servers/${server}/os-interface`;
  const list = async () =>
    (await compute.ok(`GET ${path}`)).interfaceAttachments;
  const attach = async (value: object) =>
    (await compute.ok(`POST ${path}`, { interfaceAttachment: value }))
      .interfaceAttachment;
  const [first] = await list();
  assertEquals(await compute.ok(`GET ${path}/${first.port_id}`), {
    interfaceAttachment: first,
  });
  assertEquals(Object.keys(first).sort(), [
    "fixed_ips",
    "mac_addr",
    "net_id",
    "port_id",
    "port_state",
  ]);

  const second = await attach({
    net_id: inner.id,
    fixed_ips: [{ ip_address: "10.0.0.77" }],
  });
  assertEquals(second.fixed_ips[0].ip_address, "10.0.0.77");
  const { port } = await ok(`GET /ports/${second.port_id}`);
  assertEquals([port.device_id, port.device_owner], [server, "compute:nova"]);
  const own = await create("port", { network_id: inner.id });
  await attach({ port_id: own.id });
  assertEquals((await list()).length, 3);
  const { server: { addresses } } = await compute.ok(`GET /servers/${server}`);
  assertEquals(addresses.private.length, 3);

  for (const { port_id } of [second, { port_id: own.id }]) {
    const { status } = await compute.send(`DELETE ${path}/${port_id}`);
    assertEquals(status, 202);
  }
  assertEquals(await list(), [first]);
  // Nova deletes only the port that it created.
  await refuses("404 PortNotFound", `GET /ports/${second.port_id}`);
  assertEquals((await ok(`GET /ports/${own.id}`)).port.device_id, "");
});

/** Bodies for `POST /servers/{id}/os-interface`, and the errors. */
const INVALID_INTERFACES: readonly [string, object][] = [
  ["400", { net_id: NO_ID, port_id: NO_ID }],
  ["400", { fixed_ips: [{ ip_address: "10.0.0.9" }] }],
  ["400", { net_id: NO_ID, fixed_ips: [] }],
  ["400", { net_id: NO_ID, fixed_ips: [{ subnet_id: NO_ID }] }],
  ["400", { net_id: NO_ID, tag: "a" }],
  ["404", { net_id: NO_ID }],
  ["404", { port_id: NO_ID }],
];

Deno.test("OpenStackSimulator refuses invalid interfaces of a server", async () => {
  const { compute, ok } = await setUp({ nodes: 2 });
  const { servers: [{ id: server }, other] } = await compute.ok("GET /servers");
  const path = `/servers/${server}/os-interface`;
  for (const [expected, interfaceAttachment] of INVALID_INTERFACES) {
    const { status } = await compute.send(`POST ${path}`, {
      interfaceAttachment,
    });
    assertEquals([interfaceAttachment, `${status}`], [
      interfaceAttachment,
      expected,
    ]);
  }
  const { ports } = await ok(`GET /ports?device_id=${other.id}`);
  const port_id = ports[0].id;
  const taken = { interfaceAttachment: { port_id } };
  assertEquals((await compute.send(`POST ${path}`, taken)).status, 409);
  assertEquals((await compute.send(`GET ${path}/${port_id}`)).status, 404);
  await compute.send(`POST /servers/${server}/action`, { lock: null });
  for (const [method, body] of [["POST", taken], ["DELETE"]] as const) {
    const where = method === "POST" ? path : `${path}/${port_id}`;
    const { status } = await compute.send(`${method} ${where}`, body);
    assertEquals([method, status], [method, 409]);
  }
});
