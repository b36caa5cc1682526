import { assertEquals, assertGreater, assertMatch } from "@std/assert";
import { generatePassword } from "../../core/mod.ts";

Deno.test("generatePassword() makes letters and digits that need no escaping anywhere", () => {
  for (let time = 0; time < 1000; time++) {
    assertMatch(generatePassword(), /^[a-zA-Z\d]{24}$/);
  }
});

Deno.test("generatePassword() never makes the same one twice, and uses all it can", () => {
  const passwords = Array.from({ length: 2000 }, () => generatePassword());
  assertEquals(new Set(passwords).size, passwords.length);
  for (let place = 0; place < 24; place++) {
    const letters = new Set(passwords.map((password) => password[place]));
    assertGreater(letters.size, 30, `place ${place}`);
  }
});
