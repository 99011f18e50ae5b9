import fc from '../../../fast-check.js'
import type { CaptureType, LabelSpec, PatternSpec, RuleSpec, Tables, TargetSpec } from './reference.js'

// Few letters, so that patterns meet: names that only one pattern matches prove little.
const text = fc.constantFrom('a', 'b', 'ab', 'a1', '1', '12', '-', '-a', 'b-', 'x', '1x', '_')
const literalLabel: fc.Arbitrary<LabelSpec> = fc
  .constantFrom('a', 'b', 'a1', '1', 'ab', 'a-b', 'x', '1-1')
  .map(label => [label])
const between = fc.constantFrom('-', '-a', 'a-', '--', 'x', '1-', '-1', '_')
const typed = fc.constantFrom<CaptureType>('int', 'word')

const holds = { int: /^[0-9]$/, word: /^[a-z0-9]$/, any: /^[a-z0-9_-]$/ } as const

/** Labels with captures that the contract allows: a match is unique. Captures are called by their place. */
const captureLabel: fc.Arbitrary<LabelSpec> = fc
  .record({
    types: fc.array(typed, { minLength: 1, maxLength: 3 }),
    untyped: fc.option(fc.nat(2)),
    first: fc.option(text),
    last: fc.option(text),
    literals: fc.array(between, { minLength: 2, maxLength: 2 }),
  })
  .map(({ types, untyped, first, last, literals }) => {
    const all = types.map((type, index) => (index === untyped ? 'any' : type))
    const parts: LabelSpec[number][] = first === null ? [] : [first]
    all.forEach((type, index) => {
      if (index > 0) parts.push(literals[index - 1] ?? '-')
      parts.push({ name: 'c', type })
    })
    return last === null ? parts : [...parts, last]
  })
  .filter(isUnique)

/** Each literal between captures ends every capture on one side of some capture, which takes what is left. */
function isUnique(label: LabelSpec): boolean {
  const captures = label.filter(part => typeof part !== 'string')
  const literals = label.filter((part, index) => typeof part === 'string' && index > 0 && index < label.length - 1)
  const ends = (type: CaptureType, literal: unknown) =>
    Array.from(String(literal)).some(character => !holds[type].test(character))
  return captures.some((_, pivot) =>
    captures.every(
      ({ type }, index) => index === pivot || ends(type, index < pivot ? literals[index] : literals[index - 1]),
    ),
  )
}

const rename = (labels: readonly LabelSpec[]): readonly LabelSpec[] => {
  let number = 0
  return labels.map(label => label.map(part => (typeof part === 'string' ? part : { ...part, name: `c${number++}` })))
}

const port = fc.option(fc.constantFrom(1, 2), { nil: undefined })
const label = fc.oneof({ weight: 2, arbitrary: literalLabel }, { weight: 3, arbitrary: captureLabel })

const namePattern: fc.Arbitrary<PatternSpec> = fc
  .record({
    star: fc.boolean(),
    labels: fc.array(label, { maxLength: 3 }),
    last: fc.constantFrom('a', 'b'),
    port,
    isBare: fc.boolean(),
  })
  .map(({ star, labels, last, port, isBare }) => {
    // A name that ends in a number is no name, so the last label is a word; a lone * has none.
    const all = star && isBare && labels.length === 0 ? [] : [...labels, [last]]
    return { kind: 'name' as const, star, labels: rename(all), port }
  })

/** One letter beside one capture, in one zone: many of them match the same names, and none is more specific. */
const tyingPattern: fc.Arbitrary<PatternSpec> = fc
  .record({
    letter: fc.constantFrom('a', 'b'),
    type: fc.constantFrom<CaptureType>('word', 'any'),
    isFirst: fc.boolean(),
    port,
  })
  .map(({ letter, type, isFirst, port }) => {
    const capture = { name: 'c', type }
    return { kind: 'name', star: false, labels: [isFirst ? [letter, capture] : [capture, letter], ['a']], port }
  })

const octet: fc.Arbitrary<LabelSpec> = fc.oneof(
  fc.constantFrom('0', '1', '10', '255').map(text => [text]),
  fc.constantFrom<CaptureType>('int', 'word', 'any').map(type => [{ name: 'c', type }]),
)
// Four whole captures are a name, unless each is a number.
const isAddress = (octets: readonly LabelSpec[]) =>
  octets.some(([part]) => typeof part === 'string') ||
  octets.every(([part]) => typeof part === 'object' && part.type === 'int')
const ipv4Pattern: fc.Arbitrary<PatternSpec> = fc
  .record({ octets: fc.array(octet, { minLength: 4, maxLength: 4 }), port })
  .filter(({ octets }) => isAddress(octets))
  .map(({ octets, port }) => ({ kind: 'ipv4' as const, star: false, labels: rename(octets), port }))

const ipv6Pattern: fc.Arbitrary<PatternSpec> = fc
  .record({ address: fc.constantFrom('2001:db8::1', '2001:db8::2', '2001:db8::1:1'), port })
  .map(({ address, port }) => ({ kind: 'ipv6' as const, star: false, labels: [[address]], port }))

