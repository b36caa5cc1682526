import {
  assert,
  assertEquals,
  assertLess,
  assertLessOrEqual,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  type Fetch,
  linkedPages,
  type Listing,
  type ListOptions,
  MalformedResponseError,
  NotFoundError,
  numberedPages,
  type PageReader,
  type RequestOptions,
  ServiceUnavailableError,
  TimeoutError,
  toSearchParams,
} from "../../core/mod.ts";
import { show } from "../../core/message.ts";
import { serve } from "../_support/serve.ts";
import { ACME, acme, AcmeConnection, json, rejection } from "./_acme.ts";

interface ItemJson {
  id: string;
}

interface PageJson {
  items: ItemJson[];
  total?: number;
  next?: string | null;
}

const sleep = (ms = 0) =>
  new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Items of a service. */
function make(count: number): ItemJson[] {
  return Array.from({ length: count }, (_, index) => ({ id: `i-${index}` }));
}

/** A service with numbered pages, which may be smaller than requested. */
class Numbered {
  readonly urls: string[] = [];
  inFlight = 0;
  mostInFlight = 0;
  items: ItemJson[];
  maxSize: number;
  /** Called before each response, with the number of the request from 1. */
  before: (number: number, request: Request) => unknown = () => {};
  /** Transforms the body of each response. */
  transform: (page: PageJson, number: number) => unknown = (page) => page;

  constructor(count: number, maxSize: number) {
    this.items = make(count);
    this.maxSize = maxSize;
  }

  readonly fetch = async (request: Request): Promise<Response> => {
    const url = new URL(request.url);
    this.urls.push(url.pathname + url.search);
    const number = this.urls.length;
    this.mostInFlight = Math.max(this.mostInFlight, ++this.inFlight);
    try {
      await this.before(number, request);
      const size = Math.min(
        Number(url.searchParams.get("size") ?? 10),
        this.maxSize,
      );
      const start = (Number(url.searchParams.get("page") ?? 1) - 1) * size;
      const items = this.items.slice(start, start + size);
      const total = this.items.length;
      return json(this.transform({ items, total }, number));
    } finally {
      this.inFlight--;
    }
  };

  list(
    options: ListOptions & RequestOptions = {},
    maxSize = 10,
    fetch: Fetch = this.fetch,
  ): Listing<ItemJson> {
    const reader: PageReader<PageJson, ItemJson> = {
      items: ({ items }) => items.map(({ id }) => ({ id })),
      pages: numberedPages({
        page: "page",
        size: "size",
        maxSize,
        total: ({ total }) => total,
      }),
    };
    return acme(ACME, { fetch }).list("/items", reader, options);
  }
}

/** A service whose pages contain a link to the next page. */
class Linked {
  readonly urls: string[] = [];
  items: ItemJson[];
  readonly size: number;
  before: (number: number, request: Request) => unknown = () => {};
  /** Creates the link for the index of the next item. */
  link: (start: number) => string | null = (start) => `?start=${start}`;

  constructor(count: number, size: number) {
    this.items = make(count);
    this.size = size;
  }

  readonly fetch = async (request: Request): Promise<Response> => {
    const url = new URL(request.url);
    this.urls.push(url.pathname + url.search);
    await this.before(this.urls.length, request);
    const start = Number(url.searchParams.get("start") ?? 0);
    const end = start + this.size;
    return json({
      items: this.items.slice(start, end),
      next: end < this.items.length ? this.link(end) : null,
    });
  };

  list(options: ListOptions & RequestOptions = {}): Listing<ItemJson> {
    return acme(ACME, { fetch: this.fetch }).list("/items", {
      items: ({ items }: PageJson) => items,
      pages: linkedPages({ start: "number" }, ({ next }: PageJson) => next),
    }, options);
  }
}

const REFUSED = { method: "GET", url: ACME, body: "" };

/** Both ways to read a list. */
const READS: readonly (<T>(list: Listing<T>) => Promise<T[]>)[] = [
  collect,
  async (list) => await list,
];

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

// --- Complete lists with the minimum of requests ---

Deno.test("Connection.list() returns every item of numbered pages with one request per page", async () => {
  for (const count of [0, 1, 9, 10, 11, 20, 21, 57, 100, 101]) {
    const expected = Math.max(1, Math.ceil(count / 10));
    const awaited = new Numbered(count, 10);
    assertEquals(await awaited.list(), awaited.items);
    assertEquals(awaited.urls.length, expected, `${count} awaited`);
    const iterated = new Numbered(count, 10);
    assertEquals(await collect(iterated.list()), iterated.items);
    assertEquals(iterated.urls.length, expected, `${count} iterated`);
  }
});

Deno.test("Connection.list() returns every item if the pages are smaller than the documented maximum", async () => {
  for (const largest of [1, 2, 3, 7]) {
    for (const count of [0, 1, 2, 7, 14, 15]) {
      const expected = Math.max(1, Math.ceil(count / largest));
      const awaited = new Numbered(count, largest);
      assertEquals(await awaited.list(), awaited.items);
      assertEquals(awaited.urls.length, expected, `${count} by ${largest}`);
      const iterated = new Numbered(count, largest);
      assertEquals(await collect(iterated.list()), iterated.items);
      assertEquals(iterated.urls.length, expected, `${count} by ${largest}`);
    }
  }
});

Deno.test("Connection.list() returns every item of linked pages with one request per page", async () => {
  for (const size of [1, 3, 10]) {
    for (const count of [0, 1, 9, 10, 11, 30]) {
      const expected = Math.max(1, Math.ceil(count / size));
      const awaited = new Linked(count, size);
      assertEquals(await awaited.list(), awaited.items);
      const iterated = new Linked(count, size);
      assertEquals(await collect(iterated.list()), iterated.items);
      for (const { urls } of [awaited, iterated]) {
        assertEquals(urls.length, expected, `${count} by ${size}`);
      }
    }
  }
});

