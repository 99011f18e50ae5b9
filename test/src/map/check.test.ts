import t from 'tap'
import { checkMap } from '../../../src/map/check.js'
import { inlineSource, settings, yamlSource } from './helpers.js'

const cases: readonly { name: string; yaml: string; inline?: string; zone?: string; warnings: readonly RegExp[] }[] = [
  {
    name: 'a map without flaws has no warnings',
    yaml: 'tables: { az: { a: b } }\nrules:\n- { match: "{z}.x", to: "{az[z]}" }\n- { match: "*.x", to: t }\n',
    warnings: [],
  },
  {
    name: 'rules that tie are told, with a name that both match',
    yaml: 'rules:\n- { match: "a{n}.x", to: t }\n- { match: "{n}b.x", to: u }\n',
    warnings: [/'\{n\}b\.x' ties with 'a\{n\}\.x': both match 'a.?b\.x'/],
  },
  {
    name: 'rules that can have no name in common do not tie',
    yaml: 'rules:\n- { match: "a{n}.x", to: t }\n- { match: "b{n}.x", to: u }\n',
    warnings: [],
  },
  {
    name: 'rules for different ports do not tie',
    yaml: 'rules:\n- { match: "a{n}.x:1", to: t }\n- { match: "{n}b.x:2", to: u }\n',
    warnings: [],
  },
  {
    name: 'a rule for one port ties with one for all',
    yaml: 'rules:\n- { match: "a{n}.x:1", to: t }\n- { match: "{n}b.x", to: u }\n',
    warnings: [/ties/],
  },
  {
    name: 'a tie under * is told',
    yaml: 'rules:\n- { match: "*.a{n}.x", to: t }\n- { match: "*.{n}b.x", to: u }\n',
    warnings: [/both match 'x\.a.?b\.x'/],
  },
  {
    name: 'a port beside none is no tie',
    yaml: 'rules:\n- { match: "{n}.x:1", to: t }\n- { match: "{m}.x", to: u }\n',
    warnings: [],
  },
  {
    name: 'tables that no rule uses are told',
    yaml: 'tables: { az: { a: b }, zz: { a: b } }\nrules:\n- { match: "{z}.x", to: "{ AZ [z] }" }\n',
    warnings: [/no rule uses the table 'zz'/],
  },
  {
    name: 'settings that do nothing are told',
    yaml: 'rules:\n- { match: a.x, to: system, allow: 192.0.2.0/24 }\n',
    warnings: [/do nothing where the target is 'system'/],
  },
  {
    name: 'a rule that a nearer source overrides is told',
    yaml: 'rules:\n- { match: "{a}.x", to: t }\n',
    inline: '{b}.x=u',
    warnings: [/'\{a\}\.x' is overridden by KAFKA_SPLIT_DNS_MAP, line 1/],
  },
  {
    name: 'a zone that the map does not know is told',
    yaml: 'rules:\n- { match: a.x, to: { z1: t } }\n',
    zone: 'z2',
    warnings: [/knows no zone 'z2'/],
  },
  {
    name: 'profiles that are not in force are told, with all their faults',
    yaml: 'profiles: { p: [{ match: a b, to: c d }] }\n',
    warnings: [
      /profile 'p', not in force here/,
      /profile 'p', not in force here/,
      /profiles that are not in force here: 'p'/,
    ],
  },
]
for (const c of cases) {
  t.test(c.name, async t => {
    const sources = [...(c.inline === undefined ? [] : [inlineSource(c.inline)]), yamlSource(c.yaml)]
    const { faults, warnings } = checkMap(sources, settings({ zone: c.zone }))
    t.same(faults, [])
    t.equal(warnings.length, c.warnings.length, JSON.stringify(warnings))
    for (const [index, expected] of c.warnings.entries()) t.match(warnings[index]?.message, expected)
  })
}

t.test('faults are handed back, not thrown', async t => {
  t.match(checkMap([yamlSource('rules: 7\n')], settings()).faults, [{ message: /expected a list of rules/ }])
})

t.test('thousands of rules that tie are told of in part', async t => {
  const rules = Array.from(
    { length: 3000 },
    (_, i) => `- { match: "a{n}${i}.x", to: t }\n- { match: "{n}a${i}.x", to: u }\n`,
  )
  t.equal(checkMap([yamlSource(`rules:\n${rules.join('')}`)], settings()).warnings.length, 100)
})
