import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Provider } from "../../drivers/registry.ts";
import { DigitalOceanSimulator } from "../../simulators/digitalocean/mod.ts";
import { path, runDeno, type RunResult } from "../../tools/deno.ts";
import { serve } from "../_support/serve.ts";

/** Runs the demo with the permissions that the README gives it. */
function demo(
  permissions: readonly string[],
  args: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<RunResult> {
  return runDeno(
    ["run", "--no-prompt", ...permissions, path("examples/demo.ts"), ...args],
    { capture: true, env: { NO_COLOR: "1", ...env } },
  );
}

const LOOPBACK = "--allow-net=127.0.0.1";
const VARIABLES = "--allow-env=DIGITALOCEAN_TOKEN,DIGITALOCEAN_ACCESS_TOKEN";

Deno.test("The demo shows the lifecycle of a node at DigitalOcean by default, with access to loopback only", async () => {
  const { code, stdout, output } = await demo([LOOPBACK]);
  assertEquals(code, 0, output);
  for (
    const part of [
      "A simulated DigitalOcean account is served at http://127.0.0.1:",
      "s-1vcpu-1gb",
      "nyc1",
      "cloud.createNode(",
      "cloud.stopNode(node)  stop it\n  stopped",
      "web-2",
      "cloud.destroyNode(node)",
    ]
  ) assertStringIncludes(stdout, part);
  assert(!stdout.includes("\r"), "a progress line is for terminals only");
  const end = stdout.slice(stdout.lastIndexOf("cloud.destroyNode"));
  assert(!end.includes("web-2"), "the node is gone at the end");
});

for (const provider of Object.values(Provider)) {
  Deno.test(`The demo shows the lifecycle of a node at ${provider} with --provider`, async () => {
    const { code, stdout, output } = await demo(
      [LOOPBACK],
      ["--provider", provider],
    );
    assertEquals(code, 0, output);
    assertStringIncludes(stdout, "web-1");
    const end = stdout.slice(stdout.lastIndexOf("cloud.destroyNode"));
    // Where nodes can be renamed, it is web-2 by now.
    assert(!/web-[12]/.test(end), "the node is gone at the end");
  });
}

Deno.test("The demo with --real only reads from the endpoint at --url", async () => {
  const simulator = new DigitalOceanSimulator({ nodes: 1 });
  const methods = new Set<string>();
  await using server = serve((request) => {
    methods.add(request.method);
    return simulator.fetch(request);
  });
  const { code, stdout, output } = await demo(
    [LOOPBACK, VARIABLES],
    ["--real", "--url", server.url],
    { DIGITALOCEAN_TOKEN: simulator.credentials.token },
  );
  assertEquals(code, 0, output);
  assertStringIncludes(stdout, "node-1");
  assertEquals([...methods], ["GET"]);
});

const PROVIDERS = Object.values(Provider).join(", ");

Deno.test("The demo reports a failure in one line", async () => {
  await using server = serve(new DigitalOceanSimulator().fetch);
  const real = ["--real", "--url", server.url];
  const secret = "c4n4ry-c4n4ry";
  const cases: [string[], Record<string, string>, string][] = [
    [real, {}, "DIGITALOCEAN_TOKEN or DIGITALOCEAN_ACCESS_TOKEN"],
    [
      real,
      { DIGITALOCEAN_TOKEN: secret },
      "InvalidCredsError: listLocations: DigitalOcean refused: ",
    ],
    [
      ["--provider", "nowhere"],
      {},
      `--provider must be one of ${PROVIDERS}, got "nowhere"`,
    ],
    [["--url", server.url], {}, "--url needs --real"],
  ];
  for (const [args, env, message] of cases) {
    const { code, stdout, output } = await demo(
      [LOOPBACK, VARIABLES],
      args,
      env,
    );
    const errors = output.replace(stdout, "");
    assertEquals(code, 1, output);
    assertStringIncludes(errors, message);
    assertEquals(errors.trim().split("\n").length, 1, errors);
    assert(!output.includes(secret));
  }
});
