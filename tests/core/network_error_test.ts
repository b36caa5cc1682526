import { assert, assertEquals, assertRejects } from "@std/assert";
import { ConnectionError, type Fetch } from "../../core/mod.ts";
import { ACME, send } from "./_acme.ts";

/** The parts of an error, as a runtime sets them, and those of its cause. */
interface Parts {
  readonly message: string;
  readonly code?: string;
  readonly syscall?: string;
  readonly errors?: readonly Parts[];
  readonly cause?: Parts;
}

function make({ message, cause, errors, ...rest }: Parts): Error {
  const error = cause
    ? new TypeError(message, { cause: make(cause) })
    : new Error(message);
  return Object.assign(error, rest, errors && { errors: errors.map(make) });
}

const deno = (cause: string): Parts => ({
  message: "fetch failed",
  cause: { message: cause },
});
const node = (cause: Parts): Parts => ({ message: "fetch failed", cause });

// Copied from Deno 2.9.6, Node.js 22.23.3 and Bun 1.4.5. The first group is
// about attempts in which nothing was sent.
const UNSENT: Record<string, Parts> = {
  "Deno: refused": deno(
    "error sending request for url (http://127.0.0.1:8899/x): client error (Connect): tcp connect error: Connection refused (os error 111)",
  ),
  "Deno: unknown host": deno(
    "error sending request for url (https://no-such-host.invalid/): client error (Connect): dns error: failed to lookup address information: Name or service not known",
  ),
  "Deno: no route": deno(
    "error sending request for url (http://[2001:db8::1]/): client error (Connect): tcp connect error: No route to host (os error 113)",
  ),
  "Deno: TLS closed": deno(
    "error sending request for url (https://127.0.0.1:8803/): client error (Connect): tls handshake eof",
  ),
  "Deno: TLS reset": deno(
    "error sending request for url (https://127.0.0.1:8804/): client error (Connect): Connection reset by peer (os error 104)",
  ),
  "Deno: certificate": deno(
    "error sending request for url (https://127.0.0.1:8805/): client error (Connect): invalid peer certificate: Other(OtherError(CaUsedAsEndEntity))",
  ),
  "Node: refused": node({
    message: "connect ECONNREFUSED 127.0.0.1:8899",
    code: "ECONNREFUSED",
    syscall: "connect",
  }),
  "Node: refused by two addresses": node({
    message: "",
    code: "ECONNREFUSED",
    errors: [
      {
        message: "connect ECONNREFUSED ::1:8899",
        code: "ECONNREFUSED",
        syscall: "connect",
      },
      {
        message: "connect ETIMEDOUT 127.0.0.1:8899",
        code: "ETIMEDOUT",
        syscall: "connect",
      },
    ],
  }),
  "Node: unknown host": node({
    message: "getaddrinfo ENOTFOUND no-such-host.invalid",
    code: "ENOTFOUND",
    syscall: "getaddrinfo",
  }),
  "Node: no route": node({
    message: "connect EHOSTUNREACH 2001:db8::1:80",
    code: "EHOSTUNREACH",
    syscall: "connect",
  }),
  "Node: connect timeout": node({
    message:
      "Connect Timeout Error (attempted address: 192.0.2.1:443, timeout: 10000ms)",
    code: "UND_ERR_CONNECT_TIMEOUT",
  }),
  "Node: TLS closed": node({
    message:
      "Client network socket disconnected before secure TLS connection was established",
    code: "ECONNRESET",
  }),
  "Node: certificate": node({
    message: "self-signed certificate",
    code: "DEPTH_ZERO_SELF_SIGNED_CERT",
  }),
  "Bun: refused": {
    message:
      "ECONNREFUSED: Unable to connect. Is the computer able to access the url?",
    code: "ECONNREFUSED",
  },
  "Bun: no route": {
    message:
      "EHOSTUNREACH: Unable to connect. Is the computer able to access the url?",
    code: "EHOSTUNREACH",
  },
  "Bun: unknown host": {
    message: "getaddrinfo ENOTFOUND no-such-host.invalid",
    code: "ENOTFOUND",
    syscall: "getaddrinfo",
  },
  "Bun: TLS": {
    message:
      "EPROTO: The TLS handshake failed. Does the server speak TLS on this port?",
    code: "EPROTO",
  },
};
const SENT: Record<string, Parts> = {
  "Deno: closed": deno(
    "error sending request from 127.0.0.1:46920 for http://127.0.0.1:8803/ (127.0.0.1:8803): client error (SendRequest): connection closed before message completed",
  ),
  "Deno: reset": deno("Connection reset by peer (os error 104)"),
  "Node: closed": node({
    message: "other side closed",
    code: "UND_ERR_SOCKET",
  }),
  "Node: reset": node({
    message: "read ECONNRESET",
    code: "ECONNRESET",
    syscall: "read",
  }),
  "Node: no route to a connected peer": node({
    message: "read EHOSTUNREACH",
    code: "EHOSTUNREACH",
    syscall: "read",
  }),
  "Node: timeout of a connected peer": node({
    message: "read ETIMEDOUT",
    code: "ETIMEDOUT",
    syscall: "read",
  }),
  "Node: one of two addresses": node({
    message: "",
    errors: [
      { message: "connect ECONNREFUSED ::1:8899", syscall: "connect" },
      { message: "read ECONNRESET", syscall: "read" },
    ],
  }),
  "Bun: closed": {
    message:
      "ECONNRESET: The socket connection was closed unexpectedly. For more information, pass `verbose: true` in the second argument to fetch()",
    code: "ECONNRESET",
  },
  // Texts of proxies and of a caller's own fetch.
  "a proxy": { message: "the proxy says: Connection refused" },
  "a code in a text": { message: "502: connect ECONNREFUSED 10.0.0.7:443" },
  "a quoted error": {
    message:
      "upstream: error sending request for url (http://10.0.0.7/): client error (Connect)",
  },
  "a URL": deno(
    "error sending request for url (http://127.0.0.1/x?:%20client%20error%20(Connect)): client error (SendRequest): connection closed",
  ),
  "no address at all": { message: "failed", errors: [] },
  "a number as code": { message: "failed", code: 111 as unknown as string },
};

