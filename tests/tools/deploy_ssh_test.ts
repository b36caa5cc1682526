import { assertEquals, assertStringIncludes } from "@std/assert";
import { path, runDeno, type RunResult } from "../../tools/deno.ts";
import { needs } from "../_support/needs.ts";
import { Sshd, SSHD_NEEDS } from "../_support/sshd.ts";

/** Runs the example with the permissions that it asks for. */
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
  ...needs("The example over SSH makes a node ready", SSHD_NEEDS),
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
    const stranger = await example(
      ...access,
      `--host-key=SHA256:${"A".repeat(43)}`,
      "127.0.0.1",
    );
    assertEquals(stranger.code, 1);
    assertStringIncludes(stranger.output, "host key mismatch: expected SHA256:");
    assertStringIncludes(stranger.output, " is destroyed");
    // No step ran, so none had anything to say.
    assertEquals(stranger.output.includes("undefined"), false);
  },
});

Deno.test("The example over SSH says what it has to be told", async () => {
  for (const args of [[], ["--kee=/nope", "127.0.0.1"], ["--key"]]) {
    const { code, output } = await example(...args);
    assertEquals(code, 2, output);
    assertStringIncludes(output, "usage: deploy_ssh.ts --key FILE");
    assertEquals(/^ +at /m.test(output), false, output);
  }
});
