/**
 * Signatures for AWS, compared with those of the AWS SDK and of `aws4fetch`, for
 * random requests.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { Sha256 } from "npm:@aws-crypto/sha256-js@5.2.0";
import { SignatureV4 } from "npm:@smithy/signature-v4@5.7.5";
import { AwsV4Signer } from "npm:aws4fetch@1.0.20";
import { deriveKey, signV4 } from "../../drivers/aws/_signature.ts";

const CREDENTIALS = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
};
const REGION = "eu-west-1";
const SERVICE = "ec2";
const LETTERS = [..."aZ09-_.~!*'()+ &=?/:;,@$#%\"<>[]{}|\\^`éሴ😀"];

/** Creates pseudorandom numbers, which are the same at each run. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
}

/** Creates a request with the headers that are to be signed. */
function makeRequest(seed: number) {
  const next = random(seed);
  const text = (longest: number) =>
    Array.from(
      { length: 1 + next(longest) },
      () => LETTERS[next(LETTERS.length)],
    ).join("");
  const path = Array.from(
    { length: next(3) },
    () => encodeURIComponent(text(5)),
  );
  const url = new URL(`https://ec2.example.com:8443/${path.join("/")}`);
  // Each name once: the SDK takes the query as an object.
  const names = new Set(Array.from({ length: next(5) }, () => text(4)));
  for (const name of names) url.searchParams.append(name, text(6));
  const isPost = next(2) === 1;
  const time = new Date(Date.UTC(2026, next(12), 1 + next(28), next(24)));
  const headers = new Headers({
    host: url.host,
    "x-amz-date": time.toISOString().replace(/[-:]|\.\d+/g, ""),
  });
  if (next(2)) headers.set("x-amz-target", "a  b   c");
  if (next(2)) headers.set("x-amz-security-token", "token/+==");
  if (isPost) headers.set("content-type", "application/x-amz-json-1.1");
  const method = isPost ? "POST" : ["GET", "DELETE"][next(2)] ?? "";
  return { method, url, headers, time, body: isPost ? text(40) : "" };
}

async function ourAuthorization(seed: number): Promise<string> {
  const { time: _, ...request } = makeRequest(seed);
  const date = (request.headers.get("x-amz-date") ?? "").slice(0, 8);
  const { secretAccessKey, accessKeyId } = CREDENTIALS;
  const { authorization } = await signV4(request, {
    accessKeyId,
    scope: `${date}/${REGION}/${SERVICE}/aws4_request`,
    key: await deriveKey(secretAccessKey, date, REGION, SERVICE),
  });
  return authorization;
}

Deno.test("signV4() signs 500 requests as the AWS SDK does", async () => {
  const signer = new SignatureV4({
    credentials: CREDENTIALS,
    region: REGION,
    service: SERVICE,
    sha256: Sha256,
    // A header that only S3 requires.
    applyChecksum: false,
  });
  for (let seed = 1; seed <= 500; seed++) {
    const { method, url, headers, time, body } = makeRequest(seed);
    const signed = await signer.sign({
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: Object.fromEntries(headers),
      body,
    }, { signingDate: time });
    assertEquals(
      await ourAuthorization(seed),
      signed.headers.authorization,
      `${seed}: ${url}`,
    );
  }
});

Deno.test("signV4() signs 500 requests as aws4fetch does", async () => {
  for (let seed = 1; seed <= 500; seed++) {
    const { method, url, headers, body } = makeRequest(seed);
    const { headers: signed } = await new AwsV4Signer({
      ...CREDENTIALS,
      region: REGION,
      service: SERVICE,
      method,
      url: url.href,
      headers,
      body,
      datetime: headers.get("x-amz-date") ?? "",
      allHeaders: true,
    }).sign();
    assertEquals(
      await ourAuthorization(seed),
      signed.get("authorization"),
      `${seed}: ${url}`,
    );
  }
});
