import { isIP } from 'node:net'
import { addressUpstream, type Upstream } from '../../transport/upstream.js'
import { checkName } from '../../wire/query.js'

/** What is used of resolv.conf. `ndots` is not, since it would change what a target means. */
export interface ResolvConf {
  /** At most three, as with glibc; never empty. Over TCP with `options use-vc`. */
  readonly nameservers: readonly Upstream[]
  /** Suffixes for relative names, in order; undefined where the file does not say. */
  readonly search: readonly string[] | undefined
  /** `options no-aaaa`: these servers are not asked for IPv6 addresses. */
  readonly noAaaa: boolean
}

/** glibc's MAXNS: it ignores further lines, so nobody would notice a wrong server there. */
const maxNameservers = 3
/** What glibc asks where no server is named. */
const localNameserver = '127.0.0.1'
const dnsPort = 53

/** What the text says. What it doesn't understand is ignored, as with glibc. Pure, never throws. */
export function parseResolvConf(text: string): ResolvConf {
  const addresses: string[] = []
  const options = new Set<string>()
  let search: readonly string[] | undefined
  for (const line of text.split('\n')) {
    const [keyword, ...words] = wordsOf(line)
    if (keyword === 'nameserver') addresses.push(...words.slice(0, 1).filter(word => isIP(word) !== 0))
    else if (keyword === 'search') search = words.flatMap(suffixOf)
    else if (keyword === 'domain') search = words.slice(0, 1).flatMap(suffixOf)
    else if (keyword === 'options') for (const word of words) options.add(word)
  }
  if (addresses.length === 0) addresses.push(localNameserver)
  const kind = options.has('use-vc') ? 'tcp' : 'udp'
  const nameservers = addresses.slice(0, maxNameservers).map(address => addressUpstream(kind, address, dnsPort))
  return { nameservers, search, noAaaa: options.has('no-aaaa') }
}

/** In place of a file that can't be read: getaddrinfo perhaps has other ways. */
export const unreadableResolvConf: ResolvConf = {
  nameservers: [{ kind: 'system', label: 'system' }],
  search: undefined,
  noAaaa: false,
}

/** The search list of a host whose file names none: its own domain (resolv.conf(5)). */
export function localDomain(hostname: string): readonly string[] {
  const dot = hostname.indexOf('.')
  return dot < 0 ? [] : suffixOf(hostname.slice(dot + 1))
}

function wordsOf(line: string): string[] {
  const words = line.split(/\s+/).filter(word => word !== '')
  const comment = words.findIndex(word => word.startsWith('#') || word.startsWith(';'))
  return comment < 0 ? words : words.slice(0, comment)
}

/** None for the root (`search .`), which adds nothing, and for what is not a name. */
function suffixOf(word: string): string[] {
  try {
    return [checkName(word)]
  } catch {
    return []
  }
}