Deno.test("Connection.list() requests numbered pages concurrently and returns the items in order", async () => {
  const service = new Numbered(95, 10);
  // Later pages arrive first.
  service.before = (number) => sleep(40 - number * 4);
  await using server = serve(service.fetch);
  const custom: Fetch = (request) => {
    const { pathname, search } = new URL(request.url);
    return fetch(new Request(server.url + pathname + search, request));
  };
  assertEquals(await service.list({}, 10, custom), service.items);
  assertEquals(service.urls.length, 10);
  assertEquals(service.mostInFlight, 4);
});

Deno.test("ListOptions.concurrency limits the concurrent requests", async () => {
  for (const concurrency of [1, 2, 3, 50]) {
    const service = new Numbered(60, 10);
    service.before = () => sleep(2);
    assertEquals(await service.list({ concurrency }), service.items);
    assertEquals(service.mostInFlight, Math.min(concurrency, 5));
    assertEquals(service.urls.length, 6);
  }
});

Deno.test("ListOptions.pageSize sets the page size, up to the maximum of the provider", async () => {
  for (
    const [pageSize, size] of [[1, 1], [4, 4], [10, 10], [500, 10]] as const
  ) {
    const service = new Numbered(12, 10);
    assertEquals(await service.list({ pageSize }), service.items);
    assertEquals(service.urls[0], `/v1/items?size=${size}`);
    assertEquals(service.urls.length, Math.ceil(12 / size));
  }
});

Deno.test("Connection.list() sends the parameters and headers of the list for every page", async () => {
  const headers: (string | null)[] = [];
  for (const service of [new Numbered(21, 10), new Linked(21, 10)]) {
    service.before = (_number, request) =>
      headers.push(request.headers.get("x-more"));
    const tag = ["a", "b"];
    await service.list({ params: { tag }, headers: { "x-more": "yes" } });
    assertEquals(service.urls.length, 3);
    for (const url of service.urls) {
      assertEquals(new URL(url, ACME).searchParams.getAll("tag"), tag, url);
    }
  }
  assertEquals(headers, Array(6).fill("yes"));
});

// --- Lazy requests ---

Deno.test("Listing sends no request until it is read, and new requests each time", async () => {
  const service = new Linked(3, 1);
  const list = service.list();
  await sleep();
  assertEquals(service.urls.length, 0);
  await list;
  assertEquals(service.urls.length, 3);
  await list;
  await collect(list);
  assertEquals(service.urls.length, 9);
});

Deno.test("Listing requests no further page after a break", async () => {
  for (const service of [new Numbered(50, 10), new Linked(50, 10)]) {
    for await (const { id } of service.list()) {
      if (id === "i-9") break;
    }
    await sleep(5);
    assertEquals(service.urls.length, 1);
    for await (const { id } of service.list()) {
      if (id === "i-10") break;
    }
    await sleep(5);
    assertEquals(service.urls.length, 3);
  }
});

Deno.test("Listing.pages() requests one page for each next()", async () => {
  for (const service of [new Numbered(25, 10), new Linked(25, 10)]) {
    const pages = service.list().pages();
    for (const [index, length] of [10, 10, 5].entries()) {
      assertEquals(service.urls.length, index);
      const { value } = await pages.next();
      assert(value);
      assertEquals(value.items.length, length);
      await sleep(5);
      assertEquals(service.urls.length, index + 1);
    }
    assertEquals((await pages.next()).done, true);
    assertEquals(service.urls.length, 3);
  }
});

// --- Cursors ---

Deno.test("ListOptions.from continues from the cursor of any page in another process", async () => {
  for (const make of [() => new Numbered(45, 10), () => new Linked(45, 10)]) {
    const service = make();
    const options = { params: { tag: ["a", "b"] } };
    const { items } = service;
    let seen = 0;
    for await (const page of service.list(options).pages()) {
      seen += page.items.length;
      const { next } = JSON.parse(JSON.stringify(page));
      if (next === undefined) continue;
      for (const read of [collect, (list: Listing<ItemJson>) => list]) {
        const other = make();
        const list = other.list({ ...options, from: next });
        assertEquals(await read(list), items.slice(seen));
        assertEquals(other.urls.length, Math.ceil((45 - seen) / 10));
        for (const url of other.urls) {
          assertEquals(
            new URL(url, ACME).searchParams.getAll("tag"),
            ["a", "b"],
            url,
          );
        }
      }
    }
    assertEquals(seen, 45);
  }
});

Deno.test("ListOptions.from rejects values that are not strings before any request", () => {
  const service = new Linked(3, 1);
  for (const from of [5, {}, null, ["?page=2"], true]) {
    assertThrows(
      () => service.list({ from: from as never }),
      TypeError,
      `list: from must be a non-empty string, got ${show(from)}`,
    );
  }
  assertEquals(service.urls, []);
});

/** Returns the position of the second page. */
async function secondPage<T>(list: Listing<T>): Promise<string> {
  const { value } = await list.pages().next();
  assert(value?.next);
  return value.next;
}

