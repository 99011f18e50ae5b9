// `npm run test:serve`: clients in other languages reach a real Kafka by the names of the map, through `serve`.
import type { Test } from 'tap'
import { client, connected, createTopic } from '../clients.js'
import type { Cluster } from '../cluster.js'
import type { ClusterView, Protocol } from '../shape.js'
import { mapVariables } from '../split-dns-factory.js'
import { ownKafkaTest } from '../suite.js'
import { proveChanges } from './changes.js'
import { Pod, podMissing } from './pod.js'
import { go, java, type Language, python, shortName } from './programs.js'
import { clientVariables, judge, partitionCount } from './task.js'

const count = 10_000
const languages: readonly Language[] = [python, java, go]

async function proveProtocol(t: Test, pod: Pod, kafka: ClusterView, language: Language, protocol: Protocol) {
  const topic = `serve-${shortName(language)}-${protocol}`
  const admin = await connected(t, client(kafka).admin())
  await createTopic(kafka, admin, topic, partitionCount)
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
  t.equal(new Set(topics[0]?.partitions.map(({ leader }) => leader)).size, 3, 'each partition on a broker of its own')
  const { command, args, env } = await language.prepare()
  const given = { ...env, ...(await clientVariables(pod, kafka, topic, protocol)), COUNT: String(count) }
  const { code, stdout, stderr } = await pod.run(command, args, given)
  if (code !== 0) t.comment(stderr)
  t.equal(code, 0)
  const outcome = judge(stdout.trim().split('\n').at(-1) ?? '')
  t.same(outcome, { sent: count, isComplete: true }, `${count} messages, each once and in order`)
}

async function proveShape(t: Test, cluster: Cluster, protocols: readonly Protocol[]): Promise<void> {
  const pod = await Pod.open(t)
  await pod.serve(mapVariables(cluster.view))
  for (const language of languages) {
    const missing = language.missing()
    await t.test(language.name, { skip: missing ?? false, timeout: 300_000 }, async t => {
      for (const protocol of protocols) {
        await t.test(protocol, { timeout: 120_000 }, t => proveProtocol(t, pod, cluster.view, language, protocol))
      }
    })
  }
  await pod.kill()
  // What is missing was skipped, with its reason, above.
  const present = languages.filter(language => language.missing() === undefined)
  if (present.length > 0) {
    await t.test('changes while clients run', { timeout: 400_000 }, t => proveChanges(t, pod, cluster, present))
  }
  if (!t.passing()) t.comment(pod.said)
}

for (const [shape, protocols] of [
  ['ports', ['plaintext', 'ssl', 'sasl_ssl']],
  ['zones', ['plaintext', 'sasl_ssl']],
] as const) {
  const way = shape === 'ports' ? 'through the relay' : 'by DNS alone'
  ownKafkaTest(
    { shape },
    `clients in other languages ${way}`,
    (t, cluster) => proveShape(t, cluster, protocols),
    podMissing(),
  )
}
