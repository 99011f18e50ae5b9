import { hostPort } from '../../../../lib/address/host-port.js'
import type { Fault } from '../../../errors.js'
import type { PlacedRule } from '../../../map/compile.js'
import { describeRule } from '../../../map/match/rule.js'
import { createDecide, exactHost, undecided, type Decided } from '../names/decider.js'
import { leaveOut, ruleSettingsLost } from '../view/dns-view.js'
import { commandLine, header, oneLine, type Exported, type ExportRequest, type Format } from '../format.js'
import { settingsLost } from '../settings-lost.js'

/** A command line for kafka-proxy (github.com/grepplabs/kafka-proxy, 0.4): a listener for each broker, and where it leads. */
export const kafkaProxy: Format = {
  name: 'kafka-proxy',
  summary: "grepplabs/kafka-proxy's command line: exact names with a port, and HOST:PORT... given",
  takes: ['port', 'listen'],
  allowPositionals: true,
  write: writeKafkaProxy,
}

/** A broker as kafka-proxy compares it, which is letter by letter, and where the proxy dials instead. */
interface Mapping {
  readonly broker: string
  /** undefined: the broker itself. */
  readonly target: string | undefined
  readonly decided: Decided
}

function writeKafkaProxy(request: ExportRequest): Exported {
  const leftOut: Fault[] = [...lostSettings(request)]
  const mappings = collectMappings(request, leftOut)
  if (mappings.length === 0 && leftOut.length === 0) {
    const message = 'no broker is known, and kafka-proxy needs one at least: give HOST:PORT of one'
    leftOut.push({ message, origin: commandLine })
  }
  const listeners = new Listeners(request, leftOut)
  const flags = mappings.flatMap(({ broker, target }) => {
    const listener = listeners.next(broker)
    if (listener === undefined) return []
    const listen = `--bootstrap-server-mapping ${shellWord(`${broker},${listener}`)}`
    return target === undefined ? [listen] : [listen, `--dial-address-mapping ${shellWord(`${broker},${target}`)}`]
  })
  const isClosed = request.read.settings.unmapped === 'refuse'
  const command = [
    'exec kafka-proxy server',
    ...flags,
    `--default-listener-ip ${shellWord(request.flags.listen.address)}`,
    ...(isClosed ? ['--dynamic-listeners-disable'] : []),
    '"$@"',
  ]
  const rules = new Set(mappings.flatMap(({ broker, decided }) => ruleComment(broker, decided)))
  const text = [
    header('kafka-proxy', request, leftOut),
    ...[...about, ...(isClosed ? closedNote : openNote), ...rules].map(line => `# ${oneLine(line)}\n`),
    `${command.join(' \\\n  ')}\n`,
  ].join('')
  return { text, leftOut, warnings: mappings.some(({ target }) => target !== undefined) ? [tlsWarning] : [] }
}

const about = [
  'Run it with sh: flags of your own (--tls-enable, --sasl-enable) go behind its name. Clients bootstrap at the listeners.',
]
const openNote = [
  'A broker that is not in the list gets a listener when it is first seen, and is dialled by its own name.',
]
const closedNote = [
  'No broker outside of the list is dialled: while the cluster has one, its metadata reaches no client.',
]

const tlsWarning =
  "with --tls-enable kafka-proxy checks a broker's certificate against the name that it dials, and sends that as SNI: " +
  'brokers that are mapped here show another, their own'

const ruleComment = (broker: string, { placed }: Decided) =>
  placed === undefined ? [] : [`${broker}: ${describeRule(placed.rule.name)}`]

function lostSettings({ read }: ExportRequest): readonly Fault[] {
  const { settings, origins } = read
  const lost = settingsLost(read, ['unmapped'])
  if (settings.nameservers === null) return lost
  const servers = settings.nameservers.map(({ label }) => label).join(', ')
  const message = `kafka-proxy asks its system for targets, not ${servers}`
  return [...lost, { message, origin: origins.nameservers ?? 'nameservers' }]
}

