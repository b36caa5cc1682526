/**
 * Faulty responses for the conformance checks.
 *
 * @module
 */

/** Bodies that no method can use. */
export const UNUSABLE_BODIES: readonly {
  readonly description: string;
  readonly body: string;
  /** Whether it is neither JSON nor XML, so that every method must reject. */
  readonly isUnparsable?: boolean;
}[] = [
  { description: "an empty body", body: "" },
  {
    description: "an HTML page",
    body: "<!doctype html><title>Sign in</title><p>Sign in<br>",
    isUnparsable: true,
  },
  {
    description: "truncated JSON",
    body: '{"success": true, "data": [{"id',
    isUnparsable: true,
  },
  { description: "JSON null", body: "null" },
  { description: "a JSON string", body: '"fine"' },
  { description: "a JSON number", body: "0" },
  { description: "a JSON array", body: "[]" },
  { description: "a JSON array of null", body: "[null]" },
  { description: "an empty JSON object", body: "{}" },
];

/** Creates a response. */
export function respond(
  body: string,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return Promise.resolve(new Response(body, { status, headers }));
}

/** A `fetch` that never settles and ignores its signal. */
export function never(): Promise<Response> {
  return new Promise(() => {});
}

/** A response whose body stalls after the first byte. */
export function stalledBody(): Promise<Response> {
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new Uint8Array([0x20])),
  });
  return Promise.resolve(new Response(body));
}

/** The error of `fetch` for a lost connection. */
export function networkError(
  code: string,
  reason = "connection lost",
): TypeError {
  return new TypeError(`fetch failed: ${reason}`, {
    cause: Object.assign(new Error(reason), { code }),
  });
}
