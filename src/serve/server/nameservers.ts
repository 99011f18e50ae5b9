import { readFileSync } from 'node:fs'
import type { LookupFunction } from 'node:net'
import { addressBytes } from '../../../lib/address/cidr.js'
import { createResolver } from '../../../lib/resolver/resolver.js'
import type { OnQuery, ResolverOptions, SystemLookup } from '../../../lib/resolver/options.js'
import type { Resolver } from '../../../lib/resolver/types.js'
import { parseResolvConf } from '../../../lib/resolver/local/resolv-conf.js'
import { createTransport } from '../../../lib/transport/create-transport.js'
import type { Upstream } from '../../../lib/transport/upstream.js'
import type { PassOnServer } from '../../../lib/server/raw-exchange.js'
import { Canceller } from '../../../lib/cancel.js'
import { toError } from '../../../lib/thrown.js'
import type { Settings } from '../../config/option-table.js'
import { ConfigError } from '../../errors.js'
import { listenText, type ServeSettings } from '../options.js'

const resolvConfPath = '/etc/resolv.conf'
// The resolver keeps nothing of what it is asked through these, so any limit will do.
const now = () => performance.now()

/**
 * The nameservers that stand behind a server of this address. The system's resolver is none of them: in the pod it asks
 * this very server first, so where `system` is said, resolv.conf's servers but this one are asked instead.
 */
export interface Nameservers {
  /** Who targets are asked of. */
  readonly upstreams: readonly Upstream[]
  /** Who other questions are passed on to. */
  readonly passOn: readonly PassOnServer[]
  /** Those of resolv.conf, without this server. */
  readonly system: readonly Upstream[]
  /** What a person should know of them. */
  readonly notes: readonly string[]
}

/** Throws `ConfigError` where no server is left that a question can be passed on to. */
export function findNameservers(
  settings: Pick<Settings, 'nameservers'>,
  serve: Pick<ServeSettings, 'address' | 'port'>,
  resolvConf: string = readResolvConf(),
): Nameservers {
  const isOther = (upstream: Upstream) =>
    !('address' in upstream && reached(upstream.address) === reached(serve.address) && upstream.port === serve.port)
  const system = parseResolvConf(resolvConf).nameservers.filter(isOther)
  const wanted = settings.nameservers ?? [{ kind: 'system', label: 'system' } as const]
  const upstreams = wanted.filter(isOther).flatMap(upstream => (upstream.kind === 'system' ? system : [upstream]))
  const passOn = upstreams.filter(upstream => upstream.kind !== 'system' && upstream.kind !== 'https')
  if (passOn.length === 0) throw new ConfigError([noneLeft(settings, serve, upstreams)])
  const https = upstreams.filter(({ kind }) => kind === 'https').map(({ label }) => label)
  const note = `questions for other names are not passed on to ${https.join(', ')}: that works over UDP, TCP and TLS`
  return { upstreams, passOn, system, notes: https.length === 0 ? [] : [note] }
}

/** Names the address that a packet to this one reaches: a v4-mapped form is IPv4, and the unspecified address is loopback. */
function reached(address: string): string {
  const bytes = addressBytes(address) ?? Uint8Array.of()
  if (bytes.some(byte => byte !== 0)) return bytes.join('.')
  return reached(bytes.length === 4 ? '127.0.0.1' : '::1')
}

function noneLeft(
  { nameservers }: Pick<Settings, 'nameservers'>,
  serve: Pick<ServeSettings, 'address' | 'port'>,
  upstreams: readonly Upstream[],
): { message: string; origin: string } {
  const origin = nameservers === null ? resolvConfPath : 'KAFKA_SPLIT_DNS_NAMESERVERS'
  const what =
    upstreams.length > 0
      ? 'names only DoH servers, to which questions for other names cannot be passed on'
      : `names no nameserver besides ${listenText(serve)}, this server itself`
  const advice =
    'add one that knows the other names (in Kubernetes the second of dnsConfig.nameservers), or set KAFKA_SPLIT_DNS_NAMESERVERS'
  return { origin, message: `${what}: ${advice}` }
}

function readResolvConf(): string {
  try {
    return readFileSync(resolvConfPath, 'utf8')
  } catch {
    return ''
  }
}

/** A look-up that asks these servers in the system resolver's place, and never the system's, which would ask this server. */
export function createSystemLookup(
  { system }: Nameservers,
  limits: Pick<Settings, 'timeoutMs' | 'attemptMs'>,
): { readonly lookup: SystemLookup; close(): Promise<void> } {
  const none: SystemLookup = () => Promise.reject(new Error('no nameserver of resolv.conf answers'))
  const settings = { cacheMax: 100, minTtl: 0, maxTtl: 60, negativeTtl: 1, stale: 0 }
  const resolver = createResolver({
    ...limits,
    ...settings,
    upstreams: system,
    now,
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
  nameservers: Nameservers,
  lookup: SystemLookup,
): Resolver {
  const options: ResolverOptions = {
    ...settings,
    upstreams: nameservers.upstreams,
    now,
    transport: createTransport({ lookup: socketLookup(lookup) }),
    systemLookup: lookup,
    onQuery,
    onWarning,
  }
  return createResolver(options)
}
