import { execFileSync } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { runMain } from '../../cli/fixtures/run-main.js'

const folder = t.testdir({ 'kafka-proxy': '#!/bin/sh\nfor argument in "$@"; do printf "%s\\n" "$argument"; done\n' })
chmodSync(join(folder, 'kafka-proxy'), 0o755)

/** What kafka-proxy would be called with. */
function argumentsOf(script: string, own: readonly string[] = []): string[] {
  const path = join(folder, 'run.sh')
  writeFileSync(path, script)
  const env = { ...process.env, PATH: `${folder}:${process.env['PATH'] ?? ''}` }
  return execFileSync('/bin/sh', [path, ...own], { env, encoding: 'utf8' })
    .trimEnd()
    .split('\n')
}

interface Case {
  readonly name: string
  readonly map: string
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Broker, listener's port, and where the proxy dials instead. */
  readonly mappings: readonly string[]
  readonly told?: readonly string[]
  readonly isClosed?: boolean
}

const cases: readonly Case[] = [
  {
    name: 'an exact rule with a port is a listener and where it leads',
    map: 'b0.example:9092=vpce.example, b1.example:9092=vpce.example:9001',
    mappings: ['b0.example:9092 32400 vpce.example:9092', 'b1.example:9092 32401 vpce.example:9001'],
  },
  {
    name: 'a rule without a port needs one',
    map: 'b0.example:9092=vpce.example, b1.example=vpce.example',
    mappings: ['b0.example:9092 32400 vpce.example:9092'],
    told: ["option map:1:31: rule 'b1.example': it names no port: give the brokers' port with --port"],
  },
  {
    name: '--port is the port of such rules, and of names without one',
    map: 'b0.example:9092=vpce.example, b1.example=vpce.example, b2.example=vpce.example:{port + 1}',
    args: ['--port', '9098', 'boot.example'],
    mappings: [
      'b0.example:9092 32400 vpce.example:9092',
      'b1.example:9098 32401 vpce.example:9098',
      'b2.example:9098 32402 vpce.example:9099',
      'boot.example:9098 32403',
    ],
  },
  {
    name: 'names with ports are how rules with captures are written',
    map: 'b-{n:int}.c.example:9098=nlb.example:{9000+n}',
    args: ['b-1.c.example:9098', 'b-2.c.example:9098'],
    mappings: ['b-1.c.example:9098 32400 nlb.example:9001', 'b-2.c.example:9098 32401 nlb.example:9002'],
    told: ["rule 'b-{n:int}.c.example:9098' (option map rule 1): only its names on the command line are written"],
  },
  {
    name: 'a name without a port is told',
    map: 'b0.example:9092=vpce.example',
    args: ['b1.example'],
    mappings: ['b0.example:9092 32400 vpce.example:9092'],
    told: ["the command line: 'b1.example' has no port: give HOST:PORT, or --port"],
  },
  {
    name: 'a name that is given keeps its letters, and stands once whatever they are',
    map: '*.c.example=vpce.example',
    args: ['B-1.C.example:9092', 'b-1.c.example.:9092'],
    mappings: ['B-1.C.example:9092 32400 vpce.example:9092'],
    told: ["rule '*.c.example' (option map rule 1): only its names on the command line"],
  },
  {
    name: 'listeners follow the first, and keep their ports when brokers are added behind',
    map: 'b1.example:9092=vpce.example, b0.example:9092=vpce.example',
    args: ['--listen', '192.0.2.7:1000'],
    mappings: ['b1.example:9092 1000 vpce.example:9092', 'b0.example:9092 1001 vpce.example:9092'],
  },
  {
    name: 'a listener for which no port is left is told',
    map: 'b1.example:9092=vpce.example, b0.example:9092=vpce.example',
    args: ['--listen', '127.0.0.1:65535'],
    mappings: ['b1.example:9092 65535 vpce.example:9092'],
    told: ['--listen: no port is left for the listener of b0.example:9092'],
  },
  {
    name: 'brokers that advertise addresses are brokers too',
    map: '10.0.0.1:9092=vpce.example, [2001:db8::1]:9092=[2001:db8::2]:9093',
    mappings: ['10.0.0.1:9092 32400 vpce.example:9092', '[2001:db8::1]:9092 32401 [2001:db8::2]:9093'],
  },
  {
    name: 'of several targets the first is dialled, which is told once a rule',
    map: '*.c.example=one.example|two.example',
    args: ['a.c.example:1', 'b.c.example:1'],
    mappings: ['a.c.example:1 32400 one.example:1', 'b.c.example:1 32401 one.example:1'],
    told: [
      "rule '*.c.example' (option map rule 1): only its names on the command line",
      "rule '*.c.example': kafka-proxy connects to one target: only the first, 'one.example', is written",
    ],
  },
  {
    name: 'a broker that no rule matches gets a listener and is dialled itself',
    map: 'b0.example:9092=b0.example',
    args: ['other.example:9092'],
    mappings: ['b0.example:9092 32400', 'other.example:9092 32401'],
  },
  {
    name: 'what is left to the system needs nothing, and what is refused is told',
    map: 'b0.example:9092=vpce.example, s.example=system, *.s.example=system, r.example:9092=refuse, *.r.example=refuse',
    mappings: ['b0.example:9092 32400 vpce.example:9092'],
    told: ["rule 'r.example:9092': kafka-proxy connects to every", "rule '*.r.example': kafka-proxy connects to every"],
  },
  {
    name: 'where the map refuses what no rule matches, no other broker is dialled',
    map: 'b0.example:9092=vpce.example, s.example:9092=system, r.example:9092=refuse, *.s.example=system',
    args: ['other.example:9092'],
    env: { KAFKA_SPLIT_DNS_UNMAPPED: 'refuse' },
    mappings: ['b0.example:9092 32400 vpce.example:9092', 's.example:9092 32401'],
    told: ["rule '*.s.example': it matches more brokers"],
    isClosed: true,
  },
  {
    name: 'settings that kafka-proxy lacks are told',
    map: 'b0.example:9092=vpce.example',
    env: {
      KAFKA_SPLIT_DNS_ALLOW: '192.0.2.0/24',
      KAFKA_SPLIT_DNS_NAMESERVERS: '192.0.2.53',
      KAFKA_SPLIT_DNS_FALLBACK: 'original',
      KAFKA_SPLIT_DNS_FAMILY: '4',
    },
    mappings: ['b0.example:9092 32400 vpce.example:9092'],
    told: [
      'KAFKA_SPLIT_DNS_ALLOW: addresses outside of 192.0.2.0/24 are not refused',
      "KAFKA_SPLIT_DNS_FALLBACK: there is no fallback to the broker's own name",
      'KAFKA_SPLIT_DNS_FAMILY: ',
      'KAFKA_SPLIT_DNS_NAMESERVERS: kafka-proxy resolves targets by its system, not by udp://192.0.2.53:53',
    ],
  },
  {
    name: 'a port that comes to none is told at its rule',
    map: 'b-{n:int}.example:1=nlb.example:{9000+n}, b0.example:60000=nlb.example:{port + 9000}',
    args: ['b-70000.example:1'],
    mappings: [],
    told: [
      "rule 'b-{n:int}.example:1': it matches more",
      "option map:1:43: b0.example:60000: rule 'b0.example:60000' (option map rule 2): the port of the target",
      "the command line: b-70000.example:1: rule 'b-{n:int}.example:1' (option map rule 1): the port of the target",
    ],
  },
]

