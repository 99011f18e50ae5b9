import t from 'tap'
import { compileMap, compileSources } from '../../../src/map/compile.js'
import { reviewMap } from '../../../src/tools/review/review.js'
import { ask, inlineFaults, settings, yamlFaults, yamlSource, yamlTable } from './helpers.js'

const rule = (match: string, to = 't.example') =>
  `rules:\n- match: ${JSON.stringify(match)}\n  to: ${JSON.stringify(to)}\n`

// What other tools write, quote, expand or wrap: each is told by its cause.
const yaml: readonly { name: string; text: string; message: RegExp }[] = [
  ...['^.*\\.kafka\\.example$', 'b[0-9]+.example', '(a|b).example', '.*.example', 'b\\d.example'].map(match => ({
    name: `a regular expression, ${match}`,
    text: rule(match),
    message: /this looks like a regular expression: a pattern is a name/,
  })),
  {
    name: 'a leading dot',
    text: rule('.kafka.example'),
    message: /begins with no dot, '\*\.kafka\.example' is for all names below/,
  },
  { name: 'an emptied label of a pattern', text: rule('a..example'), message: /Docker Compose, Flux or Helm/ },
  {
    name: 'an emptied label of a target',
    text: rule('a.example', 'a..example'),
    message: /Docker Compose, Flux or Helm/,
  },
  { name: 'a star in a target', text: rule('*.example', '*.x'), message: /a target writes \{\*\} for what it covered/ },
  {
    name: 'a star in a target without quotes',
    text: 'rules:\n- match: a\n  to: *.x\n',
    message: /a target writes \{\*\}/,
  },
  { name: 'quotes within the text', text: rule("'a.example'"), message: /the quotes are part of the text here/ },
  {
    name: 'a whole manifest',
    text: `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: x }\ndata:\n  map.yaml: |\n    rules: []\n`,
    message: /^this is a Kubernetes manifest \(ConfigMap\): the map is the value in its 'data'$/,
  },
  {
    name: 'rules of one line in a file',
    text: '*.kafka.example=vpce.example\n',
    message: /found a text: PATTERN=TARGET is for KAFKA_SPLIT_DNS_MAP alone/,
  },
]
for (const { name, text, message } of yaml) {
  t.test(`${name} is one fault that says so`, async t => {
    const faults = yamlFaults(text)
    t.equal(faults.length, 1)
    t.match(faults[0]?.message, message)
  })
}

const oneLine: readonly { name: string; text: string; message: RegExp }[] = [
  { name: 'double quotes kept', text: '"*.a.example=b, c=d"', message: /is in quotes.*docker --env-file/ },
  { name: 'single quotes kept', text: " '*.a.example=b' ", message: /is in quotes/ },
  { name: 'semicolons', text: 'a.example=b; c.example=d', message: /found ';', where rules are divided by commas/ },
]
for (const { name, text, message } of oneLine) {
  t.test(`one line with ${name} is one fault that says so`, async t => {
    const faults = inlineFaults(text)
    t.equal(faults.length, 1)
    t.match(faults[0]?.message, message)
  })
}

t.test('the line feed that a text over lines ends in is no part of it', async t => {
  const map = yamlTable('rules:\n- match: |\n    a.example\n  to: |\n    t.example:9092\n')
  t.equal(ask(map, 'a.example', 1), 't.example:9092')
})

t.test('a target that ends a label in a hyphen is warned of', async t => {
  const compilation = compileSources([yamlSource(rule('*.example', 'kafka-.svc'))], settings())
  t.match(reviewMap(compilation, []), [{ message: /'kafka-\.svc' ends in a hyphen \(did another tool/ }])
})

t.test('no value of a variable stands in faults or warnings', async t => {
  const secret = 's3cr3tvalue'
  const text = `rules:
- { match: "{a:word}-x.\${S}.example", to: one.example }
- { match: "x-{b:word}.\${S}.example", to: "two-.\${S}.example" }
- { match: "x.\${S}.example", to: "x.\${S}.example" }
`
  const compilation = compileSources([yamlSource(text)], settings({ env: { S: secret } }))
  t.same(compilation.faults, [])
  const warnings = reviewMap(compilation, [])
  t.ok(warnings.some(({ message }) => message.includes('both match the same host')))
  t.notMatch(JSON.stringify(warnings), secret)
  t.doesNotThrow(() => compileMap([yamlSource(text)], settings({ env: { S: secret } })))
})
