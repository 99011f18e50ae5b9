import { hostPort } from '../../../../lib/address/host-port.js'
import type { Fault } from '../../../errors.js'
import type { PlacedRule } from '../../../map/compile.js'
import { describeRule } from '../../../map/match/rule.js'
import { createDecider, exactHost, onlyNames, rulesOfNames, undecided, type Decided } from '../names/decider.js'
import { omissionAt, unsupportedRuleSettings } from '../view/dns-view.js'
import { commandLine, header, textOf, type Exported, type ExportRequest, type Format } from '../format.js'
import { unsupportedSettings } from '../setting-variables.js'

/** A command line for kafka-proxy (github.com/grepplabs/kafka-proxy, 0.4): a listener for each broker, and its target. */
export const kafkaProxy: Format = {
  name: 'kafka-proxy',
  summary: "grepplabs/kafka-proxy's command line: exact names with a port, and the HOST:PORT... given",
  takes: ['port', 'listen'],
  allowPositionals: true,
  write: writeKafkaProxy,
}

/** A broker as kafka-proxy compares it, letter by letter, and where the proxy connects instead. */
interface Mapping {
  readonly broker: string
  /** Undefined where the proxy connects to the broker itself. */
  readonly target: string | undefined
  readonly decided: Decided
}

function writeKafkaProxy(request: ExportRequest): Exported {
  const omissions: Fault[] = [...unsupportedByProxy(request)]
  const warnings: string[] = []
  const mappings = collectMappings(request, omissions, warnings)
  if (mappings.length === 0 && omissions.length === 0) {
    const message = 'no broker is known, and kafka-proxy needs at least one: give its HOST:PORT'
    omissions.push({ message, origin: commandLine })
  }
  const { address, port: firstPort } = request.flags.listen
  const flags = mappings.flatMap(({ broker, target }, index) => {
    const port = firstPort + index
    if (port > 65535) {
      omissions.push({ message: `no port is left for the listener of ${broker}`, origin: '--listen' })
      return []
    }
    const listen = `--bootstrap-server-mapping ${shellWord(`${broker},${hostPort(address, port)}`)}`
    return target === undefined ? [listen] : [listen, `--dial-address-mapping ${shellWord(`${broker},${target}`)}`]
  })
  const isClosed = request.read.settings.unmapped === 'refuse'
  const command = [
    'exec kafka-proxy server',
    ...flags,
    `--default-listener-ip ${shellWord(address)}`,
    ...(isClosed ? ['--dynamic-listeners-disable'] : []),
    '"$@"',
  ]
  const rules = new Set(mappings.flatMap(({ broker, decided }) => ruleComment(broker, decided)))
  const comments = header('kafka-proxy', request, omissions, [about, isClosed ? closedNote : openNote, ...rules])
  if (mappings.some(({ target }) => target !== undefined)) warnings.unshift(tlsWarning)
  return { text: textOf([...comments, command.join(' \\\n  ')]), omissions, warnings }
}

const about =
  'Run it with sh; your own flags (--tls-enable, --sasl-enable) follow its name. Clients bootstrap at the listeners.'
const openNote =
  'A broker that is not in the list gets a listener when it first appears; the proxy connects to its own name.'
const closedNote = 'The proxy connects to no other broker: while the cluster has one, clients get no metadata.'

const tlsWarning =
  'with --tls-enable kafka-proxy checks the certificate against the target that it connects to, and sends that as SNI: ' +
  'brokers that are mapped here show their own name instead'

const ruleComment = (broker: string, { placed }: Decided) =>
  placed === undefined ? [] : [`${broker}: ${describeRule(placed.rule.name)}`]

function unsupportedByProxy({ read }: ExportRequest): readonly Fault[] {
  const { settings, origins } = read
  const lost = unsupportedSettings(read, ['unmapped'])
  if (settings.nameservers === null) return lost
  const servers = settings.nameservers.map(({ label }) => label).join(', ')
  const message = `kafka-proxy resolves targets by its system, not by ${servers}`
  return [...lost, { message, origin: origins.nameservers ?? 'nameservers' }]
}

/** Each broker once, in the order of the map, then of the command line: a listener keeps its port when brokers are added. */
function collectMappings(request: ExportRequest, omissions: Fault[], warnings: string[]): readonly Mapping[] {
  const decide = createDecider(request)
  const named = rulesOfNames(request, decide)
  const mappings = new Map<string, Mapping | undefined>()
  const reported = new Set<PlacedRule>()
  const add = (host: string, port: number, ofRule?: PlacedRule) => {
    const broker = hostPort(host.replace(/\.$/, ''), port)
    const key = broker.toLowerCase()
    if (mappings.has(key)) return
    const decided = decide(host, port)
    if (typeof decided === 'string') omissions.push(undecided(decided, ofRule))
    mappings.set(key, typeof decided === 'string' ? undefined : mappingOf(broker, decided, omissions, reported))
  }
  const isClosed = request.read.settings.unmapped === 'refuse'
  for (const placed of request.rules) {
    const host = exactHost(placed.pattern)
    const port = placed.pattern.port ?? request.flags.port
    const why = whyNotMapped(placed, isClosed, request.flags.port)
    if (why === manyBrokers && named.has(placed)) warnings.push(onlyNames(placed))
    else if (why !== undefined) omissions.push(omissionAt(placed, why))
    else if (host !== undefined && port !== undefined && needsListener(placed, isClosed)) add(host, port, placed)
  }
  for (const { host, port = request.flags.port } of request.names) {
    if (port === undefined)
      omissions.push({ message: `'${host}' has no port: give HOST:PORT, or --port`, origin: commandLine })
    else add(host, port)
  }
  return [...mappings.values()].filter(mapping => mapping !== undefined)
}

const manyBrokers = 'it matches more brokers than a list can hold: give HOST:PORT of those to write on the command line'

/** An open proxy makes listeners for all brokers, so a name left to the system needs none of its own. */
const needsListener = ({ rule: { action } }: PlacedRule, isClosed: boolean) =>
  action === 'map' || (isClosed && action === 'system')

function whyNotMapped({ pattern, rule: { action } }: PlacedRule, isClosed: boolean, port: number | undefined) {
  if (action === 'refuse') return isClosed ? undefined : 'kafka-proxy connects to every broker that is not in its list'
  if (action === 'system' && !isClosed) return undefined
  if (exactHost(pattern) === undefined) return manyBrokers
  if (pattern.port === undefined && port === undefined) return "it names no port: give the brokers' port with --port"
  return undefined
}

function mappingOf(
  broker: string,
  decided: Decided,
  omissions: Fault[],
  reported: Set<PlacedRule>,
): Mapping | undefined {
  const { decision, placed } = decided
  const { action, targets } = decision.route
  if (action === 'refuse') return undefined
  const [first] = targets
  if (action === 'system' || first?.port === undefined) return { broker, target: undefined, decided }
  if (placed !== undefined && !reported.has(placed)) {
    reported.add(placed)
    const order = `kafka-proxy connects to one target: only the first, '${decision.targetTexts[0] ?? ''}', is written`
    for (const reason of [...unsupportedRuleSettings(placed), ...(targets.length > 1 ? [order] : [])])
      omissions.push(omissionAt(placed, reason))
  }
  const target = hostPort(first.host, first.port)
  return { broker, target: target === broker ? undefined : target, decided }
}

/** The text as one word of a POSIX shell. */
const shellWord = (text: string) => `'${text.replaceAll("'", "'\\''")}'`
