/**
 * `nephos simulate` with the providers' own tools, which get only the variables
 * that it prints.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { nephos, real, simulating } from "../cli/_nephos.ts";
import { needs } from "../_support/needs.ts";

/** A tool, and how to list servers with it. */
interface Tool {
  readonly command: string;
  readonly list: (env: Readonly<Record<string, string>>) => string;
  /** Finds the names in the output. */
  readonly names: RegExp;
}

const TOOLS: Readonly<Record<string, Tool>> = {
  ec2: {
    command: "aws",
    // Before version 2.13, it does not read the variable with the endpoint.
    list: ({ NEPHOS_ENDPOINT }) =>
      `ec2 describe-instances --endpoint-url ${NEPHOS_ENDPOINT} --output json ` +
      "--query Reservations[].Instances[].Tags[?Key=='Name'].Value[]",
    names: /node-\d+/g,
  },
  hetzner: {
    command: "/usr/bin/hcloud",
    list: () => "server list -o noheader -o columns=name",
    names: /node-\d+/g,
  },
  openstack: {
    command: "/usr/bin/openstack",
    list: () => "server list -f value -c Name",
    names: /node-\d+/g,
  },
};

for (const [provider, { command, list, names }] of Object.entries(TOOLS)) {
  Deno.test({
    ...needs(`nephos simulate ${provider} serves ${command}`, {
      commands: [command],
    }),
    fn: async () => {
      const { code } = await simulating(
        `${provider} --nodes 3`,
        async (env) => {
          const { success, stdout, stderr } = await new Deno.Command(command, {
            args: list(env).split(" "),
            env: { ...env, no_proxy: "127.0.0.1" },
            stdin: "null",
          }).output();
          const text = new TextDecoder().decode(stdout);
          assertEquals(success, true, new TextDecoder().decode(stderr));
          const ours = await nephos("nodes list -o name", { env, fetch: real });
          const found = text.match(names) ?? [];
          assertEquals(
            found.toSorted(),
            ours.stdout.trim().split("\n").toSorted(),
          );
        },
      );
      assertEquals(code, 0);
    },
  });
}
