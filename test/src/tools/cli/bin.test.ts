import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { deadPort } from '../../connect/fixtures/servers.js'
import { runMain } from './fixtures/run-main.js'
import { runBin, startBin } from './fixtures/run-bin.js'

// Each process takes its time to start on a busy machine.
t.setTimeout(400_000)

const folder = t.testdir({
  'good.yaml': 'rules:\n- match: "*.kafka.example"\n  to: 127.0.0.1\n',
  'bad.yaml': 'rules:\n- match: "*.kafka.example"\n  too: 127.0.0.1\n- match: "b.*.example"\n  to: x.example\n',
})
const file = (name: string) => join(folder, name)
mkdirSync(file('folder'))
writeFileSync(file('binary'), Buffer.from([0, 1, 2, 255, 254, 10]))
writeFileSync(file('ten-megabytes'), 'x'.repeat(10_000_000))
writeFileSync(file('many-rules.yaml'), `rules:\n${'- match: "*.kafka.example"\n  to: 127.0.0.1\n'.repeat(20_000)}`)

const badUsage: { name: string; args: string[]; said: RegExp }[] = [
  { name: 'an unknown command', args: ['chekc'], said: /no such command: chekc \(did you mean 'check'\?\)/ },
  {
    name: 'an unknown flag',
    args: ['check', '--map-fil', 'x'],
    said: /no such option: --map-fil \(did you mean '--map-file'/,
  },
  { name: 'a flag of Object.prototype', args: ['check', '--constructor'], said: /no such option: --constructor/ },
  { name: 'a flag without its value', args: ['check', '--map-file'], said: /--map-file needs a value/ },
  { name: 'a flag with a value too many', args: ['check', '--json=yes'], said: /--json takes no value/ },
  { name: 'a flag given twice', args: ['check', '--map', 'a=b', '--map', 'c=d'], said: /--map is given twice/ },
  {
    name: 'an argument that check does not take',
    args: ['check', 'map.yaml'],
    said: /expected no argument, found 'map.yaml'/,
  },
  { name: 'explain without a name', args: ['explain'], said: /expected HOST\[:PORT\]/ },
  { name: 'an empty name', args: ['explain', ''], said: /expected HOST or HOST:PORT, found nothing/ },
  { name: 'a URL for a name', args: ['explain', 'https://b0.example'], said: /found the URL/ },
  { name: 'port 0', args: ['explain', 'b0.example:0'], said: /expected a port from 1 to 65535, found "b0.example:0"/ },
  { name: 'port 70000', args: ['explain', 'b0.example:70000'], said: /expected a port from 1 to 65535/ },
  { name: 'a port that is no number', args: ['explain', 'b0.example:kafka'], said: /expected a port from 1 to 65535/ },
]

for (const { name, args, said } of badUsage) {
  t.test(`${name} is one line on standard error, and exit code 2`, async t => {
    const { code, stdout, stderr } = await runMain(args)
    t.equal(code, 2)
    t.equal(stdout, '')
    t.match(stderr, said)
    t.equal(stderr.trim().split('\n').length, 1)
  })
}

const badMaps: { name: string; map: string; said: RegExp }[] = [
  { name: 'a file that is not there', map: 'none.yaml', said: /none\.yaml: no such file/ },
  { name: 'a folder', map: 'folder', said: /folder: is a directory, expected a file/ },
  { name: 'a binary file', map: 'binary', said: /binary: is not text in UTF-8/ },
  { name: '10 MB of one word', map: 'ten-megabytes', said: /ten-megabytes/ },
]

for (const { name, map, said } of badMaps) {
  t.test(`${name} as a map is told, without a stack, and exit code 1`, async t => {
    for (const args of [['check'], ['explain', 'b0.example']]) {
      const { code, stdout, stderr } = await runMain([...args, '--map-file', file(map)])
      t.equal(code, 1)
      t.match(stdout + stderr, said)
      t.notMatch(stdout + stderr, /\n {4}at /)
      t.ok((stdout + stderr).length < 2000)
    }
  })
}

t.test('a map that says one thing 20,000 times is told of in reasonable length', async t => {
  const { code, stdout } = await runMain(['check', '--map-file', file('many-rules.yaml')])
  t.equal(code, 1)
  t.ok(stdout.length < 50_000)
  t.match(stdout, /more/)
})

t.test('no command shows what there is, and exit code 2; --help exit code 0 on standard output', async t => {
  const none = await runMain([])
  t.equal(none.code, 2)
  t.match(none.stderr, /check .*\n.*explain/)
  for (const args of [['--help'], ['help'], ['check', '--help'], ['explain', '-h']]) {
    const { code, stdout, stderr } = await runMain(args)
    t.same([code, stderr], [0, ''])
    t.match(stdout, /^kafka-split-dns /)
  }
})

t.test('as processes, wrong usage and a map that is binary end with 2 and 1, and one line', async t => {
  const [usage, binary] = await Promise.all([
    runBin(['check', '--map-fil', 'x']),
    runBin(['explain', 'b0.example', '--map-file', file('binary')]),
  ])
  t.match(usage, { code: 2, stdout: '', stderr: /^kafka-split-dns check: no such option: --map-fil .*\n$/ })
  t.match(binary, { code: 1, stdout: '', stderr: /^kafka-split-dns explain: .*binary: is not text in UTF-8\n$/ })
})

t.test('check tells every fault with its line and a caret', async t => {
  const { code, stdout, stderr } = await runBin(['check'], { env: { KAFKA_SPLIT_DNS_MAP_FILE: file('bad.yaml') } })
  t.same([code, stderr], [1, ''])
  t.match(stdout, `${file('bad.yaml')}:3:3: `)
  t.match(stdout, /\n {2}3 \| {3}too: 127\.0\.0\.1\n {4}\| {3}\^\n/)
  t.match(stdout, `${file('bad.yaml')}:4:13: `)
  t.match(stdout, /not usable .*bad\.yaml: 2 faults\n$/)
})

t.test('check of a good map is exit code 0, and its JSON one object', async t => {
  const { code, stdout } = await runBin(['check', '--map-file', file('good.yaml'), '--json'])
  t.equal(code, 0)
  t.match(JSON.parse(stdout), { ok: true, rules: 1, sources: [file('good.yaml')], faults: [] })
})

t.test('explain tells rule, place and addresses; exit code 1 where one name fails', async t => {
  const map = ['--map-file', file('good.yaml')]
  const good = await runMain(['explain', 'b0.kafka.example:9092', ...map])
  t.equal(good.code, 0)
  t.match(good.stdout, `'*.kafka.example' (${file('good.yaml')}:2)`)
  t.match(good.stdout, /127\.0\.0\.1:9092 \(TTL/)
  const bad = await runMain(['explain', 'b0.kafka.example:9092', 'x y', ...map])
  t.equal(bad.code, 2)
  const refused = await runMain(['explain', 'b0.kafka.example', 'other.example', ...map], {
    env: { KAFKA_SPLIT_DNS_UNMAPPED: 'refuse' },
  })
  t.equal(refused.code, 1)
  t.match(refused.stdout, /ERR_SPLIT_DNS_REFUSED/)
})

t.test('what the library warns of is a line on standard error, once', async t => {
  const env = { KAFKA_SPLIT_DNS_MAPP: 'x' }
  const { code, stderr } = await runMain(
    ['explain', 'b0.kafka.example', 'b1.kafka.example', '--map-file', file('good.yaml')],
    { env },
  )
  t.equal(code, 0)
  t.match(stderr, /^kafka-split-dns: warning: KAFKA_SPLIT_DNS_MAPP: no such variable, it is ignored .*\n$/)
  t.equal(stderr.trim().split('\n').length, 1)
})

t.test('a map’s URL that cannot be fetched is told at once, not waited for', async t => {
  const env = { KAFKA_SPLIT_DNS_MAP_URL: `http://127.0.0.1:${await deadPort()}/map` }
  for (const args of [['check'], ['explain', 'b0.kafka.example'], ['doctor', '--brokers', 'b0.kafka.example:9092']]) {
    const { code, stdout, stderr } = await runMain(args, { env })
    t.equal(code, 1)
    t.match(stdout + stderr, /\/map: can't be fetched: connect ECONNREFUSED/)
  }
})

t.test('explain reads names from standard input, and a bad line leaves the others', async t => {
  const args = ['explain', '-', '--json', '--map-file', file('good.yaml')]
  const { code, stdout, stderr } = await runBin(args, {
    stdin: 'b0.kafka.example:9092\r\n\nb1.kafka.example:0\nb2.kafka.example',
  })
  t.same([code, stderr], [1, ''])
  const found = stdout
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line))
  t.match(found, [
    { host: 'b0.kafka.example', port: 9092, addresses: [{ address: '127.0.0.1', port: 9092 }], error: null },
    { host: 'b1.kafka.example:0', error: { code: 'ERR_INVALID_ARG_VALUE' } },
    { host: 'b2.kafka.example', port: null, error: null },
  ])
})

t.test('output that is piped has no colour', async t => {
  const { stdout } = await runBin(['check', '--map-file', file('bad.yaml')], { env: { TERM: 'xterm-256color' } })
  t.notMatch(stdout, '\u001b')
})

t.test('a closed pipe is no error, and the exit code still tells the truth', async t => {
  const child = startBin(['explain', '-', '--map-file', file('good.yaml')])
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk))
  child.stdout.once('data', () => child.stdout.destroy())
  child.stdin.on('error', () => undefined)
  const writing = setInterval(() => child.stdin.write('b0.kafka.example:9092\n'.repeat(1000)), 5)
  const code = await new Promise(resolve => child.once('close', resolve))
  clearInterval(writing)
  t.same([code, stderr], [0, ''])
})

t.test('Ctrl-C ends it at once, without a word, with the exit code of shells', async t => {
  const child = startBin(['explain', '-', '--map-file', file('good.yaml')])
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk))
  child.stdin.write('b0.kafka.example:9092\n')
  await new Promise(resolve => child.stdout.once('data', resolve))
  child.kill('SIGINT')
  const code = await new Promise(resolve => child.once('close', resolve))
  t.same([code, stderr], [130, ''])
})
