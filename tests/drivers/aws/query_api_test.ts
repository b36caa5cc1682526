import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  AbortedError,
  BasicConnection,
  type Failure,
  linkedPages,
  type ListOptions,
  MalformedResponseError,
  NotFoundError,
  toSearchParams,
  type XmlElement,
  XmlResponse,
} from "../../../core/mod.ts";
import {
  type Collection,
  QueryApi,
  toForm,
} from "../../../drivers/aws/_query_api.ts";
import { replay } from "../../_support/replay.ts";

// A service in the manner of Elastic Load Balancing: lists have "member", and
// results have an element of their own. EC2 is tested in ec2_test.ts.

class TestResponse<T> extends XmlResponse<T> {
  protected override failure(body: XmlElement): Failure {
    return { code: body.textAt("Error", "Code") };
  }
}

class TestConnection extends BasicConnection {
  override readonly provider = "test";
  protected override readonly responseClass = TestResponse;

  protected override encodeData(data: object, headers: Headers): string {
    headers.set("content-type", "application/x-www-form-urlencoded");
    return toSearchParams(toForm(data, "member")).toString();
  }
}

interface TestListOptions extends ListOptions {
  readonly kind?: string | undefined;
}

const toName = (item: XmlElement) => item.textAt("Name") ?? "";

const BALANCERS: Collection<string> = {
  action: "DescribeBalancers",
  path: ["DescribeBalancersResult", "Balancers", "member"],
  idParameter: "Names",
  convert: toName,
  largestPage: 400,
};

function open(fetch: (request: Request) => Promise<Response>) {
  const connection = new TestConnection("https://elb.example", {
    username: "me",
    password: "secret",
    retry: { baseMs: 1, maxMs: 2 },
    fetch,
  });
  return new QueryApi<TestListOptions>(connection, {
    version: "2015-12-01",
    pages: linkedPages(["Marker"], (body: XmlElement) => {
      const marker = body.textAt("DescribeBalancersResult", "NextMarker");
      return marker && { Marker: marker };
    }),
    pageSize: { parameter: "PageSize", min: 1 },
    listParameters: ({ kind }) => ({ Kind: kind }),
    itemName: "member",
  });
}

const query = (rest: string) => `GET /?${rest}`;

function page(names: readonly string[], marker = "") {
  const members = names.map((name) => `<member><Name>${name}</Name></member>`);
  return {
    text: `<DescribeBalancersResponse><DescribeBalancersResult><Balancers>${
      members.join("")
    }</Balancers><NextMarker>${marker}</NextMarker></DescribeBalancersResult></DescribeBalancersResponse>`,
  };
}

Deno.test("QueryApi.list() sends the version, the page size and the options of the list", async () => {
  using fetch = replay([
    {
      request: query(
        "Version=2015-12-01&Kind=network&Scheme=internal&Action=DescribeBalancers&PageSize=2",
      ),
      ...page(["a", "b"], "m1"),
    },
    {
      request: query(
        "Version=2015-12-01&Kind=network&Scheme=internal&Action=DescribeBalancers&PageSize=2&Marker=m1",
      ),
      ...page(["c"]),
    },
    // Not together with ids.
    {
      request: query(
        "Version=2015-12-01&Names.member.1=a&Action=DescribeBalancers",
      ),
      ...page(["a"]),
    },
  ]);
  const api = open(fetch);
  assertEquals(
    await api.list(
      "listBalancers",
      BALANCERS,
      { pageSize: 2, kind: "network" },
      {
        Scheme: "internal",
      },
    ),
    ["a", "b", "c"],
  );
  assertEquals(
    await api.list("listBalancers", BALANCERS, {}, { Names: ["a"] }),
    ["a"],
  );
});

Deno.test("QueryApi.listWith() loads the converter when a page has arrived", async () => {
  const events: string[] = [];
  const api = open((request) => {
    events.push(request.method);
    return Promise.resolve(new Response(page(["a", "b"]).text));
  });
  const load = () => {
    events.push("load");
    return Promise.resolve((name: string) => name.toUpperCase());
  };
  const listing = api.listWith("listBalancers", BALANCERS, load, {});
  assertEquals(events, []);
  assertEquals(await listing, ["A", "B"]);
  assertEquals(events, ["GET", "load"]);
});

Deno.test("QueryApi.find() returns the record, and rejects with NotFoundError for an empty list", async () => {
  const request = query(
    "Version=2015-12-01&Names.member.1=a&Action=DescribeBalancers",
  );
  using fetch = replay([
    { request, ...page(["a"]) },
    { request, ...page([]) },
  ]);
  const api = open(fetch);
  const named = { balancer: { id: "a" } };
  assertEquals(await api.find("getBalancer", BALANCERS, named, {}), "a");
  const error = await assertRejects(
    () => api.find("getBalancer", BALANCERS, named, {}),
    NotFoundError,
  );
  assertEquals(error.message, "getBalancer: no balancer has the id a");
  assertEquals([error.status, error.mayHaveBeenApplied], [404, false]);
  const mistake = await assertRejects(
    () => api.find("getBalancer", BALANCERS, { balancer: "" }, {}),
    TypeError,
  );
  assertEquals(
    mistake.message,
    'getBalancer: balancer must be a balancer or its id, got ""',
  );
});

