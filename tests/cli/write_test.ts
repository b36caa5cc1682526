/**
 * Commands that create, change and destroy.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import type { Fetch } from "../../core/mod.ts";
import { DigitalOceanSimulator } from "../../simulators/digitalocean/mod.ts";
import { Ec2Simulator } from "../../simulators/aws/ec2.ts";
import { HetznerSimulator } from "../../simulators/hetzner/mod.ts";
import { type Ended, nephos, type Setting } from "./_nephos.ts";

const KEY =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGVjwT9dHZ3BZ8bNrcLPrs3uJq5PYZbHqDkNPTmP7oqd me@example.com";

const CREATE = [
  "nodes",
  "create",
  "web-1",
  "--size",
  "cx22",
  "--image",
  "debian-12",
];

/** For tests that find new records by their names. */
const NO_LAG = { hiddenMs: 0, listLagMs: 0 };

/** A simulated project that keeps its state between commands. */
class Project {
  readonly simulator: HetznerSimulator;
  readonly writes: string[] = [];

  /** The time passes only when a client looks, by a second each. */
  #time = Date.now();

  constructor() {
    this.simulator = new HetznerSimulator({
      nodes: 2,
      createMs: 500,
      actionMs: 500,
      now: () => this.#time,
    });
  }

  /** Runs a command. */
  run(args: string | readonly string[], setting: Setting = {}): Promise<Ended> {
    const { token } = this.simulator.credentials;
    const fetch: Fetch = async (request) => {
      const { method, url } = request;
      const response = await this.simulator.fetch(request);
      if (method === "GET") this.#time += 1000;
      else this.writes.push(`${method} ${new URL(url).pathname}`);
      return response;
    };
    return nephos(args, {
      env: { HCLOUD_TOKEN: token, NEPHOS_PROVIDER: "hetzner" },
      fetch,
      ...setting,
    });
  }

  /** Names of the nodes that exist. */
  get names(): (string | undefined)[] {
    return this.simulator.inventory().nodes
      .filter(({ isDestroyed }) => !isDestroyed).map(({ name }) => name);
  }
}

Deno.test("nodes create creates a node, with all that was asked for", async () => {
  const project = new Project();
  const { code, stdout } = await project.run(
    [
      ...CREATE,
      "--location",
      "nbg1",
      "--tag",
      "env:prod",
      "--tag",
      "web",
      "--user-data",
      "boot.sh",
      "-o",
      "json",
    ],
    { files: { "boot.sh": "#!/bin/sh\n" } },
  );
  assertEquals(code, 0);
  const node = JSON.parse(stdout);
  assertEquals(
    [node.name, node.sizeId, node.locationId, node.tags],
    ["web-1", "cx22", "nbg1", { env: "prod", web: "" }],
  );
  assertEquals(project.names, ["node-1", "node-2", "web-1"]);
});

Deno.test("nodes create --wait shows progress as lines, and the running node", async () => {
  const { code, stdout, stderr } = await new Project().run([
    ...CREATE,
    "--wait",
    "--columns",
    "name,state",
  ]);
  assertEquals([code, stdout.split("\n")[1]?.slice(0, 14)], [
    0,
    "web-1  running",
  ]);
  assertMatch(
    stderr,
    /^created web-1 \(\d+\)\n(?:0 of 1 ready; web-1 is \w+\n)+1 of 1 ready\n$/,
  );
});

Deno.test("nodes create --wait draws a bar on a terminal, and removes it", async () => {
  const { stderr } = await new Project().run([...CREATE, "--wait"], {
    isTerminal: true,
  });
  assertStringIncludes(
    stderr,
    `\r\x1b[K[${".".repeat(20)}] `,
  );
  assert(stderr.includes(`[${"#".repeat(20)}]`));
  assert(stderr.endsWith("\r\x1b[K"));
});

Deno.test("--quiet shows only the result", async () => {
  const { stderr, stdout } = await new Project().run([
    ...CREATE,
    "--wait",
    "-q",
  ]);
  assertEquals(stderr, "");
  assertStringIncludes(stdout, "web-1");
});

