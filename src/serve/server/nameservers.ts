import type { LookupFunction } from 'node:net'
import { addressBytes } from '../../../lib/address/address.js'
import { createResolver } from '../../../lib/resolver/resolver.js'
import type { OnQuery, ResolverOptions, SystemLookup } from '../../../lib/resolver/options.js'
import type { Resolver } from '../../../lib/resolver/types.js'
import { LocalFile, parseResolvConf } from '../../../lib/resolver/local-files.js'
import { createTransport } from '../../../lib/transport/create-transport.js'
import type { Upstream } from '../../../lib/transport/upstream.js'
import type { PassOnServer } from '../../../lib/server/raw-exchange.js'
import { Canceller } from '../../../lib/cancel.js'
import { toError } from '../../../lib/thrown.js'
import type { Milliseconds } from '../../../lib/units.js'
import type { Settings } from '../../config/option-table.js'
import { ConfigError } from '../../errors.js'
import { listenText, type ServeSettings } from '../options.js'

/** Often enough for a file that changes once in a pod's life. */
const checkEveryMs: Milliseconds = 1_000

export interface NameserversOptions {
  readonly settings: Pick<Settings, 'nameservers'>
  /** Where this server listens. */
  readonly own: Pick<ServeSettings, 'address' | 'port'>
  readonly resolvConfPath: string
  readonly onWarning: (message: string) => void
  /** A monotonic clock. */
  readonly now: () => Milliseconds
}

/**
 * The other nameservers, which this server asks. The system's resolver is none of them: in the pod it asks this very
 * server first, so where `system` is set, resolv.conf's other servers are asked instead.
 */
export class Nameservers {
  /** Who targets are asked of, for a resolver that leaves out what is `isExcluded`. */
  readonly upstreams: readonly Upstream[] | 'resolv.conf'
  readonly resolvConfPath: string
  readonly isExcluded: (server: Upstream) => boolean
  readonly #settings: NameserversOptions['settings']
  readonly #now: () => Milliseconds
  readonly #resolvConf: LocalFile<readonly Upstream[]>
  #nextCheckMs: Milliseconds
  #passOn: readonly PassOnServer[] = []

  /** Rejects with `ConfigError` where no server is left that a question can be passed on to. */
  static async open(options: NameserversOptions): Promise<Nameservers> {
    const nameservers = new Nameservers(options)
    await nameservers.#resolvConf.update()
    const { settings, own, resolvConfPath } = options
    if (nameservers.passOn().length === 0) throw new ConfigError([noneLeft(settings, own, resolvConfPath)])
    return nameservers
  }

  private constructor({ settings, own, resolvConfPath, onWarning, now }: NameserversOptions) {
    this.isExcluded = server =>
      'address' in server && reached(server.address) === reached(own.address) && server.port === own.port
    this.upstreams = settings.nameservers?.filter(server => !this.isExcluded(server)) ?? 'resolv.conf'
    this.resolvConfPath = resolvConfPath
    this.#settings = settings
    this.#now = now
    const parse = (text: string) => parseResolvConf(text).nameservers.filter(server => !this.isExcluded(server))
    this.#resolvConf = new LocalFile(resolvConfPath, parse, onWarning, { value: [], text: 'it names no nameserver' })
    this.#nextCheckMs = now() + checkEveryMs
  }

  /** Who other questions are passed on to, as resolv.conf was a moment ago; those before while it names none. */
  passOn(): readonly PassOnServer[] {
    const nowMs = this.#now()
    if (nowMs >= this.#nextCheckMs) {
      this.#nextCheckMs = nowMs + checkEveryMs
      void this.#resolvConf.update()
    }
    const wanted = this.upstreams === 'resolv.conf' ? this.#resolvConf.value : this.upstreams.flatMap(this.#expand)
    const servers = wanted.filter(server => server.kind !== 'system' && server.kind !== 'https')
    if (servers.length > 0) this.#passOn = servers
    return this.#passOn
  }

