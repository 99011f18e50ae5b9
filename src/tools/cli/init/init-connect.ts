import { performance } from 'node:perf_hooks'
import { readSettings, type Environment } from '../../../config/settings.js'
import { factsOf, mapFacts, type FactSources } from '../../doctor/advice/read-facts.js'
import { judge } from '../../doctor/advice/judge.js'
import { loadKafkajs } from '../../doctor/probe/kafkajs.js'
import { Prober } from '../../doctor/probe/probe.js'
import type { ClusterMetadata } from '../../doctor/types.js'
import { Explainer } from '../../explain/explanation.js'
import { readMap } from '../../explain/read-map.js'
import { coverageOf } from '../../init/coverage.js'
import type { MadeMap } from '../../init/make-map.js'
import type { Server } from '../../init/recognise.js'
import { parseMap } from '../../../map/parse.js'
import { SplitDns } from '../../../split-dns.js'
import type { Run } from '../command.js'
import { describeSecurity, type ConnectionSettings } from '../doctor/doctor-options.js'
import { adviceLines, metadataLine, stepLines } from '../doctor/doctor-text.js'
import { coverageText, widthOf } from './init-text.js'
import { styleFor } from '../terminal/style.js'
import { warningsTo } from '../map/warnings.js'

/** The variables that say which map is in force: here it is the new one, whatever they say. */
const mapVariables = ['MAP', 'MAP_FILE', 'MAP_URL', 'MAP_POLL_S', 'PROFILE', 'DISABLE'].map(
  name => `KAFKA_SPLIT_DNS_${name}`,
)

/**
 * Bootstraps through the map, and tells on standard error which of the brokers that the cluster lists it covers. True
 * where it covers all of them.
 */
export async function connectThrough(
  run: Run,
  { text, table }: MadeMap,
  servers: readonly Server[],
  connection: ConnectionSettings,
): Promise<boolean> {
  const { stderr } = run.streams
  const style = styleFor(stderr, run.env)
  const metadata = await bootstrap(run, text, servers, connection)
  if (metadata === undefined) {
    stderr.write(`${style.red('not ok')} no bootstrap server told of its brokers\n`)
    return false
  }
  const covered = coverageOf(table, metadata.brokers)
  stderr.write(metadataLine(metadata) + coverageText(covered, style))
  return covered.length > 0 && covered.every(({ missing }) => missing === null)
}

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
    const compilation = readMap([{ kind: 'inline', origin: 'option map', map: inputs.map }], read, env)
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

const now = () => performance.now()

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
