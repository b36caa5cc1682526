import { assertEquals } from "@std/assert";
import { secretLines, toSecrets } from "../../deploy/_secrets.ts";

Deno.test("toSecrets() leaves out short strings and ordinary words", () => {
  for (
    const ordinary of [
      "",
      "server",
      "s3cret7",
      "location",
      "available",
      "Configuration",
      "AVAILABLE",
      "load balancer",
      "us-east",
      "example.com:",
      "not available.",
      "   short   ",
      "-----BEGIN OPENSSH PRIVATE KEY-----",
    ]
  ) assertEquals(toSecrets([ordinary]), []);
});

Deno.test("toSecrets() keeps what may be a secret, without white space around it", () => {
  for (
    const secret of [
      "s3cret78",
      "aBcDeFgH",
      "hunterhunterhunter",
      "correct horse battery",
      "correct-horse-battery-staple",
      "password=hunter",
      'password = "hunter"',
      "user:password",
      "pässwört",
      "AAAAC3NzaC1lZDI1NTE5",
      "https://example.com/",
    ]
  ) assertEquals(toSecrets([` ${secret}\t`]), [secret]);
});

Deno.test("secretLines() splits a text at every kind of line break", () => {
  assertEquals(
    secretLines("one=1234\n  two=1234\r\n\r\nthree=12\rfour=123\nlocation\n"),
    ["one=1234", "two=1234", "three=12", "four=123"],
  );
});
