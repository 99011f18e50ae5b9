import { existsSync, readFileSync, symlinkSync } from 'node:fs'
import { execFileSync, spawn } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import type { Diagnosis } from '../../../../../src/tools/doctor/types.js'
import { deadPort, listen } from '../../../connect/fixtures/servers.js'
import { moduleFile } from '../../../../project.js'
import { binCommand, runBin, startBin } from '../fixtures/run-bin.js'
import { refuses, type BadUsage } from '../fixtures/bad-usage.js'
import { runMain } from '../fixtures/run-main.js'

t.setTimeout(300_000)

const folder = t.testdir({
  'ca.pem': '-----BEGIN CERTIFICATE-----\n',
  'not.pem': 'hello',
  'config.mjs': 'export default { brokers: ["localhost:1"], connectionTimeout: 700, clientId: "orders" }',
  'function.mjs': 'export const config = async () => ({ brokers: ["localhost:1"], ssl: true })',
  'common.cjs':
    'module.exports = { kafkaConfig: { brokers: () => ["localhost:1"], sasl: { mechanism: "x", password: "hidden" } } }',
  'factory.mjs': `import { createSocketFactory } from ${JSON.stringify(pathToFileURL(moduleFile('src/index')).href)}
    export default { brokers: ['b.kafka.test:9092'], socketFactory: createSocketFactory({ map: '*.kafka.test=refuse' }) }`,
  'nothing.mjs': 'export const x = 1',
  // No runner strips this.
  'config.mts': 'export default { brokers: [ as string',
  'without-kafkajs.mjs': `import { register } from 'node:module'\nregister(new URL('./hooks.mjs', import.meta.url))`,
  'hooks.mjs': `export const resolve = (name, context, next) =>
    name.startsWith('kafkajs') ? Promise.reject(new Error('not here')) : next(name, context)`,
  'throws.mjs': 'throw new Error("no such secret\\nsecond line")',
})
const file = (name: string) => join(folder, name)
const brokers = ['--brokers', 'b.kafka.test:9092']

