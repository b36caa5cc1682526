import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertRejects,
} from "@std/assert";
import {
  AbortedError,
  type CloudError,
  ConflictError,
  ServiceUnavailableError,
  TimeoutError,
} from "../../../core/mod.ts";
import { OpenStackNodeDriver } from "../../../drivers/openstack/compute.ts";
import { OpenStackNetworkDriver } from "../../../drivers/openstack/network.ts";
import { COMPUTE_URL, CREDENTIALS, json, Keystone } from "./_keystone.ts";

/** Responds to a request; the default responds with what was sent. */
type Respond = (sent: string, body: unknown) => Response | undefined;

/** A cloud whose responses the test chooses, and the requests that it got. */
function cloud(respond: Respond = () => undefined) {
  const sent: string[] = [];
  const keystone = new Keystone({
    endpoints: [
      ["compute", "north", COMPUTE_URL],
      ["network", "north", "https://neutron.example"],
    ],
    async respond(request) {
      const { pathname, search } = new URL(request.url);
      const text = await request.text();
      const line = `${request.method} ${pathname}${search}`;
      sent.push(text ? `${line} ${text}` : line);
      const body = text ? JSON.parse(text) : undefined;
      return respond(line, body) ?? json(echo(body));
    },
  });
  const { fetch } = keystone;
  const driver = new OpenStackNetworkDriver({
    ...CREDENTIALS,
    retry: { baseMs: 0 },
    fetch,
  });
  return { driver, sent };
}

const NEEDED = {
  id: "1",
  network_id: "n1",
  security_group_id: "g1",
  floating_network_id: "n1",
  port_id: "p1",
  net_id: "n1",
};

/** Adds the fields that a record needs to what was sent. */
function echo(body: unknown): unknown {
  const entries = Object.entries(Object(body) as Record<string, unknown>)
    .filter(([, value]) => typeof value === "object");
  return {
    ...NEEDED,
    ...Object.fromEntries(
      entries.map((
        [key, value],
      ) => [key, { ...NEEDED, ...value as object, fixed_ips: [] }]),
    ),
  };
}

/** A page of a list. */
function page(name: string, items: readonly object[]): Response {
  return json({ [name]: items, [`${name}_links`]: [] });
}

const refusal = (type: string, message: string) => ({
  NeutronError: { type, message, detail: "" },
});

