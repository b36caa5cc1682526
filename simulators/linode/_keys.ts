/**
 * SSH keys of the profile.
 *
 * @module
 */

import type { Account, Key } from "./_account.ts";
import { FILTERS } from "./_filters.ts";
import { BadRequest, findInPath, ok, readFields } from "./_requests.ts";
import type { Call, Routes } from "../kit/mod.ts";

/** A public key in OpenSSH's format. */
export const PUBLIC_KEY =
  /^(?:ssh-(?:rsa|dss|ed25519)|ecdsa-\S+|sk-\S+) [\w+/]+=*/;

/** Routes of SSH keys. */
export function keyRoutes(account: Account): Routes {
  const key = (call: Call) => findInPath(account.keys, call);
  return {
    "GET /profile/sshkeys": (call) =>
      account.list(call, account.listed.keys, keyJson, FILTERS.none),
    "POST /profile/sshkeys": (call) => createKey(account, call),
    "GET /profile/sshkeys/{id}": (call) => ok(keyJson(key(call))),
    "PUT /profile/sshkeys/{id}": async (call) => {
      const found = key(call);
      found.label = (await readFields(call)).optional.string("label", {
        min: 0,
        max: 64,
      }) ??
        found.label;
      return ok(keyJson(found));
    },
    "DELETE /profile/sshkeys/{id}": (call) => {
      account.keys.delete(key(call).id);
      return ok({});
    },
  };
}

/** Adds a key. */
export function addKey(account: Account, label: string, key: string): Key {
  const id = account.takeId();
  return account.keys.add({ id, label, key, created: account.timestamp() });
}

async function createKey(account: Account, call: Call): Promise<Response> {
  const fields = await readFields(call);
  const label = fields.string("label", { min: 0, max: 64 });
  const key = fields.string("ssh_key").trim();
  if (!PUBLIC_KEY.test(key)) throw new BadRequest("Invalid SSH key", "ssh_key");
  const added = addKey(account, label, key);
  return ok(keyJson(added));
}

function keyJson({ id, label, key, created }: Key) {
  return { created, id, label, ssh_key: key };
}
