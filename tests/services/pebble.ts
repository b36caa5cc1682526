/**
 * Pebble on loopback: the certificate authority of Let's Encrypt for tests of ACME
 * clients, as Debian packages it. It really looks for the values of challenges.
 *
 * @module
 */

import { freePort } from "../_support/sshd.ts";
import { type Needs, PYTHON } from "../_support/needs.ts";
import { Processes } from "./_processes.ts";

/** Needs of a test with Pebble. */
export const PEBBLE_NEEDS = {
  commands: ["pebble", "openssl", PYTHON],
} satisfies Needs;

/** A running Pebble. Declare it with `await using`. */
export interface Pebble extends AsyncDisposable {
  /** URL of the ACME directory. */
  readonly directoryUrl: string;
  /** Certificate of its HTTPS server, in PEM. */
  readonly serverCertificate: string;
  /** Reads the root certificate of the certificates that it issues, in PEM. */
  root(): Promise<string>;
  /** Reads what Pebble did. */
  log(): Promise<string>;
}

/** Options of {@linkcode startPebble}. */
export interface PebbleOptions {
  /** The name server that has the zones of all domains. */
  readonly nameServer: { readonly ipAddr: string; readonly port: number };
}

/**
 * Starts Pebble, and waits until it is ready.
 *
 * @param options Where it looks up names.
 * @returns The server. It ends with this process, or at the end of the block.
 */
export async function startPebble(
  { nameServer }: PebbleOptions,
): Promise<Pebble> {
  const logs = new URL("../../.out/pebble", import.meta.url).pathname;
  const processes = await Processes.prepare({ logs, env: {} });
  try {
    const { folder } = processes;
    const [certificate, privateKey] = [
      `${folder}/cert.pem`,
      `${folder}/key.pem`,
    ];
    await createCertificate(processes, certificate, privateKey);
    const [acmePort, managementPort] = [freePort(), freePort()];
    const config = {
      pebble: {
        listenAddress: `127.0.0.1:${acmePort}`,
        managementListenAddress: `127.0.0.1:${managementPort}`,
        certificate,
        privateKey,
        httpPort: freePort(),
        tlsPort: freePort(),
        ocspResponderURL: "",
        externalAccountBindingRequired: false,
      },
    };
    await Deno.writeTextFile(`${folder}/pebble.json`, JSON.stringify(config));
    const { ipAddr, port } = nameServer;
    await processes.start({
      name: "pebble",
      command: [
        "pebble",
        "-config",
        `${folder}/pebble.json`,
        "-dnsserver",
        `${ipAddr}:${port}`,
        "-strict",
      ],
      // It would wait up to 15 seconds before it looks for a value.
      env: { PEBBLE_VA_NOSLEEP: "1" },
    });
    const serverCertificate = await Deno.readTextFile(certificate);
    const read = async (url: string) => {
      using client = Deno.createHttpClient({ caCerts: [serverCertificate] });
      const response = await fetch(url, { client });
      return await response.text();
    };
    const directoryUrl = `https://localhost:${acmePort}/dir`;
    await processes.ready("pebble", async () => {
      await read(directoryUrl);
      return true;
    }, 60_000);
    return {
      directoryUrl,
      serverCertificate,
      root: () => read(`https://localhost:${managementPort}/roots/0`),
      log: () => processes.log("pebble"),
      [Symbol.asyncDispose]: () => processes[Symbol.asyncDispose](),
    };
  } catch (error) {
    await processes[Symbol.asyncDispose]();
    throw error;
  }
}

/** Creates a certificate for localhost that is its own authority. */
async function createCertificate(
  processes: Processes,
  certificate: string,
  privateKey: string,
): Promise<void> {
  const config = `${processes.folder}/openssl.conf`;
  const text = `[req]
distinguished_name = name
x509_extensions = extensions
prompt = no
[name]
CN = localhost
[extensions]
basicConstraints = critical, CA:FALSE
subjectAltName = DNS:localhost, IP:127.0.0.1
`;
  await Deno.writeTextFile(config, text);
  await processes.run({
    name: "openssl",
    command: [
      "openssl",
      ..."req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
        .split(" "),
      ...["-config", config, "-keyout", privateKey, "-out", certificate],
    ],
  });
}
