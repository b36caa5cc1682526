import {
  assert,
  assertEquals,
  assertMatch,
  assertNotMatch,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  type ApiError,
  type Failure,
  InvalidCredsError,
  type RequestOptions,
  TimeoutError,
  type XmlElement,
  XmlResponse,
} from "../../../core/mod.ts";
import {
  AwsConnection,
  type AwsCredentials,
  type AwsOptions,
  checkRegion,
} from "../../../drivers/aws/_connection.ts";
import { deriveKey, signV4 } from "../../../drivers/aws/_signature.ts";
import { serve } from "../../_support/serve.ts";

const KEYS: AwsCredentials = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
};
const HOUR_MS = 3_600_000;

/** Reads errors in the format of EC2. */
class TestResponse<T> extends XmlResponse<T> {
  protected override failure(body: XmlElement): Failure {
    return {
      code: body.textAt("Errors", "Error", "Code"),
      reason: body.textAt("Errors", "Error", "Message"),
    };
  }
}

class TestConnection extends AwsConnection {
  override readonly provider = "test";
  protected override readonly service = "ec2";
  protected override readonly responseClass = TestResponse;

  constructor(options: Partial<AwsOptions> = {}, url = "https://aws.example") {
    const settings = { ...KEYS, region: "us-east-1", ...options };
    super(url, settings as AwsOptions, "TestDriver");
  }

  protected override encodeData(data: unknown, headers: Headers): string {
    headers.set(
      "content-type",
      "application/x-www-form-urlencoded; charset=utf-8",
    );
    return `${new URLSearchParams(data as Record<string, string>)}`;
  }
}

const OK = "<Response/>";

function refusal(
  code: string,
  message: string,
  status = 400,
  date = new Date(),
): Response {
  return new Response(
    `<Response><Errors><Error><Code>${code}</Code><Message>${message}</Message></Error></Errors></Response>`,
    { status, headers: { date: date.toUTCString() } },
  );
}

/** Time of a signed request, in milliseconds since 1970. */
function timeOf(request: Request): number {
  const stamp = request.headers.get("x-amz-date") ?? "";
  assertMatch(stamp, /^\d{8}T\d{6}Z$/);
  return Date.parse(
    stamp.replace(/(....)(..)(..)T(..)(..)(..)Z/, "$1-$2-$3T$4:$5:$6Z"),
  );
}

/** Creates a `fetch` with prepared responses, which records the requests. */
function record(...responses: (() => Response)[]) {
  const sent: Request[] = [];
  const fetch = async (request: Request) => {
    sent.push(request);
    await undefined;
    return responses.shift()?.() ?? new Response(OK);
  };
  return { sent, fetch };
}

Deno.test("AwsConnection signs the host, the content type, and the x-amz- headers", async () => {
  const { sent, fetch } = record();
  const connection = new TestConnection({
    ...KEYS,
    sessionToken: "token/+==",
    fetch,
  });
  await connection.request("/", {
    method: "POST",
    data: { Action: "DescribeInstances" },
    headers: { "X-Amz-Custom": "  a   b ", "X-Other": "c" },
  });
  const [request] = sent;
  assertMatch(
    request!.headers.get("authorization") ?? "",
    /^AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE\/\d{8}\/us-east-1\/ec2\/aws4_request, SignedHeaders=content-type;host;x-amz-custom;x-amz-date;x-amz-security-token, Signature=[\da-f]{64}$/,
  );
  assertEquals(request!.headers.get("x-amz-security-token"), "token/+==");
  assertEquals(await request!.text(), "Action=DescribeInstances");
});

Deno.test("AwsConnection sends the query exactly as it is signed", async () => {
  const { sent, fetch } = record();
  const connection = new TestConnection({ fetch });
  await connection.request("/", {
    params: {
      "Filter.1.Value": "a b+c/d*é'()~",
      "Action": "X",
      "Filter-1": "=",
      "Filter": "%",
    },
  });
  assertEquals(
    sent[0]?.url,
    "https://aws.example/?Action=X&Filter=%25&Filter-1=%3D&Filter.1.Value=a%20b%2Bc%2Fd%2A%C3%A9%27%28%29~",
  );
});

