/**
 * The methods that every DNS driver inherits, with a provider that each test
 * controls.
 *
 * @module
 */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  AbortedError,
  type CallOptions,
  ConflictError,
  Connection,
  JsonResponse,
  Listing,
  type ListOptions,
  NotFoundError,
  ServiceUnavailableError,
} from "../../../core/mod.ts";
import {
  applyEach,
  type ChangeResult,
  changesOf,
  type ChangeSupport,
  DnsDriver,
  type RecordSet,
  type RecordSetChange,
  RecordSetConflictError,
  type RecordSetFilter,
  type RecordSetInput,
  targetOf,
  type Zone,
  type ZoneTarget,
} from "../../../core/dns/mod.ts";

class Idle extends Connection {
  override readonly provider = "acme";
  override readonly displayName = "Acme";
  protected override readonly responseClass = JsonResponse;
}

/** A provider in memory. Tests see each call, and may let it fail. */
class Acme extends DnsDriver {
  override readonly provider = "acme";
  override readonly connection = new Idle("https://api.acme.example");
  override readonly changeSupport: ChangeSupport;
  /** Record sets by name and type; writers share them. */
  readonly sets: Map<string, RecordSet>;
  /** Calls so far. */
  readonly calls: string[] = [];
  /** Called before each write. */
  onWrite: (changes: readonly RecordSetChange[]) => void = () => {};
  protected override readonly needsZoneName: boolean;

  constructor(
    adds: "compare" | "readBack",
    {
      sets = new Map<string, RecordSet>(),
      needsZoneName = false,
      isAtomic = true,
    } = {},
  ) {
    super();
    this.changeSupport = { isAtomic, adds, maxChanges: 3 };
    this.sets = sets;
    this.needsZoneName = needsZoneName;
  }

  override listZones(_options?: ListOptions): Listing<Zone> {
    this.calls.push("listZones");
    return Listing.of(["example.com", "sub.example.com"].map(toZone));
  }

  override createZone(): Promise<Zone> {
    return Promise.reject(new Error("not used"));
  }

  protected override readZone(
    _operation: string,
    { id }: ZoneTarget,
  ): Promise<Zone> {
    this.calls.push(`readZone ${id}`);
    return Promise.resolve(toZone(id.slice(3)));
  }

  protected override removeZone(
    _operation: string,
    { id, name }: ZoneTarget,
  ): Promise<void> {
    this.calls.push(`removeZone ${id} ${name}`);
    return Promise.resolve();
  }

  protected override readRecordSets(
    _operation: string,
    { id }: ZoneTarget,
    { keep = () => true }: RecordSetFilter,
  ): Listing<RecordSet> {
    this.calls.push(`read ${id}`);
    return Listing.of([...this.sets.values()].filter(keep));
  }

  protected override async writeChanges(
    operation: string,
    _zone: ZoneTarget,
    changes: readonly RecordSetChange[],
    { signal }: CallOptions,
  ): Promise<ChangeResult> {
    await undefined;
    this.calls.push(`write ${changes.map(({ action }) => action)}`);
    this.onWrite(changes);
    const { provider } = this;
    await applyEach({ provider, operation, signal }, changes, (change) => {
      const { name, type } = targetOf(change);
      const key = `${name} ${type}`;
      if (this.changeSupport.adds === "compare") this.#compare(change, key);
      if (name === "bad") return Promise.reject(refused(operation));
      if (change.action === "delete") this.sets.delete(key);
      else {
        this.sets.set(
          key,
          { ...change.after, id: key, extra: {} } as RecordSet,
        );
      }
      return Promise.resolve();
    });
    return { id: "change-1", state: "pending" };
  }

  protected override fitRecordSet(
    operation: string,
    set: RecordSetInput,
  ): RecordSetInput {
    if (set.type === "HTTPS") throw new TypeError(`${operation}: no HTTPS`);
    return { ...set, ttl: set.ttl ?? 300 };
  }

  protected override readChange(
    _operation: string,
    id: string,
  ): Promise<ChangeResult> {
    this.calls.push(`readChange ${id}`);
    const looks = this.calls.filter((it) => it.startsWith("readChange"));
    const state = looks.length > 2 ? "done" : "pending";
    return Promise.resolve({ id, state });
  }

  #compare(change: RecordSetChange, key: string): void {
    const current = this.sets.get(key);
    const before = change.action === "create" ? undefined : change.before;
    const expected = before && "data" in before ? before.data : undefined;
    const isSame = change.action === "create"
      ? current === undefined
      : JSON.stringify(expected) === JSON.stringify(current?.data);
    if (!isSame) throw conflict();
  }
}

