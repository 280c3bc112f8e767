import { expect, jest } from '@jest/globals';

type Spy = ReturnType<typeof jest.fn>;

/** What the suite uses of jasmine and Jest does not have. */
export function installJasmine(): void {
  expect.extend({
    nothing: () => ({ pass: true, message: () => '' }),
    toBeTrue: (actual: unknown) => ({
      pass: actual === true,
      message: () => `${String(actual)} is not true`,
    }),
    toBeFalse: (actual: unknown) => ({
      pass: actual === false,
      message: () => `${String(actual)} is not false`,
    }),
    toThrowError,
  });
  Object.assign(globalThis, {
    spyOn: (object: object, method: string): Spy =>
      jest.spyOn(object as never, method as never) as unknown as Spy,
    jasmine: { arrayWithExactContents: (array: unknown[]) => expect.arrayContaining(array) },
    expectAsync: (promise: Promise<unknown> | (() => Promise<unknown>)) => ({
      toBeRejectedWithError: async (...expected: unknown[]) => {
        const thrown = await rejectionOf(promise);
        rethrowRefusal(thrown);
        expect(() => {
          throw thrown;
        }).toThrow(expected[0] as RegExp);
      },
    }),
  });
}

/** Jasmine compares a text in full, where Jest looks for a part. */
function toThrowError(actual: unknown, ...expected: unknown[]) {
  let thrown: unknown;
  try {
    if (typeof actual === 'function') (actual as () => unknown)();
  } catch (error) {
    thrown = error;
  }
  rethrowRefusal(thrown);
  const message = thrown instanceof Error ? thrown.message : '';
  const fits = (want: unknown): boolean => {
    if (typeof want === 'string') return message === want;
    return want instanceof RegExp ? want.test(message) : thrown instanceof (want as typeof Error);
  };
  const pass = thrown !== undefined && expected.every(fits);
  return { pass, message: () => `threw "${message}", expected ${expected.map(String).join(', ')}` };
}

async function rejectionOf(promise: Promise<unknown> | (() => Promise<unknown>)): Promise<unknown> {
  try {
    await (typeof promise === 'function' ? promise() : promise);
  } catch (error) {
    return error;
  }
  return undefined;
}

/** What the backend refuses by name, such as string tensors; null for every other error. */
export function refusalOf(error: unknown): string | null {
  const { code, message } = (error ?? {}) as { code?: string; message?: string };
  const isRefusal =
    code === 'ENGINE_KERNEL_UNSUPPORTED' ||
    code === 'ENGINE_STRING_TENSOR' ||
    code === 'ENGINE_DTYPE_UNSUPPORTED';
  return isRefusal ? message! : null;
}

/** A refusal is not the error that a test of wrong arguments is after. */
function rethrowRefusal(error: unknown): void {
  if (refusalOf(error) !== null) throw error;
}
