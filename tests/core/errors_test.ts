import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertStrictEquals,
} from "@std/assert";
import * as core from "../../core/errors.ts";
import * as compute from "../../core/compute/errors.ts";
import * as fleet from "../../core/compute/fleet_errors.ts";
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

const errors = { ...core, ...compute, ...fleet };
// A second copy of the package, as npm may install one. The specifier is not a
// literal, so that static analysis does not follow it.
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

/** Creates an error of the class of that name. */
function make(
  from: typeof core,
  name: string,
  options: object = ABOUT,
): CloudError {
  const type = from[name as "CloudError"];
  return new type("getNode: no", options);
}

Deno.test("CloudError and its subclasses keep their names in minified code", () => {
  assertEquals(NAMES.length, 19);
  for (const name of NAMES) {
    const error = make(errors, name);
    // Code for aborts compares the name with that of the platform's errors.
    const shown = name === "AbortedError" ? "AbortError" : name;
    assertEquals(error.name, shown);
    assertEquals(String(error), `${shown}: getNode: no`);
    assertMatch(
      error.stack ?? "",
      new RegExp(`^${shown}: getNode: no\n`),
    );
    assertInstanceOf(error, CloudError);
    assertInstanceOf(error, Error);
  }
  // As a bundler renames a class.
  const a = class extends NotFoundError {};
  assertEquals(new a("x", ABOUT).name, "NotFoundError");
});

Deno.test("CloudError.is() detects errors of another copy of the package and of subclasses", () => {
  for (const name of CORE_NAMES) {
    const ours = make(errors, name);
    const theirs = make(other, name);
    assert(!(theirs instanceof CloudError));
    for (const error of [ours, theirs]) {
      assert(CloudError.is(error), name);
      assert(other.CloudError.is(error), name);
      for (const className of NAMES) {
        const type = errors[className as "CloudError"];
        assertEquals(
          type.is(error),
          ours instanceof type,
          `${className} ${name}`,
        );
      }
    }
  }
});

Deno.test("CloudError.is() is false for other values", () => {
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

Deno.test("CloudError.is() is false for objects whose code throws", () => {
  const fail = () => {
    throw new Error("unexpected call");
  };
  const broken = (name: string, property: PropertyDescriptor) =>
    Object.defineProperty(new Error("no"), name, property);
  const values = [
    broken("constructor", { value: null }),
    broken("constructor", { value: undefined }),
    broken("constructor", { get: fail }),
    broken("constructor", {
      value: Object.defineProperty({}, "kind", { get: fail }),
    }),
    new Proxy(new Error("no"), { get: fail }),
    new Proxy(new Error("no"), { getPrototypeOf: fail }),
    new Proxy({}, { getPrototypeOf: fail, get: fail }),
  ];
  for (const value of values) {
    assertStrictEquals(CloudError.is(value), false);
    assertStrictEquals(NotFoundError.is(value), false);
  }
  const ours = broken.call(null, "x", { get: fail });
  Object.setPrototypeOf(ours, NotFoundError.prototype);
  assertStrictEquals(NotFoundError.is(ours), true);
});

Deno.test("CloudError.message is one line of limited length", () => {
  for (const name of CORE_NAMES) {
    const type = errors[name as "CloudError"];
    const text = "getNode: a\r\nb\u2028c\x1b[31md\u202ee\x9bf ";
    const error = new type(text, ABOUT);
    assertEquals(error.message, "getNode: a b c [31md e f");
    assertMatch(error.stack ?? "", /: getNode: a b c \[31md e f\n/);
    const long = new type("x\n".repeat(5_000_000), ABOUT);
    assertEquals(long.message.length, 2001);
  }
});

Deno.test("CloudError has the given properties, also in JSON", () => {
  const cause = new TypeError("reset");
  const error = new NotFoundError("getNode: no", { ...ABOUT, cause });
  assertEquals({ ...error }, { ...ABOUT });
  assertEquals(JSON.parse(JSON.stringify(error)), { ...ABOUT });
  assertStrictEquals(error.cause, cause);
  const aborted = new errors.AbortedError("createNode: aborted", { cause: 0 });
  assertStrictEquals(aborted.cause, 0);
  assert(!("cause" in new NotFoundError("no", ABOUT)));
});

Deno.test("CloudError.mayHaveBeenApplied is false by default", () => {
  for (const options of [{}, { mayHaveBeenApplied: undefined }]) {
    assertStrictEquals(new CloudError("no", options).mayHaveBeenApplied, false);
    assertStrictEquals(
      new TimeoutError("no", options).mayHaveBeenApplied,
      false,
    );
  }
  for (const isUnsent of [true, false]) {
    const error = new ConnectionError("no", { isUnsent });
    assertEquals([error.mayHaveBeenApplied, error.isUnsent], [false, isUnsent]);
  }
});

Deno.test("NodeFailedError.node is the given node", () => {
  const node = {
    id: "1",
    name: "web",
    state: "error",
    publicIps: [],
    privateIps: [],
    tags: {},
    extra: {},
  } as const;
  assertStrictEquals(new NodeFailedError("no", { node }).node, node);
});

Deno.test("errorClassFor() returns the class for a status", () => {
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