/** Each call, and the only request that it sends. */
const CALLS: readonly [
  call: (driver: OpenStackNetworkDriver) => Promise<unknown>,
  request: string,
][] = [
  [
    (it) => it.createNetwork({ name: "web" }),
    'POST /v2.0/networks {"network":{"name":"web"}}',
  ],
  [
    (it) =>
      it.createNetwork({
        name: "web",
        description: "For the web",
        isEnabled: false,
        hasPortSecurity: false,
        mtu: 1400,
      }),
    'POST /v2.0/networks {"network":{"name":"web","description":"For the web","admin_state_up":false,"port_security_enabled":false,"mtu":1400}}',
  ],
  [(it) => it.getNetwork("n1"), "GET /v2.0/networks/n1"],
  [
    (it) => it.updateNetwork({ id: "n1" }, { name: "x", isEnabled: true }),
    'PUT /v2.0/networks/n1 {"network":{"name":"x","admin_state_up":true}}',
  ],
  [(it) => it.deleteNetwork("n1"), "DELETE /v2.0/networks/n1"],
  [
    (it) =>
      it.createSubnet({ name: "a", network: "n1", cidr: "2001:db8::/64" }),
    'POST /v2.0/subnets {"subnet":{"name":"a","network_id":"n1","ip_version":6,"cidr":"2001:db8::/64"}}',
  ],
  [
    (it) =>
      it.createSubnet({
        name: "a",
        network: { id: "n1" },
        cidr: "10.0.0.0/24",
        gateway: "none",
        hasDhcp: false,
        dnsServers: ["203.0.113.53"],
        ranges: [{ first: "10.0.0.10", last: "10.0.0.99" }],
        routes: [{ destination: "10.1.0.0/24", nextHop: "10.0.0.2" }],
      }),
    'POST /v2.0/subnets {"subnet":{"name":"a","network_id":"n1","ip_version":4,"cidr":"10.0.0.0/24","gateway_ip":null,"enable_dhcp":false,"dns_nameservers":["203.0.113.53"],"allocation_pools":[{"start":"10.0.0.10","end":"10.0.0.99"}],"host_routes":[{"destination":"10.1.0.0/24","nexthop":"10.0.0.2"}]}}',
  ],
  [
    (it) =>
      it.createSubnet({
        name: "a",
        network: "n1",
        cidr: "10.0.0.0/24",
        gateway: "10.0.0.254",
      }),
    'POST /v2.0/subnets {"subnet":{"name":"a","network_id":"n1","ip_version":4,"cidr":"10.0.0.0/24","gateway_ip":"10.0.0.254"}}',
  ],
  [(it) => it.getSubnet("s1"), "GET /v2.0/subnets/s1"],
  [
    (it) => it.updateSubnet("s1", { hasDhcp: true, dnsServers: [] }),
    'PUT /v2.0/subnets/s1 {"subnet":{"enable_dhcp":true,"dns_nameservers":[]}}',
  ],
  [(it) => it.deleteSubnet("s1"), "DELETE /v2.0/subnets/s1"],
  [
    (it) => it.createRouter({ name: "r" }),
    'POST /v2.0/routers {"router":{"name":"r"}}',
  ],
  [
    (it) => it.createRouter({ name: "r", network: "n1" }),
    'POST /v2.0/routers {"router":{"name":"r","external_gateway_info":{"network_id":"n1"}}}',
  ],
  [(it) => it.getRouter("r1"), "GET /v2.0/routers/r1"],
  [
    (it) => it.updateRouter("r1", { name: "x", description: "" }),
    'PUT /v2.0/routers/r1 {"router":{"name":"x","description":""}}',
  ],
  [
    (it) => it.setGateway("r1", { network: { id: "n1" } }),
    'PUT /v2.0/routers/r1 {"router":{"external_gateway_info":{"network_id":"n1"}}}',
  ],
  [
    (it) => it.removeGateway("r1"),
    'PUT /v2.0/routers/r1 {"router":{"external_gateway_info":null}}',
  ],
  [
    (it) => it.addRouterInterface("r1", { subnet: "s1" }),
    'PUT /v2.0/routers/r1/add_router_interface {"subnet_id":"s1"}',
  ],
  [
    (it) => it.removeRouterInterface("r1", { port: { id: "p1" } }),
    'PUT /v2.0/routers/r1/remove_router_interface {"port_id":"p1"}',
  ],
  [(it) => it.deleteRouter("r1"), "DELETE /v2.0/routers/r1"],
  [
    (it) => it.createPort({ name: "p", network: "n1" }),
    'POST /v2.0/ports {"port":{"name":"p","network_id":"n1"}}',
  ],
  [
    (it) =>
      it.createPort({
        name: "p",
        network: "n1",
        addresses: [{ subnet: "s1", ip: "10.0.0.5" }, { subnet: { id: "s2" } }],
        securityGroups: ["g1", { id: "g2" }],
        hasPortSecurity: true,
      }),
    'POST /v2.0/ports {"port":{"name":"p","network_id":"n1","fixed_ips":[{"subnet_id":"s1","ip_address":"10.0.0.5"},{"subnet_id":"s2"}],"security_groups":["g1","g2"],"port_security_enabled":true}}',
  ],
  [(it) => it.getPort("p1"), "GET /v2.0/ports/p1"],
  [
    (it) => it.updatePort("p1", { securityGroups: [], hasPortSecurity: false }),
    'PUT /v2.0/ports/p1 {"port":{"security_groups":[],"port_security_enabled":false}}',
  ],
  [(it) => it.deletePort("p1"), "DELETE /v2.0/ports/p1"],
  [
    (it) => it.createSecurityGroup({ name: "web", description: "HTTPS" }),
    'POST /v2.0/security-groups {"security_group":{"name":"web","description":"HTTPS"}}',
  ],
  [(it) => it.getSecurityGroup("g1"), "GET /v2.0/security-groups/g1"],
  [
    (it) => it.updateSecurityGroup("g1", { name: "x" }),
    'PUT /v2.0/security-groups/g1 {"security_group":{"name":"x"}}',
  ],
  [(it) => it.deleteSecurityGroup("g1"), "DELETE /v2.0/security-groups/g1"],
  [
    (it) => it.createSecurityGroupRule("g1"),
    'POST /v2.0/security-group-rules {"security_group_rule":{"security_group_id":"g1","direction":"ingress","ethertype":"IPv4"}}',
  ],
  [
    (it) =>
      it.createSecurityGroupRule({ id: "g1" }, {
        protocol: "tcp",
        fromPort: 443,
        cidr: "2001:db8::/32",
        description: "HTTPS",
      }),
    'POST /v2.0/security-group-rules {"security_group_rule":{"security_group_id":"g1","direction":"ingress","ethertype":"IPv6","protocol":"tcp","port_range_min":443,"port_range_max":443,"remote_ip_prefix":"2001:db8::/32","description":"HTTPS"}}',
  ],
  [
    (it) =>
      it.createSecurityGroupRule("g1", {
        direction: "egress",
        protocol: 17,
        fromPort: 0,
        toPort: 65_535,
        remoteGroup: "g2",
        ipVersion: 6,
      }),
    'POST /v2.0/security-group-rules {"security_group_rule":{"security_group_id":"g1","direction":"egress","ethertype":"IPv6","protocol":"17","port_range_min":0,"port_range_max":65535,"remote_group_id":"g2"}}',
  ],
  [
    (it) => it.createSecurityGroupRule("g1", { protocol: "icmp", fromPort: 8 }),
    'POST /v2.0/security-group-rules {"security_group_rule":{"security_group_id":"g1","direction":"ingress","ethertype":"IPv4","protocol":"icmp","port_range_min":8}}',
  ],
  [
    (it) => it.deleteSecurityGroupRule("e1"),
    "DELETE /v2.0/security-group-rules/e1",
  ],
  [
    (it) => it.addSecurityGroup("i1", { securityGroup: "web" }),
    'POST /v2.1/p1/servers/i1/action {"addSecurityGroup":{"name":"web"}}',
  ],
  [
    (it) => it.removeSecurityGroup("i1", { securityGroup: { id: "g1" } }),
    'POST /v2.1/p1/servers/i1/action {"removeSecurityGroup":{"name":"g1"}}',
  ],
  [
    (it) => it.createFloatingIp({ network: "n1" }),
    'POST /v2.0/floatingips {"floatingip":{"floating_network_id":"n1"}}',
  ],
  [
    (it) =>
      it.createFloatingIp({
        network: "n1",
        ip: "203.0.113.9",
        port: "p1",
        description: "Web",
      }),
    'POST /v2.0/floatingips {"floatingip":{"floating_network_id":"n1","floating_ip_address":"203.0.113.9","port_id":"p1","description":"Web"}}',
  ],
  [(it) => it.getFloatingIp("f1"), "GET /v2.0/floatingips/f1"],
  [
    (it) => it.associateFloatingIp("f1", { port: "p1", fixedIp: "10.0.0.5" }),
    'PUT /v2.0/floatingips/f1 {"floatingip":{"port_id":"p1","fixed_ip_address":"10.0.0.5"}}',
  ],
  [
    (it) => it.disassociateFloatingIp("f1"),
    'PUT /v2.0/floatingips/f1 {"floatingip":{"port_id":null}}',
  ],
  [(it) => it.deleteFloatingIp("f1"), "DELETE /v2.0/floatingips/f1"],
  [
    (it) => it.attachInterface("i1", { network: "n1", ip: "10.0.0.5" }),
    'POST /v2.1/p1/servers/i1/os-interface {"interfaceAttachment":{"net_id":"n1","fixed_ips":[{"ip_address":"10.0.0.5"}]}}',
  ],
  [
    (it) => it.attachInterface("i1", { port: "p1" }),
    'POST /v2.1/p1/servers/i1/os-interface {"interfaceAttachment":{"port_id":"p1"}}',
  ],
  [
    (it) => it.detachInterface("i1", { port: "p1" }),
    "DELETE /v2.1/p1/servers/i1/os-interface/p1",
  ],
];

