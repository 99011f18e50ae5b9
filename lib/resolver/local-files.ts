import { readFile, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { addressVersion, type Address } from '../address/address.js'
import { codeOf } from '../thrown.js'
import { addressUpstream, type Upstream } from '../transport/upstream.js'
import type { Milliseconds } from '../units.js'
import { checkedName } from './names.js'

/** The addresses of each name, in lower case and without trailing dot; IPv4 first. */
export type HostsTable = ReadonlyMap<string, readonly Address[]>

/** What is used of resolv.conf. `ndots` is not, since it would change what a target means. */
export interface ResolvConf {
  /** At most three, as with glibc; never empty. Over TCP with `options use-vc`. */
  readonly nameservers: readonly Upstream[]
  /** Suffixes for relative names, in order; undefined where the file does not say. */
  readonly search: readonly string[] | undefined
  /** `options no-aaaa`: these servers are not asked for IPv6 addresses. */
  readonly noAaaa: boolean
}

/** What the files say. */
export interface LocalConfig extends ResolvConf {
  readonly hosts: HostsTable
  readonly search: readonly string[]
}

/** Often enough for a person who edits a file, seldom enough to cost nothing. */
const checkEveryMs: Milliseconds = 1_000

export interface LocalFilesOptions {
  readonly hostsPath: string
  readonly resolvConfPath: string
  /** Called when a later check finds one of them changed. */
  readonly onChange: () => void
  /** Leaves servers of resolv.conf out; unless given, none. */
  readonly isExcluded?: ((server: Upstream) => boolean) | undefined
  /** Called once for a file that is there and can't be read, and again only after it could be. */
  readonly onWarning: (message: string) => void
}

/** The hosts file and resolv.conf as they were at the last check. There is no watcher: callers trigger the check. */
export class LocalFiles {
  readonly #hosts: LocalFile<HostsTable>
  readonly #resolvConf: LocalFile<ResolvConf>
  readonly #onChange: () => void
  /** Of use after the first check. */
  config: LocalConfig = { ...unreadableResolvConf, hosts: new Map(), search: [] }
  #nextCheckMs: Milliseconds = -Infinity
  #checking: Promise<void> | undefined

  constructor({ hostsPath, resolvConfPath, onChange, isExcluded = () => false, onWarning }: LocalFilesOptions) {
    const noHosts = { value: new Map(), text: 'its names are left to DNS' }
    this.#hosts = new LocalFile(hostsPath, parseHosts, onWarning, noHosts)
    const parse = (text: string): ResolvConf => {
      const parsed = parseResolvConf(text)
      return { ...parsed, nameservers: parsed.nameservers.filter(server => !isExcluded(server)) }
    }
    this.#resolvConf = new LocalFile(resolvConfPath, parse, onWarning, {
      value: unreadableResolvConf,
      text: "the system's resolver is asked in place of its servers",
    })
    this.#onChange = onChange
  }

  /** True where the last check is too old to rely on. */
  isDue(nowMs: Milliseconds): boolean {
    return nowMs >= this.#nextCheckMs
  }

  /** Checks for changes, unless that was done a moment ago. Never rejects. */
  check(nowMs: Milliseconds): Promise<void> | undefined {
    if (this.#checking !== undefined || nowMs < this.#nextCheckMs) return this.#checking
    const isFirst = this.#nextCheckMs === -Infinity
    this.#checking = Promise.all([this.#hosts.update(), this.#resolvConf.update()]).then(changed => {
      const { value } = this.#resolvConf
      this.config = { ...value, hosts: this.#hosts.value, search: value.search ?? localDomain() }
      this.#nextCheckMs = nowMs + checkEveryMs
      this.#checking = undefined
      if (!isFirst && changed.includes(true)) this.#onChange()
    })
    return this.#checking
  }
}

/** What a file that was never readable counts as, and the same in words. */
interface Unreadable<T> {
  readonly value: T
  readonly text: string
}

/** A file as it was at the last update. */
export class LocalFile<T> {
  value: T
  readonly #path: string
  readonly #parse: (text: string) => T
  readonly #onWarning: (message: string) => void
  readonly #consequence: string
  #stamp = ''
  #isUnreadable = false

