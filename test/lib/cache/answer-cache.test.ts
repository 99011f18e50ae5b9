import t, { type Test } from 'tap'
import type { Address } from '../../../lib/address/address.js'
import { AnswerCache } from '../../../lib/cache/answer-cache.js'
import { knownFailure, type PositiveEntry } from '../../../lib/cache/entry.js'

const options = { cacheMax: 100, minTtl: 0, maxTtl: 3_600, negativeTtl: 5, stale: 60 }
const owner = {}
const v4: Address = { address: '192.0.2.1', family: 4 }
const v6: Address = { address: '2001:db8::1', family: 6 }

const positive = (addresses: readonly Address[], ttl: number, receivedAtMs: number, missing?: 4 | 6) => ({
  parts: [{ addresses, ttl, receivedAtMs }],
  missing,
  steps: [],
})

const makeCache = () => new AnswerCache<string, never, object>(options)

t.test('a key is found by its owner alone', async t => {
  const cache = makeCache()
  cache.storeAnswer(cache.slot('a', owner), positive([v4], 10, 0), 0)
  t.ok(cache.get('a', owner)?.good)
  t.equal(cache.get('a', {}), undefined)
})

t.test('addresses are IPv4 first, each once', async t => {
  const cache = makeCache()
  const second: Address = { address: '192.0.2.2', family: 4 }
  const parts = [
    [v6, v6],
    [second, v4, second],
  ].map(addresses => ({ addresses, ttl: 10, receivedAtMs: 0 }))
  const good = cache.storeAnswer(cache.slot('a', owner), { parts, missing: undefined, steps: [] }, 0)
  t.strictSame(good.addresses, [second, v4, v6])
})

t.test('the part that ends first ends the whole, NODATA not counted', async t => {
  const cache = makeCache()
  const parts = [
    { addresses: [v4], ttl: 30, receivedAtMs: 0 },
    { addresses: [v6], ttl: 25, receivedAtMs: 10_000 },
    { addresses: [], ttl: 1, receivedAtMs: 0 },
  ]
  const good = cache.storeAnswer(cache.slot('a', owner), { parts, missing: undefined, steps: [] }, 10_000)
  t.equal(good.expiresAtMs, 30_000)
})

t.test(
  'expireAll leaves old answers for the worst case, drops what is held against names, and turns late ones away',
  async t => {
    const cache = makeCache()
    const slot = cache.slot('a', owner)
    const bad = cache.slot('b', owner)
    const stale = (nowMs: number) => cache.staleAnswer(cache.get('a', owner), nowMs)
    cache.storeAnswer(slot, positive([v4], 10, 0), 0)
    cache.storeFailure(bad, 'why', 0)
    cache.expireAll(5_000)
    t.equal(cache.get('a', owner)?.good?.expiresAtMs, 5_000)
    t.ok(stale(64_999))
    t.equal(stale(65_000), undefined)
    t.equal(knownFailure(cache.get('b', owner), 1), undefined)
    cache.storeAnswer(slot, positive([v4], 10, 5_000), 5_000)
    cache.storeNegative(slot, 5, 'why', 5_000)
    cache.storeFailure(slot, 'why', 5_000)
    t.strictSame([cache.get('a', owner)?.good?.expiresAtMs, cache.get('a', owner)?.bad], [5_000, undefined])
    cache.storeAnswer(cache.slot('a', owner), positive([v4], 10, 5_000), 5_000)
    t.equal(cache.get('a', owner)?.good?.expiresAtMs, 15_000)
  },
)

t.test('a family that is missing is taken over from before, for no longer than it may be stale', async t => {
  const cache = makeCache()
  const slot = cache.slot('a', owner)
  cache.storeAnswer(slot, positive([v4, v6], 10, 0), 0)
  const kept = (nowMs: number) => cache.storeAnswer(slot, positive([v6], 100, nowMs, 4), nowMs).addresses.length
  t.strictSame([20_000, 50_000, 69_999, 70_000].map(kept), [2, 2, 2, 1])
})

t.test('random histories agree with a simple model', async t => {
  for (let seed = 1; seed <= 300; seed++) runHistory(t, seed)
})

/** The same numbers for the same seed (mulberry32). */
function seededRandom(seed: number) {
  let state = seed
  return (below: number) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

/** What is known of one name: plain, slow and obvious. */
interface Model {
  address?: string
  endsMs: number
  against?: { kind: 'negative' | 'failure'; note: string; untilMs: number; failures: number }
}

const nothing = (): Model => ({ endsMs: 0 })

function runHistory(t: Test, seed: number): void {
  const random = seededRandom(seed)
  const cache = makeCache()
  const models = new Map<string, Model>()
  let nowMs = 0
  for (let step = 0; step < 200; step++) {
    const key = `k${random(3)}`
    const model = models.get(key) ?? nothing()
    const slot = cache.slot(key, owner)
    models.set(key, model)
    const note = `${seed}/${step}`
    switch (random(7)) {
      case 0: {
        const [ttl, last] = [random(4) * 10, 1 + random(250)]
        cache.storeAnswer(slot, positive([{ address: `192.0.2.${last}`, family: 4 }], ttl, nowMs), nowMs)
        models.set(key, { address: `192.0.2.${last}`, endsMs: nowMs + ttl * 1_000 })
        break
      }
      case 1: {
        const ttl = random(9)
        cache.storeNegative(slot, ttl, note, nowMs)
        const untilMs = nowMs + Math.min(ttl, 5) * 1_000
        models.set(key, { endsMs: 0, ...(ttl > 0 && { against: { kind: 'negative', note, untilMs, failures: 0 } }) })
        break
      }
      case 2: {
        const { against } = model
        const failures = against !== undefined && nowMs < against.untilMs + 60_000 ? against.failures + 1 : 1
        const forMs = [1_000, 2_000, 4_000][failures - 1] ?? 5_000
        t.equal(cache.storeFailure(slot, note, nowMs), forMs, note)
        model.against = { kind: 'failure', note, untilMs: nowMs + forMs, failures }
        break
      }
      case 3:
        cache.postponeRefresh(slot, nowMs)
        break
      case 4:
        if (random(10) > 0) break
        cache.expireAll(nowMs)
        for (const each of models.values()) {
          each.endsMs = Math.min(each.endsMs, nowMs)
          delete each.against
        }
        break
      default:
        nowMs += random(3) === 0 ? random(90_000) : random(2_000)
    }
    compare(t, cache, models, nowMs, note)
  }
}

function compare(
  t: Test,
  cache: ReturnType<typeof makeCache>,
  models: ReadonlyMap<string, Model>,
  nowMs: number,
  note: string,
): void {
  const isFresh = (good: PositiveEntry | undefined) => good !== undefined && nowMs < good.expiresAtMs
  for (const [key, model] of models) {
    const entry = cache.get(key, owner)
    const bad = knownFailure(entry, nowMs)
    const actual = [
      isFresh(entry?.good),
      cache.staleAnswer(entry, nowMs)?.addresses[0]?.address,
      bad?.kind,
      bad?.report,
    ]
    const against = model.against !== undefined && nowMs < model.against.untilMs ? model.against : undefined
    const mayServe = model.address !== undefined && nowMs < model.endsMs + 60_000
    const expected = [nowMs < model.endsMs, mayServe ? model.address : undefined, against?.kind, against?.note]
    // One assertion a difference: there are 180,000 comparisons.
    if (JSON.stringify(actual) !== JSON.stringify(expected))
      t.strictSame(actual, expected, `${note} ${key} at ${nowMs}`)
  }
}
