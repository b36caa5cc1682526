import { assertEquals, assertLessOrEqual, assertMatch } from "@std/assert";
import { type Env, makeWorker } from "../../examples/fleet_edge.ts";
import { DigitalOceanNodeDriver } from "../../drivers/digitalocean/compute.ts";
import { DigitalOceanSimulator } from "../../simulators/digitalocean/mod.ts";

const ENV: Env = { ACCESS_TOKEN: "access" };
const ACCOUNTS = 40;

interface Answer {
  readonly nodes: readonly { readonly driver: string; readonly id: string }[];
  readonly failed: Readonly<Record<string, string>>;
  readonly next?: string;
  readonly error?: string;
}

/** A worker whose accounts have three pages each. */
function simulate() {
  const { credentials, fetch } = new DigitalOceanSimulator({
    nodes: 7,
    largestPage: 3,
  });
  let requests = 0;
  const worker = makeWorker(() =>
    Object.fromEntries(
      Array.from({ length: ACCOUNTS }, (_, index) => [
        `do-${index}`,
        new DigitalOceanNodeDriver({
          token: index === 5 ? "wrong" : credentials.token,
          fetch: (request) => {
            requests++;
            return fetch(request);
          },
        }),
      ]),
    )
  );
  return {
    async get(url: string, token = "access") {
      requests = 0;
      const headers = { authorization: `Bearer ${token}` };
      const response = await worker.fetch(new Request(url, { headers }), ENV);
      return { response, requests };
    },
  };
}

Deno.test("fleet_edge lists all nodes in parts of at most 50 requests", async () => {
  const { get } = simulate();
  const refs: string[] = [];
  const failed: string[] = [];
  let parts = 0;
  let url: string | undefined = "https://nodes.example.com/?x=1";
  while (url) {
    const { response, requests } = await get(url);
    assertLessOrEqual(requests, 50);
    const answer: Answer = await response.json();
    refs.push(...answer.nodes.map(({ driver, id }) => `${driver}/${id}`));
    failed.push(...Object.keys(answer.failed));
    url = answer.next;
    // Browsers and servers accept links of 2 kB.
    assertLessOrEqual(url?.length ?? 0, 2048);
    parts++;
  }
  assertEquals(failed, ["do-5"]);
  assertEquals(refs.length, 39 * 7);
  assertEquals(new Set(refs).size, refs.length);
  assertLessOrEqual(3, parts);
});

Deno.test("fleet_edge refuses callers without the token, and invalid positions", async () => {
  const { get } = simulate();
  const url = "https://nodes.example.com/";
  const { response, requests } = await get(url, "wrong");
  assertEquals([response.status, requests], [401, 0]);
  const invalid = await get(`${url}?from=1.abc.0`);
  assertEquals([invalid.response.status, invalid.requests], [400, 0]);
  const { error = "" }: Answer = await invalid.response.json();
  assertMatch(error, /^listNodes: from is a position of another list/);
});

Deno.test("fleet_edge creates a driver for each token in the variables", async () => {
  const { default: worker } = await import("../../examples/fleet_edge.ts");
  const headers = { authorization: "Bearer access" };
  for (const variable of ["DIGITALOCEAN_TOKENS", "HETZNER_TOKENS"]) {
    // The second name is invalid, so that no request is sent.
    const tokens = JSON.stringify({ prod: "a", [`${variable}/2`]: "b" });
    const response = await worker.fetch(
      new Request("https://nodes.example.com/", { headers }),
      { ...ENV, [variable]: tokens },
    );
    const error =
      `Fleet: name must be a string without "/", got "${variable}/2"`;
    assertEquals(await response.json(), { error });
  }
});
