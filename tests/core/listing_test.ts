import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  type FetchedPage,
  Listing,
  type ListingOptions,
  manyPages,
  onePage,
} from "../../core/mod.ts";

/** A listing of pages that are at hand. */
function of<T>(pages: readonly (readonly T[])[], options?: ListingOptions) {
  let asked = 0;
  const fetchPage = (position: string) => {
    asked++;
    const number = Number(position);
    const page: FetchedPage<T> = {
      items: () => pages[number] ?? [],
      next: number + 1 < pages.length ? `${number + 1}` : undefined,
    };
    return Promise.resolve(page);
  };
  const list = new Listing<T>(manyPages(fetchPage, "0"), options);
  return { list, asked: () => asked };
}

Deno.test("Listing.of() lists what is at hand, each time anew", async () => {
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

Deno.test("Listing refuses a position where there is one page only", async () => {
  let asked = 0;
  const source = onePage(() => Promise.resolve([asked++]));
  const list = new Listing(source, { from: "?page=2" });
  const message = 'Cannot list from: "?page=2" is not a position';
  await assertRejects(async () => await list, TypeError, message);
  await assertRejects(() => list.pages().next(), TypeError, message);
  assertEquals(asked, 0);
});

Deno.test("Listing is a thenable, and no promise that would start by itself", async () => {
  const { list, asked } = of([[1], [2]]);
  assert(!(list instanceof Promise));
  assertEquals(asked(), 0);
  assertInstanceOf(list.then(), Promise);
  assertEquals(await list.then((items) => items.length), 2);
  assertEquals(await Promise.resolve(list), [1, 2]);
  assertEquals(await Promise.all([list, list]), [[1, 2], [1, 2]]);
  assertEquals(await list.finally(), [1, 2]);
  assertEquals(await list.catch(), [1, 2]);
});

Deno.test("Listing streams items, and pages with where to go on", async () => {
  const { list } = of([["a", "b"], [], ["c"]]);
  const items = [];
  for await (const item of list) items.push(item);
  assertEquals(items, ["a", "b", "c"]);
  const pages = [];
  for await (const page of list.pages()) pages.push(page);
  assertEquals(pages, [
    { items: ["a", "b"], next: "1" },
    { items: [], next: "2" },
    { items: ["c"], next: undefined },
  ]);
  assertEquals(await of([["a", "b"], [], ["c"]], { from: "1" }).list, ["c"]);
});

Deno.test("Listing may be iterated by many at once", async () => {
  const { list, asked } = of([[1], [2], [3]]);
  const read = async () => {
    const items = [];
    for await (const item of list) items.push(item);
    return items;
  };
  const all = await Promise.all([read(), read(), list]);
  assertEquals(all, [[1, 2, 3], [1, 2, 3], [1, 2, 3]]);
  assertEquals(asked(), 9);
});

Deno.test("Listing passes on what fails, on whatever page", async () => {
  const reason = new Error("no");
  const list = new Listing<number>(
    manyPages((position) =>
      position === ""
        ? Promise.resolve({ items: () => [1], next: "1" })
        : Promise.reject(reason)
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

Deno.test("Listing refuses options that make no sense, before it asks for anything", () => {
  const wrong: ListingOptions[] = [
    { concurrency: 0 },
    { concurrency: 1.5 },
    { concurrency: NaN },
    { pageSize: 0 },
    { pageSize: -1 },
    { pageSize: 2.5 },
    { timeoutMs: 0 },
    { timeoutMs: Infinity },
  ];
  for (const options of wrong) {
    assertThrows(() => of([], options), RangeError, "Cannot");
  }
  for (const from of ["", " ", null, 5, {}]) {
    assertThrows(
      () => of([], { from: from as string }),
      TypeError,
      "Cannot list",
    );
  }
});
