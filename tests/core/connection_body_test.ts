import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
} from "@std/assert";
import {
  ConnectionError,
  type ConnectionOptions,
  type Fetch,
  linkedPages,
  MalformedResponseError,
  NotFoundError,
} from "../../core/mod.ts";
import { ACME, acme, ask, json } from "./_acme.ts";
import { head, serveWire } from "./_wire.ts";

const encoder = new TextEncoder();

/** Asks and gets an answer of just these bytes. */
function answered(
  body: BodyInit | null,
  init?: ResponseInit,
  options: ConnectionOptions = {},
) {
  const fetch: Fetch = () => Promise.resolve(new Response(body, init));
  return ask(ACME, "/", { connection: { fetch, ...options } });
}

/** The two ways to read a body: the runtime's, and through a caller's fetch. */
const WAYS: Record<string, ConnectionOptions> = {
  "the runtime's fetch": {},
  "a caller's fetch": { fetch: (request) => fetch(request) },
};

async function gzip(text: string): Promise<Uint8Array> {
  const packed = new Blob([text]).stream()
    .pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}

/** Answers with a body that is packed as the client is told. */
async function sendPacked(
  wire: Parameters<Parameters<typeof serveWire>[0]>[0],
  packed: Uint8Array,
) {
  await wire.send(head(200, {
    "content-encoding": "gzip",
    "content-length": packed.length,
    connection: "close",
  }));
  await wire.send(packed);
}

Deno.test("JsonResponse takes an empty body for nothing", async () => {
  for (const status of [200, 201, 202]) {
    assertStrictEquals((await answered("", { status })).object, undefined);
  }
  for (const status of [204, 205]) {
    assertStrictEquals((await answered(null, { status })).object, undefined);
  }
});

Deno.test("JsonResponse refuses a success that is not JSON, and does not quote it", async () => {
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
      () => answered(text, { headers: { "content-type": "text/html" } }),
      MalformedResponseError,
      "Cannot GET /: ",
    );
    assertStringIncludes(error.message, "text/html");
    assert(!Deno.inspect(error).includes("canary"), text);
  }
});

Deno.test("JsonResponse keeps __proto__ and its kin as data", async () => {
  const text =
    '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":2}},"hasOwnProperty":3}';
  const { object } = await answered(text);
  assertEquals(Object.keys(object as object), [
    "__proto__",
    "constructor",
    "hasOwnProperty",
  ]);
  assertStrictEquals(Object.getPrototypeOf(object), Object.prototype);
  assertStrictEquals(({} as { polluted?: unknown }).polluted, undefined);
});

Deno.test("Connection.list() keeps __proto__ in a position as data", async () => {
  const urls: string[] = [];
  const fetch: Fetch = ({ url }) => {
    urls.push(url);
    return Promise.resolve(json({}));
  };
  const reader = { items: () => [], pages: linkedPages(() => undefined) };
  const from = "?__proto__=1&constructor=2&page=3";
  await acme(ACME, { fetch }).list("/servers", reader, { from });
  assertEquals(urls, [`${ACME}/servers${from}`]);
  assertStrictEquals(({} as { page?: unknown }).page, undefined);
});

Deno.test("JsonResponse survives JSON that is nested deeply", async () => {
  const depth = 200_000;
  for (
    const text of ["[".repeat(depth) + "]".repeat(depth), "[".repeat(depth)]
  ) {
    const result = await answered(text).catch((error) => error);
    if (result instanceof Error) {
      assertInstanceOf(
        result,
        MalformedResponseError,
      );
    }
    await assertRejects(() => answered(text, { status: 404 }), NotFoundError);
  }
});

