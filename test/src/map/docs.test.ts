import t from 'tap'
import { compileMap } from '../../../src/map/compile.js'
import { parseMap } from '../../../src/map/parse.js'
import { fencedBlocks, readDocument } from '../../documents.js'
import { settings, yamlFaults } from './helpers.js'

const page = readDocument('docs/map.md')
const env = { NAMESPACE: 'team-a' }

for (const [index, yaml] of fencedBlocks(page, 'yaml').entries()) {
  t.test(`map ${index + 1} of docs/map.md is read`, async t => t.ok(parseMap(yaml, { format: 'yaml', env })))
}

t.test('the one line of docs/map.md is read', async t => {
  const [line = ''] = fencedBlocks(page, 'text')
  t.equal(parseMap(line, { env }).rules?.length, 2)
})

// Each example is a map, and below it what becomes of names.
const examples = [...page.matchAll(/^```yaml\n((?:(?!```).*\n)*)```\n\n```text\n((?:(?!```).*\n)*)```$/gm)]
for (const [, yaml = '', answers = ''] of examples) {
  const { map } = compileMap([{ kind: 'file', origin: 'docs/map.md', text: yaml }], settings({ env, zone: 'use1-az2' }))
  for (const line of answers.trim().split('\n')) {
    const [asked = '', answer = ''] = line.split(' -> ')
    t.test(`docs/map.md: ${line}`, async t => {
      const { host, port } = new URL(`kafka://${asked}`)
      const { route } = map.decide(host.replace(/:\d+$/, ''), Number(port))
      const targets = route.targets.map(target => `${target.host}:${target.port ?? ''}`)
      t.equal(targets.length === 0 ? route.action : targets.join(', '), answer)
    })
  }
}
t.test('docs/map.md has examples with answers', async t => t.ok(examples.length >= 5, `${examples.length}`))

// The messages of the table of errors, and maps that call them forth.
const messages: readonly [part: string, yaml: string][] = [
  ['an unquoted * begins an alias in YAML', 'rules:\n- match: *.x.example\n  to: t\n'],
  ['an unquoted { begins a map in YAML', 'rules:\n- match: {n}.x.example\n  to: t\n'],
  ["unknown key 'mtach' (did you mean 'match'?)", 'rules:\n- mtach: a\n  to: t\n'],
  ['${NAMESPACE} is unset or empty', 'rules:\n- match: a.x\n  to: "${NAMESPACE}"\n'],
  ["pattern 'a.example' appears twice", 'rules:\n- match: [a.example, a.example]\n  to: t\n'],
  ['between two captures could belong to either', 'rules:\n- match: "{a:word}x{b:word}"\n  to: t\n'],
  ['the pattern has no such capture', 'rules:\n- match: a.x\n  to: "{n}"\n'],
  ['is no number: write {n:int} in the pattern', 'rules:\n- match: "{n}.x"\n  to: "t:{n}"\n'],
  ['a rule has at most 16 targets', `rules:\n- match: a.x\n  to: [${'t,'.repeat(17)}]\n`],
  [
    'the map has more than 100000 patterns and targets',
    `rules:\n${`- match: [${'a,'.repeat(1250)}]\n  to: [${'t,'.repeat(16)}]\n`.repeat(6)}`,
  ],
  ['the document is too large', 'rules:\n' + '\n'.repeat(300_000)],
  ["no profile 'kafka2' in the map", ''],
]
for (const [part, yaml] of messages) {
  t.test(`'${part}' is told by docs/map.md as it is`, async t => {
    t.ok(page.includes(part))
    const faults = yamlFaults(yaml, yaml === '' ? { profiles: ['kafka2'] } : {})
    t.ok(
      faults.some(fault => fault.message.includes(part)),
      faults[0]?.message ?? '',
    )
  })
}
