/**
 * Deployment by cloud-init: the steps are sent as user data, and cloud-init
 * runs them on the new node. It needs no connection to the node, so it works in
 * edge functions, which cannot open SSH connections.
 *
 * ```ts
 * import { file, script, sshKey, steps } from "@nephos/nephos";
 * import { cloudInit } from "@nephos/nephos/cloud-init";
 * import { DigitalOceanNodeDriver } from "@nephos/nephos/drivers/digitalocean";
 * import { DigitalOceanSimulator } from "@nephos/nephos/simulators/digitalocean";
 *
 * const { credentials, fetch } = new DigitalOceanSimulator({ createMs: 10 });
 * const digitalocean = new DigitalOceanNodeDriver({ ...credentials, fetch });
 * const { node } = await digitalocean.deployNode({
 *   name: "web-1",
 *   size: "s-1vcpu-1gb",
 *   image: "debian-12-x64",
 *   location: "fra1",
 *   deploy: steps(
 *     sshKey("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExample me@example.com"),
 *     file("/etc/motd", "Made by nephos\n"),
 *     script(
 *       "apt-get update && apt-get -o DPkg::Lock::Timeout=120 install -y \"$1\"",
 *       { name: "nginx", args: ["nginx"] },
 *     ),
 *   ),
 *   via: cloudInit(),
 *   intervalMs: 10,
 * });
 * console.log(node.name, node.state); // web-1 running
 * ```
 *
 * **Result.** The promise resolves when the node is running, not when the steps
 * are done: at that moment the node starts to run them. The results of the
 * steps are not reported back. To check them, log in to the node:
 *
 * - `cloud-init status --wait` waits until the steps are done, and fails if one
 *   of them failed.
 * - `/var/log/cloud-init-output.log` has the output of the steps.
 *
 * To be notified instead, set {@linkcode CloudInitOptions.phoneHome}.
 *
 * **Secrets.** Files, scripts and script arguments are part of the user data,
 * and stay readable there for as long as the node exists. Everyone with access
 * to the node at the provider can read them. On many providers, so can every
 * program on the node, through the metadata service. Prefer secrets that can be
 * used only once, such as a bootstrap token.
 *
 * **Order.** The steps run in their order, as root, in root's home directory.
 * If a step fails, the remaining steps are skipped. Two kinds of steps are
 * applied earlier, before the first script:
 *
 * - Keys. They are added to the default user of the image, which may be root.
 * - Files without an owner below `/etc`, `/opt`, `/root` and `/usr`, if they
 *   come before the first script. Files in other directories are written when
 *   it is their turn: while the node boots, a file system may be mounted over
 *   such a directory, or the directory may be emptied.
 *
 * A script with `keep` stays on the node, in `/var/lib/cloud/instance/nephos`.
 *
 * @see {@link https://cloudinit.readthedocs.io/ | cloud-init}
 *
 * @module
 */

import { encodeBase64 } from "@std/encoding/base64";
import { checkNumber, choose } from "../core/mod.ts";
import {
  type CreateNodeOptions,
  type DeploymentPlan,
  type DeploymentStep,
  DeploymentTransport,
  type NodeDriver,
  type ScriptStep,
  type TakesUserData,
} from "../core/compute/mod.ts";
import { secretLines, toSecrets } from "./_secrets.ts";
import { quote } from "./_shell.ts";
import { addCloudConfig } from "./_user_data.ts";

/** Options of {@linkcode cloudInit}. */
export interface CloudInitOptions {
  /**
   * Phone-home request: the node sends a form by POST when all steps have
   * succeeded. If a step fails, it sends nothing. A string is the URL.
   */
  readonly phoneHome?: string | PhoneHome | undefined;
}

/** Settings of the phone-home request. */
export interface PhoneHome {
  /**
   * An http:// or https:// URL. cloud-init replaces `$INSTANCE_ID` and
   * `${INSTANCE_ID}` with the instance id of the node. Write any other `$` as
   * `%24`.
   */
  readonly url: string;
  /**
   * Fields of the form; `"all"` sends every field.
   *
   * @default {"all"}
   */
  readonly post?: "all" | readonly PhoneHomeField[] | undefined;
  /**
   * Number of attempts, from 1 to 1000, with a pause of 3 seconds.
   *
   * @default {10}
   */
  readonly tries?: number | undefined;
}

/** Field of the phone-home form: a host key, or a name of the node. */
export type PhoneHomeField =
  | "pub_key_dsa"
  | "pub_key_rsa"
  | "pub_key_ecdsa"
  | "pub_key_ed25519"
  | "instance_id"
  | "hostname"
  | "fqdn";

