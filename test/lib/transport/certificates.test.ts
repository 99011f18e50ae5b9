import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { parseUpstream } from '../../../lib/transport/upstream.js'
import { makeCertificate } from '../../servers/certificate.js'
import { ask, certificate, goodHandler, goodResponse, openServer, openTransport } from './fixture.js'

const untrusted: readonly {
  name: string
  names: string[]
  host: string
  trusts: boolean
  code?: string
  reason?: string
}[] = [
  {
    name: 'a certificate that nobody trusts',
    names: ['IP:127.0.0.1'],
    host: '127.0.0.1',
    trusts: false,
    code: 'ECERT',
  },
  {
    name: 'a certificate for another name',
    names: ['DNS:other.example'],
    host: 'localhost',
    trusts: true,
    code: 'ECERT',
    reason: 'its certificate is for DNS:other.example, not for localhost',
  },
  {
    name: 'a certificate for another address',
    names: ['IP:192.0.2.1'],
    host: '127.0.0.1',
    trusts: true,
    code: 'ECERT',
    reason: 'its certificate is for IP Address:192.0.2.1, not for 127.0.0.1',
  },
  {
    name: "a certificate for the address's text as a name",
    names: ['DNS:127.0.0.1'],
    host: '127.0.0.1',
    trusts: true,
    code: 'ECERT',
  },
  { name: 'a certificate for the address', names: ['IP:127.0.0.1'], host: '127.0.0.1', trusts: true },
  { name: 'a certificate for the name', names: ['DNS:dns.example'], host: 'dns.example', trusts: true },
  {
    name: 'a certificate for the name without its final dot',
    names: ['DNS:dns.example'],
    host: 'dns.example.',
    trusts: true,
  },
]

for (const kind of ['tls', 'https'] as const) {
  for (const { name: title, names, host, trusts, code, reason } of untrusted) {
    if (kind === 'https' && host.endsWith('.')) continue
    t.test(`${kind}: ${title} is ${code ?? 'good'}`, async t => {
      const shown = makeCertificate(names)
      const server = await openServer(t, goodHandler, { tls: shown, https: shown })
      const transport = openTransport(t, {
        tls: { ca: [certificate.cert, ...(trusts ? [shown.cert] : [])] },
        lookup: (_host, options, callback) => {
          if (options.all === true) callback(null, [{ address: '127.0.0.1', family: 4 }])
          else callback(null, '127.0.0.1', 4)
        },
      })
      const answer = ask(transport, server.upstream(kind, host))
      if (code === undefined) {
        t.same(await answer, goodResponse)
        return
      }
      await t.rejects(answer, {
        name: 'TransportError',
        code,
        cause: Error,
        ...(reason === undefined ? {} : { reason }),
      })
      t.same(server.queries, [], 'nothing was asked before the certificate was checked')
    })
  }

  t.test(`${kind}: NODE_TLS_REJECT_UNAUTHORIZED changes nothing`, async t => {
    const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED']
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
    t.teardown(() => {
      if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
      else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before
    })
    const server = await openServer(t)
    await t.rejects(ask(openTransport(t, {}), server.upstream(kind)), { code: 'ECERT' })
  })

  t.test(`${kind}: a server whose name the system does not know is the system's error`, async t => {
    const failure = Object.assign(new Error('getaddrinfo ENOTFOUND dns.example'), { code: 'ENOTFOUND' })
    const transport = openTransport(t, { lookup: (_host, _options, callback) => callback(failure, '') })
    const server = await openServer(t)
    await t.rejects(ask(transport, server.upstream(kind, 'dns.example')), { name: 'TransportError', code: 'ENOTFOUND' })
  })

  t.test(`${kind}: a server that speaks no TLS is an error`, async t => {
    const port = await listen(t, socket => socket.on('data', () => socket.end('what?\r\n')))
    const upstream =
      kind === 'tls'
        ? ({ kind, label: 'server', host: '127.0.0.1', port } as const)
        : ({ kind, label: 'server', url: `https://127.0.0.1:${port}/` } as const)
    await t.rejects(ask(openTransport(t), upstream), { name: 'TransportError', message: 'server' })
  })
}

t.test('tls: the certificate of a server at an address may hold a name that is given with it', async t => {
  const shown = makeCertificate(['DNS:dns.example'])
  const server = await openServer(t, goodHandler, { tls: shown })
  const transport = openTransport(t, { tls: { ca: shown.cert } })
  const upstream = server.upstream('tls')
  t.same(await ask(transport, parseUpstream(`${upstream.label}#dns.example`)), goodResponse)
  const reason = 'its certificate is for DNS:dns.example, not for other.example'
  await t.rejects(ask(transport, parseUpstream(`${upstream.label}#other.example`)), { code: 'ECERT', reason })
})

t.test('bad certificates to trust are an error of each exchange, not a throw', async t => {
  const server = await openServer(t)
  const transport = openTransport(t, { tls: { ca: '-----BEGIN CERTIFICATE-----\nrubbish' } })
  for (const kind of ['tls', 'https'] as const) {
    await t.rejects(ask(transport, server.upstream(kind)), { name: 'TransportError' }, kind)
  }
})

t.test('a handshake that never ends is over with the signal', async t => {
  const controller = new AbortController()
  const sockets: Socket[] = []
  const port = await listen(t, socket => {
    sockets.push(socket)
    controller.abort(new Error('too late'))
  })
  const upstream = { kind: 'tls', label: 'server', host: '127.0.0.1', port } as const
  await t.rejects(ask(openTransport(t), upstream, { signal: controller.signal }), { message: 'too late' })
  const [socket] = sockets
  if (socket?.destroyed === false) await once(socket.resume(), 'close')
  t.pass('the connection was ended')
})

async function listen(t: Test, onSocket: (socket: Socket) => void): Promise<number> {
  const server = createServer(socket => {
    socket.on('error', () => undefined)
    t.teardown(() => socket.destroy())
    onSocket(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return (server.address() as AddressInfo).port
}