  constructor(
    path: string,
    parse: (text: string) => T,
    onWarning: (message: string) => void,
    unreadable: Unreadable<T>,
  ) {
    this.#path = path
    this.#parse = parse
    this.#onWarning = onWarning
    this.#consequence = unreadable.text
    this.value = unreadable.value
  }

  /** Reads the file if it is another than before; returns whether it was. A missing file is an empty one. */
  async update(): Promise<boolean> {
    try {
      // The stamp is taken before the text: a write between the two is found the next time.
      const stamp = await this.#readStamp()
      if (stamp === this.#stamp) return false
      this.value = this.#parse(stamp === missing ? '' : await readFile(this.#path, 'utf8'))
      this.#stamp = stamp
      this.#isUnreadable = false
      return true
    } catch (error) {
      return this.#keep(codeOf(error) ?? 'error')
    }
  }

  /** What was read before stays in use. */
  #keep(code: string): boolean {
    if (this.#isUnreadable) return false
    this.#isUnreadable = true
    const isFirst = this.#stamp === ''
    const consequence = isFirst ? this.#consequence : 'what was read before stays in use'
    try {
      this.#onWarning(`${this.#path} can't be read (${code}): ${consequence}`)
    } catch {
      // A listener's fault must not fail the look-up.
    }
    return isFirst
  }

  async #readStamp(): Promise<string> {
    try {
      const { ino, size, mtimeNs, ctimeNs } = await stat(this.#path, { bigint: true })
      return [ino, size, mtimeNs, ctimeNs].join(' ')
    } catch (error) {
      const code = codeOf(error)
      if (code === 'ENOENT' || code === 'ENOTDIR') return missing
      throw error
    }
  }
}

const missing = 'missing'

/** The names of a hosts file: `ADDRESS NAME...`, comments from `#` on. A name on several lines has all their addresses. */
export function parseHosts(text: string): HostsTable {
  const table = new Map<string, Address[]>()
  for (const line of text.split('\n')) {
    const [address = '', ...names] = (line.split('#', 1)[0] ?? '').trim().split(/\s+/)
    const family = addressVersion(address)
    if (family === 0) continue
    for (const name of names) {
      const key = name.toLowerCase().replace(/\.$/, '')
      const addresses = table.get(key) ?? []
      if (!addresses.some(known => known.address === address)) addresses.push(Object.freeze({ address, family }))
      table.set(key, addresses)
    }
  }
  for (const addresses of table.values()) addresses.sort((one, other) => one.family - other.family)
  return table
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
    // A comment begins a word: `a#b` is none.
    const [keyword, ...words] = (line.split(/(?:^|\s)[#;]/, 1)[0] ?? '').trim().split(/\s+/)
    if (keyword === 'nameserver') addresses.push(...words.slice(0, 1).filter(word => addressVersion(word) !== 0))
    else if (keyword === 'search') search = suffixesOf(words)
    else if (keyword === 'domain') search = suffixesOf(words.slice(0, 1))
    else if (keyword === 'options') for (const word of words) options.add(word)
  }
  if (addresses.length === 0) addresses.push(localNameserver)
  const kind = options.has('use-vc') ? 'tcp' : 'udp'
  const nameservers = addresses.slice(0, maxNameservers).map(address => addressUpstream(kind, address, dnsPort))
  return { nameservers, search, noAaaa: options.has('no-aaaa') }
}

/** In place of a file that can't be read: getaddrinfo perhaps has other ways. */
const unreadableResolvConf: ResolvConf = {
  nameservers: [{ kind: 'system', label: 'system' }],
  search: undefined,
  noAaaa: false,
}

/** The search list of a host whose file names none: its own domain (resolv.conf(5)). */
export function localDomain(readHostname = hostname): readonly string[] {
  try {
    const [, ...domain] = readHostname().split('.')
    return domain.length === 0 ? [] : suffixesOf([domain.join('.')])
  } catch {
    return []
  }
}

/** Without the root (`search .`), which adds nothing, and without what is not a name. */
const suffixesOf = (words: readonly string[]) => words.flatMap(word => checkedName(word) ?? [])
