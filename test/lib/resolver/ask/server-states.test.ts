import t from 'tap'
import { ServerStates, upstreamKey } from '../../../../lib/resolver/ask/server-states.js'
import { parseUpstream } from '../../../../lib/transport/upstream.js'

const [a, b, c] = ['192.0.2.1', '192.0.2.2', '192.0.2.3'].map(parseUpstream) as [never, never, never]
const list = [a, b, c]

t.test('servers stay in their order until one fails', async t => {
  const states = new ServerStates()
  t.equal(states.order(list, 0), list)
})

t.test('a server that failed is last for five seconds, then ten, and a minute at most', async t => {
  const states = new ServerStates()
  let nowMs = 0
  for (const penaltyMs of [5_000, 10_000, 20_000, 40_000, 60_000, 60_000]) {
    states.hasFailed(a, nowMs)
    t.strictSame(states.order(list, nowMs + penaltyMs - 1), [b, c, a])
    nowMs += penaltyMs
    t.strictSame(states.order(list, nowMs), list)
  }
})

t.test('queries that fail together count once', async t => {
  const states = new ServerStates()
  for (let count = 0; count < 100; count++) states.hasFailed(a, count)
  t.strictSame(states.order(list, 5_000), list)
})

t.test('several that failed keep their order among themselves', async t => {
  const states = new ServerStates()
  states.hasFailed(b, 0)
  states.hasFailed(a, 0)
  t.strictSame(states.order(list, 1), [c, a, b])
})

t.test('an answer makes a server good again', async t => {
  const states = new ServerStates()
  states.hasFailed(a, 0)
  states.hasAnswered(a)
  t.strictSame(states.order(list, 1), list)
  states.hasFailed(a, 2)
  t.strictSame(states.order(list, 5_002), list)
})

t.test('a server that needs plain queries gets them for an hour', async t => {
  const states = new ServerStates()
  t.ok(states.takesEdns(a, 0))
  states.needsPlain(a, 0)
  t.notOk(states.takesEdns(a, 3_599_999))
  t.ok(states.takesEdns(b, 1))
  t.ok(states.takesEdns(a, 3_600_000))
})

t.test('a flood of servers does not grow without end', async t => {
  const states = new ServerStates()
  for (let port = 1; port <= 65_535; port++) states.hasFailed(parseUpstream(`192.0.2.1:${port}`), 0)
  t.ok(states.takesEdns(a, 0))
})

t.test('DoH servers are told apart by their whole URL', async t => {
  t.not(upstreamKey(parseUpstream('https://x.example/q?a=1')), upstreamKey(parseUpstream('https://x.example/q?a=2')))
})
