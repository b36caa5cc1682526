/**
 * The state of a simulator in a file: the requests that changed it. At the next
 * start they are repeated, each at its own time.
 *
 * @module
 */

import { decodeBase64, encodeBase64 } from "@std/encoding/base64";
import type { Fetch } from "../core/options.ts";
import { usageError } from "./errors.ts";
import {
  simulateAny,
  type SimulatedId,
  type Simulation,
} from "./simulators.ts";
import type { Surroundings } from "./surroundings.ts";

/** Version of the format. */
const VERSION = 1;

/** The first line of the file. */
interface Head {
  readonly version: number;
  readonly provider: string;
  readonly nodes: number;
  /** Time of the first start, in milliseconds since 1970. */
  readonly at: number;
}

/** Every other line: a request that changed something. */
interface Entry {
  /** Time of the request, in milliseconds since 1970. */
  readonly at: number;
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The body, in Base64; absent if the request has no body. */
  readonly body?: string;
}

/** A simulated account whose state is in a file. */
export interface KeptSimulation extends Simulation {
  /** Number of changes that were read from the file. */
  readonly repeated: number;
  /** Number of those that another version of the simulator refused. */
  readonly refused: number;
}

/**
 * Opens an account with the state in a file, or a new one if there is no file.
 *
 * @param surroundings Has the file.
 * @param path Path of the file.
 * @param provider Id of the provider.
 * @param nodes Number of nodes of a new account.
 * @returns The account. It writes each change to the file before it responds.
 * @throws {CommandError} If this command did not write the file, or wrote it for
 *   another provider.
 */
export async function openJournal(
  surroundings: Surroundings,
  path: string,
  provider: SimulatedId,
  nodes: number,
): Promise<KeptSimulation> {
  const text = await surroundings.readFile(path) ?? "";
  const [
    head = { version: VERSION, provider, nodes, at: Date.now() },
    ...entries
  ] = parseLines(path, provider, text);
  if (text === "") await append(surroundings, path, head);

  let now: number | undefined = head.at;
  const simulation = await simulateAny(provider, {
    nodes: head.nodes,
    now: () => now ?? Date.now(),
  });
  let refused = 0;
  for (const entry of entries) {
    now = entry.at;
    const response = await simulation.fetch(toRequest(entry));
    await response.body?.cancel();
    if (!response.ok) refused++;
  }
  now = undefined;

  // One after the other, so that the file has the order of the changes.
  let last: Promise<unknown> = Promise.resolve();
  const fetch: Fetch = (request) => {
    const next = last.then(() => run(request));
    last = next.catch(() => {});
    return next;
  };
  const run: Fetch = async (request) => {
    const entry = await toEntry(request.clone());
    const response = await simulation.fetch(request);
    const isChange = response.ok && !isRead(provider, entry);
    if (isChange) await append(surroundings, path, entry);
    return response;
  };
  return { ...simulation, fetch, repeated: entries.length, refused };
}

function parseLines(
  path: string,
  provider: SimulatedId,
  text: string,
): [] | [Head, ...Entry[]] {
  if (text === "") return [];
  const foreign = () =>
    usageError(
      `--state: ${JSON.stringify(path)} is no state of a simulator`,
      "use another file; it is created if it does not exist",
    );
  // A line without its end was cut off when the process was killed.
  const lines = text.split("\n").slice(0, -1);
  let head: Head, entries: Entry[];
  try {
    [head, ...entries] = lines.map((line) => JSON.parse(line)) as [
      Head,
      ...Entry[],
    ];
  } catch {
    throw foreign();
  }
  if (head?.version !== VERSION) throw foreign();
  if (head.provider !== provider) {
    throw usageError(
      `--state: ${JSON.stringify(path)} is of ${head.provider}`,
      `run "nephos simulate ${head.provider}", or use another file`,
    );
  }
  return [head, ...entries];
}

function append(
  surroundings: Surroundings,
  path: string,
  line: Head | Entry,
): Promise<void> {
  return surroundings.appendFile(path, `${JSON.stringify(line)}\n`);
}

async function toEntry(request: Request): Promise<Entry> {
  const { method, url, headers } = request;
  const body = new Uint8Array(await request.arrayBuffer());
  return {
    at: Date.now(),
    method,
    url,
    headers: [...headers],
    ...body.length > 0 && { body: encodeBase64(body) },
  };
}

function toRequest({ method, url, headers, body }: Entry): Request {
  return new Request(url, {
    method,
    headers: headers.map(([name, value]): [string, string] => [name, value]),
    ...body !== undefined && { body: decodeBase64(body) },
  });
}

/** Whether a request only reads. */
function isRead(
  provider: SimulatedId,
  { method, url, body = "" }: Entry,
): boolean {
  const { pathname, search } = new URL(url);
  if (provider === "ec2") {
    const form = search + new TextDecoder().decode(decodeBase64(body));
    return /(?:^|[?&])Action=(?:Describe|Get|List)/.test(form);
  }
  // SoftLayer accepts GET for all of its methods, such as `powerOff`.
  const isCall = provider === "softlayer" &&
    /\/(?!get)[a-z]\w*(?:\.json)?$/.test(pathname);
  return (method === "GET" || method === "HEAD") && !isCall;
}
