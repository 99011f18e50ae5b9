import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigMap, Pod } from 'kubernetes-models/v1'
import t, { type Test } from 'tap'
import { parseAllDocuments } from 'yaml'
import { parseMap } from '../../../../../src/index.js'
import { serve } from '../../../../../src/tools/cli/serve/serve.js'
import { projectFolder } from '../../../../project.js'
import { faultsOf } from '../../../../kubernetes/custom-resource.js'
import { runMain } from '../../cli/fixtures/run-main.js'

const { schema } = JSON.parse(
  readFileSync(join(projectFolder, 'test/kubernetes/schemas/clusterpolicy.json'), 'utf8'),
) as { schema: object }

interface Policy {
  readonly metadata: { readonly name: string }
  readonly spec: { readonly rules: readonly Rule[] }
}
interface Rule {
  readonly match: object
  readonly exclude?: object
  readonly preconditions: object
  readonly mutate: { readonly patchStrategicMerge: { readonly spec: PodSpec } }
}
interface PodSpec {
  readonly dnsPolicy: string
  readonly dnsConfig: Readonly<Record<'nameservers' | 'searches' | 'options', unknown>>
  readonly securityContext: { readonly sysctls: unknown }
  readonly initContainers: readonly Container[]
  readonly volumes: readonly object[]
}
interface Container {
  readonly command: readonly string[]
  readonly args?: readonly string[]
  readonly env: readonly { readonly name: string; readonly value?: string }[]
  readonly startupProbe: { readonly exec: { readonly command: readonly string[] } }
}

const map = '*.kafka.example=svc.${NAMESPACE}.svc.cluster.local'
const flags = ['export', '--to', 'kyverno', '--sidecar', '--cluster-dns', '192.0.2.10']

/** The ConfigMap and the policy, each as its schema says, and what the policy gives a pod. */
async function exported(t: Test, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
  const { code, stdout, stderr } = await runMain([...flags, '--map', map, ...args], { env })
  const documents = parseAllDocuments(stdout)
  const [configMap, policy, ...more] = documents.map(document => document.toJS() as unknown)
  t.same([code, more], [0, []], stderr)
  new ConfigMap(configMap as never).validate()
  t.strictSame(faultsOf(policy, schema), [])
  const [rule, ...others] = (policy as Policy).spec.rules
  if (rule === undefined || others.length > 0) throw new Error('expected one rule')
  const { spec } = rule.mutate.patchStrategicMerge
  const [container, ...rest] = spec.initContainers
  if (container === undefined || rest.length > 0) throw new Error('expected one container')
  return { stderr, configMap: configMap as ConfigMap, policy: policy as Policy, rule, spec, container }
}

t.test('only pods that are made with the annotation are touched, and none in the network of the node', async t => {
  for (const name of ['kafka-split-dns.example/sidecar', 'tenant.example/dns']) {
    const { policy, rule, spec } = await exported(t, name.startsWith('tenant') ? ['--annotation', name] : [])
    t.strictSame(rule.match, {
      any: [{ resources: { kinds: ['Pod'], operations: ['CREATE'], annotations: { [name]: '?*' } } }],
    })
    t.equal(rule.exclude, undefined)
    t.strictSame(rule.preconditions, {
      all: [{ key: '{{ request.object.spec.hostNetwork || `false` }}', operator: 'Equals', value: false }],
    })
    t.strictSame(spec.volumes, [
      { name: 'kafka-split-dns-map', configMap: { name: `{{ request.object.metadata.annotations."${name}" }}` } },
    ])
    t.match(policy.metadata, { name: 'kafka-split-dns-sidecar' }, 'beside the policy for the library')
  }
})

