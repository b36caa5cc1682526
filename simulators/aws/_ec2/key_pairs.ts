/**
 * Key pairs of EC2.
 *
 * @module
 */

import { decodeBase64 } from "@std/encoding/base64";
import { action, type Actions, SUCCESS } from "./action.ts";
import { generateKeyPair, readPublicKey } from "./keys.ts";
import {
  applyFilters,
  boolean,
  type Fields,
  filters,
  list,
  oneOf,
  refuse,
  refuseValue,
  required,
  string,
  tagSet,
  tagsFor,
  tagSpecifications,
} from "./query.ts";
import type { KeyPair } from "./records.ts";
import type { Region } from "./region.ts";
import { toTimestamp } from "./xml.ts";

const strings = list(required(string));

/** Operations on key pairs. */
export const KEY_PAIR_ACTIONS: Actions = {
  DescribeKeyPairs: action(
    {
      Filter: filters,
      IncludePublicKey: boolean,
      KeyName: strings,
      KeyPairId: strings,
    },
    (params, { region }) => {
      const all = [...region.described().keyPairs.values()];
      const { KeyName: names, KeyPairId: ids } = params;
      const named = names.length + ids.length === 0 ? all : [
        ...names.map((name) => keyNamed(region, name)),
        ...ids.map((id) => keyOf(region, id)),
      ];
      const found = applyFilters(named, params.Filter, KEY_FIELDS);
      return {
        keySet: found.map((key) => ({
          keyPairId: key.id,
          keyName: key.name,
          keyFingerprint: key.fingerprint,
          keyType: key.type,
          tagSet: tagSet(key.tags),
          createTime: toTimestamp(key.createdAt),
          publicKey: params.IncludePublicKey
            ? `${key.line} ${key.name}\n`
            : undefined,
        })),
      };
    },
  ),

  CreateKeyPair: action(
    {
      KeyFormat: oneOf("pem", "ppk"),
      KeyName: required(string),
      KeyType: oneOf("rsa", "ed25519"),
      TagSpecification: tagSpecifications,
    },
    async (params, { region }) => {
      const { KeyName: name, KeyType: type = "rsa" } = params;
      checkKeyName(region, name);
      if (params.KeyFormat === "ppk") {
        refuse(
          "UnsupportedOperation",
          "This simulator hands out keys in the format pem only",
        );
      }
      const tags = tagsFor(params.TagSpecification, "key-pair");
      const generated = await generateKeyPair(type, region.account.keyBits);
      // Another request may have taken the name meanwhile.
      checkKeyName(region, name);
      const key = addKeyPair(region, name, generated, tags);
      return {
        keyPairId: key.id,
        keyName: name,
        keyFingerprint: key.fingerprint,
        keyMaterial: generated.material,
        tagSet: tags.size > 0 ? tagSet(tags) : undefined,
      };
    },
  ),

  ImportKeyPair: action(
    {
      KeyName: required(string),
      PublicKeyMaterial: required(string),
      TagSpecification: tagSpecifications,
    },
    async (params, { region }) => {
      const { KeyName: name } = params;
      checkKeyName(region, name);
      const tags = tagsFor(params.TagSpecification, "key-pair");
      let material = "";
      try {
        material = new TextDecoder("utf-8", { fatal: true })
          .decode(decodeBase64(params.PublicKeyMaterial));
      } catch {
        // Refused below, like any string that is not a key.
      }
      const read = await readPublicKey(material) ??
        refuse(
          "InvalidKey.Format",
          "Key is not in valid OpenSSH public key format",
        );
      checkKeyName(region, name);
      const key = addKeyPair(region, name, read, tags);
      return {
        keyPairId: key.id,
        keyName: name,
        keyFingerprint: key.fingerprint,
        tagSet: tags.size > 0 ? tagSet(tags) : undefined,
      };
    },
  ),

  DeleteKeyPair: action(
    { KeyName: string, KeyPairId: string },
    ({ KeyName: name, KeyPairId: id }, { region }) => {
      if (name === undefined && id === undefined) {
        refuse(
          "MissingParameter",
          "The request must contain the parameter KeyName or KeyPairId",
        );
      }
      // EC2 accepts the name of a key that does not exist.
      const key = id !== undefined
        ? keyOf(region, id)
        : region.keyPairs.get(name!);
      if (key) region.keyPairs.delete(key.name);
      return { ...SUCCESS, keyPairId: key?.id };
    },
  ),
};

/**
 * Adds a key pair.
 *
 * @param region Region of the key pair.
 * @param name Name of the key pair.
 * @param key Public key and fingerprint.
 * @param tags Tags of the key pair.
 * @returns The key pair.
 */
export function addKeyPair(
  region: Region,
  name: string,
  { type, line, fingerprint }: Pick<KeyPair, "type" | "line" | "fingerprint">,
  tags: KeyPair["tags"] = new Map(),
): KeyPair {
  const id = region.ids.next("key");
  const createdAt = region.now;
  const key = { id, name, type, line, fingerprint, createdAt, tags };
  region.keyPairs.set(name, key);
  return key;
}

function checkKeyName({ keyPairs }: Region, name: string): void {
  if (!/^[ -~]{1,255}$/.test(name) || name.trim() !== name) {
    refuseValue(
      `Value for parameter KeyName is invalid: it must have up to 255 ASCII characters, and no space at its ends`,
    );
  }
  if (keyPairs.has(name)) {
    refuse(
      "InvalidKeyPair.Duplicate",
      `The keypair '${name}' already exists.`,
    );
  }
}

function keyNamed({ keyPairs }: Region, name: string): KeyPair {
  return keyPairs.get(name) ??
    refuse(
      "InvalidKeyPair.NotFound",
      `The key pair '${name}' does not exist`,
    );
}

function keyOf({ keyPairs }: Region, id: string): KeyPair {
  return [...keyPairs.values()].find((key) => key.id === id) ??
    refuse("InvalidKeyPair.NotFound", `The key pair '${id}' does not exist`);
}

const KEY_FIELDS: Fields<KeyPair> = {
  fingerprint: ({ fingerprint }) => fingerprint,
  "key-name": ({ name }) => name,
  "key-pair-id": ({ id }) => id,
};
