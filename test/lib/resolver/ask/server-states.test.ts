import t from 'tap'
import { ServerStates, upstreamKey } from '../../../../lib/resolver/ask/server-states.js'
import { parseUpstream } from '../../../../lib/transport/upstream.js'

const [a, b, c] = ['192.0.2.1', '192.0.2.2', '192.0.2.3'].map(parseUpstream) as [never, never, never]
const list = [a, b, c]
const zones = ['b0.x.example', 'b0.y.test']

/** Silent on names of two zones, asked of it at that time. */
function demote(states: ServerStates, upstream: typeof a, askedAtMs: number) {
  for (const name of zones) states.wasSilent(upstream, name, askedAtMs, askedAtMs)
}

t.test('servers stay in their order until one is silent', async t => {
  const states = new ServerStates()
  t.equal(states.order(list, 0), list)
})

const harmless: readonly { readonly name: string; readonly names: readonly string[] }[] = [
  { name: 'one question', names: ['b0.x.example'] },
  { name: 'one question again and again, as for both types', names: Array<string>(100).fill('b0.x.example') },
  { name: 'one zone', names: ['b0.x.example', 'b1.x.example', 'b2.a.x.example', 'x.example', 'c.example.x.example'] },
  { name: 'names without a dot', names: ['b0', 'b0'] },
]

for (const { name, names } of harmless) {
  t.test(`silence on ${name} is not charged to the server`, async t => {
    const states = new ServerStates()
    for (const each of names) states.wasSilent(a, each, 0, 200)
    t.strictSame(states.order(list, 201), list)
  })
}

t.test('a server that is silent on two zones is last for five seconds, then ten, and a minute at most', async t => {
  const states = new ServerStates()
  let nowMs = 0
  for (const demotedMs of [5_000, 10_000, 20_000, 40_000, 60_000, 60_000]) {
    demote(states, a, nowMs)
    t.strictSame(states.order(list, nowMs + demotedMs - 1), [b, c, a])
    nowMs += demotedMs
    t.strictSame(states.order(list, nowMs), list)
  }
})

t.test('queries that are silent together count once', async t => {
  const states = new ServerStates()
  for (let count = 0; count < 100; count++) demote(states, a, count)
  t.strictSame(states.order(list, 5_000), list)
})

t.test('several that were silent keep their order among themselves', async t => {
  const states = new ServerStates()
  demote(states, b, 0)
  demote(states, a, 0)
  t.strictSame(states.order(list, 1), [c, a, b])
})

t.test('an answer makes a server good again', async t => {
  const states = new ServerStates()
  demote(states, a, 0)
  states.wasHeard(a, 1)
  t.strictSame(states.order(list, 1), list)
  demote(states, a, 2)
  t.strictSame(states.order(list, 5_002), list)
})

t.test('an answer to one question counts for those that were asked before it', async t => {
  const states = new ServerStates()
  states.wasHeard(a, 10)
  for (const name of zones) states.wasSilent(a, name, 0, 200)
  t.strictSame(states.order(list, 201), list)
  for (const name of zones) states.wasSilent(a, name, 11, 211)
  t.strictSame(states.order(list, 212), [b, c, a], 'and not for later ones')
})

t.test('a server that refuses EDNS gets plain queries for an hour', async t => {
  const states = new ServerStates()
  t.ok(states.takesEdns(a, 0))
  states.needsPlain(a, 'refusal', 0)
  t.notOk(states.takesEdns(a, 3_599_999))
  t.ok(states.takesEdns(b, 1))
  t.ok(states.takesEdns(a, 3_600_000))
})

t.test('a server that was silent on EDNS gets plain queries for a minute, and longer each time', async t => {
  const states = new ServerStates()
  let nowMs = 0
  for (const plainMs of [60_000, 480_000, 3_600_000, 3_600_000]) {
    states.needsPlain(a, 'silence', nowMs)
    t.notOk(states.takesEdns(a, nowMs + plainMs - 1))
    nowMs += plainMs
    t.ok(states.takesEdns(a, nowMs))
  }
  states.hasTakenEdns(a)
  states.needsPlain(a, 'silence', nowMs)
  t.ok(states.takesEdns(a, nowMs + 60_000), 'an answer to EDNS ends that')
})

t.test('a flood of servers does not grow without end', async t => {
  const states = new ServerStates()
  for (let port = 1; port <= 65_535; port++) states.wasHeard(parseUpstream(`192.0.2.1:${port}`), 0)
  t.ok(states.takesEdns(a, 0))
})

t.test('DoH servers are told apart by their whole URL', async t => {
  t.not(upstreamKey(parseUpstream('https://x.example/q?a=1')), upstreamKey(parseUpstream('https://x.example/q?a=2')))
})
