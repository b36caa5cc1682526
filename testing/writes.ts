/**
 * Checks of the writes of a driver: what they send, and how often.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { type Check, each, outcomeOf } from "./checks.ts";
import { isWrite, readRequest, record, type SentRequest } from "./requests.ts";
import { createDriver, fetchLate, type Subject } from "./subject.ts";
import type { Call, TestedDriver } from "./table.ts";

/**
 * Creates the checks of writes.
 *
 * @typeParam D The driver.
 * @param subject The driver.
 * @param calls Its calls.
 * @returns The checks.
 */
export function writeChecks<D extends TestedDriver>(
  subject: Subject<D>,
  calls: readonly Call[],
): Check[] {
  return [
    {
      name: "sends the writes that its table of methods prescribes",
      rule:
        "Each method that writes has an entry sends, from the provider's documentation.",
      see: "sends",
      run: () => each(calls, (call) => checkSends(subject, call)),
    },
    {
      name: "sends a write again only if the provider applies it once",
      rule:
        "If the response of a POST was lost, only a POST that is idempotent is sent again.",
      see: "retries",
      run: () => each(calls, (call) => checkRepeats(subject, call)),
    },
  ];
}

async function checkSends<D extends TestedDriver>(
  subject: Subject<D>,
  call: Call,
): Promise<void> {
  const { requests, fetch } = record(fetchLate(subject.createSimulator));
  const driver = createDriver(subject, { fetch });
  await outcomeOf(() => call.run(driver));
  const isChange = subject.isWrite ?? isWrite;
  const writes: SentRequest[] = [];
  const reads: SentRequest[] = [];
  for (const request of requests) {
    const list = isChange(request.clone()) ? writes : reads;
    list.push(await readRequest(request));
  }
  const wanted = [call.spec.sends ?? []].flat();
  const wantedReads = wanted.filter((it) => {
    const [method = "", path = ""] = it.split(" ", 2);
    const url = new URL(path, "https://api.example");
    return /^(?:GET|HEAD)$/.test(method) &&
      !isChange(new Request(url, { method }));
  });
  // A driver may read something else first, such as the version of the API.
  const targets = wantedReads.map((it) => it.split(" ", 2).join(" "));
  const prescribed = reads.filter(({ method, path }) =>
    targets.includes(`${method} ${path}`)
  );
  assertSent(
    "writes",
    writes,
    wanted.filter((it) => !wantedReads.includes(it)),
  );
  assertSent("reads", prescribed.slice(0, wantedReads.length), wantedReads);
}

function assertSent(
  what: string,
  sent: readonly SentRequest[],
  wanted: readonly string[],
): void {
  assertEquals(
    sent.map((request, index) =>
      `${request.method} ${request.path}${fieldsOf(wanted[index], request)}`
    ),
    wanted.map((it) => it.replace(/^(\S+ [^ ]+)(?: (\{.*\}))?$/, normalize)),
    `the ${what} differ from sends in the table of methods; they contain ${
      sent.map(({ fields }) => JSON.stringify(fields)).join(", ")
    }`,
  );
}

/** The fields of a write that the table prescribes, as they were sent. */
function fieldsOf(wanted: string | undefined, { fields }: SentRequest): string {
  const [, json] = /^\S+ \S+ (\{.*\})$/.exec(wanted ?? "") ?? [];
  if (json === undefined) return "";
  const names = Object.keys(JSON.parse(json)).sort();
  return ` ${
    JSON.stringify(names.map((name) => [name, fields[name] ?? null]))
  }`;
}

function normalize(_all: string, target: string, json?: string): string {
  if (json === undefined) return target;
  const fields = Object.entries(JSON.parse(json))
    .sort(([a], [b]) => a < b ? -1 : 1);
  return `${target} ${JSON.stringify(fields)}`;
}

async function checkRepeats<D extends TestedDriver>(
  subject: Subject<D>,
  call: Call,
): Promise<void> {
  const { isIdempotent = false } = call.spec;
  const isChange = subject.isWrite ?? isWrite;
  for (const lose of [networkFailure, gatewayFailure]) {
    const simulate = fetchLate(subject.createSimulator);
    const lost: string[] = [];
    const driver = createDriver(subject, {
      fetch: async (request) => {
        if (request.method !== "POST" || !isChange(request.clone())) {
          return await simulate(request);
        }
        lost.push((await readRequest(request.clone())).text);
        await (await simulate(request)).body?.cancel();
        return lose();
      },
    });
    await outcomeOf(() => call.run(driver, { timeoutMs: 10_000 }));
    const [first] = lost;
    if (isIdempotent) {
      assert(lost.length > 1, `not sent again, although idempotent: ${first}`);
      continue;
    }
    assertEquals(
      lost.filter((it) => it === first).length,
      Math.min(lost.length, 1),
      `sent more than once: ${first}`,
    );
    assert(lost.length <= 1, `a write follows a lost one: ${lost.join(", ")}`);
  }
}

function networkFailure(): never {
  throw new TypeError("fetch failed: connection lost", {
    cause: Object.assign(new Error("connection lost"), { code: "ECONNRESET" }),
  });
}

function gatewayFailure(): Response {
  return new Response("<h1>502</h1>", { status: 502 });
}
