import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { projectFolder } from '../../../project.js'
import { deadPort } from '../../connect/fixtures/servers.js'
import { refuses, type BadUsage } from './fixtures/bad-usage.js'
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

const badUsage: readonly BadUsage[] = [
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
    name: 'two files for check',
    args: ['check', 'a.yaml', 'b.yaml'],
    said: /expected one FILE, found also 'b.yaml'/,
  },
  {
    name: 'a file for check in two ways',
    args: ['check', 'a.yaml', '--map-file', 'b.yaml'],
    said: /expected FILE or --map-file, found both/,
  },
  { name: 'help for an unknown command', args: ['help', 'chekc'], said: /no such command: chekc/ },
  {
    name: 'an argument that export does not take',
    args: ['init', 'map.yaml'],
    said: /expected no argument, found 'map.yaml'/,
  },
  { name: 'explain without a name', args: ['explain'], said: /expected HOST\[:PORT\]/ },
  { name: 'an empty name', args: ['explain', ''], said: /expected HOST or HOST:PORT, found nothing/ },
  { name: 'a URL for a name', args: ['explain', 'https://b0.example'], said: /found the URL/ },
  { name: 'port 0', args: ['explain', 'b0.example:0'], said: /expected a port from 1 to 65535, found "b0.example:0"/ },
  { name: 'port 70000', args: ['explain', 'b0.example:70000'], said: /expected a port from 1 to 65535/ },
  { name: 'a port that is no number', args: ['explain', 'b0.example:kafka'], said: /expected a port from 1 to 65535/ },
]

refuses(t, [], badUsage)

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

t.test('--help names the page that explains the errors, by a file of the package', async t => {
  const { stdout } = await runMain(['--help'])
  const [, page = ''] = /^(docs\/\S+) in this package/m.exec(stdout) ?? []
  t.equal(page, 'docs/troubleshooting.md')
  t.ok(existsSync(join(projectFolder, page)))
})

t.test('help COMMAND is COMMAND --help, with an example', async t => {
  for (const command of ['check', 'explain', 'doctor', 'init', 'export', 'serve']) {
    const [help, flag] = [await runMain(['help', command]), await runMain([command, '--help'])]
    t.same(help, flag)
    t.match(help.stdout, new RegExp(`\\n\\n {2}kafka-split-dns ${command} [^]*$`))
    for (const line of help.stdout.split('\n')) t.ok(line.length <= 120, line)
    t.match(
      help.stdout.replaceAll(/docs\/\S+ in this package/g, ''),
      /^(?![^]*docs\/)/,
      'a page is named by where it is',
    )
  }
})

t.test('--version is the version of the package', async t => {
  const { version } = JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8')) as { version: string }
  for (const word of ['--version', '-V', 'version'])
    t.same(await runMain([word]), { code: 0, stdout: `${version}\n`, stderr: '' })
})

t.test('check takes the file alone, and a map from standard input', async t => {
  t.match(await runMain(['check', file('good.yaml')]), {
    code: 0,
    stdout: `ok ${file('good.yaml')}: 1 rule in force\n`,
  })
  for (const args of [
    ['check', '-'],
    ['check', '/dev/stdin'],
    ['check', '--map-file', '-'],
  ]) {
    const stdin = 'rules:\n- match: "*.kafka.example"\n  too: 127.0.0.1\n'
    const { code, stdout } = await runMain(args, { stdin, env: { KAFKA_SPLIT_DNS_MAP: 'a.test=b.test' } })
    t.equal(code, 1)
    t.match(stdout, /^standard input:3:3: .*\n {2}3 \| {3}too: 127\.0\.0\.1\n[^]*not usable standard input: /)
  }
  t.match(await runMain(['check', '-'], { stdin: 'rules: [{match: a.test, to: b.test}]' }), {
    code: 0,
    stdout: /^ok standard input: 1 rule/,
  })
  t.match(await runMain(['check', '-'], { stdin: '' }), { code: 1, stdout: /standard input: is empty/ })
})

