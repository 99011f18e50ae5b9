// npx tsx bench/resolve.ts: the resolver beside cacheable-lookup 7 and c-ares, in one run, in turns, medians and ratios.
import CacheableLookup from 'cacheable-lookup'
import { fork, type ChildProcess } from 'node:child_process'
import dns from 'node:dns'
import { once } from 'node:events'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createResolver } from '../lib/resolver/resolver.js'
import type { ResolveOptions, Resolver } from '../lib/resolver/types.js'
import { createTransport } from '../lib/transport/create-transport.js'
import { systemLookup } from '../lib/transport/system.js'
import { parseUpstream } from '../lib/transport/upstream.js'
import { moduleFile } from '../test/project.js'

const rounds = 9
const v4: ResolveOptions = { family: 4, fallback: 'none' }
const both: ResolveOptions = { family: 0, fallback: 'none' }

type Task = () => Promise<void>
/** A competitor: what is done once before each round, unmeasured, gives what is measured. */
type Competitors = Readonly<Record<string, () => Task | Promise<Task>>>

const child = fork(moduleFile('bench/dns-server'))
const port = Number(await message(child))
const upstream = parseUpstream(`127.0.0.1:${port}`)
let serial = 0
const newName = () => `b${serial++}.bench.example`

const makeResolver = (cacheMax = 20_000): Resolver =>
  createResolver({
    upstreams: [upstream],
    timeoutMs: 10_000,
    attemptMs: 5_000,
    cacheMax,
    minTtl: 0,
    maxTtl: 3_600,
    negativeTtl: 5,
    stale: 86_400,
    now: () => performance.now(),
    transport: createTransport(),
    systemLookup,
    hostsPath: '/nonexistent/hosts',
    resolvConfPath: '/nonexistent/resolv.conf',
  })

function makeCares(): dns.promises.Resolver {
  const resolver = new dns.promises.Resolver({ timeout: 5_000, tries: 2 })
  resolver.setServers([`127.0.0.1:${port}`])
  return resolver
}

const makeCacheable = () => new CacheableLookup({ resolver: makeCares(), lookup: false })

async function message(from: ChildProcess): Promise<unknown> {
  const [first] = (await once(from, 'message')) as unknown[]
  return first
}

async function queriesSince(): Promise<number> {
  child.send('count')
  return Number(await message(child))
}

function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[values.length >> 1] ?? NaN
}

/** Runs the competitors in turns, round after round; prints the median of each, and its ratio to the first. */
async function compare(title: string, unit: string, per: number, competitors: Competitors): Promise<void> {
  const times = new Map<string, number[]>()
  for (let round = 0; round <= rounds; round++) {
    for (const [name, prepare] of Object.entries(competitors)) {
      const task = await prepare()
      const start = performance.now()
      await task()
      const taken = performance.now() - start
      // The first round is for the compiler.
      if (round > 0) times.set(name, [...(times.get(name) ?? []), taken])
    }
  }
  console.log(`\n${title} (median of ${rounds})`)
  const base = median([...times.values()][0] ?? [])
  for (const [name, taken] of times) {
    const value = median(taken)
    console.log(
      `  ${name.padEnd(42)} ${((value / per) * 1e6).toFixed(0).padStart(10)} ns ${unit}  ${(value / base).toFixed(2)}x`,
    )
  }
}

/** Calls `lookup` so many times, each when the one before has called back. */
const chained =
  (count: number, lookup: (done: () => void) => void): Task =>
  () =>
    new Promise(resolve => {
      let left = count
      const next = () => (left-- === 0 ? resolve() : lookup(next))
      next()
    })

async function warm(): Promise<void> {
  const count = 200_000
  const name = newName()
  const [resolver, cacheable] = [makeResolver(), makeCacheable()]
  const map = new Map([[name, await resolver.resolve(name, both)]])
  await cacheable.lookupAsync(name)
  let found: unknown
  await compare('A warm look-up, its answer called back on the next tick', 'each', count, {
    'a bare Map': () =>
      chained(count, done => {
        found = map.get(name)
        process.nextTick(done)
      }),
    'a bare Map and a look at the clock': () =>
      chained(count, done => {
        if (performance.now() > 0) found = map.get(name)
        process.nextTick(done)
      }),
    'this resolver, peek': () =>
      chained(count, done => {
        found = resolver.peek(name, both)
        process.nextTick(done)
      }),
    'this resolver, resolve': () => chained(count, done => void resolver.resolve(name, both).then(done)),
    'cacheable-lookup, lookup': () => chained(count, done => cacheable.lookup(name, { all: true }, () => done())),
  })
  if (found === undefined) throw new Error('nothing was found')
  await resolver.close()
}

