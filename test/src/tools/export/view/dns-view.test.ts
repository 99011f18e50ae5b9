import fc from '../../../../fast-check.js'
import t from 'tap'
import { dnsView } from '../../../../../src/tools/export/view/dns-view.js'
import { isSplitDnsError } from '../../../../../src/errors.js'
import { compileSources } from '../../../../../src/map/compile.js'
import { CompiledTable } from '../../../../../src/map/match/compiled-table.js'
import { RuleTable } from '../../../../../src/map/match/rule-table.js'
import { hostFor, question, rules, tables } from '../../../map/contract/arbitraries.js'
import { patternText, targetText, type RuleSpec } from '../../../map/contract/reference.js'
import { settings, yamlSource } from '../../../map/helpers.js'
import { readView } from '../read-view.js'

function compile(text: string) {
  const { rules, faults } = compileSources([yamlSource(text)], settings())
  if (faults.length > 0) throw new Error(faults.map(({ message }) => message).join('; '))
  return { view: dnsView(rules), table: new CompiledTable(RuleTable.of(rules.map(({ rule }) => rule)), 'system') }
}

const view = (text: string) => compile(text).view

/** `rule -> what is told`, in order. */
const reasons = (text: string) => view(text).omissions.map(({ message }) => message)

interface Row {
  readonly is: string
  readonly map: string
  /** Names, and what is said of them; null: no answer is for it. */
  readonly says?: Readonly<Record<string, string | null>>
  readonly omissions?: readonly string[]
}

