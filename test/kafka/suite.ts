import t, { type Test } from 'tap'
import { type Cluster, type ClusterOptions, startCluster } from './cluster.js'
import { prepareKafka } from './prepare.js'
import { keepLogs } from './run-folder.js'
import type { ClusterView, Shape } from './shape.js'
import { sharedCluster, startTimeoutMs } from './shared.js'
import { missingTool, shapeMissing } from './tools.js'

/**
 * A test with the cluster of that shape which all test files share: it uses topics and groups of names of its own, and
 * ends no broker. Where no Kafka can be started here it is skipped, and its name says why.
 */
export function kafkaTest(shape: Shape, name: string, run: (t: Test, kafka: ClusterView) => Promise<void>): void {
  testOrSkip(shape, name, async t => {
    const kafka = await sharedCluster(shape)
    logsOnFailure(t, kafka.folder)
    await run(t, kafka)
  })
}

/** The same with a cluster of the test's own, whose brokers it may end. */
export function ownKafkaTest(
  options: ClusterOptions,
  name: string,
  run: (t: Test, cluster: Cluster) => Promise<void>,
  ownReason?: string,
): void {
  const runWithCluster = async (t: Test) => {
    await prepareKafka()
    const cluster = await startCluster(options)
    t.teardown(() => cluster.stop({ keepLogs: !t.passing() }))
    logsOnFailure(t, cluster.folder)
    await run(t, cluster)
  }
  testOrSkip(options.shape, name, runWithCluster, ownReason)
}

/**
 * A test that starts a Kafka of the shape by itself. Skipped where none can be started, or for a reason of the test's
 * own, and its name says why.
 */
export function testOrSkip(shape: Shape, name: string, run: (t: Test) => Promise<void>, ownReason?: string): void {
  const reason = missingTool() ?? shapeMissing(shape) ?? ownReason
  if (reason !== undefined) {
    t.test(`${shape}: ${name} (${reason})`, { skip: reason }, run)
    return
  }
  // The file as a whole has to wait as long as its first test.
  t.setTimeout(2 * startTimeoutMs)
  t.test(`${shape}: ${name}`, { timeout: startTimeoutMs }, run)
}

function logsOnFailure(t: Test, folder: string): void {
  t.teardown(async () => {
    if (t.passing()) return
    await keepLogs(folder)
    // Not on t, whose output is complete by now.
    process.stderr.write(`Kafka's logs are kept in ${folder}\n`)
  })
}
