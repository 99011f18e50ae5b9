/**
 * Calls what a user handed in (a listener, a logger). What it throws, and what a promise that it returns rejects with, goes
 * to `onError` and no further: it must neither fail a connect nor end the process.
 */
export function callUser(call: () => unknown, onError: (error: unknown) => void = () => undefined): void {
  try {
    const result = call()
    if (isThenable(result)) Promise.resolve(result).then(undefined, onError)
  } catch (error) {
    onError(error)
  }
}

// Not `instanceof Promise`: in a test runner's context promises are of another realm, and some libraries have their own.
const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
