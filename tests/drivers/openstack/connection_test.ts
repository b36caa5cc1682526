import { assertEquals, assertRejects } from "@std/assert";
import {
  type ApiError,
  ConflictError,
  MalformedResponseError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitReachedError,
  ServiceUnavailableError,
  ValidationError,
} from "../../../core/mod.ts";
import {
  OpenStackCloud,
  type OpenStackOptions,
} from "../../../drivers/openstack/_connection.ts";
import {
  COMPUTE_URL,
  CREDENTIALS,
  type EndpointRow,
  json,
  Keystone,
  type KeystoneSettings,
} from "./_keystone.ts";

const { signal } = new AbortController();

function setUp(
  settings: KeystoneSettings = {},
  options: OpenStackOptions = {},
) {
  const keystone = new Keystone(settings);
  const cloud = new OpenStackCloud({
    ...CREDENTIALS,
    fetch: keystone.fetch,
    retry: false,
    ...options,
  }, "OpenStackNodeDriver");
  return { keystone, cloud, compute: cloud.connect("compute") };
}

const TWO_REGIONS: readonly EndpointRow[] = [
  ["compute", "north", "https://north.example/v2.1"],
  ["compute", "south", "https://south.example/v2.1"],
  ["compute", "south", "https://south.internal.example/v2.1", "internal"],
];

const joins: [Parameters<OpenStackCloud["connect"]>[0], EndpointRow, string][] =
  [
    [
      "compute",
      ["compute", "n", "https://a.example"],
      "https://a.example/v2.1",
    ],
    ["compute", ["compute", "n", `${COMPUTE_URL}/`], COMPUTE_URL],
    [
      "compute",
      ["compute", "n", "https://a.example/v2/7"],
      "https://a.example/v2/7",
    ],
    ["image", ["image", "n", "https://a.example/"], "https://a.example/v2"],
    [
      "image",
      ["image", "n", "https://a.example/image/v2/"],
      "https://a.example/image/v2",
    ],
    [
      "network",
      ["network", "n", "https://a.example:9696"],
      "https://a.example:9696/v2.0",
    ],
    [
      "network",
      ["network", "n", "https://a.example/v2.0"],
      "https://a.example/v2.0",
    ],
    [
      "block-storage",
      ["volumev3", "n", "https://a.example/v3/p"],
      "https://a.example/v3/p",
    ],
    [
      "block-storage",
      ["volume", "n", "https://a.example/v1/p"],
      "https://a.example/v1/p",
    ],
  ];
for (const [service, endpoint, expected] of joins) {
  Deno.test(`OpenStackCloud finds ${expected} for ${service} in ${endpoint[0]} ${endpoint[2]}`, async () => {
    const { cloud, keystone } = setUp({ endpoints: [endpoint] });
    await cloud.connect(service).request("/x");
    assertEquals(keystone.calls, [`GET ${expected}/x token-1`]);
  });
}

Deno.test("OpenStackCloud prefers the current type of a service to its aliases", async () => {
  const { cloud, keystone } = setUp({
    endpoints: [
      ["volumev2", "n", "https://two.example/v2/p"],
      ["volumev3", "n", "https://three.example/v3/p"],
    ],
  });
  await cloud.connect("block-storage").request("/x");
  assertEquals(keystone.calls, ["GET https://three.example/v3/p/x token-1"]);
});

Deno.test("OpenStackCloud uses the endpoint of the region and the interface", async () => {
  const options = { region: "south", interface: "internal" } as const;
  const { compute, keystone } = setUp({ endpoints: TWO_REGIONS }, options);
  await compute.request("/x");
  assertEquals(keystone.calls, [
    "GET https://south.internal.example/v2.1/x token-1",
  ]);
});

Deno.test("OpenStackCloud accepts the interface as the command line tools write it", async () => {
  const options = { region: "south", interface: "internalURL" as "internal" };
  const { compute, keystone } = setUp({ endpoints: TWO_REGIONS }, options);
  await compute.request("/x");
  assertEquals(keystone.calls.length, 1);
});

Deno.test("OpenStackCloud asks for the region if the cloud has several", async () => {
  const { compute, cloud, keystone } = setUp({ endpoints: TWO_REGIONS });
  await assertRejects(
    () => compute.request("/servers", { operation: "listNodes" }),
    TypeError,
    'listNodes: region must be "north" or "south", got undefined',
  );
  assertEquals(await cloud.regions(signal), ["north", "south"]);
  assertEquals(keystone.calls, []);
});

