import t from 'tap'
import { expand, type ExpansionScope } from '../../../../src/map/document/expansion.js'
import type { Fault } from '../../../../src/errors.js'
import { SourceText } from '../../../../src/map/document/source-text.js'

function run(text: string, scope: Partial<ExpansionScope> = {}) {
  const faults: Fault[] = []
  const source = new SourceText('map.yaml', text)
  const all = { env: {}, readNamespace: () => undefined, isRemote: false, ...scope }
  const expanded = expand({ kind: 'scalar', source, offset: 0, text }, all, makeFault => faults.push(makeFault()))
  return { expanded, faults }
}

const good: readonly { name: string; text: string; scope?: Partial<ExpansionScope>; to: string }[] = [
  { name: 'a text without variables stays', text: 'a.example', to: 'a.example' },
  { name: 'a variable is filled in', text: 'svc.${X}.local', scope: { env: { X: 'team' } }, to: 'svc.team.local' },
  { name: 'several variables are filled in', text: '${A}.${B}', scope: { env: { A: '1', B: '2' } }, to: '1.2' },
  { name: 'a default serves where the variable is unset', text: '${X:-d.example}', to: 'd.example' },
  { name: 'a default serves where the variable is empty', text: '${X:-d}', scope: { env: { X: '' } }, to: 'd' },
  { name: 'an empty default is allowed', text: 'a${X:-}', to: 'a' },
  { name: 'a value is not expanded again', text: '${X}', scope: { env: { X: '${Y}' } }, to: '${Y}' },
  {
    name: 'NAMESPACE is read first',
    text: '${NAMESPACE}',
    scope: { env: { NAMESPACE: 'a', POD_NAMESPACE: 'b' } },
    to: 'a',
  },
  {
    name: 'POD_NAMESPACE comes second',
    text: '${NAMESPACE}',
    scope: { env: { POD_NAMESPACE: 'b' }, readNamespace: () => 'c' },
    to: 'b',
  },
  { name: 'the namespace file comes third', text: '${NAMESPACE}', scope: { readNamespace: () => 'c' }, to: 'c' },
  { name: "NAMESPACE's default comes last", text: '${NAMESPACE:-d}', to: 'd' },
  {
    name: 'a map from a URL may read KAFKA_SPLIT_DNS_VAR_*',
    text: '${KAFKA_SPLIT_DNS_VAR_A}',
    scope: { env: { KAFKA_SPLIT_DNS_VAR_A: 'v' }, isRemote: true },
    to: 'v',
  },
  {
    name: 'a map from a URL may read the namespace',
    text: '${NAMESPACE}',
    scope: { readNamespace: () => 'n', isRemote: true },
    to: 'n',
  },
]
for (const c of good) {
  t.test(c.name, async t => {
    const { expanded, faults } = run(c.text, c.scope)
    t.same(faults, [])
    t.equal(expanded?.text, c.to)
    t.equal(expanded?.written, c.text)
  })
}

const bad: readonly {
  name: string
  text: string
  scope?: Partial<ExpansionScope>
  message: RegExp
  column?: number
}[] = [
  {
    name: 'an unset variable is a fault that names it',
    text: 'a.${X}',
    message: /\$\{X\} is unset or empty/,
    column: 3,
  },
  { name: 'an empty variable is a fault', text: '${X}', scope: { env: { X: '' } }, message: /unset or empty/ },
  { name: 'a near variable is named', text: '${NAMSPACE}', message: /did you mean 'NAMESPACE'/ },
  { name: 'an inherited property is no variable', text: '${constructor}', message: /unset/ },
  { name: '__proto__ is no variable', text: '${__proto__}', message: /unset/ },
  { name: 'a brace that is not closed is a fault', text: '${X', message: /no '\}'/ },
  { name: 'what is no name is a fault', text: '${a b}', message: /is no variable/ },
  { name: 'an empty name is a fault', text: '${}', message: /is no variable/ },
  { name: 'a default holds no braces', text: '${X:-${Y}}', message: /cannot hold braces/ },
  {
    name: 'a map from a URL may not read other variables',
    text: '${AWS_SECRET}',
    scope: { env: { AWS_SECRET: 's' }, isRemote: true },
    message: /a map from a URL cannot read/,
  },
  {
    name: 'a map from a URL learns no near names',
    text: '${NAMESPACE}',
    scope: { env: { NAMESPACES: 's' }, isRemote: true },
    message: /empty: set it/,
  },
]
for (const c of bad) {
  t.test(c.name, async t => {
    const { expanded, faults } = run(c.text, c.scope)
    t.equal(expanded, undefined)
    t.match(faults[0]?.message, c.message)
    t.equal(faults[0]?.column, c.column ?? 1)
  })
}

t.test('every variable that is unset is told', async t => {
  t.equal(run('${A}.${B:-x}.${C}').faults.length, 2)
})

t.test('a quote shows what was written, never a value', async t => {
  const { expanded } = run('a.${X}.b', { env: { X: 'secret' } })
  t.equal(expanded?.quote(0, 3), 'a.${X}')
  t.equal(expanded?.quote(4, 5), '${X}')
  t.equal(expanded?.quote(8, 10), '.b')
  t.equal(expanded?.writtenIndex(9), 7)
})
