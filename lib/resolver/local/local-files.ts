import { hostname } from 'node:os'
import type { Upstream } from '../../transport/upstream.js'
import type { Milliseconds } from '../../units.js'
import { parseHosts, type HostsTable } from './hosts-file.js'
import { LocalFile } from './local-file.js'
import { localDomain, parseResolvConf, unreadableResolvConf, type ResolvConf } from './resolv-conf.js'

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
  #localDomain: readonly string[] = []
  #nextCheckMs: Milliseconds = -Infinity
  #checking: Promise<void> | undefined

  constructor({ hostsPath, resolvConfPath, isExcluded, onChange, onWarning }: LocalFilesOptions) {
    const parse = (text: string) => without(parseResolvConf(text), isExcluded)
    this.#hosts = new LocalFile(hostsPath, parseHosts, onWarning, {
      value: new Map(),
      text: 'its names are left to DNS',
    })
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

  /** True where `nameservers` are not to be asked for IPv6 addresses. */
  get noAaaa(): boolean {
    return this.#resolvConf.value.noAaaa
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

function without(conf: ResolvConf, isExcluded: (server: Upstream) => boolean = () => false): ResolvConf {
  return { ...conf, nameservers: conf.nameservers.filter(server => !isExcluded(server)) }
}

function readLocalDomain(): readonly string[] {
  try {
    return localDomain(hostname())
  } catch {
    return []
  }
}