async function cold(): Promise<void> {
  const count = 500
  const [cares, resolver, cacheable, transport] = [makeCares(), makeResolver(), makeCacheable(), createTransport()]
  const exchange = (name: string) =>
    transport.exchange(upstream, { name, type: 'A' }, { signal: new AbortController().signal, edns: true })
  const oneByOne =
    (lookup: (name: string) => Promise<unknown>): Task =>
    async () => {
      for (let index = 0; index < count; index++) await lookup(newName())
    }
  await compare('A cold name, A alone but for cacheable-lookup, one after another', 'each', count, {
    'c-ares, resolve4': () => oneByOne(name => cares.resolve4(name)),
    "this resolver's transport alone": () => oneByOne(exchange),
    'this resolver': () => oneByOne(name => resolver.resolve(name, v4)),
    'cacheable-lookup (A and AAAA)': () => oneByOne(name => cacheable.lookupAsync(name)),
    'c-ares, resolve4 and resolve6': () =>
      oneByOne(name => Promise.allSettled([cares.resolve4(name), cares.resolve6(name)])),
    'this resolver (A and AAAA)': () => oneByOne(name => resolver.resolve(name, both)),
  })
  await resolver.close()
}

async function oneNameAtOnce(): Promise<void> {
  const count = 10_000
  const resolver = makeResolver()
  const atOnce =
    (lookup: (name: string) => Promise<unknown>): (() => Task) =>
    () => {
      const name = newName()
      return async () => {
        await Promise.all(Array.from({ length: count }, () => lookup(name)))
      }
    }
  await queriesSince()
  await compare(`${count} look-ups of one cold name at once`, 'all', 1, {
    'this resolver': atOnce(name => resolver.resolve(name, both)),
    'cacheable-lookup': atOnce(
      (
        cacheable => (name: string) =>
          cacheable.lookupAsync(name)
      )(makeCacheable()),
    ),
  })
  await resolver.close()
  await queriesSince()
  const counted = makeResolver()
  await atOnce(name => counted.resolve(name, both))()()
  console.log(`  queries that the resolver made: ${await queriesSince()}`)
  await counted.close()
}

async function manyNamesAtOnce(): Promise<void> {
  const count = 1_000
  const [cares, resolver, cacheable] = [makeCares(), makeResolver(), makeCacheable()]
  const failed = new Map<string, number>()
  const atOnce =
    (who: string, lookup: (name: string) => Promise<unknown>): (() => Task) =>
    () =>
    async () => {
      const settled = await Promise.allSettled(Array.from({ length: count }, () => lookup(newName())))
      const lost = settled.filter(({ status }) => status === 'rejected').length
      failed.set(who, (failed.get(who) ?? 0) + lost)
    }
  await compare(`${count} distinct cold names at once, A alone but for cacheable-lookup`, 'all', 1, {
    'c-ares, resolve4': atOnce('c-ares', name => cares.resolve4(name)),
    'this resolver': atOnce('this resolver', name => resolver.resolve(name, v4)),
    'cacheable-lookup (A and AAAA)': atOnce('cacheable-lookup', name => cacheable.lookupAsync(name)),
  })
  console.log(`  lost: ${[...failed].map(([who, lost]) => `${who} ${lost}`).join(', ')}`)
  await resolver.close()
}

async function memory(): Promise<void> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const count = 10_000
  const used = async () => {
    await new Promise(resolve => setTimeout(resolve, 1_500))
    collect()
    return process.memoryUsage().heapUsed
  }
  const resolver = makeResolver(count)
  const names = Array.from({ length: count }, newName)
  await resolver.resolve(newName(), both)
  const before = await used()
  for (let index = 0; index < count; index += 100) {
    await Promise.all(names.slice(index, index + 100).map(name => resolver.resolve(name, both)))
  }
  const cached = await used()
  for (const name of names) resolver.peek(name, both)
  const peeked = await used()
  const each = (bytes: number) => `${((bytes - before) / count).toFixed(0)} bytes`
  console.log(`\nHeap for each of ${count} cached names, the names' own text not counted`)
  console.log(`  cached: ${each(cached)}; after each was used: ${each(peeked)}`)
  await resolver.close()
}

for (const measure of [warm, cold, oneNameAtOnce, manyNamesAtOnce, memory]) await measure()
child.disconnect()
