/** Every code that this package gives to an error of its own. The code is the contract: match it, not the text. */
export const errorCodes = [
  'ERR_SPLIT_DNS_CONFIG',
  'ERR_SPLIT_DNS_REFUSED',
  'ERR_SPLIT_DNS_ADDRESS_REFUSED',
  'ERR_SPLIT_DNS_TARGET',
  'ERR_SPLIT_DNS_NOT_READY',
  'ERR_SPLIT_DNS_CLOSED',
  'ERR_SPLIT_DNS_MOVED',
] as const

/** One of `errorCodes`: what `SplitDnsError.code` can be. */
export type SplitDnsErrorCode = (typeof errorCodes)[number]

// Symbol.for, not instanceof: an ESM and a CommonJS copy of this package may both live in one process.
const brand = Symbol.for('kafka-split-dns.error')

/** An error that this package decided on. Failed look-ups have Node's own shape instead (`ENOTFOUND`, `EAI_AGAIN`). */
export class SplitDnsError extends Error {
  override readonly name: string = 'SplitDnsError'
  readonly code: SplitDnsErrorCode

  constructor(code: SplitDnsErrorCode, message: string, options?: { readonly cause?: unknown }) {
    // Without a cause none is shown.
    super(message, options?.cause === undefined ? {} : options)
    this.code = code
    Object.defineProperty(this, brand, { value: true })
  }
}

/**
 * The call's result. The stack of a `ConfigError` that it throws begins where `entry` was called: that is the line that
 * a person can change, and ours say nothing.
 * @internal
 */
export function blameCaller<T>(entry: (...args: never[]) => unknown, call: () => T): T {
  try {
    return call()
  } catch (error) {
    if (error instanceof ConfigError) Error.captureStackTrace(error, entry)
    throw error
  }
}

/** One thing that is wrong with a map, a variable or an option, and where it stands. */
export interface Fault {
  /** What was found and what was expected. Never holds an expanded `${}` value. */
  readonly message: string
  /** A file's path, a URL without credentials, or the name of the variable or option. */
  readonly origin: string
  /** From 1; left out where the origin has no lines. */
  readonly line?: number
  /** From 1, in UTF-16 code units. */
  readonly column?: number
}

/** The configuration can't be used. `faults` holds all that is wrong with it, in the order of the sources. */
export class ConfigError extends SplitDnsError {
  override readonly name = 'ConfigError'
  readonly faults: readonly Fault[]

  constructor(faults: readonly Fault[]) {
    super('ERR_SPLIT_DNS_CONFIG', describeFaults(faults))
    this.faults = faults
  }
}

/** True for an error of this package, also of another copy of it in the same process. */
export function isSplitDnsError(error: unknown): error is SplitDnsError {
  return typeof error === 'object' && error !== null && brand in error
}

/** `origin:line:column: message`, with what the fault has of these. */
export function formatFault({ origin, line, column, message }: Fault): string {
  const place = [origin, line, line === undefined ? undefined : column].filter(part => part !== undefined)
  return `${place.join(':')}: ${message}`
}

function describeFaults(faults: readonly Fault[]): string {
  const [first] = faults
  if (first === undefined) return 'the configuration cannot be used'
  const advice = `see docs/${pageOf(first)}.md in the package kafka-split-dns`
  if (faults.length === 1) return `${formatFault(first)}; ${advice}`
  return [`${faults.length} faults in the configuration; ${advice}`, ...faults.map(formatFault)].join('\n  ')
}

/** The page about what the fault is in: a line of a map, an option or variable, or a file or URL that can't be read. */
function pageOf({ line, origin }: Fault): string {
  if (line !== undefined) return 'map'
  return /^(?:options? ?|KAFKA_)/.test(origin) ? 'configuration' : 'sources'
}
