import { catchRejection } from '../../lib/thrown.js'

/** Takes what this package reports, in place of `process.emitWarning`. What it throws or rejects with is dropped. */
export interface Logger {
  /** What is in force at the start. Lost without a logger. */
  debug?(message: string): void
  /** That a new map is in force, and that a live connection was ended because of it. Lost without a logger. */
  info?(message: string): void
  warn(message: string): void
  error(message: string): void
}

/** Reports what a person should know. Never throws. */
export interface Log {
  debug(message: string): void
  info(message: string): void
  warn(message: string): void
  error(message: string): void
}

// What differs at each call would else be remembered for ever.
const maxRemembered = 1000

/** A log to the logger, or, where there is none, to `process.emitWarning`: there each message once in a process' life. */
export function createLog(logger: Logger | undefined): Log {
  if (logger === undefined) return { debug: ignore, info: ignore, warn: emitOnce, error: emitOnce }
  return {
    debug: message => callUser(() => logger.debug?.(message)),
    info: message => callUser(() => logger.info?.(message)),
    warn: message => callUser(() => logger.warn(message)),
    error: message => callUser(() => logger.error(message)),
  }
}

function ignore(): void {
  // Nobody asked for it.
}

const emitted = new Set<string>()

function emitOnce(message: string): void {
  if (emitted.has(message) || emitted.size >= maxRemembered) return
  emitted.add(message)
  process.emitWarning(message, { type: 'SplitDnsWarning', code: 'KAFKA_SPLIT_DNS' })
}

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
