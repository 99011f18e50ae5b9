import fc from '../../../../fast-check.js'
import t from 'tap'
import { mapText, variablesOf } from '../../../../../src/tools/export/view/map-text.js'
import { isSplitDnsError } from '../../../../../src/errors.js'
import { compileSources, type CompileSettings, type MapSource } from '../../../../../src/map/compile.js'
import { CompiledTable } from '../../../../../src/map/match/compiled-table.js'
import { RuleTable } from '../../../../../src/map/match/rule-table.js'
import { parseMap } from '../../../../../src/map/parse.js'
import { hostFor, question, rules as randomRules, tables } from '../../../map/contract/arbitraries.js'
import { patternText, targetText, type RuleSpec } from '../../../map/contract/reference.js'
import { inlineSource, settings, yamlSource } from '../../../map/helpers.js'
import { isFullRun } from '../../../../full-run.js'

/** The map of the sources, and the one that is read from its own text. */
function both(sources: readonly MapSource[], more: Partial<CompileSettings> = {}) {
  const all = settings(more)
  const compilation = compileSources(sources, all)
  if (compilation.faults.length > 0) throw new Error(compilation.faults.map(({ message }) => message).join('\n'))
  const text = mapText(compilation)
  parseMap(text, { format: 'yaml', env: all.env })
  const again = compileSources([yamlSource(text)], { ...all, profiles: [] })
  if (again.faults.length > 0) throw new Error(`${again.faults.map(({ message }) => message).join('\n')}\n${text}`)
  const table = (rules: typeof again.rules) => new CompiledTable(RuleTable.of(rules.map(({ rule }) => rule)), 'system')
  return { text, before: table(compilation.rules), after: table(again.rules) }
}

/** All that a decision says but where its rule was written. */
function told(map: CompiledTable, host: string, port?: number): string {
  try {
    const { route, targetTexts, targetSetsPort, settings } = map.decide(host, port)
    const { rule, ...rest } = route
    const own = { ...settings, allow: settings.allow?.text }
    return JSON.stringify([rest, rule === null ? null : rule.match, targetTexts, targetSetsPort, own])
  } catch (error) {
    if (isSplitDnsError(error)) return error.code
    throw error
  }
}

const written = ({ pattern, to }: RuleSpec, form: number) => {
  const match = patternText(pattern)
  if (typeof to === 'string') return { match, to }
  const targets = to.map(targetText)
  const zones = Object.fromEntries(
    targets.map((target, index) => [`Z${index}`, index === 1 ? [target, 'y.x'] : target]),
  )
  const list = { match, to: targets, nameservers: '192.0.2.53, tcp://192.0.2.54', fallback: 'original' }
  return form === 0
    ? list
    : form === 1
      ? { match, to: zones, allow: ['192.0.2.0/24', '2001:db8::/32'] }
      : { match, to: targets[0] }
}

t.test('the text decides as the sources do, for random maps and names', async t => {
  let mapped = 0
  fc.assert(
    fc.property(
      randomRules,
      fc.array(fc.nat(5), { minLength: 14, maxLength: 14 }),
      fc.array(question, { minLength: 20, maxLength: 20 }),
      fc.option(fc.constantFrom('z0', 'Z1', 'other'), { nil: undefined }),
      (specs, draw, questions, zone) => {
        const of = (places: readonly number[]) =>
          specs.flatMap((spec, index) => (places.includes(draw[index] ?? 0) ? [written(spec, index % 3)] : []))
        // Rules of the place 2 stand in both, and the nearer are in force; those of 4 in a profile of the farther.
        const near = { tables: { t: tables['t'] }, rules: of([0, 2]) }
        const far = {
          tables: { ...tables, t: { a: 'far' } },
          rules: of([1, 2, 3, 5]).map(rule => ({ ...rule, fallback: 'none' })),
          profiles: { p: of([4]), q: of([0, 1, 2, 3, 4, 5]) },
        }
        const sources: MapSource[] = [
          yamlSource(JSON.stringify(near), 'near.yaml'),
          { kind: 'url', origin: 'https://maps.example/', text: JSON.stringify(far) },
        ]
        const { before, after } = both(sources, { zone, profiles: ['p'] })
        let next = 0
        const pick = (from: readonly string[]) => from[draw[next++ % draw.length] ?? 0] ?? from[0] ?? ''
        const asked = [
          ...questions.map(({ asked, port }) => ({ host: asked.host, port })),
          ...specs.map(({ pattern }) => ({ host: hostFor(pattern, pick), port: pattern.port })),
        ]
        for (const { host, port } of asked) {
          const one = told(before, host, port)
          if (one.includes('"map"')) mapped++
          if (one !== told(after, host, port)) throw new Error(`${host}: ${one} and ${told(after, host, port)}`)
        }
      },
    ),
    { numRuns: isFullRun ? 300 : 170, seed: 8 },
  )
  t.ok(mapped > 500, `${mapped} names were mapped`)
})