Deno.test("OpenStackNetworkDriver sends one request for each call", async () => {
  const bodies: Readonly<Record<string, string>> = {
    networks: "network",
    subnets: "subnet",
    routers: "router",
    ports: "port",
    "security-groups": "security_group",
    floatingips: "floatingip",
  };
  for (const [call, request] of CALLS) {
    const { driver, sent } = cloud((line) => {
      const [, kind = ""] = /^GET \/v2\.0\/([\w-]+)\//.exec(line) ?? [];
      return kind ? json({ [bodies[kind]!]: NEEDED }) : undefined;
    });
    await call(driver);
    assertEquals(sent, [request]);
  }
});

/** Each list, its request, and the name of the records in the response. */
const LISTS: readonly [
  list: (driver: OpenStackNetworkDriver) => PromiseLike<unknown[]>,
  request: string,
  name: string,
][] = [
  [
    (it) => it.listNetworks({ name: "web", isExternal: true }),
    "GET /v2.0/networks?name=web&router%3Aexternal=true&limit=1000",
    "networks",
  ],
  [
    (it) => it.listSubnets({ name: "a", network: "n1" }),
    "GET /v2.0/subnets?name=a&network_id=n1&limit=1000",
    "subnets",
  ],
  [
    (it) => it.listRouters({ name: "r" }),
    "GET /v2.0/routers?name=r&limit=1000",
    "routers",
  ],
  [
    (it) => it.listPorts({ name: "p", network: "n1", node: { id: "i1" } }),
    "GET /v2.0/ports?name=p&network_id=n1&device_id=i1&limit=1000",
    "ports",
  ],
  [
    (it) => it.listSecurityGroups({ name: "web" }),
    "GET /v2.0/security-groups?name=web&limit=1000",
    "security_groups",
  ],
  [
    (it) => it.listSecurityGroupRules({ securityGroup: "g1" }),
    "GET /v2.0/security-group-rules?security_group_id=g1&limit=1000",
    "security_group_rules",
  ],
  [
    (it) =>
      it.listFloatingIps({ ip: "203.0.113.9", network: "n1", port: "p1" }),
    "GET /v2.0/floatingips?floating_ip_address=203.0.113.9&floating_network_id=n1&port_id=p1&limit=1000",
    "floatingips",
  ],
  [
    (it) => it.listInterfaces("i1"),
    "GET /v2.1/p1/servers/i1/os-interface",
    "interfaceAttachments",
  ],
];