for (const [way, options] of Object.entries(WAYS)) {
  Deno.test(`Connection.request() drops a byte order mark, with ${way}`, async () => {
    await using server = await serveWire((wire) =>
      wire.answer(200, '\ufeff{"name":"wéb"}')
    );
    const { object } = await ask(server.url, "/", { connection: options });
    assertEquals(object, { name: "wéb" });
  });

  Deno.test(`Connection.request() replaces what is not UTF-8, with ${way}`, async () => {
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
    const { object } = await ask(server.url, "/", { connection: options });
    assertEquals(object, { a: "\ufffd\ufffd" });
  });

  Deno.test(`Connection.request() puts characters together that come in parts, with ${way}`, async () => {
    await using server = await serveWire(async (wire) => {
      await wire.send(head(200, { "transfer-encoding": "chunked" }));
      for (const byte of encoder.encode('"é✓𝒳"')) {
        await wire.send("1\r\n");
        await wire.send(Uint8Array.of(byte));
        await wire.send("\r\n");
      }
      await wire.send("0\r\n\r\n");
    });
    const { object } = await ask(server.url, "/", { connection: options });
    assertEquals(object, "é✓𝒳");
  });

  Deno.test(`Connection.request() unpacks gzip, with ${way}`, async () => {
    const packed = await gzip('{"a":1}');
    await using server = await serveWire((wire) => sendPacked(wire, packed));
    const { object } = await ask(server.url, "/", { connection: options });
    assertEquals(object, { a: 1 });
  });

  Deno.test(`ConnectionOptions.maxBodyBytes ends a body that is too long, with ${way}`, async () => {
    const maxBodyBytes = 1000;
    const connection = { ...options, maxBodyBytes, retry: false as const };
    // A packed body says the length that it travels with, and is far longer.
    const bomb = await gzip(" ".repeat(500_000));
    assert(bomb.length < maxBodyBytes);
    const senders: Record<string, Parameters<typeof serveWire>[0]> = {
      "of known length": (wire) => wire.answer(200, " ".repeat(1001)),
      "in one chunk": (wire) =>
        wire.send(
          head(200, { "transfer-encoding": "chunked" }) +
            `3e9\r\n${" ".repeat(1001)}\r\n0\r\n\r\n`,
        ),
      "without an end": async (wire) => {
        await wire.send(head(200, { "transfer-encoding": "chunked" }));
        const chunk = `64\r\n${" ".repeat(100)}\r\n`;
        for (let sent = 0; sent < 10_000 && await wire.send(chunk); sent++);
      },
      "until the end of the connection": (wire) =>
        wire.send(head(200) + " ".repeat(1001)),
      "that is a bomb": (wire) => sendPacked(wire, bomb),
    };
    for (const [name, send] of Object.entries(senders)) {
      await using server = await serveWire(send);
      for (const method of ["GET", "POST"]) {
        const error = await assertRejects(
          () => ask(server.url, "/", { method, connection }),
          MalformedResponseError,
          "Cannot",
          name,
        );
        assertEquals(error.mayHaveBeenApplied, method === "POST");
      }
      // It would be as long the next time.
      assertEquals(server.requests.length, 2, name);
    }
  });

  Deno.test(`ConnectionOptions.maxBodyBytes lets the longest body through, with ${way}`, async () => {
    await using server = await serveWire((wire) =>
      wire.target === "/chunked"
        ? wire.send(
          head(200, { "transfer-encoding": "chunked", connection: "close" }) +
            '4\r\n"aé\r\n4\r\n✓"\r\n0\r\n\r\n',
        )
        : wire.answer(200, '"aé✓"')
    );
    // Bytes, not characters.
    for (const path of ["/", "/chunked"]) {
      const connection = { ...options, maxBodyBytes: 8 };
      const { object } = await ask(server.url, path, { connection });
      assertEquals(object, "aé✓");
      await assertRejects(
        () =>
          ask(server.url, path, {
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
  for (const status of [200, 404, 500]) {
    await assertRejects(
      () => answered(body(), { status }, { maxBodyBytes: 250, retry: false }),
      MalformedResponseError,
    );
  }
  assertEquals([pulled, cancelled], [9, 3]);
});

Deno.test("ConnectionOptions.maxBodyBytes holds even where a caller's fetch lies about the length", async () => {
  for (const length of ["1", "0", "-1", "x", "1e1"]) {
    await assertRejects(
      () =>
        answered(
          " ".repeat(1001),
          { headers: { "content-length": length } },
          { maxBodyBytes: 1000 },
        ),
      MalformedResponseError,
    );
  }
});

Deno.test("Connection.request() takes a packed body that is broken for a broken line", async () => {
  const packed = await gzip(`"${"ab".repeat(1000)}"`);
  for (const broken of [packed.slice(0, -12), encoder.encode("nonsense")]) {
    await using server = await serveWire((wire) => sendPacked(wire, broken));
    await assertRejects(
      () => ask(server.url, "/", { retry: false }),
      ConnectionError,
    );
  }
});

Deno.test("ApiResponse.read() turns whatever a converter throws into MalformedResponseError", async () => {
  const response = await answered('{"data":null}');
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

Deno.test("ApiError.body keeps what helps, and no more", async () => {
  const text = `<h1>${"long ".repeat(100_000)}</h1>`;
  const error = await assertRejects(
    () => answered(text, { status: 404 }),
    NotFoundError,
  );
  assertEquals(error.body, text.slice(0, 4096));
});
