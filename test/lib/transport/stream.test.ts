import { EventEmitter, once } from 'node:events'
import type { Socket } from 'node:net'
import t from 'tap'
import { frame, respond } from '../../servers/dns-message.js'
import type { ServerQuery } from '../../servers/dns-server.js'
import { ask, goodParts, goodResponse, openServer, openTransport } from './fixture.js'

const echo = (query: ServerQuery) => respond(query, { answers: [`${query.name}. 30 IN A 192.0.2.1`] })
const tick = () => new Promise(setImmediate)

/** What a server may do to the stream in place of writing one frame; for each, what comes of it. */
const cases: readonly { name: string; does: (socket: Socket, framed: Buffer) => unknown; code?: string }[] = [
  { name: 'the length prefix in two parts', does: (socket, framed) => drip(socket, framed, 1) },
  { name: 'a byte at a time', does: (socket, framed) => drip(socket, framed, framed.length) },
  { name: 'the answer and the end at once', does: (socket, framed) => socket.end(framed) },
  { name: 'closed before the answer', does: socket => socket.destroy(), code: 'ECONNRESET' },
  { name: 'ended before the answer', does: socket => socket.end(), code: 'ECONNRESET' },
  { name: 'closed within the prefix', does: (socket, framed) => socket.end(framed.subarray(0, 1)), code: 'ECONNRESET' },
  {
    name: 'closed within the answer',
    does: (socket, framed) => socket.end(framed.subarray(0, -1)),
    code: 'ECONNRESET',
  },
  { name: 'more promised than sent', does: socket => socket.end(Buffer.from([0xff, 0xff, 1, 2])), code: 'ECONNRESET' },
  { name: 'an empty message', does: socket => socket.write(Buffer.from([0, 0])), code: 'EBADRESP' },
  {
    name: 'no DNS but HTTP',
    does: socket => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'.padEnd(20_000)),
    code: 'EBADRESP',
  },
  { name: 'the answer twice', does: (socket, framed) => socket.write(Buffer.concat([framed, framed])) },
  {
    name: 'an answer and rubbish',
    does: (socket, framed) => socket.write(Buffer.concat([framed, Buffer.alloc(70_000, 1)])),
  },
]

async function drip(socket: Socket, bytes: Buffer, first: number): Promise<void> {
  for (const octet of bytes.subarray(0, first)) {
    socket.write(Buffer.from([octet]))
    await tick()
  }
  socket.write(bytes.subarray(first))
}

t.test('tcp: questions of one connection are answered in any order', async t => {
  const queries: ServerQuery[] = []
  const server = await openServer(t, query => {
    queries.push(query)
    if (queries.length === 16) query.stream?.write(Buffer.concat(queries.toReversed().map(each => frame(echo(each)))))
    return undefined
  })
  const transport = openTransport(t)
  const names = Array.from({ length: 16 }, (_, index) => `b${index}.kafka.example`)
  const answers = await Promise.all(names.map(each => ask(transport, server.upstream('tcp'), { name: each })))
  t.same(
    answers.map(({ answers: [first] }) => first?.owner),
    names,
  )
  t.equal(server.connections, 1)
})

