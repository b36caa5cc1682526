/**
 * A server for fault injection over real sockets. `Deno.serve` always sends
 * correct HTTP, so this server writes to the socket itself.
 *
 * The first segment of the path selects the fault. `/seen/<segment>` lists the
 * requests that the server received for that fault. `/ended/<segment>` returns
 * the number of stalled responses whose connection the client closed.
 *
 * @module
 */

/** A request that the server received. */
export interface Seen {
  /** HTTP method. */
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** Headers, with names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

/** A server. It stops when it is disposed of. */
export interface FaultyServer extends AsyncDisposable {
  /** Base URL, without a slash at the end. */
  readonly url: string;
}

interface Exchange extends Seen {
  /** Number of requests for this fault so far, including this one. */
  readonly count: number;
  /** Target of redirects to another origin. */
  readonly foreignUrl: string;
  /** Stops accepting connections. */
  stopListening(): void;
  /**
   * Reads the body from the socket. If unread data remains, closing the socket
   * resets the connection.
   */
  readBody(): Promise<string>;
  /** Writes raw bytes to the socket. */
  write(data: string | Uint8Array): Promise<void>;
  /** Sends a correct HTTP response. */
  respond(
    status: number,
    body: string,
    headers?: Readonly<Record<string, string>>,
  ): Promise<void>;
}

/** State of the connection after the fault. */
type Outcome = "open" | "close" | "stall";

const LIST = JSON.stringify({
  success: true,
  response: 200,
  total_count: 0,
  data: [],
});
const HALF_BODY = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{";
const HALF_CHUNKS =
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n";

/** 50 MB of blanks, which gzip makes about a thousand times shorter. */
const BOMB = await gzip(" ".repeat(50e6));

const FAULTS: Readonly<Record<string, (it: Exchange) => Promise<Outcome>>> = {
  async ok(it) {
    await it.readBody();
    await it.respond(200, LIST);
    return "open";
  },
  async echo(it) {
    await it.respond(200, JSON.stringify({ data: it.target }));
    return "open";
  },
  async "foreign-302"(it) {
    await it.readBody();
    await it.respond(302, "", { Location: `${it.foreignUrl}/ok/` });
    return "open";
  },
  async "foreign-307"(it) {
    await it.readBody();
    await it.respond(307, "", { Location: `${it.foreignUrl}/ok/` });
    return "open";
  },
  async moved(it) {
    await it.respond(302, "", { Location: "/ok/moved/" });
    return "open";
  },
  async "stall-headers"(it) {
    await it.readBody();
    return "stall";
  },
  "stall-body": stallBody,
  "stall-body-end": stallBody,
  async "stall-chunks"(it) {
    await it.write(HALF_CHUNKS);
    return "stall";
  },
  async "cut-body"(it) {
    await it.readBody();
    await it.write(HALF_BODY);
    return "close";
  },
  async "cut-chunks"(it) {
    await it.readBody();
    await it.write(HALF_CHUNKS);
    return "close";
  },
  async endless(it) {
    await it.write(HALF_CHUNKS);
    const chunk = `8000\r\n${"x".repeat(0x8000)}\r\n`;
    // Ends when the client closes the connection and the write fails.
    for (;;) await it.write(chunk);
  },
  async "endless-length"(it) {
    await it.write(HALF_CHUNKS.replace("\r\n", "\r\nContent-Length: 1\r\n"));
    const chunk = `8000\r\n${"x".repeat(0x8000)}\r\n`;
    for (;;) await it.write(chunk);
  },
  async bomb(it) {
    await it.readBody();
    const { length } = BOMB;
    await it.write(
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" +
        `Content-Encoding: gzip\r\nContent-Length: ${length}\r\n\r\n`,
    );
    await it.write(BOMB);
    return "close";
  },
  async "eleven-bytes"(it) {
    await it.readBody();
    await it.respond(200, '\ufeff"aé✓"');
    return "open";
  },
  async "busy-seconds"(it) {
    await it.readBody();
    if (it.count > 1) await it.respond(200, LIST);
    else await it.respond(429, "", { "Retry-After": "1" });
    return "open";
  },
  async "busy-date"(it) {
    await it.readBody();
    const now = Date.now();
    if (it.count > 1) await it.respond(200, LIST);
    else {
      await it.respond(429, "", {
        "Date": new Date(now).toUTCString(),
        "Retry-After": new Date(now + 1000).toUTCString(),
      });
    }
    return "open";
  },
  async reset() {
    // The request is not read, so closing the socket resets the connection.
    await new Promise((resolve) => setTimeout(resolve, 50));
    return "close";
  },
  async close(it) {
    await it.readBody();
    return "close";
  },
  "close-reused": closePosts,
  "close-empty": closePosts,
  async die(it) {
    if (it.method !== "GET") it.stopListening();
    return await closePosts(it);
  },
};

async function stallBody(it: Exchange): Promise<Outcome> {
  await it.write(HALF_BODY);
  return "stall";
}

async function closePosts(it: Exchange): Promise<Outcome> {
  await it.readBody();
  if (it.method !== "GET") return "close";
  await it.respond(200, LIST);
  return "open";
}

/**
 * Starts a server on a free port of 127.0.0.1.
 *
 * @param foreignUrl Base URL of another server, the target of redirects to
 * another origin.
 * @returns The server.
 */
export function serveFaults(foreignUrl = ""): FaultyServer {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const seen: Seen[] = [];
  const ended: string[] = [];
  const connections = new Set<Deno.TcpConn>();
  let isListening = true;
  const stopListening = (): void => {
    if (isListening) listener.close();
    isListening = false;
  };
  const serving = (async () => {
    for await (const connection of listener) {
      connections.add(connection);
      serveConnection(connection, { seen, ended, foreignUrl, stopListening })
        // Either side has closed the connection.
        .catch(() => {})
        .finally(() => close(connection, connections));
    }
  })();
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      stopListening();
      for (const connection of connections) close(connection, connections);
      await serving;
    },
  };
}

