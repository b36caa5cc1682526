/**
 * The recipes: code that the examples of the pages only define.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { parse } from "@std/yaml";
import { context } from "npm:@opentelemetry/api@1.9.0";
import { AsyncLocalStorageContextManager } from "npm:@opentelemetry/context-async-hooks@2.12.1";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "npm:@opentelemetry/sdk-trace-base@2.12.1";
import type { NodeDriver } from "../../mod.ts";
import { HetznerNodeDriver } from "../../drivers/hetzner/compute.ts";
import { HetznerSimulator } from "../../simulators/hetzner/mod.ts";
import { faults, withFaults } from "../../testing/mod.ts";
import { path } from "../../tools/deno.ts";
import { codeBlocks } from "../_support/markdown.ts";

/** Imports the first block of code of a recipe. */
async function importRecipe<T>(name: string): Promise<T> {
  const [block] = codeBlocks(await readRecipe(name));
  assert(block?.language === "ts");
  // Only files of this repository may import it by name.
  await Deno.mkdir(path(".out"), { recursive: true });
  const folder = await Deno.makeTempDir({ dir: path(".out"), prefix: "docs-" });
  try {
    await Deno.writeTextFile(`${folder}/recipe.ts`, block.text);
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
