import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertLessOrEqual,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import {
  ApiError,
  ConnectionError,
  type ConnectionOptions,
  errorClassFor,
  type Fetch,
  linkedPages,
  MalformedResponseError,
  NotFoundError,
} from "../../core/mod.ts";
import { ACME, acme, json, send } from "./_acme.ts";
import { head, serveWire } from "./_wire.ts";

const encoder = new TextEncoder();

/** Sends a request and gets a response with this body. */
function receive(
  body: BodyInit | null,
  init?: ResponseInit,
  options: ConnectionOptions = {},
) {
  const fetch: Fetch = () => Promise.resolve(new Response(body, init));
  return send(ACME, "/", { connection: { fetch, ...options } });
}

/** Both ways to read a body. */
const WAYS: Record<string, ConnectionOptions> = {
  "the default fetch": {},
  "a custom fetch": { fetch: (request) => fetch(request) },
};

async function gzip(text: string): Promise<Uint8Array> {
  const compressed = new Blob([text]).stream()
    .pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(compressed).arrayBuffer());
}

/** Sends a response with a compressed body. */
async function sendCompressed(
  wire: Parameters<Parameters<typeof serveWire>[0]>[0],
  compressed: Uint8Array,
) {
  await wire.send(head(200, {
    "content-encoding": "gzip",
    "content-length": compressed.length,
    connection: "close",
  }));
  await wire.send(compressed);
}

Deno.test("JsonResponse.object is undefined for an empty body", async () => {
  for (const status of [200, 201, 202]) {
    assertStrictEquals((await receive("", { status })).object, undefined);
  }
  for (const status of [204, 205]) {
    assertStrictEquals((await receive(null, { status })).object, undefined);
  }
});

Deno.test("JsonResponse rejects a success that is not JSON, and does not show its body", async () => {
  for (
    const text of [
      "<html>canary</html>",
      '{"a":"canary"',
      "{'a':'canary'}",
      "canary",
      '{"a":"canary"}{}',
      "undefined",
      "\0",
      " ",
    ]
  ) {
    const error = await assertRejects(
      () => receive(text, { headers: { "content-type": "text/html" } }),
      MalformedResponseError,
      "GET /: expected JSON, got text/html (HTTP 200)",
    );
    assert(!Deno.inspect(error).includes("canary"), text);
  }
});

Deno.test("JsonResponse keeps __proto__ and similar keys as data", async () => {
  const text =
    '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":2}},"hasOwnProperty":3}';
  const { object } = await receive(text);
  assertEquals(Object.keys(object as object), [
    "__proto__",
    "constructor",
    "hasOwnProperty",
  ]);
  assertStrictEquals(Object.getPrototypeOf(object), Object.prototype);
  assertStrictEquals(({} as { polluted?: unknown }).polluted, undefined);
});

Deno.test("Connection.list() ignores __proto__ in a link to the next page", async () => {
  const urls: string[] = [];
  const fetch: Fetch = ({ url }) => {
    urls.push(url);
    return Promise.resolve(json({}));
  };
  const reader = {
    items: () => [],
    pages: linkedPages(
      ["page"],
      () => urls.length === 1 && "?__proto__=1&constructor=2&page=3",
    ),
  };
  await acme(ACME, { fetch }).list("/servers", reader);
  assertEquals(urls, [`${ACME}/servers`, `${ACME}/servers?page=3`]);
  assertStrictEquals(({} as { page?: unknown }).page, undefined);
});

Deno.test("JsonResponse parses or rejects JSON that is nested deeply", async () => {
  const depth = 200_000;
  for (
    const text of ["[".repeat(depth) + "]".repeat(depth), "[".repeat(depth)]
  ) {
    const result = await receive(text).catch((error) => error);
    if (result instanceof Error) {
      assertInstanceOf(
        result,
        MalformedResponseError,
      );
    }
    await assertRejects(() => receive(text, { status: 404 }), NotFoundError);
  }
});

