/**
 * Records what a provider really sends, for people who have an account: writes
 * fixtures without anything private, and tells where the simulator differs.
 *
 * ```sh
 * DIGITALOCEAN_TOKEN=… deno task record --provider digitalocean
 * ```
 *
 * @module
 */

import { parseArgs } from "node:util";
import { CloudError, show } from "../core/mod.ts";
import type { NodeSize } from "../core/compute/mod.ts";
import { createDriverFromEnv, Provider } from "../drivers/registry.ts";
import { path, SIGNALS } from "./deno.ts";
import {
  type Account,
  openSimulated,
  readVariables,
} from "./record/accounts.ts";
import { compare } from "./record/comparison.ts";
import { toFixtures, writeFixtures } from "./record/fixtures.ts";
import { knowledgeOf } from "./record/knowledge.ts";
import {
  BILLED_HOURS,
  type Choice,
  type Life,
  live,
  type Plan,
  planLife,
  renamed,
} from "./record/life.ts";
import {
  isForbidden,
  MAX_PAGES,
  readAll,
  type Reading,
} from "./record/reading.ts";
import { type Exchange, Recorder } from "./record/recorder.ts";
import { Scrubber } from "./record/scrubber.ts";
import type { Difference } from "./record/shape.ts";
import { readFixtures, Vocabulary } from "./record/vocabulary.ts";

const HELP = `\
usage: deno task record --provider <id> [options]

Records what a provider sends to its driver. You need an account there. Nobody
has compared these simulators with the real providers yet: this program was
tried against simulators only.

It calls every method of the driver that lists or gets something, ${MAX_PAGES} pages of
each list at most. Reading is free. Then it

- writes the responses to a folder, as fixtures. Credentials, names, addresses,
  ids, keys, tags, e-mail addresses and times of your account are replaced by
  reserved values. Read the files before you publish them.
- prints where the simulator differs from the provider: fields, types, states,
  statuses, headers and page sizes.

The credentials come from the environment variables in docs/credentials.md.

options:
  --provider <id>    one of ${Object.values(Provider).join(", ")}
  --write            also create the cheapest node, restart, stop, start and
                     rename it, and destroy it. This costs money. The price is
                     printed first, and you are asked twice.
  --size <id>        size of the node, instead of the cheapest one
  --image <id>       image of the node, instead of the official Debian or Ubuntu
  --location <id>    location of the node
  --yes <id>         answer to both questions: the id of the provider. Without
                     a terminal, --write needs it.
  --base-url <url>   endpoint, instead of the provider's own; http: only on this
                     machine
  --out <folder>     folder for the fixtures; the default is .out/record/<id>
  --help             print this text

The exit code is 0 if everything was recorded, also if the simulator differs. It
is 1 if something failed, or if a node may be left.
`;

/** The surroundings of the program. */
export interface Surroundings {
  /** Reads an environment variable. */
  readonly env: (name: string) => string | undefined;
  /** Prints a line. */
  readonly say: (line: string) => void;
  /** Asks a question; absent if there is no terminal. */
  readonly ask?: ((question: string) => string | null) | undefined;
  /** Aborts when the user interrupts the program. */
  readonly signal: AbortSignal;
  /**
   * Interval between two looks at a node, in milliseconds.
   *
   * @default {the driver's own}
   */
  readonly intervalMs?: number | undefined;
}

interface Options extends Choice {
  readonly provider: string;
  readonly write: boolean;
  readonly yes?: string | undefined;
  readonly baseUrl?: string | undefined;
  readonly out: string;
}

/** Interval between two looks at a simulated node, in milliseconds. */
const SIMULATED_MS = 10;

/**
 * Records a provider.
 *
 * @param args Arguments of the command line.
 * @param surroundings Environment, output and questions.
 * @returns Whether everything was recorded, and no node is left.
 * @throws {TypeError} If an argument or a variable is missing or invalid.
 * @throws {CloudError} If the provider refuses the credentials.
 */
