import {
  assert,
  assertEquals,
  assertLess,
  assertLessOrEqual,
  assertRejects,
  assertStrictEquals,
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
import { serve } from "../_support/serve.ts";
import { ACME, acme, json, rejection } from "./_acme.ts";

interface ItemJson {
  id: string;
}

interface PageJson {
  items: ItemJson[];
  total?: number;
  next?: string | null;
}

const turn = (ms = 0) =>
  new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Items as a service has them, and a client should get them. */
function make(count: number): ItemJson[] {
  return Array.from({ length: count }, (_, index) => ({ id: `i-${index}` }));
}

/** A service with numbered pages, which may be smaller than it is asked for. */
class Numbered {
  readonly urls: string[] = [];
  inFlight = 0;
  mostInFlight = 0;
  items: ItemJson[];
  maxSize: number;
  /** Called before each answer, with the number of the request from 1. */
  before: (number: number, request: Request) => unknown = () => {};
  /** Called with each answer. */
  answer: (page: PageJson, number: number) => unknown = (page) => page;

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
      return json(this.answer({ items, total }, number));
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

/** A service whose pages name the next one. */
class Linked {
  readonly urls: string[] = [];
  items: ItemJson[];
  readonly size: number;
  before: (number: number, request: Request) => unknown = () => {};
  /** Turns the number of the next item into a link. */
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
      pages: linkedPages(({ next }: PageJson) => next),
    }, options);
  }
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

// --- Complete, and no request too many ---

