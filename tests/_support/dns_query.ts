/**
 * DNS queries over TCP, and the data of the records in the responses. It shares no
 * code with the package.
 *
 * @module
 */

/** Numbers of types, for queries. */
const NUMBERS: Readonly<Record<string, number>> = {
  A: 1,
  NS: 2,
  CNAME: 5,
  PTR: 12,
  HINFO: 13,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  NAPTR: 35,
  CERT: 37,
  DNAME: 39,
  DS: 43,
  SSHFP: 44,
  TLSA: 52,
  SVCB: 64,
  HTTPS: 65,
  URI: 256,
  CAA: 257,
  TYPE65280: 65280,
};

/** A field of the data of a record. */
type Kind = "u8" | "u16" | "name" | "string" | "rest" | "strings" | "v4" | "v6";

/** Fields of each type, in the order of the wire. */
const FIELDS: Readonly<Record<string, readonly Kind[]>> = {
  A: ["v4"],
  AAAA: ["v6"],
  CAA: ["u8", "string", "rest"],
  CERT: ["u16", "u16", "u8", "rest"],
  CNAME: ["name"],
  DNAME: ["name"],
  DS: ["u16", "u8", "u8", "rest"],
  HINFO: ["string", "string"],
  HTTPS: ["u16", "name", "rest"],
  MX: ["u16", "name"],
  NAPTR: ["u16", "u16", "string", "string", "string", "name"],
  NS: ["name"],
  PTR: ["name"],
  SRV: ["u16", "u16", "u16", "name"],
  SSHFP: ["u8", "u8", "rest"],
  SVCB: ["u16", "name", "rest"],
  TLSA: ["u8", "u8", "u8", "rest"],
  TXT: ["strings"],
  TYPE65280: ["rest"],
  URI: ["u16", "u16", "rest"],
};

/** A record of a response: its TTL, and its fields; bytes are in `latin1`. */
export interface ServedRecord {
  /** TTL in seconds. */
  readonly ttl: number;
  /** The fields of the data. */
  readonly fields: readonly (string | number | readonly string[])[];
}

/**
 * Queries a name server.
 *
 * @param port Port of 127.0.0.1.
 * @param name Absolute name, without the final dot.
 * @param type Type of the records.
 * @returns The records of that type in the response.
 */
export async function query(
  port: number,
  name: string,
  type: string,
): Promise<ServedRecord[]> {
  const number = NUMBERS[type];
  if (number === undefined) throw new TypeError(`no number for ${type}`);
  const question = [
    ...name.split(".").flatMap((label) => [
      label.length,
      ...new TextEncoder().encode(label),
    ]),
    ...[0, number >> 8, number & 255, 0, 1],
  ];
  const message = [0, 7, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...question];
  const reply = await exchange(port, Uint8Array.from(message));
  const reader = new Reader(reply, 12 + question.length);
  // A delegation is in the second section.
  const counts = new Reader(reply, 6);
  const count = counts.u16() + counts.u16();
  const records: ServedRecord[] = [];
  for (let index = 0; index < count; index++) {
    reader.name();
    const found = reader.u16();
    reader.u16();
    const ttl = reader.u16() * 65_536 + reader.u16();
    const end = reader.u16() + reader.at;
    if (found === number) {
      const fields = FIELDS[type]!.map((kind) => reader.read(kind, end));
      records.push({ ttl, fields });
    }
    reader.at = end;
  }
  return records;
}

async function exchange(
  port: number,
  message: Uint8Array,
): Promise<Uint8Array> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  try {
    const { length } = message;
    await connection.write(
      Uint8Array.from([length >> 8, length & 255, ...message]),
    );
    const head = await readExactly(connection, 2);
    return await readExactly(connection, head[0]! * 256 + head[1]!);
  } finally {
    connection.close();
  }
}

async function readExactly(
  connection: Deno.Conn,
  length: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const count = await connection.read(bytes.subarray(at));
    if (count === null) {
      throw new Error("the name server closed the connection");
    }
    at += count;
  }
  return bytes;
}

/** Reads a message. */
class Reader {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array, public at: number) {
    this.#bytes = bytes;
  }

  read(kind: Kind, end: number): string | number | readonly string[] {
    switch (kind) {
      case "u8":
        return this.#bytes[this.at++]!;
      case "u16":
        return this.u16();
      case "name":
        return this.name();
      case "string":
        return this.#text(this.#bytes[this.at++]!);
      case "rest":
        return this.#text(end - this.at);
      case "strings": {
        const strings: string[] = [];
        while (this.at < end) strings.push(this.#text(this.#bytes[this.at++]!));
        return strings;
      }
      case "v4":
        return [...this.#take(4)].join(".");
      case "v6":
        return Array.from({ length: 8 }, () => this.u16().toString(16))
          .join(":");
    }
  }

  u16(): number {
    return this.#bytes[this.at++]! * 256 + this.#bytes[this.at++]!;
  }

  /** A name without the final dot; a pointer leads to an earlier one. */
  name(): string {
    const length = this.#bytes[this.at++]!;
    if (length === 0) return "";
    if (length >= 192) {
      const target = (length & 63) * 256 + this.#bytes[this.at++]!;
      return new Reader(this.#bytes, target).name();
    }
    const label = this.#text(length);
    const rest = this.name();
    return rest === "" ? label : `${label}.${rest}`;
  }

  /** Bytes as text, in which each character is one byte. */
  #text(length: number): string {
    return String.fromCharCode(...this.#take(length));
  }

  #take(length: number): Uint8Array {
    const start = this.at;
    this.at += length;
    return this.#bytes.subarray(start, this.at);
  }
}
