import {
  assert,
  assertEquals,
  assertGreater,
  assertInstanceOf,
} from "@std/assert";
import type { ConnectionOptions, Listing } from "../../core/mod.ts";
import { Ec2NodeDriver } from "../../drivers/aws/ec2.ts";
import { LinodeNodeDriver } from "../../drivers/linode/compute.ts";
import { Ec2Simulator } from "../../simulators/aws/ec2.ts";
import { LinodeSimulator } from "../../simulators/linode/mod.ts";
import { type MethodSpec, type MethodTable, Probe } from "../../testing/mod.ts";
import { ACCOUNTS, CONFORMANCE } from "../_support/accounts.ts";
import { CLOUDS } from "../properties/_clouds.ts";

/** A list method of a driver, with its arguments. */
interface List {
  /** Provider and method. */
  readonly name: string;
  /** Calls the method of a new driver. */
  list(options?: object, settings?: ConnectionOptions): Listing<unknown>;
}

/** First arguments of a list method: none, one that may be absent, or a node. */
function argumentsOf(
  methods: MethodTable,
  method: string,
  node: string,
): readonly unknown[] {
  const [spec] = [methods[method] ?? {}].flat();
  const { on } = spec as MethodSpec;
  if (!spec || !("on" in spec)) return [];
  if (on === undefined) return [undefined];
  return [on instanceof Probe && on.isOptional ? undefined : node];
}

/** Requests that were sent by any of the lists. */
let sent = 0;

/** Every list method of every driver, in accounts with several pages. */
async function allLists(): Promise<List[]> {
  const lists: List[] = [];
  for (
    const [provider, { account: open, subject }] of Object.entries(CONFORMANCE)
  ) {
    const account = open({ nodes: 12, largestPage: 1 });
    const [node] = await account.connect().listNodes();
    assert(node);
    for (const method of methodsOf(account.connect())) {
      const isMissing = subject.lacks?.includes(method) ?? false;
      if (!method.startsWith("list") || isMissing) continue;
      lists.push({
        name: `${provider} ${method}`,
        list(options = {}, settings = {}) {
          const driver = account.connect({
            fetch: (request) => {
              sent++;
              return account.fetch(request);
            },
            ...settings,
          });
          const call = Reflect.get(driver, method) as (
            ...args: readonly unknown[]
          ) => Listing<unknown>;
          const first = argumentsOf(subject.methods, method, node.id);
          return call.call(driver, ...first, options);
        },
      });
    }
  }
  return lists;
}

function methodsOf(driver: object): string[] {
  const names = new Set<string>();
  for (
    let level = Object.getPrototypeOf(driver);
    level && level !== Object.prototype;
    level = Object.getPrototypeOf(level)
  ) {
    for (const name of Object.getOwnPropertyNames(level)) names.add(name);
  }
  return [...names];
}

/** Position of the second page, if the list has one. */
async function nextOf(list: Listing<unknown>): Promise<string | undefined> {
  const { value } = await list.pages().next();
  return value?.next;
}

/** Asserts that a list rejects a position, awaited and iterated. */
async function assertRefused(
  list: () => Listing<unknown>,
  about: string,
): Promise<void> {
  const before = sent;
  for (const read of [() => list(), () => list().pages().next()]) {
    const error = await (async () => await read())().then(
      () => assert(false, `${about} is accepted`),
      (error) => error,
    );
    assertInstanceOf(error, TypeError, `${about}: ${error}`);
    assert(/^list\w+: from /.test(error.message), error.message);
  }
  assertEquals(sent, before, `requests for ${about}`);
}