Deno.test("OpenStackCloud tells which regions have a service, and which service is missing", async () => {
  const { compute, cloud } = setUp({ endpoints: TWO_REGIONS }, {
    region: "west",
  });
  await assertRejects(
    () => compute.request("/servers", { operation: "listNodes" }),
    TypeError,
    "listNodes: the cloud has no public endpoint of the service compute in the " +
      "region west; it is available in north, south",
  );
  await assertRejects(
    () =>
      cloud.connect("image").request("/images", { operation: "listImages" }),
    TypeError,
    "listImages: the cloud has no public endpoint of the service image",
  );
});

Deno.test("OpenStackCloud sends the requests of a service to the URLs in baseUrl and endpoints", async () => {
  const { cloud, compute, keystone } = setUp({ endpoints: [] }, {
    baseUrl: "https://own.example/v2.1",
    endpoints: { volumev3: "https://volumes.example/v3" },
  });
  await compute.request("/x");
  await cloud.connect("block-storage").request("/y");
  assertEquals(keystone.calls, [
    "GET https://own.example/v2.1/x token-1",
    "GET https://volumes.example/v3/y token-1",
  ]);
});

Deno.test("OpenStackCloud refuses an endpoint with plain http:, which would show the token", async () => {
  const { compute, keystone } = setUp({
    endpoints: [["compute", "north", "http://nova.example/v2.1"]],
  });
  await assertRejects(
    () => compute.request("/servers", { operation: "listNodes" }),
    MalformedResponseError,
    "listNodes: the provider's endpoint is no https:// URL",
  );
  assertEquals(keystone.calls, []);
});

const negotiations: [string | undefined, string | null][] = [
  ["2.93", "compute 2.46"],
  ["2.46", "compute 2.46"],
  ["2.30", "compute 2.30"],
  ["2.12", "compute 2.12"],
  ["", null],
  [undefined, null],
];
for (const [newest, expected] of negotiations) {
  Deno.test(`OpenStackComputeConnection sends ${expected} if the newest microversion is ${newest}`, async () => {
    const { compute, keystone } = setUp({ newest });
    await compute.request("/a");
    await compute.request("/b");
    assertEquals(keystone.headers.get("openstack-api-version"), expected);
    // Before 2.27, Nova knew another header only.
    const older = keystone.headers.get("x-openstack-nova-api-version");
    assertEquals(older, newest === "2.12" ? "2.12" : null);
    assertEquals(keystone.versions, 1);
  });
}

Deno.test("ComputeConnection sends the microversion of the caller, and does not negotiate", async () => {
  const { compute, keystone } = setUp({}, { microversion: "2.90" });
  await compute.request("/a");
  assertEquals(keystone.headers.get("openstack-api-version"), "compute 2.90");
  assertEquals(keystone.versions, 0);
});

Deno.test("ComputeConnection.headersFor() returns the microversion of a feature", async () => {
  const feature = { operation: "createNode", name: "tags" };
  const { compute } = setUp();
  const headers = async (versions: object) =>
    (await compute.headersFor({ ...feature, ...versions }, signal))[
      "openstack-api-version"
    ];
  assertEquals(await headers({ since: "2.37" }), undefined);
  assertEquals(await headers({ since: "2.52" }), "compute 2.52");
  assertEquals(await headers({ until: "2.91" }), undefined);
  assertEquals(await headers({ until: "2.35" }), "compute 2.35");
  const newer = setUp({}, { microversion: "2.93" }).compute;
  assertEquals(
    (await newer.headersFor({ ...feature, until: "2.91" }, signal))[
      "openstack-api-version"
    ],
    "compute 2.91",
  );
});

Deno.test("ComputeConnection.headersFor() rejects if the cloud is too old", async () => {
  for (const newest of ["2.30", undefined]) {
    const { compute } = setUp({ newest });
    await assertRejects(
      () =>
        compute.headersFor(
          { operation: "createNode", name: "serverTags", since: "2.52" },
          signal,
        ),
      TypeError,
      "createNode: serverTags needs compute microversion 2.52; this cloud has at " +
        `most ${newest ?? "2.1"}`,
    );
  }
});