const cases: readonly { name: string; sources: readonly MapSource[]; more?: Partial<CompileSettings>; text: string }[] =
  [
    {
      name: 'variables stand as they were written, and every rule says where it is from',
      sources: [inlineSource('*.a.example=svc.${NAMESPACE}.svc.cluster.local:{port}')],
      more: { env: { NAMESPACE: 'team-a' } },
      text: `rules:
  # '*.a.example' (KAFKA_SPLIT_DNS_MAP rule 1)
  - match: '*.a.example'
    to: svc.\${NAMESPACE}.svc.cluster.local:{port}
`,
    },
    {
      name: 'of a list of patterns those stay that no nearer source has',
      sources: [
        inlineSource('b.example=near.x'),
        yamlSource('rules: [{ match: [a.example, b.example, c.example], to: far.x }]'),
      ],
      text: `rules:
  # 'b.example' (KAFKA_SPLIT_DNS_MAP rule 1)
  - match: b.example
    to: near.x
  # 'a.example' (map.yaml:1)
  - match:
      - a.example
      - c.example
    to: far.x
`,
    },
    {
      name: 'tables that no rule reads are left out, and so are keys of other people',
      sources: [
        yamlSource(
          'x-owner: us\ntables: { Used: { A: b }, not: { a: b } }\nrules: [{ match: "{a}.example", x-t: 1, to: "{USED[a]}.x" }]',
        ),
      ],
      text: `tables:
  used:
    a: b
rules:
  # '{a}.example' (map.yaml:3)
  - match: '{a}.example'
    to: '{USED[a]}.x'
`,
    },
    {
      name: 'what an alias stands for is written out',
      sources: [yamlSource('rules: [{ match: a.example, to: &t [b.x, c.x] }, { match: b.example, to: *t }]')],
      text: `rules:
  # 'a.example' (map.yaml:1)
  - match: a.example
    to:
      - b.x
      - c.x
  # 'b.example' (map.yaml:1)
  - match: b.example
    to:
      - b.x
      - c.x
`,
    },
    {
      name: 'a zone may be called as a property of all objects is',
      sources: [yamlSource('rules: [{ match: a.example, to: { __proto__: b.x, constructor: [c.x] } }]')],
      text: `rules:
  # 'a.example' (map.yaml:1)
  - match: a.example
    to:
      __proto__: b.x
      constructor:
        - c.x
`,
    },
    {
      name: 'without a rule in force it is an empty list',
      sources: [yamlSource('profiles: { p: [{ match: a, to: b }] }')],
      text: 'rules: []\n',
    },
  ]

for (const { name, sources, more, text } of cases) {
  t.test(name, async t => t.equal(both(sources, more).text, text))
}

t.test('variables without a default are found, once each', async t => {
  t.same(variablesOf('${B}.${A:-x}.${A}.${B}.$C.${}'), ['A', 'B'])
})
