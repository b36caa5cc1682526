import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { NephoScaleSimulator } from "../../simulators/nephoscale/mod.ts";
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

const VARIABLES = "--allow-env=NEPHOSCALE_USERNAME,NEPHOSCALE_PASSWORD";

Deno.test("The demo creates, stops, starts and destroys a node with access to loopback only", async () => {
  const { code, stdout, output } = await demo(["--allow-net=127.0.0.1"]);
  assertEquals(code, 0, output);
  for (
    const part of [
      "SJC-1",
      "0.031 USD",
      "Debian 7.1 64-bit",
      "cloud.createNode(",
      "203.0.113.3",
      "cloud.stopNode(node)  switch it off\n  stopped",
      "web-2",
      "cloud.destroyNode(node)",
    ]
  ) assertStringIncludes(stdout, part);
  assert(!stdout.includes("\r"), "progress lines are for terminals only");
  const end = stdout.slice(stdout.lastIndexOf("cloud.destroyNode"));
  assert(!end.includes("web-2"), "the last list has the node");
});

Deno.test("The demo reads from the server at --url if --provider is set", async () => {
  const simulator = new NephoScaleSimulator({ nodes: 1 });
  const methods = new Set<string>();
  await using server = serve((request) => {
    methods.add(request.method);
    return simulator.fetch(request);
  });
  const { username, password } = simulator.credentials;
  const { code, stdout, output } = await demo(
    ["--allow-net=127.0.0.1", VARIABLES],
    ["--provider", "nephoscale", "--url", server.url],
    { NEPHOSCALE_USERNAME: username, NEPHOSCALE_PASSWORD: password },
  );
  assertEquals(code, 0, output);
  assertStringIncludes(stdout, "node-1");
  assertEquals([...methods], ["GET"]);
});

Deno.test("The demo prints errors as one line without secrets", async () => {
  await using server = serve(new NephoScaleSimulator().fetch);
  const provider = ["--provider", "nephoscale", "--url", server.url];
  const secret = "c4n4ry-c4n4ry";
  const credentials = {
    NEPHOSCALE_USERNAME: "me",
    NEPHOSCALE_PASSWORD: secret,
  };
  const allowed = ["--allow-net=127.0.0.1", VARIABLES];
  const cases: [string[], Record<string, string>, string][] = [
    [provider, {}, "NEPHOSCALE_USERNAME is not set"],
    [provider, credentials, "InvalidCredsError: Cannot listLocations"],
    [["--provider", "nowhere"], {}, '"nowhere"'],
    [["--url", server.url], {}, "--provider"],
  ];
  for (const [args, env, message] of cases) {
    const { code, stdout, output } = await demo(allowed, args, env);
    const errors = output.replace(stdout, "");
    assertEquals(code, 1, output);
    assertStringIncludes(errors, message);
    assertEquals(errors.trim().split("\n").length, 1, errors);
    assert(!output.includes(secret));
  }
});
