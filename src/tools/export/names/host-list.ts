import type { Resolution } from '../../../connect/resolve.js'
import type { Fault } from '../../../errors.js'
import type { PlacedRule } from '../../../map/compile.js'
import { readHost } from '../../../map/host-name.js'
import { applyRule } from '../../../map/match/rule.js'
import { setsPort } from '../../../map/rule/target.js'
import type { RuleName } from '../../../map/types.js'
import { createDecider, exactHost, onlyNames, rulesOfNames, undecided, type Decide, type Decided } from './decider.js'
import { omissionAt } from '../view/dns-view.js'
import { atOnce, resolveByRule, whyUnresolved, type ResolveByRule } from '../view/resolve-now.js'
import { commandLine, type Exported, type ExportRequest } from '../format.js'
import { mapLimited } from '../../../text/map-limited.js'

/** A name and its current addresses. */
export interface ListedHost {
  readonly name: string
  /** In the order of the map's targets, for each target IPv4 first, then by text; never empty. */
  readonly addresses: readonly string[]
  readonly rule: RuleName
}

/** Names with their addresses, sorted by name, and what such a list can't express. */
export interface HostList extends Omit<Exported, 'text'> {
  readonly hosts: readonly ListedHost[]
}

/** How long the addresses in a list hold, for comments. */
export const staleNote =
  'The addresses are those of the time of writing: export again when an endpoint moves or a broker is added.'

const staleWarning =
  'the addresses are the current ones: they go stale when an endpoint moves, and a new broker is missing from the list'

/** The names of exact rules and of the command line, resolved now. `refuses` says why a name can't be written. */
export async function listHosts(
  request: ExportRequest,
  refuses: (name: string) => string | undefined = () => undefined,
): Promise<HostList> {
  const { rules, read } = request
  const omissions: Fault[] = []
  const warnings = new Set([staleWarning])
  if (read.settings.unmapped === 'refuse') {
    const origin = read.origins.unmapped ?? 'unmapped'
    omissions.push({ message: 'names that no rule matches are not refused', origin })
  }
  const decide = createDecider(request)
  const named = rulesOfNames(request, decide)
  for (const placed of rules) {
    const why = whyNotListed(placed)
    if (why === manyNames && named.has(placed)) warnings.add(onlyNames(placed))
    else if (why !== undefined) omissions.push(omissionAt(placed, why))
  }
  const resolve = resolveByRule(request)
  const found = await mapLimited(collectNames(request), atOnce, candidate =>
    resolveName(candidate, decideCandidate(candidate, decide), resolve, refuses),
  )
  for (const { faults, warning } of found) {
    omissions.push(...faults)
    if (warning !== undefined) warnings.add(warning)
  }
  const hosts = found.flatMap(({ host }) => (host === undefined ? [] : [host]))
  return { hosts, omissions, warnings: [...warnings] }
}

const manyNames = 'it matches more names than a list can hold: give the names to write on the command line'

/** Why a list of names can't hold the rule, or not all of it. */
function whyNotListed({ pattern, rule }: PlacedRule): string | undefined {
  const { action, targets } = rule
  if (action === 'system' && pattern.port === undefined) return undefined
  if (pattern.kind !== 'name') return 'a client connects to an address without resolving a name'
  if (pattern.port !== undefined) return 'a list of names has no ports'
  if (action === 'refuse') return 'a list of names cannot refuse a name'
  if (targets.some(setsPort)) return 'its target sets a port, and a list of names has no ports'
  return exactHost(pattern) === undefined ? manyNames : undefined
}

interface Candidate {
  readonly name: string
  readonly port: number | undefined
  /** The rule, where the name is an exact rule's. */
  readonly placed: PlacedRule | undefined
}

/** Each name once, sorted. */
function collectNames(request: ExportRequest): readonly Candidate[] {
  const names = new Map<string, Candidate>()
  const add = (name: string, port: number | undefined, placed?: PlacedRule) => {
    if (!names.has(name)) names.set(name, { name, port, placed })
  }
  for (const placed of request.rules) {
    const host = whyNotListed(placed) === undefined ? exactHost(placed.pattern) : undefined
    if (host !== undefined && placed.rule.action === 'map') add(host, undefined, placed)
  }
  for (const { host, port } of request.names) add(readHost(host).host, port)
  return [...names.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** No rule comes before an exact one that has all that it needs. */
function decideCandidate({ name, port, placed }: Candidate, decide: Decide): Decided | string {
  const isCertain = placed?.rule.targets.every(({ host }) => typeof host === 'string') === true
  const decision = isCertain ? applyRule(placed.rule, name, port) : undefined
  return decision === undefined || 'key' in decision ? decide(name, port) : { decision, placed }
}

interface Found {
  readonly host?: ListedHost
  readonly faults: readonly Fault[]
  readonly warning?: string
}

async function resolveName(
  { name, port, placed }: Candidate,
  decided: Decided | string,
  resolve: ResolveByRule,
  refuses: (name: string) => string | undefined,
): Promise<Found> {
  const fault = (message: string, at = placed): Found => ({
    faults: [at === undefined ? { message: `'${name}': ${message}`, origin: commandLine } : omissionAt(at, message)],
  })
  if (typeof decided === 'string') return { faults: [undecided(decided, placed)] }
  const { decision, placed: rule } = decided
  if (decision.route.action !== 'map' || rule === undefined) {
    const why =
      rule === undefined ? 'no rule matches it' : `rule '${rule.rule.name.match}' says ${decision.route.action}`
    return { faults: [], warning: `nothing is written for ${name}: ${why}` }
  }
  // Reported already, with its rule.
  if (rule.pattern.kind !== 'name' || rule.pattern.port !== undefined || decision.targetSetsPort.includes(true))
    return { faults: [], warning: `nothing is written for ${name}: see its rule '${rule.rule.name.match}'` }
  const refused = refuses(name)
  if (refused !== undefined) return fault(refused)
  try {
    return listed(name, await resolve(rule.rule, name, port), { decision, placed: rule })
  } catch (error) {
    return fault(`'${name}' ${whyUnresolved(error)}`, rule)
  }
}

function listed(
  name: string,
  { addresses }: Pick<Resolution, 'addresses'>,
  { decision, placed }: Required<Decided>,
): Found {
  const faults: Fault[] = []
  const texts = new Set<string>()
  decision.route.targets.forEach(({ host }, index) => {
    const own = addresses.filter(({ target, address }) => target === host && !address.includes('%'))
    const sorted = own.toSorted((a, b) => a.family - b.family || (a.address < b.address ? -1 : 1))
    for (const { address } of sorted) texts.add(address)
    if (own.length > 0 || placed === undefined) return
    const written = decision.targetTexts[index] ?? ''
    faults.push(omissionAt(placed, `its target '${written}' has no current address that a list can hold`))
  })
  if (texts.size === 0 || placed === undefined) return { faults }
  const host = { name, addresses: [...texts], rule: placed.rule.name }
  const order = `the addresses of several targets are written in order, but not every client keeps that order`
  return { host, faults, ...(decision.route.targets.length > 1 ? { warning: order } : {}) }
}
