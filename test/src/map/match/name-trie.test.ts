import t from 'tap'
import fc from '../../../fast-check.js'
import { ConfigError, isSplitDnsError } from '../../../../src/errors.js'
import { compileMap } from '../../../../src/map/compile.js'
import type { CompiledTable } from '../../../../src/map/match/compiled-table.js'
import { ask, settings, table } from '../helpers.js'
import { referenceDecision, referenceMatches, type ReferenceRule } from '../reference.js'

// Names are made of few parts, so that random names meet random rules.
const literal = fc.constantFrom('a', 'b', '1', 'a1', 'ab')
const capture = fc.constantFrom('{X}', '{X:int}', '{X:word}')
const label = fc.oneof(
  { weight: 4, arbitrary: literal },
  { weight: 3, arbitrary: capture },
  { weight: 2, arbitrary: fc.tuple(literal, capture).map(parts => parts.join('')) },
  { weight: 2, arbitrary: fc.tuple(capture, literal).map(parts => parts.join('')) },
  { weight: 2, arbitrary: fc.tuple(literal, fc.constant('-'), capture).map(parts => parts.join('')) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '{X:word}-{X:int}',
      '{X:int}-{X}',
      '{X}-{X:word}',
      '{X:int}a{X:word}',
      'a{X:int}-{X:word}-b',
    ),
  },
)
const octet = fc.constantFrom('10', '20', '1', '{X:int}')
const port = fc.constantFrom('', '', ':9092', ':9093')
const hostPattern = fc.oneof(
  {
    weight: 9,
    arbitrary: fc
      .tuple(fc.boolean(), fc.array(label, { minLength: 1, maxLength: 3 }))
      .map(([isWild, labels]) => [...(isWild ? ['*'] : []), ...labels, 'x'].join('.')),
  },
  { weight: 1, arbitrary: fc.constant('*') },
  { weight: 2, arbitrary: fc.tuple(octet, octet, octet, octet).map(octets => octets.join('.')) },
)
/** Captures get the names c0, c1 ... */
const named = (pattern: string) => {
  let count = 0
  return pattern.replace(/X/g, () => `c${count++}`)
}
const pattern = fc.tuple(hostPattern, port).map(([host, suffix]) => named(host) + suffix)
const rule: fc.Arbitrary<ReferenceRule> = fc.tuple(pattern, fc.nat(3), fc.nat(99)).map(([match, form, id]) => {
  const known = [...match.matchAll(/\{(c\d)/g)].map(found => found[1] ?? '')
  const [first] = known
  if (form === 0 || (first === undefined && form < 3)) return { match, to: `t${id}.example` }
  if (form === 3) return { match, to: match.startsWith('*') ? `t${id}.{*}.example` : `t${id}.{host}.example` }
  return { match, to: form === 1 ? `t${id}-{${first ?? ''}}.example` : `t${id}-{tab[${first ?? ''}]}.example` }
})
const rules = fc.array(rule, { minLength: 1, maxLength: 12 })
const part = fc.constantFrom(
  'a',
  'b',
  '1',
  'a1',
  'ab',
  '1a',
  'a-1',
  '1-a',
  'a-b',
  'a1-ab-b',
  'ba',
  'aa',
  '12',
  'a-',
  '-',
)
const host = fc.oneof(
  { weight: 6, arbitrary: fc.array(part, { minLength: 1, maxLength: 4 }).map(parts => [...parts, 'x'].join('.')) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(...Array.from({ length: 4 }, () => fc.constantFrom('10', '20', '1', '7')))
      .map(octets => octets.join('.')),
  },
)
const askedPort = fc.constantFrom(undefined, 9092, 9093, 9094)
const tables = { tab: { a: 'va', '1': 'v1', ab: 'vab', 'a-1': 'va1', '10': 'v10' } }

function compile(list: readonly ReferenceRule[]): CompiledTable | undefined {
  try {
    return compileMap([{ kind: 'inline', origin: 'map', map: { tables, rules: list } }], settings()).map
  } catch (error) {
    // Rules of one pattern, and targets too long or ending in a number: the generator makes some.
    if (error instanceof ConfigError) return undefined
    throw error
  }
}

const withoutTwins = (list: readonly ReferenceRule[]) => {
  const seen = new Set<string>()
  return list.filter(({ match }) => {
    const key = match.replace(/\{c\d/g, '{')
    return !seen.has(key) && seen.add(key)
  })
}

function decide(map: CompiledTable, name: string, asked: number | undefined): string | undefined {
  try {
    const { route } = map.decide(name, asked)
    return route.rule === null ? undefined : route.targets[0]?.host
  } catch (error) {
    if (isSplitDnsError(error)) return error.code
    throw error
  }
}

t.test('the table decides as a matcher that tries every rule', async t => {
  let decided = 0
  fc.assert(
    fc.property(rules, fc.array(fc.tuple(host, askedPort), { minLength: 25, maxLength: 25 }), (list, questions) => {
      const unique = withoutTwins(list)
      const map = compile(unique)
      if (map === undefined) return
      for (const [name, asked] of questions) {
        const expected = referenceDecision(unique, tables, name, asked)
        if (expected !== undefined) decided++
        // A computed name may be none: then the rule has decided all the same.
        const found = decide(map, name, asked)
        if (found !== expected && !(found === 'ERR_SPLIT_DNS_TARGET' && expected !== undefined)) {
          throw new Error(`${name}:${asked ?? ''} is ${found ?? 'unmapped'}, expected ${expected ?? 'unmapped'}`)
        }
      }
    }),
    { numRuns: 3000 },
  )
  t.ok(decided > 1000, 'enough names met a rule')
})

t.test('candidates are all rules whose name matches, in the order of the reference', async t => {
  fc.assert(
    fc.property(rules, host, askedPort, (list, name, asked) => {
      const unique = withoutTwins(list)
      const map = compile(unique)
      if (map === undefined) return
      const found = map.candidates(name, asked).filter(candidate => candidate.outcome !== 'port')
      const expected = referenceMatches(unique, name, asked).map(match => match.index)
      if (found.map(candidate => candidate.rule.index).join() !== expected.join()) {
        throw new Error(`${name}: ${found.map(c => c.rule.match).join(' ')}, expected ${expected.join()}`)
      }
    }),
    { numRuns: 3000 },
  )
  t.pass('no counterexample')
})

const orders: readonly { name: string; map: string; asked: [string, number?]; to: string }[] = [
  { name: 'a literal comes before a capture', map: '{n}.a.x=t2, b.a.x=t1', asked: ['b.a.x'], to: 't1:' },
  { name: 'labels compare from the right', map: 'b.{n}.x=t2, {n}.a.x=t1', asked: ['b.a.x'], to: 't1:' },
  { name: 'more literal characters come first', map: 'b{n}.x=t2, b-{n}.x=t1', asked: ['b-1.x'], to: 't1:' },
  { name: 'int comes before word', map: '{n:word}.x=t2, {n:int}.x=t1', asked: ['1.x'], to: 't1:' },
  { name: 'word comes before untyped', map: '{n}.x=t2, {n:word}.x=t1', asked: ['1.x'], to: 't1:' },
  { name: 'literal characters come before types', map: '{n:int}.x=t2, 1{n}.x=t1', asked: ['12.x'], to: 't1:' },
  { name: 'any label comes before *', map: '*.x=t2, {n}.x=t1', asked: ['1.x'], to: 't1:' },
  { name: 'the longer suffix comes first', map: '*.x=t2, *.a.x=t1', asked: ['b.a.x'], to: 't1:' },
  { name: '* alone comes last', map: '*=t2, *.x=t1', asked: ['a.x'], to: 't1:' },
  { name: '* alone matches every name', map: '*=t1', asked: ['a.b.c'], to: 't1:' },
  { name: '* alone matches no IPv4 address', map: '*=t1', asked: ['192.0.2.1'], to: 'unmapped system' },
  { name: '* alone matches no IPv6 address', map: '*=t1', asked: ['2001:db8::1'], to: 'unmapped system' },
  { name: "* does not match the zone's own name", map: '*.x=t1', asked: ['x'], to: 'unmapped system' },
  { name: '* covers several labels', map: '*.x=t1', asked: ['a.b.c.x'], to: 't1:' },
  {
    name: 'several captures compare from the left',
    map: '{a:word}-{b:int}.x=t2, {a:int}-{b}.x=t1',
    asked: ['1-2.x'],
    to: 't1:',
  },
  { name: 'a missing capture comes last', map: '-{a:word}-.x=t2, -{a:word}-{b}.x=t1', asked: ['-1--.x'], to: 't1:' },
  { name: 'the one with the port comes first', map: 'a.x=t2, a.x:9092=t1', asked: ['a.x', 9092], to: 't1:9092' },
  {
    name: 'the one without a port serves other ports',
    map: 'a.x:9092=t2, a.x=t1',
    asked: ['a.x', 9093],
    to: 't1:9093',
  },
  { name: 'the name decides before the port', map: '*.x:9092=t2, a.x=t1', asked: ['a.x', 9092], to: 't1:9092' },
  {
    name: 'a rule with a port is none for a question without',
    map: 'a.x:9092=t1',
    asked: ['a.x'],
    to: 'unmapped system',
  },
  {
    name: 'a less specific rule serves a port that the other lacks',
    map: 'a.x:9092=t2, *.x=t1',
    asked: ['a.x', 1],
    to: 't1:1',
  },
  { name: 'what ties goes to the first in the map', map: 'a{n}.x=t1, {n}b.x=t2', asked: ['aab.x'], to: 't1:' },
  {
    name: 'what ties goes to the first in the map, the other way round',
    map: '{n}b.x=t1, a{n}.x=t2',
    asked: ['aab.x'],
    to: 't1:',
  },
  {
    name: 'what ties in one label is decided by the next',
    map: '*.a{n}.x=t2, c.{n}b.x=t1',
    asked: ['c.aab.x'],
    to: 't1:',
  },
  {
    name: 'among patterns that tie a port does not decide',
    map: 'a{n}.x=t1, {n}b.x:9092=t2',
    asked: ['aab.x', 9092],
    to: 't1:9092',
  },
  {
    name: 'addresses compare like names',
    map: '10.{a:int}.0.1=t2, 10.2.0.{b:int}=t3, 10.2.{c:int}.1=t1',
    asked: ['10.2.0.1', 9],
    to: 't2:9',
  },
  {
    name: 'more than four captures at one place are found',
    map: ['a', 'b', 'c', 'd', 'e', 'f'].map((p, i) => `${p}-{n:int}.x=t${i}`).join(),
    asked: ['e-1.x'],
    to: 't4:',
  },
  {
    name: 'many ports of one name are found',
    map: Array.from({ length: 50 }, (_, i) => `{n}.x:${9000 + i}=t${i}`).join(),
    asked: ['a.x', 9031],
    to: 't31:9031',
  },
]
for (const c of orders) t.test(c.name, async t => t.equal(ask(table(c.map), ...c.asked), c.to))
