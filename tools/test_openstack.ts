/**
 * Starts a real OpenStack on loopback, runs the tests that need it, and stops
 * it.
 *
 * ```sh
 * deno task test:openstack
 * deno task test:openstack --filter=deployNode
 * ```
 *
 * Arguments are those of `deno task test`. If the services cannot be started on
 * this machine, the program prints a skip with the reason.
 *
 * Environment variables, besides those of `deno task test`:
 *
 * - `NEPHOS_OPENSTACK_URL` and `NEPHOS_OPENSTACK_DNS_PORT`: if set, the tests
 *   use the running cloud of `deno run -A tests/services/openstack.ts`, which
 *   prints these variables.
 *
 * @module
 */

import {
  CLOUD_VARIABLE,
  DNS_PORT_VARIABLE,
  missing,
  startOpenStack,
} from "../tests/services/openstack.ts";
import { runTests } from "./test.ts";

if (import.meta.main) {
  Deno.exit(await main(Deno.args) ? 0 : 1);
}

async function main(args: readonly string[]): Promise<boolean> {
  if (Deno.env.get(CLOUD_VARIABLE)) return await test(args);
  const reason = missing();
  if (reason !== undefined) {
    console.log(`SKIP the tests with a real OpenStack: ${reason}`);
    return !Deno.env.get("NEPHOS_REQUIRE_ALL");
  }
  await using openstack = await startOpenStack({ onProgress: console.log });
  Deno.env.set(CLOUD_VARIABLE, openstack.authUrl);
  Deno.env.set(DNS_PORT_VARIABLE, `${openstack.dnsPort}`);
  return await test(args);
}

async function test(args: readonly string[]): Promise<boolean> {
  const paths = args.some((arg) => !arg.startsWith("-"))
    ? []
    : ["tests/openstack"];
  const { passed, failed } = await runTests([...paths, ...args]);
  const results = Deno.env.get("NEPHOS_RESULTS");
  if (results) await Deno.writeTextFile(results, `${passed} ${failed}\n`);
  return failed === 0;
}
