import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { formats } from '../../../../../src/tools/export/formats/formats.js'
import { deadPort } from '../../../connect/fixtures/servers.js'
import { runBin, startBin } from '../fixtures/run-bin.js'
import { runMain } from '../fixtures/run-main.js'

// Each process takes its time to start on a busy machine.
t.setTimeout(400_000)

const folder = t.testdir({
  'good.yaml': 'rules:\n- match: b0.kafka.example\n  to: 192.0.2.1\n',
  'part.yaml':
    'rules:\n- match: b0.kafka.example\n  to: 192.0.2.1\n- match: "b1.kafka.example:9092"\n  to: 192.0.2.2\n',
  'bad.yaml': 'rules:\n- match: "*.kafka.example"\n  too: x\n- match: "b.*.example"\n  to: x.example\n',
  out: {},
})
const file = (name: string) => join(folder, name)
const run = (...args: string[]) => runMain(['export', ...args])

const sidecar = ['--to', 'kyverno', '--sidecar', '--cluster-dns']

const badUsage: { name: string; args: string[]; said: RegExp }[] = [
  { name: 'no format', args: [], said: /--to is missing: expected one of coredns, nodelocal, hosts, / },
  {
    name: 'an unknown format',
    args: ['--to', 'corends'],
    said: /no such format: 'corends' \(did you mean 'coredns'\?\): /,
  },
  { name: 'a format of Object.prototype', args: ['--to', 'constructor'], said: /no such format: 'constructor'/ },
  { name: 'an empty format', args: ['--to', ''], said: /no such format: ''/ },
  {
    name: 'a flag that says nothing',
    args: ['--to', 'hosts', '--port', '1'],
    said: /the format hosts has no --port/,
  },
  {
    name: 'another that says nothing',
    args: ['--to', 'coredns', '--cluster-domain', 'x'],
    said: /the format coredns has no --cluster-domain/,
  },
  {
    name: 'names for a format without',
    args: ['--to', 'coredns', 'b0.x'],
    said: /coredns takes no names, found 'b0\.x'/,
  },
  { name: 'a name that is none', args: ['--to', 'hosts', 'a#b'], said: /'a#b' is not a host name/ },
  { name: 'a name with two dots', args: ['--to', 'hosts', 'a..b'], said: /'a\.\.b' is not a host name/ },
  { name: 'a URL', args: ['--to', 'hosts', 'https://a.x'], said: /found the URL/ },
  { name: 'port 0', args: ['--to', 'kafka-proxy', '--port', '0'], said: /--port: expected a port from 1 to 65535/ },
  { name: 'no port', args: ['--to', 'kafka-proxy', '--port', ''], said: /--port: expected a port/ },
  {
    name: 'a listener by name',
    args: ['--to', 'kafka-proxy', '--listen', 'x:1'],
    said: /--listen: expected ADDRESS:PORT/,
  },
  {
    name: 'a listener without port',
    args: ['--to', 'kafka-proxy', '--listen', '::1'],
    said: /--listen: expected ADDRESS:PORT/,
  },
  {
    name: 'listening everywhere',
    args: ['--to', 'kafka-proxy', '--listen', '0.0.0.0:1'],
    said: /an address that clients can/,
  },
  { name: 'listening on ::', args: ['--to', 'kafka-proxy', '--listen', '[::]:1'], said: /an address that clients can/ },
  { name: 'an annotation with two slashes', args: ['--to', 'kyverno', '--annotation', 'a/b/c'], said: /DOMAIN\/NAME/ },
  {
    name: 'an annotation with quotes',
    args: ['--to', 'kyverno', '--annotation', 'a/"b'],
    said: /expected DOMAIN\/NAME/,
  },
  { name: 'an empty annotation', args: ['--to', 'kyverno', '--annotation', ''], said: /expected DOMAIN\/NAME/ },
  { name: 'a sidecar of a format without', args: ['--to', 'hosts', '--sidecar'], said: /hosts has no --sidecar/ },
  { name: 'an image without a sidecar', args: ['--to', 'kyverno', '--image', 'x'], said: /no --image without --side/ },
  {
    name: "no cluster's nameserver",
    args: ['--to', 'kyverno', '--sidecar'],
    said: /--cluster-dns is missing: .*kubec/,
  },
  {
    name: "a cluster's nameserver by name",
    args: [...sidecar, 'kube-dns'],
    said: /--cluster-dns: expected an address/,
  },
  {
    name: 'the pod itself',
    args: [...sidecar, '127.0.0.1'],
    said: /nameserver .*, found the pod itself: '127\.0\.0\.1'/,
  },
  { name: 'an image with a variable', args: [...sidecar, '192.0.2.10', '--image', '{{x}}'], said: /an image such as/ },
  { name: 'a port that is none', args: [...sidecar, '192.0.2.10', '--port', '9092,'], said: /--port: expected a port/ },
  {
    name: 'a cluster domain that is none',
    args: ['--to', 'nodelocal', '--cluster-domain', 'a b'],
    said: /--cluster-domain: 'a b' is not a domain name/,
  },
]