Deno.test("ListOptions.from rejects anything but a position of the same list before any request", async () => {
  for (const make of [() => new Numbered(9, 3), () => new Linked(9, 3)]) {
    const options = { params: { tag: "a" }, operation: "listNodes" };
    const from = await secondPage(make().list(options));
    const [version, check, query] = from.split(".");
    const [parameter = ""] = query?.split("&") ?? [];
    const name = parameter.split("=")[0];
    const others: [string, string][] = [
      ["https://evil.example/?start=1", "the next of an earlier page"],
      ["?start=1", "the next of an earlier page"],
      [`${version}.${check}.`, "the next of an earlier page"],
      [`${version}.${check}`, "the next of an earlier page"],
      [`${from}&tag=b`, "the next of an earlier page"],
      [`${from}&__proto__=1`, "the next of an earlier page"],
      [`${from}&${parameter}`, "the next of an earlier page"],
      [`${version}.${check}.${name}=x`, "the next of an earlier page"],
      [`${version}.${check}.${name}=-1`, "the next of an earlier page"],
      [`${version}.${check}.${name}=1.5`, "the next of an earlier page"],
      [`${version}.${check}.${name}=`, "the next of an earlier page"],
      [`${version}.other.${query}`, "a position of another list"],
      [`${version}..${query}`, "a position of another list"],
      [
        `2.${check}.${query}`,
        "another version of nephos; start the list again",
      ],
      [
        `0.${check}.${query}`,
        "another version of nephos; start the list again",
      ],
    ];
    for (const [position, message] of others) {
      const service = make();
      for (const read of READS) {
        const error = await rejection(
          read(service.list({ ...options, from: position })),
        );
        assert(error instanceof TypeError, position);
        assert(error.message.startsWith("listNodes: from "), error.message);
        assert(error.message.includes(message), error.message);
      }
      assertEquals(service.urls, [], position);
    }
  }
});

Deno.test("ListOptions.from rejects a position of a list with another provider, method, path, base path or parameter", async () => {
  const reader: PageReader<PageJson, ItemJson> = {
    items: ({ items }) => items,
    pages: linkedPages({ start: "number" }, ({ next }) => next),
  };
  const service = new Linked(9, 3);
  const { fetch } = service;
  const params = { tag: ["a", "b"], zone: 1 };
  const options = { operation: "listNodes", params };
  const list = acme(ACME, { fetch }).list("/items", reader, options);
  const from = await secondPage(list);
  const sent = service.urls.length;
  class OtherConnection extends AcmeConnection {
    override readonly provider = "other" as "acme";
  }
  const other = new OtherConnection(ACME, {
    username: "user-name",
    password: "pass-word",
    fetch,
  });
  const others = [
    other.list("/items", reader, { ...options, from }),
    acme(`${ACME}beta`, { fetch }).list("/items", reader, { ...options, from }),
    acme(ACME, { fetch }).list("/servers", reader, { ...options, from }),
    ...[
      { operation: "listVolumes" },
      { params: {} },
      { params: { ...params, tag: ["b", "a"] } },
      { params: { ...params, kind: "x" } },
    ].map((change) =>
      acme(ACME, { fetch })
        .list("/items", reader, { ...options, ...change, from })
    ),
  ];
  for (const list of others) {
    for (const read of READS) {
      const error = await rejection(read(list));
      assert(error instanceof TypeError, String(error));
      assert(error.message.includes("a position of another list"));
    }
  }
  assertEquals(service.urls.length, sent);
  // Credentials, limits, headers, the page size, the host and the order of the
  // parameters may differ.
  const same = new AcmeConnection(
    ACME.replace("api.", "proxy."),
    { username: "someone", password: "else", fetch },
  ).list("/items", reader, {
    ...options,
    params: { zone: 1, tag: ["a", "b"], kind: undefined },
    from,
    headers: { "x-trace": "1" },
    pageSize: 2,
    timeoutMs: 5000,
    retry: false,
  });
  assertEquals(await same, service.items.slice(3));
});

// --- Links to the next page ---

Deno.test("Connection.list() accepts any form of link to the next page and keeps the origin", async () => {
  const links: ((start: number) => string)[] = [
    (start) => `?start=${start}`,
    (start) => `/v1/items?start=${start}`,
    (start) => `/elsewhere?start=${start}`,
    (start) => `items?start=${start}`,
    (start) => `${ACME}/items?start=${start}#top`,
    (start) => `https://evil.example/x?start=${start}`,
    (start) => `http://api.acme.example:80/?start=${start}`,
    (start) => `//evil.example/?start=${start}`,
    (start) => `https://me:pw@evil.example/?start=${start}`,
  ];
  for (const link of links) {
    const service = new Linked(3, 1);
    service.link = link;
    const origins = new Set<string>();
    service.before = (_number, { url }) => origins.add(new URL(url).origin);
    assertEquals(await service.list(), service.items, link(1));
    assertEquals(service.urls, [
      "/v1/items",
      "/v1/items?start=1",
      "/v1/items?start=2",
    ]);
    assertEquals([...origins], [new URL(ACME).origin]);
  }
});

Deno.test("Connection.list() ignores undeclared parameters of a link to the next page", async () => {
  const service = new Linked(2, 1);
  service.link = () => "/x?start=1&tag=z&q=1&Action=Delete&empty=";
  await service.list({ params: { tag: ["a", "b"] } });
  assertEquals(service.urls[1], "/v1/items?tag=a&tag=b&start=1");
});

Deno.test("Connection.list() rejects a link whose declared parameters are missing, repeated or invalid", async () => {
  for (
    const link of ["?", "?page=2", "?start=1&start=2", "?start=x", "?start=-1"]
  ) {
    const service = new Linked(2, 1);
    service.link = () => link;
    for (const read of READS) {
      const error = await rejection(read(service.list()));
      assert(error instanceof MalformedResponseError, link);
    }
    assertEquals(service.urls.length, 2);
  }
});

