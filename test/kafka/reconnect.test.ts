import { createRequire } from 'node:module'
import type { Socket } from 'node:net'
import kafkajs, { type Admin, type ISocketFactory } from 'kafkajs'
import { toError } from '../../lib/thrown.js'
import { hookSockets } from '../../src/register/hook.js'
import { createReroute } from '../../src/connect/reroute.js'
import { SplitDns, contextOf } from '../../src/split-dns.js'
import { isFullRun } from '../full-run.js'
import { clientConfig } from './clients.js'
import type { ClusterView, Protocol } from './shape.js'
import { mapVariables, splitDnsFactory } from './split-dns-factory.js'
import { kafkaTest } from './suite.js'
import { waitUntil } from './wait.js'

const rounds = isFullRun ? 40 : 10

// kafkajs' own default factory, which its public API does not export.
const require = createRequire(import.meta.url)
const createStockFactory = require('kafkajs/src/network/socketFactory') as () => ISocketFactory

/** kafkajs' own sockets, dialled at the addresses; certificates are checked against the names. */
function stockFactory(kafka: ClusterView, protocol: Protocol): ISocketFactory {
  const connect = createStockFactory()
  return args => {
    const { host = '' } = kafka.brokers.find(({ name }) => name === args.host) ?? kafka.brokers[0] ?? {}
    return connect({ ...args, host, ssl: protocol === 'plaintext' ? args.ssl : { servername: args.host, ...args.ssl } })
  }
}

/** One kafkajs object that connects again and again. */
class Reconnecting {
  readonly logged: string[] = []
  readonly rejected: string[] = []
  readonly dialled: Socket[] = []
  slowestMs = 0
  readonly #admin: Admin

  constructor(kafka: ClusterView, protocol: Protocol, factory: ISocketFactory) {
    const socketFactory: ISocketFactory = args => {
      const socket = factory(args)
      this.dialled.push(socket)
      return socket
    }
    const { ERROR } = kafkajs.logLevel
    this.#admin = new kafkajs.Kafka({
      ...clientConfig(kafka, protocol),
      socketFactory,
      // Only how often kafkajs retries matters here, not how long it waits.
      retry: { initialRetryTime: 20 },
      logLevel: ERROR,
      logCreator:
        () =>
        ({ log }) =>
          void this.logged.push(log.message),
    }).admin()
  }

  /** The 'end' of the first connection reaches kafkajs while the second one is being made, or is new. */
  async reconnect(): Promise<void> {
    const startedAtMs = performance.now()
    try {
      await this.#admin.connect()
      await this.#admin.disconnect()
      await this.#admin.connect()
      await this.#admin.listTopics()
    } catch (error) {
      this.rejected.push(toError(error).message)
    }
    this.slowestMs = Math.max(this.slowestMs, performance.now() - startedAtMs)
    await this.#admin.disconnect()
  }
}

/**
 * kafkajs' old connection reports its 'end' late and then ends the new one, whoever made the sockets. That can't be
 * kept from it: without that 'end' a SASL exchange that was under way would never be rejected, and an end() by mistake
 * looks like one that is meant. A new connection that is still in the making fails at once, and kafkajs retries it. One
 * that is up already, as most are without TLS, kafkajs rejects by itself, with the first of these messages. With
 * `register`, end() during a TLS handshake is Node's half-close, and what the broker answers to it may be unreadable: the
 * second.
 */
const rejectedByKafkajs = /^Closed connection$|bad record mac/

for (const protocol of ['plaintext', 'ssl'] as const) {
  kafkaTest('zones', `${protocol}: ${rounds} reconnects at once, beside kafkajs' own sockets`, async (t, kafka) => {
    const stock = new Reconnecting(kafka, protocol, stockFactory(kafka, protocol))
    const mapped = new Reconnecting(kafka, protocol, splitDnsFactory(kafka))
    const hooked = new Reconnecting(kafka, protocol, createStockFactory())
    const splitDns = new SplitDns({}, mapVariables(kafka))
    t.teardown(() => splitDns.close())
    // Side by side, so that a busy machine slows all three alike.
    for (let round = 0; round < rounds; round++) {
      await stock.reconnect()
      await mapped.reconnect()
      const { unhook } = hookSockets(createReroute(contextOf(splitDns)), splitDns)
      await hooked.reconnect().finally(unhook)
    }

    const figures = ({ rejected, slowestMs }: Reconnecting) =>
      `${rejected.length} of ${rounds} rejected, the slowest took ${Math.round(slowestMs)} ms`
    t.comment(`kafkajs' own: ${figures(stock)}`)
    // Far less than any timer of kafkajs: 10 s for a connection here, 30 s for a request.
    const mostMs = stock.slowestMs + 5000
    for (const [name, client] of Object.entries({ 'the factory': mapped, register: hooked })) {
      t.comment(`${name}: ${figures(client)}`)
      const { logged, rejected, dialled, slowestMs } = client
      const all = [...logged, ...rejected]
      const matching = (pattern: RegExp) => all.filter(message => pattern.test(message))
      t.strictSame(matching(/timeout|timed out/i), [], `${name}: none runs into a timer of kafkajs`)
      t.ok(slowestMs < mostMs, `${name}: none waits for a timer of kafkajs (${slowestMs} ms)`)
      t.strictSame(matching(/write after end/), [], `${name}: none is left with an ended connection`)
      t.strictSame(
        rejected.filter(message => !rejectedByKafkajs.test(message)),
        [],
        `${name}: what is ended while it connects is retried`,
      )
      const most = stock.rejected.length + rounds / 5
      t.ok(rejected.length <= most, `${name}: no more are rejected than of kafkajs' own, ${most} with slack`)
      await waitUntil(`${name}: no connection outlives its client`, () => {
        const open = dialled.filter(({ destroyed }) => !destroyed).length
        return open === 0 ? undefined : `${open} of ${dialled.length} are open`
      })
    }
  })
}
