/**
 * A real PowerDNS Authoritative Server on loopback, with an SQLite database.
 * The server is Debian's.
 *
 * ```sh
 * deno run -A tests/services/powerdns.ts
 * ```
 *
 * starts it, prints variables for a shell, and stops it at Ctrl-C. The server
 * chooses free ports, so that several instances may run at the same time. Its log
 * is in `.out/powerdns/`.
 *
 * @module
 */

import { PYTHON } from "../_support/needs.ts";
import { freePort } from "../_support/sshd.ts";
import { Processes, responds } from "./_processes.ts";

/** Files that the server needs, by the Debian package that they belong to. */
export const FILES: Readonly<Record<string, string>> = {
  "pdns-server": "/usr/sbin/pdns_server",
  "pdns-backend-sqlite3":
    "/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql",
};

/** Creates the database; Python has SQLite. */
const CREATE = `
import sqlite3, sys
database = sqlite3.connect(sys.argv[1])
# Readers do not lock out writers.
database.execute("PRAGMA journal_mode=WAL")
database.executescript(open(sys.argv[2]).read())
`;

/** A running server. Declare it with `await using`. */
export interface PowerDns extends AsyncDisposable {
  /** Key of the API. */
  readonly apiKey: string;
  /** Base URL of the API, without `/api/v1`. */
  readonly url: string;
  /** Port of 127.0.0.1 for DNS, over UDP and TCP. */
  readonly dnsPort: number;
}

/** Settings of the server, by their names in its configuration. */
export type PowerDnsSettings = Readonly<Record<string, string | number>>;

/**
 * Starts a server without zones.
 *
 * @param options Name of the folder with its log, and further settings.
 * @returns The server.
 * @throws {Error} If it cannot be started, with the end of its log.
 */
export async function startPowerDns(
  { name = "powerdns", settings = {} }: {
    readonly name?: string;
    readonly settings?: PowerDnsSettings;
  } = {},
): Promise<PowerDns> {
  await using stack = new AsyncDisposableStack();
  const logs = new URL(`../../.out/${name}`, import.meta.url).pathname;
  const processes = stack.use(await Processes.prepare({ logs, env: {} }));
  const [dnsPort, apiPort] = [freePort(), freePort()];
  const apiKey = "nephos-powerdns";
  const database = `${processes.folder}/pdns.sqlite3`;
  const schema = FILES["pdns-backend-sqlite3"]!;
  await processes.run({
    name: "database",
    command: [PYTHON, "-c", CREATE, database, schema],
  });
  await Deno.writeTextFile(
    `${processes.folder}/pdns.conf`,
    toConfiguration({
      launch: "gsqlite3",
      "gsqlite3-database": database,
      "gsqlite3-pragma-synchronous": 0,
      "gsqlite3-dnssec": "yes",
      "local-address": "127.0.0.1",
      "local-port": dnsPort,
      webserver: "yes",
      "webserver-address": "127.0.0.1",
      "webserver-port": apiPort,
      api: "yes",
      "api-key": apiKey,
      "socket-dir": processes.folder,
      "default-soa-content":
        "ns1.example.net. hostmaster.@ 0 10800 3600 604800 3600",
      // DNS shows a change at once.
      "cache-ttl": 0,
      "query-cache-ttl": 0,
      "negquery-cache-ttl": 0,
      "zone-cache-refresh-interval": 0,
      "dname-processing": "yes",
      ...settings,
    }),
  );
  await processes.start({
    name: "pdns",
    command: [
      FILES["pdns-server"]!,
      `--config-dir=${processes.folder}`,
      "--daemon=no",
      "--guardian=no",
      "--disable-syslog",
      "--write-pid=no",
    ],
  });
  const url = `http://127.0.0.1:${apiPort}`;
  await processes.ready("pdns", () => responds(`${url}/api`));
  const running = stack.move();
  return {
    apiKey,
    url,
    dnsPort,
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}

function toConfiguration(settings: PowerDnsSettings): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`).join("");
}

if (import.meta.main) {
  await using server = await startPowerDns();
  console.log(`PDNS_API_KEY=${server.apiKey}`);
  console.log(`PDNS_SERVER_URL=${server.url}`);
  console.log(`PDNS_DNS_PORT=${server.dnsPort}`);
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, resolve);
  }
  await promise;
}
