import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { inspect } from "node:util";
import {
  type FetchedPage,
  Listing,
  type ListingOptions,
  manyPages,
  onePage,
  type PageParams,
  Positions,
} from "../../core/mod.ts";
import { show } from "../../core/message.ts";

const LIST = { provider: "acme", operation: "list", check: "c" };
const POSITIONS = new Positions(LIST, { page: "number" });

/** A listing of the given pages. */
function of<T>(pages: readonly (readonly T[])[], options?: ListingOptions) {
  let requests = 0;
  const fetchPage = (params: PageParams) => {
    requests++;
    const number = Number(params["page"]);
    const page: FetchedPage<T> = {
      records: () => pages[number] ?? [],
      next: number + 1 < pages.length ? { page: number + 1 } : undefined,
    };
    return Promise.resolve(page);
  };
  const list = new Listing<T>(
    manyPages(LIST, POSITIONS, { page: 0 }, fetchPage),
    options,
  );
  return { list, requests: () => requests };
}

Deno.test("Listing.of() lists the current items each time it is read", async () => {
  const items = [1, 2, 3];
  const list = Listing.of(items);
  assertEquals(await list, [1, 2, 3]);
  items.push(4);
  assertEquals(await list, [1, 2, 3, 4]);
  const first = await list;
  first.push(5);
  assertEquals(await list, [1, 2, 3, 4]);
  assertEquals(await Listing.of(new Set(["a"])), ["a"]);
  assertEquals(await Listing.of([]), []);
  const pages = [];
  for await (const page of Listing.of([1, 2]).pages()) pages.push(page);
  assertEquals(pages, [{ items: [1, 2], next: undefined }]);
});

Deno.test("Listing rejects a cursor if the list has one page only", async () => {
  let reads = 0;
  const source = onePage(() => Promise.resolve([reads++]));
  const list = new Listing(source, { from: "?page=2" });
  const message =
    'list: from must be undefined for a list of one page, got "?page=2"';
  await assertRejects(async () => await list, TypeError, message);
  await assertRejects(() => list.pages().next(), TypeError, message);
  assertEquals(reads, 0);
});

Deno.test("Listing shows a hint in the console", () => {
  const { list } = of([[1]]);
  assertEquals(
    Deno.inspect(list),
    "Listing (await it for an array, or iterate it)",
  );
  assertEquals(inspect({ list }), `{ list: ${Deno.inspect(list)} }`);
});

Deno.test("Listing is a thenable that sends nothing until it is awaited", async () => {
  const { list, requests } = of([[1], [2]]);
  assert(!(list instanceof Promise));
  assertEquals(requests(), 0);
  assertInstanceOf(list.then(), Promise);
  assertEquals(await list.then((items) => items.length), 2);
  assertEquals(await Promise.resolve(list), [1, 2]);
  assertEquals(await Promise.all([list, list]), [[1, 2], [1, 2]]);
  assertEquals(await list.finally(), [1, 2]);
  assertEquals(await list.catch(), [1, 2]);
});

Deno.test("Listing iterates items, and pages with the cursor of the next page", async () => {
  const { list } = of([["a", "b"], [], ["c"]]);
  const items = [];
  for await (const item of list) items.push(item);
  assertEquals(items, ["a", "b", "c"]);
  const pages = [];
  for await (const page of list.pages()) pages.push(page);
  assertEquals(pages, [
    { items: ["a", "b"], next: "1.c.page=1" },
    { items: [], next: "1.c.page=2" },
    { items: ["c"], next: undefined },
  ]);
  const from = "1.c.page=1";
  assertEquals(await of([["a", "b"], [], ["c"]], { from }).list, ["c"]);
});

Deno.test("Listing supports concurrent iterations", async () => {
  const { list, requests } = of([[1], [2], [3]]);
  const read = async () => {
    const items = [];
    for await (const item of list) items.push(item);
    return items;
  };
  const all = await Promise.all([read(), read(), list]);
  assertEquals(all, [[1, 2, 3], [1, 2, 3], [1, 2, 3]]);
  assertEquals(requests(), 9);
});

Deno.test("Listing rejects with the error of any page", async () => {
  const reason = new Error("no");
  const list = new Listing<number>(
    manyPages(
      LIST,
      POSITIONS,
      {},
      ({ page }) =>
        page === undefined
          ? Promise.resolve({ records: () => [1], next: { page: 1 } })
          : Promise.reject(reason),
    ),
  );
  assertStrictEquals(await assertRejects(async () => await list), reason);
  const seen: number[] = [];
  const error = await assertRejects(async () => {
    for await (const item of list) seen.push(item);
  });
  assertStrictEquals(error, reason);
  assertEquals(seen, [1]);
});

Deno.test("Listing rejects invalid options when it is created", () => {
  const integer = "an integer from 1 to 2147483647";
  const number = "a number from 1 to 2147483647";
  const invalid: [ListingOptions, string][] = [
    [{ concurrency: 0 }, `concurrency must be ${integer}, got 0`],
    [{ concurrency: 1.5 }, `concurrency must be ${integer}, got 1.5`],
    [{ concurrency: NaN }, `concurrency must be ${integer}, got NaN`],
    [{ pageSize: 0 }, `pageSize must be ${integer}, got 0`],
    [{ pageSize: -1 }, `pageSize must be ${integer}, got -1`],
    [{ pageSize: 2.5 }, `pageSize must be ${integer}, got 2.5`],
    [{ timeoutMs: 0 }, `timeoutMs must be ${number}, got 0`],
    [{ timeoutMs: Infinity }, `timeoutMs must be ${number}, got Infinity`],
  ];
  for (const [options, message] of invalid) {
    assertThrows(() => of([], options), RangeError, `list: ${message}`);
  }
  for (const from of ["", " ", null, 5, {}]) {
    assertThrows(
      () => of([], { from: from as string }),
      TypeError,
      `list: from must be a non-empty string, got ${show(from)}`,
    );
  }
});