Deno.test("OpenStackNetworkDriver sends the filters of each list", async () => {
  for (const [list, request, name] of LISTS) {
    const { driver, sent } = cloud(() => page(name, [NEEDED]));
    assertEquals((await list(driver)).length, 1);
    assertEquals(sent, [request]);
  }
});

Deno.test("OpenStackNetworkDriver.listPorts() follows links by marker on its own endpoint", async () => {
  const { driver, sent } = cloud((line) => {
    if (line.includes("marker")) return page("ports", [{ ...NEEDED, id: "2" }]);
    const href = "http://10.0.0.1:9696/v2.0/ports?limit=2&marker=1";
    return json({
      ports: [NEEDED],
      ports_links: [
        { rel: "previous", href: "http://10.0.0.1:9696/v2.0/ports?marker=0" },
        { rel: "next", href },
      ],
    });
  });
  const ports = await driver.listPorts();
  assertEquals(ports.map(({ id }) => id), ["1", "2"]);
  assertEquals(sent, [
    "GET /v2.0/ports?limit=1000",
    "GET /v2.0/ports?marker=1&limit=1000",
  ]);
});

/** Calls with invalid arguments, and their errors. */
const MISTAKES: readonly [
  call: (driver: OpenStackNetworkDriver) => Promise<unknown>,
  message: string,
][] = [
  [
    (it) => it.createNetwork({ name: "" }),
    'createNetwork: name must be a non-empty string, got ""',
  ],
  [
    (it) => it.createNetwork({ name: "a", mtu: 0 }),
    "createNetwork: mtu must be an integer from 1 to 2147483647, got 0",
  ],
  [
    (it) => it.createSubnet({ name: "a", network: "", cidr: "10.0.0.0/24" }),
    'createSubnet: network must be a network or its id, got ""',
  ],
  [
    (it) => it.addRouterInterface("r1", {}),
    "addRouterInterface: pass either subnet or port",
  ],
  [
    (it) => it.removeRouterInterface("r1", { subnet: "s1", port: "p1" }),
    "removeRouterInterface: pass either subnet or port, not both",
  ],
  [
    (it) => it.associateFloatingIp("f1", {}),
    "associateFloatingIp: pass either node or port",
  ],
  [
    (it) => it.associateFloatingIp("f1", { node: "i1", port: "p1" }),
    "associateFloatingIp: pass either node or port, not both",
  ],
  [
    (it) => it.attachInterface("i1", {}),
    "attachInterface: pass either network or port",
  ],
  [
    (it) => it.attachInterface("i1", { port: "p1", ip: "10.0.0.5" }),
    "attachInterface: ip needs network",
  ],
  [
    (it) =>
      it.createSecurityGroupRule("g1", {
        cidr: "10.0.0.0/8",
        remoteGroup: "g2",
      }),
    "createSecurityGroupRule: use either cidr or remoteGroup, not both",
  ],
  [
    (it) => it.createSecurityGroupRule("g1", { fromPort: 65_536 }),
    "createSecurityGroupRule: fromPort must be an integer from 0 to 65535, got 65536",
  ],
  [
    (it) => it.createSecurityGroupRule("g1", { toPort: -1 }),
    "createSecurityGroupRule: toPort must be an integer from 0 to 65535, got -1",
  ],
  [
    (it) => it.createSecurityGroupRule("g1", { direction: "in" as "ingress" }),
    'createSecurityGroupRule: direction must be "ingress" or "egress", got "in"',
  ],
  [
    (it) =>
      it.createPort({
        name: "p",
        network: "n1",
        addresses: "10.0.0.5" as unknown as [],
      }),
    'createPort: addresses must be an array, got "10.0.0.5"',
  ],
];