  /** What a person should know of them. */
  get notes(): readonly string[] {
    const https = (this.#settings.nameservers ?? []).filter(({ kind }) => kind === 'https').map(({ label }) => label)
    const note = `questions for other names are not passed on to ${https.join(', ')}: that works over UDP, TCP and TLS`
    return https.length === 0 ? [] : [note]
  }

  readonly #expand = (server: Upstream) => (server.kind === 'system' ? this.#resolvConf.value : [server])
}

/** Names the address that a packet to this one reaches: a v4-mapped form is IPv4, and the unspecified address is loopback. */
function reached(address: string): string {
  const bytes = addressBytes(address) ?? Uint8Array.of()
  if (bytes.some(byte => byte !== 0)) return bytes.join('.')
  return reached(bytes.length === 4 ? '127.0.0.1' : '::1')
}

function noneLeft(
  { nameservers }: Pick<Settings, 'nameservers'>,
  own: Pick<ServeSettings, 'address' | 'port'>,
  resolvConfPath: string,
): { message: string; origin: string } {
  const origin = nameservers === null ? resolvConfPath : 'KAFKA_SPLIT_DNS_NAMESERVERS'
  const what =
    nameservers?.some(({ kind }) => kind === 'https') === true
      ? 'names only DoH servers, to which questions for other names cannot be passed on'
      : `names no nameserver besides ${listenText(own)}, this server itself`
  const advice =
    'add one that knows the other names (in Kubernetes the second of dnsConfig.nameservers), or set KAFKA_SPLIT_DNS_NAMESERVERS'
  return { origin, message: `${what}: ${advice}` }
}

/** A look-up that asks these servers in the system resolver's place, and never the system's, which would ask this server. */
export function createSystemLookup(
  { resolvConfPath, isExcluded }: Nameservers,
  limits: Pick<Settings, 'timeoutMs' | 'attemptMs'>,
  now: () => Milliseconds,
): { readonly lookup: SystemLookup; close(): Promise<void> } {
  const none: SystemLookup = () => Promise.reject(new Error('no nameserver of resolv.conf answers'))
  const settings = { cacheMax: 100, minTtl: 0, maxTtl: 60, negativeTtl: 1, stale: 0 }
  const resolver = createResolver({
    ...limits,
    ...settings,
    ...{ upstreams: 'resolv.conf', resolvConfPath, isExcluded, now },
    transport: createTransport(),
    systemLookup: none,
  })
  return {
    lookup: async (name, family, signal) =>
      (await resolver.resolve(name, { family, fallback: 'none', signal })).addresses,
    close: () => resolver.close(),
  }
}

/** The same in the form that sockets take: for DoT and DoH servers that are given by name. */
export function socketLookup(lookup: SystemLookup): LookupFunction {
  return (host, { family, all }, callback) => {
    const wanted = family === 4 || family === 'IPv4' ? 4 : family === 6 || family === 'IPv6' ? 6 : 0
    lookup(host, wanted, new Canceller()).then(
      addresses => {
        const [first] = addresses
        if (all === true)
          callback(
            null,
            addresses.map(({ address, family }) => ({ address, family })),
          )
        else callback(null, first?.address ?? '', first?.family)
      },
      (error: unknown) => callback(toError(error), []),
    )
  }
}

/** The resolver of targets: as everywhere, but for whom it asks. */
export function createServeResolver(
  settings: Settings,
  onQuery: OnQuery,
  onWarning: (message: string) => void,
  { upstreams, resolvConfPath, isExcluded }: Nameservers,
  lookup: SystemLookup,
  now: () => Milliseconds,
): Resolver {
  const options: ResolverOptions = {
    ...settings,
    ...{ upstreams, resolvConfPath, isExcluded, now },
    transport: createTransport({ lookup: socketLookup(lookup) }),
    systemLookup: lookup,
    onQuery,
    onWarning,
  }
  return createResolver(options)
}
