/**
 * Deployments over SSH. Edge functions cannot open SSH connections; use
 * `cloudInit()` there.
 *
 * The connection uses the `ssh2` library. Deno and JSR install it for you. If
 * you installed nephos from npm, also run `npm install ssh2`. In Deno, the only
 * permission you need is `--allow-net`, unless an SSH agent holds the key.
 *
 * ```ts
 * import { file, script, sshKey } from "@nephos/nephos";
 * import { NephoScaleNodeDriver } from "@nephos/nephos/drivers/nephoscale";
 * import { ssh } from "@nephos/nephos/ssh";
 *
 * async function deploy(
 *   nephoscale: NephoScaleNodeDriver,
 *   privateKey: string,
 *   publicKey: string,
 * ): Promise<void> {
 *   const keyPair = await nephoscale.importKeyPair({ name: "me", publicKey });
 *   const { node, steps } = await nephoscale.deployNode({
 *     name: "web-1",
 *     size: "5",
 *     image: "49",
 *     keyPairs: [keyPair],
 *     deploy: [
 *       sshKey("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExample you@example.com"),
 *       file("/etc/motd", "Hello\n"),
 *       script(
 *         'apt-get update && apt-get -o DPkg::Lock::Timeout=120 install -y "$1"',
 *         { name: "install", args: ["nginx"] },
 *       ),
 *     ],
 *     via: ssh({ privateKey, hostKey: "accept-new" }),
 *     onFailure: "destroy",
 *   });
 *   console.log(node.publicIps, steps.map(({ exitStatus }) => exitStatus));
 * }
 * ```
 *
 * @module
 */

import {
  checkNumber,
  checkSecret,
  checkText,
  choose,
  type ForbiddenCharacters,
  given,
  show,
} from "../core/mod.ts";
import {
  type CreateNodeOptions,
  type DeploymentPlan,
  type DeploymentStep,
  DeploymentTransport,
  type NodeDriver,
  type ScriptStep,
  type StepOutcome,
  type TakesUserData,
} from "../core/compute/mod.ts";
import {
  type Authentication,
  type Libraries,
  load,
  type ParsedKey,
} from "./_ssh2.ts";
import { ADDRESSES, connect } from "./_ssh_connector.ts";
import { type Pin, toPin } from "./_ssh_host_keys.ts";
import { readPrivateKey } from "./_ssh_key.ts";
import { fileProgram, keyProgram, scriptProgram } from "./_ssh_programs.ts";
import type { Session } from "./_ssh_session.ts";
import { secretLines } from "./_secrets.ts";
import { addCloudConfig, type UserData } from "./_user_data.ts";

/** Options of {@linkcode ssh}. */
export interface SshOptions {
  /**
   * Private key to log in with: RSA, Ed25519 or ECDSA, in OpenSSH or PEM format.
   * The order of attempts is: private key, agent, password.
   */
  readonly privateKey?: string | undefined;
  /** Passphrase of an encrypted private key. */
  readonly passphrase?: string | undefined;
  /**
   * Path of the socket of an SSH agent that holds the key. This is usually the
   * value of `SSH_AUTH_SOCK`.
   */
  readonly agent?: string | undefined;
  /** Password to log in with. */
  readonly password?: string | undefined;
  /**
   * User to log in as.
   *
   * @default {"root"}
   */
  readonly username?: string | undefined;
  /**
   * Users to try next if the server rejects `username`, such as
   * `["ubuntu", "debian", "admin", "ec2-user"]`.
   */
  readonly alternateUsernames?: readonly string[] | undefined;
  /**
   * Whether to write files and run scripts as root. If the user is not root, this
   * needs `sudo` without a password. Keys are always added for the user who logs
   * in.
   *
   * @default {false}
   */
  readonly sudo?: boolean | undefined;
  /**
   * Port of the SSH server.
   *
   * @default {22}
   */
  readonly port?: number | undefined;
  /**
   * How to verify the host. Credentials, files and scripts are sent only after
   * the host key was verified. There is no default; pass one of:
   *
   * - The fingerprint of the host key (`"SHA256:…"`), the public key itself, or
   *   a list of these. The server must have one of these keys.
   * - `"inject"`: nephos generates a host key for this node and passes it in the
   *   user data. The provider must accept user data, and the image must have
   *   cloud-init. Anyone who can read the user data can impersonate the node.
   * - `"accept-new"`: trust on first use. The first key that the server presents
   *   is accepted, and it must stay the same during the deployment. This does
   *   not protect you if the first connection is intercepted.
   */
  readonly hostKey: string | readonly string[];
  /**
   * Time limit in milliseconds for each connection attempt.
   *
   * @default {10000}
   */
  readonly connectTimeoutMs?: number | undefined;
  /**
   * How long to repeat logins that the server refuses, in milliseconds from the
   * first refusal. While a node boots, its SSH server may start before your key
   * is in place. If all users are refused, they are tried again with increasing
   * delays: about 7 times in 60 seconds. 0 makes the first refusal final.
   *
   * A refusal is final at once if more time does not help: the SSH agent has no
   * key, the password has expired, or the server tells you to log in as another
   * user.
   *
   * @default {60000}
   */
  readonly loginGraceMs?: number | undefined;
  /**
   * Which IP addresses of the node to connect to. Both IPv4 and IPv6 addresses
   * are tried. While connecting fails, the node is read again before each
   * attempt, because an address may arrive after the node is running.
   *
   * - `"public"`: the public addresses.
   * - `"private"`: the private addresses.
   *
   * @default {"public" if the node has a public address, otherwise "private"}
   */
  readonly interface?: "public" | "private" | undefined;
}