for (const { name, args, said } of badUsage) {
  t.test(`${name} is one line on standard error, and exit code 2`, async t => {
    const { code, stdout, stderr } = await run(...args, '--map', 'a.example=192.0.2.1')
    t.same([code, stdout], [2, ''])
    t.match(stderr, said)
    t.equal(stderr.trim().split('\n').length, 1)
  })
}

t.test('a bad line of standard input stops all', async t => {
  const args = ['export', '--to', 'hosts', '--map', '*.example=192.0.2.1', '--partial', '-']
  const { code, stdout, stderr } = await runMain(args, { stdin: 'a.example\nb c\n' })
  t.same([code, stdout], [2, ''])
  t.match(stderr, 'expected HOST or HOST:PORT, found "b c"')
})

t.test('- is the names of standard input, one a line, beside those of the command line', async t => {
  const args = ['export', '--to', 'hosts', '--map', '*.example=192.0.2.1', '--partial', 'z.example', '-']
  const { code, stdout } = await runMain(args, { stdin: 'b.example\r\n\n  a.example:9092\n' })
  t.equal(code, 0)
  t.same(
    stdout.split('\n').filter(line => /^[^#]/.test(line)),
    ['192.0.2.1 a.example', '192.0.2.1 b.example', '192.0.2.1 z.example'],
  )
})

for (const { name: to } of formats) {
  t.test(`${to}: a map with faults is told with every line, and nothing is written`, async t => {
    const out = file(`out/${to}`)
    const { code, stdout, stderr } = await run('--to', to, '--map-file', file('bad.yaml'), '--out', out, '--partial')
    t.same([code, stdout], [1, ''])
    t.match(stderr, /bad\.yaml:3:3: unknown key 'too'.*\n {2}3 \| {3}too: x\n/)
    t.match(stderr, /bad\.yaml:4:13: .*\n {2}4 \| /)
    t.notOk(existsSync(out))
  })

  t.test(`${to}: no map at all, and a map that is switched off, are one line and exit code 1`, async t => {
    const none = await run('--to', to)
    t.same([none.code, none.stdout], [1, ''])
    t.equal(none.stderr, 'kafka-split-dns export: no map is set: --map-file names one\n')
    const args = ['export', '--to', to, '--map-file', file('good.yaml'), '--partial']
    const off = await runMain(args, { env: { KAFKA_SPLIT_DNS_DISABLE: '1' } })
    t.same([off.code, off.stdout], [1, ''])
    t.equal(off.stderr, 'kafka-split-dns export: KAFKA_SPLIT_DNS_DISABLE is set: no map is in force\n')
  })

  // AWS takes no batch without a change.
  if (to === 'route53') continue
  t.test(`${to}: a map without a rule in force can be written`, async t => {
    const { code, stdout } = await run('--to', to, '--map', ' ', '--map-file', emptyMap(), '--partial')
    t.equal(code, 0)
    t.match(stdout, `Written by kafka-split-dns export --to ${to} from `)
  })
}

function emptyMap(): string {
  writeFileSync(file('empty.yaml'), 'rules: []\n')
  return file('empty.yaml')
}

t.test('a map that cannot be read, or fetched, is one line and exit code 1', async t => {
  const none = await run('--to', 'hosts', '--map-file', file('none.yaml'))
  t.equal(none.code, 1)
  t.match(none.stderr, /none\.yaml: no such file/)
  const env = { KAFKA_SPLIT_DNS_MAP_URL: `http://127.0.0.1:${await deadPort()}/map` }
  const { code, stderr } = await runMain(['export', '--to', 'coredns'], { env })
  t.equal(code, 1)
  t.match(stderr, /\/map: can't be fetched: connect ECONNREFUSED/)
})

t.test('what can not be expressed is told with its place and stops it; --partial writes the rest', async t => {
  const args = ['--to', 'hosts', '--map-file', file('part.yaml')]
  const whole = await run(...args)
  t.same([whole.code, whole.stdout], [1, ''])
  t.match(
    whole.stderr,
    /^not expressed: .*part\.yaml:4:\d+: rule 'b1\.kafka\.example:9092': a list of names has no ports\n/m,
  )
  t.match(whole.stderr, "kafka-split-dns export: hosts can't express this: --partial writes the rest\n")
  const part = await run(...args, '--partial')
  t.equal(part.code, 0)
  t.match(part.stdout, /\n192\.0\.2\.1 b0\.kafka\.example\n$/)
  t.match(part.stdout, '#   ' + `${file('part.yaml')}:4:`)
  t.match(part.stderr, /part\.yaml:4:\d+: rule/)
  t.notMatch(part.stderr, "can't express")
})

for (const to of ['hosts', 'hostaliases', 'kafka-proxy']) {
  t.test(
    `${to}: a wildcard needs no --partial once a name of it is given, and a warning says what is written`,
    async t => {
      const map = ['--map', '*.k.example=192.0.2.1']
      const { code, stdout, stderr } = await run('--to', to, ...map, 'b1.k.example:9092')
      t.equal(code, 0)
      t.match(stdout, /b1\.k\.example/)
      t.match(
        stderr,
        "warning: rule '*.k.example' (option map rule 1): only its names on the command line are written\n",
      )
      t.notMatch(stderr, 'not expressed')
      const other = await run('--to', to, ...map, 'b1.other.example:9092')
      t.equal(other.code, 1)
      t.match(other.stderr, "not expressed: option map:1:1: rule '*.k.example': it matches more")
    },
  )
}

t.test('--out is complete or as it was, and nothing is left beside it', async t => {
  const out = file('out/hosts.txt')
  const args = ['--to', 'hosts', '--out', out, '--map-file']
  t.equal((await run(...args, file('part.yaml'))).code, 1)
  t.notOk(existsSync(out))
  const { code, stdout } = await run(...args, file('good.yaml'))
  t.same([code, stdout], [0, ''])
  const before = readFileSync(out, 'utf8')
  t.equal(before, (await run('--to', 'hosts', '--map-file', file('good.yaml'))).stdout)
  t.equal((await run(...args, file('part.yaml'))).code, 1)
  t.equal(readFileSync(out, 'utf8'), before)
  t.same(readdirSync(file('out')), ['hosts.txt'])
})

t.test('a file that cannot be written is one line and exit code 1', async t => {
  for (const out of [file('none/x'), folder]) {
    const { code, stdout, stderr } = await run('--to', 'coredns', '--map-file', file('good.yaml'), '--out', out)
    t.same([code, stdout], [1, ''])
    t.match(stderr, /^kafka-split-dns export: can't write .*\n$/)
  }
})

const byZone = '{ a: 192.0.2.1, b: 192.0.2.2, c: 192.0.2.3, d: 192.0.2.4, e: 192.0.2.5 }'
writeFileSync(file('zones.yaml'), `rules: [{ match: b0.kafka.example, to: ${byZone} }]\n`)

for (const to of ['hosts', 'hostaliases', 'kafka-proxy', 'kyverno', 'coredns', 'nodelocal']) {
  t.test(`${to}: two processes write the same, also of targets by zone without a zone`, async t => {
    const args = ['export', '--to', to, '--partial', '--map-file', file('zones.yaml')]
    if (to === 'kafka-proxy') args.push('--port', '9092')
    const first = await runBin(args)
    t.equal(first.code, 0)
    t.match(first.stdout, '192.0.2.')
    t.same(await runBin(args), first)
  })
}

t.test('a closed pipe is no error', async t => {
  const rules = Array.from({ length: 3000 }, (_, index) => `b${index}.kafka.example=192.0.2.1`).join()
  const child = startBin(['export', '--to', 'coredns'], { env: { KAFKA_SPLIT_DNS_MAP: rules } })
  child.stdin.end()
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk))
  child.stdout.once('data', () => child.stdout.destroy())
  const code = await new Promise(resolve => child.once('close', resolve))
  t.same([code, stderr], [0, ''])
})

t.test('--help tells every format and every flag', async t => {
  const { code, stdout } = await run('--help')
  t.equal(code, 0)
  for (const { name, summary } of formats) t.match(stdout, `    ${name.padEnd(15)}${summary}`)
  for (const flag of ['to', 'out', 'partial', 'cluster-domain', 'port', 'listen', 'annotation', 'map', 'map-file'])
    t.match(stdout, `  --${flag} `)
})
