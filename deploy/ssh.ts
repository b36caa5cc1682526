/**
 * Deployments over SSH: for scripts, since an edge function cannot open such a
 * connection.
 *
 * It takes `ssh2`, which Deno loads by itself when the first deployment begins;
 * elsewhere it is to be installed beside this package: `npm install ssh2`. In
 * Deno no permission is needed but `--allow-net`, unless an agent has the key.
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
  CloudError,
  ConnectionError,
} from "../core/mod.ts";
import {
  type CreateNodeOptions,
  type DeploymentContext,
  type DeploymentPlan,
  type DeploymentStep,
  DeploymentTransport,
  type Node,
  type NodeDriver,
  type ScriptStep,
  type StepOutcome,
  type TakesUserData,
} from "../core/compute/mod.ts";
import { type Authentication, type Libraries, load } from "./_ssh2.ts";
import { HostKeys, type Pin, toPin } from "./_ssh_host_keys.ts";
import { readPrivateKey } from "./_ssh_key.ts";
import { addKey, placeFile, runScript } from "./_ssh_programs.ts";
import { HostKeyError, RefusedError, Session } from "./_ssh_session.ts";
import { addCloudConfig } from "./_user_data.ts";

/** Options of {@linkcode ssh}. */
export interface SshOptions {
  /**
   * Private key to log in with, of OpenSSH or in PEM: RSA, Ed25519 or ECDSA.
   * With more than one way to log in, this one is tried first.
   */
  readonly privateKey?: string | undefined;
  /** What the private key is encrypted with. */
  readonly passphrase?: string | undefined;
  /** Path of the socket of an agent that has the key, as in `SSH_AUTH_SOCK`. */
  readonly agent?: string | undefined;
  /** Password to log in with, which is tried last. */
  readonly password?: string | undefined;
  /**
   * Who logs in.
   *
   * @default {"root"}
   */
  readonly username?: string | undefined;
  /**
   * Who else may log in, where that one is refused, such as
   * `["ubuntu", "debian", "admin", "ec2-user"]`.
   */
  readonly alternateUsernames?: readonly string[] | undefined;
  /**
   * Whether files are written and scripts run as root, by `sudo` without a
   * password, where somebody else logs in. A key is added for who logs in.
   *
   * @default {false}
   */
  readonly sudo?: boolean | undefined;
  /**
   * Port of the server.
   *
   * @default {22}
   */
  readonly port?: number | undefined;
  /**
   * How one knows that it is the node and nobody else, before anything is sent
   * to it: by the fingerprint (`"SHA256:…"`) or the public key of the host, or
   * some of either; by a key made here for this node alone (`"inject"`), where
   * the provider takes user data and the image has cloud-init, and where nobody
   * else can read them; or not at all, other than that it stays the same
   * throughout (`"accept-new"`).
   */
  readonly hostKey: string | readonly string[];
  /**
   * Time limit in milliseconds of each attempt to connect.
   *
   * @default {10000}
   */
  readonly connectTimeoutMs?: number | undefined;
  /**
   * Whether to connect to a public or to a private address of the node, IPv4 or
   * IPv6.
   *
   * @default {a public one, or a private one where there is no other}
   */
  readonly interface?: "public" | "private" | undefined;
}

const WHAT = "connect by SSH";
const SPECIAL = /^(?:inject|accept-new)$/;
const ADDRESSES: Readonly<Record<string, (node: Node) => readonly string[]>> = {
  public: ({ publicIps }) => publicIps,
  private: ({ privateIps }) => privateIps,
  any: ({ publicIps, privateIps }) =>
    // A private address could be another machine where the caller is.
    publicIps.length > 0 ? publicIps : privateIps,
};

