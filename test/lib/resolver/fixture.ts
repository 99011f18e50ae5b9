import { join } from 'node:path'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import type { Test } from 'tap'
import type { Address } from '../../../lib/address/address.js'
import type { ResolverOptions } from '../../../lib/resolver/options.js'
import { createResolver } from '../../../lib/resolver/resolver.js'
import type { ResolveError } from '../../../lib/resolver/resolve-error.js'
import type { Answer, Attempt, ResolveOptions, Resolver } from '../../../lib/resolver/types.js'
import { parseUpstream } from '../../../lib/transport/upstream.js'
import { FakeClock, settle } from './fake-clock.js'
import { FakeTransport, type Script } from './fake-transport.js'

export interface Setup extends Omit<Partial<ResolverOptions>, 'upstreams' | 'systemLookup'> {
  /** Addresses of servers, `system`, or `resolv.conf`; one by default. */
  readonly servers?: readonly string[] | 'resolv.conf'
  readonly script: Script
  readonly hosts?: string
  readonly resolvConf?: string
  /** What getaddrinfo finds, or the code it fails with; it fails the test's expectations by default. */
  readonly system?: (name: string, family: 0 | 4 | 6) => Promise<readonly Address[]>
}

export interface Fixture {
  readonly resolver: Resolver
  readonly clock: FakeClock
  readonly transport: FakeTransport
  readonly systemCalls: string[]
  readonly queries: Attempt[]
  /** Starts a look-up and says what it came to, and when. */
  readonly ask: (name: string, options?: Partial<ResolveOptions>) => Pending
  /** What is there without waiting. */
  readonly peek: (name: string, options?: Partial<ResolveOptions>) => Answer | undefined
  readonly writeFile: (name: 'hosts' | 'resolv.conf', text: string) => void
  /** Puts a directory in the file's place, which can't be read, whoever runs the test. */
  readonly replaceFile: (name: 'hosts' | 'resolv.conf') => void
}

/** A look-up under way. `brief` is `dns 192.0.2.1`, `ENOTFOUND`, or undefined while it waits. */
export interface Pending {
  answer: Answer | undefined
  error: ResolveError | undefined
  afterMs: number | undefined
  readonly brief: string | undefined
}

const noSystem = () => Promise.reject(Object.assign(new Error('not asked'), { code: 'EAI_FAIL' }))

export const defaults = {
  timeoutMs: 600,
  attemptMs: 200,
  cacheMax: 1_000,
  minTtl: 0,
  maxTtl: 3_600,
  negativeTtl: 5,
  stale: 86_400,
}

/** A resolver over a transport without a wire, a clock that stands still, and files of its own. */
export function makeFixture(t: Test, setup: Setup): Fixture {
  const { servers = ['192.0.2.53'], script, hosts = '', resolvConf = '', system = noSystem, ...rest } = setup
  const directory = t.testdir({ hosts, 'resolv.conf': resolvConf })
  const clock = new FakeClock()
  clock.install()
  const transport = new FakeTransport(script)
  const systemCalls: string[] = []
  const queries: Attempt[] = []
  const resolver = createResolver({
    ...defaults,
    upstreams: servers === 'resolv.conf' ? servers : servers.map(parseUpstream),
    now: clock.now,
    transport,
    systemLookup: (name, family) => {
      systemCalls.push(`${name} ${family}`)
      return system(name, family)
    },
    hostsPath: join(directory, 'hosts'),
    resolvConfPath: join(directory, 'resolv.conf'),
    onQuery: query => void queries.push(query),
    ...rest,
  })
  t.teardown(async () => {
    await resolver.close()
    await settle()
    clock.uninstall()
  })
  return {
    resolver,
    clock,
    transport,
    systemCalls,
    queries,
    ask: (name, options = {}) => start(resolver, clock, name, { family: 0, fallback: 'none', ...options }),
    peek: (name, options = {}) => resolver.peek(name, { family: 0, fallback: 'none', ...options }),
    writeFile: (name, text) => writeFileSync(join(directory, name), text),
    replaceFile: name => {
      rmSync(join(directory, name))
      mkdirSync(join(directory, name))
    },
  }
}

function start(resolver: Resolver, clock: FakeClock, name: string, options: ResolveOptions): Pending {
  const startedMs = clock.now()
  const pending: Pending = {
    answer: undefined,
    error: undefined,
    afterMs: undefined,
    get brief() {
      return this.answer === undefined ? this.error?.code : briefly(this.answer)
    },
  }
  resolver.resolve(name, options).then(
    answer => Object.assign(pending, { answer, afterMs: clock.now() - startedMs }),
    (error: unknown) => Object.assign(pending, { error, afterMs: clock.now() - startedMs }),
  )
  return pending
}

/** `dns 192.0.2.1 2001:db8::1` */
const briefly = (answer: Answer): string => [answer.source, ...answer.addresses.map(({ address }) => address)].join(' ')
