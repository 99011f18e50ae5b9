import { createRequire } from 'node:module'
import kafkajs, { type Admin, type ISocketFactory } from 'kafkajs'
import { toError } from '../../lib/thrown.js'
import { hookSockets } from '../../src/register/hook.js'
import { SplitDns, rerouteOf } from '../../src/split-dns.js'
import { isFullRun } from '../full-run.js'
import { clientConfig } from './clients.js'
import type { ClusterView, Protocol } from './shape.js'
import { mapVariables, splitDnsFactory } from './split-dns-factory.js'
import { kafkaTest } from './suite.js'

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
  readonly #admin: Admin

  constructor(kafka: ClusterView, protocol: Protocol, socketFactory?: ISocketFactory) {
    const { ERROR } = kafkajs.logLevel
    this.#admin = new kafkajs.Kafka({
      ...clientConfig(kafka, protocol),
      ...(socketFactory && { socketFactory }),
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
    try {
      await this.#admin.connect()
      await this.#admin.disconnect()
      await this.#admin.connect()
      await this.#admin.listTopics()
    } catch (error) {
      this.rejected.push(toError(error).message)
    }
    await this.#admin.disconnect()
  }
}

for (const protocol of ['plaintext', 'ssl'] as const) {
  kafkaTest('zones', `${protocol}: ${rounds} reconnects at once, beside kafkajs' own sockets`, async (t, kafka) => {
    const stock = new Reconnecting(kafka, protocol, stockFactory(kafka, protocol))
    const mapped = new Reconnecting(kafka, protocol, splitDnsFactory(kafka))
    const hooked = new Reconnecting(kafka, protocol)
    const splitDns = new SplitDns({}, mapVariables(kafka))
    t.teardown(() => splitDns.close())
    // Side by side, so that a busy machine slows all three alike.
    for (let round = 0; round < rounds; round++) {
      await stock.reconnect()
      await mapped.reconnect()
      const { unhook } = hookSockets(rerouteOf(splitDns), splitDns)
      await hooked.reconnect().finally(unhook)
    }

    for (const [name, { logged, rejected }] of Object.entries({ 'the factory': mapped, register: hooked })) {
      const all = [...logged, ...rejected]
      const matching = (pattern: RegExp) => all.filter(message => pattern.test(message))
      t.strictSame(matching(/Connection timeout/), [], `${name}: none waits for kafkajs' timer`)
      t.strictSame(matching(/write after end/), [], `${name}: none is left with an ended connection`)
      t.strictSame(
        rejected.filter(message => message.includes('kafka-split-dns')),
        [],
        `${name}: what is ended while it connects is retried`,
      )
      // kafkajs ends new connections by the late 'end' of old ones, whoever made the sockets.
      const most = stock.rejected.length + rounds / 5
      t.ok(
        rejected.length <= most,
        `${name}: no more fail (${rejected.length}) than of kafkajs' own, ${most} with slack`,
      )
    }
  })
}
