import type { Variable } from '../setting-variables.js'

/** The ConfigMap's name: what an annotation asks for. */
export const mapName = 'kafka-split-dns-map'

/** The annotation's value that asks for `ndots` instead of the map. */
const nodelocalValue = 'nodelocal'

/** Where containers find the map. */
const folder = '/etc/kafka-split-dns'

/** A ClusterPolicy that touches pods with the annotation alone. Without `ndots` the value `nodelocal` does nothing. */
export function kyvernoPolicy(annotation: string, settings: readonly Variable[], ndots: number | undefined): object {
  const variables = variablesFor(settings)
  const isNodelocal = { any: [{ resources: { annotations: { [annotation]: nodelocalValue } } }] }
  const asksForMap = { match: matches(annotation, '?*'), exclude: isNodelocal }
  const raise = { name: 'raise-ndots', match: matches(annotation, nodelocalValue), mutate: raiseNdots(ndots ?? 0) }
  return clusterPolicy('kafka-split-dns', [
    {
      name: 'mount-map',
      ...asksForMap,
      mutate: { patchStrategicMerge: { spec: { volumes: [volume(annotation)] } } },
    },
    { name: 'inject-map', ...asksForMap, mutate: injectInto({ env: variables, volumeMounts: [mount] }) },
    { name: 'inject-namespace', ...asksForMap, mutate: injectInto({ env: [namespace] }, hasNoNamespace) },
    ...(ndots === undefined ? [] : [raise]),
  ])
}

export const clusterPolicy = (name: string, rules: readonly object[]): object => ({
  apiVersion: 'kyverno.io/v1',
  kind: 'ClusterPolicy',
  metadata: {
    name,
    // The annotation is the pod's: nothing is to be made for Deployments.
    annotations: { 'pod-policies.kyverno.io/autogen-controllers': 'none' },
  },
  spec: { rules },
})

export const variablesFor = (settings: readonly Variable[]): readonly Variable[] => [
  { name: 'KAFKA_SPLIT_DNS_MAP_FILE', value: `${folder}/map.yaml` },
  ...settings,
]

/** Pods that are made with the annotation, whose value is as this pattern says. */
export const matches = (annotation: string, value: string) => ({
  any: [{ resources: { kinds: ['Pod'], operations: ['CREATE'], annotations: { [annotation]: value } } }],
})

/** The ConfigMap that the annotation names. */
export const volume = (annotation: string) => ({
  name: mapName,
  configMap: { name: `{{ request.object.metadata.annotations."${annotation}" }}` },
})

export const mount = { name: mapName, mountPath: folder, readOnly: true }

export const namespace = { name: 'NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } }

// Beside a value of the container's own it would make the pod invalid.
const hasNoNamespace = {
  preconditions: {
    all: [{ key: "{{ element.env[?name == 'NAMESPACE'] || `[]` | length(@) }}", operator: 'Equals', value: 0 }],
  },
}

/** The same for each container, and each init container where there is one. */
const injectInto = (patch: object, when: object = {}) => ({
  foreach: ['containers', 'initContainers'].map(kind => ({
    list: `request.object.spec.${kind} || \`[]\``,
    ...when,
    patchStrategicMerge: { spec: { [kind]: [{ '(name)': '{{ element.name }}', ...patch }] } },
  })),
})

/** A list of options is replaced as a whole, so the pod's own others are written beside. */
function raiseNdots(ndots: number): object {
  const own = "(request.object.spec.dnsConfig.options || `[]`)[?name != 'ndots']"
  const raised = `\`[{"name": "ndots", "value": "${ndots}"}]\``
  return { patchStrategicMerge: { spec: { dnsConfig: { options: `{{ [${own}, ${raised}][] }}` } } } }
}