export async function record(
  args: readonly string[],
  surroundings: Surroundings,
): Promise<boolean> {
  const options = parse(args);
  const { say, signal } = surroundings;
  if (!options) {
    say(HELP);
    return true;
  }
  checkConsent(options, surroundings);
  const { account, secrets } = await open(options, surroundings);
  const { displayName, connection } = account.driver;
  say(`Recording ${displayName} at ${connection.baseUrl}`);

  const simulated = await openSimulated(options.provider);
  const simulatedReading = await readAll(simulated);
  const count = simulated.recorder.exchanges.length;
  say(
    `Reading is free. It takes about ${count} requests, and more if lists ` +
      `have several pages; ${MAX_PAGES} pages of each list are read`,
  );
  const reading = await readAll(account, signal);
  for (const line of linesAbout(reading)) say(`  ${line}`);
  const isWhole = [...reading.failed.values()].every(isForbidden);
  const life = options.write
    ? await recordLife(account, simulated, options, surroundings)
    : undefined;

  const { exchanges } = account.recorder;
  const known = await vocabularyOf(options.provider, simulated);
  const { node } = life ?? {};
  const created = node ? [node, { name: renamed(node.name) }] : [];
  const scrubber = new Scrubber(
    knowledgeOf(exchanges, reading, known, secrets, created),
  );
  const hasLeaks = await writeAll(options.out, exchanges, scrubber, say);
  const differences = compare({ exchanges, reading }, {
    exchanges: simulated.recorder.exchanges,
    reading: simulatedReading,
  }, known);
  for (const line of linesAboutDifferences(displayName, differences)) say(line);
  const isGone = life === undefined ||
    life.error === undefined && life.left.length === 0;
  return isWhole && isGone && !hasLeaks;
}

/** Collects the words of the fixtures and of the simulator. */
async function vocabularyOf(
  provider: string,
  { recorder }: Account,
): Promise<Vocabulary> {
  const known = new Vocabulary();
  for (const fixture of await readFixtures(provider)) known.add(fixture);
  for (const { document } of recorder.exchanges) {
    if (document) known.add(document);
  }
  return known;
}

/**
 * Writes the fixtures, and tells what to look at.
 *
 * @returns Whether a file was left out, because it would contain something
 *   private.
 */
async function writeAll(
  folder: string,
  exchanges: readonly Exchange[],
  scrubber: Scrubber,
  say: Surroundings["say"],
): Promise<boolean> {
  const fixtures = toFixtures(exchanges);
  const leaking = await writeFixtures(folder, fixtures, scrubber);
  say(`\n${fixtures.length - leaking.length} fixtures are in ${folder}`);
  for (const name of leaking) {
    say(`  ${name} was not written: something private was left in it`);
  }
  for (const field of [...scrubber.unknownFields].sort()) {
    say(`  ${field}: replaced, because no public list has the word`);
  }
  return leaking.length > 0;
}