const SPECIAL = /^(?:inject|accept-new)$/;
// Other control characters are allowed in secrets: keys have line breaks.
const NUL: ForbiddenCharacters = {
  pattern: /\0/,
  description: "a NUL character",
};

/**
 * Deploys over SSH.
 *
 * While the node boots, connection attempts are repeated with increasing delays.
 * The deployment fails if the login is refused for longer than `loginGraceMs`.
 * It fails at once if the host key is not the expected one.
 *
 * Files are uploaded by SFTP and replace existing files atomically.
 *
 * Each script runs in a session of its own. Its processes are killed when the
 * script times out, the connection is lost or the deployment is aborted. Up to
 * 1 MiB of each output stream is kept; longer output is truncated in the middle.
 * A script with `keep: true` stays in the home directory as
 * `nephos-<name>-<random>`.
 *
 * @param options Credentials, and how to verify the host.
 * @returns A transport to pass to `deployNode()` as `via`.
 * @throws {TypeError} If `privateKey`, `agent` and `password` are all missing, or
 *   if an option is invalid. A `privateKey` that cannot be read is reported by
 *   `deployNode()`, before any request.
 * @throws {RangeError} If `port`, `connectTimeoutMs` or `loginGraceMs` is out of
 *   range.
 */
export function ssh(
  options: SshOptions & { readonly hostKey: "inject" },
): DeploymentTransport<NodeDriver & TakesUserData>;
/** Deploys over SSH. */
export function ssh(options: SshOptions): DeploymentTransport;
export function ssh(options: SshOptions): DeploymentTransport {
  return new SshTransport(options);
}

class SshTransport extends DeploymentTransport {
  // Private fields do not appear in the output of console.log().
  readonly #options: SshOptions;
  readonly #pins: readonly Pin[];
  readonly #usernames: readonly string[];

