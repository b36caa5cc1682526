import { assertEquals, assertThrows } from "@std/assert";
import {
  type CollectionFormat,
  collectionRoutes,
  Fields,
  jsonResponse,
  parseLabelSelector,
  readJson,
  readPage,
  Refusal,
  type Routes,
  selectItems,
  serveRoutes,
  Store,
  Timeline,
} from "../../simulators/kit/mod.ts";

interface Disk {
  readonly id: number;
  name: string;
  readonly owner?: string;
}

interface State {
  readonly disks: ReadonlyMap<number, Disk>;
}

/** A small provider with one collection; its lists are 50 ms late. */
function setUp() {
  let clock = 0;
  const settings = { now: () => clock, hiddenMs: 20, listLagMs: 50, busyMs: 0 };
  const disks = new Store<number, Disk>([
    [1, { id: 1, name: "b", owner: "me" }],
    [2, { id: 2, name: "a" }],
    [3, { id: 3, name: "c" }],
  ]);
  const timeline = new Timeline<State>(settings, { disks });
  timeline.start();
  const format: CollectionFormat<State> = {
    timeline,
    readFields: async ({ request }) => new Fields(await readJson(request)),
    notFound: ({ singular }, id) => new Refusal(404, `no ${singular} ${id}`),
    one: (shown, { singular }) => ({ [singular]: shown }),
    list({ url }, all, show, { plural }) {
      const rules = { size: "limit", max: 2, defaultSize: 2 };
      const { items, total } = readPage(all, url, rules);
      return jsonResponse(200, { [plural]: items.map(show), total });
    },
  };
  const serve = (routes: Routes) => {
    const fetch = serveRoutes({
      timeline,
      error: ({ status, message }) => jsonResponse(status, { message }),
      routes,
    });
    return async (call: string, body?: object) => {
      const [method = "", path = ""] = call.split(" ");
      const response = await fetch(
        new Request(`https://api.example${path}`, {
          method,
          headers: { "Content-Type": "application/json" },
          body: body ? JSON.stringify(body) : null,
        }),
      );
      const text = await response.text();
      return [response.status, text === "" ? undefined : JSON.parse(text)];
    };
  };
  return { disks, timeline, format, serve, pass: (ms: number) => clock += ms };
}

Deno.test("collectionRoutes() lists, gets, creates, changes and deletes", async () => {
  const { disks, timeline, format, serve, pass } = setUp();
  const send = serve(collectionRoutes({
    path: "/v1/disks",
    store: disks,
    listed: (state) => state.disks.values(),
    show: ({ id, name }, state) => ({ id, name, of: state.disks.size }),
    create(fields) {
      const disk = { id: 4, name: fields.string("name") };
      return { disk: timeline.add(disks, disk) };
    },
    update(disk, fields) {
      disk.name = fields.string("name");
    },
    remove({ name }) {
      if (name === "kept") throw new Refusal(409, "it is kept");
      return name === "later" ? { job: 7 } : undefined;
    },
    operations: {
      grow: ({ id }, fields) => ({ id, size: fields.integer("size") }),
    },
  }, format));
  const shown = (id: number, name: string, of = 3) => ({ id, name, of });
  const rows: readonly (readonly [
    call: string,
    body: object | undefined,
    status: number,
    response: unknown,
  ])[] = [
    ["GET /v1/disks", undefined, 200, {
      disks: [shown(1, "b"), shown(2, "a")],
      total: 3,
    }],
    ["GET /v1/disks?page=2", undefined, 200, {
      disks: [shown(3, "c")],
      total: 3,
    }],
    ["GET /v1/disks/2", undefined, 200, { disk: shown(2, "a") }],
    ["GET /v1/disks/9", undefined, 404, { message: "no disk 9" }],
    ["PUT /v1/disks/2", { name: "kept" }, 200, { disk: shown(2, "kept") }],
    ["PUT /v1/disks/2", {}, 400, { message: "name is required" }],
    ["PATCH /v1/disks/2", {}, 405, {
      message: "Method PATCH is not allowed here.",
    }],
    ["DELETE /v1/disks/2", undefined, 409, { message: "it is kept" }],
    ["POST /v1/disks/1/actions/grow", { size: 5 }, 200, { id: 1, size: 5 }],
    ["POST /v1/disks/9/actions/grow", {}, 404, { message: "no disk 9" }],
    ["DELETE /v1/disks/1", undefined, 204, undefined],
    ["DELETE /v1/disks/1", undefined, 404, { message: "no disk 1" }],
    ["PUT /v1/disks/3", { name: "later" }, 200, { disk: shown(3, "later", 2) }],
    ["DELETE /v1/disks/3", undefined, 200, { job: 7 }],
    ["GET /v1/disks/3", undefined, 200, { disk: shown(3, "later", 2) }],
    ["POST /v1/disks", { name: "new" }, 201, { disk: { id: 4, name: "new" } }],
    ["GET /v1/disks/4", undefined, 404, { message: "no disk 4" }],
    // Lists are late: they show what was there 50 ms ago.
    ["GET /v1/disks", undefined, 200, {
      disks: [shown(1, "b"), shown(2, "a")],
      total: 3,
    }],
  ];
  for (const [call, body, ...expected] of rows) {
    assertEquals([call, ...await send(call, body)], [call, ...expected]);
  }
  pass(20);
  assertEquals((await send("GET /v1/disks/4"))[0], 200);
  pass(50);
  assertEquals(await send("GET /v1/disks"), [200, {
    disks: [shown(2, "kept"), shown(3, "later")].map((it) => ({
      ...it,
      of: 3,
    })),
    total: 3,
  }]);
});