function parse(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      "provider": { type: "string" },
      "write": { type: "boolean", default: false },
      "size": { type: "string" },
      "image": { type: "string" },
      "location": { type: "string" },
      "yes": { type: "string" },
      "base-url": { type: "string" },
      "out": { type: "string" },
      "help": { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const ids: readonly string[] = Object.values(Provider);
  const { provider = "", "base-url": baseUrl, write, ...others } = values;
  if (!ids.includes(provider)) {
    throw new TypeError(
      `record: --provider must be one of ${ids.join(", ")}, ` +
        `got ${show(values.provider)}`,
    );
  }
  const out = values.out ?? path(`.out/record/${provider}`);
  return { ...others, provider, write, baseUrl, out };
}

/** Refuses to spend money that nobody can agree to. */
function checkConsent(
  { write, yes, provider }: Options,
  { ask }: Surroundings,
): void {
  if (yes !== undefined && yes !== provider) {
    throw new TypeError(
      `record: --yes must be the id of the provider, ${provider}, ` +
        `got ${show(yes)}`,
    );
  }
  if (write && !ask && yes === undefined) {
    throw new TypeError(
      `record: --write needs a terminal to ask you, or --yes=${provider}`,
    );
  }
}

async function open(
  { provider, baseUrl }: Options,
  { env: read }: Surroundings,
): Promise<{ account: Account; secrets: string[] }> {
  const { env, secrets } = await readVariables(provider, read);
  const recorder = new Recorder();
  const settings = { baseUrl, fetch: recorder.fetch };
  const driver = await createDriverFromEnv(provider, env, settings);
  return { account: { driver, recorder }, secrets };
}

/**
 * Records the life of the cheapest node, at the provider and at its simulator.
 *
 * @returns How it went; `undefined` if the user does not agree.
 */
async function recordLife(
  account: Account,
  simulated: Account,
  options: Options,
  { say, ask, signal, intervalMs }: Surroundings,
): Promise<Life | undefined> {
  let plan: Plan;
  try {
    plan = await account.recorder.during(
      "",
      () => planLife(account.driver, options),
    );
  } catch (error) {
    say(`failed: ${messageOf(error)}`);
    return { left: [], error };
  }
  for (const line of linesAboutCosts(plan)) say(line);
  const { provider } = options;
  const isAgreed = options.yes === provider ||
    ask?.("Create this node? [y/N]")?.trim().toLowerCase() === "y" &&
      ask(`Type ${provider} to create it:`)?.trim() === provider;
  if (!isAgreed) {
    say("Not agreed: no node is created");
    return undefined;
  }
  const step = (line: string) => say(`  ${line}`);
  const life = await live(account, plan, { signal, say: step, intervalMs });
  const { left, error } = life;
  if (error !== undefined) say(`failed: ${messageOf(error)}`);
  for (const node of left) {
    say(
      `MAY BE LEFT, AND COST MONEY: ${node}. Look for it in the console of ` +
        `${account.driver.displayName}, and destroy it there`,
    );
  }
  if (left.length === 0) say("No node is left");
  const mute = { signal, say: () => {}, intervalMs: SIMULATED_MS };
  if (error === undefined) {
    const plan = await simulated.recorder.during("", async () => {
      // A simulator does not have all sizes of a price list.
      const [node] = await simulated.driver.listNodes();
      return await planLife(simulated.driver, { size: node?.sizeId });
    });
    await live(simulated, plan, mute);
  }
  return life;
}

function linesAboutCosts({ name, size, image, location }: Plan): string[] {
  return [
    "",
    `A node costs money. This one is going to be created and destroyed:`,
    `  name      ${name}`,
    `  size      ${size.id}`,
    `  image     ${image.id}, ${image.name}`,
    `  location  ${location?.id ?? "chosen by the provider"}`,
    `  price     ${toPrice(size)}`,
    "If it cannot be destroyed, it costs money until you destroy it.",
  ];
}

function toPrice({ price }: NodeSize): string {
  const { hourly, monthly, currency = "", asOf } = price ?? {};
  const from = asOf ? ` (prices of ${asOf})` : "";
  const amount = (value: number) =>
    `${Number(value.toPrecision(4))} ${currency}`;
  if (hourly !== undefined) {
    return `${amount(hourly)} per hour; at most ${
      amount(hourly * BILLED_HOURS)
    } for ${BILLED_HOURS} hours, without taxes${from}`;
  }
  return monthly === undefined
    ? "unknown to the driver"
    : `at most ${amount(monthly)}, the price of a month, without taxes${from}`;
}

function linesAbout({ lists, records, skipped, failed }: Reading): string[] {
  const some = (count: number) =>
    `${count} ${count === 1 ? "record" : "records"}`;
  return [
    ...[...lists].map(([name, { items, hasMore }]) =>
      `${name}: ${some(items.length)}${hasMore ? ", and more" : ""}`
    ),
    ...[...records.keys()].map((name) => `${name}: read`),
    ...[...skipped].map(([name, why]) => `${name}: not called; ${why}`),
    ...[...failed].map(([name, error]) => `${name}: failed; ${error.message}`),
  ];
}

function linesAboutDifferences(
  provider: string,
  differences: ReadonlyMap<string, readonly Difference[]>,
): string[] {
  if (differences.size === 0) {
    return [`\nThe simulator sends what ${provider} sent`];
  }
  return [
    `\n${provider} and its simulator differ:`,
    ...[...differences].flatMap(([operation, found]) => [
      `  ${operation}`,
      ...found.map(({ at, what }) => `    ${at}: ${what}`),
    ]),
  ];
}

function messageOf(error: unknown): string {
  return error instanceof Error
    ? `${error.name}: ${error.message}`
    : `${error}`;
}

async function main(): Promise<number> {
  const interrupt = new AbortController();
  for (const signal of SIGNALS) {
    Deno.addSignalListener(signal, () => {
      if (interrupt.signal.aborted) return;
      console.error(
        "\nInterrupted. A node that was created is destroyed first.",
      );
      interrupt.abort(new Error("interrupted"));
    });
  }
  try {
    const isRecorded = await record(Deno.args, {
      env: (name) => Deno.env.get(name),
      say: (line) => console.log(line),
      ask: Deno.stdin.isTerminal() ? (question) => prompt(question) : undefined,
      signal: interrupt.signal,
    });
    return isRecorded ? 0 : 1;
  } catch (error) {
    // A stack would not help, and messages of the library show no secret.
    console.error(CloudError.is(error) ? `${error}` : messageOf(error));
    return 1;
  }
}

if (import.meta.main) Deno.exit(await main());