Deno.test("Connection.list() gets every item of numbered pages, with as many requests as there are pages", async () => {
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

Deno.test("Connection.list() gets every item where the server's largest page is smaller than documented", async () => {
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

Deno.test("Connection.list() gets every item of linked pages, with as many requests as there are pages", async () => {
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

Deno.test("Connection.list() gets every page over a socket, in order, side by side", async () => {
  const service = new Numbered(95, 10);
  // Later pages answer first.
  service.before = (number) => turn(40 - number * 4);
  await using server = serve(service.fetch);
  const own: Fetch = (request) => {
    const { pathname, search } = new URL(request.url);
    return fetch(new Request(server.url + pathname + search, request));
  };
  assertEquals(await service.list({}, 10, own), service.items);
  assertEquals(service.urls.length, 10);
  assertEquals(service.mostInFlight, 4);
});

Deno.test("ListOptions.concurrency limits the pages under way", async () => {
  for (const concurrency of [1, 2, 3, 50]) {
    const service = new Numbered(60, 10);
    service.before = () => turn(2);
    assertEquals(await service.list({ concurrency }), service.items);
    assertEquals(service.mostInFlight, Math.min(concurrency, 5));
    assertEquals(service.urls.length, 6);
  }
});

Deno.test("ListOptions.pageSize asks for pages of that size, within what the provider allows", async () => {
  for (
    const [pageSize, size] of [[1, 1], [4, 4], [10, 10], [500, 10]] as const
  ) {
    const service = new Numbered(12, 10);
    assertEquals(await service.list({ pageSize }), service.items);
    assertEquals(service.urls[0], `/v1/items?size=${size}`);
    assertEquals(service.urls.length, Math.ceil(12 / size));
  }
});

Deno.test("Connection.list() asks for every page with the parameters and headers of the list", async () => {
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

// --- Nothing before it is wanted ---

Deno.test("Listing asks for nothing until it is read, and anew each time", async () => {
  const service = new Linked(3, 1);
  const list = service.list();
  await turn();
  assertEquals(service.urls.length, 0);
  await list;
  assertEquals(service.urls.length, 3);
  await list;
  await collect(list);
  assertEquals(service.urls.length, 9);
});

Deno.test("Listing asks for one page when the loop breaks on it", async () => {
  for (const service of [new Numbered(50, 10), new Linked(50, 10)]) {
    for await (const { id } of service.list()) {
      if (id === "i-9") break;
    }
    await turn(5);
    assertEquals(service.urls.length, 1);
    for await (const { id } of service.list()) {
      if (id === "i-10") break;
    }
    await turn(5);
    assertEquals(service.urls.length, 3);
  }
});

Deno.test("Listing.pages() asks for a page when it is wanted, one at a time", async () => {
  for (const service of [new Numbered(25, 10), new Linked(25, 10)]) {
    const pages = service.list().pages();
    for (const [index, length] of [10, 10, 5].entries()) {
      assertEquals(service.urls.length, index);
      const { value } = await pages.next();
      assert(value);
      assertEquals(value.items.length, length);
      await turn(5);
      assertEquals(service.urls.length, index + 1);
    }
    assertEquals((await pages.next()).done, true);
    assertEquals(service.urls.length, 3);
  }
});

// --- Going on elsewhere ---

Deno.test("ListOptions.from goes on from any page, in another process", async () => {
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

Deno.test("ListOptions.from refuses what is no position, before any request", () => {
  const service = new Linked(3, 1);
  for (const from of [5, {}, null, ["?page=2"], true]) {
    let error: unknown;
    try {
      service.list({ from: from as never });
    } catch (thrown) {
      error = thrown;
    }
    assert(error instanceof TypeError, Deno.inspect(from));
  }
  assertEquals(service.urls, []);
});

Deno.test("ListOptions.from takes a position that somebody tampered with for parameters, and no more", async () => {
  const service = new Linked(3, 5);
  for (
    const from of [
      "https://evil.example/?start=1",
      "//evil.example/",
      "../../x",
      "#x",
      "@evil.example",
    ]
  ) {
    await service.list({ from }).catch(() => {});
  }
  for (const url of service.urls) assert(url.startsWith("/v1/items"), url);
});

// --- Links to the next page ---

Deno.test("Connection.list() takes whatever kind of link to the next page", async () => {
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

Deno.test("Connection.list() keeps all that a link to the next page says", async () => {
  const service = new Linked(2, 1);
  const query = "start=1&tag=a&tag=b&q=%26%3D%20%C3%A9&empty=";
  service.link = () => `/x?${query}`;
  await service.list({ params: { tag: ["a", "b"] } });
  const { searchParams } = new URL(service.urls[1] ?? "", ACME);
  assertEquals(
    [...searchParams].sort(),
    [...new URLSearchParams(query)].sort(),
  );
});

Deno.test("Connection.list() takes parameters of the next page from the body", async () => {
  const urls: string[] = [];
  const fetch: Fetch = ({ url }) => {
    urls.push(url);
    return Promise.resolve(json({ items: [{ id: `${urls.length}` }] }));
  };
  const items = await acme(ACME, { fetch }).list("/items", {
    items: ({ items }: PageJson) => items,
    pages: linkedPages(() =>
      urls.length < 2 && { marker: "a/b c", tag: ["x", "y"], left: undefined }
    ),
  });
  assertEquals(items, [{ id: "1" }, { id: "2" }]);
  assertEquals(urls[1], `${ACME}/items?marker=a%2Fb+c&tag=x&tag=y`);
});

// --- Services that contradict themselves ---

Deno.test("Connection.list() reads anew, page by page, when the total changes on the way", async () => {
  for (const change of [+7, -7, +1, -1, +40]) {
    const service = new Numbered(45, 10);
    service.before = (number) => {
      // After the first page was read, and before the others are.
      if (number === 2) service.items = make(45 + change);
      return turn(1);
    };
    assertEquals(await service.list(), make(45 + change), `${change}`);
    // What came last came one by one.
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

Deno.test("Connection.list() reports a service that gives the same page again", async () => {
  const again = new Linked(30, 10);
  again.link = () => "?start=10";
  const circle = new Linked(30, 10);
  circle.link = (start) => `?start=${start === 20 ? 0 : start}`;
  const stuck = new Numbered(30, 10);
  stuck.answer = (page) => ({ ...page, items: make(10) });
  const empty = new Linked(0, 10);
  for (const service of [again, circle, stuck]) {
    service.before = (number) => {
      if (number > 50) throw new Error("It never ends");
    };
    await assertRejects(
      async () => await service.list(),
      MalformedResponseError,
      "Cannot list",
    );
    await assertRejects(
      () => collect(service.list()),
      MalformedResponseError,
      "Cannot list",
    );
    assertLess(service.urls.length, 12);
  }
  // Pages without items, or with items that have no id, are told by position.
  for (const items of [[], ["text"], [null], [5]] as unknown[][]) {
    const fetch: Fetch = (request) => empty.fetch(request);
    let turns = 0;
    const list = acme(ACME, { fetch }).list("/items", {
      items: () => items,
      pages: linkedPages(() => turns++ < 50 && { page: 2 }),
    });
    await assertRejects(async () => await list, MalformedResponseError);
    await assertRejects(() => collect(list), MalformedResponseError);
  }
});

Deno.test("Connection.list() goes on over a page without items that is not the last one", async () => {
  const pages = [[1], [], [], [2]];
  let asked = 0;
  const fetch: Fetch = () => Promise.resolve(json({ page: asked++ }));
  const read = () => {
    asked = 0;
    return acme(ACME, { fetch }).list("/items", {
      items: ({ page }: { page: number }) => pages[page] ?? [],
      pages: linkedPages(({ page }: { page: number }) =>
        page < 3 && { page: page + 1 }
      ),
    });
  };
  assertEquals(await read(), [1, 2]);
  assertEquals(await collect(read()), [1, 2]);
});

Deno.test("Connection.list() reports pages that are not what the provider documents", async () => {
  for (const body of [null, {}, [], { items: null }, { items: 5 }, "text", 5]) {
    const service = new Numbered(0, 10);
    service.answer = () => body;
    await assertRejects(
      async () => await service.list(),
      MalformedResponseError,
      "Cannot",
      JSON.stringify(body),
    );
    await assertRejects(() => collect(service.list()), MalformedResponseError);
  }
});

Deno.test("Connection.list() gets the items where the total is nonsense", async () => {
  for (const total of [undefined, null, 0, -5, "3", NaN]) {
    const service = new Numbered(3, 10);
    service.answer = (page) => ({ ...page, total });
    assertEquals(await service.list(), service.items, `${total}`);
  }
});

// --- Failures and limits ---

Deno.test("Connection.list() cancels the other pages when one fails", async () => {
  const service = new Numbered(100, 10);
  let aborted = 0;
  service.before = (number, { signal }) => {
    if (number === 1) return;
    if (number === 3) throw new Error("the third one");
    return new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => {
        aborted++;
        reject(signal.reason);
      }, { once: true });
    });
  };
  const error = await rejection(service.list({ retry: false }));
  assert(error instanceof Error && error.message.includes("the third one"));
  assertEquals(aborted, 3);
  assertEquals(service.urls.length, 5);
});

Deno.test("Connection.list() leaves no page under way when one cannot be read", async () => {
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
      throw new Error("odd");
    },
    pages: linkedPages(({ next }: PageJson) => next),
  });
  await assertRejects(async () => await list, MalformedResponseError);
  // None, or the one that was asked for while the first was read.
  assertEquals(aborted, service.urls.length - 1);
});

Deno.test("Connection.list() repeats a page that fails, and keeps the others", async () => {
  const service = new Numbered(45, 10);
  let failed = 0;
  const fetch: Fetch = (request) =>
    request.url.includes("page=3") && failed++ < 2
      ? Promise.resolve(json({}, { status: 503 }))
      : service.fetch(request);
  assertEquals(await service.list({}, 10, fetch), service.items);
  assertEquals(service.urls.length, 5);
});

Deno.test("Listing passes failures on to then(), catch() and finally()", async () => {
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

Deno.test("ListOptions.timeoutMs limits a whole await, and each page when iterating", async () => {
  // Four pages of 60 ms each are too many for 150 ms, though one is not.
  const service = () => {
    const linked = new Linked(4, 1);
    linked.before = () => turn(60);
    return linked;
  };
  const awaited = service();
  await assertRejects(
    async () => await awaited.list({ timeoutMs: 150, operation: "listNodes" }),
    TimeoutError,
    "Cannot listNodes",
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

Deno.test("ListOptions.signal ends a list anywhere, with the caller's reason", async () => {
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
          return turn(1);
        };
        const { signal } = controller;
        assertStrictEquals(
          await rejection(read(service.list({ signal }))),
          reason,
        );
        const sent = service.urls.length;
        await turn(10);
        assertEquals(service.urls.length, sent);
        // One that has fired beforehand.
        assertStrictEquals(
          await rejection(read(service.list({ signal }))),
          reason,
        );
        assertEquals(service.urls.length, sent);
      }
    }
  }
});

Deno.test("ListOptions.retry is for each page", async () => {
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

Deno.test("toSearchParams() repeats lists, leaves out what is undefined, and escapes", () => {
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
