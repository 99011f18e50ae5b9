import { inspect } from 'node:util'
import t from 'tap'
import { ConfigError, createSplitDns, parseMap, type SplitDns } from '../../src/index.js'
import { compileSources } from '../../src/map/compile.js'
import { settings } from './map/helpers.js'

const secret = 's3cr3tvalue'
const variable = 'KAFKA_SPLIT_DNS_VAR_SECRET'
const v = `\${${variable}}`
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

/** What each way of asking for the broker comes to; all fail, because nothing answers at port 9. */
async function failures(splitDns: SplitDns, host: string): Promise<readonly unknown[]> {
  const looked = new Promise(resolve => {
    splitDns.lookup(host, { port: 9092 } as object, (error: unknown) => resolve(error))
  })
  const resolved = splitDns.resolve(host, 9092).catch((error: unknown) => error)
  const connected = new Promise(resolve => {
    splitDns.socketFactory({ host, port: 9092, onConnect: () => undefined }).on('error', resolve)
  })
  return Promise.all([looked, resolved, connected])
}

for (const fallback of ['none', 'original'] as const) {
  for (const target of [`${v}.example`, `x-{a}.${v}.example`, `${v}.example:{port}`, `${v}.a.invalid|127.0.0.1:9`]) {
    t.test(`errors, log and rules of events show no value: ${target}, fallback ${fallback}`, async t => {
      const lines: unknown[] = []
      const log = (...args: readonly unknown[]) => void lines.push(args)
      const splitDns = createSplitDns({
        map: `{a}.k.example=${target}`,
        nameservers: '127.0.0.1:9',
        fallback,
        logger: { debug: log, info: log, warn: log, error: log },
      })
      t.teardown(() => splitDns.close())
      for (const event of ['lookup', 'connect'] as const)
        splitDns.on(event, payload => lines.push('rule' in payload ? payload.rule : null))
      const errors = await failures(splitDns, 'b.k.example')
      t.ok(errors.some(error => error instanceof Error))
      // What resolve() returns is the caller's answer: the targets are part of it.
      t.notMatch(whole(errors.filter(error => error instanceof Error)), secret)
      t.notMatch(whole(lines), secret)
    })
  }
}
