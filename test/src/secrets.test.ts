import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect, promisify } from 'node:util'
import t from 'tap'
import { ConfigError, parseMap } from '../../src/index.js'
import { compileSources } from '../../src/map/compile.js'
import { loaderFlags, moduleFile } from '../project.js'
import { outputsOf, reference as v, secret, situations, targets, variable } from './fixtures/secret-world.js'
import { settings } from './map/helpers.js'
import { runMain } from './tools/cli/fixtures/run-main.js'

process.env[variable] = secret

/** All that a log could show of the value: causes, hidden properties and what lies deep. */
const whole = (value: unknown) => inspect(value, { showHidden: true, depth: Infinity, maxArrayLength: null })

const rule = (match: string, to: string, more = '') => `rules:\n  - { match: "${match}", to: "${to}"${more} }\n`

/** Maps with the secret in each place, most of them with a fault there, because faults quote what they find. */
const documents: Readonly<Record<string, string>> = {
  'a pattern twice': rule(`a.${v}.example`, 't.example') + `  - { match: "a.${v}.example", to: t.example }\n`,
  'a pattern that ties':
    rule(`x-{b:word}.${v}.example`, 't.example') + `  - { match: "{a:word}-x.${v}.example", to: u.example }\n`,
  'a pattern with a bad character': rule(`a b.${v}.example`, 't.example'),
  'a pattern too long': rule(`${v.repeat(40)}.example`, 't.example'),
  "a pattern's port": rule(`a.example:${v}`, 't.example'),
  "a capture's name": rule(`{${v}:int}.example`, '{x}.example'),
  "a capture's name, twice": rule(`{${v}:int}-{${v}:int}.example`, 't.example'),
  "a capture's type": rule(`{x:${v}}.example`, 't.example'),
  'a literal between two captures': rule(`{a:word}${v}{b:word}.example`, 't.example'),
  'a target with a bad character': rule('a.example', `t .${v}.example`),
  'a target that is a URL': rule('a.example', `https://${v}.example`),
  "a target's port": rule('a.example', `t.example:${v}`),
  "a target's sum": rule('{n:int}.example', `t.example:{n + ${v}}`),
  "a target's capture": rule('a.example', `{${v}}.example`),
  "a target's table": rule('{a}.example', `{${v}[a]}.example`),
  "a table's key and name": `tables:\n  t${v}:\n    ${v}: "${v} x"\n${rule('a.example', 't.example')}`,
  "a table's value": `tables:\n  t:\n    a: "${v}"\n${rule('{a}.example', '{t[a]}.example')}`,
  nameservers: rule('a.example', 't.example', `, nameservers: "${v}"`),
  allow: rule('a.example', 't.example', `, allow: "${v}"`),
  fallback: rule('a.example', 't.example', `, fallback: "${v}"`),
  "a zone's name": `rules:\n  - match: a.example\n    to: { "${v}": "t .${v}.example" }\n`,
  "a profile's name": `profiles:\n  "a,${v}":\n    - { match: "a b.${v}.example", to: t.example }\n`,
  'an unknown key': `rulez${v}: []\n`,
}

for (const [place, text] of Object.entries(documents)) {
  t.test(`faults and warnings show no value: ${place}`, async t => {
    const source = { kind: 'file', origin: 'map.yaml', text } as const
    const compiled = compileSources([source, source], { ...settings({ env: process.env }), thorough: true })
    const { faults, warnings, overridden } = compiled
    t.notMatch(whole({ faults, warnings, overridden }), secret)
    t.ok(text.includes(v))
    try {
      parseMap(text)
    } catch (error) {
      t.ok(error instanceof ConfigError)
      t.notMatch(whole(error), secret)
    }
  })
}

for (const fallback of ['none', 'original'] as const) {
  for (const target of targets) {
    for (const situation of situations) {
      t.test(
        `errors, log, events, traces and metrics show no value: ${target}, fallback ${fallback}, ${situation}`,
        async t => {
          const { errors, said } = await outputsOf(target, fallback, situation)
          t.ok(errors.length > 0)
          t.match(whole(said), variable)
          // What resolve() returns is the caller's answer: the targets are part of it.
          t.notMatch(whole(errors), secret)
          t.notMatch(whole(said), secret)
        },
      )
    }
  }
}

t.test('the lines of NODE_DEBUG show no value', async t => {
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    [...loaderFlags, moduleFile('test/src/observe/fixtures/secret-debug-lines')],
    { env: { ...process.env, NODE_DEBUG: 'kafka-split-dns' }, maxBuffer: 2 ** 26 },
  )
  for (const kind of ['start', 'lookup', 'connect', 'refused', 'stale', 'query', 'reload'])
    t.match(stderr, new RegExp(`KAFKA-SPLIT-DNS \\d+: ${kind} `))
  t.match(stderr, variable)
  t.notMatch(stdout + stderr, secret)
})

const folder = mkdtempSync(join(tmpdir(), 'kafka-split-dns-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

/** A command with that text as its map. Nothing leaves this machine: what no rule maps is refused. */
function run(text: string, ...args: readonly string[]) {
  const file = join(folder, 'map.yaml')
  writeFileSync(file, text)
  return runMain(args, {
    env: {
      [variable]: secret,
      KAFKA_SPLIT_DNS_MAP_FILE: file,
      KAFKA_SPLIT_DNS_NAMESERVERS: '127.0.0.1:9',
      KAFKA_SPLIT_DNS_FALLBACK: 'none',
      KAFKA_SPLIT_DNS_UNMAPPED: 'refuse',
      KAFKA_SPLIT_DNS_TIMEOUT_MS: '60',
    },
  })
}

const host = 'b0.k.example:9092'
const commands: readonly (readonly string[])[] = [
  ['check'],
  ['check', '--json'],
  ['explain', host],
  ['explain', '--json', host],
  ['doctor', host],
  ['doctor', '--json', host],
  ...['coredns', 'nodelocal', 'hosts', 'kyverno'].map(format => ['export', '--to', format, '--partial']),
]

t.test('commands show no value of a map that is at fault', async t => {
  for (const [place, text] of Object.entries(documents)) {
    const { code } = await run(text, 'check')
    for (const args of code === 0 ? [['check'], ['check', '--json']] : commands) {
      const { stdout, stderr } = await run(text, ...args)
      t.notMatch(stdout + stderr, secret, `${args.join(' ')}: ${place}`)
    }
  }
})

t.test('commands show a value as the target that they were asked for, and nowhere else', async t => {
  for (const target of targets.map(text => text.split('|')[0] ?? '')) {
    const text = rule('{a}.k.example', target)
    // The names that a broker leads to are what these are asked for.
    const expanded = new RegExp(`${secret}\\.(example|a\\.invalid)`, 'g')
    for (const args of commands) {
      const { stdout, stderr } = await run(text, ...args)
      const isAsked = args[0] !== 'check'
      t.notMatch(isAsked ? stdout.replace(expanded, '') : stdout, secret, `${args.join(' ')}: ${target}`)
      t.notMatch(stderr, secret, `${args.join(' ')} on standard error: ${target}`)
    }
  }
})
