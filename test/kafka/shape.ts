import { freePorts } from './ports.js'

/**
 * How the endpoints stand behind the names:
 * `zones`: an address per broker (127.0.0.N), the same port on each and advertised as it is: only the name is mapped.
 * `ports`: one address for all, a port per broker, all advertised at the port that providers use: name and port are mapped.
 */
export type Shape = 'zones' | 'ports'
export const shapes: readonly Shape[] = ['zones', 'ports']

export type Protocol = 'plaintext' | 'ssl' | 'sasl_ssl'
export const protocols: readonly Protocol[] = ['plaintext', 'ssl', 'sasl_ssl']

export type Ports = Readonly<Record<Protocol, number>>

/** The ports that Amazon MSK advertises. */
const providerPorts: Ports = { plaintext: 9092, ssl: 9094, sasl_ssl: 9096 }

export interface Broker {
  readonly id: number
  /** The name that it advertises; no DNS knows it. */
  readonly name: string
  /** The loopback address on which it listens. */
  readonly host: string
  readonly ports: Ports
  readonly advertisedPorts: Ports
  /** For the brokers among themselves, advertised by its address: they never need the names. */
  readonly internalPort: number
}

/** The cluster as its clients need to know it; plain data. */
export interface ClusterView {
  readonly shape: Shape
  readonly zone: string
  readonly bootstrapName: string
  /** `name:port` by protocol. */
  readonly bootstrap: Readonly<Record<Protocol, string>>
  /** In the shape `zones` the port on every address; in the shape `ports` broker N listens at basePorts + N. */
  readonly basePorts: Ports
  readonly brokers: readonly Broker[]
  /** PEM of the authority that signed the brokers' certificate. */
  readonly ca: string
  readonly user: { readonly username: string; readonly password: string }
  /** Where configuration, data and logs are. */
  readonly folder: string
}

/** Room for brokers that join later: ids and ports up to here are kept free. */
const mostBrokers = 9

/** Gives each broker its name, address and ports. */
export class Layout {
  readonly shape: Shape
  readonly zone: string
  readonly basePorts: Ports
  readonly #internalBase: number

  private constructor(shape: Shape, zone: string, basePorts: Ports, internalBase: number) {
    this.shape = shape
    this.zone = zone
    this.basePorts = basePorts
    this.#internalBase = internalBase
  }

  /** The shape with ports that are free now. */
  static async allocate(shape: Shape, zone: string): Promise<Layout> {
    const ids = Array.from({ length: mostBrokers }, (_, i) => i + 1)
    const hosts = shape === 'zones' ? ids.map(zoneAddress) : ['127.0.0.1']
    const count = shape === 'zones' ? 1 : mostBrokers + 1
    const [plaintext, ssl, sasl_ssl, internal] = [
      await freePorts(hosts, count),
      await freePorts(hosts, count),
      await freePorts(hosts, count),
      await freePorts(hosts, count),
    ]
    return new Layout(shape, zone, { plaintext, ssl, sasl_ssl }, internal)
  }

  get bootstrapName(): string {
    return `bootstrap.${this.zone}`
  }

  get advertisedPorts(): Ports {
    return this.shape === 'zones' ? this.basePorts : providerPorts
  }

  get bootstrap(): Record<Protocol, string> {
    const at = (protocol: Protocol) => `${this.bootstrapName}:${this.advertisedPorts[protocol]}`
    return { plaintext: at('plaintext'), ssl: at('ssl'), sasl_ssl: at('sasl_ssl') }
  }

  /** Where the broker stands. Another `place` moves it to where that broker would be: name, address and ports. */
  broker(id: number, place = id): Broker {
    if (place < 1 || place > mostBrokers) throw new Error(`no room for a broker ${place}: at most ${mostBrokers}`)
    const zones = this.shape === 'zones'
    const port = (base: number) => (zones ? base : base + place)
    const { plaintext, ssl, sasl_ssl } = this.basePorts
    return {
      id,
      name: `b${place}.${this.zone}`,
      host: zones ? zoneAddress(place) : '127.0.0.1',
      ports: { plaintext: port(plaintext), ssl: port(ssl), sasl_ssl: port(sasl_ssl) },
      advertisedPorts: this.advertisedPorts,
      internalPort: port(this.#internalBase),
    }
  }
}

const zoneAddress = (place: number) => `127.0.0.${place}`
