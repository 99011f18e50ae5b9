import { join } from 'node:path'
import { readFileSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import t, { type Test } from 'tap'
import { loadKafkajs } from '../src/tools/doctor/probe/kafkajs.js'
import { SplitDns, type SplitDnsOptions } from '../src/split-dns.js'
import { serverCertificate } from './kafka/certificates.js'
import { startDnsServer, type Handler } from './servers/dns-server.js'
import { respond } from './servers/dns-message.js'
import { kafkaConnection } from './src/connect/fixtures/kafkajs.js'
import { blackHole, certificateFor, deadPort, listen, listenTls } from './src/connect/fixtures/servers.js'
import { connection } from './src/tools/doctor/fixtures/probes.js'
import { projectFolder } from './project.js'

const page = readFileSync(join(projectFolder, 'docs/troubleshooting.md'), 'utf8')
const headings = [...page.matchAll(/^### `(.+)`$/gm)].map(([, text = '']) => text)

/** The headings whose text stands in the message: each part between two `…`, in order. */
function found(message: string): string[] {
  return headings.filter(heading => {
    let at = 0
    for (const part of heading.split('…').map(each => each.trim())) {
      const index = message.indexOf(part, at)
      if (index < 0) return false
      at = index + part.length
    }
    return true
  })
}

/** What was shown for a heading, so that none stands there for nothing. */
const shown = new Set<string>()

function isFound(t: Test, message: string, heading: string): void {
  shown.add(heading)
  t.same(found(message), [heading], message)
}

interface Case {
  /** The heading that a person finds by the text. */
  readonly heading: string
  readonly map?: (port: number) => string
  readonly options?: SplitDnsOptions
  readonly host?: string
  readonly ssl?: unknown
  readonly serve?: (t: Test) => Promise<number>
  readonly dns?: Handler
}

const other = certificateFor(t, 'DNS:other.example')
const host = 'b1.kafka.example'
const negative: Handler = query => respond(query, { rcode: 'NXDOMAIN' })
const address =
  (text: string): Handler =>
  query =>
    respond(query, query.type === 'A' ? { answers: [`${query.name}. 60 IN A ${text}`] } : {})

const cases: readonly Case[] = [
  {
    heading: 'getaddrinfo ENOTFOUND … (kafka-split-dns: no rule matches …)',
    host: 'none.invalid',
    map: () => '*.other.example=vpce.example',
  },
  {
    heading: 'getaddrinfo ENOTFOUND … (kafka-split-dns: … -> … by rule …; … does not exist (NXDOMAIN from …))',
    map: () => '*.kafka.example=vpce.example',
    dns: negative,
  },
  {
    heading: 'getaddrinfo EAI_AGAIN … (kafka-split-dns: … -> … by rule …',
    map: () => '*.kafka.example=vpce.example',
    dns: query => respond(query, { rcode: 'SERVFAIL' }),
  },
  {
    heading: 'getaddrinfo ENOTFOUND … is not a host name, nothing was asked)',
    host: 'b1..kafka.example',
    map: () => '*.kafka.example=vpce.example',
  },
  { heading: 'kafka-split-dns: … is refused by rule …', map: () => '*.kafka.example=refuse' },
  {
    heading: 'kafka-split-dns: no rule matches …, and unmapped names are refused',
    map: () => '*.other.example=vpce.example',
    options: { unmapped: 'refuse' },
  },
  {
    heading: 'kafka-split-dns: … is refused: outside the allow list …',
    map: () => '*.kafka.example=vpce.example',
    options: { allow: '10.0.0.0/8' },
    dns: address('192.0.2.1'),
  },
  {
    heading: 'kafka-split-dns: … is refused: in …, where no broker is …',
    map: () => '*.kafka.example=vpce.example',
    dns: address('169.254.169.254'),
  },
  {
    heading: '… table … has no key …; no other rule matches …',
    options: {
      map: { tables: { az: { a: 'x' } }, rules: [{ match: '{z}.kafka.example', to: '{az[z]}.vpce.example' }] },
    },
  },
  {
    heading: '… the port of the target … is …, expected 1 to 65535 …',
    map: () => 'b{n:int}.kafka.example=127.0.0.1:{65535 + n}',
  },
  {
    heading: 'connect ECONNREFUSED … (kafka-split-dns: … -> … by rule …; tried …',
    map: port => `*.kafka.example=127.0.0.1:${port}`,
  },
  {
    heading: 'connect ECONNREFUSED … (kafka-split-dns: no rule matches …)',
    host: '127.0.0.1',
    map: () => '*.kafka.example=vpce.example',
  },
  { heading: 'Connection timeout', map: port => `*.kafka.example=127.0.0.1:${port}`, serve: t => blackHole(t) },
  {
    heading: 'Client network socket disconnected before secure TLS connection was established (kafka-split-dns: …',
    map: port => `*.kafka.example=127.0.0.1:${port}`,
    ssl: true,
    serve: async t => serving(t, socket => socket.end()),
  },
  {
    heading: 'read ECONNRESET (kafka-split-dns: …',
    map: port => `*.kafka.example=127.0.0.1:${port}`,
    ssl: true,
    serve: async t => serving(t, socket => socket.once('data', () => socket.resetAndDestroy())),
  },
  {
    heading: "Hostname/IP does not match certificate's altnames: … (kafka-split-dns: …",
    map: port => `*.kafka.example=127.0.0.1:${port}`,
    ssl: { ca: other.cert },
    serve: async t => (await listenTls(t, other)).port,
  },
  {
    heading: 'self-signed certificate … (kafka-split-dns: …',
    map: port => `*.kafka.example=127.0.0.1:${port}`,
    ssl: true,
    serve: async t => (await listenTls(t, other)).port,
  },
  {
    heading: 'unable to verify the first certificate … (kafka-split-dns: …',
    map: port => `*.kafka.example=127.0.0.1:${port}`,
    ssl: true,
    serve: async t => {
      const pem = await readFile((await serverCertificate(['*.kafka.example'])).keystore, 'utf8')
      return (await listenTls(t, { key: pem, cert: pem })).port
    },
  },
  {
    heading: '… wrong version number … (kafka-split-dns: …',
    map: port => `*.kafka.example=127.0.0.1:${port}`,
    ssl: true,
    serve: async t => serving(t, socket => socket.once('data', () => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'))),
  },
]

/** A port whose connections are handled so. */
async function serving(t: Test, handle: (socket: Socket) => unknown): Promise<number> {
  const { port, server } = await listen(t)
  server.on('connection', handle)
  return port
}

/** The error that stock kafkajs logs for the first connection to the broker. */
async function logs(t: Test, { map, options, host: asked = host, ssl, serve, dns = negative }: Case): Promise<string> {
  const server = await startDnsServer({ udp: true, tcp: true }, dns)
  t.teardown(() => server.close())
  const port = await (serve ?? (() => deadPort()))(t)
  const splitDns = new SplitDns(
    {
      nameservers: server.upstream('udp').label,
      fallback: 'none',
      ...(map === undefined ? {} : { map: map(port) }),
      ...options,
    },
    {},
  )
  t.teardown(() => splitDns.close())
  const { connection, logged } = kafkaConnection({
    host: asked,
    port: asked === '127.0.0.1' ? port : 9092,
    ssl,
    socketFactory: splitDns.socketFactory,
    connectionTimeout: serve === undefined ? 5000 : 1500,
  })
  t.teardown(() => connection.socket?.destroy())
  await t.rejects(connection.connect())
  t.equal(logged.length, 1)
  return logged[0]?.message ?? ''
}

t.test('every heading is a text of its own', async t => {
  t.ok(headings.length > 20)
  t.equal(new Set(headings).size, headings.length)
})

t.test('a connect that kafkajs ends by mistake is found', async t => {
  const port = await blackHole(t)
  const splitDns = new SplitDns({ map: `*.kafka.example=127.0.0.1:${port}` }, {})
  t.teardown(() => splitDns.close())
  const socket = splitDns.socketFactory({ host: 'b1.kafka.example', port, onConnect: () => t.fail() })
  const failed = new Promise<Error>(resolve => socket.once('error', resolve))
  socket.end()
  const heading = 'connect ECONNABORTED … (kafka-split-dns: … the client ended it after …'
  isFound(t, (await failed).message, heading)
})

for (const one of cases) {
  t.test(`what kafkajs logs is found: ${one.heading}`, async t => isFound(t, await logs(t, one), one.heading))
}

t.test('what is logged while there is no map, and after close, is found', async t => {
  const waiting = new SplitDns({ mapUrl: `http://127.0.0.1:${await deadPort()}/map`, timeoutMs: 20, logger: quiet }, {})
  const closed = new SplitDns({ map: '*.kafka.example=vpce.example' }, {})
  t.teardown(() => waiting.close())
  await closed.close()
  for (const [splitDns, heading] of [
    [waiting, 'kafka-split-dns: no map is in force after … ms of waiting, so … was not looked up'],
    [closed, 'kafka-split-dns: closed, so … was not looked up'],
  ] as const) {
    const { connection, logged } = kafkaConnection({ host, port: 9092, socketFactory: splitDns.socketFactory })
    await t.rejects(connection.connect())
    isFound(t, logged[0]?.message ?? '', heading)
  }
})

// Not a literal: no types stand for this file.
const kafkajsErrors: string = 'kafkajs/src/protocol/error.js'

const quiet = { warn: () => undefined, error: () => undefined }

t.test('what a start throws is found', async t => {
  const starts: [SplitDnsOptions, string][] = [
    [{ family: '5', timeoutMs: 'x' }, '… faults in the configuration'],
    [{ mapFile: '/none/map.yaml' }, '…: no such file'],
    [{ map: '*.kafka.example=${NONE}.example' }, '… is unset or empty: set it, or write …'],
  ] as unknown as [SplitDnsOptions, string][]
  for (const [options, heading] of starts) {
    const error = thrown(() => new SplitDns(options, {}))
    isFound(t, error.message, heading)
  }
})

function thrown(call: () => unknown): Error {
  try {
    call()
  } catch (error) {
    if (error instanceof Error) return error
  }
  throw new Error('nothing was thrown')
}

t.test('what is warned of is found', async t => {
  const warnings: string[] = []
  const logger = { ...quiet, warn: (message: string) => void warnings.push(message) }
  const map = {
    tables: { az: { a: 'x' } },
    rules: [
      { match: '{z}.kafka.example', to: '{az[z]}.vpce.example' },
      { match: '*.kafka.example', to: 'vpce.example' },
    ],
  }
  const splitDns = new SplitDns({ map, logger }, { KAFKA_SPLIT_DNS_TIMEOUT: '5' })
  t.teardown(() => splitDns.close())
  splitDns.route(host, 9092)
  t.equal(warnings.length, 2)
  isFound(t, warnings[0] ?? '', 'no such variable, it is ignored …')
  isFound(t, warnings[1] ?? '', 'rule … gives way: table … has no key …')
})

t.test('a changed map that can’t be used is found', async t => {
  const warnings: string[] = []
  const logger = { ...quiet, warn: (message: string) => void warnings.push(message) }
  const mapFile = join(t.testdir({ 'map.yaml': 'rules: [{match: a.test, to: b.test}]' }), 'map.yaml')
  const splitDns = new SplitDns({ mapFile, logger }, {})
  t.teardown(() => splitDns.close())
  writeFileSync(mapFile, 'rules: 1')
  await t.rejects(splitDns.reload())
  isFound(t, warnings[0] ?? '', "a new map can't be used, so the one before stays in force: …")
})

t.test('a map without a rule in force is found, in the warning and in the error', async t => {
  const warnings: string[] = []
  const logger = { ...quiet, warn: (message: string) => void warnings.push(message) }
  const map = { profiles: { 'kafka-1': [{ match: '*.kafka.example', to: 'vpce.example' }] } }
  const splitDns = new SplitDns({ map, logger }, {})
  t.teardown(() => splitDns.close())
  isFound(t, warnings[0] ?? '', 'no rule is in force: …')
  const { path } = await splitDns.resolve('127.0.0.1', 9092)
  isFound(t, path[0] ?? '', 'no rule is in force: …')
})

t.test('what kafkajs says of a connection that was closed is found', async t => {
  const port = await serving(t, socket => socket.once('data', () => socket.end()))
  const splitDns = new SplitDns({ map: `*.kafka.example=127.0.0.1:${port}` }, {})
  t.teardown(() => splitDns.close())
  const { socketFactory } = splitDns
  const { makeBroker } = await loadKafkajs()
  const broker = makeBroker({ host, port: 9092, connection: connection(), socketFactory, onAnswer: () => undefined })
  const error: unknown = await broker.connect().catch((reason: unknown) => reason)
  await broker.disconnect()
  isFound(t, error instanceof Error ? error.message : '', 'Closed connection')
})

t.test('what a client says of a broker that another one stands for is found', async t => {
  const { createErrorFromCode } = (await import(kafkajsErrors)) as { createErrorFromCode: (code: number) => Error }
  // NOT_LEADER_OR_FOLLOWER
  isFound(t, createErrorFromCode(6).message, 'This server is not the leader for that topic-partition')
})

const outcomes = ['timeout', 'ECONNREFUSED', 'SERVFAIL', 'REFUSED', 'EBADRESP', 'EHTTP', 'ECERT']

t.test('each outcome that a nameserver has in a message is explained', async t => {
  for (const outcome of outcomes) t.ok(page.includes(`\`${outcome}\``), outcome)
})

for (const { tcp, says } of [
  { tcp: false, says: 'ECONNREFUSED' },
  { tcp: true, says: 'no answer' },
]) {
  t.test(`an answer that was too long for UDP is explained: over TCP ${says}`, async t => {
    const row = page.split('\n').find(line => line.startsWith('| `the answer was too long for UDP')) ?? ''
    const [, text = '?'] = /^\| `(.+) …`/.exec(row) ?? []
    t.ok(row.includes(`(\`${says}\`)`), row)
    const server = await startDnsServer({ udp: true, tcp }, query =>
      query.via === 'tcp' ? undefined : respond(query, { truncated: true }),
    )
    t.teardown(() => server.close())
    const nameservers = server.upstream('udp').label
    const splitDns = new SplitDns(
      { map: '*.kafka.example=vpce.example', nameservers, fallback: 'none', timeoutMs: 2_000 },
      {},
    )
    t.teardown(() => splitDns.close())
    const error = await splitDns.resolve(host, 9092).catch((reason: unknown) => reason)
    const message = error instanceof Error ? error.message : ''
    t.ok(message.includes(text), message)
    t.ok(message.includes(says), message)
  })
}

t.test('no heading stands there for nothing', async t => {
  t.same(
    headings.filter(heading => !shown.has(heading)),
    [],
  )
})