Deno.test("AwsConnection sends signatures that a server verifies", async () => {
  const verdicts: boolean[] = [];
  await using server = serve(async (request) => {
    const { method, url, headers } = request;
    const authorization = headers.get("authorization") ?? "";
    const [, scope = "", names = ""] =
      /Credential=[^/]+\/(\S+), SignedHeaders=(\S+),/.exec(authorization) ?? [];
    // The port is part of the host.
    const signed = new Headers({ host: new URL(url).host });
    for (const name of names.split(";")) {
      if (name !== "host") signed.set(name, headers.get(name) ?? "");
    }
    const [date = "", region = "", service = ""] = scope.split("/");
    const { accessKeyId, secretAccessKey } = KEYS;
    const key = await deriveKey(secretAccessKey, date, region, service);
    const body = new Uint8Array(await request.arrayBuffer());
    const made = await signV4(
      { method, url: new URL(url), headers: signed, body },
      { accessKeyId, scope, key },
    );
    verdicts.push(made.authorization === authorization);
    return new Response(OK);
  });
  const connection = new TestConnection({}, server.url);
  const requests: RequestOptions[] = [
    { params: { Action: "a b", Ü: "+&=*'()" } },
    { method: "POST", data: { Action: "a b", Ü: "+&=*'()" } },
    { method: "POST" },
    { method: "DELETE", headers: { "X-Amz-Meta": "a  b" } },
  ];
  for (const options of requests) await connection.request("/", options);
  assertEquals(verdicts, [true, true, true, true]);
});

Deno.test("AwsConnection signs each attempt", async () => {
  const { sent, fetch } = record(
    () => new Response(OK, { status: 503 }),
    () => new Response(OK, { status: 503 }),
  );
  const connection = new TestConnection({ fetch, retry: { baseMs: 1 } });
  await connection.request("/");
  assertEquals(sent.length, 3);
  for (const request of sent) {
    assertMatch(request.headers.get("authorization") ?? "", /Signature=/);
  }
});

const LATE: Record<string, [code: string, message: string, status: number]> = {
  "RequestExpired": [
    "RequestExpired",
    "Request has expired.",
    400,
  ],
  "InvalidSecurity.RequestHasExpired": [
    "InvalidSecurity.RequestHasExpired",
    "The difference between the request time and the current time is too large.",
    400,
  ],
  "AuthFailure": [
    "AuthFailure",
    "AWS was not able to validate the provided access credentials",
    401,
  ],
  "an expired signature": [
    "SignatureDoesNotMatch",
    "Signature expired: 20150830T123600Z is now earlier than 20150830T133100Z (20150830T133600Z - 5 min.)",
    403,
  ],
  "a signature that is not yet current": [
    "InvalidSignatureException",
    "Signature not yet current: 20150830T123600Z is still later than 20150830T120500Z (20150830T120000Z + 5 min.)",
    403,
  ],
  "RequestTimeTooSkewed": [
    "RequestTimeTooSkewed",
    "The difference between the request time and the current time is too large.",
    403,
  ],
};
for (const [reason, refused] of Object.entries(LATE)) {
  for (const offMs of [HOUR_MS, -HOUR_MS]) {
    const side = offMs < 0 ? "behind" : "ahead";
    Deno.test(`AwsConnection corrects a clock and sends the request again after ${reason}, ${side}`, async () => {
      const there = () => new Date(Date.now() + offMs);
      const { sent, fetch } = record(() => refusal(...refused, there()));
      const connection = new TestConnection({ fetch, retry: false });
      await connection.request("/", { method: "POST", data: { Action: "X" } });
      await connection.request("/");
      const offs = sent.map((it) => Math.abs(timeOf(it) - +there()) < 60_000);
      assertEquals(offs, [false, true, true]);
    });
  }
}