Deno.test("collectionRoutes() has only the routes whose functions are given", () => {
  const { disks: store, format } = setUp();
  const path = "/disks";
  assertEquals(Object.keys(collectionRoutes({ path, store }, format)), [
    "GET /disks",
    "GET /disks/{id}",
  ]);
});

Deno.test("collectionRoutes() has the names, statuses and methods of the provider", async () => {
  const { disks: store, format, serve } = setUp();
  const send = serve(collectionRoutes({
    path: "/owners/{owner}/store",
    plural: "volumes",
    singular: "volume",
    parameter: "disk",
    store,
    listed: (_, { params }) =>
      store.list.filter(({ owner }) => owner === params.get("owner")),
    find: ({ params }) =>
      store.list.find(({ name }) => name === params.get("disk")),
    create: () => Promise.resolve("created"),
    update: (disk) => disk.name = "x",
    remove() {},
    operations: { grow: () => "grown" },
  }, {
    ...format,
    updateMethod: "PATCH",
    createdStatus: 202,
    operationStatus: 203,
    deleted: () => jsonResponse(200, {}),
  }));
  const { owner, ...rest } = { id: 1, name: "b", owner: "me" };
  const rows: readonly (readonly [string, number, unknown])[] = [
    ["GET /owners/me/store", 200, {
      volumes: [{ ...rest, owner }],
      total: 1,
    }],
    ["GET /owners/me/store/b", 200, { volume: { ...rest, owner } }],
    ["GET /owners/me/store/1", 404, { message: "no volume 1" }],
    ["POST /owners/me/store", 202, "created"],
    ["POST /owners/me/store/b/actions/grow", 203, "grown"],
    ["PATCH /owners/me/store/b", 200, {
      volume: { id: 1, name: "x", owner },
    }],
    ["DELETE /owners/me/store/x", 200, {}],
    ["GET /owners/me/store/x", 404, { message: "no volume x" }],
  ];
  for (const [call, ...expected] of rows) {
    assertEquals([call, ...await send(call)], [call, ...expected]);
  }
});

Deno.test("selectItems() filters by properties and conditions, and sorts", () => {
  const items = [
    { id: 1, kind: "x", size: 5 },
    { id: 2, kind: "y", size: 3 },
    { id: 3, kind: "x", size: 3 },
    { id: 10, kind: "z", size: 3 },
  ];
  const rules = {
    filters: ["kind", "id"],
    conditions: {
      above: (text: string) => (it: { size: number }) => it.size > Number(text),
    },
    sorts: ["id", "size", "kind"],
  };
  const rows: Readonly<Record<string, readonly number[]>> = {
    "": [1, 2, 3, 10],
    "other=1": [1, 2, 3, 10],
    "kind=x": [1, 3],
    "kind=x&kind=y": [1, 2, 3],
    "id=10": [10],
    "kind=x&id=2": [],
    "above=3": [1],
    "above=2&above=4": [1],
    "sort=id:desc": [10, 3, 2, 1],
    "sort=size": [2, 3, 10, 1],
    "sort=size:asc&sort=kind:desc": [10, 2, 3, 1],
  };
  for (const [query, ids] of Object.entries(rows)) {
    const found = selectItems(items, new URLSearchParams(query), rules);
    assertEquals([query, found.map(({ id }) => id)], [query, ids]);
  }
  for (const order of ["color", "id:up"]) {
    const query = new URLSearchParams({ sort: order });
    assertThrows(
      () => selectItems(items, query, rules),
      Refusal,
      `'${order}' is not allowed`,
    );
    const invalid = ({ field }: { field: string }) => new TypeError(field);
    assertThrows(
      () => selectItems(items, query, { ...rules, invalid }),
      TypeError,
      "sort",
    );
  }
  // Without properties to sort by, there is no such parameter.
  assertEquals(selectItems(items, new URLSearchParams("sort=x")), items);
});

Deno.test("parseLabelSelector() matches all terms", () => {
  const labels = { env: "prod", web: "", "example.com/team": "a" };
  const rows: Readonly<Record<string, boolean>> = {
    "env": true,
    "toString": false,
    "!env": false,
    "!db": true,
    "env=prod,web": true,
    "env==prod,!web": false,
    "env!=prod": false,
    "env!=test": true,
    "db!=test": true,
    "web=": true,
    "env in (test, prod)": true,
    "env in (test),web": false,
    "env notin (prod)": false,
    "db notin (prod)": true,
    " example.com/team = a ": true,
  };
  const invalid = (term: string) => new RangeError(term);
  for (const [selector, expected] of Object.entries(rows)) {
    const matches = parseLabelSelector(selector, invalid);
    assertEquals([selector, matches(labels)], [selector, expected]);
  }
  for (const selector of ["a=b=c", "", "web,", "a in b"]) {
    const parse = () => parseLabelSelector(selector, invalid);
    assertThrows(parse, RangeError, selector.split(",").at(-1)!);
  }
});
