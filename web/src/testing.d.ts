// The two pieces of node that unit tests use, so that no package of types is needed for them.
declare module 'node:test' {
  export default function test(name: string, run: () => void | Promise<void>): void;
}
declare module 'node:assert/strict' {
  const assert: {
    equal(actual: unknown, expected: unknown, message?: string): void;
    deepEqual(actual: unknown, expected: unknown, message?: string): void;
    ok(value: unknown, message?: string): asserts value;
    match(text: string, pattern: RegExp): void;
    throws(run: () => unknown): void;
  };
  export default assert;
}