Deno.test("AwsConnection sends no third request if the clock was not the reason", async () => {
  const there = () => new Date(Date.now() + HOUR_MS);
  const late = () =>
    refusal("RequestExpired", "Request has expired.", 400, there());
  const { sent, fetch } = record(late, late, late);
  const connection = new TestConnection({ fetch });
  await assertRejects(() => connection.request("/"), Error, "expired");
  assertEquals(sent.length, 2);
});

const NO_CORRECTION: Record<string, () => Response> = {
  "a success": () =>
    new Response(OK, {
      headers: { date: new Date(Date.now() + HOUR_MS).toUTCString() },
    }),
  "another error": () =>
    refusal(
      "UnauthorizedOperation",
      "The request has expired in vain",
      403,
      new Date(Date.now() + HOUR_MS),
    ),
  "a wrong secret": () => refusal("SignatureDoesNotMatch", "No match", 403),
  "a difference of three minutes": () =>
    refusal("RequestExpired", "Expired", 400, new Date(Date.now() - 180_000)),
  "a response without a time": () =>
    new Response(
      "<Response><Errors><Error><Code>RequestExpired</Code></Error></Errors></Response>",
      { status: 400 },
    ),
  "a response with an invalid time": () =>
    new Response(
      "<Response><Errors><Error><Code>RequestExpired</Code></Error></Errors></Response>",
      { status: 400, headers: { date: "yesterday" } },
    ),
};
for (const [what, respond] of Object.entries(NO_CORRECTION)) {
  Deno.test(`AwsConnection does not correct its clock after ${what}`, async () => {
    const { sent, fetch } = record(respond);
    const connection = new TestConnection({ fetch, retry: false });
    await connection.request("/").catch(() => {});
    assertEquals(sent.length, 1);
    await connection.request("/");
    assert(Math.abs(timeOf(sent[1]!) - Date.now()) < 60_000);
  });
}

/** Creates a service that accepts one key, and a function that gets keys. */
function setUp(accepts: () => string, refused = ["AuthFailure", "No", 401]) {
  let got = 0;
  const ids: string[] = [];
  const credentials = async () => {
    const of = ++got;
    await undefined;
    return {
      accessKeyId: `ASIA${of}`,
      secretAccessKey: `secret-canary-${of}`,
      sessionToken: `session-canary-${of}`,
    };
  };
  const fetch = async (request: Request) => {
    const [, id = ""] =
      /Credential=(\w+)/.exec(request.headers.get("authorization") ?? "") ?? [];
    ids.push(id);
    await new Promise((resolve) => setTimeout(resolve, 5));
    return id === accepts()
      ? new Response(OK)
      : refusal(...refused as [string, string, number]);
  };
  const connection = new TestConnection({ credentials, fetch, retry: false });
  return { connection, ids, got: () => got };
}

Deno.test("AwsConnection gets a key once, before the first request", async () => {
  const { connection, ids, got } = setUp(() => "ASIA1");
  assertEquals(got(), 0);
  await Promise.all(Array.from({ length: 20 }, () => connection.request("/")));
  await connection.request("/");
  assertEquals([got(), new Set(ids)], [1, new Set(["ASIA1"])]);
});

const EXPIRED: Record<string, [string, string, number]> = {
  "AuthFailure": ["AuthFailure", "No such keys", 401],
  "RequestExpired": ["RequestExpired", "Request has expired.", 400],
  "ExpiredToken": ["ExpiredToken", "The token has expired", 400],
  "ExpiredTokenException": ["ExpiredTokenException", "Expired", 403],
  "InvalidClientTokenId": ["InvalidClientTokenId", "Not valid", 403],
};
for (const [code, refused] of Object.entries(EXPIRED)) {
  Deno.test(`AwsConnection gets a new key once for 20 requests that are refused with ${code}`, async () => {
    let accepted = "ASIA1";
    const { connection, ids, got } = setUp(() => accepted, refused);
    await connection.request("/");
    accepted = "ASIA2";
    await Promise.all(
      Array.from(
        { length: 20 },
        () => connection.request("/", { method: "POST" }),
      ),
    );
    assertEquals(got(), 2);
    assertEquals(ids.filter((id) => id === "ASIA2").length, 20);
  });
}

