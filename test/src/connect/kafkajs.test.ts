import type { ISocketFactory } from 'kafkajs'
import t, { type Test } from 'tap'
import { AllowList } from '../../../lib/address/guard.js'
import type { ConnectSettings } from '../../../src/connect/context.js'
import { createFactory, type SocketFactory } from '../../../src/connect/socket-factory.js'
import { answer, fakeContext, fakeMap, silent, type FakeContext, type FakeRule } from './fixtures/fakes.js'
import { kafkaConnection, type ConnectionSettings, type Logged } from './fixtures/kafkajs.js'
import { blackHole, certificateFor, deadPort, listen, listenTls, turns } from './fixtures/servers.js'

const host = 'b0.kafka.example'
const mapped = (port: number) => `${host}:9092 -> vpce.example:${port} by rule '${host}' (test map:1)`

t.test('the factory is an ISocketFactory', async t => {
  const factory: ISocketFactory = createFactory(fakeContext({}))
  t.type(factory, 'function')
})

interface Failure {
  readonly name: string
  /** How the target's name is answered. */
  readonly answers?: (context: FakeContext) => void
  readonly rules?: (port: number) => readonly FakeRule[]
  readonly settings?: Partial<ConnectSettings>
  readonly ssl?: unknown
  readonly host?: string
  readonly port?: () => Promise<number>
  readonly code: string
  /** What kafkajs logs and rejects with, after `Connection error: `. */
  readonly message: (port: number) => string
}

const nothing = () => undefined

const cached =
  (...addresses: string[]) =>
  (context: FakeContext) =>
    void context.resolver.cache('vpce.example', ...addresses)

const other = certificateFor(t, 'DNS:other.example')

const failures: Failure[] = [
  {
    name: 'one address refuses',
    answers: cached('127.0.0.2'),
    code: 'ECONNREFUSED',
    message: port =>
      `connect ECONNREFUSED 127.0.0.2:${port} (kafka-split-dns: ${mapped(port)}; tried 127.0.0.2:${port} (ECONNREFUSED))`,
  },
  {
    name: 'several addresses refuse, where Node has no message at all',
    answers: cached('127.0.0.2', '127.0.0.3'),
    code: 'ECONNREFUSED',
    message: port =>
      `connect ECONNREFUSED ${host}:9092 (kafka-split-dns: ${mapped(port)}; tried 127.0.0.2:${port} (ECONNREFUSED), ` +
      `127.0.0.3:${port} (ECONNREFUSED))`,
  },
  {
    name: 'the target does not exist',
    code: 'ENOTFOUND',
    message: port =>
      `getaddrinfo ENOTFOUND ${host} (kafka-split-dns: ${mapped(port)}; ` +
      'vpce.example does not exist (NXDOMAIN from 192.0.2.53))',
  },
  {
    name: 'no nameserver answers',
    answers: ({ resolver }) => void resolver.answers('vpce.example', silent('vpce.example')),
    code: 'EAI_AGAIN',
    message: port =>
      `getaddrinfo EAI_AGAIN ${host} (kafka-split-dns: ${mapped(port)}; vpce.example:${port}: ` +
      'timeout from udp://192.0.2.53:53 after 200 ms, SERVFAIL from udp://192.0.2.54:53 after 1 ms)',
  },
  {
    name: 'the answer is an address that is no endpoint',
    answers: cached('169.254.169.254'),
    settings: { allow: null },
    code: 'ERR_SPLIT_DNS_ADDRESS_REFUSED',
    message: port =>
      `kafka-split-dns: ${mapped(port)}; vpce.example:${port}: 169.254.169.254 is refused: in 169.254.0.0/16, where no ` +
      'broker is; to allow it, set KAFKA_SPLIT_DNS_ALLOW=169.254.169.254/32 and add the blocks of all other brokers',
  },
  {
    name: 'the answer is outside the allow list',
    answers: cached('192.0.2.1'),
    settings: { allow: AllowList.parse(['10.20.0.0/16', '10.21.0.0/16']) },
    code: 'ERR_SPLIT_DNS_ADDRESS_REFUSED',
    message: port =>
      `kafka-split-dns: ${mapped(port)}; vpce.example:${port}: 192.0.2.1 is refused: outside the allow list ` +
      '10.20.0.0/16, 10.21.0.0/16; to allow it, set KAFKA_SPLIT_DNS_ALLOW=10.20.0.0/16,10.21.0.0/16,192.0.2.1/32',
  },
  {
    name: 'a rule refuses the broker',
    rules: () => [{ match: host, to: 'refuse' }],
    code: 'ERR_SPLIT_DNS_REFUSED',
    message: () => `kafka-split-dns: ${host}:9092 is refused by rule '${host}' (test map:1)`,
  },
  {
    name: 'no rule matches',
    host: '127.0.0.2',
    code: 'ECONNREFUSED',
    message: () => 'connect ECONNREFUSED 127.0.0.2:9092 (kafka-split-dns: no rule matches 127.0.0.2:9092)',
  },
  {
    name: 'the advertised name is none',
    host: 'b0..example',
    code: 'ENOTFOUND',
    message: () =>
      'getaddrinfo ENOTFOUND b0..example (kafka-split-dns: "b0..example" is not a host name, nothing was asked)',
  },
  {
    name: 'the map gives no target',
    rules: () => [{ match: host, to: `!${host}: the table az lacks use1-az9 (rule 0)` }],
    code: 'ERR_SPLIT_DNS_TARGET',
    message: () => `${host}: the table az lacks use1-az9 (rule 0) (kafka-split-dns: ${host}:9092 was not dialled)`,
  },
  {
    name: 'the certificate is of another name',
    answers: cached('127.0.0.2'),
    ssl: { ca: other.cert },
    port: async () => (await listenTls(t, other, [], '127.0.0.2')).port,
    code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    message: port =>
      `Hostname/IP does not match certificate's altnames: Host: ${host}. is not in the cert's altnames: ` +
      `DNS:other.example (kafka-split-dns: ${mapped(port)}; tried 127.0.0.2:${port} (connected))`,
  },
  {
    name: 'the certificate is of an unknown authority',
    answers: cached('127.0.0.2'),
    ssl: true,
    port: async () => (await listenTls(t, other, [], '127.0.0.2')).port,
    code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    message: port => `self-signed certificate (kafka-split-dns: ${mapped(port)}; tried 127.0.0.2:${port} (connected))`,
  },
]

