/**
 * Shared parts of the tests of the EC2 drivers: expected requests, and prepared
 * responses.
 *
 * @module
 */

import { assert, AssertionError } from "@std/assert";
import type { Ec2Options } from "../../../drivers/aws/ec2.ts";
import { Ec2NetworkDriver } from "../../../drivers/aws/ec2_network.ts";
import {
  Ec2Simulator,
  type Ec2SimulatorOptions,
} from "../../../simulators/aws/ec2.ts";
import { IMMEDIATE } from "../../_support/immediate.ts";
import type { Exchange } from "../../_support/replay.ts";

/** Region of the drivers in these tests. */
export const REGION = "us-east-1";

const NAMESPACE = "http://ec2.amazonaws.com/doc/2016-11-15/";
/** Version of the API. */
export const VERSION = "2016-11-15";

/** Creates a driver that sends its requests with `fetch`. */
export function ec2(
  fetch: Ec2Options["fetch"],
  options: Partial<Ec2Options> = {},
): Ec2NetworkDriver {
  return new Ec2NetworkDriver({
    accessKeyId: "AKIDEXAMPLE",
    secretAccessKey: "s3cr3t+acc3ss",
    region: REGION,
    retry: { baseMs: 1, maxMs: 2 },
    fetch,
    ...options,
  });
}

/** Creates a driver with a simulator, and records the requests. */
export function simulated(
  options: Ec2SimulatorOptions = {},
  settings: Partial<Ec2Options> = {},
) {
  const simulator = new Ec2Simulator({
    ...IMMEDIATE.ec2,
    nodes: 2,
    createMs: 3,
    actionMs: 3,
    keyBits: 1024,
    ...options,
  });
  const requests: Request[] = [];
  const cloud = ec2((request) => {
    requests.push(request.clone());
    return simulator.fetch(request);
  }, { ...simulator.credentials, ...settings });
  return { simulator, requests, cloud };
}

/** Expects an action that reads. The query is sorted, as it is signed. */
export function get(
  action: string,
  params: Readonly<Record<string, string>> = {},
) {
  const query = Object.entries({ Action: action, Version: VERSION, ...params })
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .map((pair) => pair.replaceAll("*", "%2A"));
  return `GET /?${query.sort().join("&")}`;
}

/** Expects an action that writes, with all fields of its form. */
export function post(
  action: string,
  form: Readonly<Record<string, string>>,
  response: Partial<Exchange> = done(action),
): Exchange {
  return {
    request: "POST /",
    headers: {
      "content-type": "application/x-www-form-urlencoded; charset=utf-8",
      authorization:
        /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/[a-z\d-]+\/ec2\/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=[\da-f]{64}$/,
    },
    body: { Action: action, Version: VERSION, ...form },
    ...response,
  };
}

/** Response to an action. */
export function done(action: string, inner = "<return>true</return>") {
  return {
    text:
      `<${action}Response xmlns="${NAMESPACE}"><requestId>r-1</requestId>${inner}</${action}Response>`,
  };
}

/** Body of a refusal. */
export function refusal(code: string, message = "No.") {
  return `<?xml version="1.0"?>\n<Response><Errors><Error><Code>${code}</Code>` +
    `<Message>${message}</Message></Error></Errors>` +
    `<RequestID>req-7</RequestID></Response>`;
}

/** Response of `DescribeInstances` with these instances. */
export function instances(...inner: readonly string[]) {
  const items = inner.map((instance) => `<item>${instance}</item>`).join("");
  return done(
    "DescribeInstances",
    `<reservationSet><item><instancesSet>${items}</instancesSet></item></reservationSet>`,
  );
}

/** A `fetch` that fails the test. */
export function noRequest(): Promise<Response> {
  throw new AssertionError("a request was sent");
}

/** Returns the error that a promise rejects with. */
export async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => assert(false, "the promise did not reject"),
    (error) => error,
  );
}
