import { assertEquals, assertRejects } from "@std/assert";
import {
  JsonKind,
  JsonResources,
  linkedPages,
  MalformedResponseError,
} from "../../core/mod.ts";
import { replay } from "../_support/replay.ts";
import { ACME, acme } from "./_acme.ts";

const PAGES = linkedPages(
  ["page"],
  ({ next }: { next?: string }) => next && { page: next },
);
const toName = ({ name }: { name: string }) => name.toUpperCase();

const DISKS = new JsonKind("/v2/disks", "volume", toName);
const KEYS = new JsonKind("/profile/sshkeys", "keyPair", toName, {
  plural: "data",
  singular: "",
});
const BOXES = new JsonKind("/boxes", "box", toName, { singular: "item" });

function open(fetch: (request: Request) => Promise<Response>) {
  return new JsonResources(acme(ACME, { fetch, retry: false }), PAGES);
}

Deno.test("JsonKind.at() builds paths of one resource, with the name of the argument", () => {
  assertEquals(DISKS.at("a/b").build("x"), "/v2/disks/a%2Fb");
  assertEquals(
    KEYS.at({ id: "1" }, "/actions/on").build("x"),
    "/profile/sshkeys/1/actions/on",
  );
});

Deno.test("JsonResources sends the requests of each kind, and reads its fields", async () => {
  using fetch = replay([
    {
      request: `GET ${ACME}/v2/disks?zone=n`,
      json: { disks: [{ name: "a" }], next: "2" },
    },
    {
      request: `GET ${ACME}/v2/disks?zone=n&page=2`,
      json: { disks: [{ name: "b" }, { name: "c" }] },
    },
    { request: `GET ${ACME}/profile/sshkeys`, json: { data: [{ name: "k" }] } },
    { request: `GET ${ACME}/v2/disks/1`, json: { disk: { name: "a" } } },
    { request: `GET ${ACME}/profile/sshkeys/1`, json: { name: "k" } },
    { request: `GET ${ACME}/boxes/1`, json: { item: { name: "x" } } },
    {
      request: `POST ${ACME}/v2/disks`,
      body: { size: 1 },
      json: { disk: { name: "d" } },
    },
    {
      request: `PUT ${ACME}/v2/disks/1`,
      body: { size: 2 },
      headers: { "x-trace": "1" },
      status: 204,
    },
    {
      request: `DELETE ${ACME}/v2/disks/1`,
      headers: { "x-trace": "2" },
      status: 204,
    },
  ]);
  const api = open(fetch);
  const settings = {
    params: { zone: "n" },
    keep: (name: string) => name !== "B",
  };
  const disks = await api.listOf("listVolumes", DISKS, {}, settings);
  assertEquals(disks, ["A", "C"]);
  assertEquals(await api.listOf("listKeyPairs", KEYS), ["K"]);
  assertEquals(await api.getOf("getVolume", DISKS, "1"), "A");
  assertEquals(await api.getOf("getKeyPair", KEYS, { id: "1" }), "K");
  assertEquals(await api.getOf("getBox", BOXES, "1"), "X");
  assertEquals(await api.createOf("createVolume", DISKS, {}, { size: 1 }), "D");
  const headers = { "x-trace": "1" };
  await api.updateOf("resizeVolume", DISKS, "1", { headers }, { size: 2 });
  const others = { "x-trace": "2" };
  await api.deleteOf("destroyVolume", DISKS, "1", { headers: others });
});

Deno.test("JsonResources rejects invalid ids before a request, by the name of the argument", async () => {
  using fetch = replay([]);
  const api = open(fetch);
  const calls: readonly (() => Promise<unknown>)[] = [
    () => api.getOf("call", DISKS, ".."),
    () => api.updateOf("call", DISKS, "..", {}, {}),
    () => api.deleteOf("call", DISKS, ".."),
  ];
  for (const call of calls) {
    await assertRejects(call, TypeError, "call: volume must be");
  }
});

Deno.test("JsonResources rejects a response without the record", async () => {
  using fetch = replay([
    { request: `GET ${ACME}/v2/disks/1`, json: { volume: { name: "a" } } },
  ]);
  await assertRejects(
    () => open(fetch).getOf("getVolume", DISKS, "1"),
    MalformedResponseError,
  );
});
