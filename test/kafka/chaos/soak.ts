// `npm run soak [-- --minutes N]`: see `usage`.
import { parseArgs } from 'node:util'
import { startCluster } from '../cluster.js'
import { prepareKafka } from '../prepare.js'
import { installHelp, missingTool, shapeMissing } from '../tools.js'
import { faults, type Fault } from './faults.js'
import { runFault, type Row } from './run-fault.js'
import { tableOf } from './table.js'
import { World } from './world.js'

const usage = `Usage: npm run soak [-- --minutes N]

Starts an Apache Kafka of three brokers here and lets a producer and a consumer group run through the factory while one
thing after the other goes wrong, in turn, for N minutes (10 unless given) and at least once each. Ends with a table.
Exit code 1 where an acknowledged message was lost or is twice in the log.
`

const forMs = 5_000
/** The cluster has room for so many ids. */
const highestId = 9

async function main(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...argv], options: { minutes: { type: 'string', default: '10' } } })
  const minutes = Number(values.minutes)
  if (!(minutes > 0)) throw new Error(`--minutes: expected a number over 0, got '${values.minutes}'`)
  const missing = missingTool() ?? shapeMissing('zones')
  if (missing !== undefined) {
    process.stderr.write(`${missing}.\n${installHelp}\n`)
    return 1
  }
  await prepareKafka(line => void process.stderr.write(`${line}\n`))
  // The controller is part of broker 1, which therefore lives.
  const cluster = await startCluster({ shape: 'zones', zone: 'kafka-soak.test' })
  try {
    const world = await World.start(() => cluster.view, 'soak', cluster)
    try {
      const rows = await runAll(world, minutes * 60_000)
      process.stdout.write(`${tableOf(rows)}\n${summaryOf(rows)}\n`)
      return rows.some(({ lost, duplicates }) => lost + duplicates > 0) ? 1 : 0
    } finally {
      await world.close()
    }
  } finally {
    await cluster.stop()
  }
}

async function runAll(world: World, forAllMs: number): Promise<Row[]> {
  const rows: Row[] = []
  const endMs = performance.now() + forAllMs
  for (let round = 0; round === 0 || performance.now() < endMs; round++) {
    for (const fault of faults) {
      if (round > 0 && performance.now() >= endMs) break
      if (!isPossible(world, fault)) continue
      const row = await runFault(world, fault, forMs)
      rows.push(row)
      process.stderr.write(`${JSON.stringify(row)}\n`)
    }
  }
  return rows
}

const isPossible = ({ view }: World, { needs }: Fault) =>
  needs !== 'own' || Math.max(...view.brokers.map(({ id }) => id)) < highestId

function summaryOf(rows: readonly Row[]): string {
  const redelivered = rows.reduce((sum, row) => sum + row.redelivered, 0)
  const { rss } = process.memoryUsage()
  return `Delivered again after a rebalance: ${redelivered}. Memory at the end: ${Math.round(rss / 1e6)} MB.`
}

process.once('SIGINT', () => process.exit(130))
process.once('SIGTERM', () => process.exit(143))
try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n\n${usage}`)
  process.exitCode = 1
}