/** Node 24 adds what to do about an unknown authority. */
const withoutAdvice = ({ level, message }: Logged): Logged => ({
  level,
  message: message.replace(/; if the root CA is installed locally, [^(]*(?= \()/, ''),
})

for (const failure of failures) {
  t.test(`what kafkajs logs: ${failure.name}`, async t => {
    const port = await (failure.port ?? (() => deadPort('127.0.0.2')))()
    const rules = failure.rules?.(port) ?? [{ match: host, to: `vpce.example:${port}` }]
    const context = fakeContext({ rules, ...(failure.settings && { settings: failure.settings }) })
    failure.answers?.(context)
    const { connection, logged } = kafkaConnection({
      host: failure.host ?? host,
      port: 9092,
      ssl: failure.ssl,
      socketFactory: createFactory(context),
    })
    const message = `Connection error: ${failure.message(port)}`
    await t.rejects(connection.connect(), { name: 'KafkaJSConnectionError', code: failure.code, retriable: true })
    t.strictSame(logged.map(withoutAdvice), [{ level: 'error', message }])
  })
}

t.test('what kafkajs logs: no map, and closed', async t => {
  const waiting = fakeContext({ map: null, settings: { timeoutMs: 10 } })
  const closed = fakeContext({ rules: [] })
  closed.close()
  for (const [context, code, message] of [
    [
      waiting,
      'ERR_SPLIT_DNS_NOT_READY',
      /^Connection error: kafka-split-dns: no map is in force after \d+ ms of waiting/,
    ],
    [closed, 'ERR_SPLIT_DNS_CLOSED', /^Connection error: kafka-split-dns: closed, so b0\.kafka\.example:9092/],
  ] as const) {
    const { connection } = kafkaConnection({ host, port: 9092, socketFactory: createFactory(context) })
    await t.rejects(connection.connect(), { code, message })
  }
})

/** A broker that can't be reached in time, then lets go: the connection and when the client has given up. */
async function giveUp(t: Test, socketFactory: SocketFactory, settings: Partial<ConnectionSettings>) {
  const { connection } = kafkaConnection({ host, port: 9092, socketFactory, connectionTimeout: 60, ...settings })
  t.teardown(() => connection.socket?.destroy())
  await t.rejects(connection.connect(), { message: 'Connection timeout' })
  t.equal(connection.connectionStatus, 'disconnected')
  return connection
}

t.test('a connect that completes after kafkajs gave up makes no zombie', async t => {
  for (const ssl of [undefined, { rejectUnauthorized: false }]) {
    t.test(ssl ? 'over TLS' : 'plain', async t => {
      const server = ssl ? await listenTls(t, other) : await listen(t)
      const context = fakeContext({ rules: [{ match: host, to: `vpce.example:${server.port}` }] })
      let give: (() => void) | undefined
      context.resolver.answers(
        'vpce.example',
        () => new Promise(resolve => (give = () => resolve(answer({ addresses: ['127.0.0.1'] })))),
      )
      const connection = await giveUp(t, createFactory(context), { ssl })
      give?.()
      await turns()
      t.equal(connection.connectionStatus, 'disconnected')
      t.equal(server.accepted.length, 0, 'nothing was dialled')
      t.equal(connection.socket?.destroyed, true)
    })
  }
})

t.test('a black hole: kafkajs times out, and its retry finds the next address', async t => {
  const port = await blackHole(t, '127.0.0.2')
  await listen(t, '127.0.0.3', port)
  const context = fakeContext({ rules: [{ match: host, to: [`a.example:${port}`, `b.example:${port}`] }] })
  context.resolver.cache('a.example', '127.0.0.2').answers('b.example', 'never')
  const socketFactory = createFactory(context)
  await giveUp(t, socketFactory, {})
  context.resolver.cache('b.example', '127.0.0.3')
  const { connection } = kafkaConnection({ host, port: 9092, socketFactory })
  await connection.connect()
  t.equal(connection.socket?.remoteAddress, '127.0.0.3')
  await connection.disconnect()
})

for (const isTls of [false, true]) {
  t.test(
    `a reconnect at once is over at once, and says nothing of the address${isTls ? ', over TLS' : ''}`,
    async t => {
      const { key, cert } = certificateFor(t, `DNS:${host}`)
      const { port } = isTls ? await listenTls(t, { key, cert }) : await listen(t)
      const context = fakeContext({ rules: [{ match: host, to: `127.0.0.1:${port}` }] })
      const settings = {
        host,
        port: 9092,
        socketFactory: createFactory(context),
        ...(isTls ? { ssl: { ca: cert } } : {}),
      }
      for (let round = 0; round < 10; round++) {
        // Far more than any connect on loopback takes: a test that hangs on it is one that nothing ended.
        const { connection } = kafkaConnection({ ...settings, connectionTimeout: 60_000 })
        await connection.connect()
        await connection.disconnect()
        // The end of the connection before comes late and ends this one.
        const error = await connection.connect().then(nothing, (reason: unknown) => reason)
        if (error !== undefined)
          t.match(error, { code: 'ECONNABORTED', retriable: true, message: /the client ended it after/ })
        t.equal(connection.isConnected(), error === undefined, 'no zombie')
        await connection.disconnect()
      }
      t.equal(context.health.failedAtMs('127.0.0.1', port), undefined)
    },
  )
}

t.test('an end() of a live connection is kafkajs’ own', async t => {
  const { port } = await listen(t)
  const context = fakeContext({ map: fakeMap([{ match: host, to: `vpce.example:${port}` }]) })
  context.resolver.cache('vpce.example', '127.0.0.1')
  const { connection, logged } = kafkaConnection({ host, port: 9092, socketFactory: createFactory(context) })
  await connection.connect()
  t.ok(connection.isConnected())
  await connection.disconnect()
  t.strictSame(logged, [])
})