  constructor(options: SshOptions) {
    super();
    const { privateKey, passphrase, password, agent, hostKey } = options;
    const { username = "root", alternateUsernames = [] } = options;
    if ((privateKey ?? password ?? agent) === undefined) {
      throw new TypeError("ssh: privateKey, agent or password is required");
    }
    const secrets = { privateKey, passphrase, password };
    for (const [name, secret] of Object.entries(secrets)) {
      if (secret !== undefined) checkSecret(secret, "ssh", name, NUL);
    }
    given(agent, (it) => checkText(it, "ssh", "agent"));
    this.#usernames = [
      checkText(username, "ssh", "username"),
      ...alternateUsernames.map((name, index) =>
        checkText(name, "ssh", `alternateUsernames[${index}]`)
      ),
    ];
    checkNumber(options.port, "ssh", "port", 1, 65_535);
    checkNumber(options.connectTimeoutMs, "ssh", "connectTimeoutMs");
    checkNumber(options.loginGraceMs, "ssh", "loginGraceMs", 0);
    given(options.interface, (it) => choose(ADDRESSES, it, "ssh", "interface"));
    const isSpecial = typeof hostKey === "string" && SPECIAL.test(hostKey);
    this.#pins = isSpecial ? [] : toPins(hostKey);
    this.#options = options;
  }

  protected override async plan(
    driver: NodeDriver & Partial<TakesUserData>,
    steps: readonly DeploymentStep[],
    create: CreateNodeOptions,
  ): Promise<DeploymentPlan> {
    const { privateKey, passphrase, password, hostKey } = this.#options;
    const { port = 22, connectTimeoutMs = 10_000, loginGraceMs = 60_000 } =
      this.#options;
    const libraries = await load();
    const key = privateKey === undefined
      ? undefined
      : readPrivateKey(libraries, privateKey, passphrase);
    const secrets = [...secretLines(privateKey ?? ""), passphrase, password]
      .filter((secret) => secret !== undefined);
    let pins = this.#pins;
    if (hostKey === "inject") {
      const injected = await injectHostKey(libraries, driver, create.userData);
      create = { ...create, userData: injected.userData };
      pins = injected.pins;
      secrets.push(...injected.secrets);
    }
    return {
      create,
      secrets,
      run: async (node, context) => {
        context.connecting();
        const session = await connect(node, context, {
          libraries,
          pins,
          port,
          usernames: this.#usernames,
          authenticationsOf: (username) => this.#authentications(username, key),
          interface: this.#options.interface,
          connectTimeoutMs,
          loginGraceMs,
        });
        try {
          for (const step of steps) {
            await context.run(step, () => this.#runStep(step, session));
          }
        } finally {
          await session.close();
        }
      },
    };
  }

  /** Lists the authentication methods, in the order in which they are tried. */
  #authentications(
    username: string,
    key: ParsedKey | undefined,
  ): Authentication[] {
    const { agent, password } = this.#options;
    const methods: Authentication[] = [];
    if (key) methods.push({ type: "publickey", username, key });
    if (agent) methods.push({ type: "agent", username, agent });
    if (password !== undefined) {
      methods.push({ type: "password", username, password }, {
        // Some servers ask for the password in a dialog.
        type: "keyboard-interactive",
        username,
        prompt: (_name, _instructions, _language, prompts, answer) =>
          answer(prompts.map(() => password)),
      });
    }
    return methods;
  }

  async #runStep(step: DeploymentStep, session: Session): Promise<StepOutcome> {
    const { sudo: isRoot = false } = this.#options;
    const { directory } = session;
    if (step.kind === "script") {
      const path = scriptPath(step, directory);
      await session.upload(path, step.text, 0o700);
      return await session.run(
        scriptProgram(step, path, isRoot),
        step.timeoutMs,
      );
    }
    let program: string;
    if (step.kind === "file") {
      const path = `${directory}/${crypto.randomUUID()}`;
      await session.upload(path, step.content);
      program = fileProgram(step, path, isRoot);
    } else {
      program = keyProgram(step);
    }
    const outcome = await session.run(program);
    // These programs print nothing but errors.
    const errors = outcome.stderr.trim().replaceAll("\n", "; ");
    return { ...outcome, reason: errors || outcome.reason };
  }
}

/**
 * Generates a host key and adds it to the user data.
 *
 * @throws {TypeError} If the provider does not support user data.
 */
async function injectHostKey(
  { utils }: Libraries,
  { displayName, userDataSupport }: NodeDriver & Partial<TakesUserData>,
  callerData: UserData | undefined,
): Promise<{ userData: UserData; pins: readonly Pin[]; secrets: string[] }> {
  if (!userDataSupport) {
    throw new TypeError(
      `ssh: ${displayName} does not support user data, which hostKey "inject" ` +
        'needs; use a key, a fingerprint or "accept-new"',
    );
  }
  const pair = utils.generateKeyPairSync("ed25519");
  const config = {
    // Removes the keys of the image, so that the node has this key only.
    ssh_deletekeys: true,
    ssh_keys: {
      ed25519_private: pair.private,
      ed25519_public: pair.public,
    },
  };
  const { userData, secrets } = await addCloudConfig(
    callerData,
    `#cloud-config\n${JSON.stringify(config)}\n`,
    displayName,
    userDataSupport,
  );
  return {
    userData,
    pins: toPins(pair.public),
    secrets: [...secrets, ...secretLines(pair.private)],
  };
}

/**
 * Chooses the path of a script on the node: in the home directory if the script
 * is kept, otherwise in the temporary directory.
 */
function scriptPath({ name, keep }: ScriptStep, directory: string): string {
  const random = crypto.randomUUID().slice(0, 8);
  const safeName = name.replace(/[^\w.-]+/g, "-").slice(0, 40);
  return keep
    ? directory.replace(/[^/]+$/, `nephos-${safeName}-${random}`)
    : `${directory}/${random}`;
}

function toPins(hostKey: string | readonly string[]): readonly Pin[] {
  if (!Array.isArray(hostKey)) {
    const pin = toPin(`${hostKey ?? ""}`);
    if (pin) return [pin];
  } else if (hostKey.length > 0) {
    return hostKey.map((line, index) => {
      const pin = toPin(`${line}`);
      if (pin) return pin;
      throw new TypeError(
        `ssh: hostKey[${index}] must be a key or a fingerprint ("SHA256:…"), ` +
          `got ${show(line)}`,
      );
    });
  }
  throw new TypeError(
    'ssh: hostKey must be a key, a fingerprint ("SHA256:…"), "inject" or ' +
      `"accept-new", got ${show(hostKey)}`,
  );
}
