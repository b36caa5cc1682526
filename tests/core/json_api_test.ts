import { assertEquals, assertRejects } from "@std/assert";
import {
  field,
  JsonApi,
  linkedPages,
  MalformedResponseError,
  NotFoundError,
  path,
  singlePage,
  ValidationError,
} from "../../core/mod.ts";
import { replay } from "../_support/replay.ts";
import { ACME, acme } from "./_acme.ts";

interface PageJson {
  next?: string;
}

const PAGES = linkedPages(
  ["page"],
  ({ next }: PageJson) => next && { page: next },
);
const toName = ({ name }: { name: string }) => name.toUpperCase();

function open(fetch: (request: Request) => Promise<Response>) {
  return new JsonApi(acme(ACME, { fetch, retry: false }), PAGES);
}

Deno.test("JsonApi.list() reads the field of each page, with parameters and a filter", async () => {
  using fetch = replay([
    {
      request: `GET ${ACME}/servers?zone=n`,
      json: { servers: [{ name: "a" }, { name: "b" }], next: "2" },
    },
    {
      request: `GET ${ACME}/servers?zone=n&page=2`,
      json: { servers: [{ name: "c" }] },
    },
  ]);
  const names = await open(fetch).list(
    "listNodes",
    "/servers",
    "servers",
    toName,
    {},
    { params: { zone: "n" }, keep: (name) => name !== "B" },
  );
  assertEquals(names, ["A", "C"]);
});

Deno.test("JsonApi.list() rejects a page without the field", async () => {
  using fetch = replay([{ request: `GET ${ACME}/servers`, json: {} }]);
  const error = await assertRejects(
    async () =>
      await open(fetch).list("listNodes", "/servers", "servers", toName),
    MalformedResponseError,
    "listNodes: unexpected response fields (application/json, HTTP 200)",
  );
  assertEquals(
    (error.cause as Error).message,
    'the response has no field "servers"',
  );
});

Deno.test("JsonApi.get() converts the body, or one field of it", async () => {
  using fetch = replay([
    { request: `GET ${ACME}/servers/1`, json: { name: "a" } },
    { request: `GET ${ACME}/servers/1`, json: { server: { name: "b" } } },
    { request: `GET ${ACME}/servers/1`, json: {} },
  ]);
  const api = open(fetch);
  const at = path`/servers/${{ node: "1" }}`;
  assertEquals(await api.get("getNode", at, toName), "A");
  assertEquals(await api.get("getNode", at, field("server", toName)), "B");
  await assertRejects(
    () => api.get("getNode", at, field("server", toName)),
    MalformedResponseError,
  );
});

Deno.test("JsonApi.create() posts data and hides its secrets in errors", async () => {
  using fetch = replay([
    {
      request: `POST ${ACME}/keys`,
      body: { name: "k", password: "canary" },
      json: { key: { name: "k" } },
    },
    {
      request: `POST ${ACME}/keys`,
      body: { name: "k", password: "canary" },
      status: 422,
      json: { fault: { text: "canary is weak" } },
    },
  ]);
  const api = open(fetch);
  const create = () =>
    api.create(
      "createKeyPair",
      "/keys",
      field("key", toName),
      { secrets: ["canary"] },
      { name: "k", password: "canary" },
    );
  assertEquals(await create(), "K");
  await assertRejects(
    create,
    ValidationError,
    'createKeyPair: Acme refused: "[redacted] is weak" (422)',
  );
});

Deno.test("JsonApi.send() sends a write with the options of the caller", async () => {
  using fetch = replay([
    {
      request: `PUT ${ACME}/servers/a%2Fb`,
      body: { name: "x" },
      headers: { "x-trace": "1" },
      status: 204,
    },
  ]);
  const at = path`/servers/${{ node: "a/b" }}`;
  const options = { headers: { "x-trace": "1" } };
  const response = await open(fetch)
    .send("renameNode", "PUT", at, options, { name: "x" });
  assertEquals(response.status, 204);
});

Deno.test("JsonApi.find() gets a record out of a list, or rejects with NotFoundError", async () => {
  const json = { servers: [{ id: 1, name: "a" }, { id: 2, name: "b" }] };
  const request = `GET ${ACME}/servers`;
  using fetch = replay([{ request, json }, { request, json }]);
  const api = open(fetch);
  const toServer = ({ id, name }: { id: number; name: string }) => ({
    id: `${id}`,
    name,
  });
  const find = (node: string) =>
    api.find("getNode", "/servers", "servers", toServer, { node });
  assertEquals(await find("2"), { id: "2", name: "b" });
  const error = await assertRejects(() => find("3"), NotFoundError);
  assertEquals(error.message, "getNode: no node has the id 3");
  assertEquals([error.status, error.url], [404, `${ACME}/servers`]);
  await assertRejects(
    () => find(".."),
    TypeError,
    'getNode: node must be a node or its id, got ".."',
  );
});

Deno.test("singlePage() rejects a list that is shorter than the provider's total", async () => {
  const request = `GET ${ACME}/servers`;
  const servers = [{ name: "a" }];
  using fetch = replay([
    { request, json: { servers, total: 1 } },
    { request, json: { servers } },
    { request, json: { servers, total: 2 } },
  ]);
  const pages = singlePage(({ total }: { total?: number }) => total);
  const api = new JsonApi(acme(ACME, { fetch, retry: false }), pages);
  const list = () => api.list("listNodes", "/servers", "servers", toName);
  assertEquals(await list(), ["A"]);
  assertEquals(await list(), ["A"]);
  const error = await assertRejects(
    async () => await list(),
    MalformedResponseError,
  );
  assertEquals(
    (error.cause as Error).message,
    "the list has 1 of 2 items",
  );
  await assertRejects(
    async () =>
      await api.list("listNodes", "/servers", "servers", toName, {
        from: "?page=2",
      }),
    TypeError,
    "listNodes: from must be undefined for a list of one page",
  );
});
