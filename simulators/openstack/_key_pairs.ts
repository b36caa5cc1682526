/**
 * Key pairs of Nova.
 *
 * @module
 */

import type { Account } from "./_account.ts";
import { microversionOf } from "./_microversions.ts";
import type { KeyPair } from "./_records.ts";
import {
  badRequest,
  checkKeys,
  pageLinks,
  readMarkedPage,
  readObject,
  requiredText,
  textIn,
} from "./_requests.ts";
import {
  type Call,
  findInPath,
  jsonResponse,
  md5,
  noContent,
  Refusal,
  type Routes,
} from "../kit/mod.ts";

const PUBLIC_KEY =
  /^(?:ssh-(?:rsa|ed25519)|ecdsa-sha2-\S+) ([\w+/]+=*)(?: .*)?$/;

/** Creates the routes of key pairs. */
export function keyPairRoutes(account: Account): Routes {
  const { keyPairs } = account;
  const find = (call: Call) =>
    findInPath(keyPairs, call, () =>
      new Refusal(
        404,
        `Keypair ${call.params.get("id")} not found for user ${account.userId}`,
      ));
  return {
    "GET /os-keypairs": ({ url, request }) => {
      const minor = microversionOf(account, request);
      const all = [...keyPairs.list].sort((a, b) => a.name < b.name ? -1 : 1);
      const page = minor >= 35
        ? readMarkedPage(
          all,
          url,
          account.settings.largestPage,
          ({ name }) => name,
        )
        : { items: all, next: undefined };
      return jsonResponse(200, {
        keypairs: page.items.map((key) => ({
          keypair: {
            name: key.name,
            public_key: key.publicKey,
            fingerprint: key.fingerprint,
            ...minor >= 2 && { type: key.type },
          },
        })),
        ...pageLinks("keypairs", page, account, "compute", url),
      });
    },
    "POST /os-keypairs": async (call) => {
      const minor = microversionOf(account, call.request);
      const value = await readObject(call, "keypair");
      const keys = ["name", "public_key", ...minor >= 2 ? ["type"] : []];
      checkKeys(value, minor >= 10 ? [...keys, "user_id"] : keys, "keypair");
      const name = requiredText(value, "name");
      if (minor < 92 && !/^[\w -]+$/.test(name)) {
        throw badRequest(
          "An invalid 'name' value was provided. The name must be: Only " +
            "expected characters: [_- 0123456789abcdefghijklmnopqrstuvwxyz" +
            "ABCDEFGHIJKLMNOPQRSTUVWXYZ]",
        );
      }
      const given = textIn(value, "public_key", { max: 16_384 });
      if (given === undefined && minor >= 92) {
        throw badRequest(
          "Invalid input for field/attribute keypair. 'public_key' is a " +
            "required property",
        );
      }
      if (keyPairs.has(name)) {
        throw new Refusal(409, `Key pair '${name}' already exists.`);
      }
      const key = newKeyPair(account, name, given);
      return jsonResponse(minor >= 2 ? 201 : 200, {
        keypair: {
          name,
          public_key: key.publicKey,
          fingerprint: key.fingerprint,
          user_id: account.userId,
          ...minor >= 2 && { type: key.type },
          ...given === undefined && { private_key: privateKey(account) },
        },
      });
    },
    "GET /os-keypairs/{id}": (call) => {
      const key = find(call);
      return jsonResponse(200, {
        keypair: {
          name: key.name,
          public_key: key.publicKey,
          fingerprint: key.fingerprint,
          created_at: key.createdAt.replace("Z", ".000000"),
          deleted: false,
          deleted_at: null,
          id: key.number,
          updated_at: null,
          user_id: account.userId,
          ...microversionOf(account, call.request) >= 2 && { type: key.type },
        },
      });
    },
    "DELETE /os-keypairs/{id}": (call) => {
      keyPairs.delete(find(call).name);
      return microversionOf(account, call.request) >= 2
        ? noContent()
        : new Response(null, { status: 202 });
    },
  };
}

/** Adds a key pair. */
export function newKeyPair(
  account: Account,
  name: string,
  given: string | undefined,
): KeyPair {
  const publicKey = given ??
    `ssh-rsa ${btoa(`generated ${account.takeSecret()}`)} Generated-by-Nova`;
  const [, encoded] = PUBLIC_KEY.exec(publicKey.trim()) ?? [];
  if (encoded === undefined) {
    throw badRequest("Keypair data is invalid: failed to generate fingerprint");
  }
  const bytes = Uint8Array.from(atob(encoded), (it) => it.charCodeAt(0));
  return account.keyPairs.add({
    id: name,
    name,
    publicKey,
    fingerprint: md5(bytes),
    type: "ssh",
    number: account.keyPairs.size + 1,
    createdAt: account.timestamp(),
  });
}

function privateKey(account: Account): string {
  const lines = Array.from({ length: 4 }, () => btoa(account.takeSecret()));
  return [
    "-----BEGIN RSA PRIVATE KEY-----",
    ...lines,
    "-----END RSA PRIVATE KEY-----\n",
  ].join("\n");
}
