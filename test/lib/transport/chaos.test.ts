import t from 'tap'
import { TransportError } from '../../../lib/transport/transport.js'
import { frame, respond } from '../../servers/dns-message.js'
import type { Handler, Reply, ServerQuery } from '../../servers/dns-server.js'
import { random } from '../../servers/random.js'
import { ask, goodParts, kinds, openServer, openTransport } from './fixture.js'

// A server that does anything at all, clients that leave at any moment: each exchange still settles, once, with a
// response, a TransportError or its signal's reason; nothing is thrown elsewhere and nothing stays open.
const EXCHANGES = 200
const generator = random(7766)
const tick = () => new Promise(setImmediate)

const turns = async (count: number) => {
  for (let turn = 0; turn < count; turn++) await tick()
}

const acts: readonly ((query: ServerQuery) => Reply | Promise<Reply>)[] = [
  query => respond(query, goodParts),
  query => respond(query, goodParts),
  query => respond(query, goodParts),
  query => respond(query, { rcode: 'SERVFAIL' }),
  query => respond(query, { truncated: true }),
  query => respond(query, { id: generator.below(65_536) }),
  query => respond(query, goodParts).subarray(0, generator.below(60)),
  () => generator.bytes(generator.below(80)),
  () => undefined,
  query => turns(generator.below(20)).then(() => respond(query, goodParts)),
  query => [respond(query, goodParts), generator.bytes(30)],
  query => {
    query.stream?.destroy()
    return { status: 500 }
  },
  query => {
    query.stream?.end(frame(respond(query, goodParts)).subarray(0, generator.below(50)))
    return { status: 302, headers: { location: '/' } }
  },
  query => {
    query.stream?.write(generator.bytes(3))
    return { headers: { 'content-type': 'text/plain' }, body: generator.bytes(100_000) }
  },
]

const handler: Handler = query => (acts[generator.below(acts.length)] ?? acts[0])?.(query)

for (const kind of kinds) {
  t.test(`${kind}: whatever the server does, each exchange settles`, async t => {
    const server = await openServer(t, handler)
    const transport = openTransport(t)
    const reason = new Error('enough')
    const outcomes = new Map<string, number>()
    const one = async () => {
      const controller = new AbortController()
      const leaving = turns(generator.below(60)).then(() => controller.abort(reason))
      const outcome = await ask(transport, server.upstream(kind), { signal: controller.signal }).then(
        ({ rcode }) => rcode,
        (error: unknown) => (error === reason ? 'abort' : error instanceof TransportError ? error.code : String(error)),
      )
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      await leaving
    }
    for (let batch = 0; batch < EXCHANGES / 40; batch++) await Promise.all(Array.from({ length: 40 }, one))
    const known = ['NOERROR', 'SERVFAIL', 'abort', 'EBADRESP', 'ECONNRESET', 'EPIPE', 'EHTTP']
    t.same(
      [...outcomes.keys()].filter(outcome => !known.includes(outcome)),
      [],
      JSON.stringify(Object.fromEntries(outcomes)),
    )
    const late = Array.from({ length: 30 }, one)
    await turns(2)
    await transport.close()
    await Promise.all(late)
    await server.close()
  })
}

t.test('at the end nothing is open', async t => {
  await turns(100)
  const open = process.getActiveResourcesInfo().filter(each => /^(TCP|TLS|UDP|Timeout$)/.test(each))
  t.same(open, [])
})
