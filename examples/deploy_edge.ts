/**
 * Edge function that creates web servers. It cannot open a connection to a
 * node, so cloud-init sets up the node and sends a request back when it is
 * done.
 *
 * ```sh
 * curl -H "Authorization: Bearer $ACCESS_TOKEN" \
 *   -d '{"name": "web-1", "publicKey": "ssh-ed25519 …", "text": "Hello"}' \
 *   https://deploy.example.com/
 * ```
 *
 * The default export is a module for Cloudflare Workers and compatible
 * platforms. To try it without an account, pass the `fetch` of a simulator to
 * {@linkcode makeWorker}.
 *
 * @module
 */

import { cloudInit } from "@nephos/nephos/cloud-init";
import { CloudError, type ConnectionOptions } from "@nephos/nephos/core";
import { file, script, sshKey, steps } from "@nephos/nephos/compute";
import { DigitalOceanNodeDriver } from "@nephos/nephos/drivers/digitalocean";

/** Secrets of the function. */
export interface Env {
  /** API token of DigitalOcean. */
  readonly DIGITALOCEAN_TOKEN: string;
  /** Bearer token that callers must send. */
  readonly ACCESS_TOKEN: string;
  /** Key that signs the phone-home URL of a node: a long random string. */
  readonly READY_SECRET: string;
}

/** Settings of {@linkcode makeWorker}. */
export interface WorkerOptions extends Pick<ConnectionOptions, "fetch"> {
  /** First polling interval in milliseconds; it grows. */
  readonly intervalMs?: number | undefined;
}

/** A module with a fetch handler, as edge platforms run it. */
export interface Worker {
  /** Handles a request. */
  fetch(request: Request, env: Env): Promise<Response>;
}

// For any POSIX shell. The argument is the text of the page.
const SERVE = `#!/bin/sh
set -e
apt-get update
apt-get install --yes --no-install-recommends nginx
printf '%s\\n' "$1" >/var/www/html/index.html
systemctl reload nginx
`;

/** Signs the name of a node, for the phone-home URL in its user data. */
async function sign(name: string, secret: string): Promise<string> {
  const [key, data] = [secret, name].map((it) => new TextEncoder().encode(it));
  const hmac = { name: "HMAC", hash: "SHA-256" };
  const { subtle } = crypto;
  const signer = await subtle.importKey("raw", key!, hmac, false, ["sign"]);
  const bytes = new Uint8Array(await subtle.sign("HMAC", signer, data!));
  return [...bytes].map((it) => it.toString(16).padStart(2, "0")).join("");
}

/** Creates the edge function. */
export function makeWorker(options: WorkerOptions = {}): Worker {
  return {
    async fetch(request, env) {
      const url = new URL(request.url);
      const { DIGITALOCEAN_TOKEN, ACCESS_TOKEN, READY_SECRET } = env;
      // Without its secrets, the function would accept requests from everyone.
      if (!ACCESS_TOKEN || !READY_SECRET) {
        return new Response("Set ACCESS_TOKEN and READY_SECRET", {
          status: 500,
        });
      }
      const { headers, signal } = request;
      const refusal = new Response("Unauthorized", { status: 401 });
      // Phone-home request of a node: all its steps have succeeded.
      if (url.pathname === "/ready") {
        const name = url.searchParams.get("name") ?? "";
        const signature = url.searchParams.get("signature");
        if (signature !== await sign(name, READY_SECRET)) return refusal;
        console.log(`${name} is ready`);
        return new Response();
      }
      if (headers.get("Authorization") !== `Bearer ${ACCESS_TOKEN}`) {
        return refusal;
      }
      const { fetch, intervalMs } = options;
      const cloud = new DigitalOceanNodeDriver({
        token: DIGITALOCEAN_TOKEN,
        fetch,
      });
      try {
        // A missing field or invalid JSON is rejected by deployNode().
        const { name, publicKey, text } = {
          ...await request.json().catch(() => undefined),
        };
        const signature = await sign(`${name}`, READY_SECRET);
        const ready = new URLSearchParams({ name, signature });
        const { node } = await cloud.deployNode({
          name,
          size: "s-1vcpu-1gb",
          image: "debian-12-x64",
          deploy: steps(
            sshKey(publicKey),
            file("/etc/motd", `This is ${name}\n`),
            script(SERVE, { name: "nginx", args: [text], timeoutMs: 300_000 }),
          ),
          via: cloudInit({ phoneHome: `${url.origin}/ready?${ready}` }),
          // Do not pay for a node that the caller does not know of.
          onFailure: "destroy",
          intervalMs,
          signal,
        });
        const { id, publicIps } = node;
        return Response.json({ id, publicIps }, { status: 201 });
      } catch (error) {
        // TypeError and RangeError: invalid input, before any request.
        const isRemote = CloudError.is(error);
        if (!isRemote && !(error instanceof Error)) throw error;
        const { message } = error as Error;
        return Response.json({ error: message }, {
          status: isRemote ? 502 : 400,
        });
      }
    },
  };
}

export default makeWorker() as Worker;
