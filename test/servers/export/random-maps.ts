import fc from '../../fast-check.js'
import type { MapRule, TestMap } from './test-map.js'

// Few labels and zones, so that rules meet; names that begin with four or six have one family where they are passed on.
const label = fc.constantFrom('a', 'b', 'b-1', 'k1', 'four', 'six-2')
const zone = fc.constantFrom('kafka.test', 'kafka.test', 'k.kafka.test', 'other.test')
const few = fc.array(label, { maxLength: 2 })
const capture = fc.constantFrom('{x}', 'b-{x:int}', 'b-{x:int}', '{x:word}')

const name = (...labels: readonly string[]) => labels.join('.')

interface Shape {
  readonly match: string
  readonly kind: string
}

const shape: fc.Arbitrary<Shape> = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.tuple(few, zone).map(([labels, zone]) => ({ match: name(...labels, zone), kind: 'exact' })),
  },
  {
    weight: 9,
    arbitrary: fc.tuple(few, zone).map(([labels, zone]) => ({ match: name('*', ...labels, zone), kind: 'wildcard' })),
  },
  {
    weight: 5,
    arbitrary: fc
      .tuple(few, capture, few, zone)
      .map(([one, capture, other, zone]) => ({ match: name(...one, capture, ...other, zone), kind: 'capture' })),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(capture, few, zone)
      .map(([capture, labels, zone]) => ({ match: name('*', capture, ...labels, zone), kind: 'star and capture' })),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(few, zone).map(([labels, zone]) => ({ match: `${name(...labels, zone)}:9098`, kind: 'port' })),
  },
  { weight: 1, arbitrary: fc.constant({ match: '10.0.{x:int}.1', kind: 'address' }) },
  { weight: 1, arbitrary: fc.constant({ match: '*', kind: 'every name' }) },
)

/** What is led where, by the kind of the target; `x` and `*` are what the pattern reads. */
const targets: Readonly<Record<string, readonly MapRule['to'][]>> = {
  name: ['both.target.test', 'four.target.test', 'six.target.test', 'alias.target.test', 'both.target.test.'],
  'missing name': ['gone.target.test'],
  'name that rules match': ['a.kafka.test', 'b.k.kafka.test', 'four.other.test'],
  address: ['192.0.2.77', '2001:db8::77'],
  'list of addresses': [['192.0.2.77', '2001:db8::77', '192.0.2.78']],
  'list of names': [['both.target.test', 'four.target.test']],
  refuse: ['refuse'],
  system: ['system'],
  port: ['both.target.test:9000'],
  'relative name': ['svc'],
  'name of x': ['{x}.target.test'],
  'table of x': ['{t[x]}.target.test'],
  'address of x': ['198.51.100.{x}'],
  'name of *': ['{*}.target.test'],
  'table of *': ['{t[*]}.target.test'],
  'name of host': ['{host}.target.test'],
}

const plainKinds = Object.keys(targets).filter(kind => !/of (x|\*)$/.test(kind))
const often = [
  ...Array<string>(12).fill('name'),
  'refuse',
  'refuse',
  'system',
  'system',
  'name that rules match',
  'address',
]

function targetKinds({ match }: Shape): readonly string[] {
  return [
    ...often,
    ...plainKinds,
    ...(match.includes('{x') ? ['name of x', 'name of x', 'table of x', 'table of x'] : []),
    ...(match.includes('{x:int}') ? Array<string>(10).fill('address of x') : []),
    ...(match.startsWith('*') ? ['name of *', 'name of *', 'table of *', 'table of *'] : []),
  ]
}

interface RandomRule extends MapRule {
  readonly kinds: readonly [pattern: string, target: string]
}

const rule: fc.Arbitrary<RandomRule> = shape.chain(shape =>
  fc
    .constantFrom(...targetKinds(shape))
    .chain(kind =>
      fc
        .constantFrom(...(targets[kind] ?? []))
        .map(to => ({ match: shape.match, to, kinds: [shape.kind, kind] as const })),
    ),
)

/** A map, the kinds of its rules, and names to ask for. */
export interface RandomMap extends TestMap {
  readonly rules: readonly RandomRule[]
  readonly names: readonly string[]
}

const rules = fc.uniqueArray(rule, { minLength: 3, maxLength: 12, selector: ({ match }) => match })
const anyName = fc
  .tuple(fc.array(fc.oneof(label, fc.constant('q')), { maxLength: 4 }), zone)
  .map(([labels, zone]) => name(...labels, zone))

const randomMap = fc
  .record({ rules, others: fc.array(anyName, { minLength: 40, maxLength: 40 }) })
  .map(({ rules, others }): RandomMap => ({ rules, names: [...new Set([...rules.flatMap(namesFor), ...others])] }))

/** Names that a rule is for, those above them, and some below. */
function namesFor({ match }: MapRule): readonly string[] {
  const pattern = match.replace(/:\d+$/, '')
  if (/^[\d.]+\{/.test(pattern)) return []
  const stars = pattern.startsWith('*') ? ['q', 'a', 'q.r', 'a.b'] : ['']
  const reads = pattern.includes('{x') ? ['a', 'k1', '1', 'zz', '007', '256'] : ['']
  const filled = stars.flatMap(star =>
    reads.map(read => pattern.replace(/^\*\.?/, star === '' ? '' : `${star}.`).replace(/\{x[^}]*\}/, read)),
  )
  const own = filled.map(text => text.replace(/\.$/, '')).map(text => (text.includes('.') ? text : `${text}.test`))
  return own.flatMap(text => [text, `below.${text}`, text.slice(text.indexOf('.') + 1)]).filter(isAsked)
}

const isAsked = (text: string) => text.includes('.')

/** The same maps for the same seed. */
export const randomMaps = (seed: number, count: number): readonly RandomMap[] =>
  fc.sample(randomMap, { seed, numRuns: count })

/** The kinds that none of the maps has: there should be none. */
export function missingKinds(maps: readonly RandomMap[]): readonly string[] {
  const had = new Set(maps.flatMap(({ rules }) => rules.flatMap(({ kinds }) => kinds)))
  const patterns = ['exact', 'wildcard', 'capture', 'star and capture', 'port', 'address', 'every name']
  return [...patterns, ...Object.keys(targets)].filter(kind => !had.has(kind))
}