function close(connection: Deno.TcpConn, all: Set<Deno.TcpConn>): void {
  if (all.delete(connection)) connection.close();
}

async function serveConnection(
  connection: Deno.TcpConn,
  server: Pick<Exchange, "foreignUrl" | "stopListening"> & {
    readonly seen: Seen[];
    readonly ended: string[];
  },
): Promise<void> {
  const { seen, ended } = server;
  for (;;) {
    const request = await readRequest(connection);
    if (request === undefined) return;
    const segment = segmentOf(request.target);
    if (segment !== "seen" && segment !== "ended") seen.push(request);
    const exchange: Exchange = {
      ...server,
      ...request,
      count: seen.filter(({ target }) => segmentOf(target) === segment).length,
      readBody: () => read(connection, bodyEnds(request)),
      write: (data) => write(connection, data),
      respond: (status, body, headers = {}) => {
        const fields = {
          "Content-Length": String(new TextEncoder().encode(body).length),
          "Content-Type": "application/json",
          ...headers,
        };
        const lines = Object.entries(fields).map(([k, v]) => `${k}: ${v}\r\n`);
        return write(
          connection,
          `HTTP/1.1 ${status} Status\r\n${lines.join("")}\r\n${body}`,
        );
      },
    };
    const about = request.target.split("/")[2] ?? "";
    if (segment === "ended") {
      const count = ended.filter((segment) => segment === about).length;
      await exchange.respond(200, JSON.stringify(count));
      continue;
    }
    if (segment === "seen") {
      const found = seen.filter(({ target }) => segmentOf(target) === about);
      await exchange.respond(200, JSON.stringify(found));
      continue;
    }
    const outcome = await FAULTS[segment]?.(exchange) ?? "close";
    if (outcome === "close") return;
    if (outcome === "stall") {
      // Ends when the client closes or resets the connection.
      await read(connection, () => false).catch(() => {});
      ended.push(segment);
      return;
    }
  }
}

function segmentOf(target: string): string {
  return target.split("/")[1] ?? "";
}

async function readRequest(
  connection: Deno.TcpConn,
): Promise<Seen | undefined> {
  const head = await read(connection, (text) => text.endsWith("\r\n\r\n"));
  if (head === "") return undefined;
  const [start = "", ...lines] = head.trimEnd().split("\r\n");
  const [method = "", target = ""] = start.split(" ");
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  return { method, target, headers };
}

function bodyEnds({ headers }: Seen): (text: string) => boolean {
  if (headers["transfer-encoding"] !== undefined) {
    return (text) => text.endsWith("0\r\n\r\n");
  }
  const length = Number(headers["content-length"] ?? 0);
  return (text) => text.length >= length;
}

/** Reads byte by byte, so that unread data stays in the socket. */
async function read(
  connection: Deno.TcpConn,
  isDone: (text: string) => boolean,
): Promise<string> {
  const byte = new Uint8Array(1);
  let text = "";
  while (!isDone(text)) {
    if (await connection.read(byte) === null) return "";
    text += String.fromCharCode(byte[0]!);
  }
  return text;
}

async function write(
  connection: Deno.TcpConn,
  data: string | Uint8Array,
): Promise<void> {
  let bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
  while (bytes.length > 0) {
    bytes = bytes.subarray(await connection.write(bytes));
  }
}

async function gzip(text: string): Promise<Uint8Array> {
  const stream = new Blob([text]).stream()
    .pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
