import { isIP } from 'node:net'
import { checkName } from '../../wire/name.js'
import { parseUpstream, type Upstream } from '../../transport/upstream.js'

/** What of resolv.conf is used. Its options are not: `ndots` least of all, which would change what a target means. */
export interface ResolvConf {
  /** At most three, as with glibc; never empty. */
  readonly nameservers: readonly Upstream[]
  /** Suffixes for relative names, in order; undefined where the file does not say. */
  readonly search: readonly string[] | undefined
}

/** glibc's MAXNS: further lines are ignored there, so servers that stand in them may be wrong without anyone's notice. */
const maxNameservers = 3
/** What glibc asks where no server is named. */
const localNameserver = '127.0.0.1'

/** What the text says; what it doesn't understand it passes over, as glibc does. Pure, never throws. */
export function parseResolvConf(text: string): ResolvConf {
  const nameservers: Upstream[] = []
  let search: readonly string[] | undefined
  for (const line of text.split('\n')) {
    const [keyword, ...words] = wordsOf(line)
    if (keyword === 'nameserver') {
      if (nameservers.length < maxNameservers) nameservers.push(...nameserverOf(words[0]))
    } else if (keyword === 'search') {
      search = words.flatMap(suffixOf)
    } else if (keyword === 'domain') {
      search = words.slice(0, 1).flatMap(suffixOf)
    }
  }
  if (nameservers.length === 0) nameservers.push(parseUpstream(localNameserver))
  return { nameservers, search }
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

// Brackets and ports are not the file's syntax; a scope (`fe80::1%eth0`) is.
const nameserverOf = (word = ''): Upstream[] => (isIP(word) === 0 ? [] : [parseUpstream(word)])

/** None for the root (`search .`), which adds nothing, and for what is no name. */
function suffixOf(word: string): string[] {
  try {
    return [checkName(word)]
  } catch {
    return []
  }
}