for (const [way, options] of Object.entries(WAYS)) {
  Deno.test(`Connection.request() removes a byte order mark, with ${way}`, async () => {
    await using server = await serveWire((wire) =>
      wire.respond(200, '\ufeff{"name":"wéb"}')
    );
    const { object } = await send(server.url, "/", { connection: options });
    assertEquals(object, { name: "wéb" });
  });

  Deno.test(`Connection.request() replaces bytes that are not UTF-8, with ${way}`, async () => {
    const bytes = [
      ...encoder.encode('{"a":"'),
      0xff,
      0xc3,
      ...encoder.encode('"}'),
    ];
    await using server = await serveWire(async (wire) => {
      await wire.send(head(200, { "content-length": bytes.length }));
      await wire.send(Uint8Array.from(bytes));
    });
    const { object } = await send(server.url, "/", { connection: options });
    assertEquals(object, { a: "\ufffd\ufffd" });
  });

  Deno.test(`Connection.request() decodes characters that are split between chunks, with ${way}`, async () => {
    await using server = await serveWire(async (wire) => {
      await wire.send(head(200, { "transfer-encoding": "chunked" }));
      for (const byte of encoder.encode('"é✓𝒳"')) {
        await wire.send("1\r\n");
        await wire.send(Uint8Array.of(byte));
        await wire.send("\r\n");
      }
      await wire.send("0\r\n\r\n");
    });
    const { object } = await send(server.url, "/", { connection: options });
    assertEquals(object, "é✓𝒳");
  });

  Deno.test(`Connection.request() decompresses gzip, with ${way}`, async () => {
    const compressed = await gzip('{"a":1}');
    await using server = await serveWire((wire) =>
      sendCompressed(wire, compressed)
    );
    const { object } = await send(server.url, "/", { connection: options });
    assertEquals(object, { a: 1 });
  });

  Deno.test(`ConnectionOptions.maxBodyBytes rejects a body that is too long, with ${way}`, async () => {
    const maxBodyBytes = 1000;
    const connection = { ...options, maxBodyBytes, retry: false as const };
    // Content-Length is that of the compressed body, which is far shorter.
    const bomb = await gzip(" ".repeat(500_000));
    assert(bomb.length < maxBodyBytes);
    const responders: Record<string, Parameters<typeof serveWire>[0]> = {
      "of known length": (wire) => wire.respond(200, " ".repeat(1001)),
      "in one chunk": (wire) =>
        wire.send(
          head(200, { "transfer-encoding": "chunked" }) +
            `3e9\r\n${" ".repeat(1001)}\r\n0\r\n\r\n`,
        ),
      "in chunks and with a Content-Length": (wire) =>
        wire.send(
          head(200, {
            "content-length": 1,
            "transfer-encoding": "chunked",
            connection: "close",
          }) + `3e9\r\n${" ".repeat(1001)}\r\n0\r\n\r\n`,
        ),
      "that does not end": async (wire) => {
        await wire.send(head(200, { "transfer-encoding": "chunked" }));
        const chunk = `64\r\n${" ".repeat(100)}\r\n`;
        for (let sent = 0; sent < 10_000 && await wire.send(chunk); sent++);
      },
      "until the end of the connection": (wire) =>
        wire.send(head(200) + " ".repeat(1001)),
      "that is a gzip bomb": (wire) => sendCompressed(wire, bomb),
    };
    for (const [name, respond] of Object.entries(responders)) {
      await using server = await serveWire(respond);
      for (const method of ["GET", "POST"]) {
        const error = await assertRejects(
          () => send(server.url, "/", { method, connection }),
          MalformedResponseError,
          `${method} /: response body is longer than maxBodyBytes (1000)`,
          name,
        );
        assertEquals(error.mayHaveBeenApplied, method === "POST");
      }
      // Not retried: the next body would be as long.
      assertEquals(server.requests.length, 2, name);
    }
  });

  Deno.test(`ConnectionOptions.maxBodyBytes accepts a body of exactly that length, with ${way}`, async () => {
    await using server = await serveWire((wire) =>
      wire.target === "/chunked"
        ? wire.send(
          head(200, { "transfer-encoding": "chunked", connection: "close" }) +
            '4\r\n"aé\r\n4\r\n✓"\r\n0\r\n\r\n',
        )
        : wire.respond(200, '"aé✓"')
    );
    // The limit counts bytes, not characters.
    for (const path of ["/", "/chunked"]) {
      const connection = { ...options, maxBodyBytes: 8 };
      const { object } = await send(server.url, path, { connection });
      assertEquals(object, "aé✓");
      await assertRejects(
        () =>
          send(server.url, path, {
            connection: { ...connection, maxBodyBytes: 7 },
          }),
        MalformedResponseError,
      );
    }
  });
}

