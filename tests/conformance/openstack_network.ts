/**
 * Conformance of the driver for OpenStack with its networks: valid arguments of
 * its methods, and a simulated project with resources that nothing uses.
 *
 * @module
 */

import { OpenStackNetworkDriver } from "../../drivers/openstack/network.ts";
import {
  OpenStackSimulator,
  type OpenStackSimulatorOptions,
} from "../../simulators/openstack/mod.ts";
import {
  type ComputeSubject,
  count,
  id,
  type MethodSpec,
  type MethodTable,
  optional,
  text,
} from "../../testing/mod.ts";
import type { Simulator } from "../../testing/subject.ts";
import {
  actOf,
  destroy,
  NODE,
  OTHER_NODE,
  uuid,
  withLogin,
} from "../_support/openstack_subject.ts";
import {
  ACCOUNT,
  NOVA,
  PROJECT,
  PROMPT,
  subject as base,
} from "./openstack.ts";

const act = actOf(NOVA);
const NEUTRON = "/v2.0";

// Resources of a new simulator.
const DEFAULT_GROUP = uuid("1001");
const PRIVATE = uuid("1006");
const PRIVATE_SUBNET = uuid("1007");
const PUBLIC = uuid("1008");
const PUBLIC_SUBNET = uuid("1009");
const ROUTER = uuid("100a");
const ROUTER_PORT = uuid("100b");
const NODE_PORT = uuid("100d");
const OTHER_PORT = uuid("100f");
// Those of `RESOURCES`.
const LAB_SUBNET = uuid("1016");
const LAB_ROUTER = uuid("1017");
const GROUP = uuid("1018");
const RULE = uuid("101b");
const LAB_PORT = uuid("101c");
const FLOATING_IP = uuid("101d");
const USED_ADDRESS = uuid("101e");

/**
 * Requests that add resources to the project, in this order. A second network
 * would make it ambiguous where a new node belongs.
 */
const RESOURCES: readonly (readonly [path: string, body: object])[] = [
  ["/subnets", {
    subnet: {
      name: "lab",
      network_id: PRIVATE,
      ip_version: 4,
      cidr: "10.77.0.0/24",
      gateway_ip: "10.77.0.254",
      dns_nameservers: ["203.0.113.53"],
      allocation_pools: [{ start: "10.77.0.10", end: "10.77.0.99" }],
      host_routes: [{ destination: "10.78.0.0/24", nexthop: "10.77.0.2" }],
    },
  }],
  ["/routers", { router: { name: "lab" } }],
  // It takes three ids: two are those of rules for the outgoing traffic.
  ["/security-groups", {
    security_group: { name: "web", description: "HTTPS" },
  }],
  ["/security-group-rules", {
    security_group_rule: {
      security_group_id: GROUP,
      direction: "ingress",
      ethertype: "IPv6",
      protocol: "tcp",
      port_range_min: 443,
      port_range_max: 444,
      remote_ip_prefix: "2001:db8::/32",
      description: "HTTPS",
    },
  }],
  ["/ports", {
    port: {
      name: "lab",
      network_id: PRIVATE,
      fixed_ips: [{ subnet_id: LAB_SUBNET, ip_address: "10.77.0.20" }],
      security_groups: [GROUP],
    },
  }],
  ["/floatingips", { floatingip: { floating_network_id: PUBLIC } }],
  ["/floatingips", {
    floatingip: {
      floating_network_id: PUBLIC,
      port_id: OTHER_PORT,
      description: "of node-2",
    },
  }],
];

/** Creates a simulated project that also has the resources. */
function createProject(options: OpenStackSimulatorOptions): Simulator {
  const simulator = new OpenStackSimulator({ ...options, ...ACCOUNT });
  let added: Promise<void> | undefined;
  return {
    inventory: () => simulator.inventory(),
    async fetch(request) {
      await (added ??= addResources(simulator));
      return await simulator.fetch(request);
    },
  };
}

async function addResources(
  { fetch, credentials }: OpenStackSimulator,
): Promise<void> {
  const { authUrl, username: name, password, projectName } = credentials;
  const domain = { id: "default" };
  const post = async (url: string, body: object, token = "") => {
    const headers = {
      "content-type": "application/json",
      ...token && { "x-auth-token": token },
    };
    const response = await fetch(
      new Request(url, { method: "POST", headers, body: JSON.stringify(body) }),
    );
    const text = await response.text();
    if (!response.ok) throw new Error(`POST ${url}: ${text}`);
    return response.headers.get("x-subject-token") ?? "";
  };
  const token = await post(`${authUrl}/auth/tokens`, {
    auth: {
      identity: {
        methods: ["password"],
        password: { user: { name, domain, password } },
      },
      scope: { project: { name: projectName, domain } },
    },
  });
  for (const [path, body] of RESOURCES) {
    await post(`https://neutron.openstack.example/v2.0${path}`, body, token);
  }
}

