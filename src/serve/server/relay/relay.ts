import { createServer, type Server, type Socket } from 'node:net'
import { hostPort } from '../../../../lib/address/host-port.js'
import { codeOf } from '../../../../lib/thrown.js'
import { keepAlive, startTimer } from '../../../../lib/timers.js'
import type { Milliseconds } from '../../../../lib/units.js'
import type { SocketFactory } from '../../../connect/socket-factory.js'
import type { RelayPayload } from '../../../observe/events.js'
import type { AddressBlock } from '../../options.js'
import { describeListenError } from '../listen-error.js'
import { AddressPool } from './address-pool.js'
import { RelayedConnection, type RelayOutcome } from './relayed-connection.js'

export interface RelayOptions {
  readonly pool: AddressBlock
  /** Connects to the broker as the map says. */
  readonly socketFactory: SocketFactory
  /** True where a rule maps the broker. Any other connection would come back here, because the system's resolver asks this server. */
  readonly isMapped: (host: string, port: number) => boolean
  readonly report: (payload: RelayPayload) => void
  /** A monotonic clock. */
  readonly now: () => Milliseconds
  /** Takes what a person should know. */
  readonly warn: (message: string) => void
  readonly maxConnections?: number
  readonly connectTimeoutMs?: Milliseconds
}

/** What listens for one broker's name. */
interface Listening {
  readonly address: string
  readonly servers: Map<number, Promise<Server>>
  /** The ports at which it listens by now. */
  readonly open: Set<number>
}

const defaultMaxConnections = 4096
/** Clients take a connection that is accepted for the broker's, so it must fail well before their requests time out. */
const defaultConnectTimeoutMs: Milliseconds = 5_000
/** A connection on which nothing moved for so long can be ended without cutting an answer. */
const idleMs: Milliseconds = 1_000
const drainEveryMs: Milliseconds = 100
/** One message of a kind a minute: clients try again many times a second. */
const repeatAfterMs: Milliseconds = 60_000
const maxRemembered = 256

/** Listens on loopback addresses in the brokers' place, and connects each client to where the map says. */
export class Relay {
  readonly #options: RelayOptions
  readonly #pool: AddressPool
  readonly #names = new Map<string, Listening>()
  readonly #connections = new Set<RelayedConnection>()
  readonly #warnedAtMs = new Map<string, Milliseconds>()
  #isClosing = false

  constructor(options: RelayOptions) {
    this.#options = options
    this.#pool = new AddressPool(options.pool)
  }

  /** Live connections. */
  get connections(): number {
    return this.#connections.size
  }

  /**
   * The address where a relay listens for the host, at these ports at least; a promise until it does. undefined, and a
   * warning, where it can't: no address or port is left.
   */
  addressFor(host: string, ports: readonly number[]): string | undefined | Promise<string | undefined> {
    const known = this.#names.get(host)
    if (known !== undefined && ports.every(port => known.open.has(port))) return known.address
    return this.#listen(host, ports)
  }

