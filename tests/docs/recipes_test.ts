/**
 * The recipes: code that the examples of the pages only define.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { parse } from "@std/yaml";
import { context } from "npm:@opentelemetry/api@1.9.0";
import { AsyncLocalStorageContextManager } from "npm:@opentelemetry/context-async-hooks@2.12.1";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "npm:@opentelemetry/sdk-trace-base@2.12.1";
import { ConnectionError, type NodeDriver } from "../../mod.ts";
import { HetznerNodeDriver } from "../../drivers/hetzner/compute.ts";
import { HetznerSimulator } from "../../simulators/hetzner/mod.ts";
import { faults, withFaults } from "../../testing/mod.ts";
import { path } from "../../tools/deno.ts";
import { codeBlocks } from "../_support/markdown.ts";

/** Imports a block of code of a recipe, by default the first one. */
async function importRecipe<T>(name: string, index = 0): Promise<T> {
  const block = codeBlocks(await readRecipe(name))
    .filter(({ language }) => language === "ts")[index];
  assert(block);
  // Only files of this repository may import it by name.
  await Deno.mkdir(path(".out"), { recursive: true });
  const folder = await Deno.makeTempDir({ dir: path(".out"), prefix: "docs-" });
  try {
    // Not every example exports its functions.
    const text = block.text.replace(/^(?=function )/gm, "export ");
    await Deno.writeTextFile(`${folder}/recipe.ts`, text);
    return await import(`file://${folder}/recipe.ts`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function readRecipe(name: string): Promise<string> {
  return Deno.readTextFile(path(`docs/recipes/${name}.md`));
}

Deno.test("tracing() of docs/recipes/opentelemetry.md records spans below the active one", async () => {
  const { tracing } = await importRecipe<
    { tracing(tracer: unknown): NonNullable<unknown> }
  >("opentelemetry");
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(exporter)],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager());
  try {
    const tracer = provider.getTracer("test");
    const { credentials, fetch } = new HetznerSimulator({ nodes: 1 });
    const cloud = new HetznerNodeDriver({
      ...credentials,
      fetch: withFaults(fetch, [faults.status(503)]),
      retry: { baseMs: 1 },
      hooks: tracing(tracer),
    });
    await tracer.startActiveSpan("mine", async (span) => {
      await cloud.listLocations();
      span.end();
    });
    const spans = exporter.getFinishedSpans();
    const mine = spans.find(({ name }) => name === "mine");
    assert(mine);
    const others = spans.filter((span) => span !== mine);
    assertEquals(
      others.map(({ name, attributes }) => [
        name,
        attributes["http.response.status_code"],
      ]),
      [
        ["hetzner listLocations", 503],
        ["hetzner listLocations retry", undefined],
        ["hetzner listLocations", 200],
      ],
    );
    for (const { parentSpanContext } of others) {
      assertEquals(parentSpanContext?.spanId, mine.spanContext().spanId);
    }
  } finally {
    context.disable();
    await provider.shutdown();
  }
});

Deno.test("cleanUp() of docs/recipes/github-actions.md destroys only old nodes with the tag", async () => {
  const { cleanUp } = await importRecipe<
    { cleanUp(cloud: NodeDriver): Promise<string[]> }
  >("github-actions");
  let now = Date.now() - 7 * 3_600_000;
  const { credentials, fetch } = new HetznerSimulator({
    now: () => now,
    hiddenMs: 0,
    listLagMs: 0,
  });
  const cloud = new HetznerNodeDriver({ ...credentials, fetch });
  const create = (name: string, tags: string[]) =>
    cloud.createNode({ name, size: "cx22", image: "debian-12", tags });
  await create("old", ["ci"]);
  await create("other", []);
  now = Date.now();
  await create("new", ["ci"]);
  assertEquals(await cleanUp(cloud), ["old"]);
  now += 60_000;
  const left = await cloud.listNodes();
  assertEquals(left.map(({ name }) => name).sort(), ["new", "other"]);
});

Deno.test("The workflow of docs/recipes/github-actions.md runs the script of the page", async () => {
  const blocks = codeBlocks(await readRecipe("github-actions"));
  const yaml = blocks.find(({ language }) => language === "yaml")?.text ?? "";
  const { jobs } = parse(yaml) as {
    jobs: Record<string, { steps: { run?: string; env?: object }[] }>;
  };
  const steps = jobs["clean-up"]?.steps ?? [];
  const [{ run = "", env = {} } = {}] = steps.filter(({ run }) => run);
  const [, host = ""] = /--allow-net=(\S+) clean_up\.ts$/.exec(run) ?? [];
  const { connection } = new HetznerNodeDriver({ token: "secret" });
  assertEquals(new URL(connection.baseUrl).host, host);
  assertEquals(Object.keys(env), HetznerNodeDriver.variables[0]?.names);
});

Deno.test("throughProxy() of docs/recipes/proxies.md connects to the proxy only", async () => {
  const { throughProxy } = await importRecipe<
    { throughProxy(token: string, url: string): NodeDriver }
  >("proxies");
  using proxy = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const request = readHead(proxy);
  const cloud = throughProxy("secret", `http://127.0.0.1:${proxy.addr.port}`);
  const error = await assertRejects(() => cloud.getNode("1", { retry: false }));
  assert(ConnectionError.is(error), String(error));
  // Otherwise the test would wait for a connection that never comes.
  proxy.close();
  assertMatch(await request, /^CONNECT api\.digitalocean\.com:443 HTTP/);
});

Deno.test("the Worker of docs/recipes/cloudflare-workers.md refuses requests without its token", async () => {
  const { default: worker } = await importRecipe<
    { default: { fetch(request: Request, env: object): Promise<Response> } }
  >("cloudflare-workers");
  const statusOf = async (authorization: string, env: object) => {
    const headers = { authorization };
    const request = new Request("https://example.com/", { headers });
    return (await worker.fetch(request, env)).status;
  };
  assertEquals(await statusOf("Bearer undefined", {}), 401);
  assertEquals(await statusOf("Bearer b", { ACCESS_TOKEN: "a" }), 401);
  // The right token leads to the driver, whose token is missing.
  await assertRejects(
    () => statusOf("Bearer a", { ACCESS_TOKEN: "a" }),
    TypeError,
    "DIGITALOCEAN_TOKEN",
  );
});

/** Accepts a connection, reads its first bytes, and closes it. */
async function readHead(listener: Deno.Listener): Promise<string> {
  using connection = await listener.accept();
  const bytes = new Uint8Array(1024);
  const length = await connection.read(bytes) ?? 0;
  return new TextDecoder().decode(bytes.subarray(0, length));
}