Deno.test("Connection.list() sends its own parameters, not those of a page with the same names", async () => {
  const service = new Linked(3, 1);
  await rejection(service.list({ params: { start: 1 } }));
  for (const url of service.urls) assertEquals(url, "/v1/items?start=1");
  // A parameter that is undefined is none.
  const other = new Linked(3, 1);
  const params = { start: undefined };
  assertEquals(await other.list({ params }), other.items);
});

Deno.test("Connection.list() requests the next linked page before it converts a page, also if signing is asynchronous", async () => {
  const seen: string[] = [];
  class SigningConnection extends AcmeConnection {
    protected override async signRequest(): Promise<void> {
      for (let step = 0; step < 9; step++) await undefined;
    }
  }
  const connection = new SigningConnection(ACME, {
    username: "user-name",
    password: "pass-word",
    async fetch(request) {
      const page = Number(new URL(request.url).searchParams.get("page") ?? 1);
      seen.push(`request ${page}`);
      await sleep(20);
      const next = page < 3 ? `?page=${page + 1}` : null;
      return json({ items: [{ id: `i-${page}` }], next });
    },
  });
  const items = await connection.list("/linked", {
    items: ({ items }: PageJson) => items,
    convert: (item) => {
      seen.push(`convert ${item.id}`);
      return item;
    },
    pages: linkedPages(["page"], ({ next }: PageJson) => next),
  });
  assertEquals(items.map(({ id }) => id), ["i-1", "i-2", "i-3"]);
  assertEquals(seen, [
    "request 1",
    "request 2",
    "convert i-1",
    "request 3",
    "convert i-2",
    "convert i-3",
  ]);
});

Deno.test("Connection.list() accepts the parameters of the next page from the body", async () => {
  const urls: string[] = [];
  const fetch: Fetch = ({ url }) => {
    urls.push(url);
    return Promise.resolve(json({ items: [{ id: `${urls.length}` }] }));
  };
  const items = await acme(ACME, { fetch }).list("/items", {
    items: ({ items }: PageJson) => items,
    pages: linkedPages(
      ["marker", "left"],
      () => urls.length < 2 && { marker: "a/b c", left: undefined },
    ),
  });
  assertEquals(items, [{ id: "1" }, { id: "2" }]);
  assertEquals(urls[1], `${ACME}/items?marker=a%2Fb+c`);
});

// --- Inconsistent services ---

Deno.test("Connection.list() starts again page by page if the total changes during the list", async () => {
  for (const change of [+7, -7, +1, -1, +40]) {
    const service = new Numbered(45, 10);
    service.before = (number) => {
      // After the first page and before the others.
      if (number === 2) service.items = make(45 + change);
      return sleep(1);
    };
    assertEquals(await service.list(), make(45 + change), `${change}`);
    // The last requests were sequential.
    const pages = Math.ceil((45 + change) / 10);
    assertEquals(
      service.urls.slice(-pages),
      Array.from(
        { length: pages },
        (_, index) =>
          index === 0
            ? "/v1/items?size=10"
            : `/v1/items?size=10&page=${index + 1}`,
      ),
    );
    assertLessOrEqual(service.urls.length, 5 + pages);
  }
});

Deno.test("Connection.list() rejects if the service returns the same page twice", async () => {
  const again = new Linked(30, 10);
  again.link = () => "?start=10";
  const circle = new Linked(30, 10);
  circle.link = (start) => `?start=${start === 20 ? 0 : start}`;
  const stuck = new Numbered(30, 10);
  stuck.transform = (page) => ({ ...page, items: make(10) });
  const empty = new Linked(0, 10);
  for (const service of [again, circle, stuck]) {
    service.before = (number) => {
      if (number > 50) throw new Error("too many requests");
    };
    await assertRejects(
      async () => await service.list(),
      MalformedResponseError,
      "list: the provider sent the same page twice",
    );
    await assertRejects(
      () => collect(service.list()),
      MalformedResponseError,
      "list: the provider sent the same page twice",
    );
    assertLess(service.urls.length, 12);
  }
  // Pages whose items have no id are compared by their cursor.
  for (const items of [[], ["text"], [null], [5]] as unknown[][]) {
    const fetch: Fetch = (request) => empty.fetch(request);
    let turns = 0;
    const list = acme(ACME, { fetch }).list("/items", {
      items: () => items,
      pages: linkedPages(["page"], () => turns++ < 50 && { page: 2 }),
    });
    await assertRejects(async () => await list, MalformedResponseError);
    await assertRejects(() => collect(list), MalformedResponseError);
  }
});

Deno.test("Connection.list() continues after an empty page that is not the last one", async () => {
  const pages = [[1], [], [], [2]];
  let requests = 0;
  const fetch: Fetch = () => Promise.resolve(json({ page: requests++ }));
  const read = () => {
    requests = 0;
    return acme(ACME, { fetch }).list("/items", {
      items: ({ page }: { page: number }) => pages[page] ?? [],
      pages: linkedPages(
        { page: "number" },
        ({ page }: { page: number }) => page < 3 && { page: page + 1 },
      ),
    });
  };
  assertEquals(await read(), [1, 2]);
  assertEquals(await collect(read()), [1, 2]);
});

Deno.test("Connection.list() rejects pages with unexpected fields", async () => {
  for (const body of [null, {}, [], { items: null }, { items: 5 }, "text", 5]) {
    const service = new Numbered(0, 10);
    service.transform = () => body;
    await assertRejects(
      async () => await service.list(),
      MalformedResponseError,
      "GET /items: unexpected response fields (application/json, HTTP 200)",
      JSON.stringify(body),
    );
    await assertRejects(() => collect(service.list()), MalformedResponseError);
  }
});

