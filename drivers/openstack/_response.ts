/**
 * Responses of the services of OpenStack. Each service has its own form of an
 * error.
 *
 * @module
 */

import {
  type Failure,
  JsonResponse,
  PermissionDeniedError,
  RateLimitReachedError,
  toText,
} from "../../core/mod.ts";

/** Content of the several forms of an error. */
interface FailureJson {
  readonly message?: unknown;
  readonly detail?: unknown;
  readonly title?: unknown;
  readonly type?: unknown;
  readonly faultcode?: unknown;
  readonly faultstring?: unknown;
  readonly retryAfter?: unknown;
  /** Designate: `{"errors": [{"message": "...", "path": [...]}]}`. */
  readonly errors?: { readonly errors?: readonly FailureJson[] };
}

/** A response of a service of OpenStack. */
export class OpenStackResponse<T> extends JsonResponse<T> {
  // Glance and proxies describe a failure in HTML.
  protected override parseBody(): unknown {
    const { status, text, headers } = this;
    if (headers.get("content-type")?.startsWith("text/dns")) return text;
    if (status < 400 || !/^\s*</.test(text)) return super.parseBody();
    const [, body = ""] = /<body[^>]*>(.*)/is.exec(text) ?? [];
    return { message: body.replace(/<h1>.*?<\/h1>/is, "") };
  }

  protected override failure(body: unknown): Failure {
    const [code, content] = unwrap(body);
    if (typeof content === "string") return { reason: content, code };
    const { message, detail, title, type, faultcode, faultstring } = content;
    const details = content.errors?.errors?.map(({ message }) => message);
    const reason = [message, faultstring, detail, title, details?.join("; ")]
      .map(toPlainText).find((text) => text);
    return {
      reason,
      code: toText(type) ?? toText(faultcode) ?? code,
      ...this.status === 413 && {
        errorClass: type === "over_quota"
          ? PermissionDeniedError
          : RateLimitReachedError,
      },
    };
  }

  override requestId(): string | undefined {
    return this.headers.get("x-openstack-request-id") ??
      this.headers.get("x-compute-request-id") ?? super.requestId();
  }

  // {"overLimit": {"code": 413, "message": "...", "retryAfter": 26}}
  protected override retryAfterMs(): number | undefined {
    const inHeader = super.retryAfterMs();
    if (inHeader !== undefined || this.status !== 413) return inHeader;
    const [, content] = unwrap(this.body);
    const { retryAfter } = Object(content) as FailureJson;
    const seconds = Number(retryAfter ?? NaN);
    return seconds >= 0 ? seconds * 1000 : undefined;
  }
}

/** Removes the tags of HTML, which Glance also puts into JSON. */
function toPlainText(value: unknown): string | undefined {
  return toText(value)?.replace(/<[^<>]*>/g, " ").replace(/\s+/g, " ").trim();
}

/**
 * Finds the content of an error, and the provider's code if it is the key.
 *
 * - Nova and Cinder: `{"itemNotFound": {"code": 404, "message": "..."}}`
 * - Keystone: `{"error": {"code": 401, "message": "...", "title": "..."}}`
 * - Neutron: `{"NeutronError": {"type": "...", "message": "...", "detail": ""}}`
 * - Glance: `{"message": "...", "code": "404 Not Found", "title": "..."}`
 * - API gateways: `{"errors": [{"status": 406, "title": "...", "detail": "..."}]}`
 * - Designate: `{"code": 400, "type": "...", "message": "...", "request_id": ".."}`
 * - Octavia: `{"faultcode": "Client", "faultstring": "...", "debuginfo": null}`
 */
function unwrap(body: unknown): [string | undefined, FailureJson | string] {
  const entries = Object.entries(Object(body) as object);
  const [key = "", content] = entries[0] ?? [];
  if (entries.length !== 1 || key === "message") {
    return [undefined, body as FailureJson];
  }
  const isWrapper = ["error", "errors", "NeutronError"].includes(key);
  const [first] = [content].flat();
  return [isWrapper ? undefined : key, first as FailureJson | string];
}
