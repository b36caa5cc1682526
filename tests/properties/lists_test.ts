/**
 * Property: a list is complete, or an error.
 *
 * Each schedule makes up an account, a paging, a provider that may misbehave, and
 * a way to read the list. Whatever happens, the result must contain each item
 * that existed during the whole read exactly once, in the provider's order, or
 * the read must fail with a `MalformedResponseError`. If nothing misbehaves, it
 * must not fail.
 *
 * Three things cannot be noticed if pages are numbered: the list changes, but the
 * total that the provider reports stays the same; the total is too small, and
 * nothing else marks the end; and the provider sends a page again that another
 * process has read. Such schedules are counted and printed, and only their
 * requests are judged.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import {
  linkedPages,
  type Listing,
  type ListOptions,
  MalformedResponseError,
  numberedPages,
  type PageReader,
} from "../../core/mod.ts";
import { type Account, ACCOUNTS } from "../_support/accounts.ts";
import { CLOUDS } from "./_clouds.ts";
import { ACME, acme, json } from "../core/_acme.ts";
import { Random, schedules } from "./_random.ts";

/** Stands for the total of a page that does not exist. */
const NO_PAGE = "404";

/** Number of requests after which a provider breaks an endless loop. */
const ENDLESS = 300;

/** How a provider misbehaves. */
interface Faults {
  /** What it reports as the total. */
  readonly total: Total;
  /** Whether the total counts hidden items. */
  readonly countsHidden: boolean;
  /** Whether pages after the last one are 404. */
  readonly isMissingPastEnd: boolean;
  /** Whether every page is the first one. */
  readonly isStuck: boolean;
}

type Total =
  | "right"
  | "text"
  | "null"
  | "missing"
  | "zero"
  | "less"
  | "more"
  | "first";

/** A response of the provider, as far as the oracle needs it. */
interface Seen {
  /** The total that was reported. */
  readonly total: unknown;
  /** Changes of the account until then. */
  readonly changes: number;
  /** Whether it is the first page of the list. */
  readonly isFirst: boolean;
}

/** Result of a schedule. */
interface Outcome {
  /** Keys of the records; `undefined` if the list failed. */
  readonly keys?: readonly string[] | undefined;
  readonly error?: unknown;
  /** Keys of the records that existed all the time, in order. */
  readonly lasting: readonly string[];
  readonly seen: readonly Seen[];
  /** Largest number of requests. */
  readonly most: number;
  /** Exact number of requests, if it is known. */
  readonly exact?: number | undefined;
  /** Whether the read must not fail. */
  readonly mustSucceed: boolean;
  /** Whether the provider lies in a way that cannot be noticed. */
  readonly isDeceived: boolean;
  /** Whether pages stay where they are if the list changes. */
  readonly isStable: boolean;
  /** Whether the list was read in two processes. */
  readonly isResumed: boolean;
}

/** Judges an outcome. Returns whether a change could not be noticed. */
function judge(outcome: Outcome): boolean {
  const { keys, error, lasting, seen, most, exact } = outcome;
  assert(seen.length <= most, `${seen.length} requests, expected ${most}`);
  if (keys === undefined) {
    assert(error instanceof MalformedResponseError, String(error));
    assert(!outcome.mustSucceed, `it must not fail: ${describe(error)}`);
    return false;
  }
  if (!outcome.isStable && isUnnoticeable(outcome)) return true;
  if (outcome.isDeceived) return true;
  assertEquals(new Set(keys).size, keys.length, "a record is doubled");
  const wanted = new Set(lasting);
  assertEquals(keys.filter((key) => wanted.has(key)), lasting, "incomplete");
  if (exact !== undefined) assertEquals(seen.length, exact, "requests");
  return false;
}

function describe(error: MalformedResponseError): string {
  const { cause } = error;
  return cause instanceof Error
    ? `${error.message}: ${cause.message}`
    : error.message;
}

