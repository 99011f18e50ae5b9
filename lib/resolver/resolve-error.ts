import type { Milliseconds } from '../units.js'
import { withoutDot } from './names.js'
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
  const parts = summarizeAttempts(attempts, hostname)
  const text = parts.map(
    ({ server, outcome, durationMs }) => `${server}: ${outcome} after ${Math.round(durationMs)} ms`,
  )
  const head = `getaddrinfo ${code} ${hostname}`
  return text.length === 0 ? head : `${head} (${text.join('; ')})`
}

/** More names than this are counted, not listed. */
const maxListed = 3

interface ServerSummary {
  /** What it said, and the names that it said it of. */
  readonly outcomes: Map<string, Set<string>>
  longestMs: Milliseconds
}

/**
 * What the servers said, for people: each server once, with all that it said and its longest wait. Servers that said
 * the same share one part, and a question is named where it was not for the host itself.
 */
export function summarizeAttempts(attempts: readonly Attempt[], hostname: string): readonly Attempt[] {
  const host = withoutDot(hostname.toLowerCase())
  const parts = new Map<string, { readonly servers: string[]; longestMs: Milliseconds }>()
  for (const [server, { outcomes, longestMs }] of groupByServer(attempts, host)) {
    const text = [...outcomes].map(([outcome, names]) => outcome + describeNames(names, host)).join(', ')
    const part = parts.get(text) ?? { servers: [], longestMs: 0 }
    parts.set(text, part)
    part.servers.push(server)
    part.longestMs = Math.max(part.longestMs, longestMs)
  }
  return [...parts].map(([outcome, { servers, longestMs }]) => {
    return { server: enumerate(servers), outcome, durationMs: longestMs }
  })
}

function groupByServer(attempts: readonly Attempt[], host: string): ReadonlyMap<string, ServerSummary> {
  const servers = new Map<string, ServerSummary>()
  for (const { server, outcome, reason, question, durationMs } of attempts) {
    const summary = servers.get(server) ?? { outcomes: new Map<string, Set<string>>(), longestMs: 0 }
    servers.set(server, summary)
    const text = reason === undefined ? outcome : `${outcome} (${reason})`
    const names = summary.outcomes.get(text) ?? new Set()
    // `A b0.example`, or the name alone where getaddrinfo was asked.
    names.add(question === undefined ? host : withoutDot(question.slice(question.indexOf(' ') + 1)))
    summary.outcomes.set(text, names)
    summary.longestMs = Math.max(summary.longestMs, durationMs)
  }
  return servers
}

/** ` for b0.svc.test`, or nothing where only the host itself was asked for. */
const describeNames = (names: ReadonlySet<string>, host: string) =>
  names.size === 1 && names.has(host) ? '' : ` for ${enumerate([...names])}`

/** `a`, `a and b`, `a, b and c`, `a, b and 5 more`. */
function enumerate(texts: readonly string[]): string {
  const listed = texts.length > maxListed ? texts.slice(0, maxListed - 1) : texts.slice(0, -1)
  const last = texts.length > maxListed ? `${texts.length - maxListed + 1} more` : texts.at(-1)
  return listed.length === 0 ? (last ?? '') : `${listed.join(', ')} and ${last ?? ''}`
}
