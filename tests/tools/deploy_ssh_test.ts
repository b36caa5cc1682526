import { assertEquals, assertStringIncludes } from "@std/assert";
import { path, runDeno, type RunResult } from "../../tools/deno.ts";
import { needs } from "../_support/needs.ts";
import { Sshd, SSHD_NEEDS } from "../_support/sshd.ts";

/** Runs the example with the permissions that its documentation lists. */
function example(...args: readonly string[]): Promise<RunResult> {
  return runDeno(
    [
      "run",
      "--no-prompt",
      "--allow-net=127.0.0.1",
      "--allow-read",
      "--allow-env=KEY_PASSPHRASE",
      path("examples/deploy_ssh.ts"),
      ...args,
    ],
    { capture: true, env: { NO_COLOR: "1", KEY_PASSPHRASE: "correct horse" } },
  );
}

Deno.test({
  ...needs(
    "examples/deploy_ssh.ts deploys a node, or destroys it if the host key does not match",
    SSHD_NEEDS,
  ),
  fn: async () => {
    await using sshd = await Sshd.start();
    const key = await sshd.keyPair(["-t", "rsa", "-N", "correct horse"]);
    const access = [
      `--key=${key.path}`,
      `--user=${sshd.username}`,
      `--port=${sshd.port}`,
    ];
    try {
      const { code, stdout, output } = await example(
        ...access,
        `--host-key=${await sshd.hostKey()}`,
        "127.0.0.1",
      );
      assertEquals(code, 0, output);
      assertEquals(
        stdout,
        `creating
waiting
connecting
running me@test
running /tmp/nephos-site/index.html
running check
  "web-1" runs on Linux
  <h1>It's me</h1>
web-1 is ready
`,
      );
      const { mode } = Deno.statSync("/tmp/nephos-site/index.html");
      assertEquals(mode! & 0o7777, 0o640);
    } finally {
      await Deno.remove("/tmp/nephos-site", { recursive: true })
        .catch(() => {});
    }
    const mismatch = await example(
      ...access,
      `--host-key=SHA256:${"A".repeat(43)}`,
      "127.0.0.1",
    );
    assertEquals(mismatch.code, 1);
    assertStringIncludes(
      mismatch.output,
      "host key mismatch: expected SHA256:",
    );
    assertStringIncludes(mismatch.output, "destroyed");
    // No step ran, so there is no output of a step to print.
    assertEquals(mismatch.output.includes("undefined"), false);
  },
});

Deno.test("examples/deploy_ssh.ts prints its usage if arguments are missing or invalid", async () => {
  for (
    const [args, message] of [
      [[], "missing required argument: --key, --host-key, ADDRESS"],
      [["--key=/nope", "127.0.0.1"], "missing required argument: --host-key"],
      [["--kee=/nope", "127.0.0.1"], "--kee"],
      [["--key"], "--key"],
    ] as const
  ) {
    const { code, output } = await example(...args);
    assertEquals(code, 2, output);
    assertStringIncludes(output, message);
    assertStringIncludes(output, "usage: deploy_ssh.ts --key FILE");
    assertEquals(/^ +at /m.test(output), false, output);
  }
});