/**
 * Deploys over SSH. While the node boots, it tries again after pauses that
 * grow; it gives up at once where the login is refused, or the host key is not
 * the one expected.
 *
 * Files come by SFTP, and replace what is there all at once. A script runs in a
 * session of its own, whose processes are ended when its time is up, and when
 * the connection is lost or the deployment aborted. Of what it prints, 1 MiB of
 * each stream is kept, without the middle where it is more. A script that is to
 * stay is in the home folder afterwards: `nephos-<name>-<random>`.
 *
 * @param options How to log in, and how to know the host.
 * @returns The way to deploy, for `deployNode()`.
 * @throws {TypeError} If an option is missing or makes no sense; a key that
 *   cannot be read is found when the deployment begins, before any request.
 * @throws {RangeError} If a number is out of range.
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
  // Private, so that no console shows the key.
  readonly #options: SshOptions;
  readonly #pins: readonly Pin[];
  readonly #usernames: readonly string[];

  constructor(options: SshOptions) {
    super();
    const { privateKey, passphrase, password, agent, hostKey } = options;
    const { username = "root", alternateUsernames = [] } = options;
    if ((privateKey ?? password ?? agent) === undefined) {
      throw new TypeError(
        `Cannot ${WHAT}: there is no privateKey, no agent and no password`,
      );
    }
    // A key has lines.
    const any = /\0/;
    if (privateKey !== undefined) checkSecret("privateKey", privateKey, any);
    if (passphrase !== undefined) checkSecret("passphrase", passphrase, any);
    if (password !== undefined) checkSecret("password", password, any);
    if (agent !== undefined) checkText(agent, WHAT, "path of an agent");
    this.#usernames = [username, ...alternateUsernames].map((name) =>
      checkText(name, WHAT, "username")
    );
    checkNumber("port", options.port, 1, 65_535);
    checkNumber("connectTimeoutMs", options.connectTimeoutMs);
    choose(ADDRESSES, options.interface ?? "any", "kind of interface");
    const isSpecial = typeof hostKey === "string" && SPECIAL.test(hostKey);
    this.#pins = isSpecial ? [] : toPins(hostKey);
    this.#options = options;
  }

  protected override async plan(
    driver: NodeDriver & Partial<TakesUserData>,
    steps: readonly DeploymentStep[],
    create: CreateNodeOptions,
  ): Promise<DeploymentPlan> {
    const { privateKey, passphrase, password, agent, hostKey } = this.#options;
    const libraries = await load();
    const key = privateKey === undefined
      ? undefined
      : readPrivateKey(libraries, privateKey, passphrase);
    const authenticate = (username: string): Authentication[] => [
      ...key ? [{ type: "publickey", username, key } as const] : [],
      ...agent ? [{ type: "agent", username, agent } as const] : [],
      ...password === undefined ? [] : [
        { type: "password", username, password } as const,
        {
          type: "keyboard-interactive",
          username,
          prompt: (_name, _text, _language, prompts, answer) =>
            answer(prompts.map(() => password)),
        } as const satisfies Authentication,
      ],
    ];
    let pins = this.#pins;
    const secrets = [...linesOf(privateKey), passphrase, password]
      .flatMap((it) => it ?? []);
    if (hostKey === "inject") {
      const { userDataSupport } = driver;
      if (!userDataSupport) {
        throw new TypeError(
          `Cannot ${WHAT}: ${driver.provider} takes no user data, so no hostKey can be injected`,
        );
      }
      const made = libraries.utils.generateKeyPairSync("ed25519");
      const config = {
        // Nor are there any others, which nobody here would know.
        ssh_deletekeys: true,
        ssh_keys: {
          ed25519_private: made.private,
          ed25519_public: made.public,
        },
      };
      const userData = await addCloudConfig(
        create.userData,
        `#cloud-config\n${JSON.stringify(config)}\n`,
        userDataSupport,
      );
      create = { ...create, userData };
      pins = toPins(made.public);
      secrets.push(...linesOf(made.private));
    }
    return {
      create,
      secrets,
      run: async (node, context) => {
        context.connecting();
        const session = await this.#connect(
          node,
          context,
          libraries,
          authenticate,
          new HostKeys(pins, libraries),
        );
        try {
          for (const step of steps) {
            await context.run(step, () => this.#carryOut(step, session));
          }
        } finally {
          await session.close();
        }
      },
    };
  }

  /** Logs in, as soon as the node is ready for it. */
  async #connect(
    node: Node,
    { deadline, intervalMs }: DeploymentContext,
    libraries: Libraries,
    authenticate: (username: string) => Authentication[],
    hostKeys: HostKeys,
  ): Promise<Session> {
    const { port = 22, connectTimeoutMs = 10_000 } = this.#options;
    const hosts = ADDRESSES[this.#options.interface ?? "any"]?.(node) ?? [];
    if (hosts.length === 0) {
      throw new CloudError(
        `Cannot ${WHAT}: the node has no ${this.#options.interface} address`,
        {},
      );
    }
    const { signal } = deadline;
    let failure: unknown;
    const attempt = async (): Promise<Session | undefined> => {
      for (const host of hosts) {
        const refusals: string[] = [];
        let usernames = this.#usernames;
        while (usernames.length > 0) {
          const [username = "", ...others] = usernames;
          try {
            return await Session.open({
              libraries,
              host,
              port,
              username,
              authentications: authenticate(username),
              hostKeys,
              connectTimeoutMs,
              signal,
            });
          } catch (error) {
            // The last attempt may be aborted, which says nothing.
            if (!signal.aborted) failure = error;
            if (ConnectionError.is(error)) break;
            if (error instanceof HostKeyError && hostKeys.hasMore) continue;
            if (!(error instanceof RefusedError)) throw error;
            refusals.push(error.message);
            usernames = others;
          }
        }
        if (usernames.length === 0) {
          throw new CloudError(
            `Cannot log in to ${host} port ${port}: ${refusals.join("; ")}`,
            {},
          );
        }
      }
      return undefined;
    };
    let latest: Promise<Session | undefined> | undefined;
    try {
      return await deadline.poll(() => latest = attempt(), intervalMs);
    } catch (error) {
      // It has closed what it had open before anybody hears of it.
      await latest?.then((session) => session?.close(), () => {});
      // Why there was no connection by now says more than that time is up.
      throw signal.aborted ? failure ?? error : error;
    }
  }

  async #carryOut(
    step: DeploymentStep,
    session: Session,
  ): Promise<StepOutcome> {
    const { sudo: isRoot = false } = this.#options;
    if (step.kind === "script") {
      const { text, timeoutMs } = step;
      const path = pathOf(step, session.folder);
      await session.upload(path, text, 0o700);
      return await session.run(runScript(step, path, isRoot), timeoutMs);
    }
    let program: string;
    if (step.kind === "file") {
      const path = `${session.folder}/${crypto.randomUUID()}`;
      await session.upload(path, step.content);
      program = placeFile(step, path, isRoot);
    } else {
      program = addKey(step);
    }
    const outcome = await session.run(program);
    // These say nothing but what is wrong.
    const said = outcome.stderr.trim().replaceAll("\n", "; ");
    return { ...outcome, reason: said || outcome.reason };
  }
}

/** The lines of a key that are its own, any of which may be quoted alone. */
function linesOf(key = ""): string[] {
  return key.split(/\s*\n\s*/).filter((line) => /^(?!--).{8}/.test(line));
}

/** Where a script is on the node: where it goes with the session, or stays. */
function pathOf({ name, keep }: ScriptStep, folder: string): string {
  const random = crypto.randomUUID().slice(0, 8);
  const plain = name.replace(/[^\w.-]+/g, "-").slice(0, 40);
  return keep
    ? folder.replace(/[^/]+$/, `nephos-${plain}-${random}`)
    : `${folder}/${random}`;
}

function toPins(hostKey: string | readonly string[]): readonly Pin[] {
  const lines = [hostKey ?? []].flat();
  const pins = lines.flatMap((line) => toPin(`${line}`) ?? []);
  if (lines.length === 0 || pins.length < lines.length) {
    throw new TypeError(
      `Cannot ${WHAT}: the hostKey is not a fingerprint ("SHA256:…") or a ` +
        'public key, nor "inject", nor "accept-new"',
    );
  }
  return pins;
}
