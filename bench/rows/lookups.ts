import CacheableLookup from 'cacheable-lookup'
import { LRUCache } from 'lru-cache'
import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import dns from 'node:dns'
import { encodeQuery } from '../../lib/wire/query.js'
import { parseResponse } from '../../lib/wire/response.js'
import { SplitDns } from '../../src/split-dns.js'
import { chained, compare, inMs, inNs, inUs, median, taking, type Row } from '../measure.js'
import { startNameserver, type Nameserver } from '../nameserver.js'

const openSplitDns = ({ port }: Nameserver) =>
  new SplitDns({ map: '{b}.kafka.example={b}.bench.example.', nameservers: `127.0.0.1:${port}`, cacheMax: 50_000 }, {})

function openCares({ port }: Nameserver): dns.promises.Resolver {
  const resolver = new dns.promises.Resolver()
  resolver.setServers([`127.0.0.1:${port}`])
  return resolver
}

const openCacheable = (server: Nameserver) => new CacheableLookup({ resolver: openCares(server), lookup: false })

let serial = 0
const newName = (domain: string) => `b${serial++}.${domain}`

const now = performance.now.bind(performance)

/** The floor of a warm look-up: the arguments are checked, the answer expires, and each caller gets a copy of its own. */
function bareLookup(
  known: ReadonlyMap<string, { readonly untilMs: number; readonly address: string }>,
  host: string,
  { all = false, family = 0, hints = 0 }: dns.LookupOptions,
  done: (error: null, found: dns.LookupAddress[]) => void,
): void {
  if (typeof host !== 'string' || typeof done !== 'function') throw new TypeError('wrong arguments')
  if (!all || family !== 0 || hints !== 0) throw new TypeError('wrong options')
  const answer = known.get(host)
  if (answer === undefined || now() >= answer.untilMs) throw new Error('not known')
  const found = [{ address: answer.address, family: 4 }]
  process.nextTick(() => done(null, found))
}

/** A name that is known, asked for again and again. */
export async function warmLookup(): Promise<readonly Row[]> {
  const count = 100_000
  await using server = await startNameserver()
  await using splitDns = openSplitDns(server)
  const cacheable = openCacheable(server)
  const host = 'b1.kafka.example'
  const map = new Map([[host, [{ address: '192.0.2.1', family: 4 }]]])
  const known = new Map([[host, { untilMs: performance.now() + 3_600_000, address: '192.0.2.1' }]])
  await splitDns.resolve(host)
  await cacheable.lookupAsync(host)
  const each = async (calls: number, call: (done: () => void) => void) =>
    (await taking(() => chained(calls, call))) / calls
  return await compare(15, inNs, [
    { name: 'a bare Map and nextTick', round: () => each(count, done => process.nextTick(done, null, map.get(host))) },
    {
      name: 'splitDns.lookup',
      wanted: 'at most 2x',
      round: () => each(count, done => splitDns.lookup(host, { all: true }, () => done())),
    },
    {
      name: 'the floor: arguments, a clock and a copy',
      round: () => each(count, done => bareLookup(known, host, { all: true }, () => done())),
    },
    {
      name: 'cacheable-lookup 7',
      round: () => each(count, done => cacheable.lookup(host, { all: true }, () => done())),
    },
    {
      name: 'dns.lookup of localhost',
      round: () => each(count / 100, done => dns.lookup('localhost', { all: true }, () => done())),
    },
  ])
}

/** 10,000 calls at once for one name that is not known: how long, and how many queries they make. */
export async function storm(): Promise<readonly Row[]> {
  const count = 10_000
  await using server = await startNameserver()
  await using splitDns = openSplitDns(server)
  const cacheable = openCacheable(server)
  const queries: number[] = []
  const inCalls: number[] = []
  const atOnce = (lookup: (host: string, done: () => void) => void) => {
    const host = newName('kafka.example')
    return taking(
      () =>
        new Promise<void>(resolve => {
          let left = count
          const start = performance.now()
          for (let call = 0; call < count; call++) lookup(host, () => --left === 0 && resolve())
          inCalls.push(performance.now() - start)
        }),
    )
  }
  const ofSplitDns: number[] = []
  const rows = await compare(9, inMs, [
    {
      name: 'cacheable-lookup 7',
      round: () => atOnce((host, done) => cacheable.lookup(host, { all: true }, () => done())),
    },
    {
      name: 'splitDns.lookup',
      wanted: 'under 50 ms',
      round: async () => {
        await server.queries()
        inCalls.length = 0
        const tookMs = await atOnce((host, done) => splitDns.lookup(host, { all: true }, () => done()))
        ofSplitDns.push(median(inCalls))
        queries.push(await server.queries())
        return tookMs
      },
    },
  ])
  return [
    ...rows,
    { what: 'splitDns.lookup: of which in the calls', figure: inMs(median(ofSplitDns)) },
    { what: 'splitDns.lookup: queries', figure: `${Math.max(...queries)} at most`, wanted: '2' },
  ]
}