Deno.test("the root password of a new node is shown, also after a wait", async () => {
  const { stdout } = await new Project().run([...CREATE, "--wait"]);
  assertMatch(stdout, /ROOT PASSWORD\n.*\S{8,}\n$/);
});

Deno.test("what a provider tells only once is in the table, too", async () => {
  const password = await nephos("keys create robot -p nephoscale --simulate");
  assertMatch(password.stdout, / PASSWORD\n.* \S{8,}\n$/);
  const key = await nephos("keys create robot -p openstack --simulate");
  assertMatch(key.stdout, /^-----BEGIN [^]*-----\n$/);
  const deployed = await new Project().run(
    CREATE.join(" ").replace("create", "deploy") + " --script setup.sh",
    { files: { "setup.sh": "true" } },
  );
  assertMatch(deployed.stdout, / ROOT PASSWORD\n.* \S{8,}\n$/);
});

Deno.test("--dry-run checks the values, and changes nothing", async () => {
  const project = new Project();
  for (
    const [args, doing] of [
      [[...CREATE, "--dry-run"], "create the node web-1 at Hetzner Cloud"],
      ["nodes destroy node-1 --dry-run", "destroy node-1 (42)"],
      ["nodes reboot 42 --wait --dry-run", "reboot node-1 (42)"],
      ["nodes rename node-1 web --dry-run", "rename node-1 (42) to web"],
      [
        "volumes create data --size 10 --location fsn1 --dry-run",
        "create the volume data at Hetzner Cloud",
      ],
    ] as const
  ) {
    assertEquals(await project.run(args), {
      code: 0,
      stdout: "",
      stderr: `dry run: would ${doing}; nothing was sent\n`,
    });
  }
  assertEquals(project.writes, []);
  const invalid = await project.run([...CREATE, "--tag", "", "--dry-run"]);
  assertEquals(invalid.code, 2);
});

Deno.test("nodes destroy asks, and destroys only after yes", async () => {
  const project = new Project();
  const questions: string[] = [];
  const answer = (text: string | undefined) => (question: string) => {
    questions.push(question);
    return Promise.resolve(text);
  };
  for (const text of ["n", "", undefined, "yesterday"]) {
    const { code, stderr } = await project.run("nodes destroy node-1", {
      ask: answer(text),
    });
    assertEquals([code, stderr], [
      1,
      "error: not confirmed; nothing was changed\n",
    ]);
  }
  assertEquals(project.writes, []);
  const { code, stdout } = await project.run("nodes destroy node-1", {
    ask: answer("yes"),
  });
  assertEquals([code, stdout], [
    0,
    "ID  NAME    ACTION\n42  node-1  destroyed\n",
  ]);
  assertEquals(
    new Set(questions),
    new Set([
      "All data of node-1 (42) at Hetzner Cloud will be deleted. Continue? [y/N] ",
    ]),
  );
  assertEquals(project.names.includes("node-1"), false);
});

Deno.test("nodes destroy refuses where there is no terminal to ask for confirmation", async () => {
  const project = new Project();
  const { code, stderr } = await project.run("nodes destroy node-1");
  assertEquals([code, stderr], [
    2,
    "error: --yes is missing, and there is no terminal to ask for confirmation\n" +
    "hint: add --yes if you are sure: All data of node-1 (42) at Hetzner Cloud will be deleted\n",
  ]);
  assertEquals(project.writes, []);
});

Deno.test("every command that deletes asks first, and names what is lost", async () => {
  const project = new Project();
  const setting = { files: { "me.pub": KEY } };
  await project.run("keys import me me.pub", setting);
  await project.run("volumes create data --size 10 --location fsn1");
  project.writes.length = 0;
  const questions: string[] = [];
  for (
    const args of [
      "keys delete me me",
      "images delete 7",
      "volumes destroy data",
    ]
  ) {
    assertEquals((await project.run(args)).code, 2);
    const ask = (question: string) => {
      questions.push(question.replace(/\(\d+\)/g, "(id)"));
      return Promise.resolve("no");
    };
    assertEquals((await project.run(args, { ask })).code, 1);
  }
  assertEquals(questions, [
    "The key pair me (id) at Hetzner Cloud will be deleted. Continue? [y/N] ",
    "The image 7 at Hetzner Cloud will be deleted. Continue? [y/N] ",
    "All data of the volume data (id) at Hetzner Cloud will be deleted. Continue? [y/N] ",
  ]);
  assertEquals(project.writes, []);
});