Deno.test("every list of every driver rejects positions that are not its own before any request", async () => {
  const lists = await allLists();
  const positions = new Map<string, string>();
  for (const { name, list } of lists) {
    const next = await nextOf(list());
    if (next !== undefined) positions.set(name, next);
  }
  // Guards against lists without pages, with which the test would pass.
  const paged = CLOUDS.filter(({ paging }) => paging !== "single");
  assertGreater(paged.length, 2);
  for (const { name: provider } of paged) {
    const own = [...positions.keys()].filter((name) =>
      name.startsWith(`${provider} `)
    );
    assertGreater(own.length, 0, provider);
  }
  assert(lists.some(({ name }) => !positions.has(name)));
  for (const { name, list } of lists) {
    for (const [other, from] of positions) {
      if (other === name) continue;
      await assertRefused(() => list({ from }), `${name} from ${other}`);
    }
    for (
      const from of [
        "?page=2",
        "?Action=TerminateInstances&InstanceId.1=i-1",
        "1..page=2",
        "garbage",
      ]
    ) {
      await assertRefused(() => list({ from }), `${name} from ${from}`);
    }
    const own = positions.get(name);
    if (own === undefined) continue;
    const [version = "", , query = ""] = own.split(".");
    const [parameter] = query.split("&");
    for (
      const from of [
        `2${own.slice(version.length)}`,
        `${own}&Action=TerminateInstances`,
        `${own}&InstanceId.1=i-1`,
        `${own}&tag_name=x`,
        `${own}&${parameter}`,
        own.replace(query, ""),
      ]
    ) {
      await assertRefused(() => list({ from }), `${name} from ${from}`);
    }
    const { provider } =
      ACCOUNTS[name.split(" ")[0] ?? ""]?.({ nodes: 0, largestPage: 1 })
        .connect() ?? {};
    const baseUrl = `https://${provider}.example/other`;
    await assertRefused(
      () => list({ from: own }, { baseUrl }),
      `${name} at another base path`,
    );
    // Its own position is accepted, by another driver with other limits.
    const options = { from: own, pageSize: 7, timeoutMs: 9000, retry: false };
    const rest = await list(options);
    // The rest is empty if the provider links a page after the last item.
    const all = await list();
    assertEquals(all.slice(all.length - rest.length), rest, name);
  }
});

Deno.test("Ec2NodeDriver rejects a position of another region or with other filters", async () => {
  const { credentials, fetch } = new Ec2Simulator({
    nodes: 12,
    largestPage: 5,
  });
  const settings = { ...credentials, baseUrl: "http://127.0.0.1:1", fetch };
  const ec2 = new Ec2NodeDriver({ ...settings, region: "us-east-1" });
  const filters = { "instance-state-name": "running" };
  const from = await nextOf(ec2.listNodes({ filters, pageSize: 5 }));
  assertEquals((await ec2.listNodes({ filters, from })).length, 7);
  await assertRefused(() => ec2.listNodes({ from }), "no filter");
  const stopped = { "instance-state-name": "stopped" };
  await assertRefused(
    () => ec2.listNodes({ from, filters: stopped }),
    "another filter",
  );
  const other = new Ec2NodeDriver({ ...settings, region: "us-west-2" });
  await assertRefused(() => other.listNodes({ filters, from }), "a region");
  // The bundled sizes have one page.
  await assertRefused(() => ec2.listSizes({ from }), "the bundled sizes");
});

Deno.test("LinodeNodeDriver rejects a position of a list with another X-Filter", async () => {
  const { credentials, fetch } = new LinodeSimulator({
    nodes: 12,
    largestPage: 5,
  });
  const linode = new LinodeNodeDriver({ ...credentials, fetch });
  const filter = { "+order_by": "label" };
  const from = await nextOf(linode.listNodes({ filter }));
  assert(from);
  const all = await linode.listNodes({ filter });
  assertEquals(await linode.listNodes({ filter, from }), all.slice(5));
  // Other headers do not matter, and the caller may write the filter.
  const headers = { "X-Trace": "1", "X-FILTER": JSON.stringify(filter) };
  assertEquals(await linode.listNodes({ headers, from }), all.slice(5));
  await assertRefused(() => linode.listNodes({ from }), "no filter");
  await assertRefused(
    () => linode.listNodes({ from, filter: { ...filter, "+order": "desc" } }),
    "another filter",
  );
});