Deno.test("AwsConnection rejects if the new key is refused as well", async () => {
  const { connection, ids, got } = setUp(() => "none");
  await assertRejects(() => connection.request("/"), InvalidCredsError);
  assertEquals([ids, got()], [["ASIA1", "ASIA2"], 2]);
});

Deno.test("AwsConnection keeps its key if a resource belongs to another account", async () => {
  for (const code of ["AuthFailure", "InvalidClientToken"]) {
    const refused: [string, string, number] = [code, "Not yours", 400];
    const { connection, ids } = setUp(() => "none", refused);
    await assertRejects(() => connection.request("/"));
    assertEquals(ids, ["ASIA1"]);
  }
});

Deno.test("AwsConnection keeps its key if a permission is missing", async () => {
  const { connection, ids } = setUp(
    () => "none",
    ["UnauthorizedOperation", "You are not authorized", 403],
  );
  await assertRejects(() => connection.request("/"));
  assertEquals(ids, ["ASIA1"]);
});

Deno.test("AwsConnection sends a request once if it has no function that gets keys", async () => {
  const { sent, fetch } = record(() => refusal("AuthFailure", "No", 401));
  const connection = new TestConnection({ fetch });
  await assertRejects(() => connection.request("/"), InvalidCredsError);
  assertEquals(sent.length, 1);
});

Deno.test("AwsConnection rejects with the error of the function, and calls it again for the next request", async () => {
  const reason = new Error("no metadata service");
  let got = 0;
  const { fetch } = record();
  const connection = new TestConnection({
    credentials: () => {
      if (++got === 1) throw reason;
      return KEYS;
    },
    fetch,
  });
  const error = await connection.request("/").catch((error) => error);
  assertStrictEquals(error, reason);
  assertEquals((await connection.request("/")).status, 200);
});

Deno.test("AwsConnection rejects missing and invalid keys, and does not show them", async () => {
  const unusual = "contains characters that no key of AWS has";
  const wrong = [
    ["", "is required"],
    [undefined, "is required"],
    [null, "is required"],
    [5, "must be a string, got number"],
    ["can ary", unusual],
    ["can\nary", unusual],
    ["can&ary", unusual],
    ["cañary", unusual],
  ] as const;
  for (const field of ["accessKeyId", "secretAccessKey", "sessionToken"]) {
    for (const [value, problem] of wrong) {
      const message = `TestDriver: ${field} ${problem}`;
      if (field === "sessionToken" && value === undefined) continue;
      const keys = { ...KEYS, [field]: value } as AwsCredentials;
      const error = assertThrows(() => new TestConnection(keys), TypeError);
      assertEquals(error.message, message);
      assertNotMatch(Deno.inspect(error), /can.{0,2}ary|wJalr/);
      const { sent, fetch } = record();
      const connection = new TestConnection({ credentials: () => keys, fetch });
      await assertRejects(() => connection.request("/"), TypeError, message);
      assertEquals(sent.length, 0);
    }
  }
});

Deno.test("AwsConnection rejects if its function returns nothing", async () => {
  for (const keys of [undefined, null, "canary"]) {
    const connection = new TestConnection({
      credentials: () => keys as unknown as AwsCredentials,
    });
    const error = await assertRejects(
      () => connection.request("/"),
      TypeError,
    );
    assertEquals(error.message, "TestDriver: accessKeyId is required");
  }
});

