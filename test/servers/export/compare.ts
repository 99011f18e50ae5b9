import { isIP } from 'node:net'
import { canonicalAddress } from './canonical-address.js'
import { createTransport } from '../../../lib/transport/create-transport.js'
import type { Transport } from '../../../lib/transport/transport.js'
import type { Upstream } from '../../../lib/transport/upstream.js'
import type { Response } from '../../../lib/wire/response.js'
import { createSplitDns, type SplitDns } from '../../../src/split-dns.js'
import { mapDocument, ruleMatches, type MapRule, type TestMap } from './test-map.js'

/** What is held against the library. */
export interface Exposed {
  readonly map: TestMap
  /** The patterns of rules that the exporter has told as left out. */
  readonly omissions: ReadonlySet<string>
  /** The server that runs what was exported. */
  readonly server: Upstream
  /** What targets are resolved by, and what names are passed on to. */
  readonly upstream: Upstream
  /** The name that the server is asked for in place of the name; left out: the very name. */
  askedAs?(name: string): string
  /** True for names that are nowhere unless the map leads them: those of a private zone. */
  isHidden?(name: string): boolean
  /** True where a refused name may exist, as long as it has no address. */
  readonly refusesByNodata?: boolean
}

export type Outcome = 'mapped' | 'refused' | 'unresolvable' | 'passed' | 'omissions'

export interface Comparison {
  readonly counts: Readonly<Record<Outcome, number>>
  /** Each name whose answer is not the library's, in words. */
  readonly differences: readonly string[]
}

interface Expected {
  readonly outcome: Outcome
  readonly A: string
  readonly AAAA: string
}

const atOnce = 24

/**
 * Asks the server for each name, A and AAAA, and holds the answers against what the library resolves the name to; for
 * names that it leaves alone, against what the upstream says. Names of rules that are left out are only counted.
 */
export async function compareWithServer(names: readonly string[], exposed: Exposed): Promise<Comparison> {
  const { map, upstream } = exposed
  const options = { nameservers: [upstream.label], fallback: 'none', timeoutMs: 10_000, attemptMs: 5000 } as const
  const splitDns = createSplitDns({ ...options, map: mapDocument(map), logger: quiet })
  const transport = createTransport()
  const counts = { mapped: 0, refused: 0, unresolvable: 0, passed: 0, omissions: 0 }
  const differences: string[] = []
  const compare = async (name: string) => {
    const expected = await expectedFor(name, splitDns, transport, exposed)
    counts[expected.outcome]++
    if (expected.outcome === 'omissions') return
    const asked = exposed.askedAs?.(name) ?? name
    for (const type of ['A', 'AAAA'] as const) {
      const answer = await ask(transport, exposed.server, asked, type)
      if (addressesOf(asked, answer) === expected[type] && isRight(answer, expected.outcome, exposed)) continue
      differences.push(`${name} ${type}: ${told(answer)} is not '${expected[type]}' (${expected.outcome})`)
    }
  }
  try {
    for (let from = 0; from < names.length; from += atOnce) {
      await Promise.all(names.slice(from, from + atOnce).map(compare))
    }
  } finally {
    await Promise.all([splitDns.close(), transport.close()])
  }
  return { counts, differences }
}

const told = ({ rcode, answers }: Response) =>
  [rcode, ...answers.map(record => (record.type === 'CNAME' ? record.target : record.address))].join(' ')

const silent = () => undefined
const quiet = { debug: silent, info: silent, warn: silent, error: silent }

/** The codes of the response that are good for what the library says; REFUSED and SERVFAIL never are. */
function isRight({ rcode }: Response, outcome: Outcome, { refusesByNodata = false }: Exposed): boolean {
  if (outcome === 'refused' && !refusesByNodata) return rcode === 'NXDOMAIN'
  return rcode === 'NXDOMAIN' || rcode === 'NOERROR'
}

async function expectedFor(
  name: string,
  splitDns: SplitDns,
  transport: Transport,
  exposed: Exposed,
): Promise<Expected> {
  const nothing = { A: '', AAAA: '' }
  const route = routeOf(splitDns, name)
  if (isLeftOut(name, route?.rule?.match, exposed)) return { outcome: 'omissions', ...nothing }
  if (route === undefined) return { outcome: 'refused', ...nothing }
  if (route.action === 'system') {
    if (exposed.isHidden?.(name) === true) return { outcome: 'passed', ...nothing }
    const [A, AAAA] = await Promise.all(
      (['A', 'AAAA'] as const).map(async type => addressesOf(name, await ask(transport, exposed.upstream, name, type))),
    )
    return { outcome: 'passed', A: A ?? '', AAAA: AAAA ?? '' }
  }
  try {
    const { addresses } = await splitDns.resolve(name)
    const of = (family: number) =>
      texts(addresses.map(({ address }) => address).filter(address => isIP(address) === family))
    return { outcome: 'mapped', A: of(4), AAAA: of(6) }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ERR_SPLIT_DNS_REFUSED') return { outcome: 'refused', ...nothing }
    if (code === 'ENOTFOUND') return { outcome: 'unresolvable', ...nothing }
    throw error
  }
}

/** undefined where the map has no target for the name. */
function routeOf(splitDns: SplitDns, name: string) {
  try {
    return splitDns.route(name)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_SPLIT_DNS_TARGET') return undefined
    throw error
  }
}

/**
 * True where the rule that decides is left out, or one that a server, which knows no ports and no missing keys, would
 * have come to before.
 */
function isLeftOut(name: string, decided: string | undefined, { map: { rules }, omissions }: Exposed): boolean {
  if (decided !== undefined && omissions.has(decided)) return true
  const isForAnyPort = (pattern: string) => rules.some(({ match }) => match === pattern)
  const mayGiveWay = (rule: MapRule) =>
    decided === undefined ||
    (rule.match.includes(':9098') && !isForAnyPort(rule.match.replace(':9098', ''))) ||
    [rule.to].flat().some(target => target.includes('['))
  return rules.some(rule => omissions.has(rule.match) && mayGiveWay(rule) && ruleMatches(rule, name))
}

const ask = (transport: Transport, upstream: Upstream, name: string, type: 'A' | 'AAAA') =>
  transport.exchange(upstream, { name, type }, { signal: AbortSignal.timeout(10_000), edns: true })

/** The addresses that a stub finds in the answer, from the name along its CNAMEs. */
function addressesOf(name: string, { answers }: Response): string {
  const owners = new Set([name])
  for (;;) {
    const targets = answers.flatMap(record =>
      record.type === 'CNAME' && owners.has(record.owner) ? [record.target.toLowerCase()] : [],
    )
    const before = owners.size
    for (const target of targets) owners.add(target)
    if (owners.size === before) break
  }
  return texts(answers.flatMap(record => (record.type !== 'CNAME' && owners.has(record.owner) ? record.address : [])))
}

const texts = (addresses: readonly string[]) => [...new Set(addresses.map(canonicalAddress))].sort().join(' ')