/** A request that writes to Neutron. */
const write = (method: string, path: string, body: string) =>
  `${method} ${NEUTRON}${path} ${body}`;

/** A list with filters. */
const list = (
  path: string,
  options: Record<string, unknown>,
  query: string,
  returns: unknown,
): MethodSpec => ({
  options,
  sends: `GET ${NEUTRON}${path} ${query}`,
  returns,
});

const TIMES_AND_OWNER = { projectId: PROJECT, tags: [] };

const METHODS: MethodTable = {
  listNetworks: [
    { returns: [PRIVATE, PUBLIC] },
    list(
      "/networks",
      { name: "public", isExternal: true },
      '{"name":"public","router:external":"true"}',
      [PUBLIC],
    ),
  ],
  getNetwork: [
    {
      on: id(PRIVATE),
      returns: {
        ...TIMES_AND_OWNER,
        id: PRIVATE,
        name: "private",
        description: undefined,
        status: "ACTIVE",
        isEnabled: true,
        isShared: false,
        isExternal: false,
        hasPortSecurity: true,
        subnetIds: [PRIVATE_SUBNET, LAB_SUBNET],
        mtu: 1500,
        availabilityZones: [],
      },
    },
    { on: id(PUBLIC), returns: { name: "public", isExternal: true } },
  ],
  createNetwork: [
    {
      options: {
        name: text("web"),
        description: "For the web",
        isEnabled: false,
        hasPortSecurity: false,
        mtu: optional(count(1400)),
      },
      sends: write(
        "POST",
        "/networks",
        '{"network":{"name":"web","description":"For the web","admin_state_up":false,"port_security_enabled":false,"mtu":1400}}',
      ),
      returns: { name: "web", isEnabled: false },
    },
    {
      options: { name: "web" },
      sends: write("POST", "/networks", '{"network":{"name":"web"}}'),
    },
  ],
  updateNetwork: {
    on: id(PRIVATE),
    options: {
      name: optional(text("web")),
      description: "",
      isEnabled: false,
    },
    sends: write(
      "PUT",
      `/networks/${PRIVATE}`,
      '{"network":{"name":"web","description":"","admin_state_up":false}}',
    ),
  },
  deleteNetwork: destroy(`${NEUTRON}/networks`, PRIVATE),
  listSubnets: [
    { returns: [PRIVATE_SUBNET, LAB_SUBNET] },
    list(
      "/subnets",
      { name: "lab", network: optional(id(PRIVATE)) },
      `{"name":"lab","network_id":"${PRIVATE}"}`,
      [LAB_SUBNET],
    ),
  ],
  getSubnet: {
    on: id(LAB_SUBNET),
    returns: {
      ...TIMES_AND_OWNER,
      id: LAB_SUBNET,
      name: "lab",
      networkId: PRIVATE,
      ipVersion: 4,
      cidr: "10.77.0.0/24",
      gateway: "10.77.0.254",
      hasDhcp: true,
      dnsServers: ["203.0.113.53"],
      ranges: [{ first: "10.77.0.10", last: "10.77.0.99" }],
      routes: [{ destination: "10.78.0.0/24", nextHop: "10.77.0.2" }],
    },
  },
  createSubnet: [
    {
      options: {
        name: text("web"),
        network: id(PRIVATE),
        cidr: text("10.79.0.0/24"),
        gateway: "none",
        hasDhcp: false,
        dnsServers: ["203.0.113.53"],
        ranges: [{ first: "10.79.0.10", last: "10.79.0.99" }],
        routes: [{ destination: "10.1.0.0/24", nextHop: "10.79.0.2" }],
        description: "For the web",
      },
      sends: write(
        "POST",
        "/subnets",
        `{"subnet":{"name":"web","description":"For the web","network_id":"${PRIVATE}","ip_version":4,"cidr":"10.79.0.0/24","gateway_ip":null,"enable_dhcp":false,"dns_nameservers":["203.0.113.53"],"allocation_pools":[{"start":"10.79.0.10","end":"10.79.0.99"}],"host_routes":[{"destination":"10.1.0.0/24","nexthop":"10.79.0.2"}]}}`,
      ),
      returns: { networkId: PRIVATE, gateway: undefined, hasDhcp: false },
    },
    {
      options: {
        name: "web",
        network: PRIVATE,
        cidr: "2001:db8::/64",
        gateway: optional(text("2001:db8::ff")),
      },
      sends: write(
        "POST",
        "/subnets",
        `{"subnet":{"name":"web","network_id":"${PRIVATE}","ip_version":6,"cidr":"2001:db8::/64","gateway_ip":"2001:db8::ff"}}`,
      ),
      returns: { ipVersion: 6, gateway: "2001:db8::ff" },
    },
  ],
  updateSubnet: {
    on: id(LAB_SUBNET),
    options: {
      name: optional(text("web")),
      description: "Web",
      hasDhcp: false,
      dnsServers: [],
    },
    sends: write(
      "PUT",
      `/subnets/${LAB_SUBNET}`,
      '{"subnet":{"name":"web","description":"Web","enable_dhcp":false,"dns_nameservers":[]}}',
    ),
  },
  deleteSubnet: destroy(`${NEUTRON}/subnets`, LAB_SUBNET),
  listRouters: [
    { returns: [ROUTER, LAB_ROUTER] },
    list("/routers", { name: "lab" }, '{"name":"lab"}', [LAB_ROUTER]),
  ],
  getRouter: [
    {
      on: id(ROUTER),
      returns: {
        ...TIMES_AND_OWNER,
        id: ROUTER,
        name: "router",
        status: "ACTIVE",
        isEnabled: true,
        gateway: {
          networkId: PUBLIC,
          hasSnat: true,
          addresses: [{ subnetId: PUBLIC_SUBNET, ip: "203.0.113.2" }],
        },
        routes: [],
      },
    },
    { on: id(LAB_ROUTER), returns: { name: "lab", gateway: undefined } },
  ],
  createRouter: [
    {
      options: {
        name: text("web"),
        description: "For the web",
        network: optional(id(PUBLIC)),
      },
      sends: write(
        "POST",
        "/routers",
        `{"router":{"name":"web","description":"For the web","external_gateway_info":{"network_id":"${PUBLIC}"}}}`,
      ),
      returns: { name: "web", gateway: { networkId: PUBLIC } },
    },
    {
      options: { name: "web" },
      sends: write("POST", "/routers", '{"router":{"name":"web"}}'),
    },
  ],
  updateRouter: {
    on: id(LAB_ROUTER),
    options: { name: optional(text("web")), description: "Web" },
    sends: write(
      "PUT",
      `/routers/${LAB_ROUTER}`,
      '{"router":{"name":"web","description":"Web"}}',
    ),
  },
  deleteRouter: destroy(`${NEUTRON}/routers`, LAB_ROUTER),
  setGateway: {
    on: id(LAB_ROUTER),
    options: { network: id(PUBLIC) },
    sends: write(
      "PUT",
      `/routers/${LAB_ROUTER}`,
      `{"router":{"external_gateway_info":{"network_id":"${PUBLIC}"}}}`,
    ),
  },
  removeGateway: {
    on: id(LAB_ROUTER),
    sends: write(
      "PUT",
      `/routers/${LAB_ROUTER}`,
      '{"router":{"external_gateway_info":null}}',
    ),
  },
  addRouterInterface: [
    {
      on: id(LAB_ROUTER),
      options: { subnet: optional(id(LAB_SUBNET)) },
      sends: write(
        "PUT",
        `/routers/${LAB_ROUTER}/add_router_interface`,
        `{"subnet_id":"${LAB_SUBNET}"}`,
      ),
      returns: { routerId: LAB_ROUTER, subnetId: LAB_SUBNET },
      refuses: [{ subnet: undefined }, { port: LAB_PORT }],
    },
    {
      on: id(LAB_ROUTER),
      options: { port: optional(id(LAB_PORT)) },
      sends: write(
        "PUT",
        `/routers/${LAB_ROUTER}/add_router_interface`,
        `{"port_id":"${LAB_PORT}"}`,
      ),
      returns: { routerId: LAB_ROUTER, portId: LAB_PORT },
    },
  ],
  removeRouterInterface: [
    {
      on: id(ROUTER),
      options: { subnet: optional(id(PRIVATE_SUBNET)) },
      sends: write(
        "PUT",
        `/routers/${ROUTER}/remove_router_interface`,
        `{"subnet_id":"${PRIVATE_SUBNET}"}`,
      ),
      refuses: [{ subnet: undefined }, { port: ROUTER_PORT }],
    },
    {
      on: id(ROUTER),
      options: { port: optional(id(ROUTER_PORT)) },
      sends: write(
        "PUT",
        `/routers/${ROUTER}/remove_router_interface`,
        `{"port_id":"${ROUTER_PORT}"}`,
      ),
    },
  ],
  listPorts: [
    { returns: { id: ROUTER_PORT, deviceId: ROUTER, nodeId: undefined } },
    list(
      "/ports",
      { name: "lab", network: optional(id(PRIVATE)) },
      `{"name":"lab","network_id":"${PRIVATE}"}`,
      [LAB_PORT],
    ),
    list(
      "/ports",
      { node: optional(id(OTHER_NODE)) },
      `{"device_id":"${OTHER_NODE}"}`,
      [OTHER_PORT],
    ),
  ],
  getPort: [
    {
      on: id(NODE_PORT),
      returns: {
        ...TIMES_AND_OWNER,
        id: NODE_PORT,
        name: undefined,
        networkId: PRIVATE,
        status: "ACTIVE",
        isEnabled: true,
        macAddress: "fa:16:3e:00:10:0d",
        addresses: [{ subnetId: PRIVATE_SUBNET, ip: "10.0.0.2" }],
        nodeId: NODE,
        deviceId: NODE,
        deviceOwner: "compute:nova",
        securityGroupIds: [DEFAULT_GROUP],
        hasPortSecurity: true,
      },
    },
    { on: id(LAB_PORT), returns: { name: "lab", securityGroupIds: [GROUP] } },
  ],
  createPort: [
    {
      options: {
        name: text("web"),
        network: id(PRIVATE),
        addresses: [{ subnet: LAB_SUBNET, ip: "10.77.0.21" }, {
          subnet: { id: LAB_SUBNET },
        }],
        securityGroups: [id(GROUP)],
        hasPortSecurity: true,
        description: "For the web",
      },
      sends: write(
        "POST",
        "/ports",
        `{"port":{"name":"web","description":"For the web","network_id":"${PRIVATE}","fixed_ips":[{"subnet_id":"${LAB_SUBNET}","ip_address":"10.77.0.21"},{"subnet_id":"${LAB_SUBNET}"}],"security_groups":["${GROUP}"],"port_security_enabled":true}}`,
      ),
      returns: { networkId: PRIVATE, securityGroupIds: [GROUP] },
      refuses: [
        { addresses: "10.77.0.21" },
        { addresses: [{ subnet: ".." }] },
        { addresses: [{ ip: "" }] },
      ],
    },
    {
      options: { name: "web", network: PRIVATE },
      sends: write(
        "POST",
        "/ports",
        `{"port":{"name":"web","network_id":"${PRIVATE}"}}`,
      ),
    },
  ],
  updatePort: {
    on: id(LAB_PORT),
    options: {
      name: optional(text("web")),
      description: "Web",
      securityGroups: [],
      hasPortSecurity: false,
    },
    sends: write(
      "PUT",
      `/ports/${LAB_PORT}`,
      '{"port":{"name":"web","description":"Web","security_groups":[],"port_security_enabled":false}}',
    ),
    refuses: [{ securityGroups: GROUP }, { securityGroups: [""] }],
  },
  deletePort: destroy(`${NEUTRON}/ports`, LAB_PORT),
  listSecurityGroups: [
    { returns: [DEFAULT_GROUP, GROUP] },
    list("/security-groups", { name: "web" }, '{"name":"web"}', [GROUP]),
  ],
  getSecurityGroup: {
    on: id(GROUP),
    returns: {
      ...TIMES_AND_OWNER,
      id: GROUP,
      name: "web",
      description: "HTTPS",
      isStateful: true,
      rules: [
        { direction: "egress", ipVersion: 4, protocol: undefined },
        { direction: "egress", ipVersion: 6 },
        {
          id: RULE,
          securityGroupId: GROUP,
          direction: "ingress",
          ipVersion: 6,
          protocol: "tcp",
          fromPort: 443,
          toPort: 444,
          cidr: "2001:db8::/32",
          remoteGroupId: undefined,
          description: "HTTPS",
        },
      ],
    },
  },
  createSecurityGroup: {
    options: { name: text("db"), description: "Data bases" },
    sends: write(
      "POST",
      "/security-groups",
      '{"security_group":{"name":"db","description":"Data bases"}}',
    ),
    returns: { name: "db", description: "Data bases" },
  },
  updateSecurityGroup: {
    on: id(GROUP),
    options: { name: optional(text("db")), description: "" },
    sends: write(
      "PUT",
      `/security-groups/${GROUP}`,
      '{"security_group":{"name":"db","description":""}}',
    ),
  },
  deleteSecurityGroup: destroy(`${NEUTRON}/security-groups`, GROUP),
  listSecurityGroupRules: [
    { returns: { id: RULE, securityGroupId: GROUP, fromPort: 443 } },
    list(
      "/security-group-rules",
      { securityGroup: optional(id(DEFAULT_GROUP)) },
      `{"security_group_id":"${DEFAULT_GROUP}"}`,
      [
        { direction: "egress", ipVersion: 4, remoteGroupId: undefined },
        { direction: "egress", ipVersion: 6 },
        {
          direction: "ingress",
          ipVersion: 4,
          fromPort: undefined,
          toPort: undefined,
          cidr: undefined,
          remoteGroupId: DEFAULT_GROUP,
        },
        { direction: "ingress", ipVersion: 6 },
      ],
    ),
  ],
  createSecurityGroupRule: [
    {
      on: id(GROUP),
      sends: write(
        "POST",
        "/security-group-rules",
        `{"security_group_rule":{"security_group_id":"${GROUP}","direction":"ingress","ethertype":"IPv4"}}`,
      ),
      returns: { direction: "ingress", ipVersion: 4 },
    },
    {
      on: id(GROUP),
      options: {
        protocol: "tcp",
        fromPort: 80,
        cidr: optional(text("2001:db8::/32")),
        description: "HTTP",
      },
      sends: write(
        "POST",
        "/security-group-rules",
        `{"security_group_rule":{"security_group_id":"${GROUP}","direction":"ingress","ethertype":"IPv6","protocol":"tcp","port_range_min":80,"port_range_max":80,"remote_ip_prefix":"2001:db8::/32","description":"HTTP"}}`,
      ),
      returns: { fromPort: 80, toPort: 80, cidr: "2001:db8::/32" },
      refuses: [
        { remoteGroup: DEFAULT_GROUP },
        { fromPort: -1 },
        { fromPort: 65_536 },
        { toPort: -1 },
        { toPort: 65_536 },
        { direction: "in" },
        { ipVersion: 5 },
      ],
    },
    {
      on: id(GROUP),
      options: {
        direction: "egress",
        protocol: 17,
        fromPort: 0,
        toPort: 65_535,
        remoteGroup: optional(id(DEFAULT_GROUP)),
        ipVersion: 6,
      },
      sends: write(
        "POST",
        "/security-group-rules",
        `{"security_group_rule":{"security_group_id":"${GROUP}","direction":"egress","ethertype":"IPv6","protocol":"17","port_range_min":0,"port_range_max":65535,"remote_group_id":"${DEFAULT_GROUP}"}}`,
      ),
      returns: { protocol: "17", remoteGroupId: DEFAULT_GROUP },
    },
    {
      on: id(GROUP),
      options: { protocol: "icmp", fromPort: 8 },
      sends: write(
        "POST",
        "/security-group-rules",
        `{"security_group_rule":{"security_group_id":"${GROUP}","direction":"ingress","ethertype":"IPv4","protocol":"icmp","port_range_min":8}}`,
      ),
      returns: { fromPort: 8, toPort: undefined },
    },
  ],
  deleteSecurityGroupRule: destroy(`${NEUTRON}/security-group-rules`, RULE),
  addSecurityGroup: act('{"addSecurityGroup":{"name":"web"}}', {
    securityGroup: id("web"),
  }),
  removeSecurityGroup: act(
    `{"removeSecurityGroup":{"name":"${DEFAULT_GROUP}"}}`,
    { securityGroup: id(DEFAULT_GROUP) },
  ),
  listFloatingIps: [
    { returns: [FLOATING_IP, USED_ADDRESS] },
    list(
      "/floatingips",
      {
        ip: "203.0.113.4",
        network: optional(id(PUBLIC)),
        port: optional(id(OTHER_PORT)),
      },
      `{"floating_ip_address":"203.0.113.4","floating_network_id":"${PUBLIC}","port_id":"${OTHER_PORT}"}`,
      [USED_ADDRESS],
    ),
  ],
  getFloatingIp: [
    {
      on: id(USED_ADDRESS),
      returns: {
        ...TIMES_AND_OWNER,
        id: USED_ADDRESS,
        description: "of node-2",
        ip: "203.0.113.4",
        status: "ACTIVE",
        networkId: PUBLIC,
        portId: OTHER_PORT,
        fixedIp: "10.0.0.3",
        routerId: ROUTER,
        nodeId: OTHER_NODE,
      },
    },
    {
      on: id(FLOATING_IP),
      returns: {
        ip: "203.0.113.3",
        status: "DOWN",
        portId: undefined,
        fixedIp: undefined,
        routerId: undefined,
        nodeId: undefined,
      },
    },
  ],
  createFloatingIp: [
    {
      options: {
        network: id(PUBLIC),
        port: optional(id(NODE_PORT)),
        description: "Web",
      },
      sends: write(
        "POST",
        "/floatingips",
        `{"floatingip":{"floating_network_id":"${PUBLIC}","port_id":"${NODE_PORT}","description":"Web"}}`,
      ),
      returns: { portId: NODE_PORT, nodeId: NODE, description: "Web" },
    },
    {
      // Only administrators can choose the address.
      options: { network: PUBLIC, ip: optional(text("203.0.113.9")) },
      sends: write(
        "POST",
        "/floatingips",
        `{"floatingip":{"floating_network_id":"${PUBLIC}","floating_ip_address":"203.0.113.9"}}`,
      ),
    },
  ],
  associateFloatingIp: [
    {
      on: id(FLOATING_IP),
      options: {
        port: optional(id(NODE_PORT)),
        fixedIp: optional(text("10.0.0.2")),
      },
      sends: write(
        "PUT",
        `/floatingips/${FLOATING_IP}`,
        `{"floatingip":{"port_id":"${NODE_PORT}","fixed_ip_address":"10.0.0.2"}}`,
      ),
      refuses: [{ port: undefined }, { node: NODE }],
    },
    {
      on: id(FLOATING_IP),
      // A node without ports is an error, and so is one that does not exist.
      options: { node: NODE },
      sends: [
        `GET ${NEUTRON}/ports {"device_id":"${NODE}"}`,
        write(
          "PUT",
          `/floatingips/${FLOATING_IP}`,
          `{"floatingip":{"port_id":"${NODE_PORT}"}}`,
        ),
      ],
    },
  ],
  disassociateFloatingIp: {
    on: id(USED_ADDRESS),
    sends: write(
      "PUT",
      `/floatingips/${USED_ADDRESS}`,
      '{"floatingip":{"port_id":null}}',
    ),
  },
  deleteFloatingIp: destroy(`${NEUTRON}/floatingips`, FLOATING_IP),
  listInterfaces: {
    on: id(NODE),
    returns: [{
      portId: NODE_PORT,
      networkId: PRIVATE,
      status: "ACTIVE",
      macAddress: "fa:16:3e:00:10:0d",
      addresses: [{ subnetId: PRIVATE_SUBNET, ip: "10.0.0.2" }],
    }],
  },
  attachInterface: [
    {
      on: id(NODE),
      options: {
        network: optional(id(PRIVATE)),
        ip: optional(text("10.77.0.30")),
      },
      sends:
        `POST ${NOVA}/servers/${NODE}/os-interface {"interfaceAttachment":{"net_id":"${PRIVATE}","fixed_ips":[{"ip_address":"10.77.0.30"}]}}`,
      returns: {
        networkId: PRIVATE,
        addresses: [{ subnetId: LAB_SUBNET, ip: "10.77.0.30" }],
      },
      refuses: [
        { network: undefined },
        { network: undefined, port: LAB_PORT },
        { port: LAB_PORT },
      ],
    },
    {
      on: id(NODE),
      options: { port: optional(id(LAB_PORT)) },
      sends:
        `POST ${NOVA}/servers/${NODE}/os-interface {"interfaceAttachment":{"port_id":"${LAB_PORT}"}}`,
      returns: { portId: LAB_PORT, networkId: PRIVATE },
    },
  ],
  detachInterface: {
    on: id(NODE),
    options: { port: id(NODE_PORT) },
    sends: `DELETE ${NOVA}/servers/${NODE}/os-interface/${NODE_PORT}`,
  },
};

/** Valid arguments of the methods that `OpenStackNodeDriver` lacks. */
export const methods: MethodTable = withLogin(METHODS);

/** The driver under test. */
export const subject: ComputeSubject = {
  ...base,
  Driver: OpenStackNetworkDriver,
  createSimulator: () => createProject(OpenStackSimulator.realistic),
  createPromptSimulator: () => createProject(PROMPT),
  methods: { ...base.methods, ...methods },
};
