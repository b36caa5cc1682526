/**
 * The little of ssh2 and of Node that a deployment over SSH takes, loaded when
 * the first one begins: importing a module does nothing.
 *
 * @see {@link https://github.com/mscdex/ssh2 | ssh2}
 *
 * @module
 */

/** A key that ssh2 has read. */
export interface ParsedKey {
  /** Kind of key, such as `"ssh-ed25519"`. */
  readonly type: string;
  /** Whether it has its private half. */
  isPrivateKey(): boolean;
  /** The private half, as OpenSSL has it. */
  getPrivatePEM(): string;
  /** The public half, as it travels. */
  getPublicSSH(): Uint8Array<ArrayBuffer>;
}

/** What one logs in with. */
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

/** What ssh2 says of what went wrong. */
export interface SshError extends Error {
  /** Where it happened, such as `"client-authentication"`. */
  readonly level?: string;
}

/** How to connect. */
export interface ConnectConfig {
  readonly sock: Socket;
  readonly username: string;
  readonly readyTimeout: number;
  readonly keepaliveInterval: number;
  readonly algorithms: { readonly serverHostKey: readonly string[] };
  readonly hostVerifier: (key: Uint8Array<ArrayBuffer>) => boolean;
  readonly authHandler: (
    left: readonly string[] | null,
  ) => Authentication | false;
}

/** A TCP connection. */
export interface Socket {
  readonly writableFinished: boolean;
  on(event: "close" | "finish", listener: () => void): this;
  setNoDelay(): this;
  destroy(): this;
}

/** A command under way. */
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
  /** Says that no more input comes. */
  end(): unknown;
  close(): void;
}

/** Calls back with what went wrong, if anything. */
export type Done = (error: Error | null | undefined) => void;

/** Files, by SFTP. */
export interface Sftp {
  writeFile(
    path: string,
    data: Uint8Array,
    options: { readonly mode: number; readonly flag: string },
    done: Done,
  ): void;
}

/** A client of one connection. */
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

/** A key in PEM, as Node has it. */
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

/** All of it. */
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
 * Loads it all.
 *
 * @returns What a deployment takes of it.
 * @throws {TypeError} If ssh2 is not installed, where that has to be done.
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
        'Cannot connect by SSH: the package "ssh2" cannot be loaded',
        { cause },
      );
    }),
    import("node:net"),
    import("node:crypto"),
    import("node:buffer"),
  ]);
  const { Client, utils } = ssh2;
  // Its two kinds of arguments are not one of its types.
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
