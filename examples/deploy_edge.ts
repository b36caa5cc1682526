/**
 * An edge function that makes web servers. It cannot open a connection to the
 * node, so the node sets itself up by cloud-init, and calls back when it is
 * done.
 *
 * ```sh
 * curl -H "Authorization: Bearer $ACCESS_TOKEN" \
 *   -d '{"name": "web-1", "publicKey": "ssh-ed25519 …", "text": "Hello"}' \
 *   https://deploy.example.com/
 * ```
 *
 * Workers and the like take the default export as it is. To try it without an
 * account, give {@linkcode makeWorker} the `fetch` of a simulator.
 *
 * @module
 */

import { cloudInit } from "@nephos/nephos/cloud-init";
import { CloudError, type ConnectionOptions } from "@nephos/nephos/core";
import { file, script, sshKey, steps } from "@nephos/nephos/compute";
import { DigitalOceanNodeDriver } from "@nephos/nephos/drivers/digitalocean";

/** Secrets of the function. */
export interface Env {
  /** Token of DigitalOcean. */
  readonly DIGITALOCEAN_TOKEN: string;
  /** What callers have to show. */
  readonly ACCESS_TOKEN: string;
  /** What the URL is signed with that a node calls: long, and random. */
  readonly READY_SECRET: string;
}

/** Settings of {@linkcode makeWorker}. */
export interface WorkerOptions extends Pick<ConnectionOptions, "fetch"> {
  /** First pause in milliseconds between two looks at the node. */
  readonly intervalMs?: number | undefined;
}

/** A function, as Workers run it. */
export interface Worker {
  /** Answers one request. */
  fetch(request: Request, env: Env): Promise<Response>;
}

// Runs as it is wherever there is a POSIX shell; the argument is the text.
const SERVE = `#!/bin/sh
set -e
apt-get update
apt-get install --yes --no-install-recommends nginx
printf '%s\\n' "$1" >/var/www/html/index.html
systemctl reload nginx
`;

/** Signs the name of a node, which gets this with its user data. */
async function sign(name: string, secret: string): Promise<string> {
  const [key, data] = [secret, name].map((it) => new TextEncoder().encode(it));
  const hmac = { name: "HMAC", hash: "SHA-256" };
  const { subtle } = crypto;
  const signer = await subtle.importKey("raw", key!, hmac, false, ["sign"]);
  const bytes = new Uint8Array(await subtle.sign("HMAC", signer, data!));
  return [...bytes].map((it) => it.toString(16).padStart(2, "0")).join("");
}

/** Makes the function. */
export function makeWorker(options: WorkerOptions = {}): Worker {
  return {
    async fetch(request, env) {
      const url = new URL(request.url);
      const { DIGITALOCEAN_TOKEN, ACCESS_TOKEN, READY_SECRET } = env;
      // A secret that is not set would be one that everybody knows.
      if (!ACCESS_TOKEN || !READY_SECRET) {
        return new Response("Set ACCESS_TOKEN and READY_SECRET", {
          status: 500,
        });
      }
      const { headers, signal } = request;
      const refusal = new Response("Who are you?", { status: 401 });
      // The node says that its steps have ended well.
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
        // What is missing, or no JSON at all, is refused further down.
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
          // Nobody pays for what nobody knows of.
          onFailure: "destroy",
          intervalMs,
          signal,
        });
        const { id, publicIps } = node;
        return Response.json({ id, publicIps }, { status: 201 });
      } catch (error) {
        // What the caller got wrong is told before any request.
        const isOurs = CloudError.is(error);
        if (!isOurs && !(error instanceof Error)) throw error;
        const { message } = error as Error;
        return Response.json({ error: message }, {
          status: isOurs ? 502 : 400,
        });
      }
    },
  };
}

export default makeWorker() as Worker;
