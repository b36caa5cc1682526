/**
 * `nephos fleet --serve`: the fleet page on this machine.
 *
 * @module
 */

import type { Context } from "../context.ts";
import { serveUntilAborted } from "../serving.ts";

/** Only programs of this machine can connect. */
const HOST = "127.0.0.1";

/** Requests for one list: no limit, which only edge platforms have. */
const REQUESTS = 2 ** 31 - 1;

/** User in the address; the page accepts any. */
const USER = "nephos";

/**
 * Serves the fleet page until the user presses Ctrl-C. Other users of the
 * machine and other web pages cannot read it: they do not know its password.
 *
 * @param context The command, with its accounts.
 * @param port Port; 0 is any free port.
 */
export async function serveFleetPage(
  context: Context,
  port: number,
): Promise<void> {
  const { options: { simulate: isSimulated }, surroundings } = context;
  const drivers = await context.drivers();
  const { makeWorker } = await import("../../fleet_page/mod.ts");
  const worker = makeWorker(() => Promise.resolve({ drivers, isSimulated }));
  const password = crypto.randomUUID();
  const env = {
    PAGE_PASSWORD: password,
    SUBREQUESTS: `${REQUESTS}`,
  };
  await serveUntilAborted(
    surroundings,
    (request) => worker.fetch(request, env),
    { host: HOST, port },
    (url) => print(context, { url, user: USER, password }),
  );
}

/** A page that is served, as `-o json` prints it. */
interface Served {
  readonly url: string;
  readonly user: string;
  readonly password: string;
}

function print(context: Context, { url, user, password }: Served): void {
  const { options: { output }, surroundings: { stdout } } = context;
  if (output === "json") {
    stdout.write(`${JSON.stringify({ url, user, password }, null, 2)}\n`);
    return;
  }
  const address = new URL(url);
  address.username = user;
  address.password = password;
  stdout.write(`${address}\n`);
  context.note("Open this address in a browser. It contains the password.");
  context.note("Press Ctrl-C to stop.");
}