Deno.test("OpenStackNetworkDriver rejects invalid arguments before any request", async () => {
  for (const [call, message] of MISTAKES) {
    const { driver, sent } = cloud();
    const error = await assertRejects(async () => await call(driver));
    assert(error instanceof TypeError || error instanceof RangeError);
    assertEquals(error.message, message);
    assertEquals(sent, []);
  }
});

const port = (id: string, ...addresses: string[]) => ({
  ...NEEDED,
  id,
  device_id: "i1",
  device_owner: "compute:nova",
  fixed_ips: addresses.map((ip) => ({ subnet_id: "s1", ip_address: ip })),
});

Deno.test("OpenStackNetworkDriver.associateFloatingIp() finds the port of a node", async () => {
  const ports = [
    port("p4", "10.0.0.4"),
    port("p5", "10.0.0.5", "2001:db8::5"),
    port("p6", "2001:db8::6"),
  ];
  const associate = async (items: readonly object[], fixedIp?: string) => {
    const { driver, sent } = cloud((line) =>
      line.startsWith("GET") ? page("ports", items) : undefined
    );
    try {
      await driver.associateFloatingIp("f1", { node: "i1", fixedIp });
    } catch (error) {
      assertInstanceOf(error, TypeError);
      assertEquals(sent.length, 1);
      return error.message;
    }
    const [list, change = ""] = sent;
    assertEquals(list, "GET /v2.0/ports?device_id=i1&limit=1000");
    return change.replace("PUT /v2.0/floatingips/f1 ", "");
  };
  assertEquals(
    await associate(ports.slice(1)),
    '{"floatingip":{"port_id":"p5"}}',
  );
  assertEquals(
    await associate(ports, "10.0.0.4"),
    '{"floatingip":{"port_id":"p4","fixed_ip_address":"10.0.0.4"}}',
  );
  assertEquals(
    await associate(ports),
    "associateFloatingIp: node has 2 ports with an IPv4 address; pass fixedIp or port",
  );
  assertEquals(
    await associate(ports, "10.0.0.9"),
    "associateFloatingIp: node has no port with 10.0.0.9",
  );
  assertEquals(
    await associate(ports.slice(2)),
    "associateFloatingIp: node has no port with an IPv4 address",
  );
});

Deno.test("OpenStackNetworkDriver.associateFloatingIp() changed nothing if the login does not end", async () => {
  const driver = new OpenStackNetworkDriver({
    ...CREDENTIALS,
    fetch: () => new Promise(() => {}),
  });
  for (const to of [{ port: "p1" }, { node: "i1" }]) {
    const error: CloudError = await assertRejects(
      () => driver.associateFloatingIp("f1", { ...to, timeoutMs: 1 }),
      TimeoutError,
    );
    assertFalse(error.mayHaveBeenApplied);
  }
});