Deno.test("QueryApi.get(), create() and send() send an action, and reject a response to another one", async () => {
  const text = "<CreateResponse><Name>a</Name></CreateResponse>";
  const body = { Action: "Create", Version: "2015-12-01", Name: "a" };
  const write = { request: "POST /", body };
  using fetch = replay([
    {
      request: query("Version=2015-12-01&Name=a&Action=Get"),
      text: "<GetResponse><Name>a</Name></GetResponse>",
    },
    { ...write, text },
    { ...write, text },
    { ...write, text: "<OtherResponse/>" },
  ]);
  const api = open(fetch);
  const parameters = { name: "a" };
  assertEquals(await api.get("get", "Get", toName, {}, parameters), "a");
  assertEquals(
    await api.create("create", "Create", toName, {}, parameters),
    "a",
  );
  const response = await api.send("send", "Create", {}, parameters);
  assertEquals(response.object.name, "CreateResponse");
  const error = await assertRejects(
    () => api.send("send", "Create", {}, parameters),
    MalformedResponseError,
  );
  assertEquals(error.mayHaveBeenApplied, true);
});

Deno.test("QueryApi.create() rejects with AbortedError after an abort, unless it creates nothing", async () => {
  for (const creates of [undefined, true, false]) {
    const controller = new AbortController();
    const { signal } = controller;
    const api = open(() => {
      setTimeout(() => controller.abort("enough"));
      return new Promise(() => {});
    });
    const call = api.create("createBalancer", "CreateBalancer", toName, {
      signal,
      creates,
    });
    const error: unknown = await call.catch((error) => error);
    assertEquals(AbortedError.is(error) ? error.cause : error, "enough");
    assertEquals(AbortedError.is(error), creates !== false);
  }
});

Deno.test("QueryApi.delete() resolves if a lost attempt deleted the record", async () => {
  const write = {
    request: "POST /",
    body: { Action: "Delete", Version: "2015-12-01", Id: "a" },
  };
  const gone = { ...write, status: 404, text: "<ErrorResponse/>" };
  using fetch = replay([{ ...write, status: 503, text: "" }, gone, gone]);
  const api = open(fetch);
  await api.delete("delete", "Delete", {}, { Id: "a" });
  await assertRejects(
    () => api.delete("delete", "Delete", {}, { Id: "a" }),
    NotFoundError,
  );
});

Deno.test("toForm() flattens arrays and objects, and leaves out undefined", () => {
  const parameters = {
    name: "web",
    Count: 2,
    isPublic: false,
    empty: "",
    absent: undefined,
    none: [],
    filter: [
      { name: "a", Value: ["x", "y"] },
      { name: "b", value: undefined },
    ],
    nested: { deep: { name: "z" }, "Already.Flat": 1 },
  };
  assertEquals(toForm(parameters, "test"), {
    Name: "web",
    Count: "2",
    IsPublic: "false",
    Empty: "",
    "Filter.1.Name": "a",
    "Filter.1.Value.1": "x",
    "Filter.1.Value.2": "y",
    "Filter.2.Name": "b",
    "Nested.Deep.Name": "z",
    "Nested.Already.Flat": "1",
  });
  assertEquals(toForm({ subnets: ["a", { id: "b" }] }, "test", "member"), {
    "Subnets.member.1": "a",
    "Subnets.member.2.Id": "b",
  });
  // Flattening twice changes nothing.
  const form = toForm(parameters, "test");
  assertEquals(toForm(form, "test"), form);
});

Deno.test("toForm() sends a Date in ISO 8601, and a bigint as a number", () => {
  const at = new Date(Date.UTC(2030, 0, 2, 3, 4, 5, 6));
  assertEquals(toForm({ at, list: [at], count: 5n }, "test"), {
    At: "2030-01-02T03:04:05.006Z",
    "List.1": "2030-01-02T03:04:05.006Z",
    Count: "5",
  });
});

Deno.test("toForm() rejects what a form cannot express, and names its place", () => {
  const expected =
    "a string, a finite number, a boolean, a valid Date, an array or an object";
  const invalid: readonly [unknown, string][] = [
    [null, "null"],
    [NaN, "number NaN"],
    [Infinity, "number Infinity"],
    [new Date(NaN), "an object"],
    [new Map([["a", "b"]]), "an object"],
    [new Set(["a"]), "an object"],
    [new Uint8Array(2), "an object"],
    [new URLSearchParams("a=b"), "an object"],
    [() => "a", "a function"],
    [Symbol("a"), "Symbol(a)"],
  ];
  for (const [value, got] of invalid) {
    const error = assertThrows(
      () => toForm({ filter: [{ name: "a" }, { value }] }, "createNode"),
      TypeError,
    );
    assertEquals(
      error.message,
      `createNode: Filter.2.Value must be ${expected}, got ${got}`,
    );
  }
  assertThrows(
    () => toForm(new URLSearchParams("a=b"), "request"),
    TypeError,
    `request: data must be ${expected}, got an object`,
  );
});