Deno.test("nodes destroy changes nothing if one of the nodes does not exist", async () => {
  const project = new Project();
  const { code } = await project.run("nodes destroy node-1 nope --yes");
  assertEquals([code, project.writes], [3, []]);
});

Deno.test("nodes destroy refuses a name that several nodes have", async () => {
  const project = new DigitalOceanSimulator({ nodes: 2, ...NO_LAG });
  const run = (args: string) =>
    nephos(`${args} -p digitalocean`, {
      env: { DIGITALOCEAN_TOKEN: project.credentials.token },
      fetch: project.fetch,
    });
  const twin = "--size s-1vcpu-1gb --image debian-12-x64 --location fra1";
  await run(`nodes create twin ${twin}`);
  await run(`nodes create twin ${twin}`);
  const { code, stderr } = await run("nodes destroy twin --yes");
  assertEquals(code, 2);
  assertMatch(
    stderr,
    /^error: 2 nodes have the name "twin"\nhint: use one of the ids \d+, \d+\n$/,
  );
});

Deno.test("nodes reboot, stop, start, rename, resize and destroy work, with --wait", async () => {
  const project = new Project();
  const state = async (command: string) =>
    JSON.parse((await project.run(`${command} --wait -o json`)).stdout)[0]
      .state;
  assertEquals(await state("nodes stop node-1"), "stopped");
  assertEquals(await state("nodes start 42"), "running");
  assertEquals(await state("nodes reboot 42"), "running");
  const renamed = await project.run("nodes rename node-1 web");
  assertEquals(renamed.stdout, "ID  NAME  ACTION\n42  web   renamed\n");
  await project.run("nodes stop web --wait");
  const resized = await project.run("nodes resize web --size cx32 -o name");
  assertEquals(resized, { code: 0, stdout: "web\n", stderr: "" });
  assertEquals(await state("nodes destroy node-2 --yes"), "terminated");
  assertEquals(project.names, ["web"]);
});

Deno.test("keys, images, volumes and snapshots are created and destroyed", async () => {
  // Each command begins when the one before has ended at the provider.
  let elapsedMs = 0;
  const now = () => Date.now() + elapsedMs;
  const aws = new Ec2Simulator({ nodes: 1, ...NO_LAG, now });
  const run = async (args: string) => {
    const { code, stdout, stderr } = await nephos(`${args} -p ec2 -o json`, {
      env: {
        AWS_ACCESS_KEY_ID: aws.credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: aws.credentials.secretAccessKey,
        AWS_REGION: "us-east-1",
      },
      fetch: aws.fetch,
      files: { "me.pub": `${KEY}\n` },
    });
    assertEquals([code, stderr], [0, ""], args);
    elapsedMs += 1000;
    return stdout === "" ? undefined : JSON.parse(stdout);
  };
  const created = await run("keys create robot");
  assertMatch(created.privateKey, /BEGIN .*PRIVATE KEY/);
  await run("keys import me me.pub");

  await run("keys delete me robot --yes");

  const [node] = await run("nodes list");
  const image = await run(`images create golden --node ${node.id}`);
  await run(`images copy ${image.id} --location us-west-2 --name far`);
  await run(`images delete ${image.id} --yes`);

  const volume = await run(
    `volumes create data --size 8 --location ${node.locationId}`,
  );
  await run(`volumes attach ${volume.id} --node ${node.id} --device /dev/sdg`);
  await run("volumes detach data");
  const snapshot = await run("snapshots create data --name before");
  const list = await run("snapshots list --volume data");
  assertEquals(list.map(({ id }: { id: string }) => id), [snapshot.id]);
  await run(`snapshots destroy ${snapshot.id} --yes`);
  await run("volumes destroy data --yes");
});

