/**
 * Property: you know what a create left behind.
 *
 * Random faults hit the requests of a create: lost responses, outages, busy
 * resources, nodes that are not known yet, aborts in every phase, hooks that
 * throw. Afterwards, everything that exists at the simulator is known to the
 * caller, by the result or by the error, or it was destroyed and is reported so.
 * There is one exception: if the response of the create was lost, the error says
 * that the create may have been applied, and there is at most one resource.
 *
 * @module
 */

import { AbortedError, CloudError } from "../../core/mod.ts";
import {
  type CreateNodeOptions,
  type DeploymentContext,
  type DeploymentPhase,
  type DeploymentPlan,
  type DeploymentStep,
  DeploymentTransport,
  imageOf,
  type NodeDriver,
  nodeOf,
  script,
  supports,
  volumeOf,
} from "../../core/compute/mod.ts";
import {
  type Cloud,
  CLOUDS,
  type Item,
  type SimulatedAccount,
} from "./_clouds.ts";
import { Network } from "./_network.ts";
import { Random, schedules } from "./_random.ts";
import { VirtualTime } from "./_virtual_time.ts";

type Kind = "node" | "volume" | "image";

/** A create, with random options and a random fate. */
interface Schedule {
  readonly seed: number;
  readonly cloud: Cloud;
  readonly call: "createNode" | "deployNode" | "createVolume" | "createImage";
  readonly onFailure: "keep" | "destroy";
  readonly timeoutMs: number | undefined;
  /** When the caller aborts: after a time, or in a phase of the deployment. */
  readonly abortAt: number | DeploymentPhase | undefined;
}

/** What became of a create. */
interface Outcome {
  readonly kind: Kind;
  readonly result?: Item;
  readonly error?: unknown;
  readonly reason: unknown;
  /** What the create made, including what was destroyed again. */
  readonly created: readonly Item[];
  readonly network: Network;
  readonly elapsedMs: number;
}

const KINDS: Readonly<Record<Schedule["call"], Kind>> = {
  createNode: "node",
  deployNode: "node",
  createVolume: "volume",
  createImage: "image",
};

const PHASES: readonly DeploymentPhase[] = [
  "creating",
  "waiting",
  "connecting",
  "running",
  "destroying",
];

// Long enough for every delay of the simulators.
const SETTLE_MS = 900_000;
// A clean-up may follow the time limit: 30 seconds until the id is known, and
// 3 minutes until the node is destroyed.
const CLEAN_UP_MS = 240_000;

/** What a progress callback throws. */
const BROKEN = new Error("broken progress");

const time = VirtualTime.install();

/** Schedules after which each call of a cloud has certainly succeeded once. */
const ENOUGH_OF_A_CLOUD = 500;

Deno.test("every create leaves behind only what the caller knows", async () => {
  const { count, seed } = schedules();
  console.log(`${count} schedules from seed ${seed}`);
  const outcomes = new Map<string, number>();
  const succeeded = new Set<string>();
  for (let index = 0; index < count; index++) {
    const random = new Random(seed + index);
    Math.random = () => random.int(0, 2 ** 30 - 1) / 2 ** 30;
    const schedule = toSchedule(seed + index, random);
    const outcome = await time.run(() => perform(schedule, random));
    const flaw = findFlaw(schedule, outcome);
    if (flaw) throw new Error(describe(schedule, outcome, flaw));
    const word = `${schedule.call}: ${summarize(outcome)}`;
    outcomes.set(word, (outcomes.get(word) ?? 0) + 1);
    if (outcome.result) {
      succeeded.add(`${schedule.cloud.name} ${schedule.call}`);
    }
  }
  console.log(Object.fromEntries([...outcomes].sort()));
  // Guards against schedules in which nothing happens. With few schedules of a
  // cloud, all of a call may fail by chance.
  if (count < ENOUGH_OF_A_CLOUD * CLOUDS.length) return;
  const missing = CLOUDS.flatMap((cloud) =>
    callsOf(cloud).map((call) => `${cloud.name} ${call}`)
  ).filter((call) => !succeeded.has(call));
  if (missing.length > 0) throw new Error(`never succeeded: ${missing}`);
});