Deno.test("ComputeConnection rejects if the version document is unavailable, and requests it again", async () => {
  let isUp = false;
  const keystone = new Keystone();
  const { compute } = setUp({}, {
    fetch: async (request) => {
      const isVersion = request.url.endsWith("/v2.1/");
      return isVersion && !isUp
        ? new Response(null, { status: 503 })
        : await keystone.fetch(request);
    },
  });
  await assertRejects(() => compute.request("/a"), ServiceUnavailableError);
  assertEquals(keystone.calls, []);
  isUp = true;
  assertEquals((await compute.request("/a")).status, 200);
});

type ErrorClass = new (...args: never[]) => ApiError;
const failures: [
  name: string,
  body: unknown,
  status: number,
  ErrorClass,
  code: string | undefined,
  reason: string,
][] = [
  [
    "Nova",
    { itemNotFound: { code: 404, message: "Instance x could not be found." } },
    404,
    NotFoundError,
    "itemNotFound",
    '"Instance x could not be found." (404, code itemNotFound, request id req-1)',
  ],
  [
    "Nova in a wrong state",
    { conflictingRequest: { code: 409, message: "Cannot 'start'" } },
    409,
    ConflictError,
    "conflictingRequest",
    "Cannot 'start'",
  ],
  [
    "Nova at its rate limit",
    { overLimit: { code: 413, message: "Slow down", retryAfter: 26 } },
    413,
    RateLimitReachedError,
    "overLimit",
    "Slow down",
  ],
  [
    "Nova without permission",
    { forbidden: { code: 403, message: "Policy doesn't allow it" } },
    403,
    PermissionDeniedError,
    "forbidden",
    "Policy doesn't allow it",
  ],
  [
    "Keystone",
    { error: { code: 403, title: "Forbidden", message: "Not yours." } },
    403,
    PermissionDeniedError,
    undefined,
    "Not yours.",
  ],
  [
    "Neutron",
    {
      NeutronError: {
        type: "PortInUse",
        message: "Port 7 is in use",
        detail: "",
      },
    },
    409,
    ConflictError,
    "PortInUse",
    "Port 7 is in use",
  ],
  [
    "Neutron without a type",
    { NeutronError: "Invalid input" },
    400,
    ValidationError,
    undefined,
    "Invalid input",
  ],
  [
    "Glance",
    {
      message: "No image found<br /><br />\n\n",
      code: "404 Not Found",
      title: "Not Found",
    },
    404,
    NotFoundError,
    undefined,
    'refused: "No image found" (404',
  ],
  [
    "Octavia",
    { faultcode: "Client", faultstring: "Invalid", debuginfo: null },
    400,
    ValidationError,
    "Client",
    "Invalid",
  ],
  [
    "a middleware",
    { errors: [{ status: 400, title: "Bad Request", detail: "Version 9" }] },
    400,
    ValidationError,
    undefined,
    "Version 9",
  ],
];
for (const [name, body, status, errorClass, code, reason] of failures) {
  Deno.test(`OpenStackResponse reads the error of ${name}`, async () => {
    const headers = { "x-openstack-request-id": "req-1" };
    const { compute } = setUp({
      respond: () => json(body, { status, headers }),
    });
    const error = await assertRejects(
      () => compute.request("/servers/x", { operation: "getNode" }),
      errorClass as never,
      reason,
    ) as ApiError;
    assertEquals(error.code, code);
    assertEquals(error.requestId, "req-1");
    if (status === 413) assertEquals(error.retryAfterMs, 26_000);
  });
}

Deno.test("OpenStackResponse reads an error in HTML, as Glance sends it", async () => {
  const html = `<html>
 <head><title>404 Not Found</title></head>
 <body>
  <h1>404 Not Found</h1>
  No image found with ID x<br /><br />
 </body>
</html>`;
  const { compute } = setUp({
    respond: () =>
      new Response(html, {
        status: 404,
        headers: {
          "content-type": "text/html",
          "x-compute-request-id": "req-2",
        },
      }),
  });
  await assertRejects(
    () => compute.request("/images/x", { operation: "getImage" }),
    NotFoundError,
    'getImage: OpenStack refused: "No image found with ID x" ' +
      "(404, request id req-2)",
  );
});
