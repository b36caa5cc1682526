/**
 * The parts of ssh2 and Node.js that a deployment over SSH uses. They are loaded
 * when the first deployment begins, so importing this module has no side effect.
 *
 * @see {@link https://github.com/mscdex/ssh2 | ssh2}
 *
 * @module
 */

/** A key that ssh2 has parsed. */
export interface ParsedKey {
  /** Key type, such as `"ssh-ed25519"`. */
  readonly type: string;
  /** Whether the key includes its private half. */
  isPrivateKey(): boolean;
  /** Returns the private key in the PEM format of OpenSSL. */
  getPrivatePEM(): string;
  /** Returns the public key in the SSH wire format. */
  getPublicSSH(): Uint8Array<ArrayBuffer>;
}

/** One authentication method with its credentials. */
export type Authentication =
  & { readonly username: string }
  & (
    | { readonly type: "publickey"; readonly key: ParsedKey }
    | { readonly type: "agent"; readonly agent: string }
    | { readonly type: "password"; readonly password: string }
    | {
      readonly type: "keyboard-interactive";
      readonly prompt: (
        name: string,
        instructions: string,
        language: string,
        prompts: readonly unknown[],
        answer: (answers: readonly string[]) => void,
      ) => void;
    }
  );

/** An error of ssh2. */
export interface SshError extends Error {
  /** Stage at which the error occurred, such as `"client-authentication"`. */
  readonly level?: string;
  /** Error code of the system, such as `"ECONNREFUSED"`, or of the protocol. */
  readonly code?: string | number;
}

/** Options of {@linkcode Client.connect}. */
export interface ConnectConfig {
  readonly sock: Socket;
  readonly username: string;
  readonly readyTimeout: number;
  readonly keepaliveInterval: number;
  readonly algorithms: { readonly serverHostKey: readonly string[] };
  readonly hostVerifier: (key: Uint8Array<ArrayBuffer>) => boolean;
  readonly authHandler: (
    methodsLeft: readonly string[] | null,
  ) => Authentication | false;
}

/** A TCP connection. */
export interface Socket {
  readonly writableFinished: boolean;
  on(event: "close" | "finish", listener: () => void): this;
  setNoDelay(): this;
  destroy(): this;
}

/** The channel of a running command. */
export interface Channel {
  readonly stderr: {
    on(event: "data", listener: (data: Uint8Array) => void): unknown;
  };
  on(event: "data", listener: (data: Uint8Array) => void): this;
  on(
    event: "exit",
    listener: (status: number | null, signal?: string) => void,
  ): this;
  on(event: "close", listener: () => void): this;
  /** Closes the standard input of the command. */
  end(): unknown;
  close(): void;
}

/** A callback that receives an error if the operation failed. */
export type Done = (error: Error | null | undefined) => void;

/** An SFTP session. */
export interface Sftp {
  writeFile(
    path: string,
    data: Uint8Array,
    options: { readonly mode: number; readonly flag: string },
    done: Done,
  ): void;
}

/** An SSH client, which serves one connection. */
export interface Client {
  on(event: "ready", listener: () => void): this;
  on(event: "error", listener: (error: SshError) => void): this;
  on(event: "banner", listener: (message: string) => void): this;
  on(event: "change password", listener: () => void): this;
  connect(config: ConnectConfig): void;
  exec(
    command: string,
    done: (error: Error | undefined, channel: Channel) => void,
  ): void;
  sftp(done: (error: Error | undefined, sftp: Sftp) => void): void;
  end(): void;
}

/** A private key that Node.js has parsed. */
interface KeyObject {
  readonly asymmetricKeyType?: string;
  export(options: { format: "pem"; type: "pkcs1" }): string;
  export(options: { format: "jwk" }): {
    readonly crv?: string;
    readonly x?: string;
    readonly y?: string;
    readonly d?: string;
  };
}

/** The loaded libraries. */
export interface Libraries {
  readonly Client: new () => Client;
  readonly utils: {
    parseKey(
      key: string,
      passphrase?: string,
    ): ParsedKey | readonly ParsedKey[] | Error;
    generateKeyPairSync(
      type: "ed25519",
    ): { readonly private: string; readonly public: string };
  };
  connect(options: { host: string; port: number }): Socket;
  createPrivateKey(
    key: { readonly key: string; readonly passphrase?: string | undefined },
  ): KeyObject;
  sha256(bytes: Uint8Array): Uint8Array<ArrayBuffer>;
  toBuffer(bytes: string | Uint8Array): Uint8Array;
}

/**
 * Loads ssh2 and the modules of Node.js.
 *
 * @returns The functions and classes that a deployment uses.
 * @throws {TypeError} If `ssh2` is not installed.
 */
export async function load(): Promise<Libraries> {
  const [
    { default: ssh2 },
    { connect },
    { createHash, createPrivateKey },
    { Buffer },
  ] = await Promise.all([
    import("npm:ssh2@1.17.0").catch((cause) => {
      throw new TypeError(
        'ssh: the ssh2 library is missing; run "npm install ssh2"',
        { cause },
      );
    }),
    import("node:net"),
    import("node:crypto"),
    import("node:buffer"),
  ]);
  const { Client, utils } = ssh2;
  // Each overload of Buffer.from() takes one of the two types, none takes both.
  const toBuffer = (bytes: string | Uint8Array) => Buffer.from(bytes as string);
  const sha256 = (bytes: Uint8Array) =>
    new Uint8Array(createHash("sha256").update(bytes).digest());
  return {
    Client,
    utils,
    connect,
    createPrivateKey,
    sha256,
    toBuffer,
  } as Libraries;
}