for (const kind of ['tcp', 'tls'] as const) {
  for (const { name: title, does, code } of cases) {
    t.test(`${kind}: ${title} is ${code ?? 'read'}`, async t => {
      const server = await openServer(t, query => {
        if (query.stream !== undefined) void does(query.stream, frame(respond(query, goodParts)))
        return undefined
      })
      const answer = ask(openTransport(t), server.upstream(kind))
      if (code === undefined) t.same(await answer, goodResponse)
      else await t.rejects(answer, { name: 'TransportError', code })
    })
  }

  t.test(`${kind}: what is in flight is bounded, for a connection and for the server`, async t => {
    const most = { tcp: { ofConnection: 16, connections: 4 }, tls: { ofConnection: 1, connections: 8 } }[kind]
    const inFlight = new Map<Socket | undefined, number>()
    let mostSeen = 0
    const server = await openServer(t, async query => {
      const before = inFlight.get(query.stream) ?? 0
      inFlight.set(query.stream, before + 1)
      mostSeen = Math.max(mostSeen, before + 1)
      for (let turn = 0; turn < 3; turn++) await tick()
      inFlight.set(query.stream, (inFlight.get(query.stream) ?? 0) - 1)
      return echo(query)
    })
    const transport = openTransport(t)
    // No more than one connection carries in all.
    const names = Array.from({ length: 60 }, (_, index) => `b${index}.kafka.example`)
    const answers = await Promise.all(names.map(each => ask(transport, server.upstream(kind), { name: each })))
    t.same(
      answers.map(({ answers: [first] }) => first?.owner),
      names,
    )
    t.equal(mostSeen, most.ofConnection)
    t.equal(server.connections, most.connections)
  })

  t.test(`${kind}: a connection carries 64 queries, fewer than any server takes`, async t => {
    const counts = new Map<Socket | undefined, number>()
    const server = await openServer(t, query => {
      counts.set(query.stream, (counts.get(query.stream) ?? 0) + 1)
      return echo(query)
    })
    const transport = openTransport(t)
    for (let count = 0; count < 130; count++) await ask(transport, server.upstream(kind))
    t.same([...counts.values()], [64, 64, 2])
  })

  t.test(`${kind}: a server that closes the connection after each answer is no obstacle`, async t => {
    const answered = new Set<Socket | undefined>()
    const server = await openServer(t, query => {
      if (answered.has(query.stream)) return undefined
      answered.add(query.stream)
      query.stream?.end(frame(echo(query)))
      return undefined
    })
    const transport = openTransport(t)
    const names = Array.from({ length: 16 }, (_, index) => `b${index}.kafka.example`)
    const answers = await Promise.all(names.map(each => ask(transport, server.upstream(kind), { name: each })))
    t.same(
      answers.map(({ answers: [first] }) => first?.owner),
      names,
    )
  })

  t.test(`${kind}: a question after the answer goes over the same connection`, async t => {
    const server = await openServer(t)
    const transport = openTransport(t)
    for (let count = 0; count < 3; count++) t.same(await ask(transport, server.upstream(kind)), goodResponse)
    t.equal(server.connections, 1)
  })

  t.test(`${kind}: a connection that the server closed after an answer is made anew, unseen`, async t => {
    const closesOnQuery = [false, true, false, false]
    const server = await openServer(t, query => {
      if (closesOnQuery.shift() === false) return respond(query, goodParts)
      query.stream?.destroy()
      return undefined
    })
    const transport = openTransport(t)
    for (let count = 0; count < 3; count++) t.same(await ask(transport, server.upstream(kind)), goodResponse)
    t.equal(server.connections, 2)
  })

  t.test(`${kind}: a server that closes every connection at once is asked twice at most`, async t => {
    let answersLeft = 1
    const server = await openServer(t, query => {
      if (answersLeft-- > 0) return respond(query, goodParts)
      query.stream?.destroy()
      return undefined
    })
    const transport = openTransport(t)
    t.same(await ask(transport, server.upstream(kind)), goodResponse)
    await t.rejects(ask(transport, server.upstream(kind)), { code: 'ECONNRESET' })
    t.equal(server.queries.length, 3)
  })

  t.test(`${kind}: after silence the next question goes over a new connection`, async t => {
    let isSilent = true
    const controller = new AbortController()
    const server = await openServer(t, query => {
      if (!isSilent) return respond(query, goodParts)
      controller.abort(new Error('too late'))
      return undefined
    })
    const transport = openTransport(t)
    await t.rejects(ask(transport, server.upstream(kind), { signal: controller.signal }), { message: 'too late' })
    isSilent = false
    t.same(await ask(transport, server.upstream(kind)), goodResponse)
    t.equal(server.connections, 2)
  })

  t.test(`${kind}: who leaves at the moment of its turn is not forgotten`, async t => {
    const server = await openServer(t, () => undefined)
    for (let microtasks = 0; microtasks < 12; microtasks++) {
      const transport = openTransport(t)
      const first = new AbortController()
      const second = new AbortController()
      const hold = () => ask(transport, server.upstream(kind), { signal: first.signal })
      const holding = Promise.allSettled(Array.from({ length: 64 }, hold))
      const waiting = ask(transport, server.upstream(kind), { signal: second.signal })
      for (let turn = 0; turn < 5; turn++) await tick()
      first.abort(new Error('first'))
      for (let count = 0; count < microtasks; count++) await Promise.resolve()
      second.abort(new Error('second'))
      await t.rejects(waiting, { message: 'second' }, `${microtasks} microtasks after its turn`)
      await holding
    }
  })

  t.test(`${kind}: an answer for one who has gone disturbs nobody`, async t => {
    const controller = new AbortController()
    const held = new EventEmitter()
    const server = await openServer(t, async query => {
      if (query.name === 'late.example') {
        await once(held, 'answer')
        return echo(query)
      }
      return echo(query)
    })
    const transport = openTransport(t)
    const upstream = server.upstream(kind)
    const late = ask(transport, upstream, { name: 'late.example', signal: controller.signal })
    await ask(transport, upstream, { name: 'b0.example' })
    controller.abort(new Error('gone'))
    await t.rejects(late, { message: 'gone' })
    held.emit('answer')
    t.match(await ask(transport, upstream, { name: 'b1.example' }), { answers: [{ owner: 'b1.example' }] })
    t.equal(server.connections, kind === 'tcp' ? 1 : 2)
  })

  t.test(`${kind}: a malformed answer spoils no other of the same connection`, async t => {
    const server = await openServer(t, async query => {
      if (query.name === 'bad.example')
        return respond(query, { answers: [`${query.name}. 1 IN A 192.0.2.1`] }).subarray(0, -12)
      for (let turn = 0; turn < 5; turn++) await tick()
      return echo(query)
    })
    const transport = openTransport(t)
    const [good, bad] = await Promise.allSettled(
      ['good.example', 'bad.example'].map(each => ask(transport, server.upstream(kind), { name: each })),
    )
    t.match(good, { status: 'fulfilled', value: { answers: [{ owner: 'good.example' }] } })
    t.match(bad, { status: 'rejected', reason: { code: 'EBADRESP' } })
    t.match(await ask(transport, server.upstream(kind), { name: 'b2.example' }), { rcode: 'NOERROR' })
    t.equal(server.connections, 2, 'the next question goes over a new one')
  })

  t.test(`${kind}: 5,000 questions at once are all answered`, async t => {
    const server = await openServer(t, echo)
    const transport = openTransport(t)
    const names = Array.from({ length: 5000 }, (_, index) => `b${index}.kafka.example`)
    const answers = await Promise.all(names.map(each => ask(transport, server.upstream(kind), { name: each })))
    t.ok(answers.every(({ answers: [first] }, index) => first?.owner === names[index]))
  })
}

t.test('tcp: reset before the answer is ECONNRESET', async t => {
  const server = await openServer(t, query => {
    query.stream?.resetAndDestroy()
    return undefined
  })
  await t.rejects(ask(openTransport(t), server.upstream('tcp')), { name: 'TransportError', code: 'ECONNRESET' })
})
