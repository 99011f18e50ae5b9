import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import t, { type Test } from 'tap'
import { parseQuery, respond } from '../../servers/dns-message.js'
import type { HttpReply, ServerQuery } from '../../servers/dns-server.js'
import { ask, certificate, goodHandler, goodParts, goodResponse, name, openServer, openTransport } from './fixture.js'

const cases: readonly { name: string; reply: HttpReply; code?: string; reason?: string; ttl?: number }[] = [
  { name: 'status 200', reply: {}, ttl: 30 },
  { name: 'status 203', reply: { status: 203 }, ttl: 30 },
  {
    name: 'a type with parameters',
    reply: { headers: { 'content-type': 'Application/DNS-Message; charset=utf-8' } },
    ttl: 30,
  },
  {
    name: '403 in text',
    reply: { status: 403, headers: { 'content-type': 'text/plain' } },
    code: 'EHTTP',
    reason: 'HTTP status 403, content type text/plain',
  },
  {
    name: 'a type of another alphabet and any length',
    reply: { headers: { 'content-type': `\u00e9${'x'.repeat(500)}` } },
    code: 'EHTTP',
    reason: `HTTP status 200, content type ?${'x'.repeat(99)}...`,
  },
  { name: 'a message with status 500', reply: { status: 500 }, code: 'EHTTP' },
  { name: 'a redirect', reply: { status: 302, headers: { location: '/elsewhere' } }, code: 'EHTTP' },
  { name: '200 in HTML', reply: { headers: { 'content-type': 'text/html' } }, code: 'EHTTP' },
  { name: '200 in JSON', reply: { headers: { 'content-type': 'application/dns-json' } }, code: 'EHTTP' },
  { name: '200 without a body', reply: { body: Buffer.alloc(0) }, code: 'EBADRESP' },
  { name: 'a body longer than a message', reply: { body: Buffer.alloc(65_536) }, code: 'EHTTP' },
  { name: 'a body of 20 MB', reply: { body: Buffer.alloc(20_000_000) }, code: 'EHTTP' },
  { name: 'Age 10', reply: { headers: { age: '10' } }, ttl: 20 },
  { name: 'an Age beyond the TTL', reply: { headers: { age: '100' } }, ttl: 0 },
  { name: 'an Age that is no number', reply: { headers: { age: '-5, x' } }, ttl: 30 },
]

for (const { name: title, reply, code, reason, ttl } of cases) {
  t.test(`${title} is ${code ?? `good with TTL ${ttl ?? NaN}`}`, async t => {
    const server = await openServer(t, query => ({ body: respond(query, goodParts), ...reply }))
    const answer = ask(openTransport(t), server.upstream('https'))
    if (code === undefined) t.match(await answer, { rcode: 'NOERROR', answers: [{ ttl }] })
    else await t.rejects(answer, { name: 'TransportError', code, ...(reason === undefined ? {} : { reason }) })
    t.equal(server.queries.length, 1, 'asked once')
  })
}

for (const only of ['GET', 'POST'] as const) {
  t.test(`a server that takes ${only} alone is asked by the other method once`, async t => {
    const methods: string[] = []
    const query = { id: 0, name, type: 'A', edns: true, recursionDesired: true, bytes: Buffer.alloc(0) }
    const port = await listenHttps(t, (request, response) => {
      methods.push(request.method ?? '')
      request.resume()
      const isTaken = request.method === only
      const asked = new URL(request.url ?? '', 'https://x').searchParams.get('dns')
      if (isTaken && only === 'GET') t.same(parseQuery(Buffer.from(asked ?? '', 'base64url')).name, name)
      response.writeHead(isTaken ? 200 : 405, { 'content-type': 'application/dns-message' })
      response.end(isTaken ? respond(query, goodParts) : 'no')
    })
    const transport = openTransport(t)
    const upstream = { kind: 'https', label: 'https://server', url: `https://127.0.0.1:${port}/q?a=1` } as const
    for (let count = 0; count < 3; count++) t.same(await ask(transport, upstream), goodResponse)
    t.same(methods, only === 'GET' ? ['POST', 'GET', 'GET', 'GET'] : ['POST', 'POST', 'POST'])
  })
}

t.test('a server that takes no method is asked by each once', async t => {
  const server = await openServer(t, () => ({ status: 405 }))
  const reason = 'HTTP status 405, content type application/dns-message'
  await t.rejects(ask(openTransport(t), server.upstream('https')), { code: 'EHTTP', reason })
})