for (const { name, map, args = [], env = {}, mappings, told = [], isClosed = false } of cases) {
  t.test(name, async t => {
    const command = ['export', '--to', 'kafka-proxy', '--partial', '--map', map, ...args]
    const { code, stdout, stderr } = await runMain(command, { env })
    t.equal(code, 0, stderr)
    const address = /^192/.test(args[1] ?? '') ? '192.0.2.7' : '127.0.0.1'
    const flags = mappings.flatMap(mapping => {
      const [broker = '', port = '', target] = mapping.split(' ')
      const listen = ['--bootstrap-server-mapping', `${broker},${address}:${port}`]
      return target === undefined ? listen : [...listen, '--dial-address-mapping', `${broker},${target}`]
    })
    const closed = isClosed ? ['--dynamic-listeners-disable'] : []
    t.strictSame(argumentsOf(stdout), ['server', ...flags, '--default-listener-ip', address, ...closed])
    const lines = stderr.split('\n').filter(line => line !== '' && !line.includes('with --tls-enable'))
    t.equal(lines.length, told.length, stderr)
    for (const part of told)
      t.ok(
        lines.some(line => line.includes(part)),
        `${part} in\n${stderr}`,
      )
  })
}

const run = (...args: string[]) => runMain(['export', '--to', 'kafka-proxy', ...args])

t.test('flags of the one who runs it go behind those of the map', async t => {
  const { stdout } = await run('--map', 'b0.example:9092=vpce.example')
  t.strictSame(argumentsOf(stdout, ['--tls-enable', 'a b']).slice(-2), ['--tls-enable', 'a b'])
})

t.test('each broker is told with its rule, and the map with its source', async t => {
  const { stdout } = await run('--partial', '--map', '*.c.example=vpce.example', 'b0.c.example:9092')
  t.match(stdout, /^# Written by kafka-split-dns export --to kafka-proxy from option map: /)
  t.match(stdout, "\n# b0.c.example:9092: '*.c.example' (option map rule 1)\n")
})

t.test('where something is dialled in place of a broker, what that does to TLS is told', async t => {
  const warned = /^kafka-split-dns export: warning: with --tls-enable .* sends that as SNI/
  t.match((await run('--map', 'b0.example:9092=vpce.example')).stderr, warned)
  t.equal((await run('--map', 'b0.example:9092=b0.example')).stderr, '')
})

t.test('without a broker nothing is written, because kafka-proxy needs one', async t => {
  const { code, stdout, stderr } = await run('--map', 's.example=system')
  t.same([code, stdout], [1, ''])
  t.match(stderr, 'the command line: no broker is known')
})