Deno.test("ConnectionOptions.maxBodyBytes cancels the rest of the body", async () => {
  let pulled = 0;
  let cancelled = 0;
  const body = () =>
    new ReadableStream({
      pull(controller) {
        pulled++;
        controller.enqueue(new Uint8Array(100));
      },
      cancel() {
        cancelled++;
      },
    }, { highWaterMark: 0 });
  for (
    const [status, type] of Object.entries({
      200: MalformedResponseError,
      404: NotFoundError,
    })
  ) {
    const options = { maxBodyBytes: 250, retry: false } as const;
    const error = await receive(body(), { status: Number(status) }, options)
      .catch((error) => error);
    assertInstanceOf(error, type);
  }
  assertEquals([pulled, cancelled], [6, 2]);
});

/** A body of zeros, which counts the bytes that were read. */
function countingBody(bytes: number) {
  const count = { read: 0, cancelled: false };
  const chunk = new Uint8Array(64 * 1024);
  const body = new ReadableStream({
    pull(controller) {
      if (count.read >= bytes) return controller.close();
      count.read += chunk.length;
      controller.enqueue(chunk);
    },
    cancel() {
      count.cancelled = true;
    },
  }, { highWaterMark: 0 });
  return { body, count };
}

Deno.test("Connection.request() reads at most 1 MiB of the body of an error, and keeps its class", async () => {
  for (const status of [302, 404, 429, 500]) {
    const { body, count } = countingBody(1e9);
    const error = await assertRejects(
      () => receive(body, { status }, { retry: false }),
      ApiError,
    );
    assertEquals(error.status, status);
    assertEquals(error.constructor, errorClassFor(status));
    assert(count.cancelled);
    assertLessOrEqual(count.read, 2 ** 20 + 64 * 1024);
  }
});

Deno.test("ConnectionOptions.maxBodyBytes is 32 MiB by default", async () => {
  const { body, count } = countingBody(1e9);
  await assertRejects(
    () => receive(body, {}, { retry: false }),
    MalformedResponseError,
    "GET /: response body is longer than maxBodyBytes (33554432)",
  );
  assert(count.cancelled);
  assertLessOrEqual(count.read, 2 ** 25 + 64 * 1024);
});

Deno.test("ApiError.body keeps a multi-byte character whole if the rest of the body is cut off", async () => {
  const error = await assertRejects(
    () =>
      receive("é".repeat(10), { status: 404 }, {
        maxBodyBytes: 7,
        retry: false,
      }),
    NotFoundError,
  );
  assertEquals(error.body, "ééé\ufffd");
});

Deno.test("ConnectionOptions.maxBodyBytes applies if Content-Length is wrong", async () => {
  for (const length of ["1", "0", "-1", "x", "1e1"]) {
    await assertRejects(
      () =>
        receive(
          " ".repeat(1001),
          { headers: { "content-length": length } },
          { maxBodyBytes: 1000 },
        ),
      MalformedResponseError,
    );
  }
});

Deno.test("Connection.request() rejects with ConnectionError if a compressed body is invalid", async () => {
  const compressed = await gzip(`"${"ab".repeat(1000)}"`);
  for (const broken of [compressed.slice(0, -12), encoder.encode("not gzip")]) {
    await using server = await serveWire((wire) =>
      sendCompressed(wire, broken)
    );
    await assertRejects(
      () => send(server.url, "/", { retry: false }),
      ConnectionError,
    );
  }
});

Deno.test("ApiResponse.read() throws MalformedResponseError for any error of the converter", async () => {
  const response = await receive('{"data":null}');
  for (
    const convert of [
      (body: unknown) => (body as { data: unknown[] }).data.length,
      () => {
        throw "text";
      },
      () => {
        throw undefined;
      },
      () => {
        throw new RangeError("2 of 3 entries");
      },
    ]
  ) {
    let error: unknown;
    try {
      response.read(convert);
    } catch (thrown) {
      error = thrown;
    }
    assertInstanceOf(error, MalformedResponseError);
  }
  assertEquals(response.read((body) => body), { data: null });
});

Deno.test("ApiError.body keeps the first 4096 characters", async () => {
  const text = `<h1>${"long ".repeat(100_000)}</h1>`;
  const error = await assertRejects(
    () => receive(text, { status: 404 }),
    NotFoundError,
  );
  assertEquals(error.body, text.slice(0, 4096));
});