Deno.test("AwsConnection shows no key in errors, in JSON and on the console", async () => {
  const sessionToken = "session-canary/+==";
  const secretAccessKey = "secret-canary/+==";
  const echo = (request: Request) => {
    const form = new URLSearchParams({ a: secretAccessKey, b: sessionToken });
    return Promise.resolve(refusal(
      "SignatureDoesNotMatch",
      `${
        request.headers.get("x-amz-security-token")
      } ${form} ${secretAccessKey}`,
      403,
    ));
  };
  const connection = new TestConnection({
    ...KEYS,
    secretAccessKey,
    sessionToken,
    fetch: echo,
  });
  const error = await assertRejects(
    () => connection.request("/"),
  ) as ApiError;
  assertStringIncludes(error.body, "[redacted]");
  for (
    const text of [
      Deno.inspect(error, { depth: 9 }),
      JSON.stringify(error),
      error.message,
      error.body,
      Deno.inspect(connection, { depth: 9, showHidden: true }),
      JSON.stringify(connection),
    ]
  ) assertNotMatch(text, /canary/);
});

Deno.test("checkRegion() accepts parts of host names, and rejects zones", () => {
  for (const region of ["us-east-1", "eusc-de-east-1", "local"]) {
    assertEquals(checkRegion(region, "test"), region);
  }
  const wrong = [
    "",
    "US-EAST-1",
    "a.b",
    "a/b",
    "a b",
    "-a",
    "a-",
    "a--b",
    "a@b",
    "évil",
    "x#",
    "us-east-1a",
    "us-west-2-lax-1a",
    undefined,
    5,
    {},
  ];
  for (const region of wrong) {
    const error = assertThrows(() => checkRegion(region, "test"), TypeError);
    assertStringIncludes(
      error.message,
      'test: region must be a region such as "eu-central-1", got ',
    );
  }
});

Deno.test("AwsConnection ignores a time that the clock of AWS cannot show", async () => {
  for (
    const date of [
      "Sat, 13 Sep 275760 00:00:00 GMT",
      "Fri, 31 Dec 9999 23:59:59 GMT",
      "Thu, 01 Jan 1970 00:00:00 GMT",
      "Mon, 01 Jan -2000 00:00:00 GMT",
    ]
  ) {
    const forged = refusal("AuthFailure", "No", 401);
    forged.headers.set("date", date);
    const { sent, fetch } = record(() => forged);
    const connection = new TestConnection({ fetch });
    await assertRejects(() => connection.request("/"), InvalidCredsError);
    // The driver still works, with the right time.
    assertEquals((await connection.request("/")).status, 200);
    assertEquals(sent.length, 2);
    assert(Math.abs(timeOf(sent[1]!) - Date.now()) < 60_000, date);
  }
});

Deno.test("AwsConnection calls the function again if an earlier call of it does not return in time", async () => {
  let calls = 0;
  const { fetch } = record();
  const connection = new TestConnection({
    credentials: () => ++calls === 1 ? new Promise(() => {}) : KEYS,
    fetch,
  });
  await assertRejects(
    () => connection.request("/", { timeoutMs: 20 }),
    TimeoutError,
  );
  assertEquals((await connection.request("/")).status, 200);
  assertEquals(calls, 2);
});

Deno.test("AwsConnection sends no session token if the new keys have none", async () => {
  const keys = [{ ...KEYS, sessionToken: "session-1" }, KEYS];
  const { sent, fetch } = record(() => refusal("ExpiredToken", "Expired"));
  const connection = new TestConnection({
    credentials: () => keys.shift()!,
    fetch,
  });
  await connection.request("/", { method: "POST", data: { Action: "X" } });
  const tokens = sent.map(({ headers }) => headers.get("x-amz-security-token"));
  assertEquals(tokens, ["session-1", null]);
});

Deno.test("AwsConnection redacts the last four keys only", async () => {
  let got = 0;
  const ids = Array.from({ length: 9 }, (_, n) => `ASIACANARY${n + 1}`);
  const connection = new TestConnection({
    credentials: () => ({ ...KEYS, accessKeyId: ids[got++]! }),
    fetch: () => Promise.resolve(refusal("AuthFailure", ids.join(" "), 401)),
  });
  let error = new Error();
  while (got < 9) {
    error = await assertRejects(() => connection.request("/"), Error);
  }
  assertEquals(got, 9);
  assertStringIncludes(error.message, `"${ids.slice(0, 5).join(" ")} [redact`);
  assertNotMatch(error.message, /ASIACANARY[6-9]/);
});
