import { assert, assertEquals } from "@std/assert";

/** Functions that no module may call while it is imported. */
const FUNCTIONS: readonly (readonly [object, string])[] = [
  [globalThis, "fetch"],
  [globalThis, "setTimeout"],
  [globalThis, "setInterval"],
  [globalThis, "queueMicrotask"],
  [globalThis, "AbortController"],
  [globalThis, "Request"],
  [globalThis, "Response"],
  [globalThis, "WebSocket"],
  [AbortSignal, "timeout"],
  [AbortSignal, "any"],
  [Math, "random"],
  [Date, "now"],
  [performance, "now"],
  [crypto, "getRandomValues"],
  [crypto, "randomUUID"],
  [Deno.env, "get"],
  [Deno.env, "toObject"],
  [Deno, "readTextFile"],
  [Deno, "readTextFileSync"],
];

Deno.test("importing a module of core/ has no side effect", async () => {
  const folder = new URL("../../core/", import.meta.url);
  const names: string[] = [];
  for (const sub of ["", "compute/", "dns/"]) {
    for await (const { name, isFile } of Deno.readDir(new URL(sub, folder))) {
      if (isFile) names.push(sub + name);
    }
  }
  assert(names.length > 10);
  const called: string[] = [];
  const restore = FUNCTIONS.map(([owner, name]) => {
    const descriptor = Object.getOwnPropertyDescriptor(owner, name) ??
      Object.getOwnPropertyDescriptor(Object.getPrototypeOf(owner), name)!;
    const isOwn = Object.hasOwn(owner, name);
    const spy = (..._args: unknown[]) => {
      called.push(name);
      throw new Error(`${name}() was called during an import`);
    };
    Object.defineProperty(owner, name, {
      value: spy,
      configurable: true,
      writable: true,
    });
    return () =>
      isOwn
        ? Object.defineProperty(owner, name, descriptor)
        : Reflect.deleteProperty(owner, name);
  });
  const failures: unknown[] = [];
  try {
    for (const name of names) {
      // The query makes it another module, which has not been imported yet.
      const module = new URL(`${name}?fresh`, folder).href;
      await import(module).catch((error) => failures.push(name, error));
    }
  } finally {
    restore.forEach((undo) => undo());
  }
  assertEquals([called, failures], [[], []]);
});