/** Reads a list in both ways; asserts that the result is an error. */
async function assertIncomplete(
  make: () => Numbered,
  message: string,
  list = (service: Numbered) => service.list(),
): Promise<void> {
  for (const read of READS) {
    const service = make();
    service.before = (number) => {
      if (number > 50) throw new Error("too many requests");
    };
    const error = await rejection(read(list(service)));
    assert(error instanceof MalformedResponseError, String(error));
    const { cause } = error as { cause?: unknown };
    const text = `${error.message} ${cause instanceof Error && cause.message}`;
    assert(text.includes(message), text);
  }
}

Deno.test("numberedPages() reads a total that is a string, and rejects a list without a total", async () => {
  for (const count of [3, 25]) {
    for (const read of READS) {
      const service = new Numbered(count, 10);
      service.transform = (page) => ({ ...page, total: `${page.total}` });
      assertEquals(await read(service.list()), service.items);
      assertEquals(service.urls.length, Math.ceil(count / 10));
    }
    for (const total of [undefined, null, -5, 2.5, NaN, "", "many"]) {
      await assertIncomplete(() => {
        const service = new Numbered(count, 10);
        service.transform = (page) => ({ ...page, total });
        return service;
      }, "the response tells neither the total nor the end");
    }
  }
});

Deno.test("numberedPages() rejects a list whose total differs from the number of items", async () => {
  for (const total of [0, 1, 24, 26, 31, 2 ** 53 - 1]) {
    await assertIncomplete(() => {
      const service = new Numbered(25, 10);
      service.transform = (page) => ({ ...page, total });
      return service;
    }, `items and the total ${total}`);
  }
});

Deno.test("numberedPages() rejects a list in which an item is missing, and keeps the page size", async () => {
  for (const hidden of [0, 9, 10, 24]) {
    const services: Numbered[] = [];
    await assertIncomplete(() => {
      const service = new Numbered(25, 10);
      service.transform = ({ items, total }) => ({
        items: items.filter(({ id }) => id !== `i-${hidden}`),
        total,
      });
      services.push(service);
      return service;
    }, "the provider sent 24 items and the total 25");
    for (const url of services.flatMap(({ urls }) => urls)) {
      assert(url.startsWith("/v1/items?size=10"), url);
    }
  }
});

/** Lists with the provider's own mark of the end. */
function marked(
  service: Numbered,
  next: (body: { page: number; pages: number }) => unknown,
  options: ListOptions = {},
): Listing<ItemJson> {
  service.transform = ((transform) => (page, number) => {
    const url = new URL(service.urls[number - 1] ?? "", ACME);
    return transform({
      ...page,
      page: Number(url.searchParams.get("page") ?? 1),
      pages: Math.ceil(service.items.length / 10),
    } as PageJson, number);
  })(service.transform);
  return acme(ACME, { fetch: service.fetch }).list("/items", {
    items: ({ items }: PageJson) => items,
    pages: numberedPages({
      page: "page",
      size: "size",
      maxSize: 10,
      total: ({ total }: PageJson) => total,
      next: next as never,
    }),
  }, options);
}

Deno.test("numberedPages() continues after short and empty pages if the provider says that more follow", async () => {
  const isShown = ({ id }: ItemJson) => !/^i-(?:3|1\d)$/.test(id);
  for (const read of READS) {
    const service = new Numbered(35, 10);
    // The total counts what is shown.
    service.transform = (page) => ({
      ...page,
      items: page.items.filter(isShown),
      total: service.items.filter(isShown).length,
    });
    const list = marked(service, ({ page, pages }) => page < pages);
    assertEquals(await read(list), service.items.filter(isShown));
    assertEquals(service.urls.length, 4);
  }
});

Deno.test("numberedPages() ends at the provider's own mark, whatever it is", async () => {
  for (const end of [null, false, "", 0]) {
    for (const read of READS) {
      const service = new Numbered(30, 10);
      const list = marked(
        service,
        ({ page, pages }) => page < pages ? "yes" : end,
      );
      assertEquals(await read(list), service.items);
      assertEquals(service.urls.length, 3);
    }
    const early = new Numbered(30, 10);
    await assertIncomplete(
      () => early,
      "the provider sent 10 items and the total 30",
      (service) => marked(service, () => end),
    );
  }
  // Without a mark, the total decides.
  const service = new Numbered(30, 10);
  assertEquals(await marked(service, () => undefined), service.items);
  assertEquals(service.urls.length, 3);
});

/** Lets a list without an end fail. */
function limited(service: Numbered): Numbered {
  service.before = (number) => {
    if (number > 99) throw new Error("too many requests");
  };
  return service;
}

Deno.test("numberedPages() stops if the provider always says that another page follows", async () => {
  for (const read of READS) {
    const service = limited(new Numbered(25, 10));
    const error = await rejection(read(marked(service, () => true)));
    assert(error instanceof MalformedResponseError);
    assertLess(service.urls.length, 50);
  }
  // New items without an end, although the total is 15.
  const endless = limited(new Numbered(15, 10));
  const seen: ItemJson[] = [];
  await assertRejects(
    async () => {
      const list = marked(endless, () => true);
      endless.transform = (_page, number) => ({
        items: make(10 * number).slice(-10),
        total: 15,
      });
      for await (const item of list) seen.push(item);
    },
    MalformedResponseError,
    "list: the provider sent 20 items and the total 15",
  );
  assertEquals(seen, make(10));
  assertEquals(endless.urls.length, 2);
  const empty = limited(new Numbered(0, 10));
  empty.transform = (page) => ({ ...page, total: 5 });
  const error = await rejection(collect(marked(empty, () => true)));
  assert(error instanceof MalformedResponseError);
  assertLess(empty.urls.length, 30);
});

