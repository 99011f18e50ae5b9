import { readSettings, type Environment } from '../../../config/settings.js'
import { factsOf, mapFacts, type FactSources } from '../../doctor/advice/read-facts.js'
import { judge } from '../../doctor/advice/judge.js'
import { loadKafkajs } from '../../doctor/probe/kafkajs.js'
import { Prober } from '../../doctor/probe/probe.js'
import type { ClusterMetadata } from '../../doctor/types.js'
import { Explainer } from '../../explain/explanation.js'
import { coverageOf, type CoveredBroker } from '../../init/coverage.js'
import type { MadeMap } from '../../init/make-map.js'
import type { Server } from '../../init/recognise.js'
import { widenMap } from '../../init/widen-map.js'
import { parseMap } from '../../../map/parse.js'
import { SplitDns } from '../../../split-dns.js'
import { now, type Run } from '../command.js'
import { describeSecurity, type ConnectionSettings } from '../doctor/doctor-options.js'
import { adviceLines, metadataLine, stepLines } from '../doctor/doctor-text.js'
import type { CompleteRequest } from './init-request.js'
import { coverageText, refusedText, widthOf } from './init-text.js'
import { styleFor } from '../terminal/style.js'
import { compileThoroughly } from '../map/open-map.js'
import { warningsTo } from '../map/warnings.js'

/** The variables that say which map is in force: here it is the new one, whatever they say. */
const mapVariables = ['MAP', 'MAP_FILE', 'MAP_URL', 'MAP_POLL_S', 'PROFILE', 'DISABLE'].map(
  name => `KAFKA_SPLIT_DNS_${name}`,
)

export interface ConnectOutcome {
  /** The map, with rules for the brokers that it lacked, where they were agreed to. */
  readonly made: MadeMap
  /** True where it covers every broker. */
  readonly isComplete: boolean
  /** In a line of its own. */
  readonly verdict: string
}

/** Whether so many rules are to be written; undefined where nobody can be asked. */
export type Agree = ((count: number) => Promise<boolean> | boolean) | undefined

/**
 * Bootstraps through the map, and prints on standard error which of the brokers that the cluster lists it covers. The
 * others get rules if `agree` says so.
 */
export async function connectThrough(
  run: Run,
  { request, made }: CompleteRequest,
  connection: ConnectionSettings,
  agree: Agree,
): Promise<ConnectOutcome> {
  const { stderr } = run.streams
  const style = styleFor(stderr, run.env)
  const metadata = await bootstrap(run, made.text, request.brokers, connection)
  if (metadata === undefined) {
    return { made, isComplete: false, verdict: `${style.red('not ok')} no bootstrap server listed its brokers\n` }
  }
  const { brokers } = metadata
  const found = coverageOf(made.table, brokers)
  stderr.write(metadataLine(metadata) + coverageText(found, style))
  const lacking = found.filter(isMissing)
  const widened = widenMap(request, made, lacking)
  stderr.write(refusedText(widened.refused))
  const gained = coverageOf(widened.made.table, lacking).filter(broker => !isMissing(broker))
  const isAgreed = gained.length > 0 && (await agree?.(gained.length)) === true
  if (isAgreed) stderr.write(`\nadded to the map:\n${coverageText(gained, style)}`)
  const last = isAgreed ? widened.made : made
  const missing = coverageOf(last.table, brokers).filter(isMissing).length
  const isComplete = brokers.length > 0 && missing === 0
  const hint = gained.length > 0 && agree === undefined ? `; --yes writes rules for ${gained.length} more` : ''
  const count = `the map covers ${brokers.length - missing} of ${brokers.length} brokers${hint}`
  return { made: last, isComplete, verdict: `${isComplete ? style.green('ok') : style.red('not ok')} ${count}\n` }
}

const isMissing = ({ missing }: CoveredBroker) => missing !== null

async function bootstrap(
  run: Run,
  text: string,
  servers: readonly Server[],
  connection: ConnectionSettings,
): Promise<ClusterMetadata | undefined> {
  const env = withoutMap(run.env)
  const inputs = { map: parseMap(text, { format: 'yaml', env: {} }) }
  const { makeBroker } = await loadKafkajs('--connect')
  const splitDns = new SplitDns({ ...inputs, logger: warningsTo(run.streams) }, env)
  try {
    const read = readSettings(inputs, env)
    const compilation = compileThoroughly([{ kind: 'inline', origin: 'option map', map: inputs.map }], read, env)
    const explainer = new Explainer(splitDns, now, { settings: read.settings, compilation })
    const { ssl, sasl, clientId, secrets, patienceMs: timeoutMs } = connection
    const prober = new Prober(
      splitDns,
      at => explainer.explain(at),
      makeBroker,
      { ssl, sasl, clientId, secrets, timeoutMs },
      now,
    )
    const facts = { ...connection, ...mapFacts(compilation, read, []), ...describeSecurity(connection) }
    return await askInTurn(run, prober, servers, facts)
  } finally {
    await splitDns.close()
  }
}

/** What the first server to answer lists; for the others, what to do about them. */
async function askInTurn(
  { streams: { stderr }, env }: Run,
  prober: Prober,
  servers: readonly Server[],
  sources: FactSources,
): Promise<ClusterMetadata | undefined> {
  const style = styleFor(stderr, env)
  stderr.write('\n')
  for (const { host, port = 0 } of servers) {
    const subject = { role: 'bootstrap', nodeId: null, rack: null, host, port } as const
    const { probe, metadata } = await prober.probe(subject)
    const facts = factsOf(sources, [probe])
    stderr.write(stepLines(probe, facts.isTls, facts.hasSasl, style))
    if (metadata !== null) return metadata
    const advice = adviceLines([judge(probe, facts)], [], widthOf(stderr), style)
    stderr.write(`${advice.join('\n')}\n`)
  }
  return undefined
}

const withoutMap = (env: Environment): Environment =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !mapVariables.includes(name)))