/**
 * Deploys by cloud-init, which runs the steps on the new node.
 *
 * The promise of `deployNode()` resolves when the node is running, not when the
 * steps are done. Files and scripts are readable in the user data.
 *
 * Your own `userData` is kept, in any format that cloud-init reads. If it is a
 * cloud-config:
 *
 * - The lists of the deployment, such as `write_files`, are appended to yours.
 * - Your value is used if both set the same option.
 * - Your `runcmd` runs first, in the same script. An `exit` in it also skips
 *   the deployment steps.
 *
 * User data that exceeds the provider's limit is compressed by gzip, if the
 * provider accepts bytes. If it is still too long, `deployNode()` throws a
 * `RangeError` before any request.
 *
 * @param options Phone-home settings.
 * @returns The transport to pass to `deployNode()` as `via`. It requires a
 *   driver with user data. The `steps` of the deployed node are empty.
 * @throws {TypeError} If `phoneHome` is not an http:// or https:// URL,
 *   contains a `$` other than that of `$INSTANCE_ID`, or `post` has an unknown
 *   field.
 * @throws {RangeError} If `tries` is not an integer from 1 to 1000.
 */
export function cloudInit(
  options: CloudInitOptions = {},
): DeploymentTransport<NodeDriver & TakesUserData> {
  return new CloudInit(options.phoneHome);
}

// The directory of the instance: a node made from a copy of the disk gets
// another one. Not /run, which may be mounted noexec, and not /tmp, which
// systemd empties during boot.
const INSTANCE = "/var/lib/cloud/instance";
const KEPT = `${INSTANCE}/nephos`;
const STAGE = `${KEPT}/steps`;
// Written last: if it exists, so do all other files.
const STAGED = `${STAGE}/staged`;

// Directories that are safe early in the boot: nothing is mounted over them,
// nothing empties them, and they are not the home of a user to be created.
const EARLY = /^\/(?:etc|opt|root|usr)\/(?!(?:.*\/)?\.\.(?:\/|$))/;

const FIELDS: Readonly<Record<PhoneHomeField, true>> = {
  pub_key_dsa: true,
  pub_key_rsa: true,
  pub_key_ecdsa: true,
  pub_key_ed25519: true,
  instance_id: true,
  hostname: true,
  fqdn: true,
};

/** An entry of `write_files`. */
interface FileConfig {
  readonly path: string;
  readonly permissions: string;
  readonly encoding?: "b64";
  readonly content: string;
}

class CloudInit extends DeploymentTransport<NodeDriver & TakesUserData> {
  readonly #phoneHome: PhoneHome | undefined;

  constructor(phoneHome: string | PhoneHome | undefined) {
    super();
    if (phoneHome === undefined) return;
    const [field, { url, post = "all", tries = 10 }] =
      typeof phoneHome === "string"
        ? ["phoneHome", { url: phoneHome }] as const
        : ["phoneHome.url", phoneHome] as const;
    checkUrl(field, url);
    if (post !== "all") {
      post.forEach((it) => choose(FIELDS, it, "cloudInit", "phoneHome.post"));
    }
    checkNumber(tries, "cloudInit", "phoneHome.tries", 1, 1000);
    this.#phoneHome = { url, post, tries };
  }

