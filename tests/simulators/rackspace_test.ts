import { assertEquals, assertThrows } from "@std/assert";
import { RackspaceNodeDriver } from "../../drivers/rackspace.ts";
import {
  RackspaceSimulator,
  type RackspaceSimulatorOptions,
} from "../../simulators/rackspace/mod.ts";

const IDENTITY = "https://identity.api.rackspacecloud.com/v2.0/tokens";
const LOOPBACK = "http://127.0.0.1:8080";

/** Sends a request with JSON, and reads the response. */
async function send(
  { fetch }: RackspaceSimulator,
  method: string,
  url: string,
  body?: unknown,
  token = "",
) {
  const response = await fetch(
    new Request(url, {
      method,
      headers: {
        "x-auth-token": token,
        "content-type": "application/json",
        accept: "application/json",
      },
      ...body !== undefined && { body: JSON.stringify(body) },
    }),
  );
  const text = await response.text();
  return { status: response.status, body: text ? JSON.parse(text) : undefined };
}

function key(username: string, apiKey: string) {
  return { auth: { "RAX-KSKEY:apiKeyCredentials": { username, apiKey } } };
}

/** Logs in; returns the token and the URL of each service by its name. */
async function login(simulator: RackspaceSimulator, url = IDENTITY) {
  const { username, apiKey } = simulator.credentials;
  const { body } = await send(simulator, "POST", url, key(username, apiKey));
  const { token, serviceCatalog } = body.access;
  const urls: Record<string, string> = Object.fromEntries(
    serviceCatalog.map((
      { name, endpoints: [endpoint] }: {
        name: string;
        endpoints: { publicURL: string }[];
      },
    ) => [name, endpoint!.publicURL]),
  );
  return { token: token.id, urls };
}

function connect({ credentials, fetch }: RackspaceSimulator) {
  return new RackspaceNodeDriver({ ...credentials, fetch });
}

Deno.test("RackspaceSimulator has Rackspace's hosts in its catalogue", async () => {
  const { urls } = await login(new RackspaceSimulator({ region: "IAD" }));
  assertEquals(urls, {
    cloudServersOpenStack:
      "https://iad.servers.api.rackspacecloud.com/v2/123456",
    cloudImages: "https://iad.images.api.rackspacecloud.com/v2/123456",
    cloudNetworks: "https://iad.networks.api.rackspacecloud.com/v2.0",
    cloudBlockStorage:
      "https://iad.blockstorage.api.rackspacecloud.com/v1/123456",
  });
});

Deno.test("RackspaceSimulator serves all services on one host, if it is another one", async () => {
  const simulator = new RackspaceSimulator({ nodes: 1 });
  const { token, urls } = await login(
    simulator,
    `${LOOPBACK}/identity/v2.0/tokens`,
  );
  assertEquals(urls["cloudServersOpenStack"], `${LOOPBACK}/compute/v2/123456`);
  const url = `${urls["cloudServersOpenStack"]}/servers`;
  const { status, body } = await send(simulator, "GET", url, undefined, token);
  const [server] = body.servers;
  assertEquals([status, server.name], [200, "node-1"]);
  assertEquals(
    server.links[0].href,
    `${LOOPBACK}/compute/v2/123456/servers/${server.id}`,
  );
});

Deno.test("RackspaceSimulator accepts the API key or the password, and refuses others", async () => {
  const simulator = new RackspaceSimulator({ username: "me", apiKey: "k3y" });
  const status = async (body: unknown) =>
    (await send(simulator, "POST", IDENTITY, body)).status;
  assertEquals(await status(key("me", "k3y")), 200);
  assertEquals(await status(key("me", "wrong")), 401);
  assertEquals(await status(key("you", "k3y")), 401);
  const passwordCredentials = { username: "me", password: "k3y" };
  assertEquals(await status({ auth: { passwordCredentials } }), 200);
  assertEquals(await status({}), 401);
  assertEquals(await status([]), 401);
});

Deno.test("RackspaceSimulator refuses requests without a valid token", async () => {
  const simulator = new RackspaceSimulator();
  const url = "https://dfw.servers.api.rackspacecloud.com/v2/123456/servers";
  assertEquals((await send(simulator, "GET", url)).status, 401);
  const { token } = await login(simulator);
  assertEquals((await send(simulator, "GET", url, undefined, "x")).status, 401);
  const ours = () => send(simulator, "GET", url, undefined, token);
  assertEquals((await ours()).status, 200);
  simulator.revokeTokens();
  assertEquals((await ours()).status, 401);
});