Deno.test("numberedPages() rejects a list of several pages without a total, and accepts a single page", async () => {
  for (const total of [undefined, null, "many"]) {
    const make = (count: number) => () => {
      const service = new Numbered(count, 10);
      service.transform = (page) => ({ ...page, total });
      return service;
    };
    const list = (service: Numbered) =>
      marked(service, ({ page, pages }) => page < pages);
    await assertIncomplete(make(25), "the response has no total", list);
    for (const read of READS) {
      assertEquals((await read(list(make(7)()))).length, 7);
    }
  }
});

Deno.test("numberedPages() takes a page that does not exist for the end only if all items have come", async () => {
  const missing = (service: Numbered): Fetch => (request) =>
    Number(new URL(request.url).searchParams.get("page")) > 3
      ? Promise.resolve(json({}, { status: 404 }))
      : service.fetch(request);
  const list = (service: Numbered, mark: unknown) => {
    const { items, total } = { items: "items", total: "total" } as const;
    return acme(ACME, { fetch: missing(service) }).list("/items", {
      items: (page: PageJson) => page[items],
      pages: numberedPages({
        page: "page",
        size: "size",
        maxSize: 10,
        total: (page: PageJson) => page[total],
        next: () => mark,
      }),
    });
  };
  for (const read of READS) {
    const service = new Numbered(30, 10);
    assertEquals(await read(list(service, true)), service.items);
    await assertRejects(
      () => read(list(new Numbered(31, 10), undefined)),
      MalformedResponseError,
      "list: page 4 no longer exists",
    );
    // The first page.
    const fetch: Fetch = () => Promise.resolve(json({}, { status: 404 }));
    await assertRejects(
      () => read(new Numbered(5, 10).list({}, 10, fetch)),
      NotFoundError,
    );
  }
});

Deno.test("numberedPages() starts an awaited list again once if pages are gone, and a stream throws", async () => {
  const make = () => {
    const service = new Numbered(25, 10);
    const fetch: Fetch = (request) => {
      const page = Number(new URL(request.url).searchParams.get("page") ?? 1);
      // The list shrinks after the second page.
      if (service.urls.length === 2) service.items = make8(service);
      return (page - 1) * 10 < Math.max(1, service.items.length)
        ? service.fetch(request)
        : Promise.resolve(json({}, { status: 404 }));
    };
    return service.list({ concurrency: 1 }, 10, fetch);
  };
  const make8 = ({ items }: Numbered) => items.slice(-8);
  assertEquals((await make()).map(({ id }) => id).at(0), "i-17");
  await assertRejects(
    () => collect(make()),
    MalformedResponseError,
    "list: page 3 no longer exists",
  );
});

Deno.test("Connection.list() starts again if items at the front are removed while it is read", async () => {
  for (const removed of [1, 5, 10]) {
    for (const count of [25, 45]) {
      const service = new Numbered(count, 10);
      service.before = (number) => {
        if (number === 2) service.items = service.items.slice(removed);
      };
      assertEquals(await service.list(), make(count).slice(removed));
    }
  }
});

Deno.test("Connection.list() does not restart again after pages of different sizes", async () => {
  const service = new Numbered(45, 10);
  const firstPages = () =>
    service.urls.filter((url) =>
      /[?&]page=1(?:&|$)|^[^?]*\?size=\d+$/.test(url)
    );
  service.transform = ({ items, total }, number) => {
    // Side by side, page 2 has too few items. Page by page, the total changes.
    const isSecondReading = firstPages().length > 1;
    if (isSecondReading) return { items, total: total! + number };
    return { items: number === 2 ? items.slice(1) : items, total };
  };
  await assertRejects(
    async () => await service.list(),
    MalformedResponseError,
    "list: the total was ",
  );
  assertEquals(firstPages().length, 2);
});

Deno.test("Connection.list() restarts only once if the list keeps changing", async () => {
  const service = new Numbered(45, 10);
  service.before = () => service.items = service.items.slice(1);
  await assertRejects(
    async () => await service.list(),
    MalformedResponseError,
    "list: the total was ",
  );
  assertLess(service.urls.length, 9);
});

Deno.test("Listing stops with an error if nodes are deleted while it is iterated", async () => {
  const service = new Numbered(10, 10);
  const seen: string[] = [];
  const error = await rejection((async () => {
    for await (const { id } of service.list({ pageSize: 3 })) {
      seen.push(id);
      service.items = service.items.filter((item) => item.id !== id);
    }
  })());
  assert(error instanceof MalformedResponseError);
  assertEquals(error.message, "list: the total was 10, then 7");
  assertEquals(error.operation, "list");
  assertEquals(error.provider, "acme");
  assertEquals(seen, ["i-0", "i-1", "i-2"]);
  assertEquals(service.urls.length, 2);
});

Deno.test("ListOptions.from rejects if the total changed since the position was created", async () => {
  const service = new Numbered(45, 10);
  const from = await secondPage(service.list());
  assertEquals(await service.list({ from }), service.items.slice(10));
  service.items = service.items.slice(1);
  const sent = service.urls.length;
  for (const read of READS) {
    await assertRejects(
      () => read(service.list({ from })),
      MalformedResponseError,
      "list: the total was 45, then 44",
    );
  }
  // The pages before the position cannot be read again.
  assertEquals(service.urls.length, sent + 2);
});

Deno.test("Connection.list() loads exactly two or three pages side by side", async () => {
  for (const [pages, most] of [[2, 1], [3, 2], [4, 3]] as const) {
    // The last page may be full, or have one item only.
    for (const count of [pages * 10, pages * 10 - 9]) {
      const service = new Numbered(count, 10);
      service.before = () => sleep(2);
      assertEquals(await service.list(), service.items);
      assertEquals(service.mostInFlight, most);
      assertEquals(service.urls.length, pages);
    }
  }
});

