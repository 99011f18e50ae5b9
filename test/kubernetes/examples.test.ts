import { Deployment } from 'kubernetes-models/apps/v1'
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1'
import { ConfigMap, Service } from 'kubernetes-models/v1'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse, parseAllDocuments } from 'yaml'
import { optionNames, optionTable } from '../../src/config/option-table.js'
import { parseMap } from '../../src/index.js'
import { SplitDns } from '../../src/split-dns.js'
import { projectFolder } from '../kafka/paths.js'
import { runMain } from '../src/tools/cli/fixtures/run-main.js'
import { faultsOf } from './custom-resource.js'

const folder = join(projectFolder, 'examples/kubernetes')
const files = readdirSync(folder).filter(file => file.endsWith('.yaml'))
const read = (file: string) => parse(readFileSync(join(folder, file), 'utf8')) as Manifest

interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly data?: Readonly<Record<string, string>>
  readonly spec?: unknown
}

interface CustomResource {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly schema: object
}

const customResources = ['clusterpolicy', 'mutatingpolicy'].map(
  name =>
    JSON.parse(readFileSync(join(projectFolder, `test/kubernetes/schemas/${name}.json`), 'utf8')) as CustomResource,
)
const models = { ConfigMap, Service, Deployment, NetworkPolicy }

/** What Kubernetes would say of it; an empty list where it would take it. */
function faults(manifest: Manifest): string[] {
  const { apiVersion, kind } = manifest
  const custom = customResources.find(
    ({ group, version, kind: own }) => apiVersion === `${group}/${version}` && kind === own,
  )
  if (custom !== undefined) return faultsOf(manifest, custom.schema)
  const Model = Object.entries(models).find(([name]) => name === kind)?.[1]
  if (Model === undefined) return [`no schema for ${apiVersion} ${kind}`]
  try {
    const model = new Model(manifest as never)
    model.validate()
    return model.apiVersion === apiVersion ? [] : [`${kind} has apiVersion ${model.apiVersion}`]
  } catch (error) {
    return [String(error)]
  }
}

for (const file of files) {
  t.test(`${file} is what its schema says`, async t => t.strictSame(faults(read(file)), []))
}

const broken = [
  { name: 'a field that is missing', file: 'deployment-factory.yaml', change: ['  selector:', '  selectors:'] },
  { name: 'a field of the wrong type', file: 'network-policy.yaml', change: ['port: 9092', 'port: [9092]'] },
  { name: 'a field of a policy that is none', file: 'kyverno-cluster-policy.yaml', change: ['mutate:', 'mutates:'] },
  { name: 'a list that is none', file: 'kyverno-mutating-policy.yaml', change: ['[pods]', 'pods'] },
  {
    name: 'an expression that is missing',
    file: 'kyverno-mutating-policy.yaml',
    change: ['    - name: map\n      expression:', '    - name: map\n      expr:'],
  },
] as const
for (const { name, file, change } of broken) {
  t.test(`the schemas see ${name}`, async t => {
    const text = readFileSync(join(folder, file), 'utf8')
    const changed = text.replace(...(change as readonly [string, string]))
    t.not(changed, text)
    t.not(faults(parse(changed) as Manifest).length, 0)
  })
}

for (const file of ['deployment-sidecar.yaml', 'deployment-serve.yaml']) {
  t.test(`${file}: serve is asked first, and listens at a port that the pod may bind`, async t => {
    const check = { exec: { command: ['kafka-split-dns', 'serve', '--check'] } }
    const container = { volumeMounts: [{ name: 'kafka-split-dns-map' }], livenessProbe: check }
    const npxCheck = { exec: { command: ['npx', ...check.exec.command] } }
    t.match(read(file).spec, {
      template: {
        spec: {
          dnsPolicy: 'None',
          dnsConfig: { nameservers: ['127.0.0.1', String], searches: ['orders.svc.cluster.local', String, String] },
          securityContext: { sysctls: [{ name: 'net.ipv4.ip_unprivileged_port_start', value: '53' }] },
          ...(file === 'deployment-serve.yaml'
            ? { containers: [{ ...container, livenessProbe: npxCheck }] }
            : { initContainers: [container] }),
        },
      },
    })
  })
}

