import { Socket } from 'node:net'
import t, { type Test } from 'tap'
import { AllowList } from '../../../../lib/address/guard.js'
import { Health } from '../../../../src/connect/health.js'
import { Moves } from '../../../../src/connect/move/moves.js'
import { PlanMemo } from '../../../../src/connect/plan.js'
import { FakeClock } from '../../../lib/resolver/fake-clock.js'
import { answer, FakeResolver, fakeMap, silent, type FakeAnswer, type FakeRule } from '../fixtures/fakes.js'

const broker = 'b1.example'
const port = 9092
const settings = { allow: null, fallback: 'system', family: 0, timeoutMs: 600, connectAttemptMs: 150 } as const

/** The world of a `Moves`: a fake clock, what names resolve to, a map, and sockets that were never opened. */
class World {
  readonly clock = new FakeClock()
  readonly resolver = new FakeResolver()
  readonly health = new Health({ now: this.clock.now })
  readonly ended: { broker: string; atMs: number; error: Error & { code?: string } }[] = []
  readonly #plans = new PlanMemo(settings)
  readonly #startMs = this.clock.now()
  #map = fakeMap([])
  readonly moves = new Moves({
    resolver: this.resolver,
    settings,
    plans: this.#plans,
    health: this.health,
    currentMap: () => this.#map,
    now: this.clock.now,
  })

  constructor(t: Test, rules: readonly FakeRule[]) {
    this.clock.install()
    t.teardown(() => {
      this.moves.close()
      this.clock.uninstall()
    })
    this.#map = fakeMap(rules)
  }

  /** The name is answered so from now on. */
  answers(name: string, ...given: string[]): void {
    this.resolver.answers(name, { addresses: given, ttl: 5 })
  }

