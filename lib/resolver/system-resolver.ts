import dns, { type LookupAddress } from 'node:dns'
import { isIP } from 'node:net'
import { LRUCache } from 'lru-cache'
import type { Address } from '../address/address.js'
import type { Milliseconds } from '../units.js'
import { ResolveError, type ResolveErrorCode } from './resolve-error.js'
import type { Answer, AnswerSource, Resolver, ResolveOptions } from './types.js'

export interface SystemResolverOptions {
  /** How long one `resolve` waits; a later answer still enters the cache. */
  readonly timeoutMs: Milliseconds
  /** A monotonic clock. */
  readonly now: () => Milliseconds
}

/** A `Resolver` whose answers are the operating system's own (getaddrinfo), each kept for 10 s. */
export function createSystemResolver(options: SystemResolverOptions): Resolver {
  return new SystemResolver(options)
}

// getaddrinfo tells no TTL.
const lifetimeMs: Milliseconds = 10_000
const capacity = 1000

interface Entry {
  readonly addresses: readonly Address[]
  readonly expiresAtMs: Milliseconds
}

class SystemResolver implements Resolver {
  readonly #options: SystemResolverOptions
  readonly #entries = new LRUCache<string, Entry>({ max: capacity })
  readonly #inFlight = new Map<string, Promise<readonly Address[]>>()
  // libuv runs two getaddrinfo at a time for the whole process: ours queue up behind each other, so that they never
  // take both.
  #last: Promise<unknown> = Promise.resolve()
  #isClosed = false

  constructor(options: SystemResolverOptions) {
    this.#options = options
  }

  peek(name: string, { family, fresh }: ResolveOptions): Answer | undefined {
    const version = isIP(name)
    if (version === 4 || version === 6) {
      return family === 0 || family === version
        ? answerOf([{ address: name, family: version }], 0, 'literal', `${name}: is an address`)
        : undefined
    }
    const entry = fresh === true ? undefined : this.#entries.get(keyOf(name))
    const leftMs = (entry?.expiresAtMs ?? 0) - this.#options.now()
    if (entry === undefined || leftMs <= 0) return undefined
    const addresses = ofFamily(entry.addresses, family)
    const ttl = Math.ceil(leftMs / 1000)
    return addresses.length === 0 ? undefined : answerOf(addresses, ttl, 'cache', `cache: ${textOf(addresses)}`)
  }

  async resolve(name: string, options: ResolveOptions): Promise<Answer> {
    options.signal?.throwIfAborted()
    if (this.#isClosed) throw this.#failure('EAI_AGAIN', name, 'closed', 0)
    const known = this.peek(name, options)
    if (known !== undefined) return known
    const startedAtMs = this.#options.now()
    const addresses = ofFamily(await this.#wait(name, options.signal), options.family)
    const tookMs = this.#options.now() - startedAtMs
    if (addresses.length === 0) throw this.#failure('ENOTFOUND', name, `no IPv${options.family} address`, tookMs)
    return answerOf(addresses, lifetimeMs / 1000, 'system', `system: ${textOf(addresses)}`)
  }

  close(): Promise<void> {
    this.#isClosed = true
    this.#entries.clear()
    return Promise.resolve()
  }

  #failure(code: ResolveErrorCode, name: string, outcome: string, durationMs: Milliseconds, cause?: unknown) {
    return new ResolveError(code, name, [{ server: 'system', outcome, durationMs }], { cause })
  }

  /** The shared look-up, left at the deadline or by the signal; the look-up itself goes on. */
  #wait(name: string, signal: AbortSignal | undefined): Promise<readonly Address[]> {
    const { timeoutMs } = this.#options
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        settle(() => reject(toError(signal?.reason)))
      }
      const timer = setTimeout(() => {
        settle(() => reject(this.#failure('EAI_AGAIN', name, 'timeout', timeoutMs)))
      }, timeoutMs)
      const settle = (then: () => void) => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
        then()
      }
      signal?.addEventListener('abort', onAbort)
      this.#share(name).then(
        addresses => settle(() => resolve(addresses)),
        (error: unknown) => settle(() => reject(toError(error))),
      )
    })
  }

  /** One look-up for all who wait for the name. */
  #share(name: string): Promise<readonly Address[]> {
    const key = keyOf(name)
    const running = this.#inFlight.get(key)
    if (running !== undefined) return running
    const query = this.#last.then(() => this.#query(name)).finally(() => this.#inFlight.delete(key))
    this.#inFlight.set(key, query)
    this.#last = query.catch(() => undefined)
    return query
  }

  async #query(name: string): Promise<readonly Address[]> {
    const startedAtMs = this.#options.now()
    const failed = (error: unknown, outcome: string) => {
      const code = outcome === 'ENOTFOUND' ? 'ENOTFOUND' : 'EAI_AGAIN'
      return this.#failure(code, name, outcome, this.#options.now() - startedAtMs, error)
    }
    const found = await getaddrinfo(name).catch((error: unknown) => {
      throw failed(error, codeOf(error))
    })
    const addresses = found.map(toAddress).filter(address => address !== undefined)
    // A replaced dns.lookup may answer anything; an empty answer must not travel on.
    if (addresses.length === 0) throw failed(undefined, 'ENOTFOUND')
    const sorted = Object.freeze(addresses.toSorted((a, b) => a.family - b.family))
    if (!this.#isClosed) {
      this.#entries.set(keyOf(name), { addresses: sorted, expiresAtMs: this.#options.now() + lifetimeMs })
    }
    return sorted
  }
}

/** dns.lookup as a property at call time: tools that wrap it keep their spans. */
function getaddrinfo(name: string): Promise<readonly LookupAddress[]> {
  return new Promise((resolve, reject) => {
    dns.lookup(name, { all: true }, (error, addresses) => {
      if (error) reject(error)
      else resolve(addresses)
    })
  })
}

function toAddress(found: LookupAddress): Address | undefined {
  const family = isIP(found.address)
  return family === 4 || family === 6 ? Object.freeze({ address: found.address, family }) : undefined
}

const answerOf = (addresses: readonly Address[], ttl: number, source: AnswerSource, step: string): Answer => ({
  addresses,
  ttl,
  source,
  path: [step],
})

function ofFamily(addresses: readonly Address[], family: 0 | 4 | 6): readonly Address[] {
  return family === 0 ? addresses : addresses.filter(address => address.family === family)
}

const keyOf = (name: string) => name.toLowerCase()

const textOf = (addresses: readonly Address[]) => addresses.map(({ address }) => address).join(', ')

const codeOf = (error: unknown) =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'EAI_FAIL'

const toError = (reason: unknown) => (reason instanceof Error ? reason : new Error(String(reason)))
