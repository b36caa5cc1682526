/**
 * Deployments by cloud-init: the steps travel as user data, and the new node
 * carries them out by itself. Nobody connects to it, so this works where one
 * cannot, such as in edge functions.
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
 * A deployment resolves once the node runs, which is when the steps begin, and
 * tells nothing of them. On the node, `cloud-init status --wait` waits until
 * they are done and says whether they went well, and
 * `/var/log/cloud-init-output.log` has what they printed. To be called instead,
 * see {@linkcode CloudInitOptions.phoneHome}.
 *
 * The steps run in their order as root, in the home of root, and the first that
 * fails is the last. Only what does no harm before its turn is there earlier:
 * keys, and the files below `/etc`, `/opt`, `/root` and `/usr` that come before
 * the first script and have no owner; elsewhere something may be mounted over
 * them, or empty the folder, while the node boots. A script that is kept stays
 * in `/var/lib/cloud/instance/nephos`. Keys are those of the user that the image
 * is made for, be it root or not.
 *
 * Files, scripts and their arguments stay readable in the user data for as long
 * as there is the node: to whoever may read it at the provider, and on many
 * providers to every program on the node, by the metadata service. A secret had
 * better be one that is of use once.
 *
 * @see {@link https://cloudinit.readthedocs.io/ | cloud-init}
 *
 * @module
 */

import { encodeBase64 } from "@std/encoding/base64";
import { stringify } from "@std/yaml/stringify";
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
import { quote } from "./_shell.ts";
import { addCloudConfig } from "./_user_data.ts";

/** Options of {@linkcode cloudInit}. */
export interface CloudInitOptions {
  /**
   * Where the node sends a form by POST once all steps have ended well; if one
   * fails, it sends nothing. A text is the URL.
   */
  readonly phoneHome?: string | PhoneHome | undefined;
}

/** How a node reports that it is ready. */
export interface PhoneHome {
  /**
   * The URL; `$INSTANCE_ID` in it, or `${INSTANCE_ID}`, becomes the id that
   * cloud-init knows, and a `$` with another meaning is written `%24`.
   */
  readonly url: string;
  /**
   * Fields of the form.
   *
   * @default {"all"}
   */
  readonly post?: "all" | readonly PhoneHomeField[] | undefined;
  /**
   * How often the node tries, three seconds apart.
   *
   * @default {10}
   */
  readonly tries?: number | undefined;
}

/** What a node can report: who it is, and its host keys. */
export type PhoneHomeField =
  | "pub_key_dsa"
  | "pub_key_rsa"
  | "pub_key_ecdsa"
  | "pub_key_ed25519"
  | "instance_id"
  | "hostname"
  | "fqdn";

/**
 * Deploys by user data, which cloud-init carries out on the new node.
 *
 * `userData` of the caller's is kept, in any form that cloud-init reads. Of a
 * cloud-config, lists go before those of the steps, and all else wins over
 * them. Its `runcmd` is the beginning of the same script: what says `exit`
 * there ends the steps, too. What does not fit as text is sent after gzip where
 * the provider takes that.
 *
 * @param options Whom the node calls.
 * @returns What to give `deployNode()` as `via`, if the provider takes user
 *   data. Its `steps` will be empty, since nobody reports how they went.
 * @throws {TypeError} If the URL or a field is none.
 * @throws {RangeError} If `tries` is not from 1 to 1000.
 */
export function cloudInit(
  options: CloudInitOptions = {},
): DeploymentTransport<NodeDriver & TakesUserData> {
  return new CloudInit(options.phoneHome);
}

// In the folder of the instance, so that a copy of the disk does not have it.
// Not in /run or /tmp: nothing can be run in the one, and systemd empties the
// other while the node boots.
const INSTANCE = "/var/lib/cloud/instance";
const KEPT = `${INSTANCE}/nephos`;
const STAGE = `${KEPT}/steps`;
// Written last, so it is there if all else is.
const STAGED = `${STAGE}/staged`;

