/**
 * The password of the fleet page, by the Basic scheme: browsers ask for it.
 *
 * @module
 */

/**
 * Tells whether a request has the password. The name of the user may be any.
 *
 * @param request The request.
 * @param password The password.
 * @returns Whether the request may be handled.
 */
export async function isAllowed(
  request: Request,
  password: string,
): Promise<boolean> {
  const given = passwordOf(request.headers.get("authorization") ?? "");
  if (given === undefined) return false;
  // The time of comparing hashes tells nothing about the password.
  const [one, other] = await Promise.all([hash(given), hash(password)]);
  return one === other;
}

/** The password of a header; `undefined` if it has none. */
function passwordOf(authorization: string): string | undefined {
  const [, encoded] = /^Basic +([\w+/=]+)$/i.exec(authorization) ?? [];
  if (encoded === undefined) return undefined;
  try {
    const bytes = Uint8Array.from(atob(encoded), (it) => it.charCodeAt(0));
    const credentials = new TextDecoder().decode(bytes);
    const colon = credentials.indexOf(":");
    return colon < 0 ? undefined : credentials.slice(colon + 1);
  } catch {
    return undefined;
  }
}

async function hash(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).join();
}