const rows: readonly Row[] = [
  {
    is: 'an exact name comes before a capture, and both before a wildcard',
    map: `rules:
      - { match: '*.x.example', to: w.example }
      - { match: 'b-{n:int}.x.example', to: 'c{n}.example' }
      - { match: b-1.x.example, to: e.example }`,
    says: {
      'b-1.x.example': 'e.example',
      'b-2.x.example': 'c2.example',
      'b-z.x.example': 'w.example',
      'a.b.x.example': 'w.example',
      'x.example': null,
      'other.example': null,
    },
  },
  {
    is: 'a table is spelt out, and a key that it lacks gives way to the next rule',
    map: `tables: { az: { use1-az1: us-east-1a, use1-az2: us-east-1b, '-': dash } }
rules:
      - { match: 'e-{id:word}.{zone}.x.example', to: 'vpce-{az[zone]}.{zone}.example' }
      - { match: 'e-{id}.{zone}.x.example', to: any.example }`,
    says: {
      'e-1.use1-az2.x.example': 'vpce-us-east-1b.use1-az2.example',
      'e-1.-.x.example': 'vpce-dash.-.example',
      'e-1.use1-az3.x.example': 'any.example',
    },
  },
  {
    is: 'a key that is lacking, with no other rule, is no name',
    map: `tables: { az: { a: b } }
rules:
      - { match: '{zone}.x.example', to: '{az[zone]}.example' }`,
    says: { 'a.x.example': 'b.example', 'c.x.example': 'none', 'c.d.x.example': null },
  },
  {
    is: 'a table is asked for the whole name, and for what * covers',
    map: `tables: { t: { b-7.x.example: host, a.b: star } }
rules:
      - { match: 'b-{n:int}.x.example', to: '{t[host]}-{n}.example' }
      - { match: '*.y.example', to: '{t[*]}.{*}.example' }`,
    says: { 'b-7.x.example': 'host-7.example', 'b-8.x.example': 'none', 'a.b.y.example': 'star.a.b.example' },
  },
  {
    is: 'system and refuse shade what is wider',
    map: `rules:
      - { match: '*.x.example', to: w.example }
      - { match: '*.public.x.example', to: system }
      - { match: '*.secret.x.example', to: refuse }`,
    says: { 'a.public.x.example': 'system', 'a.secret.x.example': 'none', 'secret.x.example': 'w.example' },
  },
  {
    is: 'a rule with a port is left out, and its names are passed on, not given to a wider rule',
    map: `rules:
      - { match: '*.x.example', to: w.example }
      - { match: 'b-{n:int}.x.example:9098', to: 'nlb.example:{9000 + n}' }
      - { match: c.x.example, to: 'nlb.example:9001' }`,
    says: { 'b-1.x.example': 'system', 'c.x.example': 'system', 'a.x.example': 'w.example' },
    omissions: [
      "rule 'c.x.example': its target sets a port, and DNS has no ports",
      "rule 'b-{n:int}.x.example:9098': DNS has no ports",
    ],
  },
  {
    is: 'of rules for one pattern the one without a port is written',
    map: `rules:
      - { match: 'x.example:1', to: a.example }
      - { match: x.example, to: b.example }
      - { match: 'x.example:2', to: c.example }`,
    says: { 'x.example': 'b.example' },
    omissions: ["rule 'x.example:1': DNS has no ports", "rule 'x.example:2': DNS has no ports"],
  },
  {
    is: 'patterns for addresses are left out',
    map: `rules:
      - { match: '10.0.{a}.{b}', to: x.example }
      - { match: '[2001:db8::1]', to: x.example }`,
    omissions: [
      "rule '10.0.{a}.{b}': a client connects to an address without asking DNS",
      "rule '[2001:db8::1]': a client connects to an address without asking DNS",
    ],
  },
  {
    is: 'addresses are all written, of names the first',
    map: `rules:
      - { match: a.example, to: [192.0.2.1, '2001:db8::1', 192.0.2.1] }
      - { match: b.example, to: [one.example, 192.0.2.1] }
      - { match: c.example, to: { z1: one.example, z2: two.example } }
      - { match: d.example, to: 'fe80::1%eth0' }`,
    says: {
      'a.example': '192.0.2.1 2001:db8::1',
      'b.example': 'one.example',
      'c.example': 'one.example',
      'd.example': 'system',
    },
    omissions: [
      "rule 'b.example': DNS has no order of targets: only the first, 'one.example', is written",
      "rule 'c.example': DNS has no order of targets: only the first, 'one.example' (zone z1), is written",
      "rule 'd.example': its target is an address with a zone index",
    ],
  },
  {
    is: "a rule's own settings are lost, and the rule is written all the same",
    map: `rules:
      - { match: a.example, to: t.example, allow: 10.0.0.0/8, nameservers: 192.0.2.53, fallback: original }
      - { match: b.example, to: t.example, fallback: none }`,
    says: { 'a.example': 't.example', 'b.example': 't.example' },
    omissions: [
      "rule 'a.example': addresses outside of its 'allow' (10.0.0.0/8) are not refused",
      "rule 'a.example': its own 'nameservers' (udp://192.0.2.53:53) are not asked",
      "rule 'a.example': there is no 'fallback' to the broker's own name",
    ],
  },
  {
    is: 'a target of captures that is an address is one, where its octets are',
    map: `rules:
      - { match: 'ip-{a:int}-{b:int}.example', to: '10.0.{a}.{b}' }`,
    says: { 'ip-1-255.example': '10.0.1.255', 'ip-1-256.example': 'none', 'ip-01-2.example': 'none' },
  },
  {
    is: 'a target that is now a name and now a number is left out',
    map: `rules:
      - { match: '{a}.one.example', to: 'x.{a}' }
      - { match: '{a:int}.two.example', to: 'x.1{a}' }
      - { match: '{a:int}.three.example', to: '1.1.1.1{a}' }
      - { match: '{a}.four.example', to: 'x.a{a}' }`,
    says: {
      '1.one.example': 'system',
      '1.two.example': 'none',
      '1.three.example': 'system',
      '1.four.example': 'x.a1',
    },
    omissions: [
      "rule '{a}.one.example': its target may end in a number, depending on the name asked for",
      "rule '{a:int}.three.example': an octet of its target has several parts",
    ],
  },
  {
    is: 'a relative target of one label needs the search list of a client, and is left out',
    map: `rules:
      - { match: a.example, to: vpce }
      - { match: b.example, to: vpce. }`,
    says: { 'a.example': 'system', 'b.example': 'vpce' },
    omissions: ["rule 'a.example': its target 'vpce' is relative: only a client's search list completes it"],
  },
]

