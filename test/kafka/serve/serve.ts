// `npm run test:serve`: clients in other languages reach a real Kafka by the names of the map, through `serve`.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Test } from 'tap'
import { client, connected, createTopic } from '../clients.js'
import type { ClusterView, Protocol } from '../shape.js'
import { mapVariables } from '../split-dns-factory.js'
import { sharedCluster } from '../shared.js'
import { testOrSkip } from '../suite.js'
import { Pod, podMissing } from './pod.js'
import { go, java, type Language, python } from './programs.js'

const count = 10_000
const partitionCount = 3
const languages: readonly Language[] = [python, java, go]

/** What a client prints at its end. */
interface Outcome {
  readonly sent: number
  readonly received: Readonly<Record<string, readonly number[]>>
}

/** What must have come: each number once, in order, in its partition. */
const expected = (sent: number): Outcome => {
  const numbers = Array.from({ length: sent }, (_, i) => i)
  const partitions = Array.from({ length: partitionCount }, (_, p) => p)
  return { sent, received: Object.fromEntries(partitions.map(p => [p, numbers.filter(n => n % partitionCount === p)])) }
}

async function variables(pod: Pod, kafka: ClusterView, topic: string, protocol: Protocol): Promise<NodeJS.ProcessEnv> {
  const ca = join(pod.folder, 'ca.pem')
  await writeFile(ca, kafka.ca)
  return {
    BOOTSTRAP: kafka.bootstrap[protocol],
    TOPIC: topic,
    COUNT: String(count),
    PROTOCOL: protocol,
    ...(protocol === 'plaintext' ? {} : { CA: ca }),
    ...(protocol === 'sasl_ssl' ? { USERNAME: kafka.user.username, PASSWORD: kafka.user.password } : {}),
  }
}

async function proveProtocol(t: Test, pod: Pod, kafka: ClusterView, language: Language, protocol: Protocol) {
  const topic = `serve-${language.name.split(',')[0]?.toLowerCase() ?? ''}-${protocol}`
  const admin = await connected(t, client(kafka).admin())
  await createTopic(kafka, admin, topic, partitionCount)
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
  t.equal(new Set(topics[0]?.partitions.map(({ leader }) => leader)).size, 3, 'each partition on a broker of its own')
  const { command, args, env } = await language.prepare()
  const given = { ...env, ...(await variables(pod, kafka, topic, protocol)) }
  const { code, stdout, stderr } = await pod.run(command, args, given)
  if (code !== 0) t.comment(stderr)
  t.equal(code, 0)
  // The client wrote it: what it is not fails below.
  const outcome = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Outcome
  t.ok(isDeepStrictEqual(outcome, expected(count)), `${count} messages, each once and in order`)
}

async function proveShape(t: Test, kafka: ClusterView, protocols: readonly Protocol[]): Promise<void> {
  const pod = await Pod.open(t)
  await pod.serve(mapVariables(kafka))
  for (const language of languages) {
    const missing = language.missing()
    await t.test(language.name, { skip: missing ?? false, timeout: 300_000 }, async t => {
      for (const protocol of protocols) {
        await t.test(protocol, { timeout: 120_000 }, t => proveProtocol(t, pod, kafka, language, protocol))
      }
    })
  }
  if (!t.passing()) t.comment(pod.said)
}

for (const [shape, protocols] of [
  ['ports', ['plaintext', 'ssl', 'sasl_ssl']],
  ['zones', ['plaintext', 'sasl_ssl']],
] as const) {
  const way = shape === 'ports' ? 'through the relay' : 'by DNS alone'
  const run = async (t: Test) => proveShape(t, await sharedCluster(shape), protocols)
  testOrSkip(shape, `clients in other languages ${way}`, run, podMissing())
}