Deno.test("RackspaceSimulator has no microversions", async () => {
  const simulator = new RackspaceSimulator();
  const url = "https://dfw.servers.api.rackspacecloud.com/v2/";
  const { status, body } = await send(simulator, "GET", url);
  assertEquals([status, body.version.id], [200, "v2.0"]);
  assertEquals(body.version.version, undefined);
});

Deno.test("RackspaceSimulator responds with 404 to other URLs", async () => {
  const simulator = new RackspaceSimulator();
  for (
    const url of [
      "https://ord.servers.api.rackspacecloud.com/v2/123456/servers",
      `${LOOPBACK}/compute/v2/99/servers`,
    ]
  ) {
    const { status, body } = await send(simulator, "GET", url);
    assertEquals([status, Object.keys(body)], [404, ["itemNotFound"]]);
  }
});

Deno.test("RackspaceSimulator gives servers an address in each common network", async () => {
  const rackspace = connect(new RackspaceSimulator({ nodes: 300 }));
  const nodes = await rackspace.listNodes();
  const [node] = nodes;
  assertEquals(
    node!.extra.addresses.map(({ network, kind }) => [network, kind]),
    [["public", undefined], ["public", undefined], ["private", undefined]],
  );
  assertEquals(node!.extra.accessIpv4, node!.publicIps[0]);
  const addresses = nodes.flatMap(({ publicIps }) => publicIps);
  assertEquals(new Set(addresses).size, 600);
});

Deno.test("RackspaceSimulator accepts the ids of the common networks", async () => {
  const rackspace = connect(new RackspaceSimulator());
  const [image] = await rackspace.listImages();
  const node = await rackspace.createNode({
    name: "web-1",
    size: "performance1-1",
    image: image!,
    networks: [
      "00000000-0000-0000-0000-000000000000",
      "11111111-1111-1111-1111-111111111111",
    ],
  });
  const [running] = await rackspace.waitUntilRunning(node, { intervalMs: 1 });
  assertEquals(running!.privateIps.length, 1);
});

Deno.test("RackspaceSimulator has version 1 of the volume API", async () => {
  const simulator = new RackspaceSimulator();
  const { token, urls } = await login(simulator);
  const url = `${urls["cloudBlockStorage"]}/volumes`;
  const volume = { display_name: "data", display_description: "d", size: 100 };
  const created = await send(simulator, "POST", url, { volume }, token);
  assertEquals(created.status, 202);
  const { body } = await send(simulator, "GET", url, undefined, token);
  for (const it of [created.body.volume, body.volumes[0]]) {
    assertEquals([it.display_name, "name" in it], ["data", false]);
  }
  assertEquals(simulator.inventory().volumes?.map(({ name }) => name), [
    "data",
  ]);
});

Deno.test("RackspaceSimulator links to the next page on the host of the request", async () => {
  const simulator = new RackspaceSimulator({ nodes: 3, largestPage: 2 });
  for (const origin of ["", LOOPBACK]) {
    const url = origin && `${origin}/identity/v2.0/tokens`;
    const { token, urls } = await login(simulator, url || undefined);
    const servers = `${urls["cloudServersOpenStack"]}/servers`;
    const { body } = await send(simulator, "GET", servers, undefined, token);
    const [{ href }] = body.servers_links;
    assertEquals(href, `${servers}?marker=${body.servers[1].id}`);
    const next = await send(simulator, "GET", href, undefined, token);
    assertEquals([next.status, next.body.servers.length], [200, 1]);
  }
});

Deno.test("RackspaceSimulator rejects invalid options", () => {
  for (
    const options of [{ password: "x" }, { region: 5 }, {
      nodes: -1,
    }] as object[]
  ) {
    assertThrows(() => new RackspaceSimulator(options));
  }
  const { credentials } = new RackspaceSimulator(
    { username: undefined } satisfies RackspaceSimulatorOptions,
  );
  assertEquals(credentials, {
    username: "demo",
    apiKey: "demo-secret",
    region: "DFW",
  });
});
