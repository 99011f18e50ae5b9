import { hostPort, parseHostPort } from '../../lib/address/host-port.js'
import { addressBytes, isInside, parseCidr } from '../../lib/address/address.js'
import { isLoopback } from '../../lib/address/address.js'
import { toError } from '../../lib/thrown.js'
import type { Milliseconds } from '../../lib/units.js'
import { ConfigError, type Fault } from '../errors.js'
import { didYouMean } from '../text/nearest.js'

/** When names get an address of their own, where a relay listens: `auto`, where a rule sets a port. */
export type RelayMode = 'auto' | 'always' | 'never'

/** What `splitDns.serve` takes. */
export interface ServeOptions {
  /** The loopback address and port to answer DNS on, over UDP and TCP; `127.0.0.1:53` unless given. Port 0: any free one. */
  readonly listen?: string | undefined
  /**
   * `auto`: a name gets an address of its own, where a relay listens, if a rule sets its port. `always`: every name of the
   * map does. `never`: none does, and a name whose port a rule sets does not exist. `auto` unless given.
   */
  readonly relay?: RelayMode | undefined
  /** The ports at which clients call brokers, beside those that the map's patterns name; `9092` unless given. */
  readonly ports?: string | readonly number[] | undefined
  /** The block of 127.0.0.0/8 that relays take their addresses from; `127.83.0.0/16` unless given. */
  readonly pool?: string | undefined
  /** How long `close` waits for relayed connections to become idle, in ms; 10,000 unless given. */
  readonly graceMs?: number | undefined
}

/** A block of IPv4 addresses, as numbers. */
export interface AddressBlock {
  readonly text: string
  readonly first: number
  readonly size: number
}

/** The options, checked: nothing is optional any more. Can be handed to a worker. */
export interface ServeSettings {
  readonly address: string
  readonly port: number
  readonly relay: RelayMode
  readonly ports: readonly number[]
  readonly pool: AddressBlock
  readonly graceMs: Milliseconds
}

const relayModes: readonly RelayMode[] = ['auto', 'always', 'never']
const dnsPort = 53
const maxPorts = 32
const maxGraceMs: Milliseconds = 600_000
// 14 addresses, less the first and the last: room for a small cluster at least.
const longestPrefix = 28
const loopbackBlock = parseCidr('127.0.0.0/8')

const readers: { readonly [Name in keyof ServeOptions]-?: (value: unknown) => Partial<ServeSettings> } = {
  listen: value => readListen(textOf(value)),
  relay: value => ({ relay: readMode(value) }),
  ports: value => ({ ports: readPorts(value) }),
  pool: value => ({ pool: readPool(textOf(value)) }),
  graceMs: value => ({ graceMs: readGrace(value) }),
}

const defaults: ServeSettings = {
  address: '127.0.0.1',
  port: dnsPort,
  relay: 'auto',
  ports: [9092],
  pool: readPool('127.83.0.0/16'),
  graceMs: 10_000,
}

/** The options over the defaults. Throws `ConfigError` with every fault; `nameOf` is how they call an option. */
export function readServeOptions(
  options: ServeOptions,
  nameOf: (option: string) => string = option => `option ${option} of serve`,
): ServeSettings {
  const faults: Fault[] = []
  let settings = defaults
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue
    try {
      if (!isOption(name)) throw new TypeError(`no such option${didYouMean(name, Object.keys(readers))}`)
      settings = { ...settings, ...readers[name](value) }
    } catch (error) {
      faults.push({ message: toError(error).message, origin: nameOf(name) })
    }
  }
  if (faults.length > 0) throw new ConfigError(faults)
  return settings
}

const isOption = (name: string): name is keyof ServeOptions => Object.hasOwn(readers, name)

function textOf(value: unknown): string {
  if (typeof value === 'string' && value.trim() !== '') return value.trim()
  throw new TypeError(`expected text, found ${JSON.stringify(value)}`)
}

function readListen(text: string): Pick<ServeSettings, 'address' | 'port'> {
  // Port 0, any free one, is no port that can be connected to.
  const isAnyPort = /[^:]:0$|\]:0$/.test(text)
  const parsed = parseHostPort(isAnyPort ? text.replace(/:0$/, '') : text)
  if (parsed === undefined) throw new TypeError(`expected ADDRESS[:PORT], found '${text}'`)
  if (!isLoopback(parsed.host)) {
    const why = 'DNS for one pod is answered on loopback alone, because whoever can ask can use it'
    throw new TypeError(`${parsed.host} is no loopback address: expected one of 127.0.0.0/8, or ::1; ${why}`)
  }
  return { address: parsed.host, port: isAnyPort ? 0 : (parsed.port ?? dnsPort) }
}

function readMode(value: unknown): RelayMode {
  const mode = relayModes.find(known => known === value)
  if (mode !== undefined) return mode
  throw new TypeError(`expected ${relayModes.join(', ')}, found ${JSON.stringify(value)}`)
}

function readPorts(value: unknown): readonly number[] {
  const items: readonly unknown[] =
    typeof value === 'string' ? value.split(',') : Array.isArray(value) ? value : [value]
  const ports = items.map(item => (typeof item === 'string' && /^\s*\d{1,5}\s*$/.test(item) ? Number(item) : item))
  const isPort = (port: unknown): port is number =>
    typeof port === 'number' && Number.isInteger(port) && port >= 1 && port <= 65_535
  if (!ports.every(isPort)) throw new TypeError(`expected ports from 1 to 65535, found ${JSON.stringify(value)}`)
  const distinct = [...new Set(ports)]
  if (distinct.length <= maxPorts) return distinct
  throw new TypeError(
    `expected at most ${maxPorts} ports, found ${distinct.length}: each is a listener for each broker`,
  )
}

function readPool(text: string): AddressBlock {
  const block = parseCidr(text)
  if (!isInside(block, loopbackBlock)) {
    throw new TypeError(`${text} is not inside 127.0.0.0/8, so that others could reach the relays`)
  }
  if (block.prefix > longestPrefix) throw new TypeError(`${text} is too small: expected /${longestPrefix} or larger`)
  const size = 2 ** (32 - block.prefix)
  const [a = 0, b = 0, c = 0, d = 0] = addressBytes(text.split('/')[0] ?? '') ?? []
  const number = a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d
  return { text, first: number - (number % size), size }
}

function readGrace(value: unknown): Milliseconds {
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
  if (typeof number === 'number' && number >= 0 && number <= maxGraceMs) return number
  throw new TypeError(`expected milliseconds from 0 to ${maxGraceMs}, found ${JSON.stringify(value)}`)
}

/** Where the server listens, in words. */
export const listenText = ({ address, port }: Pick<ServeSettings, 'address' | 'port'>): string =>
  hostPort(address, port)
