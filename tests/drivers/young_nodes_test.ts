/**
 * Nodes that were just created, which the provider may not know yet.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import { NotFoundError } from "../../core/mod.ts";
import { CLOUDS } from "../properties/_clouds.ts";
import { Random } from "../properties/_random.ts";

for (const cloud of CLOUDS.filter(({ name }) => name !== "ec2")) {
  /** A driver whose first DELETE is lost, and whose other ones get 404. */
  const open = () => {
    const random = new Random(1);
    random.chance = (probability) => probability >= 0.5;
    random.int = (min) => min;
    const account = cloud.simulate(random);
    let deletes = 0;
    const driver = cloud.drive(account, {
      fetch: async (request) => {
        if (request.method !== "DELETE") return await account.fetch(request);
        if (++deletes === 1) throw new TypeError("connection reset by peer");
        return new Response("{}", { status: 404 });
      },
      retry: { baseMs: 1 },
    });
    return { driver, deleted: () => deletes };
  };

  Deno.test(`destroyNode() of ${cloud.name} does not believe that a young node is gone if a retry gets 404`, async () => {
    for (const isId of [false, true]) {
      const { driver, deleted } = open();
      const node = await driver.createNode({ ...cloud.node, name: "web-1" });
      const error = await assertRejects(
        () => driver.destroyNode(isId ? node.id : node),
        NotFoundError,
      );
      assertEquals(error.mayHaveBeenApplied, true);
      assertEquals(deleted(), 2);
    }
  });

  Deno.test(`destroyNode() of ${cloud.name} resolves if an old node is gone after a lost response`, async () => {
    const { driver, deleted } = open();
    await driver.destroyNode("7");
    assertEquals(deleted(), 2);
  });
}