/** Whether the list changed while all totals were the same. */
function isUnnoticeable({ seen, isResumed }: Outcome): boolean {
  const start = isResumed ? 0 : seen.findLastIndex(({ isFirst }) => isFirst);
  const window = seen.slice(Math.max(0, start));
  const totals = new Set(
    window.filter(({ total }) => total !== NO_PAGE)
      .map(({ total }) => JSON.stringify(total)),
  );
  const hasChanged = window[0]?.changes !== window.at(-1)?.changes;
  return hasChanged && totals.size === 1;
}

function makeFaults(random: Random): Faults {
  const isHonest = random.chance(0.5);
  const lies: readonly Total[] = [
    "null",
    "missing",
    "zero",
    "less",
    "more",
    "first",
  ];
  return {
    total: isHonest ? random.pick(["right", "text"]) : random.pick(lies),
    countsHidden: random.chance(0.5),
    isMissingPastEnd: random.chance(0.5),
    isStuck: random.chance(0.05),
  };
}

/** The total that a provider with faults reports. */
function report(total: number, first: number, faults: Faults): unknown {
  switch (faults.total) {
    case "right":
      return total;
    case "text":
      return String(total);
    case "null":
      return null;
    case "missing":
      return undefined;
    case "zero":
      return 0;
    case "less":
      return total - 1;
    case "more":
      return total + 1;
    case "first":
      return first;
  }
}

/** How a schedule reads its list. */
interface Reading {
  readonly options: ListOptions;
  readonly isAwaited: boolean;
  /** Number of pages that another process reads; 0 if there is none. */
  readonly pagesBefore: number;
}

function makeReading(random: Random): Reading {
  return {
    options: {
      pageSize: random.chance(0.7) ? random.int(1, 15) : undefined,
      concurrency: random.int(1, 6),
      retry: false,
    },
    isAwaited: random.chance(0.5),
    pagesBefore: random.chance(0.25) ? random.int(1, 3) : 0,
  };
}

/**
 * Reads a list.
 *
 * @param list Creates the list, each time in another process.
 * @param reading How to read it.
 * @param onRecord Called after each record of a stream.
 */
async function readList<T>(
  list: (options: ListOptions) => Listing<T>,
  { options, isAwaited, pagesBefore }: Reading,
  onRecord: (record: T) => unknown,
): Promise<T[]> {
  const records: T[] = [];
  let from: string | undefined;
  if (pagesBefore > 0) {
    let count = 0;
    for await (const { items, next } of list(options).pages()) {
      records.push(...items);
      from = next;
      if (next === undefined) return records;
      if (++count === pagesBefore) break;
    }
    from = JSON.parse(JSON.stringify(from));
  }
  const rest = list({ ...options, from });
  if (isAwaited) return records.concat(await rest);
  for await (const record of rest) {
    records.push(record);
    await onRecord(record);
  }
  return records;
}

// --- An abstract provider ---

interface Item {
  readonly id: string;
  /** Together with the id, this is unique. */
  readonly region: number;
  /** Where the item is in the list. */
  readonly at: number;
  readonly isHidden: boolean;
  readonly isKept: boolean;
}

interface Body {
  readonly items: readonly Item[];
  readonly total?: unknown;
  readonly next?: unknown;
}

type Paging = "linked" | "numbered" | "numbered with links";

const keyOf = ({ id, region }: Item) => `${id}/${region}`;

/** A provider whose list changes at certain requests. */
class Provider {
  readonly seen: Seen[] = [];
  readonly #random: Random;
  readonly #paging: Paging;
  readonly #faults: Faults;
  readonly #largest: number;
  readonly #changesAt: ReadonlySet<number>;
  readonly #hasHidden: boolean;
  readonly #hasEqualIds: boolean;
  readonly #first: number;
  items: Item[] = [];
  changes = 0;
  /** Whether a total was smaller than the number of items, but not 0. */
  hasUnderstated = false;
  #made = 0;