/** A query from a fresh socket with a random id and port, as RFC 5452 asks for, and nothing else. */
function bareQuery({ port }: Nameserver, name: string, done: (addresses: readonly string[]) => void): void {
  const id = randomInt(0x10000)
  const query = encodeQuery({ name, type: 'A' }, { id, edns: true })
  const socket = createSocket('udp4')
  socket.on('message', packet => {
    const { answers } = parseResponse(packet, { id, question: { name, type: 'A' } })
    socket.close()
    done(answers.flatMap(record => (record.type === 'A' ? [record.address] : [])))
  })
  socket.connect(port, '127.0.0.1', () => socket.send(query))
}

/**
 * The floor of a cold look-up: the bare query, with the least that keeps the guarantees. One rule decides and its target is
 * checked, callers share what is under way, a deadline and the next server's turn are timed, loopback, link-local and
 * reserved addresses are refused, and the answer is kept until it expires.
 */
class ColdFloor {
  readonly #server: Nameserver
  readonly #cache = new LRUCache<
    string,
    { readonly untilMs: number; readonly addresses: readonly dns.LookupAddress[] }
  >({
    max: 50_000,
  })
  readonly #pending = new Map<string, ((found: readonly dns.LookupAddress[]) => void)[]>()

  constructor(server: Nameserver) {
    this.#server = server
  }

  lookup(host: string, done: (error: Error | null, found: dns.LookupAddress[]) => void): void {
    const label = /^([a-z0-9-]{1,63})\.kafka\.example$/.exec(host)?.[1]
    if (label === undefined) throw new Error('not mapped')
    const name = `${label}.bench.example`
    const deliver = (found: readonly dns.LookupAddress[]) => {
      const error = found.length === 0 ? new Error(`no usable address of ${name}`) : null
      process.nextTick(
        done,
        error,
        found.map(({ address, family }) => ({ address, family })),
      )
    }
    const known = this.#cache.get(name)
    if (known !== undefined && now() < known.untilMs) deliver(known.addresses)
    else if (this.#pending.get(name)?.push(deliver) === undefined) this.#ask(name, deliver)
  }

  #ask(name: string, deliver: (found: readonly dns.LookupAddress[]) => void): void {
    const waiting = [deliver]
    this.#pending.set(name, waiting)
    const end = (addresses: readonly string[]) => {
      if (!this.#pending.delete(name)) return
      clearTimeout(deadline)
      clearTimeout(turn)
      const usable = addresses.filter(address => !isSpecial(address)).map(address => ({ address, family: 4 }))
      if (usable.length > 0) this.#cache.set(name, { untilMs: now() + 3_600_000, addresses: usable })
      for (const each of waiting) each(usable)
    }
    const deadline = setTimeout(end, 1_000, []).unref()
    const turn = setTimeout(() => bareQuery(this.#server, name, end), 200).unref()
    bareQuery(this.#server, name, end)
  }
}

/** True for the IPv4 addresses where no remote endpoint is. */
function isSpecial(address: string): boolean {
  const [first = 0, second = 0] = address.split('.', 2).map(Number)
  return first === 0 || first === 127 || first >= 224 || (first === 169 && second === 254)
}

/** One name after another, each new. V8 goes on compiling the way of a cold look-up for some 8,000 of them. */
export async function coldLookup(): Promise<readonly Row[]> {
  const count = 400
  const compilerRounds = 20
  await using server = await startNameserver()
  await using splitDns = openSplitDns(server)
  const [cares, cacheable] = [openCares(server), openCacheable(server)]
  const floor = new ColdFloor(server)
  const each = async (lookup: (done: () => void) => void) => (await taking(() => chained(count, lookup))) / count
  const caresRound = (ask: (host: string) => Promise<unknown>) => () =>
    each(done => void ask(newName('bench.example')).then(done))
  const ofA = await compare(
    15,
    inUs,
    [
      { name: 'c-ares resolve4', round: caresRound(host => cares.resolve4(host)) },
      {
        name: 'splitDns.lookup, A alone',
        wanted: 'at most 1.2x',
        round: () => each(done => splitDns.lookup(newName('kafka.example'), { family: 4 }, () => done())),
      },
      {
        name: 'the floor: the same guarantees by hand',
        round: () => each(done => floor.lookup(newName('kafka.example'), () => done())),
      },
      {
        name: 'a bare query from a fresh socket',
        round: () => each(done => bareQuery(server, newName('bench.example'), () => done())),
      },
    ],
    compilerRounds,
  )
  const ofBoth = await compare(
    15,
    inUs,
    [
      {
        name: 'c-ares resolve4 and resolve6',
        round: caresRound(host => Promise.allSettled([cares.resolve4(host), cares.resolve6(host)])),
      },
      {
        name: 'splitDns.lookup, A and AAAA',
        round: () => each(done => splitDns.lookup(newName('kafka.example'), { all: true }, () => done())),
      },
      { name: 'cacheable-lookup 7', round: caresRound(host => cacheable.lookupAsync(host)) },
    ],
    compilerRounds,
  )
  return [...ofA, ...ofBoth]
}
