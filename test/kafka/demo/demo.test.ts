import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { jvmsHidden, jvmsOf } from '../jvms.js'
import { runFolder } from '../run-folder.js'
import { runScript } from '../run-script.js'
import { mapVariables } from '../split-dns-factory.js'
import { kafkaTest, testOrSkip } from '../suite.js'
import { waitUntil } from '../wait.js'

const demo = 'test/kafka/demo/main'

t.test('--help tells how to use it', async t => {
  t.match(await runScript(demo, ['--help']).outcome, { code: 0, stdout: '--brokers HOST:PORT', stderr: '' })
})

for (const args of [
  ['--brokers'],
  ['--brokers', 'kafka.example'],
  ['--brokers', 'kafka.example:65536'],
  ['--broker', 'kafka.example:9092'],
  ['kafka.example:9092'],
  ['--keep', '--brokers', 'kafka.example:9092'],
]) {
  t.test(`${args.join(' ')} is wrong usage`, async t => {
    t.match(await runScript(demo, args).outcome, { code: 2, stdout: '', stderr: /^Usage: /m })
  })
}

t.test('without Java it says what to install', async t => {
  const { code, stdout, stderr } = await runScript(demo, [], { PATH: '' }).outcome
  t.match({ code, stdout }, { code: 1, stdout: '' })
  t.match(stderr, /^Java is not installed\.\n/)
  t.match(stderr, /apt-get install .*jre/)
})

t.test('a Kafka that is not there is an error in one line', async t => {
  const { code, stderr } = await runScript(demo, ['--brokers', '127.0.0.1:1']).outcome
  t.equal(code, 1)
  t.match(stderr, /^The demo failed: .*127\.0\.0\.1:1\n$/m)
})

testOrSkip(
  'ports',
  'the demo shows names that do not resolve, their endpoints, and messages through the map',
  async t => {
    const { child, outcome } = runScript(demo)
    const { code, stdout, stderr } = await outcome
    t.equal(code, 0)
    for (const name of ['bootstrap', 'b1', 'b2', 'b3']) {
      t.match(stdout, new RegExp(`^ +${name}\\.kafka-b\\.test:9092 .*(ENOTFOUND|EAI_AGAIN)`, 'm'))
      t.match(stdout, new RegExp(`^ +${name}\\.kafka-b\\.test:9092 +-> 127\\.0\\.0\\.1:\\d+`, 'm'))
    }
    t.match(stdout, 'produced 30 messages')
    t.match(stdout, 'consumed 30 of them')
    t.match(stderr, /^Starting Apache Kafka .* \.\.\.\n/m)
    t.notMatch(stderr, '\r', 'without a terminal no line is drawn over')
    t.notOk(existsSync(runFolder(child.pid)), 'no files are left')
  },
)

kafkaTest('zones', 'with --brokers the demo uses a running Kafka and the map of the environment', async (t, kafka) => {
  const env = { ...mapVariables(kafka) }
  const { code, stdout } = await runScript(demo, ['--brokers', kafka.bootstrap.plaintext], env).outcome
  t.equal(code, 0)
  t.match(stdout, /b2\.kafka-a\.test:\d+ +-> 127\.0\.0\.2:\d+/)
  t.match(stdout, 'consumed 30 of them')
})

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGKILL', 'SIGKILL'],
] as const) {
  const run = async (t: Test) => {
    const { child, outcome } = runScript(demo)
    const folder = join(runFolder(child.pid), '/')
    await waitUntil('the JVMs', () => (jvmsOf(folder).length === 3 ? undefined : 'not all are started'))
    child.kill(signal)
    t.equal((await outcome).code, code)
    await waitUntil('the end of the JVMs', () => (jvmsOf(folder).length === 0 ? undefined : jvmsOf(folder).join()))
    if (signal !== 'SIGKILL') t.notOk(existsSync(folder), 'nor files')
  }
  testOrSkip('ports', `${signal} in the middle leaves no JVM`, run, jvmsHidden)
}

testOrSkip('ports', 'with --keep Kafka runs until Ctrl-C, and the printed lines reach it', async t => {
  const { child, outcome } = runScript(demo, ['--keep'])
  let printed = ''
  child.stdout?.on('data', chunk => (printed += String(chunk)))
  await waitUntil(
    'Kafka to be kept',
    async () => (printed.includes('Stop it with Ctrl-C') ? undefined : printed),
    120_000,
  )
  t.match(printed, /^ {2}export KAFKA_SPLIT_DNS_MAP='[^']+' KAFKA_SPLIT_DNS_ALLOW=127\.0\.0\.0\/8$/m)
  const [, brokers = ''] = /doctor --brokers (\S+)$/m.exec(printed) ?? []
  const [, map = ''] = /KAFKA_SPLIT_DNS_MAP='([^']+)'/.exec(printed) ?? []
  const env = { KAFKA_SPLIT_DNS_MAP: map, KAFKA_SPLIT_DNS_ALLOW: '127.0.0.0/8' }
  t.match(await runScript('src/tools/cli/bin', ['doctor', '--brokers', brokers], env).outcome, { code: 0 })
  child.kill('SIGINT')
  t.equal((await outcome).code, 130)
  t.notOk(existsSync(runFolder(child.pid)), 'no files are left')
})
