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
import {
  CloudError,
  type ConnectionOptions,
  file,
  script,
  sshKey,
  steps,
} from "@nephos/nephos/core";
import { DigitalOceanNodeDriver } from "@nephos/nephos/drivers/digitalocean";

/** Secrets of the function. */
export interface Env {
  /** Token of DigitalOcean. */
  readonly DIGITALOCEAN_TOKEN: string;
  /** What callers have to show. */
  readonly ACCESS_TOKEN: string;
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

/** Makes the function. */
export function makeWorker(options: WorkerOptions = {}): Worker {
  return {
    async fetch(request, env) {
      const url = new URL(request.url);
      // The node says that its steps have ended well.
      if (url.pathname.startsWith("/ready/")) {
        console.log(`${url.pathname.slice(7)} is ready`);
        return new Response();
      }
      const { headers, signal } = request;
      if (headers.get("Authorization") !== `Bearer ${env.ACCESS_TOKEN}`) {
        return new Response("Who are you?", { status: 401 });
      }
      const { fetch, intervalMs } = options;
      const cloud = new DigitalOceanNodeDriver({
        token: env.DIGITALOCEAN_TOKEN,
        fetch,
      });
      try {
        const { name, publicKey, text } = await request.json();
        const { node } = await cloud.deployNode({
          name,
          size: "s-1vcpu-1gb",
          image: "debian-12-x64",
          deploy: steps(
            sshKey(publicKey),
            file("/etc/motd", `This is ${name}\n`),
            script(SERVE, { name: "nginx", args: [text], timeoutMs: 300_000 }),
          ),
          via: cloudInit({ phoneHome: `${url.origin}/ready/$INSTANCE_ID` }),
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