const badUsage: readonly BadUsage[] = [
  { name: 'no brokers', args: [], said: /expected HOST:PORT\.\.\. or --config FILE/ },
  { name: 'an empty list of brokers', args: ['--brokers', ''], said: /the list of brokers is empty/ },
  { name: 'a list of commas', args: ['--brokers', ' , ,'], said: /the list of brokers is empty/ },
  { name: 'a broker without a port', args: ['--brokers', 'b.test'], said: /'b\.test' has no port/ },
  { name: 'port 0', args: ['--brokers', 'a.test:1,b.test:0'], said: /a port from 1 to 65535/ },
  {
    name: 'an IPv6 address',
    args: ['--brokers', '[::1]:9092'],
    said: /IPv6 address, which kafkajs can't bootstrap at/,
  },
  { name: 'a password on the command line', args: [...brokers, '--password', 'x'], said: /no such option: --password/ },
  { name: 'a CA that is not there', args: [...brokers, '--ca', file('none')], said: /--ca: can't read .*none: ENOENT/ },
  { name: 'a CA that is a folder', args: [...brokers, '--ca', folder], said: /--ca: can't read .*: EISDIR/ },
  { name: 'a CA that is no PEM', args: [...brokers, '--ca', file('not.pem')], said: /not\.pem is no PEM file/ },
  {
    name: 'a certificate without a key',
    args: [...brokers, '--cert', file('ca.pem')],
    said: /--cert and --key go together/,
  },
  {
    name: 'an unknown mechanism',
    args: [...brokers, '--sasl', 'gssapi'],
    said: /expected plain, scram-sha-256, scram-sha-512/,
  },
  { name: 'SASL without a user', args: [...brokers, '--sasl', 'plain'], said: /--sasl needs --username/ },
  { name: 'a user without SASL', args: [...brokers, '--username', 'x'], said: /--username needs --sasl/ },
  {
    name: 'no password, and no terminal to ask at',
    args: [...brokers, '--sasl', 'plain', '--username', 'x'],
    said: /needs the password in KAFKA_SPLIT_DNS_SASL_PASSWORD/,
  },
  { name: 'no time at all', args: [...brokers, '--timeout', '0'], said: /--timeout: expected milliseconds/ },
  { name: 'a time in words', args: [...brokers, '--connection-timeout', '1s'], said: /--connection-timeout: expected/ },
  {
    name: 'a config that is not there',
    args: ['--config', file('none.mjs')],
    said: /--config: can't load .*none\.mjs/,
  },
  { name: 'a config that throws', args: ['--config', file('throws.mjs')], said: /can't load .*: no such secret; see/ },
  {
    name: 'a config in TypeScript that needs a loader',
    args: ['--config', file('config.mts')],
    said: /can't load .*config\.mts: .*; TypeScript needs a loader: NODE_OPTIONS="--import tsx"/,
  },
  {
    name: 'a config in TypeScript that is not there, for which no loader helps',
    args: ['--config', file('none.mts')],
    said: /can't load .*none\.mts: [^;]*; see/,
  },
  {
    name: 'a config without one',
    args: ['--config', file('nothing.mjs')],
    said: /nothing\.mjs exports no KafkaConfig/,
  },
]

refuses(t, ['doctor'], badUsage)

t.test('a map with faults is told, each in its line, and exit code 1', async t => {
  const { code, stdout, stderr } = await runMain(['doctor', ...brokers, '--map', 'b.*.test=x.test'])
  t.same([code, stdout], [1, ''])
  t.match(stderr, /^kafka-split-dns doctor: option map:1:3: .*\n {2}1 \| b\.\*\.test=x\.test\n {4}\| {3}\^\n$/)
})

for (const [config, security] of [
  ['config.mjs', 'plaintext'],
  ['function.mjs', 'ssl'],
  ['common.cjs', 'sasl_plaintext'],
] as const) {
  t.test(`a module gives the KafkaConfig: ${config}`, async t => {
    const { code, stdout } = await runMain(['doctor', '--config', file(config), '--map', 'localhost=refuse', '--json'])
    const diagnosis = JSON.parse(stdout) as Diagnosis
    t.equal(code, 1)
    t.equal(diagnosis.security, security)
    t.match(diagnosis.bootstrap, [{ host: 'localhost', port: 1, verdict: 'fail', failedStep: 'map' }])
    t.equal(diagnosis.connectionTimeoutMs, config === 'config.mjs' ? 700 : 1000)
    t.notMatch(stdout, 'hidden')
  })
}

t.test('the map of the configuration’s own socket factory is examined, unless a flag names another', async t => {
  const read = async (...args: string[]) =>
    JSON.parse((await runMain(['doctor', '--config', file('factory.mjs'), '--json', ...args])).stdout) as Diagnosis
  const own = await read()
  t.match(own, { rules: 1, mapOrigins: ["the configuration's socketFactory"] })
  t.match(own.bootstrap, [
    {
      failedStep: 'map',
      explanation: { action: 'refuse', rule: { match: '*.kafka.test' } },
      advice: [{ kind: 'rule-refuses' }],
    },
  ])
  const named = await read('--map', 'b.kafka.test=refuse')
  t.match(named, { mapOrigins: ['option map'], bootstrap: [{ explanation: { rule: { match: 'b.kafka.test' } } }] })
})

t.test('bootstrap servers that are named twice are asked once, and each that fails is told of', async t => {
  const [one, two] = [await deadPort(), await deadPort()]
  const list = `127.0.0.1:${one},127.0.0.1:${two}, 127.0.0.1:${one}`
  const { code, stdout } = await runMain(['doctor', '--brokers', list, '--json'])
  const { ok, bootstrap, brokers } = JSON.parse(stdout) as Diagnosis
  t.same([code, ok, brokers], [1, false, []])
  t.match(
    bootstrap.map(({ port, failedStep, error }) => [port, failedStep, error?.code]),
    [
      [one, 'tcp', 'ECONNREFUSED'],
      [two, 'tcp', 'ECONNREFUSED'],
    ],
  )
})

t.test('a diagnosis that is not ok ends with the page that explains the errors', async t => {
  const { code, stdout } = await runMain(['doctor', '--map', '*=refuse', 'b.test:1'])
  t.equal(code, 1)
  t.match(stdout, /\ndocs\/troubleshooting\.md in this package explains each error\n$/)
})

t.test('a page that can’t be written is told of after the diagnosis', async t => {
  const args = ['doctor', '--brokers', `127.0.0.1:${await deadPort()}`, '--html', join(folder, 'none', 'page.html')]
  const { code, stdout, stderr } = await runMain(args)
  t.equal(code, 1)
  t.match(stdout, /the connection was refused/)
  t.match(stderr, /^kafka-split-dns doctor: can't write .*page\.html: there is no such folder\n$/)
})

t.test('a page is written over a file, never through a link nor into a pipe', async t => {
  const folder = t.testdir({ 'page.html': 'old', 'other.txt': 'mine' })
  symlinkSync(join(folder, 'other.txt'), join(folder, 'link.html'))
  execFileSync('mkfifo', [join(folder, 'fifo')])
  const write = async (name: string) =>
    (await runMain(['doctor', '--map', '*=refuse', 'b.test:1', '--html', join(folder, name)])).stderr
  t.equal(await write('page.html'), '')
  t.match(readFileSync(join(folder, 'page.html'), 'utf8'), /<!doctype html>/)
  t.match(await write('link.html'), /can't write .*link\.html: it is a symbolic link\n/)
  t.equal(readFileSync(join(folder, 'other.txt'), 'utf8'), 'mine')
  t.match(await write('fifo'), /can't write .*fifo: it is no file\n/)
})

t.test('Ctrl-C in the middle ends it at once', async t => {
  const { port, server } = await listen(t)
  const child = startBin(['doctor', '--brokers', `127.0.0.1:${port}`, '--timeout', '60000'])
  const ended = new Promise(resolve => child.once('close', resolve))
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()))
  // It is connected, and waits for an answer to its first request.
  await new Promise(resolve => server.once('connection', resolve))
  child.kill('SIGINT')
  t.equal(await ended, 130)
  t.notMatch(said, / at .*:\d+:\d+/)
})

t.test('where kafkajs is missing it says what to do', async t => {
  const { code, stdout, stderr } = await runBin(['doctor', ...brokers], {
    env: { NODE_OPTIONS: `--import=${file('without-kafkajs.mjs')}` },
  })
  t.same([code, stdout], [1, ''])
  t.match(stderr, /^kafka-split-dns doctor: doctor needs kafkajs 2\.2 .*npm install kafkajs@2 \(not here\)\n$/)
})

const noScript = existsSync('/usr/bin/script') ? false : 'no script(1) to make a terminal with'

/** The command at a terminal of its own, where the keys are typed once it has asked. */
function atTerminal(args: readonly string[], keys: string): Promise<{ code: number | null; said: string }> {
  const line = [...binCommand, 'doctor', ...args].map(part => `'${part}'`).join(' ')
  const child = spawn('/usr/bin/script', ['-qec', line, '/dev/null'], {
    stdio: 'pipe',
    env: { ...process.env, NO_COLOR: '1' },
  })
  let said = ''
  let isTyped = false
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    said += chunk
    if (!isTyped && said.includes('Password of alice:')) {
      isTyped = true
      child.stdin.write(keys)
    }
  })
  return new Promise(resolve => child.once('close', code => resolve({ code, said })))
}

const sasl = [
  '--sasl',
  'plain',
  '--username',
  'alice',
  '--brokers',
  'b.kafka.test:9092',
  '--map',
  '*.kafka.test=refuse',
]

t.test('a password is asked for at a terminal, and shown to nobody', { skip: noScript }, async t => {
  const { code, said } = await atTerminal(sasl, 'geheim\u007fm\r')
  t.equal(code, 1)
  t.match(said, /Password of alice: \r?\n/)
  t.match(said, /is refused by rule/)
  t.notMatch(said, 'geheim')
})

t.test('Ctrl-C at the password ends it', { skip: noScript }, async t => {
  const { code, said } = await atTerminal(sasl, 'gehe\u0003')
  t.equal(code, 130)
  t.notMatch(said, /gehe|refused/)
})
