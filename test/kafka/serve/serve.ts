// `npm run test:serve`: clients in other languages reach a real Kafka by the names of the map, through `serve`.
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Test } from 'tap'
import { client, connected, createTopic } from '../clients.js'
import type { ClusterView, Protocol } from '../shape.js'
import { mapVariables } from '../split-dns-factory.js'
import { sharedCluster } from '../shared.js'
import { testOrSkip } from '../suite.js'
import { waitUntil } from '../wait.js'
import { otherName, Pod, podMissing } from './pod.js'
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

/** A client that runs while serve is killed and comes back: nothing is lost, and other names resolve all the while. */
async function proveReturn(t: Test, pod: Pod, kafka: ClusterView) {
  const topic = 'serve-killed'
  await createTopic(kafka, await connected(t, client(kafka).admin()), topic, partitionCount)
  const { command, args, env } = await python.prepare()
  const given = { ...env, ...(await variables(pod, kafka, topic, 'sasl_ssl')), STEADY: '1' }
  const child = pod.start(command, args, given)
  let said = ''
  child.stdout?.on('data', (text: Buffer) => void (said += text.toString()))
  const ended = once(child, 'exit')
  const lastLine = () => said.trim().split('\n').at(-1) ?? ''
  const progress = async () => {
    const before = said.length
    await waitUntil('progress of the client', () => (said.length > before + 200 ? undefined : lastLine()), 30_000)
  }
  const askOther = async (when: string) => {
    const { stdout } = await pod.run('getent', ['ahostsv4', otherName.name])
    t.match(stdout, otherName.address, `another name resolves ${when}`)
  }
  await progress()
  await askOther('through serve')
  await pod.kill()
  await askOther('while serve is gone')
  await pod.serve(mapVariables(kafka))
  await progress()
  child.stdin?.end()
  t.strictSame(await ended, [0, null])
  // The client wrote it: what it is not fails below.
  const outcome = JSON.parse(lastLine()) as Outcome
  t.ok(outcome.sent > 0 && isDeepStrictEqual(outcome, expected(outcome.sent)), `${outcome.sent} messages, each once`)
}

async function proveShape(t: Test, kafka: ClusterView, protocols: readonly Protocol[]): Promise<void> {
  const pod = await Pod.open(t)
  await pod.serve(mapVariables(kafka))
  const lacks = python.missing() ?? false
  await t.test('serve is killed and comes back', { skip: lacks, timeout: 120_000 }, t => proveReturn(t, pod, kafka))
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
