import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertStrictEquals,
} from "@std/assert";
import * as core from "../../core/errors.ts";
import * as compute from "../../core/compute/errors.ts";
import {
  ApiError,
  type ApiErrorOptions,
  CloudError,
  ConnectionError,
  errorClassFor,
  InvalidCredsError,
  NotFoundError,
  ServiceUnavailableError,
  TimeoutError,
} from "../../core/mod.ts";
import { NodeFailedError } from "../../core/compute/mod.ts";

// Another copy of the package, as npm installs one beside the other. The name
// is not a literal, so that nothing but this test sees it.
const errors = { ...core, ...compute };
const copy = "../../core/errors.ts?copy";
const other: typeof core = await import(copy);

const ABOUT: ApiErrorOptions = {
  provider: "acme",
  operation: "getNode",
  mayHaveBeenApplied: true,
  status: 404,
  code: "E1",
  requestId: "r-1",
  retryAfterMs: 5,
  method: "GET",
  url: "https://api.acme.example/v1/servers/1",
  body: "{}",
};

const NAMES = Object.keys(errors).filter((name) => name.endsWith("Error"));
const CORE_NAMES = NAMES.filter((name) => Object.hasOwn(core, name));

/** Makes an error of any class of this module. */
function make(
  from: typeof core,
  name: string,
  options: object = ABOUT,
): CloudError {
  const type = from[name as "CloudError"];
  return new type("Cannot getNode: no", options);
}

Deno.test("CloudError and its kin have names that minifying leaves alone", () => {
  assertEquals(NAMES.length, 14);
  for (const name of NAMES) {
    const error = make(errors, name);
    assertEquals(error.name, name);
    assertEquals(String(error), `${name}: Cannot getNode: no`);
    assertMatch(
      error.stack ?? "",
      new RegExp(`^${name}: Cannot getNode: no\n`),
    );
    assertInstanceOf(error, CloudError);
    assertInstanceOf(error, Error);
  }
  // A class that a bundler has renamed.
  const a = class extends NotFoundError {};
  assertEquals(new a("x", ABOUT).name, "NotFoundError");
});

Deno.test("CloudError.is() holds across two copies of the package, and for derived classes", () => {
  for (const name of CORE_NAMES) {
    const ours = make(errors, name);
    const theirs = make(other, name);
    assert(!(theirs instanceof CloudError));
    for (const error of [ours, theirs]) {
      assert(CloudError.is(error), name);
      assert(other.CloudError.is(error), name);
      for (const kin of NAMES) {
        const type = errors[kin as "CloudError"];
        assertEquals(type.is(error), ours instanceof type, `${kin} ${name}`);
      }
    }
  }
});

Deno.test("CloudError.is() is false for all else", () => {
  const others = [
    undefined,
    null,
    "CloudError",
    5,
    {},
    { name: "CloudError", mayHaveBeenApplied: true },
    new Error("CloudError"),
    new TypeError("no"),
    new DOMException("no", "AbortError"),
    Object.create(null),
    CloudError,
    CloudError.prototype.constructor,
  ];
  for (const error of others) {
    assert(!CloudError.is(error), Deno.inspect(error));
    assert(!NotFoundError.is(error));
  }
});

Deno.test("CloudError keeps what it was told, in JSON as well", () => {
  const cause = new TypeError("reset");
  const error = new NotFoundError("Cannot getNode: no", { ...ABOUT, cause });
  assertEquals({ ...error }, { ...ABOUT });
  assertEquals(JSON.parse(JSON.stringify(error)), { ...ABOUT });
  assertStrictEquals(error.cause, cause);
  assert(!("cause" in new NotFoundError("no", ABOUT)));
});

Deno.test("CloudError says false where nobody says whether it may have been applied", () => {
  for (const options of [{}, { mayHaveBeenApplied: undefined }]) {
    assertStrictEquals(new CloudError("no", options).mayHaveBeenApplied, false);
    assertStrictEquals(
      new TimeoutError("no", options).mayHaveBeenApplied,
      false,
    );
  }
  for (const isUnsent of [true, false]) {
    const line = new ConnectionError("no", { isUnsent });
    assertEquals([line.mayHaveBeenApplied, line.isUnsent], [false, isUnsent]);
  }
});

Deno.test("NodeFailedError has the node as last seen", () => {
  const node = {
    id: "1",
    name: "web",
    state: "error",
    publicIps: [],
    privateIps: [],
    extra: {},
  } as const;
  assertStrictEquals(new NodeFailedError("no", { node }).node, node);
});

Deno.test("errorClassFor() chooses by the status", () => {
  const classes: Record<number, unknown> = {
    0: ApiError,
    200: ApiError,
    302: ApiError,
    400: errors.ValidationError,
    401: InvalidCredsError,
    402: ApiError,
    403: errors.PermissionDeniedError,
    404: NotFoundError,
    405: ApiError,
    408: ApiError,
    409: errors.ConflictError,
    410: ApiError,
    422: errors.ValidationError,
    429: errors.RateLimitReachedError,
    499: ApiError,
    500: ServiceUnavailableError,
    501: ServiceUnavailableError,
    503: ServiceUnavailableError,
    599: ServiceUnavailableError,
  };
  for (const [status, type] of Object.entries(classes)) {
    assertStrictEquals(errorClassFor(Number(status)), type, status);
  }
});