function toZone(name: string): Zone {
  return {
    id: `id-${name}`,
    name,
    kind: "primary",
    state: "active",
    nameServers: [],
    extra: {},
  };
}

function conflict(): ConflictError {
  return new ConflictError("acme: changed meanwhile", response(409));
}

function refused(operation: string): ConflictError {
  return new ConflictError(`${operation}: Acme refused`, response(409));
}

const response = (status: number) => ({
  status,
  method: "PATCH",
  url: "https://api.acme.example",
  body: "",
});

const ZONE = toZone("example.com");
const text = (...data: readonly string[]): RecordSetInput => ({
  name: "www",
  type: "TXT",
  data,
});
const values = (driver: Acme) => [...driver.sets.get("www TXT")?.data ?? []];

Deno.test("DnsDriver resolves a reference to a zone with as few requests as possible", async () => {
  const cases = [
    [ZONE, false, []],
    [ZONE, true, []],
    ["id-example.com", false, []],
    ["id-example.com", true, ["readZone id-example.com"]],
    [{ id: "id-example.com" }, false, []],
    [{ name: "Example.com." }, false, ["listZones"]],
    [{ name: "example.com" }, true, ["listZones"]],
  ] as const;
  for (const [zone, needsZoneName, calls] of cases) {
    const driver = new Acme("compare", { needsZoneName });
    await driver.deleteRecordSet(zone, { name: "www", type: "TXT" });
    assertEquals(driver.calls, [...calls, "write delete"]);
    driver.calls.length = 0;
    await driver.deleteZone(zone);
    const [removal, ...before] = driver.calls.toReversed();
    assert(removal?.startsWith("removeZone id-example.com"), removal);
    // To delete a zone, its id is enough.
    assertEquals(before, calls.filter((it) => it === "listZones"));
  }
  // Only an absolute name must be compared with that of the zone.
  const driver = new Acme("compare");
  const name = "www.example.com.";
  await driver.setRecordSet("id-example.com", { ...text("a"), name } as never);
  assertEquals(driver.calls[0], "readZone id-example.com");
  assertEquals(values(driver), ["a"]);
});

Deno.test("DnsDriver.getZone() rejects with a NotFoundError if no zone has the name", async () => {
  const error = await assertRejects(
    () => new Acme("compare").getZone({ name: "other.example" }),
    NotFoundError,
    "getZone: no zone has the name other.example",
  );
  assertEquals([error.status, error.provider], [404, "acme"]);
});

Deno.test("DnsDriver.findZone() prefers the longest name", async () => {
  const driver = new Acme("compare");
  const find = async (name: string) => (await driver.findZone(name)).name;
  assertEquals(await find("www.sub.example.com"), "sub.example.com");
  assertEquals(await find("WWW.example.com."), "example.com");
  await assertRejects(
    () => driver.findZone("xexample.com"),
    NotFoundError,
    "findZone: no zone contains xexample.com",
  );
});

Deno.test("DnsDriver.addRecord() reads the set again if another writer was faster", async () => {
  const driver = new Acme("compare");
  let races = 3;
  driver.onWrite = () => {
    if (races-- <= 0) return;
    const data = [...values(driver), `other-${races}`];
    const set = { ...text(), id: "www TXT", ttl: 60, data, extra: {} };
    driver.sets.set("www TXT", set as RecordSet);
  };
  await driver.addRecord(ZONE, text("mine"));
  assertEquals(values(driver), ["other-2", "other-1", "other-0", "mine"]);
  assertEquals(driver.calls.filter((it) => it.startsWith("write")).length, 4);
  // The TTL of the other writer stays the same.
  assertEquals(driver.sets.get("www TXT")?.ttl, 60);
});

Deno.test("DnsDriver.addRecord() gives up with the values that are lost", async () => {
  const driver = new Acme("compare");
  driver.sets.set("www TXT", {
    ...text("there"),
    id: "www TXT",
    extra: {},
  } as RecordSet);
  driver.onWrite = () => {
    throw conflict();
  };
  const originalRandom = Math.random;
  Math.random = () => 0;
  try {
    const error = await assertRejects(
      () => driver.addRecord(ZONE, text("there", "lost-1", "lost-2")),
      RecordSetConflictError,
      "addRecord: other writers changed the record set www TXT again and again; 2 values are lost",
    );
    assertEquals(error.lost, ["lost-1", "lost-2"]);
    assertEquals(error.recordSet, { name: "www", type: "TXT" });
    assert(ConflictError.is(error));
  } finally {
    Math.random = originalRandom;
  }
  assertEquals(driver.calls.filter((it) => it.startsWith("write")).length, 30);
});

