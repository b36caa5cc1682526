import { assertEquals, assertGreater, assertMatch } from "@std/assert";
import { generatePassword } from "../../core/mod.ts";

Deno.test("generatePassword() returns 24 letters and digits", () => {
  for (let time = 0; time < 1000; time++) {
    assertMatch(generatePassword(), /^[a-zA-Z\d]{24}$/);
  }
});

Deno.test("generatePassword() returns unique passwords and uses the whole alphabet at every position", () => {
  const passwords = Array.from({ length: 2000 }, () => generatePassword());
  assertEquals(new Set(passwords).size, passwords.length);
  for (let index = 0; index < 24; index++) {
    const letters = new Set(passwords.map((password) => password[index]));
    assertGreater(letters.size, 30, `position ${index}`);
  }
});