// Where nothing is mounted, nothing is emptied while the node boots, and no
// user is yet to get a home.
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
    const { url, post = "all", tries = 10 } = typeof phoneHome === "string"
      ? { url: phoneHome }
      : phoneHome;
    // It may hold a token, so it is not shown.
    if (!/^https?:/i.test(url) || !URL.canParse(url)) {
      throw new TypeError("Cannot phone home: the url is not one of http");
    }
    // cloud-init would look for a name behind any other, and call nobody.
    if (/\$(?!INSTANCE_ID(?![\w.])|\{INSTANCE_ID\})/.test(url)) {
      throw new TypeError('Cannot phone home: the url has a "$" of its own');
    }
    if (post !== "all") post.forEach((it) => choose(FIELDS, it, "field"));
    checkNumber("tries", tries, 1, 1000);
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
        `Cannot deploy by cloud-init: ${driver.provider} takes no user data`,
      );
    }
    if (steps.length === 0 && !this.#phoneHome) return { create: options };
    const config = toConfig(steps, this.#phoneHome);
    const userData = await addCloudConfig(options.userData, config, support);
    const secrets = [
      userData,
      options.userData,
      this.#phoneHome?.url,
      ...steps.flatMap(toSecrets),
    ].filter((it) => typeof it === "string");
    return { create: { ...options, userData }, secrets };
  }
}

/**
 * What of a step may be secret. Whoever complains of user data may quote a line
 * of it, and words that are shorter than any secret are left to be read.
 */
function toSecrets(step: DeploymentStep): string[] {
  const texts = step.kind === "script"
    ? [...step.args, ...step.text.split("\n")]
    : step.kind === "file" && typeof step.content === "string"
    ? step.content.split("\n")
    : [];
  return texts.map((text) => text.trim()).filter((text) => text.length > 7);
}

/** Writes the steps as a cloud-config. */
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
        keys.push(step.publicKey);
        break;
      case "file": {
        const { path, content, mode, owner } = step;
        const permissions = mode.toString(8).padStart(4, "0");
        // A script may come before it, and users may not be there yet. And
        // cloud-init loses set-id bits, and takes a mode of 0 for none.
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
    files.push(toFile(STAGED, "0600", "All steps are here.\n"));
    lines.unshift(toPrelude(phoneHome));
    lines.push(`rm -rf ${STAGE}`);
  }
  const config = {
    ...keys.length > 0 && { ssh_authorized_keys: keys },
    ...files.length > 0 && { write_files: files },
    ...lines.length > 0 && { runcmd: lines },
    ...phoneHome && { phone_home: phoneHome },
  };
  // Not folded: a shell may care where lines end.
  const yaml = stringify(config, { lineWidth: -1 });
  return `#cloud-config\n${yaml}`;
}

function toFile(
  path: string,
  permissions: string,
  content: string | Uint8Array<ArrayBuffer>,
): FileConfig {
  if (typeof content !== "string") {
    const encoded = encodeBase64(content);
    return { path, permissions, encoding: "b64", content: encoded };
  }
  return isPlain(content)
    ? { path, permissions, content }
    : toFile(path, permissions, new TextEncoder().encode(content));
}

/**
 * Whether a text can be seen, and is one to every reader of YAML: a single word
 * may be a number, a date or a boolean to one and not to the next.
 */
function isPlain(text: string): boolean {
  return /^\S(?:[\n\t]|[^\p{C}\p{Zl}\p{Zp}])*$/u.test(text) &&
    (text.endsWith("\n") || /^[a-z#/].*\s.*\S$/is.test(text));
}

function toCommand({ text, args, timeoutMs }: ScriptStep, path: string) {
  return [
    // SIGKILL comes after SIGTERM, and both reach what the script has started.
    ...timeoutMs === undefined ? [] : [`timeout -k 5 ${timeoutMs / 1000}`],
    // Not every C library knows what to do without a first line.
    ...text.startsWith("#!") ? [] : ["sh"],
    path,
    ...args.map(quote),
  ].join(" ");
}

/**
 * Writes the functions that the steps are run by. cloud-init makes one script
 * of all commands, those of the caller first, and goes on where one fails.
 */
function toPrelude(phoneHome: PhoneHome | undefined): string {
  return `nephos_step() {
  nephos_name=$1
  shift
  printf 'nephos: step "%s" begins\\n' "$nephos_name"
  "$@" && return
  nephos_status=$?
  printf 'nephos: step "%s" exited with %s: no step after it runs\\n' "$nephos_name" "$nephos_status" >&2
  rm -rf ${STAGE}
${
    // cloud-init calls whatever happens, unless it thinks that it has already.
    phoneHome
      ? `  touch ${INSTANCE}/sem/config_phone_home\n`
      : ""}  exit "$nephos_status"
}
nephos_put() {
  if [ -d "$4" ]; then
    printf '%s is a folder\\n' "$4" >&2
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
