/**
 * Options that the interface of compute drivers has, for the check that each is
 * sent or refused.
 *
 * @module
 */

import type { CommonOption } from "../options.ts";
import type { ComputeSubject } from "./subject.ts";

/** A public key for tests. It has no private key. */
export const PUBLIC_KEY =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGFtZXhhbXBsZWtleWFtZXhhbXBsZWtleWFtZXhhbXBs me@example.com";

/** User data that occurs nowhere else. */
export const USER_DATA = "#cloud-config\n# canary-user-data\n";

/** A password that most providers accept. */
export const PASSWORD = "Canary-Passw0rd-77";

/**
 * Lists the options of the interface by method.
 *
 * @param subject The driver.
 * @returns The options, with valid values.
 */
export function commonOptions(
  { create }: ComputeSubject,
): Readonly<Record<string, readonly CommonOption[]>> {
  const { keyPairs = ["canary-key"], location } = create;
  const text = (name: string) => option(name, `canary-${name}`);
  return {
    createNode: [
      { name: "auth", value: { sshKey: PUBLIC_KEY }, parts: [PUBLIC_KEY] },
      { name: "auth", value: { password: PASSWORD }, parts: [PASSWORD] },
      { name: "keyPairs", value: keyPairs, parts: keyPairs.map(idOf) },
      option("userData", USER_DATA),
      {
        name: "tags",
        value: { canary: "yellow" },
        parts: ["canary", "yellow"],
      },
      { name: "tags", value: ["canary-tag"], parts: ["canary-tag"] },
      text("idempotencyKey"),
      ...(location === undefined
        ? [text("location")]
        : [option("location", idOf(location))]),
    ],
    createImage: [text("description")],
    copyImage: [text("name")],
    createVolume: [text("snapshot")],
    attachVolume: [text("device")],
    createVolumeSnapshot: [text("name")],
  };
}

function option(name: string, value: string): CommonOption {
  return { name, value, parts: [value] };
}

function idOf(ref: string | { readonly id: string }): string {
  return typeof ref === "string" ? ref : ref.id;
}
