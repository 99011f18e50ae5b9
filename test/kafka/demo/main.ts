// `npm run demo`: see `usage`.
import { rmSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { startCluster } from '../cluster.js'
import { createSocketFactory } from '../../../src/index.js'
import { kafkaVersion } from '../jars.js'
import { prepareKafka } from '../prepare.js'
import { runFolder } from '../run-folder.js'
import { factoryForMap, mapFor } from '../split-dns-factory.js'
import { installHelp, missingTool } from '../tools.js'
import { ProgressLine } from './progress.js'
import { takeTour } from './tour.js'

const usage = `Usage: npm run demo [-- --keep]
       KAFKA_SPLIT_DNS_MAP='PATTERN=TARGET' npm run demo -- --brokers HOST:PORT

Starts an Apache Kafka of three brokers here, whose names no DNS knows, then produces and consumes through a map with
kafkajs, and stops everything. The first time, Kafka is fetched with Maven (44 MB).

  --brokers HOST:PORT  use this running Kafka instead (its plaintext listener), with the map of the environment; a topic
                       is made for the demo and deleted again
  --keep               leave Kafka running until Ctrl-C, and print how to use it
  --help               this text
`

const progress = new ProgressLine()
const print = (line: string) => {
  progress.clear()
  process.stdout.write(`${line}\n`)
}

/** Runs the demo; its exit code. */
async function main(argv: readonly string[]): Promise<number> {
  const options = parseOptions(argv)
  if (options === undefined) {
    process.stderr.write(usage)
    return 2
  }
  if (options.help) {
    process.stdout.write(usage)
    return 0
  }
  if (options.brokers !== undefined) {
    progress.show(`Connecting to ${options.brokers}`)
    await takeTour({ bootstrap: options.brokers, socketFactory: createSocketFactory(), print })
    return 0
  }
  const missing = missingTool()
  if (missing !== undefined) {
    process.stderr.write(`${missing}.\n${installHelp}\n`)
    return 1
  }
  await withOwnKafka(options.keep)
  return 0
}

async function withOwnKafka(keep: boolean): Promise<void> {
  await prepareKafka(progress.show)
  progress.show(`Starting Apache Kafka ${kafkaVersion() ?? ''} with 3 brokers`)
  const beganAtMs = performance.now()
  const cluster = await startCluster({ shape: 'ports' })
  const seconds = ((performance.now() - beganAtMs) / 1000).toFixed(1)
  try {
    print(`Apache Kafka ${kafkaVersion() ?? ''} runs here with 3 brokers, one JVM each (started in ${seconds} s).`)
    const map = mapFor(cluster.view, ['plaintext'])
    print(`KAFKA_SPLIT_DNS_MAP='${map}'`)
    await takeTour({ bootstrap: cluster.view.bootstrap.plaintext, socketFactory: factoryForMap(map), print })
    if (keep) await keepRunning(cluster.view.bootstrap.plaintext, map)
  } finally {
    await cluster.stop()
  }
  print('Kafka is stopped, and nothing of it is left running.')
}

/** Never resolves: Ctrl-C ends the process, and Kafka with it. */
async function keepRunning(bootstrap: string, map: string): Promise<never> {
  print('')
  print('Kafka goes on running. Use it from another terminal:')
  print('')
  print(`  export KAFKA_SPLIT_DNS_MAP='${map}' KAFKA_SPLIT_DNS_ALLOW=127.0.0.0/8`)
  print(`  npx kafka-split-dns doctor --brokers ${bootstrap}`)
  print('')
  print('Stop it with Ctrl-C here.')
  return new Promise(() => setInterval(() => undefined, 2 ** 30))
}

interface DemoOptions {
  readonly help: boolean
  readonly keep: boolean
  readonly brokers: string | undefined
}

function parseOptions(argv: readonly string[]): DemoOptions | undefined {
  try {
    const options = {
      help: { type: 'boolean', short: 'h' },
      keep: { type: 'boolean' },
      brokers: { type: 'string' },
    } as const
    const { values } = parseArgs({ args: [...argv], options })
    if (values.brokers !== undefined && !isAddress(values.brokers)) {
      throw new Error(`--brokers: expected HOST:PORT, got '${values.brokers}'`)
    }
    if (values.keep === true && values.brokers !== undefined) {
      throw new Error('--keep leaves a Kafka of the demo running; with --brokers there is none')
    }
    return { help: values.help ?? false, keep: values.keep ?? false, brokers: values.brokers }
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n`)
    return undefined
  }
}

function isAddress(text: string): boolean {
  const [, port] = /^[^\s,]+:(\d{1,5})$/.exec(text) ?? []
  return port !== undefined && Number(port) >= 1 && Number(port) <= 65535
}

/** Leaving ends the JVMs; what they have written goes then. */
function stopAtOnce(signal: NodeJS.Signals, code: number): void {
  process.once(signal, () => {
    progress.clear()
    process.stderr.write('Stopping.\n')
    process.once('exit', () => rmSync(runFolder(), { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }))
    process.exit(code)
  })
}

stopAtOnce('SIGHUP', 129)
stopAtOnce('SIGINT', 130)
stopAtOnce('SIGTERM', 143)
try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  progress.clear()
  process.stderr.write(`The demo failed: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
