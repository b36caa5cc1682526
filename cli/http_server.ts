/**
 * Serves a `fetch` function with the HTTP server of Node.js.
 *
 * @module
 */

import {
  createServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { Buffer } from "node:buffer";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import type { Fetch } from "../core/options.ts";
import type { ServeOptions, Server } from "./surroundings.ts";

/**
 * Starts a server.
 *
 * @param fetch Handles the requests.
 * @param options Where to listen.
 * @returns The server, which listens already.
 */
export async function serveHttp(
  fetch: Fetch,
  { host, port }: ServeOptions,
): Promise<Server> {
  const server = createServer(async (incoming, outgoing) => {
    try {
      await send(await fetch(await toRequest(incoming)), outgoing);
    } catch (error) {
      outgoing.statusCode = 500;
      outgoing.end(`${error}\n`);
    }
  });
  server.listen(port, host);
  await once(server, "listening");
  const { port: actual } = server.address() as AddressInfo;
  const name = host.includes(":") ? `[${host}]` : host;
  return {
    url: `http://${name}:${actual}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

async function toRequest(incoming: IncomingMessage): Promise<Request> {
  const { method = "GET", url = "/", headers } = incoming;
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  return new Request(new URL(url, `http://${headers.host}`), {
    method,
    headers: Object.entries(headers).flatMap(([name, value]) =>
      [value ?? []].flat().map((it): [string, string] => [name, it])
    ),
    ...body.length > 0 && { body },
  });
}

async function send(
  response: Response,
  outgoing: ServerResponse,
): Promise<void> {
  outgoing.statusCode = response.status;
  for (const [name, value] of response.headers) {
    outgoing.appendHeader(name, value);
  }
  if (response.body === null) return void outgoing.end();
  const body = Readable.fromWeb(response.body as ReadableStream);
  // It rejects if the client leaves early, or the body fails. In both cases, it
  // has closed the connection and cancelled the body.
  await pipeline(body, outgoing).catch(() => {});
}
