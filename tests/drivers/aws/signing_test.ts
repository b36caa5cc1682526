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
  InvalidCredsError,
  type RequestOptions,
  XmlResponse,
} from "../../../core/mod.ts";
import {
  AwsConnection,
  type AwsCredentials,
  type AwsOptions,
  checkRegion,
  deriveKey,
  signV4,
} from "../../../drivers/aws/_signing.ts";
import suite from "../../../fixtures/ec2/sigv4_vectors.json" with {
  type: "json",
};
import { serve } from "../../_support/serve.ts";

const KEYS: AwsCredentials = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
};
const HOUR_MS = 3_600_000;

/** Answers errors as EC2 does. */
class TestResponse<T> extends XmlResponse<T> {
  protected override code(): string | undefined {
    return this.root?.all("Errors", "Error")[0]?.textAt("Code");
  }

  protected override reason(): string | undefined {
    return this.root?.all("Errors", "Error")[0]?.textAt("Message");
  }

  get root() {
    return this.body as ReturnType<XmlResponse["parseBody"]>;
  }
}

class TestConnection extends AwsConnection {
  override readonly provider = "test";
  protected override readonly service = "ec2";
  protected override readonly responseClass = TestResponse;

  constructor(options: Partial<AwsOptions> = {}, url = "https://aws.example") {
    super(url, { ...KEYS, region: "us-east-1", ...options } as AwsOptions);
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

/** The time in a signed request, in milliseconds. */
function timeOf(request: Request): number {
  const stamp = request.headers.get("x-amz-date") ?? "";
  assertMatch(stamp, /^\d{8}T\d{6}Z$/);
  return Date.parse(
    stamp.replace(/(....)(..)(..)T(..)(..)(..)Z/, "$1-$2-$3T$4:$5:$6Z"),
  );
}

/** Sends requests to answers, and keeps what was sent. */
function record(...answers: (() => Response)[]) {
  const sent: Request[] = [];
  const fetch = async (request: Request) => {
    sent.push(request);
    await undefined;
    return answers.shift()?.() ?? new Response(OK);
  };
  return { sent, fetch };
}

// What is joined the way a server joins it, since Headers puts a space after
// each comma, and knows no line breaks.
const JOINED = [
  "get-header-key-duplicate",
  "get-header-value-multiline",
  "get-header-value-order",
];
// They sign a path that was sent as it is, which no URL can: it is encoded, and
// then AWS encodes it once more.
const NOT_FOR_URLS = ["get-space", "get-utf8"];

let run = 0;
for (const vector of suite.vectors) {
  if (NOT_FOR_URLS.includes(vector.name)) continue;
  run++;
  Deno.test(`signV4() signs ${vector.name} of AWS's own tests`, async () => {
    const { method, uri, headers: pairs, body = "" } = vector.request as {
      method: string;
      uri: string;
      headers: [string, string][];
      body?: string;
    };
    const headers = new Headers();
    if (JOINED.includes(vector.name)) {
      const values = pairs.filter(([name]) => name === "My-Header1")
        .flatMap(([, value]) => value.split(/\n */));
      headers.set("my-header1", values.join(","));
    }
    for (const [name, value] of pairs) {
      if (name !== "My-Header1" || !headers.has(name)) {
        headers.append(name, value);
      }
    }
    const { date, region, service, accessKeyId, secretAccessKey } = suite;
    const url = new URL(`https://example.amazonaws.com${uri}`);
    const scope = `${date}/${region}/${service}/aws4_request`;
    const key = await deriveKey(secretAccessKey, date, region, service);
    const signature = await signV4({ method, url, headers, body }, {
      accessKeyId,
      scope,
      key,
    });
    const { canonicalRequest, stringToSign, authorization } = vector;
    assertEquals(signature, { canonicalRequest, stringToSign, authorization });
  });
}

Deno.test("signV4() was tested with 33 of AWS's 35 tests", () => {
  console.log(
    `${run} of ${suite.vectors.length} vectors; not ${NOT_FOR_URLS}`,
  );
  assertEquals([run, suite.vectors.length], [33, 35]);
  const names = suite.vectors.map(({ name }) => name);
  assertEquals(new Set(names).size, names.length);
  for (const name of [...JOINED, ...NOT_FOR_URLS]) assert(names.includes(name));
});

Deno.test("signV4() encodes a path once more, as AWS does", async () => {
  const key = await deriveKey("secret", "20150830", "us-east-1", "ec2");
  const { canonicalRequest } = await signV4({
    method: "GET",
    url: new URL("https://a.example/a b//ሴ/(x)"),
    headers: new Headers(),
    body: "",
  }, { accessKeyId: "a", scope: "s", key });
  assertStringIncludes(
    canonicalRequest,
    "GET\n/a%2520b/%25E1%2588%25B4/%28x%29\n",
  );
});

Deno.test("AwsConnection signs the host, the type, the time and the token, and nothing else", async () => {
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

Deno.test("AwsConnection sends a query as it was signed", async () => {
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

Deno.test("AwsConnection signs what a server verifies, over a socket", async () => {
  const verdicts: boolean[] = [];
  await using server = serve(async (request) => {
    const { method, url, headers } = request;
    const authorization = headers.get("authorization") ?? "";
    const [, scope = "", names = ""] =
      /Credential=[^/]+\/(\S+), SignedHeaders=(\S+),/.exec(authorization) ?? [];
    // The port is a part of the host.
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
  const asked: RequestOptions[] = [
    { params: { Action: "a b", Ü: "+&=*'()" } },
    { method: "POST", data: { Action: "a b", Ü: "+&=*'()" } },
    { method: "POST" },
    { method: "DELETE", headers: { "X-Amz-Meta": "a  b" } },
  ];
  for (const options of asked) await connection.request("/", options);
  assertEquals(verdicts, [true, true, true, true]);
});

Deno.test("AwsConnection signs each attempt anew", async () => {
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
  "EC2 says that it has expired": [
    "RequestExpired",
    "Request has expired.",
    400,
  ],
  "EC2 says that its security has expired": [
    "InvalidSecurity.RequestHasExpired",
    "The difference between the request time and the current time is too large.",
    400,
  ],
  "EC2 says that the keys are wrong": [
    "AuthFailure",
    "AWS was not able to validate the provided access credentials",
    401,
  ],
  "the signature has expired": [
    "SignatureDoesNotMatch",
    "Signature expired: 20150830T123600Z is now earlier than 20150830T133100Z (20150830T133600Z - 5 min.)",
    403,
  ],
  "the signature is not yet current": [
    "InvalidSignatureException",
    "Signature not yet current: 20150830T123600Z is still later than 20150830T120500Z (20150830T120000Z + 5 min.)",
    403,
  ],
  "the time is too skewed": [
    "RequestTimeTooSkewed",
    "The difference between the request time and the current time is too large.",
    403,
  ],
};
for (const [why, refused] of Object.entries(LATE)) {
  for (const offMs of [HOUR_MS, -HOUR_MS]) {
    Deno.test(`AwsConnection sets its clock by the answer where ${why}, ${offMs < 0 ? "behind" : "ahead"}, and sends again once`, async () => {
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

Deno.test("AwsConnection does not send a third time when its clock was not the reason", async () => {
  const there = () => new Date(Date.now() + HOUR_MS);
  const late = () =>
    refusal("RequestExpired", "Request has expired.", 400, there());
  const { sent, fetch } = record(late, late, late);
  const connection = new TestConnection({ fetch });
  await assertRejects(() => connection.request("/"), Error, "expired");
  assertEquals(sent.length, 2);
});

const NO_CLOCKS: Record<string, () => Response> = {
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
  "an answer without a time": () =>
    new Response(
      "<Response><Errors><Error><Code>RequestExpired</Code></Error></Errors></Response>",
      { status: 400 },
    ),
  "an answer with a time that is none": () =>
    new Response(
      "<Response><Errors><Error><Code>RequestExpired</Code></Error></Errors></Response>",
      { status: 400, headers: { date: "yesterday" } },
    ),
};
for (const [what, answer] of Object.entries(NO_CLOCKS)) {
  Deno.test(`AwsConnection does not set its clock by ${what}`, async () => {
    const { sent, fetch } = record(answer);
    const connection = new TestConnection({ fetch, retry: false });
    await connection.request("/").catch(() => {});
    assertEquals(sent.length, 1);
    await connection.request("/");
    assert(Math.abs(timeOf(sent[1]!) - Date.now()) < 60_000);
  });
}

/** A service that takes one set of keys at a time, and a source of the next. */
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

Deno.test("AwsConnection gets keys when the first request needs them, and keeps them", async () => {
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
  Deno.test(`AwsConnection renews keys that are refused with ${code} once for 20 calls at once`, async () => {
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

Deno.test("AwsConnection gives up when the new keys are refused as well", async () => {
  const { connection, ids, got } = setUp(() => "none");
  await assertRejects(() => connection.request("/"), InvalidCredsError);
  assertEquals([ids, got()], [["ASIA1", "ASIA2"], 2]);
});

Deno.test("AwsConnection keeps keys that are good where something belongs to others", async () => {
  for (const code of ["AuthFailure", "InvalidClientToken"]) {
    const refused: [string, string, number] = [code, "Not yours", 400];
    const { connection, ids } = setUp(() => "none", refused);
    await assertRejects(() => connection.request("/"));
    assertEquals(ids, ["ASIA1"]);
  }
});

Deno.test("AwsConnection does not renew keys that are not allowed to", async () => {
  const { connection, ids } = setUp(
    () => "none",
    ["UnauthorizedOperation", "You are not authorized", 403],
  );
  await assertRejects(() => connection.request("/"));
  assertEquals(ids, ["ASIA1"]);
});

Deno.test("AwsConnection has no other keys where it was given some", async () => {
  const { sent, fetch } = record(() => refusal("AuthFailure", "No", 401));
  const connection = new TestConnection({ fetch });
  await assertRejects(() => connection.request("/"), InvalidCredsError);
  assertEquals(sent.length, 1);
});

Deno.test("AwsConnection passes on what its function fails with, and asks it again the next time", async () => {
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

Deno.test("AwsConnection refuses keys that are missing or impossible, and does not show them", async () => {
  const wrong = [
    "",
    undefined,
    null,
    5,
    "can ary",
    "can\nary",
    "can&ary",
    "cañary",
  ];
  for (const field of ["accessKeyId", "secretAccessKey", "sessionToken"]) {
    for (const value of wrong) {
      if (field === "sessionToken" && value === undefined) continue;
      const keys = { ...KEYS, [field]: value } as AwsCredentials;
      const error = assertThrows(
        () => new TestConnection(keys),
        TypeError,
        `Cannot use the ${field}`,
      );
      assertNotMatch(Deno.inspect(error), /can.{0,2}ary|wJalr/);
      const { sent, fetch } = record();
      const connection = new TestConnection({ credentials: () => keys, fetch });
      await assertRejects(
        () => connection.request("/"),
        TypeError,
        `Cannot use the ${field}`,
      );
      assertEquals(sent.length, 0);
    }
  }
});

Deno.test("AwsConnection shows no key, wherever it is looked at", async () => {
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

Deno.test("checkRegion() takes what can be a part of a host name", () => {
  for (const region of ["us-east-1", "eusc-de-east-1", "local"]) {
    assertEquals(checkRegion(region), region);
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
    undefined,
    5,
    {},
  ];
  for (const region of wrong) {
    assertThrows(
      () => checkRegion(region as string),
      TypeError,
      "is not a region",
    );
  }
});