function callsOf({ volume, hasImages }: Cloud): Schedule["call"][] {
  return [
    "createNode",
    "deployNode",
    ...volume ? ["createVolume"] as const : [],
    ...hasImages ? ["createImage"] as const : [],
  ];
}

function toSchedule(seed: number, random: Random): Schedule {
  const cloud = random.pick(CLOUDS);
  // A deployment has the most phases.
  const call = random.pick(
    ["deployNode", "deployNode", ...callsOf(cloud)] as const,
  );
  return {
    seed,
    cloud,
    call,
    onFailure: random.pick(["keep", "destroy"]),
    timeoutMs: random.pick([undefined, undefined, random.int(1, 300_000)]),
    abortAt: random.pick([
      undefined,
      random.int(0, 3_000),
      random.int(0, 200_000),
      ...call === "deployNode" ? [random.pick(PHASES)] : [],
    ]),
  };
}

async function perform(schedule: Schedule, random: Random): Promise<Outcome> {
  const { cloud, call, abortAt } = schedule;
  const kind = KINDS[call];
  const account = cloud.simulate(random);
  // What was destroyed again may no longer be in the inventory.
  const seen = new Map<string, Item>();
  const look = () => {
    for (const [id, item] of seen) seen.set(id, { ...item, isDestroyed: true });
    for (const item of itemsOf(account, kind)) seen.set(item.id, item);
  };
  const network = new Network(random, time, async (request) => {
    const response = await account.fetch(request);
    look();
    return response;
  });
  const driver = cloud.drive(account, {
    fetch: network.fetch,
    hooks: brokenHooks(random),
    retry: random.pick([undefined, undefined, false]),
  });
  const before = itemsOf(account, kind).map(({ id }) => id);
  const controller = new AbortController();
  const reason = new Error("the caller has had enough");
  if (typeof abortAt === "number") {
    time.sleep(abortAt).then(() => controller.abort(reason));
  }
  const startedAt = time.elapsedMs;
  let result: Item | undefined;
  let error: unknown;
  try {
    const made = await create(driver, account, schedule, random, {
      signal: controller.signal,
      abort: () => controller.abort(reason),
    });
    result = { id: made.id, isDestroyed: false };
  } catch (thrown) {
    error = thrown;
  }
  const elapsedMs = time.elapsedMs - startedAt;
  await time.sleep(SETTLE_MS);
  look();
  const created = [...seen.values()].filter(({ id }) => !before.includes(id));
  return {
    kind,
    ...result && { result },
    error,
    reason,
    created,
    network,
    elapsedMs,
  };
}

async function create(
  driver: NodeDriver,
  account: SimulatedAccount,
  { cloud, call, onFailure, timeoutMs, abortAt }: Schedule,
  random: Random,
  { signal, abort }: { readonly signal: AbortSignal; abort(): void },
): Promise<{ readonly id: string }> {
  const options = { signal, timeoutMs };
  switch (call) {
    case "createNode":
      return await driver.createNode({
        ...cloud.node,
        ...options,
        name: "web-1",
      });
    case "createVolume": {
      if (!supports(driver, "volumes") || !cloud.volume) throw new TypeError();
      return await driver.createVolume({
        ...cloud.volume,
        ...options,
        name: "volume-1",
      });
    }
    case "createImage": {
      if (!supports(driver, "images")) throw new TypeError();
      const [node] = account.inventory().nodes;
      return await driver.createImage(node!, { ...options, name: "nightly" });
    }
    case "deployNode": {
      const isBroken = random.chance(0.1);
      const { node } = await driver.deployNode({
        ...cloud.node,
        ...options,
        name: "web-1",
        deploy: script("true"),
        via: new RandomTransport(random),
        onFailure,
        onProgress({ phase }) {
          if (phase === abortAt) abort();
          if (isBroken && random.chance(0.3)) throw BROKEN;
          if (isBroken && random.chance(0.3)) return Promise.reject(BROKEN);
        },
      });
      return node;
    }
  }
}

/** A transport whose connection, node and script may fail. */
class RandomTransport extends DeploymentTransport {
  readonly #random: Random;

  constructor(random: Random) {
    super();
    this.#random = random;
  }