Deno.test("Connection.list() rejects a page that equals the first one", async () => {
  // Pages 1, 2 and 1 again, whose items are as many as the total.
  for (const keep of [undefined, () => false]) {
    for (const read of READS) {
      const service = new Numbered(30, 10);
      const items = make(20);
      service.transform = ({ total }, number) => {
        const url = new URL(service.urls[number - 1] ?? "", ACME);
        const page = Number(url.searchParams.get("page") ?? 1);
        const start = page === 2 ? 10 : 0;
        return { items: items.slice(start, start + 10), total };
      };
      const list = acme(ACME, { fetch: service.fetch }).list("/items", {
        items: ({ items }: PageJson) => items,
        keep,
        pages: numberedPages({
          page: "page",
          size: "size",
          maxSize: 10,
          total: ({ total }: PageJson) => total,
        }),
      }, { concurrency: 1 });
      await assertRejects(
        () => read(list),
        MalformedResponseError,
        "list: the provider sent the same page twice",
      );
    }
  }
});

Deno.test("Connection.list() accepts different pages with the same ids", async () => {
  // The price of a size in each region.
  const prices = ["a", "b"].flatMap((region) =>
    ["s", "m", "l"].map((id) => ({ id, region }))
  );
  for (const size of [1, 2, 3]) {
    for (const read of READS) {
      const service = new Numbered(0, size);
      service.items = prices;
      const list = acme(ACME, { fetch: service.fetch }).list("/items", {
        items: ({ items }: PageJson) => items,
        pages: numberedPages({
          page: "page",
          size: "size",
          maxSize: 3,
          total: ({ total }: PageJson) => total,
        }),
      });
      assertEquals(await read(list), prices);
    }
  }
});

Deno.test("PageReader.keep does not change which pages are read", async () => {
  const isEven = ({ id }: ItemJson) => Number(id.slice(2)) % 2 === 0;
  for (const service of [new Numbered(45, 10), new Linked(45, 10)]) {
    for (const read of READS) {
      const numbered = numberedPages({
        page: "page",
        size: "size",
        maxSize: 10,
        total: ({ total }: PageJson) => total,
      });
      const linked = linkedPages(
        { start: "number" },
        ({ next }: PageJson) => next,
      );
      const list = acme(ACME, { fetch: service.fetch }).list("/items", {
        items: ({ items }: PageJson) => items,
        keep: isEven,
        pages: service instanceof Numbered ? numbered : linked,
      });
      const sent = service.urls.length;
      assertEquals(await read(list), service.items.filter(isEven));
      assertEquals(service.urls.length - sent, 5);
    }
  }
});

// --- Errors and limits ---

Deno.test("Connection.list() aborts the requests of other pages if one page fails", async () => {
  const service = new Numbered(100, 10);
  let aborted = 0;
  service.before = (number, { signal }) => {
    if (number === 1) return;
    if (number === 3) throw new Error("third request failed");
    return new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => {
        aborted++;
        reject(signal.reason);
      }, { once: true });
    });
  };
  const error = await rejection(service.list({ retry: false }));
  assert(
    error instanceof Error && error.message.includes("third request failed"),
  );
  assertEquals(aborted, 3);
  assertEquals(service.urls.length, 5);
});

Deno.test("Connection.list() rejects with the failure of the earlier page if the next page fails, too", async () => {
  const service = new Linked(30, 10);
  service.before = (number) => {
    if (number > 1) {
      throw new NotFoundError("test", { ...REFUSED, status: 404 });
    }
  };
  const list = acme(ACME, { fetch: service.fetch }).list("/items", {
    items: ({ items }: PageJson) => items,
    convert: () => {
      throw new Error("unexpected item");
    },
    pages: linkedPages(["start"], ({ next }: PageJson) => next),
  });
  await assertRejects(
    async () => await list,
    MalformedResponseError,
    "unexpected response fields",
  );
  assertEquals(service.urls.length, 2);
});

Deno.test("PageReader.keep selects the records of a list of one page", async () => {
  const service = new Numbered(4, 10);
  const list = acme(ACME, { fetch: service.fetch }).list("/items", {
    items: ({ items }: PageJson) => items,
    keep: ({ id }: ItemJson) => id !== "i-1",
  });
  for (const read of READS) {
    assertEquals((await read(list)).map(({ id }) => id), ["i-0", "i-2", "i-3"]);
  }
});

Deno.test("PageReader.convert gets one item and no further argument", async () => {
  const service = new Linked(3, 2);
  const list = acme(ACME, { fetch: service.fetch }).list("/items", {
    items: ({ items }: PageJson) => items,
    convert: ({ id }: ItemJson, suffix = "") => id + suffix,
    pages: linkedPages({ start: "number" }, ({ next }: PageJson) => next),
  });
  assertEquals(await list, ["i-0", "i-1", "i-2"]);
});