const pattern = fc.oneof(
  { weight: 7, arbitrary: namePattern },
  { weight: 2, arbitrary: tyingPattern },
  { weight: 2, arbitrary: ipv4Pattern },
  ipv6Pattern,
)

export const tables: Tables = { t: { '1': 'one', a: 'ay', A1: 'a.one', 'a-b': 'ab' }, none: {} }

/** Targets that name only what the pattern has. */
function target({ star, labels }: PatternSpec): fc.Arbitrary<TargetSpec> {
  const captures = labels.flat().filter(part => typeof part !== 'string')
  const names = [...captures.map(({ name }) => name), 'host', ...(star ? ['*'] : [])]
  const ints = captures.filter(({ type }) => type === 'int').map(({ name }) => name)
  const part = fc.oneof(
    fc.constantFrom('svc', 'x-', '.', 'y'),
    fc.constantFrom(...names).map(name => `{${name}}`),
    fc
      .tuple(fc.constantFrom('t', 'none', 't', 't'), fc.constantFrom(...names))
      .map(([table, name]) => `{${table}[${name}]}`),
  )
  const host = fc.array(part, { maxLength: 3 }).map(parts => `z${parts.join('')}.test`)
  const term = fc.oneof(fc.constantFrom(0, 1, 9000, 65535), fc.constantFrom('port', ...ints))
  const rest = fc.array(fc.record({ sign: fc.constantFrom<1 | -1>(1, -1), term }), { maxLength: 3 })
  const sum = fc
    .tuple(term, rest)
    // A sum of numbers alone is judged when the map is read; here each has a name.
    .map(([first, more]) => [{ sign: 1 as const, term: first }, ...more, { sign: 1 as const, term: 'port' }])
  // Two dots side by side in a constant are a fault when the map is read.
  return fc.record({ host: host.filter(text => !text.includes('..')), port: fc.oneof(fc.constant([]), sum) })
}

const rule: fc.Arbitrary<RuleSpec> = pattern.chain(pattern =>
  fc.record({
    pattern: fc.constant(pattern),
    to: fc.oneof(
      { weight: 1, arbitrary: fc.constantFrom('system' as const, 'refuse' as const) },
      { weight: 5, arbitrary: fc.array(target(pattern), { minLength: 1, maxLength: 3 }) },
    ),
  }),
)

/** Equal for patterns that a map may hold once. */
const keyOf = ({ kind, star, labels, port }: PatternSpec) =>
  JSON.stringify([
    kind,
    star,
    labels.map(label => label.map(part => (typeof part === 'string' ? part : { is: part.type }))),
    port,
  ])

export const rules = fc.uniqueArray(rule, { minLength: 1, maxLength: 14, selector: ({ pattern }) => keyOf(pattern) })

const askedLabel = fc.oneof(
  fc.constantFrom(
    'a',
    'b',
    '1',
    '12',
    'a1',
    'ab',
    'aab',
    'a1b',
    'ba',
    'a-b',
    '1-1',
    '1-a',
    'x',
    '1x1',
    'a-1-a',
    '--',
    '-a',
    '1-1-1',
    'ax1',
    'b_',
    '-1',
    'a--1',
    '007',
  ),
  fc
    .array(fc.constantFrom('a', 'b', '1', '2', '-', 'x', '_'), { minLength: 1, maxLength: 7 })
    .map(characters => characters.join('')),
)
const askedName = fc
  .tuple(fc.array(askedLabel, { maxLength: 4 }), fc.constantFrom('a', 'b'))
  .map(([labels, last]) => [...labels, last].join('.'))
const askedOctet = fc.constantFrom('0', '1', '10', '255', '7')

/** What is asked, and of what kind it is. */
export const question = fc.record({
  asked: fc.oneof(
    { weight: 8, arbitrary: askedName.map(host => ({ host, kind: 'name' })) },
    {
      weight: 2,
      arbitrary: fc
        .array(askedOctet, { minLength: 3, maxLength: 3 })
        .map(rest => ({ host: ['10', ...rest].join('.'), kind: 'ipv4' })),
    },
    fc.constantFrom('2001:db8::1', '2001:db8::2', '2001:db8::1:1').map(host => ({ host, kind: 'ipv6' })),
  ),
  port: fc.constantFrom(1, 2, 9092, undefined),
})

/** A host that the pattern is for: each capture gets something that it can hold. */
export function hostFor({ kind, star, labels }: PatternSpec, pick: (from: readonly string[]) => string): string {
  const values = {
    int: ['1', '12', '007'],
    word: ['a', '1', 'a1b', '12'],
    any: ['a', '1', 'a-b', '-', '1-1', 'x_'],
  } as const
  const octets = ['0', '7', '255']
  const label = (spec: LabelSpec) =>
    spec.map(part => (typeof part === 'string' ? part : pick(kind === 'ipv4' ? octets : values[part.type]))).join('')
  return [...(star ? [pick(['a', 'a.b', '1.-'])] : []), ...labels.map(label)].join('.')
}
