import type { HostPort } from '../../../../lib/address/host-port.js'
import type { Environment } from '../../../config/settings.js'
import { factsOf } from '../../doctor/advice/facts.js'
import { judge } from '../../doctor/advice/judge.js'
import type { Connection } from '../../doctor/connection.js'
import { loadKafkajs } from '../../doctor/probe/kafkajs.js'
import { createProber } from '../../doctor/probe/probe.js'
import type { ClusterMetadata } from '../../doctor/types.js'
import type { MadeMap } from '../../init/make-map.js'
import { coverageOf, widenMap, type CoveredBroker } from '../../init/coverage.js'
import { parseMap } from '../../../map/parse.js'
import { now, type Run } from '../command.js'
import { openNamedMap } from '../doctor/doctor-map.js'
import { adviceLines, metadataLine, stepLines } from '../doctor/doctor-text.js'
import type { CompleteRequest } from './init-request.js'
import { coverageText, refusedText } from './init-text.js'
import { widthOf } from '../terminal/streams.js'
import { styleFor } from '../terminal/style.js'

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
  connection: Connection,
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

/** What the first server to answer lists; for the others, what to do about them. */
async function bootstrap(
  run: Run,
  text: string,
  servers: readonly HostPort[],
  connection: Connection,
): Promise<ClusterMetadata | undefined> {
  const { stderr } = run.streams
  const style = styleFor(stderr, run.env)
  const { makeBroker } = await loadKafkajs('--connect')
  const inputs = { map: parseMap(text, { format: 'yaml', env: {} }) }
  const map = await openNamedMap(run, { inputs, env: withoutMap(run.env) })
  const probeServer = createProber({ ...map, makeBroker, connection, now })
  try {
    stderr.write('\n')
    for (const { host, port = 0 } of servers) {
      const { probe, metadata } = await probeServer({ role: 'bootstrap', nodeId: null, rack: null, host, port })
      stderr.write(stepLines(probe, connection, style))
      if (metadata !== null) return metadata
      const judged = judge(probe, factsOf(map.facts, connection, [probe]))
      stderr.write(`${adviceLines([judged], [], widthOf(stderr), style).join('\n')}\n`)
    }
    return undefined
  } finally {
    await map.close()
  }
}

const withoutMap = (env: Environment): Environment =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !mapVariables.includes(name)))
