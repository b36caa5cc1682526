/**
 * Records of Designate: the rules of each type for the text of a record.
 *
 * @module
 */

/** A rule: whether the text of a record is valid. */
type Rule = (data: string) => boolean;

const LABEL = String.raw`(?!-)[A-Za-z0-9_-]{1,63}(?<!-)`;
/** The name of a zone or of a host. */
export const DOMAIN = new RegExp(String.raw`^(?!.{255})(?:${LABEL}\.)+$`);
/** The name of a record set, which may begin with a wildcard. */
export const RECORD_NAME = new RegExp(
  String.raw`^(?!.{255})(?:\*\.)?(?:${LABEL}\.)+$`,
);
/** The name of a record set of type SRV. */
export const SERVICE_NAME = new RegExp(
  String.raw`^(?!.{255})(?:_[A-Za-z0-9_-]{1,63}\.){2}(?:${LABEL}\.)+$`,
);

const BYTE = String.raw`(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)`;
const IPV4 = new RegExp(String.raw`^${BYTE}(?:\.${BYTE}){3}$`);
const PARAMETER = /^\s[A-Za-z0-9]+=[A-Za-z0-9]+/;
const FINGERPRINT = /^(?:[\dA-Fa-f]{10,40}|[\dA-Fa-f]{64})$/;
const FLAGS = /^(?!.*(.).*\1)[APSU]+$/;
const REGEXP = /^([^0-9i\\])(.*)\1.+\1i?/;

const CERTIFICATES = [
  ...["PKIX", "SPKI", "PGP", "IPKIX", "ISPKI", "IPGP"],
  ...["ACPKIX", "IACPKIX", "URI", "OID", "DPKIX", "DPTR"],
];
const ALGORITHMS = [
  ...["RSAMD5", "DSA", "RSASHA1", "DSA-NSEC3-SHA1", "RSASHA1-NSEC3-SHA1"],
  ...["RSASHA256", "RSASHA512", "ECC-GOST", "ECDSAP256SHA256"],
  ...["ECDSAP384SHA384", "ED25519", "ED448"],
];

const isDomain: Rule = (text) => DOMAIN.test(text);

function isNumber(text: string | undefined, max: number, min = 0): boolean {
  if (text === undefined || !/^[+-]?\d{1,10}$/.test(text)) return false;
  return Number(text) >= min && Number(text) <= max;
}

/** A number of the usual form, without zeros at its beginning. */
function isPlainNumber(text: string | undefined, max: number): boolean {
  return isNumber(text, max) && String(Number(text)) === text;
}

/** Fields with one space between them. */
function fields(
  count: number,
  isValid: (...fields: readonly string[]) => boolean,
): Rule {
  return (data) => {
    const words = data.split(" ");
    return words.length === count && isValid(...words);
  };
}

/** One string of a text: in quotes, or without any space. */
function isString(text: string): boolean {
  const isQuoted = text.startsWith('"') && text.endsWith('"');
  if (!isQuoted) return !/\s/.test(text) && !/^"|"$/.test(text);
  return !/(?<!\\)"/.test(text.replace(/^"+|"+$/g, ""));
}

const isText: Rule = (data) => {
  if (data.endsWith("\\")) return false;
  if (data.length <= 255) return isString(data);
  // Only a text that is too long may have several strings.
  const strings = data.replace(/^"+|"+$/g, "").split('" "');
  const isQuoted = data.startsWith('"') && data.endsWith('"');
  return (isQuoted || strings.length > 1) &&
    strings.map((string) => `"${string}"`).every((string) =>
      string.length <= 255 && isString(string)
    );
};

const isAuthority: Rule = (data) => {
  const [flags, tag, ...rest] = data.split(" ");
  const value = rest.join(" ");
  if (!isNumber(flags, 1) || rest.length === 0) return false;
  if (tag === "issue" || tag === "issuewild") {
    const [domain = "", ...parameters] = value.split(";");
    return isDomain(`${domain}.`) &&
      parameters.every((parameter) => PARAMETER.test(parameter));
  }
  if (tag !== "iodef") return false;
  if (/^mailto:[\w-]+(?:\+[\w-]+)?@/.test(value)) {
    return isDomain(`${value.split("@")[1]}.`);
  }
  return /^https?:\/\/.*\//.test(value) && isDomain(`${value.split("/")[2]}.`);
};

const isService: Rule = (data) => {
  const [priority, target = "", ...params] = data.split(" ");
  const known = /^(?:alpn|ipv4hint|ipv6hint|port|ech|mandatory|dohpath)=./;
  return isNumber(priority, 65_535) && isDomain(target) &&
    params.every((param) => param === "no-default-alpn" || known.test(param));
};

/** The types that the simulator knows, and whether their data is valid. */
const RULES: Readonly<Record<string, Rule>> = {
  A: (data) => IPV4.test(data),
  AAAA: (data) => data.includes(":") && URL.canParse(`http://[${data}]/`),
  CAA: isAuthority,
  CERT: (data) => {
    const [type = "", tag, algorithm = "", ...certificate] = data.split(" ");
    return (CERTIFICATES.includes(type) || isNumber(type, 65_535)) &&
      isNumber(tag, 65_535) &&
      (ALGORITHMS.includes(algorithm) || isNumber(algorithm, 255)) &&
      /^[A-Za-z0-9+/]+={0,2}$/.test(certificate.join(""));
  },
  CNAME: isDomain,
  HTTPS: isService,
  MX: fields(
    2,
    (preference, exchange) =>
      isPlainNumber(preference, 65_535) && `${exchange}`.endsWith("."),
  ),
  NAPTR: fields(
    6,
    (order, preference, flags, _service, regexp, replacement) =>
      isNumber(order, 65_535) && isNumber(preference, 65_535) &&
      FLAGS.test(`${flags}`) && (regexp === "" || REGEXP.test(`${regexp}`)) &&
      isDomain(`${replacement}`),
  ),
  NS: isDomain,
  PTR: isDomain,
  SOA: fields(7, (...words) => words.slice(2).every((it) => /^\d+$/.test(it))),
  SPF: (data) => isString(data),
  SRV: fields(
    4,
    (priority, weight, port, target) =>
      [priority, weight, port].every((it) => isNumber(it, 65_535)) &&
      isDomain(`${target}`),
  ),
  SSHFP: fields(
    3,
    (algorithm, type, fingerprint) =>
      isPlainNumber(algorithm, 4) && isPlainNumber(type, 2) &&
      FINGERPRINT.test(`${fingerprint}`),
  ),
  SVCB: isService,
  TLSA: (data) => {
    const [usage, selector, matching, ...certificate] = data.split(" ");
    return [usage, selector, matching].every((it) => isNumber(it, 255)) &&
      /^(?:[\dA-Fa-f]{2})+$/.test(certificate.join(""));
  },
  TXT: isText,
};

/**
 * Checks the text of a record.
 *
 * @param type Type of the record.
 * @param data The text.
 * @returns Whether it is valid; `undefined` if the type is unknown.
 */
export function isRecord(type: string, data: string): boolean | undefined {
  return Object.hasOwn(RULES, type) ? RULES[type]?.(data) : undefined;
}

/** Types of records that the release Zed has. */
export const RECORD_TYPES: readonly string[] = [
  ...["A", "AAAA", "CNAME", "MX", "SRV", "TXT", "SPF", "NS", "PTR"],
  ...["SSHFP", "SOA", "NAPTR", "CAA", "CERT"],
];
