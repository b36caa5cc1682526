import { assert, assertEquals } from "@std/assert";

/** What no module may touch while it is being imported. */
const TOUCHY: readonly (readonly [object, string])[] = [
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

Deno.test("importing a module of the core touches nothing", async () => {
  const folder = new URL("../../core/", import.meta.url);
  const names: string[] = [];
  for (const sub of ["", "compute/"]) {
    for await (const { name, isFile } of Deno.readDir(new URL(sub, folder))) {
      if (isFile) names.push(sub + name);
    }
  }
  assert(names.length > 10);
  const touched: string[] = [];
  const restore = TOUCHY.map(([owner, name]) => {
    const descriptor = Object.getOwnPropertyDescriptor(owner, name) ??
      Object.getOwnPropertyDescriptor(Object.getPrototypeOf(owner), name)!;
    const isOwn = Object.hasOwn(owner, name);
    const spy = (..._args: unknown[]) => {
      touched.push(name);
      throw new Error(`It touched ${name}`);
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
      // With a query it is a module that nobody has imported yet.
      const module = new URL(`${name}?untouched`, folder).href;
      await import(module).catch((error) => failures.push(name, error));
    }
  } finally {
    restore.forEach((undo) => undo());
  }
  assertEquals([touched, failures], [[], []]);
});
