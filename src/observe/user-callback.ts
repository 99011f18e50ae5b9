import { catchRejection } from '../../lib/thrown.js'

/**
 * Calls what a user handed in (a listener, a logger). What it throws, and what a promise that it returns rejects with, goes
 * to `onError` and no further: it must neither fail a connect nor end the process.
 */
export function callUser(call: () => unknown, onError: (error: unknown) => void = () => undefined): void {
  try {
    catchRejection(call(), onError)
  } catch (error) {
    onError(error)
  }
}
