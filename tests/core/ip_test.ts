import { assertEquals } from "@std/assert";
import { isPublicIp, splitIps } from "../../core/mod.ts";

const PUBLIC = [
  // The neighbours of every range that is not public.
  "1.0.0.0",
  "9.255.255.255",
  "11.0.0.0",
  "100.63.255.255",
  "100.128.0.0",
  "126.255.255.255",
  "128.0.0.0",
  "169.253.255.255",
  "169.255.0.0",
  "172.15.255.255",
  "172.32.0.0",
  "172.100.0.0",
  "192.167.255.255",
  "192.169.0.0",
  "8.8.8.8",
  "203.0.113.7",
  "255.255.255.255",
  "110.0.0.1",
  "101.64.0.1",
  "2001:db8::1",
  "2001:DB8:0:0:0:0:0:1",
  "2604:A880:0800:0010:0000:0000:02F7:0001",
  "fe7f:0:0:0:0:0:0:1",
  "fec0:0:0:0:0:0:0:1",
  "2606:4700::1111",
  "fbff:ffff::1",
  "fe00::1",
  "fe7f:ffff::1",
  "fec0::1",
  "ff02::1",
  "::2",
  "::1:0",
  "1::",
  "::ffff:8.8.8.8",
  "::ffff:808:808",
  "0:0:0:0:0:ffff:8.8.8.8",
  "64:ff9b::1",
  "2001:db8::7%eth0",
];

const NOT_PUBLIC = [
  "0.0.0.0",
  "0.255.255.255",
  "10.0.0.0",
  "10.255.255.255",
  "100.64.0.0",
  "100.99.0.1",
  "100.127.255.255",
  "127.0.0.0",
  "127.0.0.1",
  "127.255.255.255",
  "169.254.0.0",
  "169.254.169.254",
  "169.254.255.255",
  "172.16.0.0",
  "172.20.0.1",
  "172.31.255.255",
  "192.168.0.0",
  "192.168.255.255",
  "::",
  "::1",
  "0:0:0:0:0:0:0:0",
  "0:0:0:0:0:0:0:1",
  "0000:0000:0000:0000:0000:0000:0000:0001",
  "fc00::",
  "fc00::1",
  "FD12:3456::1",
  "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
  "fe80::",
  "FE80:0:0:0:0:0:0:1",
  "febf:0:0:0:0:0:0:1",
  "fc00:0:0:0:0:0:0:1",
  "fe80::1",
  "FE80::1%eth0",
  "fe80::1%25eth0",
  "fe90::1",
  "fea0::1",
  "febf:ffff::1",
  "::ffff:10.0.0.1",
  "::ffff:192.168.1.1",
  "::FFFF:127.0.0.1",
  "::ffff:a9fe:a9fe",
  "::ffff:0.0.0.0",
  "0:0:0:0:0:ffff:ac10:1",
];

const INVALID = [
  "2001:db8:0:0:0:0:0:0:1",
  "2001:db8:0:0:0:0:0:10000",
  "2001:db8:0:0:0:0:0:g",
  "",
  " ",
  "text",
  "1",
  "1.2",
  "1.2.3",
  "1.2.3.",
  "1.2.3.4.",
  ".1.2.3.4",
  "1..2.3",
  "1.2.3.4.5",
  "1.2.3.256",
  "256.1.1.1",
  "1.2.3.-4",
  "1.2.3.4a",
  "a1.2.3.4",
  " 1.2.3.4",
  "1.2.3.4 ",
  "1.2.3.4\n",
  "10.0.0.0/8",
  "10.0.0.1:80",
  // Some parsers read these as octal or hexadecimal.
  "010.0.0.1",
  "1.2.3.04",
  "00.0.0.0",
  "0x7f.0.0.1",
  "2130706433",
  "127.1",
  "１.2.3.4",
  ":",
  ":::",
  "1:2",
  "1::2::3",
  "1:2:3:4:5:6:7",
  "1:2:3:4:5:6:7:8:9",
  "12345::",
  "g::1",
  "::1/128",
  "[::1]",
  "::1]",
  "::1]/[",
  "::1]:80/x[",
  "::1\n",
  " ::1",
  "::ffff:1.2.3.256",
  "::ffff:1.2.3",
  "fe80:",
  "example.com",
];

Deno.test("isPublicIp() is true for public addresses", () => {
  for (const address of PUBLIC) {
    assertEquals(isPublicIp(address), true, address);
  }
});

Deno.test("isPublicIp() is false for private and reserved addresses", () => {
  for (const address of NOT_PUBLIC) {
    assertEquals(isPublicIp(address), false, address);
  }
});

Deno.test("isPublicIp() is undefined for invalid addresses", () => {
  for (const text of INVALID) {
    assertEquals(isPublicIp(text), undefined, JSON.stringify(text));
  }
});

Deno.test("isPublicIp() classifies every /16 of IPv4 as the IANA registry does", () => {
  const isReserved = (a: number, b: number) =>
    a === 0 || a === 10 || a === 127 || (a === 100 && b >= 64 && b < 128) ||
    (a === 169 && b === 254) || (a === 172 && b >= 16 && b < 32) ||
    (a === 192 && b === 168);
  for (let a = 0; a < 256; a++) {
    for (let b = 0; b < 256; b++) {
      const address = `${a}.${b}.1.1`;
      assertEquals(isPublicIp(address), !isReserved(a, b), address);
    }
  }
});

Deno.test("splitIps() keeps the order and drops invalid addresses", () => {
  assertEquals(splitIps([]), { publicIps: [], privateIps: [] });
  assertEquals(
    splitIps([
      "203.0.113.7",
      "10.0.0.1",
      "",
      "fe80::1",
      "2001:db8::1",
      "invalid",
      "203.0.113.6",
      "127.0.0.1",
      "203.0.113.7",
    ]),
    {
      publicIps: ["203.0.113.7", "2001:db8::1", "203.0.113.6", "203.0.113.7"],
      privateIps: ["10.0.0.1", "fe80::1", "127.0.0.1"],
    },
  );
});

Deno.test("isPublicIp() takes linear time for invalid addresses", () => {
  for (const part of ["1", "1.", "0:", ":", "::ffff:", "%", "["]) {
    assertEquals(isPublicIp(part.repeat(100_000)), undefined);
  }
});