Deno.test("DnsDriver.addRecord() with readBack writes again what another writer undid", async () => {
  const driver = new Acme("readBack");
  // Another writer has read the set before, and replaces it after us.
  let undone = 0;
  driver.onWrite = () => {
    if (undone++ > 0) return;
    queueMicrotask(() =>
      queueMicrotask(() =>
        queueMicrotask(() => {
          const set = { ...text("theirs"), id: "www TXT", extra: {} };
          driver.sets.set("www TXT", set as RecordSet);
        })
      )
    );
  };
  await driver.addRecord(ZONE, text("mine"), { settleMs: 5 });
  assertEquals(values(driver).sort(), ["mine", "theirs"]);
  assertEquals(driver.calls.filter((it) => it.startsWith("write")).length, 2);
});

Deno.test("DnsDriver.addRecord() with readBack notices after a while that another writer undid it", async () => {
  const driver = new Acme("readBack");
  let reads = 0;
  const read = driver.sets.values.bind(driver.sets);
  driver.sets.values = () => {
    // The second read is the one right after the write.
    if (++reads === 2) {
      queueMicrotask(() => {
        const set = { ...text("theirs"), id: "www TXT", extra: {} };
        driver.sets.set("www TXT", set as RecordSet);
      });
    }
    return read();
  };
  await driver.addRecord(ZONE, text("mine"), { settleMs: 5 });
  assertEquals(values(driver).sort(), ["mine", "theirs"]);
});

Deno.test("DnsDriver.addRecord() sends nothing but a read if the values are there", async () => {
  for (const adds of ["compare", "readBack"] as const) {
    const driver = new Acme(adds);
    await driver.addRecord(ZONE, text("a", "b"), { settleMs: 0 });
    driver.calls.length = 0;
    const change = await driver.addRecord(ZONE, text("b"), { settleMs: 0 });
    assertEquals(change, { state: "done" });
    assertEquals(driver.calls, ["read id-example.com"]);
  }
});

Deno.test("DnsDriver.addRecord() reads the set again after a failure that may pass", async () => {
  const driver = new Acme("readBack");
  const original = Math.random;
  Math.random = () => 0;
  try {
    let failures = 1;
    driver.onWrite = () => {
      if (failures-- <= 0) return;
      throw new ServiceUnavailableError("acme: busy", {
        ...response(503),
        mayHaveBeenApplied: true,
      });
    };
    await driver.addRecord(ZONE, text("a"), { settleMs: 0 });
    assertEquals(values(driver), ["a"]);
    failures = 1;
    const error = await assertRejects(
      () => driver.addRecord(ZONE, text("b"), { settleMs: 0, retry: false }),
      ServiceUnavailableError,
    );
    assertEquals(error.mayHaveBeenApplied, true);
    failures = Infinity;
    await assertRejects(
      () => driver.addRecord(ZONE, text("c"), { settleMs: 0 }),
      ServiceUnavailableError,
    );
  } finally {
    Math.random = original;
  }
});

Deno.test("DnsDriver lets the calls of one driver change a set in turn", async () => {
  const driver = new Acme("readBack");
  const all = Array.from({ length: 20 }, (_, index) => `v${index}`);
  await Promise.all(
    all.map((value) => driver.addRecord(ZONE, text(value), { settleMs: 0 })),
  );
  assertEquals(values(driver).sort(), all.toSorted());
  // None of the calls had to repeat its change.
  assertEquals(driver.calls.filter((it) => it.startsWith("write")).length, 20);
});

Deno.test("DnsDriver.removeRecord() deletes the set with its last value", async () => {
  for (const adds of ["compare", "readBack"] as const) {
    const driver = new Acme(adds);
    await driver.addRecord(ZONE, text("a", "b"), { settleMs: 0 });
    await driver.removeRecord(ZONE, text("a", "c"), { settleMs: 0 });
    assertEquals(values(driver), ["b"]);
    await driver.removeRecord(ZONE, text("b"), { settleMs: 0 });
    assertEquals(driver.sets.size, 0);
    assertEquals(driver.calls.at(adds === "compare" ? -1 : -2), "write delete");
  }
});

Deno.test("DnsDriver.changeRecordSets() orders changes so that each can be made", async () => {
  const driver = new Acme("compare");
  let order: readonly string[] = [];
  driver.onWrite = (changes) => {
    order = changes.map((change) =>
      `${change.action} ${targetOf(change).name} ${targetOf(change).type}`
    );
    throw conflict();
  };
  const set = (name: string, type: "A" | "CNAME") => ({
    name,
    type,
    data: [type === "A" ? "192.0.2.1" : "host.example.com"],
  } as RecordSetInput);
  const changes: readonly RecordSetChange[] = [
    { action: "delete", before: { name: "old", type: "A" } },
    { action: "replace", after: set("www", "CNAME") },
    { action: "delete", before: { name: "www", type: "A" } },
  ];
  await assertRejects(() => driver.changeRecordSets(ZONE, changes));
  assertEquals(order, ["delete www A", "replace www CNAME", "delete old A"]);
});

