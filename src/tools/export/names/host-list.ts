import type { Resolution } from '../../../connect/resolve.js'
import type { Fault } from '../../../errors.js'
import type { PlacedRule } from '../../../map/compile.js'
import type { RuleName } from '../../../map/types.js'
import { createDecide, exactHost, undecided, type Decided } from './decider.js'
import { leaveOut } from '../view/dns-view.js'
import { commandLine, type Exported, type ExportRequest } from '../format.js'
import { inOrder } from '../../../text/parallel.js'

/** A name and what it resolves to now. */
export interface ListedHost {
  readonly name: string
  /** In the order of the map's targets, within a target IPv4 first, then by text; never empty. */
  readonly addresses: readonly string[]
  readonly rule: RuleName
}

/** Names with their addresses, by name; with what a list of such can't say. */
export interface HostList extends Omit<Exported, 'text'> {
  readonly hosts: readonly ListedHost[]
}

/** What the addresses of a list are good for, in comments. */
export const staleNote =
  'The addresses are those of the moment of writing: write it anew when an endpoint has new ones or brokers come.'

const staleWarning =
  'the addresses are those of now: they go stale when an endpoint has new ones, and a new broker is not in the list'

/** The names of exact rules, and those of the command line, resolved now. `refuses` tells why a name can't be written. */
export async function listHosts(
  request: ExportRequest,
  refuses: (name: string) => string | undefined = () => undefined,
): Promise<HostList> {
  const { rules, read } = request
  const leftOut: Fault[] = []
  const warnings = new Set([staleWarning])
  if (read.settings.unmapped === 'refuse') {
    const origin = read.origins.unmapped ?? 'unmapped'
    leftOut.push({ message: 'names that no rule matches are not refused', origin })
  }
  for (const placed of rules) {
    const why = whyNotListed(placed)
    if (why !== undefined) leftOut.push(leaveOut(placed, why))
  }
  const names = collectNames(request)
  const found = await inOrder(names, mostAtOnce, asked => resolveName(request, asked, refuses))
  for (const { faults, warning } of found) {
    leftOut.push(...faults)
    if (warning !== undefined) warnings.add(warning)
  }
  const hosts = found.flatMap(({ host }) => (host === undefined ? [] : [host]))
  return { hosts, leftOut, warnings: [...warnings] }
}

// A list of names must not be a flood of queries.
const mostAtOnce = 4

/** Why the rule is not, or not wholly, in a list of names. */
function whyNotListed({ pattern, rule }: PlacedRule): string | undefined {
  const { action, targetSetsPort } = rule.shared
  if (action === 'system' && pattern.port === undefined) return undefined
  if (pattern.kind !== 'name') return 'an address is dialled without asking for a name'
  if (pattern.port !== undefined) return 'a list of names knows no port'
  if (action === 'refuse') return 'a list of names cannot refuse one'
  if (targetSetsPort.includes(true)) return 'its target sets a port, which a list of names cannot tell a client'
  return exactHost(pattern) === undefined
    ? 'it is for more names than can be listed: those that are given on the command line are written'
    : undefined
}

interface AskedName {
  readonly decided: Decided | string
  readonly name: string
  readonly port: number | undefined
  /** Set where the name is an exact rule's. */
  readonly placed: PlacedRule | undefined
}

/** Each name once, sorted. */
function collectNames(request: ExportRequest): readonly AskedName[] {
  const decide = createDecide(request)
  const names = new Map<string, AskedName>()
  const add = (host: string, port: number | undefined, placed?: PlacedRule) => {
    const decided = decide(host, port)
    const name = typeof decided === 'string' ? host : decided.decision.route.host
    if (!names.has(name)) names.set(name, { decided, name, port, placed })
  }
  for (const placed of request.rules) {
    const host = whyNotListed(placed) === undefined ? exactHost(placed.pattern) : undefined
    if (host !== undefined && placed.rule.shared.action === 'map') add(host, undefined, placed)
  }
  for (const { host, port } of request.names) add(host, port)
  return [...names.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

interface Found {
  readonly host?: ListedHost
  readonly faults: readonly Fault[]
  readonly warning?: string
}

async function resolveName(
  { resolve }: ExportRequest,
  { decided, name, port, placed }: AskedName,
  refuses: (name: string) => string | undefined,
): Promise<Found> {
  const fault = (message: string, at = placed): Found => ({
    faults: [at === undefined ? { message: `'${name}': ${message}`, origin: commandLine } : leaveOut(at, message)],
  })
  if (typeof decided === 'string') return { faults: [undecided(decided, placed)] }
  const { decision, placed: rule } = decided
  if (decision.route.action !== 'map' || rule === undefined) {
    const why =
      rule === undefined ? 'no rule matches it' : `rule '${rule.rule.name.match}' says ${decision.route.action}`
    return { faults: [], warning: `nothing is written for ${name}: ${why}` }
  }
  // Told already, with its rule.
  if (rule.pattern.kind !== 'name' || rule.pattern.port !== undefined || decision.targetSetsPort.includes(true))
    return { faults: [], warning: `nothing is written for ${name}: see its rule '${rule.rule.name.match}'` }
  const refused = refuses(name)
  if (refused !== undefined) return fault(refused)
  try {
    return listed(name, await resolve(name, port), { decision, placed: rule })
  } catch (error) {
    // No more: what servers said, and how soon, is not the same twice.
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    return fault(`'${name}' can't be resolved now (${code}): explain tells why`, rule)
  }
}

function listed(name: string, { addresses }: Resolution, { decision, placed }: Required<Decided>): Found {
  const faults: Fault[] = []
  const texts = new Set<string>()
  decision.route.targets.forEach(({ host }, index) => {
    const own = addresses.filter(({ target, address }) => target === host && !address.includes('%'))
    const sorted = own.toSorted((a, b) => a.family - b.family || (a.address < b.address ? -1 : 1))
    for (const { address } of sorted) texts.add(address)
    if (own.length > 0 || placed === undefined) return
    const written = decision.targetTexts[index] ?? ''
    faults.push(leaveOut(placed, `its target '${written}' has no address now that a list can hold`))
  })
  if (texts.size === 0 || placed === undefined) return { faults }
  const host = { name, addresses: [...texts], rule: placed.rule.name }
  const order = `the addresses of several targets are written in order, but not every client keeps it`
  return { host, faults, ...(decision.route.targets.length > 1 ? { warning: order } : {}) }
}
