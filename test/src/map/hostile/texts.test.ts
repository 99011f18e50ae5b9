import t from 'tap'
import fc from '../../../fast-check.js'
import { ConfigError, isSplitDnsError } from '../../../../src/errors.js'
import { compileSources } from '../../../../src/map/compile.js'
import { reviewMap } from '../../../../src/tools/review/review.js'
import { compileMap } from '../../../../src/map/compile.js'
import { parseMap } from '../../../../src/map/parse.js'
import { isFullRun } from '../../../full-run.js'
import { inlineSource, settings, table, yamlSource, yamlTable } from '../helpers.js'

function onlyConfigError(work: () => unknown): void {
  try {
    work()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    if (error.faults.length === 0 || error.faults.some(fault => fault.message === ''))
      throw new Error('a fault says nothing')
  }
}

const scrap = fc.constantFrom(
  'rules:',
  'tables:',
  'profiles:',
  'version: 1',
  '\n',
  '\n  ',
  '\n    ',
  '- ',
  'match: ',
  'to: ',
  'a.x',
  '*',
  '*.x',
  '"',
  "'",
  '{',
  '}',
  '[',
  ']',
  ':',
  ': ',
  ',',
  '|',
  '=',
  '{n}',
  '{n:int}',
  '{host}',
  '{*}',
  '{az[n]}',
  '{9000 + n}',
  '${X}',
  '${',
  '${NAMESPACE:-a}',
  '&a ',
  '*a',
  '<<',
  '!!int ',
  '#',
  '\t',
  '\r\n',
  '---',
  '192.0.2.1',
  '::1',
  '[::1]',
  ':9092',
  'system',
  'refuse',
  'ü',
  '\u0000',
  '\u2028',
  '__proto__',
  '%',
  '?',
  '>',
  '\\',
  'allow: ',
  'x-',
)
const scraps = fc.array(scrap, { maxLength: 30 }).map(parts => parts.join(''))
const text = fc.oneof(scraps, fc.string({ maxLength: 60 }), fc.string({ unit: 'binary', maxLength: 40 }))

t.test('no text makes reading or compiling throw anything but ConfigError', async t => {
  fc.assert(
    fc.property(text, text, (a, b) => {
      onlyConfigError(() => parseMap(a))
      onlyConfigError(() => parseMap(a, { format: 'yaml', env: { X: b } }))
      onlyConfigError(() => parseMap(a, { format: 'inline', env: { X: b } }))
      onlyConfigError(() => compileMap([inlineSource(a), yamlSource(b)], settings({ profiles: [a], zone: b })))
      reviewMap(compileSources([yamlSource(a), inlineSource(b)], settings({ thorough: true })), [])
    }),
    { numRuns: isFullRun ? 4000 : 400 },
  )
  t.pass('no counterexample')
})

const value: fc.Arbitrary<unknown> = fc.letrec(tie => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.anything({ maxDepth: 2 }),
    scraps,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(
      fc.constantFrom('rules', 'match', 'to', 'tables', 'profiles', 'version', 'allow', '__proto__', 'a'),
      tie('value'),
      { maxKeys: 4 },
    ),
  ),
})).value

t.test('no object makes compiling throw anything but ConfigError, and none is changed', async t => {
  fc.assert(
    fc.property(value, map => {
      const before = fc.stringify(map)
      onlyConfigError(() =>
        compileMap([{ kind: 'inline', origin: 'map', map: map as object }], settings({ profiles: ['a'] })),
      )
      if (fc.stringify(map) !== before) throw new Error('the object was changed')
    }),
    { numRuns: isFullRun ? 4000 : 400 },
  )
  t.pass('no counterexample')
})

t.test('a document that is written as JSON or YAML is read alike', async t => {
  const rules = fc.array(fc.record({ match: scraps, to: fc.oneof(scraps, fc.array(scraps, { maxLength: 3 })) }), {
    maxLength: 4,
  })
  fc.assert(
    fc.property(rules, list => {
      const outcome = (work: () => unknown) => {
        try {
          return JSON.stringify(work())
        } catch (error) {
          if (!(error instanceof ConfigError)) throw error
          return error.faults.map(fault => fault.message.replace(/(line \d+|map:\d+|rules\[.*)$/, '')).join('\n')
        }
      }
      const env = { X: 'x' }
      const json = outcome(() => parseMap(JSON.stringify({ rules: list }), { format: 'yaml', env }))
      const pretty = outcome(() => parseMap(JSON.stringify({ rules: list }, null, 2), { format: 'yaml', env }))
      if (json !== pretty) throw new Error(`${json}\n${pretty}`)
    }),
    { numRuns: 1000 },
  )
  t.pass('no counterexample')
})

t.test('no host makes deciding throw anything but SplitDnsError', async t => {
  const map = yamlTable(`
tables: { az: { a: x } }
rules:
  - { match: "*", to: "{*}.{host}.example:{port + 1}" }
  - { match: "{a}.{b:int}.x", to: "{az[a]}.{b}" }
  - { match: "10.{a:int}.{b}.{c}", to: "{a}.{b}.{c}.10" }
  - { match: "[::1]", to: "{host}" }
`)
  const part = fc.constantFrom(
    'a',
    '.',
    '1',
    'x',
    '-',
    '_',
    ':',
    '[',
    ']',
    '10',
    '::1',
    'ü',
    '。',
    '%',
    '\u0000',
    ' ',
    'xn--',
    'a'.repeat(64),
    '..',
    '0x',
    '１',
  )
  const host = fc.oneof(
    fc.array(part, { maxLength: 12 }).map(parts => parts.join('')),
    fc.string(),
    fc.string({ unit: 'binary' }),
  )
  fc.assert(
    fc.property(host, fc.oneof(fc.constant(undefined), fc.integer(), fc.double()), (name, port) => {
      for (let round = 0; round < 2; round++) {
        try {
          map.decide(name, port)
        } catch (error) {
          if (!isSplitDnsError(error)) throw error
        }
        map.candidates(name, port)
      }
    }),
    { numRuns: isFullRun ? 20_000 : 2000 },
  )
  t.pass('no counterexample')
})

t.test('a host of a million characters, or of very many labels, is decided soon', async t => {
  const map = table('*=t')
  for (const host of ['a'.repeat(1e6), 'a.'.repeat(5e5), 'ü'.repeat(1e6), '.'.repeat(1e6), '['.repeat(1e6)]) {
    t.equal(map.decide(host, 1).route.rule, null)
  }
  t.equal(map.decide('a.'.repeat(127).slice(0, -1)).route.rule?.match, '*')
})

t.test('a flood of hosts whose keys a table lacks is told of a bounded number of times', async t => {
  let told = 0
  const map = yamlTable(
    'tables: { az: { a: x } }\nrules:\n- { match: "{z}.x", to: "{az[z]}.y" }\n- { match: "*.x", to: other }\n',
    {
      warn: () => told++,
    },
  )
  for (let index = 0; index < 5000; index++) map.decide(`k${index}.x`)
  t.equal(told, 1000)
})
