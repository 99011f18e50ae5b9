import { types } from 'node:util'

/**
 * True for an error of any realm: where a test runner has a context of its own, Node's errors are not `instanceof` the
 * `Error` that this code sees.
 */
export const isError = (thrown: unknown): thrown is Error => types.isNativeError(thrown) || thrown instanceof Error

/** What was thrown, as an error. */
export const toError = (thrown: unknown): Error => (isError(thrown) ? thrown : new Error(String(thrown)))

/** The error's `code`, where it is a text. */
export function codeOf(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined
  return typeof thrown.code === 'string' ? thrown.code : undefined
}

/** True for a promise of any realm or library. */
export const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'

/** Calls back with what a promise rejects with, so that it does not end the process. Any other value is ignored. */
export function catchRejection(value: unknown, onRejected: (error: unknown) => void = () => undefined): void {
  if (isThenable(value)) Promise.resolve(value).then(undefined, onRejected)
}