const profiles = 'profiles:\n  kafka-1:\n  - match: "*.kafka-1.example"\n    to: 127.0.0.1\n'
const nothings: { name: string; args: string[]; stdin?: string; said: RegExp }[] = [
  { name: 'no map at all', args: [], said: /warning: no map is set: set KAFKA_SPLIT_DNS_MAP, / },
  {
    name: 'a profile that nobody chose',
    args: ['-'],
    stdin: profiles,
    said: /\nstandard input: warning: no rule is in force: all rules are in profiles \(kafka-1\), and KAFKA_SPLIT_DNS_PROFILE chooses none/,
  },
  {
    name: 'a map without rules',
    args: ['-'],
    stdin: 'version: 1',
    said: /^standard input: warning: no rule is in force: the map has no rules/,
  },
  {
    name: 'an empty list of rules',
    args: ['-'],
    stdin: 'rules: []',
    said: /^standard input: warning: no rule is in force: the map has no rules/,
  },
]

for (const { name, args, stdin = '', said } of nothings) {
  t.test(`check warns of ${name}, which is a fault with --require-map`, async t => {
    const loose = await runMain(['check', ...args], { stdin })
    t.equal(loose.code, 0)
    t.match(loose.stdout, said)
    t.match(loose.stdout, /\nok .*: nothing is mapped, \d warnings?\n$/)
    const strict = await runMain(['check', ...args, '--require-map'], { stdin })
    t.equal(strict.code, 1)
    t.match(strict.stdout, /not usable .*: 1 fault/)
    t.equal((await runMain(['check', '--require-map', file('good.yaml')])).code, 0)
  })
}

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

const shared = `rules:
- match: "*.kafka.example"
  to: 127.0.0.1
- match: "*.other.example"
  to: 127.0.0.2
`

t.test('a rule that routes all names to one target is noted, once a map, and no warning', async t => {
  const map = join(t.testdir({ 'map.yaml': shared }), 'map.yaml')
  const { code, stdout } = await runMain(['check', map])
  t.equal(code, 0)
  t.match(stdout, `${map}:2:3: note: every name of '*.kafka.example' is routed to '127.0.0.1': right over TLS, `)
  t.match(stdout, /\. The same holds for 1 more pattern\n {2}2 \| - match.*\n.*\^\nok .*: 2 rules in force\n$/)
  const json = JSON.parse((await runMain(['check', map, '--json'])).stdout) as object
  t.match(json, { ok: true, warnings: [], notes: [{ line: 2 }] })
  const explained = await runMain(['explain', 'b1.other.example', '--verbose', '--map-file', map])
  t.match(explained.stdout, /\n {2}note {7}every name of '\*\.other\.example' is routed to '127\.0\.0\.2'/)
  t.notMatch((await runMain(['explain', 'b1.other.example', '--map-file', map])).stdout, 'every name')
})

