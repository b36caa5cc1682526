/**
 * A server on raw sockets, for responses that no HTTP server would send:
 * truncated, stalled, reset.
 *
 * @module
 */

import { Buffer } from "node:buffer";
// The sockets of `Deno.listen()` cannot be reset.
import { createServer, type Socket } from "node:net";
import type { Served } from "../_support/serve.ts";

/** A received request, and its socket. */
export interface Wire {
  /** HTTP method. */
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** Headers of the request. */
  readonly headers: Headers;
  /** Body of the request. */
  readonly body: string;
  /** Number of the request, from 1. */
  readonly number: number;
  /** Resolves when the client has closed the connection. */
  readonly hungUp: Promise<void>;
  /** Sends text or bytes unchanged. False if the connection was closed. */
  send(text: string | Uint8Array): Promise<boolean>;
  /** Sends a complete response with its `Content-Length`. */
  respond(
    status: number,
    body?: string,
    headers?: Readonly<Record<string, string>>,
  ): Promise<void>;
  /** Closes the connection. */
  close(): void;
  /** Resets the connection, as a server that crashes. */
  reset(): void;
}

/** A server on raw sockets. */
export interface WireServer extends Served {
  /** Requests received so far. */
  readonly requests: readonly Wire[];
}

/** A handler returns this to keep the connection open for the next request. */
export const KEEP = Symbol("keep");

/**
 * Starts a server on raw sockets.
 *
 * @param handle Handles a request. When its promise resolves, the server closes
 *   the connection, unless the result is {@linkcode KEEP}.
 * @returns The server.
 */
export async function serveWire(
  handle: (wire: Wire) => unknown,
): Promise<WireServer> {
  const requests: Wire[] = [];
  const sockets = new Set<Socket>();
  const serving: Promise<void>[] = [];
  const server = createServer((socket) => {
    sockets.add(socket);
    serving.push(serveOne(socket));
  });

  async function serveOne(socket: Socket): Promise<void> {
    const hungUp = new Promise<void>((resolve) => {
      // Without a listener, a reset by the client would terminate the process.
      socket.on("error", () => {});
      socket.on("end", resolve);
      socket.on("close", resolve);
    });
    let bytes = Buffer.alloc(0);
    let more = Promise.withResolvers<void>();
    socket.on("data", (part: Buffer) => {
      bytes = Buffer.concat([bytes, part]);
      more.resolve();
    });
    for (;;) {
      let request = readRequest(bytes);
      while (!request) {
        more = Promise.withResolvers<void>();
        const gone = hungUp.then(() => true);
        if (await Promise.race([more.promise, gone])) return;
        request = readRequest(bytes);
      }
      bytes = bytes.subarray(request.length);
      const wire = toWire(socket, request, hungUp, requests.length + 1);
      requests.push(wire);
      if (await handle(wire) !== KEEP) return wire.close();
    }
  }

  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve());
  });
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      sockets.forEach((socket) => socket.destroy());
      await closed;
      await Promise.all(serving);
    },
  };
}

/** Creates the status line and the headers of a response. */
export function head(
  status: number,
  headers: Readonly<Record<string, string | number>> = {},
): string {
  const lines = Object.entries(headers).map(([name, value]) =>
    `${name}: ${value}\r\n`
  );
  return `HTTP/1.1 ${status} Reason\r\n${lines.join("")}\r\n`;
}

interface RequestParts extends Pick<Wire, "method" | "target" | "headers"> {
  readonly body: string;
  readonly length: number;
}

/** Parses a request; `undefined` if it is incomplete. */
function readRequest(bytes: Buffer): RequestParts | undefined {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [start = "", ...lines] = bytes.toString("latin1", 0, end).split("\r\n");
  const headers = new Headers(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    }),
  );
  const length = end + 4 + Number(headers.get("content-length") ?? 0);
  if (bytes.length < length) return undefined;
  const [method = "", target = ""] = start.split(" ");
  const body = bytes.toString("utf8", end + 4, length);
  return { method, target, headers, body, length };
}

function toWire(
  socket: Socket,
  { method, target, headers, body }: RequestParts,
  hungUp: Promise<void>,
  number: number,
): Wire {
  const send = async (part: string | Uint8Array) => {
    if (socket.destroyed || socket.writableEnded) return false;
    return await Promise.race([
      new Promise<boolean>((resolve) => {
        socket.write(part, (error) => resolve(!error));
      }),
      hungUp.then(() => false),
    ]);
  };
  return {
    method,
    target,
    headers,
    body,
    number,
    hungUp,
    send,
    async respond(status, content = "", extra = {}) {
      const length = Buffer.byteLength(content);
      const all = { "content-length": length, connection: "close", ...extra };
      await send(head(status, all) + content);
    },
    close: () => void socket.end(),
    reset: () => void socket.resetAndDestroy(),
  };
}