  constructor(random: Random, paging: Paging, faults: Faults) {
    this.#random = random;
    this.#paging = paging;
    this.#faults = faults;
    this.#largest = random.chance(0.5) ? 100 : random.int(1, 8);
    this.#hasHidden = random.chance(0.2);
    this.#hasEqualIds = random.chance(0.3);
    const count = random.int(0, 40);
    for (let index = 0; index < count; index++) this.#create(index);
    this.#first = this.#total();
    const changes = random.chance(0.5) ? random.int(1, 3) : 0;
    this.#changesAt = new Set(
      Array.from({ length: changes }, () => random.int(2, 9)),
    );
  }

  get changesPlanned(): number {
    return this.#changesAt.size;
  }

  /** Whether every page and every total is right. */
  get isHonest(): boolean {
    const { total, isStuck, countsHidden } = this.#faults;
    const isRight = total === "right" || total === "text";
    const hasHidden = this.items.some(({ isHidden }) => isHidden);
    return (this.#paging === "linked" || isRight && !isStuck) &&
      // Without links, a page that is empty is the last one.
      (!hasHidden || this.#paging === "linked" ||
        this.#paging === "numbered with links" && !countsHidden);
  }

  #create(at: number): void {
    const number = this.#made++;
    this.items.push({
      id: this.#hasEqualIds ? `size-${number % 3}` : `i-${number}`,
      region: this.#hasEqualIds ? number : 0,
      at,
      isHidden: this.#hasHidden && this.#random.chance(0.2),
      isKept: this.#random.chance(0.7),
    });
    this.items.sort((a, b) => a.at - b.at);
  }

  delete(item: Item): void {
    this.items = this.items.filter((other) => keyOf(other) !== keyOf(item));
    this.changes++;
  }

  /** Changes the list at random; sometimes the changes cancel out. */
  change(): void {
    const random = this.#random;
    const isCreate = random.chance(0.4) || this.items.length === 0;
    if (isCreate) {
      this.#create(random.int(-1, 41) + random.int(1, 1e6) / 1e7);
      this.changes++;
    } else {
      this.delete(random.pick(this.items));
      if (random.chance(0.2)) this.#create(random.int(-1, 41) + 0.5);
    }
  }

  #total(): number {
    const { countsHidden } = this.#faults;
    return this.items.filter(({ isHidden }) => countsHidden || !isHidden)
      .length;
  }

  sizeOf(pageSize: number): number {
    return Math.min(this.#largest, pageSize);
  }

  readonly fetch = async (request: Request): Promise<Response> => {
    const { searchParams } = new URL(request.url);
    assert(this.seen.length < ENDLESS, "too many requests");
    // Responses overtake each other.
    for (let turns = this.#random.int(0, 3); turns > 0; turns--) await null;
    if (this.#changesAt.has(this.seen.length + 1)) this.change();
    return this.#paging === "linked"
      ? this.#linked(searchParams)
      : this.#numbered(searchParams);
  };

  #linked(params: URLSearchParams): Response {
    const token = params.get("token");
    const after = token === null ? -Infinity : Number(token.slice(1));
    const size = this.sizeOf(Number(params.get("limit") ?? 10));
    const rest = this.items.filter(({ at }) => at > after);
    const page = rest.slice(0, size);
    const { changes } = this;
    this.seen.push({ total: undefined, changes, isFirst: token === null });
    return json({
      items: page.filter(({ isHidden }) => !isHidden),
      next: rest.length > size ? `t${page.at(-1)?.at}` : undefined,
    });
  }

  #numbered(params: URLSearchParams): Response {
    const { isMissingPastEnd, isStuck } = this.#faults;
    const number = Number(params.get("page") ?? 1);
    const size = this.sizeOf(Number(params.get("size")));
    const start = isStuck ? 0 : (number - 1) * size;
    const total = report(this.#total(), this.#first, this.#faults);
    this.hasUnderstated ||= Number(total) > 0 && Number(total) < this.#total();
    const { changes } = this;
    const isFirst = number === 1;
    if (isMissingPastEnd && !isFirst && start >= this.items.length) {
      this.seen.push({ total: NO_PAGE, changes, isFirst });
      return json({}, { status: 404 });
    }
    this.seen.push({ total, changes, isFirst });
    const page = this.items.slice(start, start + size);
    const hasNext = number * size < this.items.length;
    return json({
      items: page.filter(({ isHidden }) => !isHidden),
      total,
      next: hasNext ? `https://elsewhere.example/?page=${number + 1}` : null,
    });
  }

  readonly list = (options: ListOptions, isFiltered: boolean) => {
    const { pageSize = 10 } = options;
    const numbers = {
      page: "page",
      size: "size",
      maxSize: 10,
      total: ({ total }: Body) => total as number,
    };
    const pages = {
      "linked": linkedPages(
        ["token"],
        ({ next }: Body) => next ? { token: String(next) } : undefined,
      ),
      "numbered": numberedPages(numbers),
      "numbered with links": numberedPages({
        ...numbers,
        next: ({ next }: Body) => next as string | null,
      }),
    };
    const reader: PageReader<Body, Item> = {
      items: ({ items }) => items,
      keep: isFiltered ? ({ isKept }) => isKept : undefined,
      pages: pages[this.#paging],
    };
    const params = { limit: this.#paging === "linked" ? pageSize : undefined };
    const { fetch } = this;
    return acme(ACME, { fetch, retry: false })
      .list("/items", reader, { ...options, params });
  };
}

/** Runs a schedule with the abstract provider. */
async function runAbstract(seed: number): Promise<Outcome> {
  const random = new Random(seed);
  const paging = random.pick<Paging>([
    "linked",
    "numbered",
    "numbered with links",
  ]);
  const faults = makeFaults(random);
  const provider = new Provider(random, paging, faults);
  const reading = makeReading(random);
  const isFiltered = random.chance(0.3);
  const deletes = random.chance(0.1);
  const before = [...provider.items];
  const result = await readList(
    (options) => provider.list(options, isFiltered),
    reading,
    (item) => deletes && provider.delete(item),
  ).then((items) => ({ keys: items.map(keyOf) }), (error) => ({ error }));
  const now = new Set(provider.items.map(keyOf));
  const lasting = before.filter((item) =>
    now.has(keyOf(item)) && !item.isHidden && (item.isKept || !isFiltered)
  );
  const { pageSize = 10 } = reading.options;
  const size = provider.sizeOf(
    paging === "linked" ? pageSize : Math.min(pageSize, 10),
  );
  const isStable = paging === "linked";
  const isUnchanged = provider.changes === 0;
  const isResumed = reading.pagesBefore > 0;
  const { isHonest } = provider;
  return {
    ...result,
    lasting: lasting.map(keyOf),
    seen: provider.seen,
    most: 2 * (before.length + 15),
    // If an item is hidden, an awaited list may be read again.
    exact: isUnchanged && isHonest && !before.some(({ isHidden }) => isHidden)
      ? Math.max(1, Math.ceil(before.length / size))
      : undefined,
    mustSucceed: isHonest && (isStable || isUnchanged ||
      // It is read again once, unless that was needed before for hidden items.
      reading.isAwaited && !isResumed && provider.changesPlanned === 1 &&
        !before.some(({ isHidden }) => isHidden)),
    isDeceived: !isStable && faults.isStuck && isResumed ||
      paging === "numbered" && (provider.hasUnderstated ||
          // All items of the first page are hidden.
          faults.total === "zero" && "keys" in result &&
            result.keys.length === 0),
    isStable,
    isResumed,
  };
}

// --- The drivers and their simulators ---

/** Parameters that select a page. */
const POSITIONS = ["page", "cursor", "marker", "NextToken"];

/** Fields with the total of a list. */
const TOTALS = /^(?:total|total_count|total_entries|results)$/;

/** Whether a field of a page contains its nodes. */
function isOfNodes(
  field: [string, unknown],
): field is [string, { id: unknown }[]] {
  const [, value] = field;
  return Array.isArray(value) && value.every((item) => "id" in Object(item));
}

/** Replaces the total in the body of a page, wherever it is. */
function withTotal(body: object, total: unknown): object {
  return Object.fromEntries(
    Object.entries(body).map(([key, value]) => {
      if (TOTALS.test(key)) return [key, total];
      const isRecord = typeof value === "object" && value !== null &&
        !Array.isArray(value);
      return [key, isRecord ? withTotal(value, total) : value];
    }),
  );
}

/** A simulated account behind a network that misbehaves. */
class FaultyAccount {
  readonly seen: Seen[] = [];
  readonly #isStable: boolean;
  readonly #random: Random;
  readonly #faults: Faults;
  readonly #account: Account;
  readonly #changesAt: ReadonlySet<number>;
  readonly #hidden: ReadonlySet<string>;
  readonly #deleting = new Set<string>();
  readonly #first: number;
  /** Ids of the nodes, in the provider's order. */
  ids: string[];
  changes = 0;

  constructor(
    random: Random,
    account: Account,
    ids: readonly string[],
    faults: Faults,
    isStable: boolean,
  ) {
    this.#isStable = isStable;
    this.#random = random;
    this.#account = account;
    this.#faults = faults;
    this.ids = [...ids];
    const hides = random.chance(0.2);
    this.#hidden = new Set(ids.filter(() => hides && random.chance(0.2)));
    this.#first = ids.length;
    const changes = random.chance(0.5) ? random.int(1, 2) : 0;
    this.#changesAt = new Set(
      Array.from({ length: changes }, () => random.int(2, 6)),
    );
  }

  get changesPlanned(): number {
    return this.#changesAt.size;
  }

  get isHonest(): boolean {
    const { total, isStuck, countsHidden } = this.#faults;
    const isRight = total === "right" || total === "text";
    return this.#isStable || isRight && !isStuck &&
        (this.#hidden.size === 0 || !countsHidden);
  }

  isShown(id: string): boolean {
    return !this.#hidden.has(id);
  }

  async delete(id: string): Promise<void> {
    // The reader may delete the same node at the same time.
    if (!this.ids.includes(id) || this.#deleting.has(id)) return;
    this.#deleting.add(id);
    await this.#account.connect({ retry: false }).destroyNode(id);
    this.ids = this.ids.filter((other) => other !== id);
    this.changes++;
  }

  readonly fetch = async (request: Request): Promise<Response> => {
    const { searchParams } = new URL(request.url);
    assert(this.seen.length < ENDLESS, "too many requests");
    for (let turns = this.#random.int(0, 3); turns > 0; turns--) await null;
    if (this.#changesAt.has(this.seen.length + 1) && this.ids.length > 0) {
      await this.delete(this.#random.pick(this.ids));
    }
    const isFirst = POSITIONS.every((name) =>
      (searchParams.get(name) ?? "1") === "1"
    );
    const { changes } = this;
    // Pages with tokens have no totals, and show nothing twice.
    if (this.#isStable) {
      this.seen.push({ total: undefined, changes, isFirst });
      return await this.#account.fetch(request);
    }
    const url = new URL(request.url);
    if (this.#faults.isStuck) url.searchParams.set("page", "1");
    const response = await this.#account.fetch(new Request(url, request));
    const body: Record<string, unknown> = await response.json();
    const [key = "", items] = Object.entries(body).find(isOfNodes) ?? [];
    if (!items || items.length === 0 && !isFirst) {
      if (this.#faults.isMissingPastEnd) {
        this.seen.push({ total: NO_PAGE, changes, isFirst });
        return json({}, { status: 404 });
      }
    }
    body[key] = items?.filter(({ id }) => this.isShown(String(id)));
    const { countsHidden } = this.#faults;
    const count = this.ids.filter((id) => countsHidden || this.isShown(id));
    const total = report(count.length, this.#first, this.#faults);
    this.seen.push({ total, changes, isFirst });
    return json(withTotal(body, total));
  };
}

/** Options that select or sort nodes, by provider. */
const FILTERS: Readonly<Record<string, readonly object[]>> = {
  ec2: [
    { filters: { "instance-state-name": "running" } },
    { filters: { "instance-type": ["t3.micro", "m1.small", "t2.micro"] } },
  ],
  linode: [
    { filter: { "+order_by": "label", "+order": "desc" } },
    { filter: { "+or": [{ region: "us-east" }, { region: "us-iad" }] } },
  ],
};

/** Runs a schedule with a driver and its simulator. */
async function runDriver(seed: number): Promise<Outcome> {
  const random = new Random(seed);
  const provider = random.pick(Object.keys(ACCOUNTS));
  const open = ACCOUNTS[provider];
  assert(open);
  const nodes = random.int(0, 40);
  const largestPage = random.chance(0.5) ? 100 : random.int(1, 8);
  const account = open({ nodes, largestPage });
  const filter = random.chance(0.3)
    ? random.pick(FILTERS[provider] ?? [{}])
    : {};
  const ids = (await account.connect().listNodes(filter)).map(({ id }) => id);
  if (Object.keys(filter).length === 0) assertEquals(ids.length, nodes);
  const { paging } = CLOUDS.find(({ name }) => name === provider)!;
  // Pages by offset overlap, so that every change that moves nodes is noticed.
  const isOverlapping = paging === "overlapping";
  const isStable = paging === "linked" || isOverlapping;
  const faults = makeFaults(random);
  const isSingle = paging === "single";
  const network = new FaultyAccount(random, account, ids, faults, isStable);
  const reading = makeReading(random);
  const deletes = random.chance(0.1);
  const { fetch } = isSingle ? account : network;
  const result = await readList(
    (options) =>
      account.connect({ fetch, retry: false })
        .listNodes({ ...options, ...filter }),
    reading,
    async ({ id }) => {
      if (deletes) await network.delete(id);
    },
  ).then(
    (records) => ({ keys: records.map(({ id }) => id) }),
    (error) => ({ error }),
  );
  const isResumed = reading.pagesBefore > 0;
  const isHonest = isSingle || network.isHonest;
  return {
    ...result,
    lasting: ids.filter((id) =>
      network.ids.includes(id) &&
      (isStable || isSingle || network.isShown(id))
    ),
    seen: network.seen,
    most: 2 * (nodes + 15),
    // If a node is hidden, the list may have been read again before.
    mustSucceed: isHonest && (isStable && !isOverlapping ||
      network.changes === 0 ||
      reading.isAwaited && !isResumed && network.changesPlanned === 1 &&
        ids.every((id) => network.isShown(id))),
    isDeceived: !isStable && faults.isStuck && isResumed,
    isStable,
    isResumed,
  };
}

const { count, seed } = schedules();
console.log(`lists: ${count} schedules from --seed=${seed}`);

const SUBJECTS = [
  { name: "linkedPages() and numberedPages()", run: runAbstract },
  { name: "listNodes() of every driver", run: runDriver },
];

for (const { name, run } of SUBJECTS) {
  Deno.test(`${name}: each list is complete or an error, in any schedule`, async () => {
    let unnoticeable = 0;
    let failed = 0;
    for (let index = 0; index < count; index++) {
      try {
        const outcome = await run(seed + index);
        if (judge(outcome)) unnoticeable++;
        if (!outcome.keys) failed++;
      } catch (error) {
        throw new Error(
          `run again with -- --schedules=1 --seed=${seed + index}`,
          { cause: error },
        );
      }
    }
    console.log(
      `${count} schedules: ${failed} lists failed, ` +
        `${unnoticeable} faults could not be noticed`,
    );
    // Otherwise the property would say little.
    assert(failed < count * 0.7 || count < 100, `${failed} lists failed`);
    assert(unnoticeable < count * 0.2 || count < 100, `${unnoticeable}`);
  });
}
