/**
 * `nephos simulate` with other people's tools, which get only the variables that
 * it prints: the provider's own where Debian has one, else Apache Libcloud.
 *
 * Libcloud reaches SoftLayer over XML-RPC at a fixed address, so SoftLayer's own
 * client takes its place.
 *
 * @module
 */

import { assertEquals, assertMatch } from "@std/assert";
import type { ProviderId } from "../../drivers/registry.ts";
import { nephos, real, simulating } from "../cli/_nephos.ts";
import { startLibcloud } from "../_support/libcloud.ts";
import { type Needs, needs } from "../_support/needs.ts";
import { until } from "../_support/until.ts";

/** The variables that `nephos simulate` prints. */
type Variables = Readonly<Record<string, string>>;

/** A tool that is connected to an account. */
interface Client extends AsyncDisposable {
  /** Lists the names of the servers. */
  list(): Promise<readonly string[]>;
  /** Creates a server with this name. */
  create(name: string): Promise<unknown>;
}

/** A tool, and what it needs. */
interface Tool {
  readonly name: string;
  readonly needs: Needs;
  readonly connect: (env: Variables) => Client;
}

/** A program that runs once for each command. */
function program(
  command: string,
  toCommands: (env: Variables) => {
    /** Prints each name as a word. */
    readonly list: string;
    readonly create: (name: string) => string;
  },
): Tool {
  return {
    name: command.replace(/^.*\//, ""),
    needs: { commands: [command] },
    connect(env) {
      const { list, create } = toCommands(env);
      return {
        async list() {
          const output = await run(command, list, env);
          return output.match(/[\w-]+/g) ?? [];
        },
        create: (name) => run(command, create(name), env),
        async [Symbol.asyncDispose]() {},
      };
    },
  };
}

async function run(
  command: string,
  args: string,
  env: Variables,
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args: args.split(" "),
    env: { ...env, no_proxy: "127.0.0.1" },
    stdin: "null",
  }).output();
  assertEquals(success, true, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** A server in the form that a script prints. */
interface Printed {
  readonly name?: string;
  readonly hostname?: string;
}

/** A Python library in a process of its own. */
function library(
  module: string,
  script: string,
  toArguments: (env: Variables) => readonly (string | undefined)[],
  /** Functions of the script that list and create servers. */
  [list, create]: readonly [string, string],
  toCall: (
    name: string,
  ) => readonly [args: readonly string[], options?: object],
): Tool {
  return {
    name: script.replace(/\.py$/, ""),
    needs: { python: [module] },
    connect(env) {
      const args = toArguments(env).map((it) => it ?? "");
      const process = startLibcloud(script, args);
      return {
        async list() {
          const servers = await process.call<Printed[]>(list);
          return servers.map(({ name, hostname }) => name ?? hostname ?? "");
        },
        create(name) {
          const [args, options] = toCall(name);
          return process.call(create, args, { ...options });
        },
        [Symbol.asyncDispose]: () => process[Symbol.asyncDispose](),
      };
    },
  };
}

/** Libcloud's driver of a provider, through the script of its comparison. */
function libcloud(
  provider: string,
  toArguments: (env: Variables) => readonly (string | undefined)[],
  toCall: Parameters<typeof library>[4],
): Tool {
  return library(
    `libcloud.compute.drivers.${provider}`,
    `libcloud_${provider}.py`,
    toArguments,
    ["list_nodes", "create_node"],
    toCall,
  );
}

/** Host and port of an address. */
function placeOf(url = ""): [host: string, port: string] {
  const { hostname, port } = new URL(url);
  return [hostname, port];
}

/** Images of Debian, by the providers whose tools want an id. */
const IMAGES: Partial<Record<ProviderId, string>> = {
  digitalocean: "155133621",
  ec2: "ami-0184b757333638052",
  rackspace: "1e7f0000-0a3d-4c5e-8b21-00000000000f",
};

const TOOLS: Readonly<Record<ProviderId, Tool>> = {
  digitalocean: libcloud(
    "digitalocean",
    (env) => [...placeOf(env.NEPHOS_ENDPOINT), env.DIGITALOCEAN_TOKEN],
    (name) => [[name, "s-1vcpu-1gb", IMAGES.digitalocean!, "fra1"]],
  ),
  ec2: program("aws", ({ NEPHOS_ENDPOINT }) => {
    // Before version 2.13, it does not read the variable with the endpoint.
    const ec2 = `--endpoint-url ${NEPHOS_ENDPOINT} --output text ec2`;
    return {
      list: `${ec2} describe-instances ` +
        "--query Reservations[].Instances[].Tags[?Key=='Name'].Value[]",
      create: (name) =>
        `${ec2} run-instances --image-id ${IMAGES.ec2} ` +
        "--instance-type t3.micro --tag-specifications " +
        `ResourceType=instance,Tags=[{Key=Name,Value=${name}}]`,
    };
  }),
  hetzner: program("/usr/bin/hcloud", () => ({
    list: "server list -o noheader -o columns=name",
    create: (name) =>
      `server create --type cx22 --image debian-12 --name ${name}`,
  })),
  linode: libcloud(
    "linode",
    (env) => [...placeOf(env.NEPHOS_ENDPOINT), env.LINODE_TOKEN],
    (name) => [["us-east", "g6-nanode-1", "linode/debian12"], {
      name,
      root_pass: "Tr0ub4dor&3",
    }],
  ),
  nephoscale: libcloud(
    "nephoscale",
    (env) => [
      ...placeOf(env.NEPHOS_ENDPOINT),
      env.NEPHOSCALE_USERNAME,
      env.NEPHOSCALE_PASSWORD,
    ],
    (name) => [["5", "49"], { name }],
  ),
  openstack: program("/usr/bin/openstack", () => ({
    list: "server list -f value -c Name",
    create: (name) => `server create --flavor 1 --image debian-12 ${name}`,
  })),
  rackspace: libcloud(
    "rackspace",
    (env) => [
      ...placeOf(env.RS_AUTH_URL),
      env.RS_USERNAME,
      env.RS_API_KEY,
      env.RS_REGION_NAME?.toLowerCase(),
    ],
    (name) => [[name, "performance1-1", IMAGES.rackspace!]],
  ),
  softlayer: library(
    "SoftLayer",
    "softlayer_client.py",
    (env) => [env.NEPHOS_ENDPOINT, env.SL_USERNAME, env.SL_API_KEY],
    ["list", "create"],
    (name) => [[], {
      hostname: name,
      domain: "example.com",
      cpus: 1,
      memory: 1024,
      datacenter: "dal05",
      os_code: "DEBIAN_LATEST",
    }],
  ),
};

for (
  const [provider, { name, needs: needed, connect }] of Object.entries(TOOLS)
) {
  const test = (does: string, fn: () => Promise<void>) =>
    Deno.test({
      ...needs(
        `nephos simulate ${provider} serves ${name}, which ${does}`,
        needed,
      ),
      fn,
    });

  test("lists the servers", async () => {
    const { code } = await simulating(`${provider} --nodes 3`, async (env) => {
      await using client = connect(env);
      const ours = await nephos("nodes list -o name", { env, fetch: real });
      const names = ours.stdout.trim().split("\n");
      assertEquals(names.length, 3);
      assertEquals((await client.list()).toSorted(), names.toSorted());
    });
    assertEquals(code, 0);
  });

  test("creates a server that --state keeps", async () => {
    const files: Record<string, string> = {};
    const args = `${provider} --nodes 1 --state kept.jsonl`;
    let before: readonly string[] = [];
    await simulating(args, async (env) => {
      await using client = connect(env);
      await client.create("kept-1");
      // Some providers list a new server only after a while.
      await until(async () => {
        before = await client.list();
        return before.includes("kept-1");
      });
    }, { files });
    const { code, stderr } = await simulating(args, async (env) => {
      await using client = connect(env);
      assertEquals((await client.list()).toSorted(), before.toSorted());
    }, { files });
    assertEquals(code, 0);
    assertMatch(stderr, /^\d+ changes from kept\.jsonl\n$/);
  });
}
