import t from 'tap'
import { isFullRun } from '../../../full-run.js'
import fc from '../../../fast-check.js'
import { SourceText } from '../../../../src/map/document/source-text.js'
import { readYaml } from '../../../../src/map/document/yaml.js'
import { runAtOnce } from '../../../../src/map/steps.js'
import type { Fault } from '../../../../src/errors.js'

/** The document's nodes and its faults, as JSON; a piece is composed after so many tokens. */
function read(text: string, tokensPerStep: number): string {
  const faults: Fault[] = []
  const root = runAtOnce(
    readYaml(new SourceText('map.yaml', text), makeFault => faults.push(makeFault()), tokensPerStep),
  )
  const written = JSON.stringify(root, (key, value: unknown) => (key === 'source' ? undefined : value))
  faults.sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0))
  return `${written}\n${JSON.stringify(faults)}`
}

const heads = [
  '',
  '# a comment\n',
  'version: 1\n',
  'x-common: &to a.x\nversion: 1\n',
  '---\nversion: 1\n',
  '%YAML 1.1\n---\n',
  '&root\n',
  'x-list:\n  - a\n  - &b b\n  - c\n',
  'tables:\n  az: { a: b }\n\n  # of zones\n  cz:\n    k: v\n',
  'version: [\n',
  '- a\n',
]
const lists = ['rules:\n', 'rules: &rules\n', 'rules: !!seq\n', 'rules: # all of them\n', 'rules: x\n', '? rules\n:\n']
const items = [
  '  - { match: b.example, to: a.x }\n',
  '  - match: "b{n:int}.example"\n    to: a-{n}.x\n',
  '  - match: [b.example, "*.c.example"]\n    to:\n      - a.x\n      - b.x\n',
  '  - match: c.example\n    to: *to\n',
  '  - &rule { match: d.example, to: a.x }\n',
  '  - *rule\n',
  '  - match: *rules\n',
  '  # a comment\n',
  '\n',
  '  - match: |\n      e.example\n    to: >\n      a.x\n\n',
  '  - match: "two\n      lines"\n    to: \'a.x\'\n',
  '  -\n',
  '  - - nested\n    - list\n',
  '  - match: {n:int}.example\n    to: x\n',
  '  - match: *.example\n    to: x\n',
  '  - match: "open\n    to: x\n',
  '   - match: deep.example\n     to: x\n',
  ' - match: flat.example\n   to: x\n',
  '  match: no.example\n',
  '\t- match: tab.example\n',
  '  - match: a: b\n',
  '  - !tag { match: t.example }\n',
  '  - { match: f.example,\n      to: a.x }\n',
  '- match: outside.example\n',
]
const tails = [
  '',
  'profiles:\n  p:\n    - match: p.example\n      to: *to\n',
  'x-more:\n  - a\n  - b\n  - *b\n',
  'x-rules: *rules\n',
  '---\nrules: []\n',
  '...\n',
  'rules:\n  - match: again.example\n',
  '}\n',
]
const documents = fc
  .tuple(
    fc.constantFrom(...heads),
    fc.constantFrom(...lists),
    fc.array(fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...items.slice(0, 6)) }, fc.constantFrom(...items)), {
      maxLength: 12,
    }),
    fc.array(fc.constantFrom(...tails), { maxLength: 2 }),
  )
  .map(([head, list, rules, tail]) => [head, list, ...rules, ...tail].join(''))

t.test('a document that is read in pieces has the nodes and faults of one that is read as a whole', async t => {
  let faultless = 0
  fc.assert(
    fc.property(documents, fc.constantFrom(1, 2, 3, 5, 17), (text, tokensPerStep) => {
      const [inPieces, whole] = [read(text, tokensPerStep), read(text, Infinity)]
      if (inPieces !== whole) throw new Error(`${text}\nin pieces: ${inPieces}\nas a whole: ${whole}`)
      if (whole.endsWith('\n[]')) faultless++
    }),
    { numRuns: isFullRun ? 10_000 : 500 },
  )
  t.ok(faultless > 50, 'many documents have no fault')
})
