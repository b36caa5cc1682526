/**
 * Tokens of a real Keystone, and links of a real Nova.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Fetch, InvalidCredsError } from "../../core/mod.ts";
import {
  connect,
  credentials,
  destroyAtEnd,
  needsCloud,
  smallest,
  uniqueName,
} from "./_cloud.ts";

/** Host that links name inside of the cloud, and that nobody outside knows. */
const INTERNAL = "nova.internal.example";

/** Remembers the requests that it sends. */
function recorder() {
  const requests: Request[] = [];
  const send: Fetch = (request) => {
    requests.push(request.clone());
    return fetch(request);
  };
  const logins = () =>
    requests.filter(({ url }) => url.endsWith("/auth/tokens")).length;
  return { requests, send, logins };
}

Deno.test({
  ...needsCloud(
    "calls at once with a revoked token log in once more, together",
  ),
  fn: async () => {
    const { requests, send, logins } = recorder();
    const revoked: string[] = [];
    const driver = connect({
      fetch: async (request) => {
        const response = await send(request);
        const token = response.headers.get("X-Subject-Token");
        // Before Nova sees it: Nova believes in a token for some minutes.
        if (token !== null && revoked.length === 0) {
          revoked.push(token);
          await revoke(token);
        }
        return response;
      },
    });
    const lists = await Promise.all(
      Array.from({ length: 8 }, async () => await driver.listKeyPairs()),
    );
    assertEquals(lists.length, 8);
    assertEquals(logins(), 2);
    const tokens = new Set(
      requests.map(({ headers }) => headers.get("X-Auth-Token")),
    );
    assert(tokens.has(revoked[0]!));
  },
});

async function revoke(token: string): Promise<void> {
  const response = await fetch(`${credentials().authUrl}/auth/tokens`, {
    method: "DELETE",
    headers: { "X-Auth-Token": token, "X-Subject-Token": token },
  });
  await response.body?.cancel();
  assertEquals(response.status, 204);
}

Deno.test({
  ...needsCloud("a wrong password is an InvalidCredsError that hides it"),
  fn: async () => {
    const driver = connect({ password: "canary-password" });
    const error = await assertRejects(
      async () => await driver.listNodes(),
      InvalidCredsError,
    );
    assert(!error.message.includes("canary"), error.message);
  },
});

Deno.test({
  ...needsCloud("links of Nova with an internal host are followed outside"),
  fn: async () => {
    const driver = connect();
    const { image, size } = await smallest(driver);
    const create = async () =>
      await driver.createNode({
        name: uniqueName(),
        image,
        size,
        networks: "none",
      });
    const nodes = [await create(), await create(), await create()];
    await using stack = new AsyncDisposableStack();
    for (const node of nodes) stack.use(destroyAtEnd(driver, node));

    let links = 0;
    const { requests, send } = recorder();
    // As behind a proxy: Nova is told that its name is the internal one.
    const outside = connect({
      fetch: async (request) => {
        const response = await send(request);
        const text = await response.text();
        const inner = text.replace(
          /"href": "http:\/\/[^"\/]+(\/v2\.1\/[^"]*marker=)/g,
          (_, rest) => {
            links++;
            return `"href": "http://${INTERNAL}${rest}`;
          },
        );
        const { status, headers } = response;
        const isEmpty = status === 204 || status === 304;
        return new Response(isEmpty ? null : inner, { status, headers });
      },
    });
    const ids = new Set<string>();
    for await (const { id } of outside.listNodes({ pageSize: 1 })) ids.add(id);
    assert(nodes.every(({ id }) => ids.has(id)));
    assert(links >= nodes.length - 1, `${links} links`);
    assertEquals(requests.filter(({ url }) => url.includes(INTERNAL)), []);
  },
});