/** Each broker once, in the order of the map, then of the command line, so that a listener keeps its port when more are added. */
function collectMappings(request: ExportRequest, leftOut: Fault[]): readonly Mapping[] {
  const decide = createDecide(request)
  const mappings = new Map<string, Mapping | undefined>()
  const told = new Set<PlacedRule>()
  const add = (host: string, port: number, ofRule?: PlacedRule) => {
    const broker = hostPort(host.replace(/\.$/, ''), port)
    const key = broker.toLowerCase()
    if (mappings.has(key)) return
    const decided = decide(host, port)
    if (typeof decided === 'string') leftOut.push(undecided(decided, ofRule))
    mappings.set(key, typeof decided === 'string' ? undefined : mappingOf(broker, decided, leftOut, told))
  }
  const isClosed = request.read.settings.unmapped === 'refuse'
  for (const placed of request.rules) {
    const host = exactHost(placed.pattern)
    const port = placed.pattern.port ?? request.flags.port
    const why = whyNotMapped(placed, isClosed, request.flags.port)
    if (why !== undefined) leftOut.push(leaveOut(placed, why))
    else if (host !== undefined && port !== undefined && needsListener(placed, isClosed)) add(host, port, placed)
  }
  for (const { host, port = request.flags.port } of request.names) {
    if (port === undefined)
      leftOut.push({ message: `'${host}' has no port: give HOST:PORT, or --port`, origin: commandLine })
    else add(host, port)
  }
  return [...mappings.values()].filter(mapping => mapping !== undefined)
}

/** With listeners for any broker a name that is left to the system needs none of its own. */
const needsListener = ({ rule: { shared } }: PlacedRule, isClosed: boolean) =>
  shared.action === 'map' || (isClosed && shared.action === 'system')

function whyNotMapped({ pattern, rule: { shared } }: PlacedRule, isClosed: boolean, port: number | undefined) {
  if (shared.action === 'refuse') return isClosed ? undefined : 'kafka-proxy dials every broker that it is not told of'
  if (shared.action === 'system' && !isClosed) return undefined
  if (exactHost(pattern) === undefined)
    return 'it is for more brokers than can be listed: those given as HOST:PORT on the command line are written'
  if (pattern.port === undefined && port === undefined) return "it names no port: --port gives the brokers' port"
  return undefined
}

function mappingOf(broker: string, decided: Decided, leftOut: Fault[], told: Set<PlacedRule>): Mapping | undefined {
  const { decision, placed } = decided
  const { action, targets } = decision.route
  if (action === 'refuse') return undefined
  const [first] = targets
  if (action === 'system' || first?.port === undefined) return { broker, target: undefined, decided }
  if (placed !== undefined && !told.has(placed)) {
    told.add(placed)
    const order = `kafka-proxy dials one target: only the first, '${decision.targetTexts[0] ?? ''}', is written`
    for (const reason of [...ruleSettingsLost(placed), ...(targets.length > 1 ? [order] : [])])
      leftOut.push(leaveOut(placed, reason))
  }
  const target = hostPort(first.host, first.port)
  return { broker, target: target === broker ? undefined : target, decided }
}

/** Gives each broker a port of its own. */
class Listeners {
  readonly #leftOut: Fault[]
  readonly #address: string
  #port: number

  constructor({ flags: { listen } }: ExportRequest, leftOut: Fault[]) {
    this.#address = listen.address
    this.#port = listen.port
    this.#leftOut = leftOut
  }

  next(broker: string): string | undefined {
    const port = this.#port++
    if (port <= 65535) return hostPort(this.#address, port)
    this.#leftOut.push({ message: `no port is left for the listener of ${broker}`, origin: '--listen' })
    return undefined
  }
}

/** The text as one word of a POSIX shell. */
const shellWord = (text: string) => `'${text.replaceAll("'", "'\\''")}'`