t.test('the sidecar is the first nameserver, the cluster’s is the second, and it may listen at port 53', async t => {
  const { spec } = await exported(t, ['--cluster-domain', 'corp.example'])
  t.equal(spec.dnsPolicy, 'None')
  t.strictSame(spec.dnsConfig.nameservers, ['127.0.0.1', '192.0.2.10'])
  t.match(
    spec.dnsConfig.searches,
    "[join('.', [request.namespace, 'svc.corp.example']), 'svc.corp.example', 'corp.example', ",
  )
  t.match(spec.dnsConfig.options, '{"name":"ndots","value":"5"}')
  t.match(spec.securityContext.sysctls, '{"name":"net.ipv4.ip_unprivileged_port_start","value":"53"}')
  // What a pod has of its own is written beside: a list is replaced as a whole.
  for (const [path, text] of Object.entries({
    'dnsConfig.searches': spec.dnsConfig.searches,
    'dnsConfig.options': spec.dnsConfig.options,
    'securityContext.sysctls': spec.securityContext.sysctls,
  })) {
    t.match(text, `(request.object.spec.${path} || \`[]\`)][] }}`.replace(/sysctls.*/, 'sysctls'))
  }
})

/** A pod as the policy makes it, where the pod's own lists are empty. */
const patched = (spec: PodSpec) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'billing' },
  spec: {
    ...spec,
    dnsConfig: {
      nameservers: spec.dnsConfig.nameservers,
      searches: ['orders.svc.cluster.local', 'svc.cluster.local', 'cluster.local'],
      options: [{ name: 'ndots', value: '5' }],
    },
    securityContext: { sysctls: [{ name: 'net.ipv4.ip_unprivileged_port_start', value: '53' }] },
    containers: [{ name: 'billing', image: 'registry.example/billing:1' }],
  },
})

t.test('the pod that comes of it is one, and the sidecar is up before its containers start', async t => {
  const { spec, container } = await exported(t)
  new Pod(patched(spec) as never).validate()
  t.throws(() => new Pod({ ...patched(spec), spec: { ...spec, containers: 'none' } } as never).validate())
  t.match(container, {
    name: 'kafka-split-dns',
    restartPolicy: 'Always',
    command: ['kafka-split-dns', 'serve'],
    startupProbe: { exec: { command: ['kafka-split-dns', 'serve', '--check'] } },
    livenessProbe: { exec: { command: ['kafka-split-dns', 'serve', '--check'] } },
    volumeMounts: [{ mountPath: '/etc/kafka-split-dns' }],
  })
  t.equal(container.args, undefined, 'the default port')
  const flagsOf = (words: readonly string[]) => words.filter(word => word.startsWith('--'))
  const { args = [] } = (await exported(t, ['--port', '9094'])).container
  t.strictSame(args, ['--ports', '9094'])
  for (const flag of flagsOf([...container.startupProbe.exec.command, ...args]))
    t.ok(flag.slice(2) in serve.options, flag)
})

t.test('it has the map, its namespace and the settings that are set here', async t => {
  const { configMap, container } = await exported(t, ['--zone', 'use1-az1'], { NAMESPACE: 'mine' })
  t.match(parseMap(configMap.data?.['map.yaml'] ?? '', { format: 'yaml', env: { NAMESPACE: 'theirs' } }).rules, [
    { match: '*.kafka.example', to: 'svc.theirs.svc.cluster.local' },
  ])
  t.strictSame(container.env, [
    { name: 'KAFKA_SPLIT_DNS_MAP_FILE', value: '/etc/kafka-split-dns/map.yaml' },
    { name: 'KAFKA_SPLIT_DNS_ZONE', value: 'use1-az1' },
    { name: 'NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
  ])
})

t.test('the image is the one that is named; without a name a warning says to build it', async t => {
  const image = 'registry.example:5000/kafka/split-dns:1@sha256:0a1b'
  const named = await exported(t, ['--image', image])
  t.match(named.container, { image })
  t.equal(named.stderr, '')
  const other = await exported(t)
  t.match(other.container, { image: /^kafka-split-dns:\d+\.\d+\.\d+$/ })
  t.match(
    other.stderr,
    /^kafka-split-dns export: warning: the policy names the image kafka-split-dns:\S+: build it, or /,
  )
})

t.test('a variable of the map that the sidecar can not have stops it', async t => {
  const args = [...flags, '--map', '*.a.example=${REGION}.${CELL:-a}.x']
  const { code, stdout, stderr } = await runMain(args, { env: { REGION: 'r' } })
  t.same([code, stdout], [1, ''])
  t.match(stderr, 'not expressed: ${REGION}: the sidecar has no variable REGION\n')
})