Deno.test("OpenStackNetworkDriver.addRouterInterface() is not sent twice", async () => {
  const { driver, sent } = cloud(() =>
    json(refusal("Unavailable", "Try later"), { status: 503 })
  );
  const error = await assertRejects(
    () => driver.addRouterInterface("r1", { subnet: "s1" }),
    ServiceUnavailableError,
  );
  assertEquals([sent.length, error.mayHaveBeenApplied], [1, true]);
});

for (
  const [method, create] of [
    [
      "createNetwork",
      (driver, signal) => driver.createNetwork({ name: "web", signal }),
    ],
    [
      "addRouterInterface",
      (driver, signal) =>
        driver.addRouterInterface("r1", { subnet: "s1", signal }),
    ],
  ] as readonly [
    method: string,
    create: (
      driver: OpenStackNetworkDriver,
      signal: AbortSignal,
    ) => Promise<unknown>,
  ][]
) {
  Deno.test(`OpenStackNetworkDriver.${method}() says after an abort that something may exist`, async () => {
    const controller = new AbortController();
    const { driver } = cloud(() => {
      controller.abort();
      return undefined;
    });
    const error: CloudError = await assertRejects(
      () => create(driver, controller.signal),
      AbortedError,
    );
    assert(error.mayHaveBeenApplied);
  });
}

Deno.test("OpenStackNetworkDriver reads errors of Neutron", async () => {
  const { driver } = cloud(() =>
    json(refusal("SecurityGroupInUse", "Security Group g1 in use."), {
      status: 409,
      headers: { "x-openstack-request-id": "req-7" },
    })
  );
  const error = await assertRejects(
    () => driver.deleteSecurityGroup("g1"),
    ConflictError,
    'deleteSecurityGroup: OpenStack refused: "Security Group g1 in use." ' +
      "(409, code SecurityGroupInUse, request id req-7)",
  );
  assertEquals(error.code, "SecurityGroupInUse");
});