/** Sends a request that fails in that way; counts the attempts. */
async function fail(parts: Parts, method: string, data?: unknown) {
  let sent = 0;
  const fetch: Fetch = () => {
    sent++;
    throw make(parts);
  };
  const error = await assertRejects(
    () => send(ACME, "/", { method, data, connection: { fetch } }),
    ConnectionError,
  );
  return { error, sent };
}

Deno.test("ConnectionError.isUnsent is true for what runtimes report if they could not connect, and a POST is retried", async () => {
  for (const [name, parts] of Object.entries(UNSENT)) {
    for (const method of ["POST", "PATCH"]) {
      const { error, sent } = await fail(parts, method, {});
      assertEquals([error.isUnsent, sent], [true, 4], name);
      assertEquals(error.mayHaveBeenApplied, false, name);
      assert(error.message.includes("could not connect to api.acme"), name);
    }
  }
});

Deno.test("ConnectionError.isUnsent is false for other errors, whatever text they contain, and a POST is not retried", async () => {
  for (const [name, parts] of Object.entries(SENT)) {
    const { error, sent } = await fail(parts, "POST", {});
    assertEquals([error.isUnsent, sent], [false, 1], name);
    assertEquals(error.mayHaveBeenApplied, true, name);
    assert(error.message.includes("connection to api.acme.example lost"), name);
  }
});

Deno.test("ConnectionError.isUnsent is false if the runtime may have sent an earlier request by itself", async () => {
  for (
    const [name, method, data, isUnsent] of [
      ["Deno: refused", "POST", undefined, false],
      ["Deno: refused", "DELETE", undefined, false],
      ["Bun: refused", "DELETE", {}, false],
      ["Bun: refused", "PUT", {}, false],
      ["Node: refused", "POST", undefined, true],
      ["Node: refused", "DELETE", undefined, true],
      ["Node: refused by two addresses", "PUT", {}, true],
    ] as const
  ) {
    const { error } = await fail(UNSENT[name]!, method, data);
    assertEquals(error.isUnsent, isUnsent, `${name} ${method}`);
    assertEquals(error.mayHaveBeenApplied, !isUnsent, `${name} ${method}`);
    assert(error.message.includes("could not connect to api.acme.example"));
  }
});

Deno.test("ConnectionError.isUnsent is false if the body of a response fails", async () => {
  const fetch: Fetch = () => {
    const body = new ReadableStream({
      pull: (controller) => controller.error(make(UNSENT["Node: refused"]!)),
    });
    return Promise.resolve(new Response(body));
  };
  const error = await assertRejects(
    () => send(ACME, "/", { method: "POST", connection: { fetch } }),
    ConnectionError,
  );
  assertEquals([error.isUnsent, error.mayHaveBeenApplied], [false, true]);
});

Deno.test("ConnectionError describes a cycle of causes", async () => {
  const cause = new Error("connection reset");
  cause.cause = new TypeError("fetch failed", { cause });
  const error = await assertRejects(
    () =>
      send(ACME, "/", {
        method: "POST",
        connection: { fetch: () => Promise.reject(cause) },
      }),
    ConnectionError,
  );
  assert(error.message.includes("lost (connection reset; "), error.message);
});

Deno.test("ConnectionError says that a write may have been applied, however long the reason is", async () => {
  const consequence = "; the request may have been applied";
  for (const message of ["connection reset", "x".repeat(9000)]) {
    const post = await fail(deno(message), "POST", {});
    assert(post.error.message.endsWith(consequence), post.error.message);
    const get = await fail(deno(message), "GET");
    assert(!get.error.message.includes(consequence), get.error.message);
  }
});

Deno.test("ConnectionError shows the code of the runtime once", async () => {
  for (
    const [message, expected] of [
      ["other side closed", "(other side closed UND_ERR_SOCKET)"],
      ["UND_ERR_SOCKET: closed", "(UND_ERR_SOCKET: closed)"],
    ] as const
  ) {
    const parts = node({ message, code: "UND_ERR_SOCKET" });
    const { error } = await fail(parts, "GET");
    assert(error.message.includes(expected), error.message);
  }
});