Deno.test("nodes deploy passes files and scripts to cloud-init", async () => {
  const project = new DigitalOceanSimulator();
  let userData = "";
  const { code, stdout, stderr } = await nephos(
    "nodes deploy web-1 -p digitalocean --size s-1vcpu-1gb --image debian-12-x64 " +
      "--location fra1 --script setup.sh --file motd:/etc/motd --authorize me.pub -o name",
    {
      env: { DIGITALOCEAN_TOKEN: project.credentials.token },
      files: { "setup.sh": "echo hi\n", motd: "Hello\n", "me.pub": KEY },
      async fetch(request) {
        if (request.method === "POST") {
          userData = (await request.clone().json()).user_data;
        }
        return await project.fetch(request);
      },
    },
  );
  assertEquals([code, stdout], [0, "web-1\n"]);
  assertMatch(stderr, /^creating\nwaiting\n/);
  for (const text of ["/etc/motd", "setup.sh", "AAAAC3NzaC1lZDI1NTE5"]) {
    assertStringIncludes(userData, text);
  }
});

Deno.test("Ctrl-C during a create says that the node may exist", async () => {
  const controller = new AbortController();
  const project = new Project();
  const { code, stderr } = await project.run(CREATE, {
    signal: controller.signal,
    fetch(request) {
      if (request.method === "POST") controller.abort();
      return new Promise((_, reject) => {
        request.signal.addEventListener(
          "abort",
          () => reject(request.signal.reason),
        );
      });
    },
  });
  assertEquals([code, stderr], [
    5,
    "error: createNode: aborted; the request may have been applied\n" +
    "hint: look whether it was applied before you run the command again\n",
  ]);
});

Deno.test("Ctrl-C during a wait says which node exists", async () => {
  const controller = new AbortController();
  const { code, stdout, stderr } = await new Project().run([
    ...CREATE,
    "--wait",
  ], {
    signal: controller.signal,
    onWrite: (text) => text.startsWith("0 of 1") && controller.abort(),
  });
  assertEquals(code, 5);
  // The password would be lost otherwise.
  assertMatch(stdout, / ROOT PASSWORD\n.*web-1.* \S{8,}\n$/);
  assertMatch(
    stderr,
    /error: interrupted; the node web-1 \((\d+)\) exists, and is billed\nhint: run "nephos nodes get \1", or "nephos nodes destroy \1"\n$/,
  );
});

Deno.test("Ctrl-C during another change says that it may have been applied", async () => {
  const controller = new AbortController();
  const project = new Project();
  const { code, stderr } = await project.run("nodes reboot 42", {
    signal: controller.signal,
    fetch(request) {
      if (request.method === "GET") return project.simulator.fetch(request);
      controller.abort();
      return Promise.reject(request.signal.reason);
    },
  });
  assertEquals([code, stderr], [
    5,
    "error: interrupted; the request to reboot node-1 (42) may have been applied\n" +
    "hint: look whether it was before you run the command again\n",
  ]);
});

Deno.test("a change whose response is lost exits with 5", async () => {
  const project = new Project();
  const { code } = await project.run(CREATE, {
    fetch: (request) =>
      request.method === "POST"
        ? Promise.resolve(new Response("", { status: 502 }))
        : project.simulator.fetch(request),
  });
  assertEquals(code, 5);
});

Deno.test("what was changed before a failure is shown", async () => {
  const project = new Project();
  const { code, stdout } = await project.run(
    "nodes destroy node-1 node-2 --yes",
    {
      fetch: (request) =>
        request.method === "DELETE" && request.url.endsWith("/43")
          ? Promise.resolve(
            Response.json({ error: { code: "forbidden", message: "no" } }, {
              status: 403,
            }),
          )
          : project.simulator.fetch(request),
    },
  );
  assertEquals([code, stdout], [
    4,
    "ID  NAME    ACTION\n42  node-1  destroyed\n",
  ]);
});
