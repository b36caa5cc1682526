/**
 * Commands that read, their formats, and their exit codes.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { parse } from "@std/yaml";
import { Provider } from "../../drivers/registry.ts";
import { DigitalOceanSimulator } from "../../simulators/digitalocean/mod.ts";
import { LinodeSimulator } from "../../simulators/linode/mod.ts";
import { nephos } from "./_nephos.ts";

const TOKEN = "dop_v1_5ecret";

for (const provider of Object.values(Provider)) {
  for (
    const command of ["nodes", "sizes", "images", "locations", "keys", "tags"]
  ) {
    Deno.test(`nephos ${command} list works with the simulator of ${provider}`, async () => {
      const { code, stdout, stderr } = await nephos(
        `${command} list --provider ${provider} --simulate`,
      );
      assertEquals([code, stderr], [0, ""]);
      assertMatch(stdout, /^[A-Z .]+\n/);
      if (command !== "keys" && command !== "tags") {
        assert(stdout.split("\n").length > 2, stdout);
      }
    });
  }
}

Deno.test("nephos nodes list aligns a table, also for a pipe", async () => {
  const { stdout } = await nephos("nodes list -p nephoscale --simulate");
  assertEquals(
    stdout,
    `ID     NAME    STATE    PUBLIC IPS   LOCATION ID  SIZE ID
88241  node-1  running  203.0.113.1  86945        1
88243  node-2  running  203.0.113.2  87729        3
88245  node-3  running  203.0.113.3  86945        5
`,
  );
});

Deno.test("a table has a bold heading on a terminal, unless NO_COLOR is set", async () => {
  const command = "nodes list -p nephoscale --simulate";
  const terminal = await nephos(command, { isTerminal: true });
  const [heading = ""] = terminal.stdout.split("\n");
  assert(
    heading.startsWith("\x1b[1mID  ") && heading.endsWith("SIZE ID\x1b[0m"),
  );
  const env = { NO_COLOR: "1" };
  const plain = await nephos(command, { isTerminal: true, env });
  assertEquals(plain.stdout, (await nephos(command)).stdout);
});

Deno.test("-o json and -o yaml contain the records, -o name the names", async () => {
  const command = "nodes list -p hetzner --simulate";
  const json = JSON.parse((await nephos(`${command} -o json`)).stdout);
  assertEquals(json.length, 3);
  assertEquals(json[0].name, "node-1");
  assert(typeof json[0].extra === "object");
  assertEquals(parse((await nephos(`${command} -o yaml`)).stdout), json);
  assertEquals(
    (await nephos(`${command} -o name`)).stdout,
    "node-1\nnode-2\nnode-3\n",
  );
});

Deno.test("-o name writes ids if names are not unique", async () => {
  const simulator = new LinodeSimulator({ nodes: 1 });
  const node = { id: 1, label: "twin" };
  const twins = {
    data: [node, { ...node, id: 2 }],
    page: 1,
    pages: 1,
    results: 2,
  };
  const { stdout } = await nephos("nodes list -p linode -o name", {
    env: { LINODE_TOKEN: simulator.credentials.token },
    fetch: () => Promise.resolve(Response.json(twins)),
  });
  assertEquals(stdout, "1\n2\n");
});

Deno.test("--columns, --sort and --filter choose fields, order and records", async () => {
  const command =
    "sizes list -p hetzner --simulate --columns id,vcpus,price.monthly";
  const { stdout } = await nephos(
    `${command} --filter architecture=arm* --sort=-price.monthly -o json`,
  );
  const rows = JSON.parse(stdout) as Record<string, number>[];
  assert(rows.length > 1);
  assertEquals(Object.keys(rows[0]!), ["id", "vcpus", "price.monthly"]);
  const prices = rows.map((row) => row["price.monthly"]!);
  assertEquals(prices, prices.toSorted((a, b) => b - a));
});

Deno.test("--filter tag= lets the provider choose the nodes", async () => {
  const simulator = new DigitalOceanSimulator({ nodes: 2 });
  const urls: string[] = [];
  const { code, stdout } = await nephos(
    "nodes list -p digitalocean --filter tag=env:prod -o name",
    {
      env: { DIGITALOCEAN_TOKEN: simulator.credentials.token },
      fetch(request) {
        urls.push(request.url);
        return simulator.fetch(request);
      },
    },
  );
  assertEquals([code, stdout], [0, ""]);
  assertStringIncludes(urls[0]!, "tag_name=env%3Aprod");
});

Deno.test("a cell contains no line break and no escape sequence", async () => {
  const node = { id: 1, label: "a\x1b[2J\nb", status: "running" };
  const { stdout } = await nephos("nodes list -p linode", {
    env: { LINODE_TOKEN: "t" },
    fetch: () =>
      Promise.resolve(
        Response.json({ data: [node], page: 1, pages: 1, results: 1 }),
      ),
  });
  assertMatch(stdout, /^1 +a \[2J b +running/m);
});

Deno.test("nephos nodes get accepts ids and names", async () => {
  const command = "nodes get -p nephoscale --simulate -o json";
  const byId = await nephos(`${command} 88243`);
  const byName = await nephos(`${command} node-2`);
  assertEquals(byId.stdout, byName.stdout);
  assertEquals(JSON.parse(byId.stdout).name, "node-2");
  const both = await nephos(`${command} node-3 88241`);
  assertEquals(
    JSON.parse(both.stdout).map(({ name }: { name: string }) => name),
    ["node-3", "node-1"],
  );
});

Deno.test("nephos images find finds an official image", async () => {
  const { stdout } = await nephos(
    "images find debian 12 -p hetzner --simulate --columns name",
  );
  assertEquals(stdout, "NAME\ndebian-12\n");
});

Deno.test("nephos cheapest compares providers", async () => {
  const { code, stdout } = await nephos(
    "cheapest --vcpus 2 --ram 4G -p hetzner -p linode --simulate " +
      "--currency USD --rate EUR=1.08 --limit 2 -o json",
  );
  assertEquals(code, 0);
  const [first] = JSON.parse(stdout);
  assertEquals([first.driver, first.size.id, first.monthly], [
    "hetzner",
    "cx22",
    4.0932,
  ]);
});

Deno.test("nephos prices needs no account", async () => {
  const { code, stdout } = await nephos(
    "prices ec2 t3.micro --location us-east-1 --columns id,hourly,currency",
  );
  assertEquals([code, stdout], [
    0,
    "ID        HOURLY  CURRENCY\nt3.micro  0.0104  USD\n",
  ]);
});

Deno.test("nephos fleet lists several accounts, and adds up their costs", async () => {
  const accounts = "-p hetzner -p linode --simulate";
  const list = await nephos(`fleet list ${accounts} -o name`);
  assertEquals(list.stdout.split("\n").slice(0, 2), [
    "hetzner/42",
    "hetzner/43",
  ]);
  const cost = await nephos(`fleet cost ${accounts} -o json`);
  const total = JSON.parse(cost.stdout).at(-1);
  assertEquals([total.of, total.nodes], ["total", 6]);
  assertEquals(Object.keys(total.monthly), ["EUR", "USD"]);
});

Deno.test("nephos fleet shows the accounts that work beside one that fails", async () => {
  const simulator = new LinodeSimulator({ nodes: 2 });
  const { code, stdout, stderr } = await nephos(
    "fleet list -p linode -p hetzner --columns name",
    {
      env: { LINODE_TOKEN: simulator.credentials.token, HCLOUD_TOKEN: TOKEN },
      fetch: (request) =>
        request.url.includes("hetzner")
          ? Promise.resolve(Response.json({}, { status: 401 }))
          : simulator.fetch(request),
    },
  );
  assertEquals(stdout, "NAME\nnode-1\nnode-2\n");
  assertEquals(code, 4);
  assertMatch(stderr, /^error: 1 account failed: listNodes: hetzner: .*401/);
});

Deno.test("the exit code tells what went wrong", async () => {
  const env = { LINODE_TOKEN: TOKEN };
  const status = (status: number) => (): Promise<Response> =>
    Promise.resolve(Response.json({ errors: [{ reason: "no" }] }, { status }));
  const nodes = "nodes list -p linode --timeout 2s";
  assertEquals((await nephos(nodes, { env, fetch: status(401) })).code, 4);
  assertEquals((await nephos(nodes, { env, fetch: status(403) })).code, 4);
  assertEquals((await nephos(nodes, { env, fetch: status(400) })).code, 1);
  assertEquals((await nephos("nodes list -p linode")).code, 4);
  assertEquals((await nephos("nodes list")).code, 2);
  assertEquals((await nephos("images get 9 -p hetzner --simulate")).code, 3);
  assertEquals((await nephos("--version")).code, 0);
  const signal = AbortSignal.abort();
  assertEquals(
    await nephos("nodes list -p linode --simulate", { signal }),
    { code: 130, stdout: "", stderr: "error: interrupted\n" },
  );
});

Deno.test("with -o json, an error is JSON", async () => {
  const { stderr, stdout, code } = await nephos(
    "nodes list -p linode -o json",
    {
      env: { LINODE_TOKEN: TOKEN },
      fetch: () =>
        Promise.resolve(
          Response.json({ errors: [{ reason: "Invalid Token" }] }, {
            status: 401,
          }),
        ),
    },
  );
  assertEquals([code, stdout], [4, ""]);
  const { message, ...error } = JSON.parse(stderr).error;
  assertMatch(message, /^listNodes: Linode refused: "Invalid Token" \(401/);
  assertEquals(error, {
    hint: "check that the credentials are valid, and for this provider",
    name: "InvalidCredsError",
    exitCode: 4,
    provider: "linode",
    mayHaveBeenApplied: false,
    status: 401,
  });
});

Deno.test("--debug shows requests and retries, and no secret", async () => {
  let calls = 0;
  const simulator = new LinodeSimulator({ nodes: 1, token: TOKEN });
  const { stderr } = await nephos("nodes list -p linode --debug", {
    env: { LINODE_TOKEN: TOKEN },
    fetch: (request) =>
      ++calls === 1
        ? Promise.resolve(new Response(TOKEN, { status: 503 }))
        : simulator.fetch(request),
  });
  assertMatch(
    stderr,
    /^debug: linode GET \/linode\/instances 503 \(\d+ ms\)\ndebug: linode GET \/linode\/instances attempt 1 failed; next attempt in .*503.*\ndebug: linode GET \/linode\/instances 200 \(\d+ ms, attempt 2.*\)\n$/,
  );
  assert(!stderr.includes(TOKEN));
});
