/**
 * Default limits of waits, deployments and clean-ups, on virtual time.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import {
  AbortedError,
  type CallOptions,
  TimeoutError,
} from "../../core/mod.ts";
import {
  type CreateNodeOptions,
  type DeploymentContext,
  DeploymentError,
  type DeploymentPlan,
  type DeploymentStep,
  DeploymentTransport,
  type Node,
  type NodeDriver,
  nodeOf,
  script,
} from "../../core/compute/mod.ts";
import { CLOUDS } from "./_clouds.ts";
import { Random } from "./_random.ts";
import { VirtualTime } from "./_virtual_time.ts";

const MINUTE_MS = 60_000;
const time = VirtualTime.install();

/** A transport whose only step takes a number of milliseconds. */
class SlowTransport extends DeploymentTransport {
  readonly #ms: number;

  constructor(ms: number) {
    super();
    this.#ms = ms;
  }

  protected override plan(
    _driver: NodeDriver,
    steps: readonly DeploymentStep[],
    create: CreateNodeOptions,
  ): DeploymentPlan {
    const success = { exitStatus: 0, stdout: "", stderr: "" };
    return {
      create,
      run: async (_node, { deadline, run }) => {
        for (const step of steps) {
          await run(step, async () => {
            await deadline.sleep(this.#ms);
            return success;
          });
        }
      },
    };
  }
}

/** A transport that cannot connect. */
class FailingTransport extends SlowTransport {
  protected override plan(...args: Parameters<SlowTransport["plan"]>) {
    const run = () => Promise.reject(new Error("no connection"));
    return { ...super.plan(...args), run };
  }
}

/** A cloud without delays, except those that a test adds. */
function open(
  name: string,
  handle?: (
    request: Request,
    next: (request: Request) => Promise<Response>,
  ) => Promise<Response>,
) {
  const cloud = CLOUDS.find((cloud) => cloud.name === name)!;
  // Chooses the shortest delays, and no failures.
  const random = new Random(1);
  random.chance = (probability) => probability >= 0.5;
  random.int = (min) => min;
  const account = cloud.simulate(random);
  const next = (request: Request) => time.whileBusy(account.fetch(request));
  const driver = cloud.drive(account, {
    fetch: (request) => handle?.(request, next) ?? next(request),
    retry: false,
  });
  const node = { ...cloud.node, name: "web-1" };
  return { driver, node, account };
}

function refused(status: number): Promise<Response> {
  return Promise.resolve(new Response("{}", { status }));
}

/** Runs a task, and returns the virtual milliseconds that it takes. */
async function duration(task: () => Promise<unknown>): Promise<number> {
  const startedAt = time.elapsedMs;
  await time.run(task);
  return time.elapsedMs - startedAt;
}

for (const { name } of CLOUDS) {
  Deno.test(`waitUntilRunning() of ${name} rejects after 10 minutes by default`, async () => {
    const { driver, node } = open(name);
    const ms = await duration(async () => {
      const created = await driver.createNode(node);
      const startedAt = time.elapsedMs;
      // The state does not exist, so the wait cannot end.
      await assertRejects(
        () => driver.waitForState(created, { state: "paused" }),
        TimeoutError,
        "waitForState: timed out after 10 minutes; web-1 is running",
      );
      assertEquals(time.elapsedMs - startedAt, 10 * MINUTE_MS);
    });
    assert(ms >= 10 * MINUTE_MS);
  });

  Deno.test(`waitUntilRunning() of ${name} waits for an unknown node for the grace period`, async () => {
    const { driver } = open(name);
    const unknown = name === "ec2" ? "i-0123456789abcdef0" : "9999";
    const ms = await duration(() =>
      assertRejects(() => driver.waitUntilRunning(unknown))
    );
    const graceMs = name === "ec2" ? 120_000 : 30_000;
    assertEquals(driver.notFoundGraceMs, graceMs);
    assert(ms >= graceMs && ms < graceMs + 10_000, `${ms}`);
  });

  Deno.test(`deployNode() of ${name} has one limit for all of its parts`, async () => {
    const deploy = async (ms: number, timeoutMs?: number) => {
      const { driver, node } = open(name);
      const via = new SlowTransport(ms);
      const options = { ...node, timeoutMs, deploy: script("true"), via };
      return await driver.deployNode(options);
    };
    await time.run(async () => {
      const { steps } = await deploy(25 * MINUTE_MS, 30 * MINUTE_MS);
      assertEquals(steps[0]?.exitStatus, 0);
    });
    const ms = await duration(async () => {
      const error = await assertRejects(
        () => deploy(25 * MINUTE_MS),
        DeploymentError,
      );
      assertInstanceOf(error.cause, TimeoutError);
    });
    assertEquals(ms, 10 * MINUTE_MS);
  });
}

Deno.test("waitUntilRunning() rejects after 10 minutes by default, also with once", async () => {
  const { driver } = open("digitalocean", async (request, next) => {
    await new Promise((resolve) => setTimeout(resolve, 50_000));
    return await next(request);
  });
  // At most 4 requests at the same time, of 50 seconds each: 12.5 minutes.
  const ids = Array.from({ length: 60 }, (_, index) => `${9000 + index}`);
  const options = { once: true, notFoundGraceMs: 60 * MINUTE_MS } as const;
  const ms = await duration(() =>
    assertRejects(
      () => driver.waitUntilRunning(ids, options),
      TimeoutError,
      "waitUntilRunning: timed out after 10 minutes",
    )
  );
  assertEquals(ms, 10 * MINUTE_MS);
});

Deno.test("deployNode() waits longer than 10 minutes for a node if its own limit allows it", async () => {
  let bootedAt = Infinity;
  const { driver, node } = open("digitalocean", async (request, next) => {
    const response = await next(request);
    const isNode = /droplets\/\d+$/.test(request.url);
    if (!isNode || time.elapsedMs >= bootedAt) return response;
    const { droplet } = await response.json();
    return Response.json({
      droplet: { ...droplet, status: "new", locked: true },
    });
  });
  bootedAt = time.elapsedMs + 15 * MINUTE_MS;
  await time.run(async () => {
    const via = new SlowTransport(0);
    const timeoutMs = 20 * MINUTE_MS;
    const options = { ...node, timeoutMs, deploy: [], via };
    const deployed = await driver.deployNode(options);
    assertEquals(deployed.node.state, "running");
  });
});

Deno.test("deployNode() tries to destroy a node for 2 minutes", async () => {
  for (const [outageMs, isDestroyed] of [[110_000, true], [300_000, false]]) {
    let failsUntil = 0;
    const { driver, node } = open("digitalocean", (request, next) => {
      const { method } = request;
      if (method === "DELETE" && failsUntil === 0) {
        failsUntil = time.elapsedMs + Number(outageMs);
      }
      const isBusy = method === "DELETE" && time.elapsedMs < failsUntil;
      return isBusy ? refused(409) : next(request);
    });
    await time.run(async () => {
      const startedAt = time.elapsedMs;
      const error = await assertRejects(
        () =>
          driver.deployNode({
            ...node,
            deploy: [],
            via: new FailingTransport(0),
            onFailure: "destroy",
          }),
        DeploymentError,
      );
      assertEquals(error.isDestroyed, isDestroyed);
      assert(time.elapsedMs - startedAt < 4 * MINUTE_MS);
      assert(nodeOf(error));
    });
  }
});

Deno.test("deployNode() counts the grace period from the creation of the node", async () => {
  class Late extends SlowTransport {
    protected override plan(...args: Parameters<SlowTransport["plan"]>) {
      const run = async () => {
        await time.sleep(40_000);
        throw new Error("no connection");
      };
      return { ...super.plan(...args), run };
    }
  }
  const { driver, node } = open(
    "digitalocean",
    (request, next) =>
      request.method === "DELETE" ? refused(404) : next(request),
  );
  const ms = await duration(async () => {
    const error = await assertRejects(
      () =>
        driver.deployNode({
          ...node,
          deploy: [],
          via: new Late(0),
          onFailure: "destroy",
        }),
      DeploymentError,
    );
    assertEquals(error.isDestroyed, true);
  });
  // The grace period of 30 seconds was over before.
  assert(ms >= 40_000 && ms < 50_000, `${ms}`);
});

Deno.test("deployNode() says why it could not destroy a node, and cancels the last request", async () => {
  const requests: Request[] = [];
  const { driver, node } = open("digitalocean", async (request, next) => {
    if (request.method !== "DELETE") return await next(request);
    requests.push(request);
    await new Promise((resolve) => setTimeout(resolve, 50_000));
    return await refused(409);
  });
  await time.run(async () => {
    const error = await assertRejects(
      () =>
        driver.deployNode({
          ...node,
          deploy: [],
          via: new FailingTransport(0),
          onFailure: "destroy",
        }),
      DeploymentError,
    );
    assertMatch(
      error.message,
      /could not be destroyed: DigitalOcean refused \(409\)$/,
    );
    assertEquals(requests.length, 3);
    assertEquals(requests.at(-1)?.signal.aborted, true);
  });
});

Deno.test("deployNode() waits as long as the provider requests before it tries to destroy a node again", async () => {
  let attempts = 0;
  const { driver, node } = open("digitalocean", async (request, next) => {
    if (request.method !== "DELETE") return await next(request);
    attempts++;
    const headers = { "retry-after": "50" };
    return new Response("{}", { status: 429, headers });
  });
  await time.run(() =>
    assertRejects(
      () =>
        driver.deployNode({
          ...node,
          deploy: [],
          via: new FailingTransport(0),
          onFailure: "destroy",
        }),
      DeploymentError,
    )
  );
  // At 0, 51 and 102 seconds.
  assertEquals(attempts, 3);
});

Deno.test("deployNode() waits for 30 seconds for the response to a create after an abort", async () => {
  const { driver, node } = open(
    "digitalocean",
    (request, next) =>
      request.method === "POST" ? new Promise(() => {}) : next(request),
  );
  const reason = new Error("enough");
  const controller = new AbortController();
  const ms = await duration(async () => {
    setTimeout(() => controller.abort(reason), 5_000);
    const error = await assertRejects(
      () =>
        driver.deployNode({
          ...node,
          deploy: [],
          via: new SlowTransport(0),
          onFailure: "destroy",
          signal: controller.signal,
        }),
      AbortedError,
    );
    assertStrictEquals(error.cause, reason);
    assertEquals(error.mayHaveBeenApplied, true);
  });
  assertEquals(ms, 35_000);
});

Deno.test("DeploymentContext.readNode() returns what is known after 10 seconds if there is no response", async () => {
  let isOut = false;
  const { driver, node } = open(
    "digitalocean",
    (request, next) => isOut ? new Promise(() => {}) : next(request),
  );
  class Reading extends SlowTransport {
    protected override plan(...args: Parameters<SlowTransport["plan"]>) {
      const run = async (_node: Node, { readNode }: DeploymentContext) => {
        isOut = true;
        const startedAt = time.elapsedMs;
        assertEquals((await readNode()).name, "web-1");
        assertEquals(time.elapsedMs - startedAt, 10_000);
      };
      return { ...super.plan(...args), run };
    }
  }
  await time.run(() =>
    driver.deployNode({ ...node, deploy: [], via: new Reading(0) })
  );
});

Deno.test("deployNode() tries to destroy a node for a minute longer than the grace period", async () => {
  const { driver, node } = open(
    "digitalocean",
    (request, next) =>
      request.method === "DELETE" ? refused(404) : next(request),
  );
  const ms = await duration(async () => {
    const error = await assertRejects(
      () =>
        driver.deployNode({
          ...node,
          deploy: [],
          via: new FailingTransport(0),
          onFailure: "destroy",
          notFoundGraceMs: 5 * MINUTE_MS,
        }),
      DeploymentError,
    );
    assertEquals(error.isDestroyed, true);
  });
  assert(ms >= 5 * MINUTE_MS && ms < 6 * MINUTE_MS, `${ms}`);
});

Deno.test("a wait survives an hour of outages if its own limit allows it", async () => {
  const from = time.elapsedMs;
  const { driver, node } = open("linode", (request, next) => {
    const isOut = request.method === "GET" &&
      time.elapsedMs < from + 60 * MINUTE_MS;
    return isOut ? refused(503) : next(request);
  });
  const wait: CallOptions = { timeoutMs: 120 * MINUTE_MS };
  await time.run(async () => {
    const created = await driver.createNode(node);
    const [running] = await driver.waitUntilRunning(created, wait);
    assertEquals(running?.state, "running");
  });
});
