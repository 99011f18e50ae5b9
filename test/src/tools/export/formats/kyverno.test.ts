import { pathToFileURL } from 'node:url'
import { ConfigMap } from 'kubernetes-models/v1'
import { readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { parse, parseAllDocuments } from 'yaml'
import { parseMap } from '../../../../../src/index.js'
import { faultsOf } from '../../../../kubernetes/custom-resource.js'
import { runMain } from '../../cli/fixtures/run-main.js'
import { projectFolder } from '../../../../project.js'

const root = pathToFileURL(`${projectFolder}/`)
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')
const { schema } = JSON.parse(read('test/kubernetes/schemas/clusterpolicy.json')) as { schema: object }
const example = parse(read('examples/kubernetes/kyverno-cluster-policy.yaml')) as Policy

interface Policy {
  readonly apiVersion: string
  readonly kind: string
  readonly spec: { readonly rules: readonly Rule[] }
}
interface Rule {
  readonly name: string
  readonly match: { readonly any: readonly { readonly resources: Resources }[] }
  readonly exclude?: { readonly any: readonly { readonly resources: Resources }[] }
  readonly mutate: object
}
interface Resources {
  readonly kinds?: readonly string[]
  readonly annotations: Readonly<Record<string, string>>
}
interface Map {
  readonly metadata: { readonly name: string }
  readonly data: Readonly<Record<string, string>>
}

const map = '*.kafka.example=svc.${NAMESPACE}.svc.cluster.local'

/** The ConfigMap and the policy, each as its schema says. */
async function exported(t: Test, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
  const { code, stdout, stderr } = await runMain(['export', '--to', 'kyverno', '--map', map, ...args], { env })
  const documents = parseAllDocuments(stdout)
  const [configMap, policy, ...more] = documents.map(document => document.toJS() as unknown)
  t.same([code, more], [0, []], stderr)
  t.notMatch(stdout, /[&*]a1/, 'no aliases: people read it')
  new ConfigMap(configMap as never).validate()
  t.strictSame(faultsOf(policy, schema), [])
  return { text: stdout, stderr, map: configMap as Map, policy: policy as Policy }
}

/** All lists of variables in it, each `NAME=VALUE`; a value that is taken from elsewhere is left out. */
function variables(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  const env = 'env' in value && Array.isArray(value.env) ? (value.env as { name: string; value?: string }[]) : []
  const own = env.map(({ name, value }) => (value === undefined ? name : `${name}=${value}`))
  return [...own, ...Object.values(value).flatMap(variables)]
}

t.test('the map of the ConfigMap is the map, unexpanded, whoever exports it', async t => {
  const { map } = await exported(t, [], { NAMESPACE: 'mine' })
  t.match(map.metadata, { name: 'kafka-split-dns-map' })
  const text = map.data['map.yaml'] ?? ''
  t.match(parseMap(text, { format: 'yaml', env: { NAMESPACE: 'theirs' } }).rules, [
    { match: '*.kafka.example', to: 'svc.theirs.svc.cluster.local' },
  ])
  t.notMatch(text, 'mine')
  t.match((await exported(t)).map.data['map.yaml'], text)
})

t.test('every rule of the policy looks for the annotation on pods that are made, and on nothing else', async t => {
  for (const name of ['kafka-split-dns.example/map', 'tenant.example/Kafka_map']) {
    const { policy, text } = await exported(t, name.startsWith('tenant') ? ['--annotation', name] : [])
    t.ok(policy.spec.rules.length >= 2)
    for (const { match } of policy.spec.rules) {
      t.match(match.any, [{ resources: { kinds: ['Pod'], operations: ['CREATE'] } }])
      t.same(
        match.any.flatMap(({ resources }) => Object.keys(resources.annotations)),
        [name],
      )
    }
    t.match(text, `{{ request.object.metadata.annotations."${name}" }}`)
    t.match(policy, { metadata: { annotations: { 'pod-policies.kyverno.io/autogen-controllers': 'none' } } })
  }
})

t.test('by default the annotation, the folder and the variables are those of the example', async t => {
  const { policy } = await exported(t)
  const [rule] = example.spec.rules
  t.same(policy.spec.rules[0]?.match, rule?.match)
  t.same([...new Set(variables(policy))].sort(), [...new Set(variables(example))].sort())
  t.match(JSON.stringify(policy), '"volumeMounts":[{"name":"kafka-split-dns-map","mountPath":"/etc/kafka-split-dns"')
})

t.test('containers and init containers get the same', async t => {
  const { policy } = await exported(t, [], { KAFKA_SPLIT_DNS_ZONE: 'z' })
  const patches = JSON.stringify(policy)
  const of = (kind: string) => [...patches.matchAll(new RegExp(`"${kind}":\\[(.*?)\\]\\}\\]`, 'g'))].map(([, to]) => to)
  t.ok(of('containers').length > 0)
  t.same(of('initContainers'), of('containers'))
})

t.test('settings that are set here are set in the pods', async t => {
  const env = { KAFKA_SPLIT_DNS_UNMAPPED: 'refuse', KAFKA_SPLIT_DNS_NAMESERVERS: '192.0.2.53,tls://dns.example' }
  const { policy } = await exported(t, ['--zone', 'use1-az1'], env)
  t.same([...new Set(variables(policy))].sort(), [
    'KAFKA_SPLIT_DNS_MAP_FILE=/etc/kafka-split-dns/map.yaml',
    'KAFKA_SPLIT_DNS_NAMESERVERS=udp://192.0.2.53:53,tls://dns.example:853',
    'KAFKA_SPLIT_DNS_UNMAPPED=refuse',
    'KAFKA_SPLIT_DNS_ZONE=use1-az1',
    'NAMESPACE',
  ])
})

t.test('what YAML 1.1 takes for no text is in quotes', async t => {
  for (const zone of ['no', '1:30', '012', 'y']) t.match((await exported(t, ['--zone', zone])).text, `value: '${zone}'`)
})

t.test('with nodelocal a pod gets ndots alone, as many as the export for NodeLocal DNS says', async t => {
  const { policy } = await exported(t)
  const asks = (rule: Rule) => Object.values(rule.match.any[0]?.resources.annotations ?? {})[0]
  const rules = policy.spec.rules.filter(rule => asks(rule) === 'nodelocal')
  t.same(
    rules.map(({ name }) => name),
    ['raise-ndots'],
  )
  t.same(variables(rules), [])
  for (const rule of policy.spec.rules.filter(rule => asks(rule) !== 'nodelocal')) {
    t.match(rule.exclude?.any, [{ resources: { annotations: { 'kafka-split-dns.example/map': 'nodelocal' } } }])
  }
  const nodelocal = await runMain(['export', '--to', 'nodelocal', '--map', map])
  const [, ndots = ''] = /^# ndots: (\d+)$/m.exec(nodelocal.stdout) ?? []
  t.match(JSON.stringify(rules), `"value\\": \\"${ndots}\\"`)
})

t.test('where NodeLocal DNS serves no name there is no ndots', async t => {
  const args = ['export', '--to', 'kyverno', '--map', '10.0.0.1=192.0.2.1']
  const { code, stdout } = await runMain(args)
  t.equal(code, 0)
  t.notMatch(stdout, /ndots/)
})

t.test('variables that a pod has to have are told, but for its namespace', async t => {
  const args = ['--map', '*.a.example=${NAMESPACE}.${REGION}.${CELL:-a}.${KAFKA_SPLIT_DNS_ZONE}.x', '--to', 'kyverno']
  const { code, stderr } = await runMain(['export', ...args], { env: { REGION: 'r', KAFKA_SPLIT_DNS_ZONE: 'z' } })
  t.equal(code, 0)
  t.match(stderr, 'warning: the map reads ${REGION}: containers')
})

t.test('no credentials of a URL are written', async t => {
  const { text } = await exported(t, [], { KAFKA_SPLIT_DNS_MAP_POLL_S: '60' })
  t.notMatch(text, 'MAP_URL')
  t.notMatch(text, 'POLL')
})

t.test('a map that no ConfigMap holds is told', async t => {
  const rules = Array.from({ length: 20_000 }, (_, index) => `broker-${index}.kafka.example=vpce.example`).join(',')
  const { code, stdout, stderr } = await runMain(['export', '--to', 'kyverno', '--map', rules])
  t.same([code, stdout], [1, ''])
  t.match(stderr, 'the map is larger than 1 MiB')
})