for (const { is, map, says = {}, omissions = [] } of rows) {
  t.test(is, async t => {
    const { view } = compile(map)
    const found = Object.fromEntries(Object.keys(says).map(host => [host, readView(view, host)?.says ?? null]))
    t.strictSame(found, says)
    t.strictSame(reasons(map), omissions)
  })
}

t.test('what is left out tells its place', async t => {
  const [fault] = view('rules:\n  - match: x.example:1\n    to: y.example').omissions
  t.match(fault, { origin: 'map.yaml', line: 2, column: 5 })
})

const tableOf = (size: number) => Object.fromEntries(Array.from({ length: size }, (_, index) => [`k${index}`, 'v']))

t.test('tables whose combinations are too many leave their rule out', async t => {
  const map = { tables: { t: tableOf(101) }, rules: [{ match: '{a}.{b}.x.example', to: '{t[a]}.{t[b]}.example' }] }
  t.strictSame(reasons(JSON.stringify(map)), ["rule '{a}.{b}.x.example': its tables have too many keys"])
})

function written(specs: readonly RuleSpec[]): string {
  const rules = specs.map(({ pattern, to }) => ({
    match: patternText(pattern),
    to: typeof to === 'string' ? to : to.map(targetText),
  }))
  return JSON.stringify({ tables, rules })
}

/** What the library makes of the name, in the words of a reading. */
function decided(table: CompiledTable, host: string): string | undefined {
  try {
    const { rule, action, targets } = table.decide(host).route
    if (rule === null) return undefined
    return action === 'refuse' ? 'none' : action === 'system' ? 'system' : targets[0]?.host
  } catch (error) {
    if (isSplitDnsError(error)) return 'none'
    throw error
  }
}

const hosts = (specs: readonly RuleSpec[]) =>
  fc.array(
    fc.oneof(
      question.filter(({ asked }) => asked.kind === 'name').map(({ asked }) => asked.host),
      fc.tuple(fc.constantFrom(...specs), fc.infiniteStream(fc.nat())).map(([{ pattern }, numbers]) => {
        return hostFor(pattern, from => from[Number(numbers.next().value) % from.length] ?? '')
      }),
    ),
    { minLength: 10, maxLength: 40 },
  )

t.test('for every name the view says what the map decides, or told that it does not', async t => {
  const seen = new Map<string, number>()
  const named = rules.filter(specs => specs.some(({ pattern }) => pattern.kind === 'name'))
  const cases = named.chain(specs =>
    fc.tuple(fc.constant(specs), hosts(specs.filter(({ pattern }) => pattern.kind === 'name'))),
  )
  fc.assert(
    fc.property(cases, ([specs, asked]) => {
      const { view, table } = compile(written(specs))
      for (const host of asked) {
        const reading = readView(view, host)
        const isLeftOut =
          reading?.answer.reply.kind === 'pass' &&
          view.omissions.some(({ message }) => message.startsWith(`rule '${reading.answer.rule.match}':`))
        const [found, expected] = [reading?.says, decided(table, host)]
        const kind = isLeftOut ? 'left out' : (reading?.answer.reply.kind ?? 'unmatched')
        seen.set(kind, (seen.get(kind) ?? 0) + 1)
        if (!isLeftOut && found !== expected) throw new Error(`${host}: expected ${expected}, found ${found}`)
      }
    }),
    { numRuns: 1000, seed: 20261125 },
  )
  for (const kind of ['left out', 'unmatched', 'pass', 'none', 'name'])
    t.ok((seen.get(kind) ?? 0) > 100, `${kind}: ${seen.get(kind) ?? 0}`)
})
