import { assert, assertEquals } from "@std/assert";
import {
  describedBy,
  type Description,
  operationsOf,
} from "../../testing/openapi.ts";

const description: Description = {
  paths: {
    "/things": {
      get: {
        parameters: [
          { name: "page", in: "query", schema: { type: "integer" } },
          { name: "kind", in: "query", schema: { enum: ["a", "b"] } },
          {
            name: "ids",
            in: "query",
            schema: { type: "array", items: { type: "integer" } },
          },
        ],
        responses: {
          200: {
            content: {
              "application/json": {
                schema: {
                  type: "object",
                  properties: {
                    things: {
                      type: "array",
                      items: { $ref: "#/components/schemas/Thing" },
                    },
                    note: { allOf: [{ type: "string", nullable: true }, {}] },
                    rest: { type: "object" },
                  },
                  required: ["things"],
                },
              },
            },
          },
        },
      },
      post: {
        requestBody: {
          content: {
            "application/json": {
              schema: {
                oneOf: [
                  { $ref: "#/components/schemas/Thing" },
                  { type: "object", properties: { id: { type: "integer" } } },
                ],
              },
            },
          },
        },
        responses: { 204: {}, default: {} },
      },
    },
    "/things/{thing-id}": {
      parameters: [
        {
          name: "thing-id",
          in: "path",
          required: true,
          schema: { type: "integer" },
        },
      ],
      put: { responses: { "4XX": {}, "5xx": {} } },
      delete: { responses: { 204: {} } },
    },
  },
  components: {
    schemas: {
      Thing: {
        type: "object",
        properties: {
          id: { type: "integer", readOnly: true },
          name: { type: "string", pattern: "^[a-z\\-\\:]+$" },
          at: { type: "string", format: "date-time" },
        },
        required: ["id", "name"],
      },
    },
  },
};

/** Sends one request with the given response, and returns the deviations. */
async function faultsOf(
  target: string,
  sent: unknown,
  status: number,
  received: unknown,
): Promise<readonly string[]> {
  const described = describedBy(
    description,
    () =>
      Promise.resolve(
        new Response(received === undefined ? null : JSON.stringify(received), {
          status,
        }),
      ),
  );
  const [method = "", path = ""] = target.split(" ");
  const response = await described.fetch(
    new Request(`https://api.example${path}`, {
      method,
      body: sent === undefined ? null : JSON.stringify(sent),
    }),
  );
  await response.body?.cancel();
  return described.faults;
}

const thing = { id: 1, name: "a:b", at: "2024-03-05T09:12:30Z" };

Deno.test("operationsOf() lists the operations of all paths", () => {
  assertEquals(operationsOf(description), [
    "GET /things",
    "POST /things",
    "PUT /things/{thing-id}",
    "DELETE /things/{thing-id}",
  ]);
});

for (
  const [target, sent, status, received] of [
    ["GET /things", undefined, 200, { things: [thing], note: null }],
    ["GET /things?page=2&kind=a", undefined, 200, {
      things: [],
      rest: { anything: 1 },
    }],
    ["GET /things?ids=1&ids=20", undefined, 200, { things: [] }],
    ["POST /things", { name: "a" }, 204, undefined],
    ["POST /things", {}, 500, undefined],
    ["PUT /things/5", undefined, 404, undefined],
    ["PUT /things/5", undefined, 503, undefined],
    ["DELETE /things/5", undefined, 204, undefined],
  ] as const
) {
  Deno.test(`describedBy() accepts ${target} ${JSON.stringify(sent)}`, async () => {
    assertEquals(await faultsOf(target, sent, status, received), []);
  });
}

for (
  const [fault, target, sent, status, received] of [
    ["is not described", "GET /none", undefined, 200, {}],
    ["is not described", "PUT /things", undefined, 200, {}],
    [
      "has the status 200, which is not described",
      "PUT /things/5",
      undefined,
      200,
    ],
    [
      "ids in its query.0 must be integer",
      "GET /things?ids=x",
      undefined,
      200,
      { things: [] },
    ],
    [
      "has the status 404, which is not described",
      "GET /things",
      undefined,
      404,
      {},
    ],
    ["response 200 of GET /things is not JSON", "GET /things", undefined, 200],
    [
      'response 200 of GET /things must have required property \'things\' {"missingProperty":"things"}',
      "GET /things",
      undefined,
      200,
      {},
    ],
    [
      'must NOT have unevaluated properties {"unevaluatedProperty":"more"}',
      "GET /things",
      undefined,
      200,
      { things: [], more: 1 },
    ],
    [
      'things.0 must NOT have unevaluated properties {"unevaluatedProperty":"more"}',
      "GET /things",
      undefined,
      200,
      { things: [{ ...thing, more: 1 }] },
    ],
    [
      'things.0.id must be integer {"type":"integer"}',
      "GET /things",
      undefined,
      200,
      { things: [{ ...thing, id: "1" }] },
    ],
    ["things.0.at must match format", "GET /things", undefined, 200, {
      things: [{ ...thing, at: "now" }],
    }],
    ["things.0.name must match pattern", "GET /things", undefined, 200, {
      things: [{ ...thing, name: "A" }],
    }],
    [
      "has the parameter size in its query",
      "GET /things?size=1",
      undefined,
      200,
      {
        things: [],
      },
    ],
    [
      "page in its query must be integer",
      "GET /things?page=x",
      undefined,
      200,
      {
        things: [],
      },
    ],
    [
      "kind in its query must be equal to one of",
      "GET /things?kind=c",
      undefined,
      200,
      { things: [] },
    ],
    ["has a body", "DELETE /things/5", { a: 1 }, 204],
    [
      "has the status 200, which is not",
      "DELETE /things/5",
      undefined,
      200,
      {},
    ],
    ["id in its path must be integer", "DELETE /things/x", undefined, 204],
    ["must NOT have unevaluated properties", "POST /things", { size: 1 }, 204],
    // Read-only in one alternative, and of the wrong type in the other.
    [
      '{"unevaluatedProperty":"id"}',
      "POST /things",
      { id: "1", name: "a" },
      204,
    ],
  ] as const
) {
  Deno.test(`describedBy() reports for ${target} ${JSON.stringify(sent ?? received)}: ${fault}`, async () => {
    const faults = await faultsOf(target, sent, status, received);
    assert(faults.some((it) => it.includes(fault)), `${faults}`);
  });
}

Deno.test("describedBy() ignores the given deviations and counts responses", async () => {
  const described = describedBy(description, () => {
    throw new Error("unexpected request");
  }, { except: [/"more"/] });
  described.check("GET", "/things", 200, '{"things": [], "more": 1}');
  assertEquals(described.faults, []);
  described.check("GET", "/things", 200, '{"things": [], "less": 1}');
  assertEquals(described.faults.length, 1);
  assertEquals(described.count, 2);
  assertEquals([...described.operations], ["GET /things"]);
  await Promise.resolve();
});
