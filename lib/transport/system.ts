import dns, { type LookupAddress } from 'node:dns'
import { isIP } from 'node:net'
import type { Address, Family } from '../address/address.js'
import type { CancelSignal } from '../cancel.js'
import { defer, type Deferred } from '../deferred.js'
import { toError } from '../thrown.js'
import { exchangeError } from './exchange-error.js'
import { TransportError } from './transport.js'

/** A getaddrinfo call that runs or waits for its turn. */
interface Job {
  readonly key: string
  readonly name: string
  readonly family: 0 | Family
  readonly outcome: Deferred<readonly Address[]>
  waiters: number
}

// libuv runs two getaddrinfo calls at a time for the whole process, so one at most is ours, of however many resolvers.
const jobs = new Map<string, Job>()
let running: Job | undefined

/**
 * The addresses that the system's resolver (`dns.lookup`) has for the name, in its order: never none, each one that
 * `net.isIP` accepts, without a TTL. An abort frees its waiter at once; getaddrinfo itself can't be stopped. Rejects
 * with TransportError, whose code is getaddrinfo's own (`ENOTFOUND`, `EAI_AGAIN` ...), or with the signal's reason.
 */
export function systemLookup(name: string, family: 0 | Family, signal: CancelSignal): Promise<readonly Address[]> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const key = `${family} ${name}`
    const job = jobs.get(key) ?? { key, name, family, outcome: defer(), waiters: 0 }
    jobs.set(key, job)
    job.waiters++
    const fail: (reason: unknown) => void = reject
    const onAbort = () => {
      job.waiters--
      fail(signal.reason)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    void job.outcome.promise.then(resolve, fail).finally(() => signal.removeEventListener('abort', onAbort))
    runNext()
  })
}

/** Starts the first job that someone still waits for, unless one is running. */
function runNext(): void {
  for (const job of jobs.values()) {
    if (running !== undefined) return
    if (job.waiters > 0) run(job)
    else jobs.delete(job.key)
  }
}

function run(job: Job): void {
  const { key, name, family, outcome } = job
  running = job
  const onDone = (error: Error | null, found: unknown) => {
    if (running !== job) return
    running = undefined
    jobs.delete(key)
    const addresses = error === null ? usable(found, family) : []
    if (error !== null) outcome.reject(exchangeError('system', error))
    else if (addresses.length > 0) outcome.resolve(addresses)
    else outcome.reject(new TransportError('ENOTFOUND', 'system', `no address that can be used for ${name}`))
    runNext()
  }
  try {
    // As a property, now: tracing tools replace it.
    dns.lookup(name, { all: true, family, verbatim: true }, onDone)
  } catch (error) {
    onDone(toError(error), [])
  }
}

/**
 * What is given to Node's connect must be an address of the family that it says, a wrong one crashes or hangs it; and
 * `dns.lookup` may be anybody's replacement for it.
 */
function usable(found: unknown, family: 0 | Family): readonly Address[] {
  if (!Array.isArray(found)) return []
  return found.flatMap((item: Partial<LookupAddress> | null | undefined) => {
    const address = item?.address ?? ''
    const version = isIP(address)
    return (version === 4 || version === 6) && (family === 0 || family === version)
      ? [{ address, family: version }]
      : []
  })
}