t.test(
  'explain answers in one line a name, and tells the rest with --verbose; exit code 1 where one fails',
  async t => {
    const map = ['--map-file', file('good.yaml')]
    const good = await runMain(['explain', 'b0.kafka.example:9092', 'b1.kafka.example', ...map])
    t.equal(good.code, 0)
    t.equal(
      good.stdout,
      `b0.kafka.example:9092 -> 127.0.0.1:9092  ${file('good.yaml')}:2\n` +
        `b1.kafka.example -> 127.0.0.1  ${file('good.yaml')}:2\n`,
    )
    const verbose = await runMain(['explain', 'b0.kafka.example:9092', '--verbose', ...map])
    t.match(verbose.stdout, `rule       '*.kafka.example' (${file('good.yaml')}:2)`)
    t.match(verbose.stdout, /captures {3}\*=b0\n[^]*step {7}[^]*127\.0\.0\.1:9092 \(TTL/)
    const bad = await runMain(['explain', 'b0.kafka.example:9092', 'x y', ...map])
    t.equal(bad.code, 2)
    const refused = await runMain(['explain', 'b0.kafka.example', 'other.example', ...map], {
      env: { KAFKA_SPLIT_DNS_UNMAPPED: 'refuse' },
    })
    t.equal(refused.code, 1)
    t.match(refused.stdout, /other\.example {2}ERR_SPLIT_DNS_REFUSED no rule matches other\.example, and/)
  },
)

const unmatched = `rules:
- match: "*.kafka.example:9094"
  to: 127.0.0.1
${profiles}`

const nearby: { name: string; asked: string; map: string; said: RegExp }[] = [
  {
    name: 'a rule for another port',
    asked: 'localhost.kafka.example:9092',
    map: unmatched,
    said: /'\*\.kafka\.example:9094' \(.*near\.yaml:2\): the rule is for port 9094/,
  },
  {
    name: 'a profile that is not chosen',
    asked: 'b0.kafka-1.example:9092',
    map: unmatched,
    said: /profile 'kafka-1' has a rule for it and is not chosen/,
  },
  {
    name: "a '*' above the zone's own name",
    asked: 'kafka.example:9094',
    map: unmatched,
    said: /'\*\.kafka\.example:9094' \(.*near\.yaml:2\): '\*' does not cover kafka\.example itself/,
  },
]

for (const { name, asked, map, said } of nearby) {
  t.test(`explain names what nearly matched: ${name}`, async t => {
    const near = join(t.testdir({ 'near.yaml': map }), 'near.yaml')
    // No server is asked.
    const env = { KAFKA_SPLIT_DNS_UNMAPPED: 'refuse' }
    for (const flags of [[], ['--verbose']])
      t.match((await runMain(['explain', asked, '--map-file', near, ...flags], { env })).stdout, said)
    const { stdout: json } = await runMain(['explain', asked, '--map-file', near, '--json'], { env })
    t.match(JSON.parse(json), name.startsWith('a profile') ? { unchosenProfiles: ['kafka-1'] } : { nearMatch: said })
  })
}

const map = '*.kafka.example=127.0.0.1'
const whys: { name: string; env: Record<string, string>; said: string }[] = [
  { name: 'no map', env: {}, said: 'no map is set' },
  {
    name: 'the kill switch',
    env: { KAFKA_SPLIT_DNS_MAP: map, KAFKA_SPLIT_DNS_DISABLE: 'yes' },
    said: 'KAFKA_SPLIT_DNS_DISABLE is set: no map is in force',
  },
]

for (const { name, env, said } of whys) {
  t.test(`every command tells why no rule is in force: ${name}`, async t => {
    t.match((await runMain(['explain', 'localhost:9092'], { env })).stdout, new RegExp(` {2}${said}.*\n$`))
    t.match((await runMain(['check'], { env })).stdout, `environment: warning: ${said}`)
    t.match(await runMain(['check', '--require-map'], { env }), { code: 1, stdout: `environment: ${said}` })
    const probed = await runMain(['doctor', '127.0.0.1:1', '--json'], { env })
    t.match(JSON.parse(probed.stdout), { advice: [{ kind: 'no-map', cause: new RegExp(`^${said}`, 'i') }] })
  })
}

t.test('explain says once that no rule matches', async t => {
  const { stdout } = await runMain(['explain', 'b0.invalid:9092', '--map', map])
  t.match(stdout, /^b0\.invalid:9092 {2}getaddrinfo \w+ b0\.invalid {2}no rule matches\n$/)
})

t.test('a file that is missing is named in the last line of check', async t => {
  const { stdout } = await runMain(['check', 'missing/map.yaml'])
  t.match(stdout, /\nnot usable .*missing\/map\.yaml: 1 fault\n$/)
})

t.test('where every rule gives way explain says so, and not that none matches', async t => {
  const map = 'tables: {az: {a: x.example}}\nrules:\n- match: "b.{z}.kafka.example"\n  to: "{az[z]}"\n'
  const path = join(t.testdir({ 'map.yaml': map }), 'map.yaml')
  for (const flags of [[], ['--verbose']]) {
    const { code, stdout } = await runMain(['explain', 'b.q.kafka.example:9092', '--map-file', path, ...flags])
    t.equal(code, 1)
    t.match(stdout, /ERR_SPLIT_DNS_TARGET [^\n]*table 'az' has no key 'q'/)
    t.notMatch(stdout, /no rule matches/)
  }
})

t.test('text of strangers is shown, not obeyed', async t => {
  const { stdout } = await runMain([
    'explain',
    'b\u202e0.kafka.example',
    '--map',
    '*.kafka.example=127.0.0.1',
    '--verbose',
  ])
  t.notMatch(stdout, '\u202e')
  t.match(stdout, '\\u202e')
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