  protected override plan(
    _driver: NodeDriver,
    steps: readonly DeploymentStep[],
    create: CreateNodeOptions,
  ): DeploymentPlan {
    return {
      create,
      run: async (_node, context) => {
        context.connecting();
        await this.#connect(context);
        for (const step of steps) {
          await context.run(step, async () => {
            await context.deadline.sleep(this.#random.int(0, 30_000));
            const exitStatus = this.#random.pick([0, 0, 1, undefined]);
            return { exitStatus, stdout: "", stderr: "" };
          });
        }
      },
    };
  }

  async #connect({ deadline, readNode }: DeploymentContext): Promise<void> {
    while (this.#random.chance(0.5)) {
      await deadline.sleep(this.#random.int(0, 5_000));
      await readNode();
    }
    if (this.#random.chance(0.2)) throw new Error("connection lost");
  }
}

/** Hooks that throw or reject, in some schedules. */
function brokenHooks(random: Random) {
  const isBroken = random.chance(0.2);
  const hook = () => {
    if (!isBroken || random.chance(0.5)) return;
    if (random.chance(0.5)) throw new Error("broken hook");
    return Promise.reject(new Error("broken hook"));
  };
  return { onRequest: hook, onResponse: hook, onRetry: hook };
}

/** Explains what is wrong with an outcome, if anything is. */
function findFlaw(schedule: Schedule, outcome: Outcome): string | undefined {
  const { kind, result, error, created, network, elapsedMs } = outcome;
  const left = created.filter(({ isDestroyed }) => !isDestroyed);
  if (created.length > 1) return `${created.length} resources were created`;
  const limitMs = (schedule.timeoutMs ?? 600_000) + CLEAN_UP_MS;
  if (elapsedMs > limitMs) return `the call took ${elapsedMs} ms`;
  if (result) {
    return created.some(({ id }) => id === result.id)
      ? undefined
      : "the result does not exist";
  }
  // Errors of the caller are only thrown as they are if nothing was sent.
  const isOwn = error === outcome.reason || error === BROKEN;
  if (!CloudError.is(error) && !isOwn) return "the error has no type";
  const known = knownBy(error);
  if (known && created.every(({ id }) => id !== known)) {
    return "the error has something that does not exist";
  }
  if (isDestroyedBy(error) && left.length > 0) {
    return "the error says that the node was destroyed";
  }
  if (left.length === 0 || known !== undefined) return undefined;
  if (!CloudError.is(error) || !error.mayHaveBeenApplied) {
    return "the error does not say that something may exist";
  }
  const isTold = network.delivered.some((text) => text.includes(left[0]!.id));
  const isIdless = schedule.cloud.idless.some((it) => it === kind);
  return isTold && !isIdless
    ? "the driver was told the id, and the error does not have it"
    : undefined;
}

function knownBy(error: unknown): string | undefined {
  return (nodeOf(error) ?? volumeOf(error) ?? imageOf(error))?.id;
}

function isDestroyedBy(error: unknown): boolean {
  return (error as { isDestroyed?: boolean }).isDestroyed === true;
}

function itemsOf(account: SimulatedAccount, kind: Kind): readonly Item[] {
  const { nodes, volumes, images } = account.inventory();
  return { node: nodes, volume: volumes, image: images }[kind];
}

function summarize({ result, error, reason }: Outcome): string {
  if (result) return "created";
  if (error === reason) return "aborted before the create";
  if (error === BROKEN) return "not begun";
  if (isDestroyedBy(error)) return "destroyed";
  if (knownBy(error)) return "failed, known";
  const { mayHaveBeenApplied } = error as CloudError;
  const name = AbortedError.is(error) ? "aborted" : "failed";
  return mayHaveBeenApplied ? `${name}, may exist` : `${name}, nothing exists`;
}

function describe(schedule: Schedule, outcome: Outcome, flaw: string): string {
  const { seed, cloud, call } = schedule;
  const { error, result, created, network } = outcome;
  const exchanges = network.exchanges
    .map(({ atMs, request, outcome }) => `${atMs} ms ${request}: ${outcome}`);
  return [
    `${flaw}: ${call}() of ${cloud.name}, --schedules=1 --seed=${seed}`,
    Deno.inspect({ ...schedule, cloud: cloud.name }),
    `created: ${Deno.inspect(created)}`,
    `result: ${Deno.inspect(result)}`,
    `error: ${Deno.inspect(error)}`,
    ...exchanges,
  ].join("\n");
}
