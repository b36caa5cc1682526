import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  BasicConnection,
  JsonResponse,
  type Listing,
  type ListOptions,
  MalformedResponseError,
  offsetPages,
} from "../../core/mod.ts";

class Cloud extends BasicConnection {
  override readonly provider = "acme";
  protected override readonly responseClass = JsonResponse;
}

type Items = readonly { readonly id: number }[];

/** How the provider behaves. */
interface Behaviour {
  /** Changes the items before a request is handled. */
  readonly change?: (items: number[], request: number) => void;
  /** The total that is reported; by default the true one. */
  readonly total?: (items: number[], request: number) => number | undefined;
  /** Most items on a page. */
  readonly largest?: number;
}

/** A list of numbers, 4 to a page. */
function setUp(count: number, behaviour: Behaviour = {}) {
  const items = Array.from({ length: count }, (_, index) => index + 1);
  const requests: string[] = [];
  const { largest = 4, total = (items) => items.length } = behaviour;
  const fetch = (request: Request) => {
    const { searchParams } = new URL(request.url);
    requests.push(searchParams.toString());
    behaviour.change?.(items, requests.length);
    const offset = Number(searchParams.get("offset"));
    const limit = Math.min(Number(searchParams.get("limit")), largest);
    const page = items.slice(offset, offset + limit).map((id) => ({ id }));
    const known = total(items, requests.length);
    const headers = known === undefined ? {} : { "x-total": String(known) };
    return Promise.resolve(Response.json(page, { headers }));
  };
  const cloud = new Cloud("https://api.example", {
    username: "me",
    password: "secret",
    fetch,
  });
  const list = (options: ListOptions = {}): Listing<number> =>
    cloud.list("/items", {
      items: (body: Items) => body,
      convert: ({ id }) => id,
      pages: offsetPages({
        params: (offset, limit) => ({ offset, limit }),
        ids: (body) => body.map(({ id }) => String(id)),
        total: ({ headers }) => headers.get("x-total"),
        maxSize: 4,
      }),
    }, { operation: "listItems", ...options });
  return { list, requests, items };
}

async function stream(listing: Listing<number>): Promise<number[]> {
  return await Array.fromAsync(listing);
}

const upTo = (count: number) => Array.from({ length: count }, (_, k) => k + 1);

Deno.test("offsetPages() reads each item once, however many there are", async () => {
  for (let count = 0; count <= 24; count++) {
    for (const total of [undefined, () => undefined]) {
      const behaviour = total ? { total } : {};
      const { list } = setUp(count, behaviour);
      assertEquals(await list(), upTo(count), `awaited, ${count}`);
      assertEquals(await stream(list()), upTo(count), `iterated, ${count}`);
      const resumed: number[] = [];
      let from: string | undefined;
      do {
        const page = await list({ from }).pages().next();
        assert(!page.done);
        resumed.push(...page.value.items);
        from = page.value.next;
      } while (from !== undefined);
      assertEquals(resumed, upTo(count), `resumed, ${count}`);
    }
  }
});

Deno.test("offsetPages() overlaps pages by one item, and sends no request too many", async () => {
  const { list, requests } = setUp(10);
  await stream(list());
  const limited = (offset: number) => `offset=${offset}&limit=4`;
  assertEquals(requests, [0, 3, 6].map(limited));
  requests.length = 0;
  await list();
  assertEquals(requests.toSorted(), [0, 3, 6].map(limited));
  requests.length = 0;
  await list({ pageSize: 1 });
  assertEquals(requests[0], "offset=0&limit=2");
});

Deno.test("offsetPages() accepts pages that are smaller than requested", async () => {
  for (const largest of [2, 3]) {
    const { list } = setUp(10, { largest });
    assertEquals(await list(), upTo(10));
    assertEquals(await stream(list()), upTo(10));
  }
  // One item per page leaves no room for the overlap.
  const { list } = setUp(3, { largest: 1 });
  await assertRejects(
    async () => await list(),
    MalformedResponseError,
    "listItems: the provider sent 1 items and the total 3",
  );
});

Deno.test("offsetPages() notices items that were deleted before a page", async () => {
  const change = (items: number[], request: number) => {
    if (request === 2) items.splice(0, 1);
  };
  const { list } = setUp(10, { change });
  await assertRejects(
    async () => await stream(list()),
    MalformedResponseError,
    "listItems: the list changed: a page begins with 5 instead of 4",
  );
  // An awaited list is read again, without the item.
  const again = setUp(10, { change });
  assertEquals(await again.list(), upTo(10).slice(1));
});

Deno.test("offsetPages() accepts items that were created at the end", async () => {
  const change = (items: number[]) => {
    if (items.length < 13) items.push(items.length + 1);
  };
  for (const read of [(it: Listing<number>) => it, stream]) {
    const { list } = setUp(10, { change });
    const found = await read(list());
    // The new ones may be there or not, but not twice.
    assertEquals(found, upTo(found.length));
    assert(found.length >= 10, `${found}`);
  }
});

Deno.test("offsetPages() accepts a deletion and a creation before a page that cancel out", async () => {
  const change = (items: number[], request: number) => {
    if (request === 2) items.splice(0, 2, 101, 102);
  };
  const { list } = setUp(10, { change });
  // All that stayed are there once.
  assertEquals(await stream(list()), upTo(10));
});

Deno.test("offsetPages() rejects if the list changes at each attempt", async () => {
  const change = (items: number[]) => void items.splice(0, 1);
  const { list } = setUp(100, { change });
  await assertRejects(
    async () => await list(),
    MalformedResponseError,
    "the list changed",
  );
});

Deno.test("offsetPages() rejects a total that contradicts the pages", async () => {
  const totals: [total: number, sent: number][] = [[3, 4], [12, 10]];
  for (const [total, sent] of totals) {
    const { list } = setUp(10, { total: () => total });
    await assertRejects(
      async () => await stream(list()),
      MalformedResponseError,
      `listItems: the provider sent ${sent} items and the total ${total}`,
    );
  }
});

Deno.test("offsetPages() does not continue a list whose last item is gone", async () => {
  const { list, items } = setUp(10);
  const { value: page } = await list().pages().next();
  items.splice(3, 1);
  await assertRejects(
    async () => await list({ from: page!.next }),
    MalformedResponseError,
    "a page begins with 5 instead of 4",
  );
});

Deno.test("offsetPages() never loses an item that stays, at random changes", async () => {
  let seed = 7;
  const random = (below: number) => (seed = seed * 48271 % 2147483647) % below;
  let complete = 0;
  for (let round = 0; round < 150; round++) {
    const staying = new Set(upTo(30));
    let next = 31;
    const change = (items: number[]) => {
      if (random(3) > 0) return;
      for (let count = random(3); count > 0; count--) {
        const [id] = items.splice(random(items.length), 1);
        staying.delete(id!);
      }
      for (let count = random(3); count > 0; count--) items.push(next++);
    };
    const { list } = setUp(30, { change });
    const concurrency = 1 + random(5);
    const read = round % 2 ? stream(list()) : list({ concurrency });
    try {
      const found = await read;
      complete++;
      assertEquals(new Set(found).size, found.length, "twice");
      const missing = [...staying].filter((id) => !found.includes(id));
      assertEquals(missing, []);
    } catch (error) {
      assert(MalformedResponseError.is(error), String(error));
    }
  }
  // Otherwise the test would prove nothing.
  assert(complete > 20 && complete < 150, `${complete} lists were complete`);
});