Deno.test("OpenStackNetworkDriver converts records", async () => {
  const common = {
    id: "1",
    name: "",
    description: "",
    tenant_id: "t1",
    tags: ["a"],
    created_at: "2026-11-29T07:03:53Z",
    updated_at: "2026-11-29T07:03:54Z",
  };
  const shared = {
    id: "1",
    name: undefined,
    description: undefined,
    projectId: "t1",
    tags: ["a"],
    createdAt: "2026-11-29T07:03:53Z",
    updatedAt: "2026-11-29T07:03:54Z",
  };
  const fixed = [{ subnet_id: "s1", ip_address: "10.0.0.5" }];
  const addresses = [{ subnetId: "s1", ip: "10.0.0.5" }];
  const { driver } = cloud((line) => {
    const [, kind = ""] = /\/v2\.0\/([\w-]+)/.exec(line) ?? [];
    const bodies: Readonly<Record<string, object>> = {
      networks: {
        network: {
          ...common,
          status: "ACTIVE",
          admin_state_up: true,
          shared: false,
          "router:external": true,
          port_security_enabled: true,
          subnets: ["s1"],
          mtu: 1500,
          availability_zones: ["nova"],
        },
      },
      routers: {
        router: {
          ...common,
          status: "ACTIVE",
          admin_state_up: true,
          external_gateway_info: {
            network_id: "n1",
            enable_snat: true,
            external_fixed_ips: fixed,
          },
          routes: [{ destination: "10.1.0.0/24", nexthop: "10.0.0.2" }],
        },
      },
      subnets: {
        subnet: {
          ...common,
          network_id: "n1",
          ip_version: 4,
          cidr: "10.0.0.0/24",
          gateway_ip: null,
          enable_dhcp: true,
          dns_nameservers: ["203.0.113.53"],
          allocation_pools: [{ start: "10.0.0.2", end: "10.0.0.254" }],
          host_routes: [{ destination: "10.1.0.0/24", nexthop: "10.0.0.2" }],
        },
      },
      ports: {
        port: {
          ...common,
          network_id: "n1",
          status: "DOWN",
          admin_state_up: true,
          mac_address: "fa:16:3e:00:00:01",
          fixed_ips: fixed,
          device_id: "r1",
          device_owner: "network:router_interface",
          security_groups: ["g1"],
          port_security_enabled: false,
        },
      },
      "security-groups": {
        security_group: {
          ...common,
          stateful: true,
          security_group_rules: [{
            id: "e1",
            security_group_id: "1",
            direction: "ingress",
            ethertype: "IPv6",
            protocol: "tcp",
            port_range_min: 22,
            port_range_max: 23,
            remote_ip_prefix: "2001:db8::/32",
            remote_group_id: null,
            description: null,
          }],
        },
      },
      floatingips: {
        floatingip: {
          ...common,
          floating_ip_address: "203.0.113.9",
          floating_network_id: "n1",
          status: "ACTIVE",
          port_id: "p1",
          fixed_ip_address: "10.0.0.5",
          router_id: "r1",
          port_details: { device_id: "i1", device_owner: "compute:az1" },
        },
      },
    };
    return json(bodies[kind]);
  });
  assertEquals(await driver.getNetwork("1"), {
    ...shared,
    status: "ACTIVE",
    isEnabled: true,
    isShared: false,
    isExternal: true,
    hasPortSecurity: true,
    subnetIds: ["s1"],
    mtu: 1500,
    availabilityZones: ["nova"],
  });
  assertEquals(await driver.getSubnet("1"), {
    ...shared,
    networkId: "n1",
    ipVersion: 4,
    cidr: "10.0.0.0/24",
    gateway: undefined,
    hasDhcp: true,
    dnsServers: ["203.0.113.53"],
    ranges: [{ first: "10.0.0.2", last: "10.0.0.254" }],
    routes: [{ destination: "10.1.0.0/24", nextHop: "10.0.0.2" }],
  });
  assertEquals(await driver.getRouter("1"), {
    ...shared,
    status: "ACTIVE",
    isEnabled: true,
    gateway: { networkId: "n1", hasSnat: true, addresses },
    routes: [{ destination: "10.1.0.0/24", nextHop: "10.0.0.2" }],
  });
  assertEquals(await driver.getPort("1"), {
    ...shared,
    networkId: "n1",
    status: "DOWN",
    isEnabled: true,
    macAddress: "fa:16:3e:00:00:01",
    addresses,
    nodeId: undefined,
    deviceId: "r1",
    deviceOwner: "network:router_interface",
    securityGroupIds: ["g1"],
    hasPortSecurity: false,
  });
  assertEquals(await driver.getSecurityGroup("1"), {
    ...shared,
    isStateful: true,
    rules: [{
      id: "e1",
      securityGroupId: "1",
      direction: "ingress",
      ipVersion: 6,
      protocol: "tcp",
      fromPort: 22,
      toPort: 23,
      cidr: "2001:db8::/32",
      remoteGroupId: undefined,
      description: undefined,
    }],
  });
  assertEquals(await driver.getFloatingIp("1"), {
    ...shared,
    ip: "203.0.113.9",
    status: "ACTIVE",
    networkId: "n1",
    portId: "p1",
    fixedIp: "10.0.0.5",
    routerId: "r1",
    nodeId: "i1",
  });
});

Deno.test("OpenStackNetworkDriver.listInterfaces() converts the ports of a node", async () => {
  const { driver } = cloud(() =>
    json({
      interfaceAttachments: [{
        port_id: "p1",
        net_id: "n1",
        port_state: "ACTIVE",
        mac_addr: "fa:16:3e:00:00:01",
        fixed_ips: [{ subnet_id: "s1", ip_address: "10.0.0.5" }],
      }],
    })
  );
  assertEquals(await driver.listInterfaces("i1"), [{
    portId: "p1",
    networkId: "n1",
    status: "ACTIVE",
    macAddress: "fa:16:3e:00:00:01",
    addresses: [{ subnetId: "s1", ip: "10.0.0.5" }],
  }]);
});

Deno.test("OpenStackNetworkDriver extends OpenStackNodeDriver by methods for networks", () => {
  const { driver } = cloud();
  assertInstanceOf(driver, OpenStackNodeDriver);
  assertEquals(driver.provider, "openstack");
  assertFalse("listNetworks" in OpenStackNodeDriver.prototype);
});

Deno.test("OpenStackNetworkDriver.fromEnv() creates an OpenStackNetworkDriver", () => {
  const driver: OpenStackNetworkDriver = OpenStackNetworkDriver.fromEnv({
    OS_AUTH_URL: "https://keystone.example/v3",
    OS_USERNAME: "demo",
    OS_PASSWORD: "secret",
  });
  assertInstanceOf(driver, OpenStackNetworkDriver);
});
