import type { Attempt } from './types.js'

/** NXDOMAIN and NODATA are `ENOTFOUND`; a deadline, SERVFAIL, or no server to ask is `EAI_AGAIN`. */
export type ResolveErrorCode = 'ENOTFOUND' | 'EAI_AGAIN'

/** A look-up failed. It has the shape of Node's own `dns.lookup` errors, and lists who was asked and what each said. */
export class ResolveError extends Error {
  override readonly name = 'ResolveError'
  readonly code: ResolveErrorCode
  readonly errno: number
  readonly syscall = 'getaddrinfo'
  readonly hostname: string
  readonly attempts: readonly Attempt[]

  constructor(code: ResolveErrorCode, hostname: string, attempts: readonly Attempt[] = [], options?: ErrorOptions) {
    super(describe(code, hostname, attempts), options)
    this.code = code
    this.errno = code === 'ENOTFOUND' ? -3008 : -3001 // libuv's UV_EAI_NONAME and UV_EAI_AGAIN
    this.hostname = hostname
    this.attempts = attempts
  }
}

function describe(code: string, hostname: string, attempts: readonly Attempt[]): string {
  // A search list and two families ask the same server many times; what it says is told once, with the longest wait.
  const longest = new Map<string, number>()
  for (const { server, outcome, durationMs } of attempts) {
    const said = `${server}: ${outcome}`
    longest.set(said, Math.max(longest.get(said) ?? 0, durationMs))
  }
  const said = [...longest].map(([text, durationMs]) => `${text} after ${Math.round(durationMs)} ms`)
  const head = `getaddrinfo ${code} ${hostname}`
  return said.length === 0 ? head : `${head} (${said.join('; ')})`
}