  /** Ends the listeners, then each connection once nothing moves on it, the rest when the time is over. */
  async close(graceMs: Milliseconds): Promise<void> {
    this.#isClosing = true
    const servers = await Promise.allSettled([...this.#names.values()].flatMap(({ servers }) => [...servers.values()]))
    for (const result of servers) if (result.status === 'fulfilled') result.value.close()
    await keepAlive(drain(this.#connections, graceMs, this.#options.now))
  }

  async #listen(host: string, ports: readonly number[]): Promise<string | undefined> {
    const listening = this.#names.get(host) ?? this.#newName(host)
    if (listening === undefined || this.#isClosing) return undefined
    const { address, servers, open } = listening
    await Promise.all(
      ports.map(async port => {
        if (open.has(port)) return
        const server = servers.get(port) ?? this.#open(host, address, port)
        servers.set(port, server)
        try {
          await server
          open.add(port)
        } catch (error) {
          servers.delete(port)
          this.#warn(
            `listen ${codeOf(error) ?? ''} ${port}`,
            `no relay for ${hostPort(host, port)}: ${describeListenError(error, address, port)}`,
          )
        }
      }),
    )
    return ports.some(port => open.has(port)) ? address : undefined
  }

  #newName(host: string): Listening | undefined {
    const address = this.#pool.addressOf(host)
    if (address === undefined) {
      this.#warn('pool', `no relay for ${host}: ${this.#pool.size} names have one, and there is no room for more`)
      return undefined
    }
    const listening = { address, servers: new Map<number, Promise<Server>>(), open: new Set<number>() }
    this.#names.set(host, listening)
    return listening
  }

  #open(host: string, address: string, port: number): Promise<Server> {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, client =>
      this.#accept(client, host, port),
    )
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen({ port, host: address, exclusive: true }, () => {
        server.off('error', reject)
        server.on('error', error => this.#warn('accept', `the relay for ${hostPort(host, port)}: ${error.message}`))
        resolve(server)
      })
    })
  }

  #accept(client: Socket, host: string, port: number): void {
    const refusal = this.#refusal(host, port)
    if (refusal !== undefined) {
      client.on('error', () => undefined)
      client.resetAndDestroy()
      this.#warn(`refused ${host} ${port}`, refusal)
      this.#report(host, port, 'failed', { error: refusal })
      return
    }
    const startedAtMs = this.#options.now()
    const connection = new RelayedConnection({
      client,
      connectTimeoutMs: this.#options.connectTimeoutMs ?? defaultConnectTimeoutMs,
      connect: onConnect => this.#options.socketFactory({ host, port, onConnect }),
      onOpen: () => this.#report(host, port, 'opened', {}),
      onOver: (outcome, error, over) => {
        this.#connections.delete(over)
        const { sent, received } = over.bytes
        const durationMs = this.#options.now() - startedAtMs
        this.#onOver(host, port, outcome, error)
        this.#report(host, port, outcome, { error: error?.message ?? null, sent, received, durationMs })
      },
    })
    this.#connections.add(connection)
  }

  #refusal(host: string, port: number): string | undefined {
    const { maxConnections = defaultMaxConnections, isMapped } = this.#options
    const broker = hostPort(host, port)
    if (this.#connections.size >= maxConnections) {
      return `a connection to ${broker} was refused: ${maxConnections} are relayed already`
    }
    return isMapped(host, port) ? undefined : `a connection to ${broker} was refused: no rule maps it now`
  }

  #onOver(host: string, port: number, outcome: RelayOutcome, error: Error | null): void {
    if (error === null || this.#isClosing) return
    // Clients break off connections as they like: no warning.
    if (outcome === 'failed' || !isReset(error)) this.#warn(`${outcome} ${host} ${port}`, error.message)
  }

  #report(
    host: string,
    port: number,
    outcome: RelayPayload['outcome'],
    rest: Partial<Omit<RelayPayload, 'host' | 'port' | 'outcome'>>,
  ): void {
    this.#options.report({ host, port, outcome, error: null, sent: 0, received: 0, durationMs: 0, ...rest })
  }

  #warn(key: string, message: string): void {
    const nowMs = this.#options.now()
    const lastMs = this.#warnedAtMs.get(key)
    if (lastMs !== undefined && nowMs - lastMs < repeatAfterMs) return
    if (this.#warnedAtMs.size >= maxRemembered) this.#warnedAtMs.clear()
    this.#warnedAtMs.set(key, nowMs)
    this.#options.warn(message)
  }
}

const isReset = (error: Error) => ['ECONNRESET', 'EPIPE'].includes(codeOf(error) ?? '')

/** Resolves when every connection is over, each ended once it is idle, all reset when the time is over. */
async function drain(
  connections: ReadonlySet<RelayedConnection>,
  graceMs: Milliseconds,
  now: () => Milliseconds,
): Promise<void> {
  const deadlineMs = now() + graceMs
  const moved = new Map<RelayedConnection, { total: number; atMs: Milliseconds }>()
  while (connections.size > 0) {
    const nowMs = now()
    for (const connection of [...connections]) {
      const { sent, received } = connection.bytes
      const last = moved.get(connection)
      if (nowMs >= deadlineMs) connection.reset(new Error('the relay was closed'))
      else if (last === undefined) moved.set(connection, { total: sent + received, atMs: nowMs })
      else if (last.total !== sent + received) moved.set(connection, { total: sent + received, atMs: nowMs })
      else if (nowMs - last.atMs >= idleMs) connection.end()
    }
    await new Promise<void>(resolve => startTimer(resolve, drainEveryMs))
  }
}