Deno.test("linkedPages() requests pages of the size of the caller, up to the largest one", async () => {
  const queries: string[] = [];
  const fetch: Fetch = ({ url }) => {
    queries.push(new URL(url).search);
    return Promise.resolve(
      json({
        items: [{ id: `i-${queries.length}` }],
        next: queries.length % 2 ? "b" : "",
      }),
    );
  };
  const list = (options: ListOptions) =>
    acme(ACME, { fetch }).list("/items", {
      items: ({ items }: PageJson) => items,
      pages: linkedPages(
        ["cursor"],
        ({ next }: PageJson) => next && { cursor: next },
        { size: "per_page", maxSize: 50 },
      ),
    }, options);
  await list({});
  await list({ pageSize: 10 });
  await list({ pageSize: 80 });
  assertEquals(queries, [
    "?per_page=50",
    "?cursor=b&per_page=50",
    "?per_page=10",
    "?cursor=b&per_page=10",
    "?per_page=50",
    "?cursor=b&per_page=50",
  ]);
  // Pages of another size continue the same list.
  const pages = list({ pageSize: 10 }).pages();
  const { value } = await pages.next();
  await pages.return?.(undefined);
  assertEquals((await list({ from: value!.next, pageSize: 20 })).length, 1);
  assertEquals(queries.at(-1), "?cursor=b&per_page=20");
});

Deno.test("linkedPages() takes an empty link for the end", async () => {
  for (const link of ["", null]) {
    const service = new Linked(20, 10);
    service.link = () => link;
    for (const read of READS) {
      assertEquals(await read(service.list()), make(10));
    }
  }
});

Deno.test("Connection.list() aborts the request of the next page if a page cannot be converted", async () => {
  const service = new Linked(30, 10);
  let aborted = 0;
  service.before = (number, { signal }) => {
    if (number === 1) return;
    return new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => {
        aborted++;
        reject(signal.reason);
      }, { once: true });
    });
  };
  const list = acme(ACME, { fetch: service.fetch }).list("/items", {
    items: (): ItemJson[] => {
      throw new Error("unexpected item");
    },
    pages: linkedPages(["start"], ({ next }: PageJson) => next),
  });
  await assertRejects(async () => await list, MalformedResponseError);
  // Only the page that was requested while the first was converted.
  assertEquals(aborted, service.urls.length - 1);
});

Deno.test("Connection.list() retries a page that fails, and keeps the others", async () => {
  const service = new Numbered(45, 10);
  let failed = 0;
  const fetch: Fetch = (request) =>
    request.url.includes("page=3") && failed++ < 2
      ? Promise.resolve(json({}, { status: 503 }))
      : service.fetch(request);
  assertEquals(await service.list({}, 10, fetch), service.items);
  assertEquals(service.urls.length, 5);
});

Deno.test("Listing supports then(), catch() and finally() for errors", async () => {
  const fetch: Fetch = () => Promise.resolve(json({}, { status: 404 }));
  const list = () =>
    acme(ACME, { fetch }).list("/items", { items: () => [] }, {
      operation: "listNodes",
    });
  await assertRejects(async () => await list(), NotFoundError, "listNodes");
  await assertRejects(() => collect(list()), NotFoundError, "listNodes");
  assertEquals(await list().then(() => "no", () => "yes"), "yes");
  assertEquals(await list().catch((error) => NotFoundError.is(error)), true);
  let ended = 0;
  await assertRejects(() => list().finally(() => ended++), NotFoundError);
  assertEquals(ended, 1);
});

Deno.test("ListOptions.timeoutMs limits an await as a whole, and each page of an iteration", async () => {
  // Four pages of 60 ms each exceed 150 ms; one page does not.
  const service = () => {
    const linked = new Linked(4, 1);
    linked.before = () => sleep(60);
    return linked;
  };
  const awaited = service();
  await assertRejects(
    async () => await awaited.list({ timeoutMs: 150, operation: "listNodes" }),
    TimeoutError,
    "listNodes: timed out after 150 ms",
  );
  assertLess(awaited.urls.length, 5);
  assertEquals((await collect(service().list({ timeoutMs: 1000 }))).length, 4);
  const stalled = new Linked(4, 1);
  stalled.before = (number) => number > 2 && new Promise(() => {});
  const seen: string[] = [];
  await assertRejects(async () => {
    for await (const { id } of stalled.list({ timeoutMs: 100 })) seen.push(id);
  }, TimeoutError);
  assertEquals(seen, ["i-0", "i-1"]);
});

Deno.test("ListOptions.signal aborts a list on any page, with the reason of the abort", async () => {
  for (const read of [collect, async (list: Listing<ItemJson>) => await list]) {
    for (const at of [1, 2, 4]) {
      for (
        const make of [() => new Numbered(60, 10), () => new Linked(60, 10)]
      ) {
        const service = make();
        const controller = new AbortController();
        const reason = { at };
        service.before = (number) => {
          if (number === at) controller.abort(reason);
          return sleep(1);
        };
        const { signal } = controller;
        assertStrictEquals(
          await rejection(read(service.list({ signal }))),
          reason,
        );
        const sent = service.urls.length;
        await sleep(10);
        assertEquals(service.urls.length, sent);
        // A signal that is already aborted.
        assertStrictEquals(
          await rejection(read(service.list({ signal }))),
          reason,
        );
        assertEquals(service.urls.length, sent);
      }
    }
  }
});

Deno.test("ListOptions.retry applies to each page", async () => {
  let sent = 0;
  const fetch: Fetch = () => {
    sent++;
    return Promise.resolve(json({}, { status: 503 }));
  };
  await assertRejects(
    async () =>
      await acme(ACME, { fetch })
        .list("/items", { items: () => [] }, { retry: false }),
    ServiceUnavailableError,
  );
  assertEquals(sent, 1);
});

Deno.test("toSearchParams() repeats arrays, omits undefined and encodes", () => {
  const params = {
    a: 1,
    b: [true, "x y", 0],
    c: undefined,
    d: "",
    e: [],
    "ä&=": "ü+%",
  };
  assertEquals(
    `${toSearchParams(params)}`,
    "a=1&b=true&b=x+y&b=0&d=&%C3%A4%26%3D=%C3%BC%2B%25",
  );
});
