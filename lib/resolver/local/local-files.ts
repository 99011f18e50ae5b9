import { readFile, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import type { Upstream } from '../../transport/upstream.js'
import type { Milliseconds } from '../../units.js'
import { parseHosts, type HostsTable } from './hosts-file.js'
import { localDomain, parseResolvConf, type ResolvConf } from './resolv-conf.js'

/** Often enough for a person who edits a file, seldom enough to cost nothing. */
const checkEveryMs: Milliseconds = 1_000

/** The hosts file and resolv.conf as they were when last looked at. No watcher: whoever needs them has them checked. */
export class LocalFiles {
  readonly #hosts: LocalFile<HostsTable>
  readonly #resolvConf: LocalFile<ResolvConf>
  readonly #onChange: () => void
  #localDomain: readonly string[] = []
  #nextCheckMs: Milliseconds = -Infinity
  #checking: Promise<void> | undefined

  /** `onChange` is called when a later look finds one of them changed. */
  constructor(hostsPath: string, resolvConfPath: string, onChange: () => void) {
    this.#hosts = new LocalFile(hostsPath, parseHosts)
    this.#resolvConf = new LocalFile(resolvConfPath, parseResolvConf)
    this.#onChange = onChange
  }

  /** True where the last look is too old to go by. */
  isDue(nowMs: Milliseconds): boolean {
    return nowMs >= this.#nextCheckMs
  }

  /** Looks for changes, unless someone did a moment ago. Never rejects: a file that can't be read is an empty one. */
  check(nowMs: Milliseconds): Promise<void> | undefined {
    if (this.#checking === undefined && !this.isDue(nowMs)) return undefined
    this.#checking ??= this.#check(nowMs)
    return this.#checking
  }

  get hosts(): HostsTable {
    return this.#hosts.value
  }

  get nameservers(): readonly Upstream[] {
    return this.#resolvConf.value.nameservers
  }

  get search(): readonly string[] {
    return this.#resolvConf.value.search ?? this.#localDomain
  }

  async #check(nowMs: Milliseconds): Promise<void> {
    const isFirst = this.#nextCheckMs === -Infinity
    const changed = await Promise.all([this.#hosts.update(), this.#resolvConf.update()])
    this.#localDomain = readLocalDomain()
    this.#nextCheckMs = nowMs + checkEveryMs
    this.#checking = undefined
    if (!isFirst && changed.includes(true)) this.#onChange()
  }
}

function readLocalDomain(): readonly string[] {
  try {
    return localDomain(hostname())
  } catch {
    return []
  }
}

class LocalFile<T> {
  readonly #path: string
  readonly #parse: (text: string) => T
  #stamp = ''
  value: T

  constructor(path: string, parse: (text: string) => T) {
    this.#path = path
    this.#parse = parse
    this.value = parse('')
  }

  /** Reads the file if it is another than before; says whether it was. */
  async update(): Promise<boolean> {
    // The stamp is taken before the text: a write between the two is found the next time.
    const stamp = await this.#readStamp()
    if (stamp === this.#stamp) return false
    this.value = this.#parse(stamp === missing ? '' : await readFile(this.#path, 'utf8').catch(() => ''))
    this.#stamp = stamp
    return true
  }

  async #readStamp(): Promise<string> {
    try {
      const { ino, size, mtimeNs, ctimeNs } = await stat(this.#path, { bigint: true })
      return [ino, size, mtimeNs, ctimeNs].join(' ')
    } catch {
      return missing
    }
  }
}

const missing = 'missing'