t.test('the sidecar is a native one, and is up before the service starts', async t => {
  t.match(read('deployment-sidecar.yaml').spec, {
    template: {
      spec: {
        initContainers: [
          {
            restartPolicy: 'Always',
            args: ['kafka-split-dns', 'serve', '--listen', '127.0.0.1:53', '--ports', '9092'],
            startupProbe: { exec: { command: ['kafka-split-dns', 'serve', '--check'] } },
          },
        ],
      },
    },
  })
})

t.test('the MutatingPolicy gives init containers what it gives containers', async t => {
  const text = readFileSync(join(folder, 'kyverno-mutating-policy.yaml'), 'utf8')
  const [, containers = ''] = / containers: object\.spec\.containers(\.map[^]*?)\n {14}initContainers:/.exec(text) ?? []
  const [, others = ''] = / initContainers: \([^)]*\)[^)]*\)(\.map[^]*?)\n {14}volumes:/.exec(text) ?? []
  t.not(containers, '')
  t.equal(others.replaceAll('spec.initContainers', 'spec.containers'), containers)
})

/** Each `name: value` of an `env` list, wherever it stands. */
function variables(value: unknown): { name: string; value?: string }[] {
  if (typeof value !== 'object' || value === null) return []
  const own = 'env' in value && Array.isArray(value.env) ? (value.env as { name: string; value?: string }[]) : []
  return [...own, ...Object.values(value).flatMap(variables)]
}

t.test('the ClusterPolicy is what export writes for the map', async t => {
  const map = join(t.testdir({ 'map.yaml': read('map.yaml').data?.['map.yaml'] ?? '' }), 'map.yaml')
  const { code, stdout } = await runMain(['export', '--to', 'kyverno', '--map-file', map])
  t.equal(code, 0)
  t.strictSame(parseAllDocuments(stdout)[1]?.toJS(), read('kyverno-cluster-policy.yaml'))
})

const env = { NAMESPACE: 'orders' }

t.test("the ConfigMap's map leads to the Service of the standard name, in the pod's own namespace", async t => {
  const text = read('map.yaml').data?.['map.yaml'] ?? ''
  await using splitDns = new SplitDns({ map: parseMap(text, { filename: 'map.yaml', format: 'yaml', env }) }, env)
  const service = read('service.yaml').metadata.name
  t.match(splitDns.route('b7.kafka.example', 9092).targets, [
    { host: `${service}.orders.svc.cluster.local.`, port: 9092 },
  ])
  t.match(splitDns.route('b-3.orders.msk.example', 9098).targets, [{ host: 'nlb.vpce.example', port: 9003 }])
})

t.test("the variable's map does, too", async t => {
  const map =
    variables(read('deployment-register.yaml')).find(({ name }) => name === 'KAFKA_SPLIT_DNS_MAP')?.value ?? ''
  await using splitDns = new SplitDns({}, { ...env, KAFKA_SPLIT_DNS_MAP: map })
  const service = read('service.yaml').metadata.name
  t.match(splitDns.route('b7.kafka.example').targets, [{ host: `${service}.orders.svc.cluster.local.` }])
})

t.test('every variable of this package that is set is one, and every ConfigMap that is mounted is there', async t => {
  const known = optionNames.map(name => optionTable[name].variable)
  const texts = files.map(file => readFileSync(join(folder, file), 'utf8'))
  const set = texts.flatMap(text => [...text.matchAll(/KAFKA_SPLIT_DNS_[A-Z_]+/g)].map(([name]) => name))
  t.ok(set.length >= 4)
  for (const name of set) t.ok(known.includes(name), name)
  const mounted = texts.flatMap(text => [...text.matchAll(/configMap: \{ name: (\S+) \}/g)].map(([, name]) => name))
  t.strictSame([...new Set(mounted)], [read('map.yaml').metadata.name])
})
