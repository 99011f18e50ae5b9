/** Takes what this package has to say, in place of `process.emitWarning`. Its throws are dropped. */
export interface Logger {
  debug?(message: string): void
  info?(message: string): void
  warn(message: string): void
  error(message: string): void
}

/** Says what a person should know, and stops nothing. Never throws. */
export interface Log {
  warn(message: string): void
  error(message: string): void
}

// What differs at each call would else be remembered for ever.
const maxRemembered = 1000

/** A log to the logger, or, where there is none, to `process.emitWarning`: there each message once in a process' life. */
export function createLog(logger: Logger | undefined): Log {
  if (logger === undefined) return { warn: emitOnce, error: emitOnce }
  return {
    warn: message => quietly(() => logger.warn(message)),
    error: message => quietly(() => logger.error(message)),
  }
}

const emitted = new Set<string>()

function emitOnce(message: string): void {
  if (emitted.has(message) || emitted.size >= maxRemembered) return
  emitted.add(message)
  process.emitWarning(message, { type: 'SplitDnsWarning', code: 'KAFKA_SPLIT_DNS' })
}

function quietly(call: () => void): void {
  try {
    call()
  } catch {
    // A logger that fails is no reason for a connect to fail.
  }
}