Deno.test("DnsDriver.changeRecordSets() refuses to replace one record set by another", async () => {
  for (const adds of ["compare", "readBack"] as const) {
    const driver = new Acme(adds);
    const set = { ...text("a"), ttl: 300 };
    const before = { ...set, id: "www TXT", extra: {} } as RecordSet;
    driver.sets.set("www TXT", before);
    // The other one has the same values, so a comparison finds no difference.
    driver.sets.set("web TXT", { ...before, name: "web", id: "web TXT" });
    const others = ["web", "web.example.com."].map((name) => ({
      ...set,
      name,
    }));
    for (const after of others) {
      await assertRejects(
        () =>
          driver.changeRecordSets(ZONE, [{ action: "replace", before, after }]),
        TypeError,
        'changeRecordSets: before must be the record set "web TXT", ' +
          'got "www TXT"',
      );
    }
    assertEquals(driver.calls, []);
    const after = { ...text("b"), name: "WWW.example.com." };
    await driver.changeRecordSets(ZONE, [{ action: "replace", before, after }]);
    assertEquals(values(driver), ["b"]);
  }
});

Deno.test("DnsDriver.changeRecordSets() tells what was done before a failure", async () => {
  const driver = new Acme("readBack", { isAtomic: false });
  const after = (name: string) => ({ ...text("a"), name } as RecordSetInput);
  const changes = ["first", "bad", "last"].map((name) => (
    { action: "replace", after: after(name) } as const
  ));
  const error = await assertRejects(
    () => driver.changeRecordSets(ZONE, changes),
    ConflictError,
    "changeRecordSets: Acme refused; 1 of 3 changes were made",
  );
  const { done = [], left = [] } = changesOf(error) ?? {};
  assertEquals(done.map((it) => targetOf(it).name), ["first"]);
  assertEquals(left.map((it) => targetOf(it).name), ["bad", "last"]);
  assertEquals(changesOf(new Error("x")), undefined);
});

Deno.test("applyEach() rejects with an AbortedError if some changes were made before an abort", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const changes = ["a", "b"].map((name) => (
    { action: "delete", before: { name, type: "A" } } as const
  ));
  const about = { provider: "acme", operation: "changeRecordSets", signal };
  const reason = Object.freeze(new Error("enough"));
  const run = (at: string) =>
    applyEach(about, changes, ({ before }) => {
      if (before.name !== at) return Promise.resolve();
      controller.abort(reason);
      return Promise.reject(reason);
    });
  const error = await assertRejects(
    () => run("b"),
    AbortedError,
    "changeRecordSets: aborted; 1 of 2 changes were made",
  );
  assertEquals([error.cause, error.mayHaveBeenApplied], [reason, true]);
  assertEquals(changesOf(error)?.left, [changes[1]!]);
  assertEquals(await run("a").catch((error) => error), reason);
});

Deno.test("DnsDriver.waitForChange() polls until the change is done", async () => {
  const driver = new Acme("compare");
  const change = await driver.setRecordSet(ZONE, text("a"));
  assertEquals(change, { id: "change-1", state: "pending" });
  const once = await driver.waitForChange(change, { once: true });
  assertEquals(once.state, "pending");
  const done = await driver.waitForChange(change, { intervalMs: 1 });
  assertEquals(done.state, "done");
  const looks = driver.calls.filter((it) => it.startsWith("readChange"));
  assertEquals(looks.length, 3);
  // There is nothing to wait for.
  assertEquals(await driver.waitForChange({ state: "pending" }), {
    state: "done",
  });
});

Deno.test("DnsDriver names the method that was called in errors", async () => {
  const driver = new Acme("compare");
  const misfit: RecordSetInput = {
    name: "@",
    type: "HTTPS",
    data: [{ priority: 1, target: ".", params: {} }],
  };
  for (const method of ["setRecordSet", "addRecord", "removeRecord"] as const) {
    await assertRejects(
      () => driver[method](ZONE, misfit),
      TypeError,
      `${method}: no HTTPS`,
    );
    await assertRejects(
      () => driver[method](5 as never, text("a")),
      TypeError,
      `${method}: zone must be a zone or its id, got number 5`,
    );
  }
  assertThrows(
    () => driver.normalizeRecordSet(misfit),
    TypeError,
    "normalizeRecordSet: no HTTPS",
  );
  assertEquals(driver.calls, []);
});