for (const protocol of ['h2', 'http/1.1']) {
  t.test(`${protocol}: an endpoint that says nothing collects no connections`, async t => {
    const open = new Set<Socket>()
    const server = createTlsServer({ ...certificate, ALPNProtocols: [protocol] }, socket => socket.resume())
    server.on('connection', (socket: Socket) => {
      open.add(socket.on('close', () => open.delete(socket)).on('error', () => undefined))
      // Eight, and those whose end the server has yet to notice.
      t.ok(open.size <= 12, `${open.size} connections`)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.teardown(() => server.close())
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const transport = openTransport(t)
    const waiting: Promise<unknown>[] = []
    const controllers: AbortController[] = []
    for (let count = 0; count < 60; count++) {
      const controller = new AbortController()
      controllers.push(controller)
      waiting.push(ask(transport, { kind: 'https', label: 'x', url }, { signal: controller.signal }).catch(() => ''))
      await new Promise(setImmediate)
      if (count >= 20) controllers[count - 20]?.abort(new Error('too late'))
    }
    for (const controller of controllers) controller.abort(new Error('too late'))
    await Promise.all(waiting)
    while (open.size > 0) await new Promise(setImmediate)
    t.pass('nothing is left, and nothing was closed')
  })

  t.test(`${protocol}: close ends what is open at once`, async t => {
    const server = createTlsServer({ ...certificate, ALPNProtocols: [protocol] }, socket => socket.resume())
    const sockets: Socket[] = []
    server.on('connection', (socket: Socket) => sockets.push(socket.on('error', () => undefined)))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.teardown(() => server.close())
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const transport = openTransport(t)
    const asked = ask(transport, { kind: 'https', label: 'x', url })
    await once(server, 'secureConnection')
    const rejected = t.rejects(asked, { code: 'ECLOSED' })
    await transport.close()
    await rejected
    for (const socket of sockets) if (!socket.closed) await once(socket, 'close')
  })
}

t.test('the id is 0', async t => {
  const server = await openServer(t)
  await ask(openTransport(t), server.upstream('https'))
  t.match(server.queries, [{ id: 0, name, type: 'A' }])
})

t.test('a response with another id is EBADRESP', async t => {
  const server = await openServer(t, query => respond(query, { ...goodParts, id: 1 }))
  await t.rejects(ask(openTransport(t), server.upstream('https')), { code: 'EBADRESP' })
})

t.test('a malformed response is not asked for again', async t => {
  const server = await openServer(t, query => {
    const whole = respond(query, goodParts)
    return query.name === name ? whole : whole.subarray(0, -12)
  })
  const transport = openTransport(t)
  await ask(transport, server.upstream('https'))
  await t.rejects(ask(transport, server.upstream('https'), { name: 'bad.example' }), { code: 'EBADRESP' })
  t.equal(server.queries.length, 2)
})

t.test('many questions share few connections', async t => {
  const server = await openServer(t, (query: ServerQuery) =>
    respond(query, { answers: [`${query.name}. 9 IN A 192.0.2.1`] }),
  )
  const transport = openTransport(t)
  const names = Array.from({ length: 300 }, (_, index) => `b${index}.kafka.example`)
  const answers = await Promise.all(names.map(each => ask(transport, server.upstream('https'), { name: each })))
  t.same(
    answers.map(({ answers: [first] }) => first?.owner),
    names,
  )
  t.ok(server.connections <= 2, `${server.connections} connections`)
})

t.test('after silence the next question goes over a new connection', async t => {
  let isSilent = true
  const controller = new AbortController()
  const server = await openServer(t, query => {
    if (!isSilent) return goodHandler(query)
    controller.abort(new Error('too late'))
    return undefined
  })
  const transport = openTransport(t)
  const upstream = server.upstream('https')
  await t.rejects(ask(transport, upstream, { signal: controller.signal }), { message: 'too late' })
  isSilent = false
  t.same(await ask(transport, upstream), goodResponse)
  t.equal(server.connections, 2)
})

t.test('a body that ends too early or never comes does no harm', async t => {
  const controller = new AbortController()
  const headers = { 'content-type': 'application/dns-message', 'content-length': '100' }
  const server = createServer({ ...certificate }, (request, response) => {
    request.resume()
    response.writeHead(200, headers)
    response.write('x')
    if (request.url === '/cut') setImmediate(() => response.destroy())
    else setImmediate(() => controller.abort(new Error('too late')))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  const transport = openTransport(t)
  const cut = { kind: 'https', label: 'cut', url: `${url}/cut` } as const
  await t.rejects(ask(transport, cut), { name: 'TransportError', code: 'ECONNRESET' })
  const open = { kind: 'https', label: 'open', url: `${url}/open` } as const
  await t.rejects(ask(transport, open, { signal: controller.signal }), { message: 'too late' })
})

t.test('HTTP/1.1 is spoken where the server knows nothing else, by POST and without following redirects', async t => {
  const seen: object[] = []
  const server = createServer({ ...certificate }, (request, response) => {
    const { method, url, httpVersion, headers } = request
    seen.push({ method, url, httpVersion, type: headers['content-type'], accept: headers.accept })
    request.resume()
    response.writeHead(307, { location: '/elsewhere' }).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/dns-query?a=1`
  await t.rejects(ask(openTransport(t), { kind: 'https', label: 'https://server', url }), { code: 'EHTTP' })
  const type = 'application/dns-message'
  t.same(seen, [{ method: 'POST', url: '/dns-query?a=1', httpVersion: '1.1', type, accept: type }])
})

t.test('a connection that the server closed after an answer is made anew, unseen', async t => {
  const server = createServer({ ...certificate }, (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      if (++asked === 2) {
        request.socket.destroy()
        return
      }
      const bytes = Buffer.concat(chunks)
      const query = { id: 0, name, type: 'A', edns: true, recursionDesired: true, bytes }
      response.writeHead(200, { 'content-type': 'application/dns-message' }).end(respond(query, goodParts))
    })
  })
  let asked = 0
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/dns-query`
  const transport = openTransport(t)
  for (let count = 0; count < 2; count++) {
    t.same(await ask(transport, { kind: 'https', label: 'https://server', url }), goodResponse)
  }
  t.equal(asked, 3)
})

async function listenHttps(t: Test, handler: RequestListener): Promise<number> {
  const server = createServer({ ...certificate }, handler)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}