  protected override async plan(
    driver: NodeDriver & TakesUserData,
    steps: readonly DeploymentStep[],
    options: CreateNodeOptions,
  ): Promise<DeploymentPlan> {
    const support = driver.userDataSupport;
    if (!support) {
      throw new TypeError(
        `deployNode: ${driver.displayName} does not support user data; use ssh()`,
      );
    }
    if (steps.length === 0 && !this.#phoneHome) return { create: options };
    const config = toConfig(steps, this.#phoneHome);
    const { userData, secrets: lines } = await addCloudConfig(
      options.userData,
      config,
      driver.displayName,
      support,
    );
    const secrets = [
      userData,
      options.userData,
      this.#phoneHome?.url,
      ...lines,
      ...steps.flatMap(secretsOf),
    ].filter((it) => typeof it === "string");
    return { create: { ...options, userData }, secrets };
  }
}

/**
 * Checks the URL of the phone-home request. It may contain a token, so that no
 * message shows more of it than its scheme.
 */
function checkUrl(field: string, url: unknown): asserts url is string {
  const fail = (reason: string): never => {
    throw new TypeError(`cloudInit: ${field} must ${reason}`);
  };
  if (typeof url !== "string") {
    return fail(`be an http:// or https:// URL, got ${typeof url}`);
  }
  const [scheme] = /^[a-z][a-z\d+.-]*:\/\//i.exec(url) ?? [];
  if (!scheme || !/^https?:/i.test(scheme)) {
    const actual = scheme ? `"${scheme}..."` : "a string without a scheme";
    return fail(`be an http:// or https:// URL, got ${actual}`);
  }
  if (!URL.canParse(url) || /[\p{Cc}\p{Cs}]/u.test(url)) {
    return fail(`be a valid URL, got "${scheme}..."`);
  }
  // cloud-init replaces every $NAME in it, an unknown one by nothing.
  if (/\$(?!INSTANCE_ID(?![\w.])|\{INSTANCE_ID\})/.test(url)) {
    return fail('contain no "$" except in "$INSTANCE_ID"; write "%24" instead');
  }
}

/**
 * Collects the parts of a step that may be secret: each line of a file or
 * script, because an error of the provider may quote single lines, and each
 * argument.
 */
function secretsOf(step: DeploymentStep): string[] {
  if (step.kind === "script") {
    return [...toSecrets(step.args), ...secretLines(step.text)];
  }
  return step.kind === "file" && typeof step.content === "string"
    ? secretLines(step.content)
    : [];
}

/** Makes the cloud-config of the steps. */
function toConfig(
  steps: readonly DeploymentStep[],
  phoneHome: PhoneHome | undefined,
): string {
  const keys: string[] = [];
  const files: FileConfig[] = [];
  const lines: string[] = [];
  for (const step of steps) {
    const run = (command: string) =>
      lines.push(`nephos_step ${quote(step.name)} ${command}`);
    switch (step.kind) {
      case "sshKey":
        // JSON would escape it, and cloud-init would fail to write the key.
        if (/\p{Cs}/u.test(step.publicKey)) {
          throw new TypeError(
            "deployNode: publicKey must not contain lone surrogates",
          );
        }
        keys.push(step.publicKey);
        break;
      case "file": {
        const { path, content, mode, owner } = step;
        const permissions = mode.toString(8).padStart(4, "0");
        // Early only if no script comes before it, and no owner is set: the
        // user may not exist yet. cloud-init also drops the set-id bits, and
        // treats mode 0 as not set.
        const isUsual = owner === undefined && mode > 0 && mode < 0o1000;
        if (lines.length === 0 && isUsual && EARLY.test(path)) {
          files.push(toFile(path, permissions, content));
          break;
        }
        const staged = `${STAGE}/${files.length}`;
        files.push(toFile(staged, "0600", content));
        const args = [permissions, owner ?? "0:0", staged, path].map(quote);
        run(`nephos_put ${args.join(" ")}`);
        break;
      }
      case "script": {
        const path = `${step.keep ? KEPT : STAGE}/${files.length}`;
        files.push(toFile(path, "0700", step.text));
        run(toCommand(step, path));
        break;
      }
    }
  }
  if (lines.length > 0 || phoneHome) {
    files.push(toFile(STAGED, "0600", "All steps have been written.\n"));
    lines.unshift(toPrelude(phoneHome));
    lines.push(`rm -rf ${STAGE}`);
  }
  const config = {
    ...keys.length > 0 && { ssh_authorized_keys: keys },
    ...files.length > 0 && { write_files: files },
    ...lines.length > 0 && { runcmd: lines },
    ...phoneHome && { phone_home: phoneHome },
  };
  return `#cloud-config\n${toJson(config, 1)}\n`;
}

// PyYAML, the parser of cloud-init, folds U+0085, U+2028 and U+2029 as line
// breaks and refuses the others, except U+FEFF, which other parsers drop as a
// byte order mark. Characters beyond U+FFFF must not be escaped: JSON would
// escape them as two surrogates, which PyYAML does not join.
const ESCAPED = /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g;

/** Writes JSON that every YAML parser reads as the same value. */
function toJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replace(
    ESCAPED,
    (it) => `\\u${it.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function toFile(
  path: string,
  permissions: string,
  content: string | Uint8Array<ArrayBuffer>,
): FileConfig {
  return typeof content === "string"
    ? { path, permissions, content }
    : { path, permissions, encoding: "b64", content: encodeBase64(content) };
}

function toCommand({ text, args, timeoutMs }: ScriptStep, path: string) {
  return [
    // SIGTERM, then SIGKILL 5 seconds later, to the script and its children.
    ...timeoutMs === undefined ? [] : [`timeout -k 5 ${timeoutMs / 1000}`],
    // Without "#!", execve() fails, and not every C library falls back to sh.
    ...text.startsWith("#!") ? [] : ["sh"],
    path,
    ...args.map(quote),
  ].join(" ");
}

/**
 * Writes the shell functions that run the steps. cloud-init joins all commands
 * into one script, those of the caller first, which does not stop on errors.
 */
function toPrelude(phoneHome: PhoneHome | undefined): string {
  return `nephos_step() {
  nephos_name=$1
  shift
  printf 'nephos: step "%s" started\\n' "$nephos_name"
  "$@" && return
  nephos_status=$?
  printf 'nephos: step "%s" exited with %s; the remaining steps are skipped\\n' "$nephos_name" "$nephos_status" >&2
  rm -rf ${STAGE}
${
    // cloud-init phones home even if a script fails, unless this file says that
    // it has done so.
    phoneHome
      ? `  touch ${INSTANCE}/sem/config_phone_home\n`
      : ""}  exit "$nephos_status"
}
nephos_put() {
  if [ -d "$4" ]; then
    printf '%s is a directory\\n' "$4" >&2
    return 1
  fi
  mkdir -p "\${4%/*}/" || return
  nephos_new=$(mktemp "\${4%/*}/.nephos.XXXXXXXXXX") || return
  cat "$3" >"$nephos_new" && chown "$2" "$nephos_new" &&
    chmod "$1" "$nephos_new" && mv -f "$nephos_new" "$4" && return
  rm -f "$nephos_new"
  return 1
}
umask 022
export HOME="\${HOME:-/root}"
cd "$HOME" || cd /
nephos_step write_files test -e ${STAGED}`;
}
