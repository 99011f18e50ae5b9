import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { deadPort } from '../../../connect/fixtures/servers.js'
import { fakeKafka, type FakeBroker } from '../fixtures/fake-kafka.js'
import { binCommand, runBin } from '../fixtures/run-bin.js'
import { refuses, type BadUsage } from '../fixtures/bad-usage.js'
import { runMain } from '../fixtures/run-main.js'

t.setTimeout(120_000)

const msk = 'examplecluster.fak5ee.c2.kafka.us-east-1.amazonaws.com'
const dom = 'domfake00001.us-east-1.aws.confluent.cloud'
const lkc = `lkc-abc123.${dom}:9092`
const vpce = 'vpce-0abc-xyz.vpce-svc-1.us-east-1.vpce.amazonaws.com'
const plain = ['--brokers', `b-1.${msk}:9098`, '--endpoint', 'nlb.vpce.example']

const init = (args: readonly string[], options: Parameters<typeof runMain>[1] = {}) =>
  runMain(['init', ...args], options)

t.test('the examples of its help make maps', async t => {
  const { stdout } = await runMain(['help', 'init'])
  const examples = [...stdout.matchAll(/^ {2}kafka-split-dns (init (?!.*--config).*?)(?: > .*)?$/gm)]
  t.equal(examples.length, 2)
  for (const [, example = ''] of examples) t.match(await runMain(example.split(' ')), { code: 0, stdout: /^# / })
})

t.test('the map goes to standard output, what to do next to standard error', async t => {
  const { code, stdout, stderr } = await init(plain)
  t.equal(code, 0)
  t.match(stdout, /^# Amazon MSK, cluster examplecluster in us-east-1\.\n[^]*to: "nlb\.vpce\.example:\{9000 \+ n\}"\n/)
  t.match(stderr, /^Amazon MSK, cluster examplecluster in us-east-1\n {2}- assumed: the load balancer's listener/)
  t.match(
    stderr,
    /kafka-split-dns check --map-file map\.yaml\n.*KAFKA_SPLIT_DNS_MAP_FILE=map\.yaml\n[^]*createSocketFactory\(\)/,
  )
})

t.test('check takes the map that --out wrote, with the very command that init tells', async t => {
  const folder = t.testdir({})
  const file = join(folder, 'map.yaml')
  const { code, stdout, stderr } = await init([...plain, '--out', file])
  t.same([code, stdout], [0, ''])
  t.ok(stderr.includes(`check --map-file ${file}\n`))
  t.match(await runMain(['check', '--map-file', file]), { code: 0, stdout: `ok ${file}: 2 rules in force\n` })
  t.equal(readFileSync(file, 'utf8'), (await init(plain)).stdout)
  const [, command = ''] = /^# {3}kafka-split-dns (.*)$/m.exec(readFileSync(file, 'utf8')) ?? []
  t.equal((await runMain(command.split(' '))).stdout, readFileSync(file, 'utf8'), 'the command in it makes it again')
})

t.test('a file that exists is not replaced without --force', async t => {
  const folder = t.testdir({ 'map.yaml': 'old' })
  const file = join(folder, 'map.yaml')
  const refused = await init([...plain, '--out', file])
  t.same([refused.code, refused.stdout], [1, ''])
  t.match(refused.stderr, /^kafka-split-dns init: can't write .*map\.yaml: the file exists; --force replaces it\n$/)
  t.equal(readFileSync(file, 'utf8'), 'old')
  t.match(await init([...plain, '--out', file, '--force']), { code: 0 })
  t.match(readFileSync(file, 'utf8'), /^# Amazon MSK/)
  t.same(readdirSync(folder), ['map.yaml'])
})

t.test('a file in a folder that does not exist is one line, and exit code 1', async t => {
  const { code, stdout, stderr } = await init([...plain, '--out', join(t.testdir({}), 'none', 'map.yaml')])
  t.same([code, stdout], [1, ''])
  t.match(stderr, /^kafka-split-dns init: can't write .*map\.yaml: there is no such folder\n$/)
})

t.test('a path that a shell takes apart is quoted for it', async t => {
  const file = join(t.testdir({}), "the team's map.yaml")
  const { stderr } = await init([...plain, '--out', file])
  t.match(stderr, /check --map-file '.*the team'\\''s map\.yaml'\n/)
})

// Ways to say the same.
const same: readonly string[][] = [
  ['--brokers', `b-1.${msk}:9098,b-2.${msk}:9098`, '--endpoint', 'a.example', 'b.example'],
  ['--brokers', `b-1.${msk}:9098`, `b-2.${msk}:9098`, '--endpoint', 'a.example,b.example'],
  ['--endpoint', 'a.example', '--brokers', `b-1.${msk}:9098`, '--endpoint=b.example', `--brokers=b-2.${msk}:9098`],
  ['--endpoint=a.example', 'b.example', '--brokers', `b-1.${msk}:9098, b-2.${msk}:9098`],
  ['--endpoint', ' a.example , b.example ,', '--brokers', `B-1.${msk}:9098 b-2.${msk}.:9098`],
  ['--endpoint', 'a.example', 'b.example', '--brokers', `SASL_SSL://b-1.${msk}:9098,ssl://b-2.${msk}:9098`],
]
for (const args of same) {
  t.test(`lists: ${args.map(arg => arg.replaceAll(msk, 'msk')).join(' ')}`, async t => {
    const { code, stdout } = await init(args)
    t.same([code, stdout], [0, (await init(same[0] ?? [])).stdout])
  })
}

const badUsage: readonly BadUsage[] = [
  { name: 'nothing', args: [], said: /expected --brokers HOST:PORT,\.\.\. and --endpoint NAME/ },
  { name: 'no endpoint', args: ['--brokers', lkc], said: /expected --endpoint NAME/ },
  { name: 'no brokers', args: ['--endpoint', vpce], said: /expected --brokers HOST:PORT/ },
  { name: 'an empty list', args: ['--brokers', lkc, '--endpoint', ' , '], said: /--endpoint: the list is empty/ },
  { name: 'a flag for a value', args: ['--endpoint', '--brokers', lkc], said: /--endpoint needs a value/ },
  { name: 'a word before all flags', args: ['x', ...plain], said: /expected no argument, found 'x'/ },
  { name: 'a word after --', args: [...plain, '--', 'x'], said: /expected no argument, found 'x'/ },
  {
    name: 'a word after a flag of one value',
    args: [...plain, '--out', 'a', 'b'],
    said: /expected no argument, found 'b'/,
  },
  {
    name: 'a broker without a port',
    args: ['--brokers', 'b.test', '--endpoint', 'x'],
    said: /broker 'b\.test' has no port/,
  },
  {
    name: 'a port that is none',
    args: ['--brokers', 'b.test:70000', '--endpoint', 'x'],
    said: /a port from 1 to 65535/,
  },
  {
    name: 'a base that is none',
    args: [...plain, '--base-port', '9k'],
    said: /--base-port: expected a whole number from 0/,
  },
  { name: 'an empty file name', args: [...plain, '--out', ''], said: /--out: expected a file, found nothing/ },
  { name: '--force alone', args: [...plain, '--force'], said: /--force needs --out FILE/ },
  { name: '--yes alone', args: [...plain, '--yes'], said: /--yes needs --connect/ },
  { name: '--tls alone', args: [...plain, '--tls'], said: /--tls needs --connect/ },
  {
    name: 'no password, and no terminal',
    args: [...plain, '--connect', '--sasl', 'plain', '--username', 'alice'],
    said: /needs the password in KAFKA_SPLIT_DNS_SASL_PASSWORD/,
  },
]
refuses(t, ['init'], badUsage)

t.test('the brokers of a KafkaConfig are taken where none are given', async t => {
  const folder = t.testdir({ 'config.mjs': `export default { brokers: () => ['b-1.${msk}:9098'] }` })
  const { code, stdout } = await init(['--config', join(folder, 'config.mjs'), '--endpoint', 'nlb.vpce.example'])
  t.same([code, stdout], [0, (await init(plain)).stdout])
})

// What is typed at each question, and what the whole says.
const dialogues: { name: string; args: string[]; typed: string[]; as: string[]; said: RegExp }[] = [
  {
    name: 'all is asked for',
    args: [],
    typed: [`${lkc}\n`, `${vpce}\n`, 'use1-az1=us-east-1a, use1-az4=us-east-1c\n'],
    as: ['--brokers', lkc, '--endpoint', vpce, '--zone', 'use1-az1=us-east-1a', 'use1-az4=us-east-1c'],
    said: /^Bootstrap servers \(HOST:PORT,\.\.\.\): {3}Confluent Cloud Dedicated, [^\n]*\nEndpoint [^\n]*: Zones [^\n]*: Conf/,
  },
  {
    name: 'no zones is an answer',
    args: ['--brokers', lkc],
    typed: [`${vpce}\n\n`],
    as: ['--brokers', lkc, '--endpoint', vpce],
    said: /Zones \(ID=NAME,\.\.\., or nothing\)/,
  },
  {
    name: 'what is not missing is not asked for',
    args: ['--endpoint', 'nlb.vpce.example'],
    typed: [`b-1.${msk}:9098\n`],
    as: plain,
    said: /^Bootstrap servers [^\n]* {2}Amazon MSK, cluster examplecluster in us-east-1\nAmazon MSK/,
  },
  {
    name: 'a bad answer is asked for again, with the reason',
    args: [],
    typed: [
      'localhost:9092\n',
      '\n',
      'https://x\n',
      `b-1-internal.${msk}:9095\n`,
      `b-1.${msk}:9098\n`,
      `b-2.${msk}\n`,
      '\n',
      'nlb.vpce.example:9000\n',
      'nlb.vpce.example\n',
    ],
    as: plain,
    said: /this machine itself[^]*expected --brokers[^]*found the URL[^]*copy from each other[^]*is a broker's name itself[^]*expected --endpoint[^]*has a port/,
  },
  {
    name: 'Windows’ line ends, and a last line without one',
    args: [],
    typed: [`b-1.${msk}:9098\r\n`, 'nlb.vpce', '.example\r'],
    as: plain,
    said: /Endpoint \(a name; or one for each broker, ID=NAME,\.\.\.\)/,
  },
]
for (const { name, args, typed, as, said } of dialogues) {
  t.test(`at a terminal: ${name}`, async t => {
    const { code, stdout, stderr } = await init(args, { typed, columns: 200, env: { NO_COLOR: '1' } })
    t.equal(code, 0)
    t.match(stderr, said)
    t.equal(stdout, (await init(as)).stdout)
  })
}

t.test('at a terminal nothing is asked where the file can not be written anyway', async t => {
  const file = join(t.testdir({ 'map.yaml': 'old' }), 'map.yaml')
  const { code, stderr } = await init(['--out', file], { typed: [], columns: 80 })
  t.equal(code, 1)
  t.match(stderr, /^kafka-split-dns init: can't write .*map\.yaml: the file exists; --force replaces it\n$/)
})

t.test('nobody is asked where standard error is no terminal', async t => {
  t.match(await init([], { typed: [`${lkc}\n`] }), { code: 2, stdout: '', stderr: /expected --brokers/ })
})

t.test('flags that no answer can mend are told at once', async t => {
  const { code, stderr } = await init(['--brokers', lkc, '--zone', 'us-east-1a=use1-az1'], { typed: [], columns: 80 })
  t.equal(code, 2)
  t.match(stderr, /^kafka-split-dns init: zone .* is the wrong way round/)
})

t.test('Ctrl-C at a question ends it with 130', async t => {
  const keys = await init([], { typed: ['lkc\u0003'], columns: 80 })
  t.same([keys.code, keys.stdout], [130, ''])
  const interrupt = new AbortController()
  const ended = init([], { typed: [], columns: 80, signal: interrupt.signal })
  interrupt.abort()
  t.match(await ended, { code: 130, stdout: '', stderr: /: \n$/ })
  t.match(await init([], { typed: [], columns: 80, signal: interrupt.signal }), { code: 130 })
})

const noScript = existsSync('/usr/bin/script') ? false : 'no script(1) to make a terminal with'

/** The command at a terminal of its own; each line is typed once its question has been asked. */
function atTerminal(args: readonly string[], answers: readonly (readonly [question: string, typed: string])[]) {
  const line = [...binCommand, 'init', ...args].map(part => `'${part}'`).join(' ')
  const child = spawn('/usr/bin/script', ['-qec', line, '/dev/null'], {
    stdio: 'pipe',
    env: { ...process.env, NO_COLOR: '1' },
  })
  const left = [...answers]
  let said = ''
  let from = 0
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    said += chunk
    const [question = '', typed = ''] = left[0] ?? []
    if (left.length === 0 || !said.slice(from).includes(question)) return
    from = said.length
    left.shift()
    child.stdin.write(typed)
  })
  return new Promise<{ code: number | null; said: string }>(resolve =>
    child.once('close', code => resolve({ code, said })),
  )
}

t.test('at a real terminal it asks, and goes on to the password', { skip: noScript }, async t => {
  const args = ['--brokers', `b1.kafka.test:${await deadPort()}`, '--connect', '--sasl', 'plain', '--username', 'alice']
  const { code, said } = await atTerminal(args, [
    ['Endpoint', '127.0.0.1\n'],
    ['Password of alice: ', 'geheim\r'],
  ])
  t.equal(code, 1)
  t.match(said, /to: "127\.0\.0\.1"/)
  t.match(said, /TCP {7}fail connect ECONNREFUSED[^]*not ok no bootstrap server listed its brokers/)
  t.notMatch(said, 'geheim')
})

t.test('Ctrl-C at a real terminal ends it with 130', { skip: noScript }, async t => {
  const { code, said } = await atTerminal([], [['Bootstrap servers', 'b1.kaf\u0003']])
  t.equal(code, 130)
  t.notMatch(said, / at .*:\d+:\d+/)
})

/** A cluster that lists two brokers that its bootstrap server's name says nothing of, and others if asked to. */
const clusterOf = (t: Test, ...others: FakeBroker[]) =>
  fakeKafka(t, port => [
    { nodeId: 1, host: 'b1.kafka.test', port },
    { nodeId: 2, host: 'b2.kafka.test', port },
    ...others,
  ])

const uncovered: {
  name: string
  others?: FakeBroker[]
  args?: string[]
  typed?: string[]
  code: number
  map: RegExp
  said: RegExp
}[] = [
  {
    name: '--yes writes rules for the brokers that are not covered, and says so',
    args: ['--yes'],
    code: 0,
    map: /--brokers boot\.kafka\.test:\d+,b1\.kafka\.test:\d+ --endpoint[^]*- "b\{n:int\}\.kafka\.test"/,
    said: /1 {2}b1\S+ {2}not covered: no rule matches\n[^]*\nadded to the map:\n {2}1 {2}b1\S+ {2}rule 'b\{n:int\}\.kafka\.test' -> \S+\n {2}2 [^]*\nok the map covers 2 of 2 brokers\n$/,
  },
  {
    name: 'without --yes, and nobody to ask, the flag is named',
    code: 1,
    map: /match: "boot\.kafka\.test"/,
    said: /\nnot ok the map covers 0 of 2 brokers; --yes writes rules for 2 more\n$/,
  },
  {
    name: 'at a terminal it asks, until it is answered',
    typed: ['what\n', '\n'],
    code: 0,
    map: /- "b\{n:int\}\.kafka\.test"/,
    said: /\nWrite rules for 2 more brokers\? \[Y\/n\] {3}expected y or n\n\nWrite rules[^]*ok the map covers 2 of 2 brokers\n$/,
  },
  {
    name: 'the answer no leaves the map as it is',
    typed: ['n\n'],
    code: 1,
    map: /match: "boot\.kafka\.test"/,
    said: /\[Y\/n\] Kafka of an unknown[^]*\nnot ok the map covers 0 of 2 brokers\n$/,
  },
  {
    name: 'a broker that no rule can be written for is named, with the reason, and nothing is offered for it',
    others: [
      { nodeId: 3, host: '127.0.0.9', port: 9092 },
      { nodeId: 4, host: 'localhost', port: 9092 },
    ],
    args: ['--yes'],
    code: 1,
    map: /- "b\{n:int\}\.kafka\.test"/,
    said: /\ninit can't write a rule for 127\.0\.0\.9:9092 and 1 more: broker '127\.0\.0\.9' is an address: [^]*added to the map:\n {2}1 [^\n]*\n {2}2 [^]*\nnot ok the map covers 2 of 4 brokers\n$/,
  },
]
for (const { name, others = [], args = [], typed, code, map, said } of uncovered) {
  t.test(`--connect: ${name}`, async t => {
    const port = await clusterOf(t, ...others)
    const file = join(t.testdir({}), 'map.yaml')
    const request = ['--brokers', `boot.kafka.test:${port}`, '--endpoint', '127.0.0.1', '--connect', '--out', file]
    const ended = await init([...request, ...args], {
      env: { NO_COLOR: '1' },
      ...(typed === undefined ? {} : { typed, columns: 200 }),
    })
    t.same([ended.code, ended.stdout], [code, ''])
    t.match(ended.stderr, said)
    t.match(readFileSync(file, 'utf8'), map)
    t.match(await runMain(['check', file]), { code: 0 })
  })
}

t.test('Ctrl-C at the question writes no map', async t => {
  const port = await clusterOf(t)
  const args = ['--brokers', `boot.kafka.test:${port}`, '--endpoint', '127.0.0.1', '--connect']
  t.match(await init(args, { typed: ['\u0003'], columns: 80 }), { code: 130, stdout: '' })
})

t.test('at a real terminal it asks once more after the password', { skip: noScript }, async t => {
  const port = await clusterOf(t)
  const args = ['--brokers', `boot.kafka.test:${port}`, '--connect', '--sasl', 'plain', '--username', 'alice']
  const { code, said } = await atTerminal(args, [
    ['Endpoint', '127.0.0.1\n'],
    ['Password of alice: ', 'geheim\r'],
    ['[Y/n]', 'y\n'],
  ])
  t.equal(code, 0)
  t.match(said, /- "b\{n:int\}\.kafka\.test"[^]*ok the map covers 2 of 2 brokers/)
})

t.test(
  '--connect says why no bootstrap server can be used, and what to do; the map is written all the same',
  async t => {
    const file = join(t.testdir({}), 'map.yaml')
    const [one, two] = [await deadPort(), await deadPort()]
    const args = ['--brokers', `b1.kafka.test:${one},b2.kafka.test:${two}`, '--endpoint', '127.0.0.1', '--connect']
    const env = { KAFKA_SPLIT_DNS_MAP: '*=refuse', KAFKA_SPLIT_DNS_DISABLE: '1', KAFKA_SPLIT_DNS_PROFILE: 'none' }
    const { code, stderr } = await init([...args, '--out', file], { env })
    t.equal(code, 1)
    t.match(
      stderr,
      /bootstrap b1\.kafka\.test:\d+\n {2}map {7}ok {3}rule 'b\{n:int\}\.kafka\.test' -> 127\.0\.0\.1:\d+\n/,
    )
    t.match(
      stderr,
      /bootstrap b2[^]*TCP {7}fail connect ECONNREFUSED[^]*\nfail .*the connection was refused: [^]*nothing listens at port/,
    )
    t.match(stderr, /\nnot ok no bootstrap server listed its brokers\n$/)
    t.match(readFileSync(file, 'utf8'), /match: "b\{n:int\}\.kafka\.test"/)
  },
)

t.test('where kafkajs is missing --connect says what to do, after the map', async t => {
  const folder = t.testdir({
    'without-kafkajs.mjs': `import { register } from 'node:module'\nregister(new URL('./hooks.mjs', import.meta.url))`,
    'hooks.mjs': `export const resolve = (name, context, next) =>
      name.startsWith('kafkajs') ? Promise.reject(new Error('not here')) : next(name, context)`,
  })
  const { code, stdout, stderr } = await runBin(['init', ...plain, '--connect'], {
    env: { NODE_OPTIONS: `--import=${join(folder, 'without-kafkajs.mjs')}` },
  })
  t.equal(code, 1)
  t.match(stdout, /^# Amazon MSK/)
  t.match(stderr, /kafka-split-dns init: --connect needs kafkajs 2\.2 .*npm install kafkajs@2 \(not here\)\n$/)
})

t.test('colours are for terminals', async t => {
  t.match((await init(plain, { columns: 80 })).stderr, /^\u001b\[1mAmazon MSK/)
  t.notMatch((await init(plain)).stderr, '\u001b')
  t.notMatch((await init(plain, { columns: 80 })).stdout, '\u001b')
})