  reload(rules: readonly FakeRule[]): void {
    this.#map = fakeMap(rules)
    this.moves.mapChanged(this.#map)
  }

  /** A connection of the broker that is up. */
  connected(
    host: string,
    address: string,
    options: { addressPort?: number; targetIndex?: number | null } = {},
  ): Socket {
    const socket = new Socket()
    const error = (reason: Error) => void this.ended.push({ broker: host, atMs: this.sinceStart(), error: reason })
    socket.on('error', error)
    const plan = this.#plans.find(this.#map, host, port)
    this.moves.follow({ socket, plan, targetIndex: 0, address, addressPort: port, ...options })
    return socket
  }

  sinceStart(): number {
    return this.clock.now() - this.#startMs
  }
}

interface Reload {
  readonly name: string
  readonly before: FakeRule
  readonly after: FakeRule | null
  /** What the names resolve to. */
  readonly answers: Readonly<Record<string, FakeAnswer | Error>>
  /** What the error's message holds, or null where the connection stays. */
  readonly ended: RegExp | null
}

const toA = { match: broker, to: 'a.example' }
const toB = { match: broker, to: 'b.example' }
const one = { addresses: ['192.0.2.1'] }
const two = { addresses: ['192.0.2.2'] }
const allow = (block: string) => ({ settings: { allow: AllowList.parse([block]) } })

// A connection to 192.0.2.1 that was made by the first rule; then the second one is in force.
const reloads: readonly Reload[] = [
  { name: 'the same rule keeps it', before: toA, after: toA, answers: { 'a.example': one }, ended: null },
  {
    name: 'another name with the same address keeps it',
    before: toA,
    after: toB,
    answers: { 'b.example': one },
    ended: null,
  },
  {
    name: 'another name with another address ends it',
    before: toA,
    after: toB,
    answers: { 'b.example': two },
    ended: /now b1\.example:9092 -> b\.example:9092 by rule 'b1\.example'/,
  },
  {
    name: 'another name that nobody answers keeps it',
    before: toA,
    after: toB,
    answers: { 'b.example': silent('b.example') },
    ended: null,
  },
  {
    name: 'another address ends it',
    before: { match: broker, to: '192.0.2.1' },
    after: { match: broker, to: '192.0.2.2' },
    answers: {},
    ended: /now b1\.example:9092 -> 192\.0\.2\.2:9092/,
  },
  {
    name: 'another port ends it',
    before: toA,
    after: { match: broker, to: 'a.example:9093' },
    answers: { 'a.example': one },
    ended: /a\.example:9093/,
  },
  {
    name: 'a target that was the second and is the first keeps it',
    before: { match: broker, to: ['a.example', 'b.example'] },
    after: { match: broker, to: ['b.example', 'a.example'] },
    answers: { 'a.example': one, 'b.example': two },
    ended: null,
  },
  {
    name: 'a rule that refuses ends it',
    before: toA,
    after: { match: broker, to: 'refuse' },
    answers: {},
    ended: /b1\.example:9092 is refused now/,
  },
  {
    name: 'a rule that leaves it to the system ends it',
    before: toA,
    after: { match: broker, to: 'system' },
    answers: {},
    ended: /leaves b1\.example:9092 to the system now/,
  },
  {
    name: 'a rule that is gone ends it',
    before: toA,
    after: null,
    answers: {},
    ended: /no rule matches b1\.example:9092 now/,
  },
  {
    name: 'a rule without a usable target keeps it',
    before: toA,
    after: { match: broker, to: '!no such key' },
    answers: {},
    ended: null,
  },
  {
    name: 'an allow list without its address ends it, where another address is left',
    before: toA,
    after: { ...toA, ...allow('192.0.2.2/32') },
    answers: { 'a.example': { addresses: ['192.0.2.1', '192.0.2.2'] } },
    ended: /its address is refused now/,
  },
  {
    name: 'an allow list that leaves no address keeps it',
    before: toA,
    after: { ...toA, ...allow('198.51.100.0/24') },
    answers: { 'a.example': one },
    ended: null,
  },
]

for (const { name, before, after, answers, ended } of reloads) {
  t.test(`after a reload, ${name}`, async t => {
    const world = new World(t, [before])
    for (const [host, given] of Object.entries(answers)) {
      world.resolver.answers(host, given)
      if (!(given instanceof Error)) world.resolver.cached.set(host, answer(given))
    }
    const socket = world.connected(broker, '192.0.2.1')
    world.reload(after === null ? [] : [after])
    t.notOk(socket.destroyed, 'nothing is ended within the reload itself')
    await world.clock.advance(10_000)
    if (ended === null) t.same(world.ended, [])
    else t.match(world.ended, [{ error: { code: 'ERR_SPLIT_DNS_MOVED', message: ended } }])
    t.equal(socket.destroyed, ended !== null)
    t.same(world.moves.sizes.connections, ended === null ? 1 : 0)
  })
}

interface Answers {
  readonly name: string
  /** What each query for the target gives, every 5 s; the last one holds on. */
  readonly answers: readonly (FakeAnswer | Error)[]
  /** The seconds after which the connection to 192.0.2.1 is ended, or null. */
  readonly endedAfterS: number | null
}

const ttl = 5
const stale = { addresses: ['192.0.2.2'], source: 'stale', ttl: 0 } as const
const both = { addresses: ['192.0.2.2', '192.0.2.1'], ttl }
const moved = { addresses: ['192.0.2.2'], ttl }
const stayed = { addresses: ['192.0.2.1'], ttl }
const other6 = { addresses: ['2001:db8::2'], ttl }

const courses: readonly Answers[] = [
  { name: 'answers that hold its address keep it', answers: [stayed], endedAfterS: null },
  { name: 'answers that hold others beside it keep it', answers: [both], endedAfterS: null },
  { name: 'another address ends it after 60 s', answers: [moved], endedAfterS: 65 },
  { name: 'an address that comes back within 60 s keeps it', answers: [moved, moved, stayed], endedAfterS: null },
  { name: 'errors keep it', answers: [silent('a.example')], endedAfterS: null },
  { name: 'stale answers keep it', answers: [stale], endedAfterS: null },
  { name: 'answers of the other family alone keep it', answers: [other6], endedAfterS: null },
  { name: 'errors between count neither way', answers: [moved, silent('a.example'), moved], endedAfterS: 65 },
  { name: 'a TTL longer than 60 s is waited for', answers: [{ ...moved, ttl: 300 }], endedAfterS: 305 },
  { name: 'a TTL of 0 is asked for every 5 s', answers: [{ ...moved, ttl: 0 }], endedAfterS: 65 },
]

for (const { name, answers, endedAfterS } of courses) {
  t.test(`by fresh answers, ${name}`, async t => {
    const world = new World(t, [toA])
    let asked = 0
    const askedAtMs: number[] = []
    world.resolver.answers('a.example', async () => {
      askedAtMs.push(world.sinceStart())
      const given = answers[Math.min(asked++, answers.length - 1)]
      if (given === undefined || given instanceof Error) throw given ?? new Error('no answer')
      return answer(given)
    })
    const socket = world.connected(broker, '192.0.2.1')
    await world.clock.advance(400_000)
    t.equal(socket.destroyed, endedAfterS !== null)
    if (endedAfterS !== null) {
      t.match(world.ended, [{ error: { message: /a\.example:9092 has another address now, by \d+ answers in \d+ s/ } }])
      t.equal(Math.round((world.ended[0]?.atMs ?? 0) / 1000), endedAfterS)
    }
    t.ok(
      askedAtMs.every((at, index) => at - (askedAtMs[index - 1] ?? 0) >= 5_000),
      'queries are at least 5 s apart',
    )
    t.equal(world.clock.timers.held, 0, 'no timer holds the process')
  })
}

t.test('connections are ended one by one, each when the broker of the last is back or after 1 s', async t => {
  const brokers = ['b1.example', 'b2.example', 'b3.example']
  const rules = (to: string) => brokers.map(match => ({ match, to }))
  const world = new World(t, rules('192.0.2.1'))
  for (const host of brokers) world.connected(host, '192.0.2.1')
  world.reload(rules('192.0.2.2'))
  await world.clock.advance(50)
  t.same(
    world.ended.map(({ broker }) => broker),
    ['b1.example'],
  )
  world.connected('b2.example', '192.0.2.2')
  await world.clock.advance(900)
  t.equal(world.ended.length, 1, 'another broker is not the one that is waited for')
  world.connected('b1.example', '192.0.2.2')
  await world.clock.advance(1)
  t.same(
    world.ended.map(({ broker }) => broker),
    ['b1.example', 'b2.example'],
  )
  world.connected('b2.example', '192.0.2.2')
  await world.clock.advance(50)
  t.equal(world.ended.length, 2, 'never two within 100 ms')
  await world.clock.advance(50)
  t.same(
    world.ended.map(({ broker }) => broker),
    brokers,
  )
  await world.clock.advance(10_000)
  t.same(world.moves.sizes, { connections: 3, targets: 1 }, 'the new connections are followed')
})

t.test('nobody is sent to an address that fails', async t => {
  const rules = (to: string) => ['b1.example', 'b2.example'].map(match => ({ match, to }))
  const world = new World(t, rules('192.0.2.1'))
  for (const host of ['b1.example', 'b2.example']) world.connected(host, '192.0.2.1')
  world.reload(rules('192.0.2.2'))
  await world.clock.advance(50)
  t.equal(world.ended.length, 1)
  for (let second = 0; second < 120; second += 5) {
    world.health.failed('192.0.2.2', port)
    await world.clock.advance(5_000)
  }
  t.equal(world.ended.length, 1, 'its client tries in vain: the other stays where it is')
  world.health.succeeded('192.0.2.2', port)
  await world.clock.advance(2_000)
  t.equal(world.ended.length, 2)
})

t.test('a second reload takes back what the first one began', async t => {
  const rules = (to: string) => ['b1.example', 'b2.example'].map(match => ({ match, to }))
  const world = new World(t, rules('192.0.2.1'))
  for (const host of ['b1.example', 'b2.example']) world.connected(host, '192.0.2.1')
  world.reload(rules('refuse'))
  await world.clock.advance(50)
  world.reload(rules('192.0.2.1'))
  await world.clock.advance(60_000)
  t.same(
    world.ended.map(({ broker }) => broker),
    ['b1.example'],
  )
})

t.test('a connection by the fallback original goes back to the target when that is answered again', async t => {
  const world = new World(t, [toA])
  world.answers('a.example', '192.0.2.2')
  world.connected(broker, '198.51.100.1', { targetIndex: null })
  await world.clock.advance(70_000)
  t.equal(world.ended.length, 1)
})

t.test('a map that came while a connection was made counts for it', async t => {
  const world = new World(t, [{ match: broker, to: '192.0.2.1' }])
  const socket = new Socket().on('error', () => undefined)
  const plan = new PlanMemo(settings).find(fakeMap([{ match: broker, to: '192.0.2.9' }]), broker, port)
  world.moves.follow({ socket, plan, targetIndex: 0, address: '192.0.2.9', addressPort: port })
  await world.clock.advance(10)
  t.ok(socket.destroyed)
})

t.test('a socket whose errors nobody hears is ended without one', async t => {
  const world = new World(t, [{ match: broker, to: '192.0.2.1' }])
  const socket = world.connected(broker, '192.0.2.1').removeAllListeners('error')
  world.reload([{ match: broker, to: '192.0.2.2' }])
  await world.clock.advance(10)
  t.ok(socket.destroyed)
})

t.test('nothing is left of connections that are over, and nothing after close', async t => {
  const world = new World(t, [toA, { match: 'b2.example', to: ['a.example', 'b.example'] }])
  const sockets = [broker, 'b2.example', broker].map(host => world.connected(host, '192.0.2.1'))
  t.same(world.moves.sizes, { connections: 3, targets: 2 })
  for (let round = 0; round < 100; round++) world.reload([toA, { match: 'b2.example', to: `c${round}.example` }])
  t.same(world.moves.sizes, { connections: 3, targets: 2 }, '100 reloads add nothing')
  sockets[1]?.destroy()
  await world.clock.advance(1)
  t.same(world.moves.sizes, { connections: 2, targets: 1 })
  world.reload([toB])
  world.moves.close()
  t.same(world.moves.sizes, { connections: 0, targets: 0 })
  t.equal(world.clock.timers.all, 0)
  for (const socket of [sockets[0], sockets[2]]) t.equal(socket?.listenerCount('close'), 0)
  await world.clock.advance(60_000)
  t.same(world.ended, [], 'the connections stay')
})
