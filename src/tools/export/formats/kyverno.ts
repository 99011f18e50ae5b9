import { stringify } from 'yaml'
import type { Fault } from '../../../errors.js'
import { packageVersion } from '../../../package-version.js'
import { header, textOf, type Exported, type ExportRequest, type Format } from '../format.js'
import { mapName, kyvernoPolicy } from './kyverno-policy.js'
import { kyvernoSidecarPolicy } from './kyverno-sidecar-policy.js'
import { mapText, variablesOf } from '../view/map-text.js'
import { ndotsForRules } from './nodelocal.js'
import { settingVariables, type Variable } from '../setting-variables.js'

/** The map as a ConfigMap, and the Kyverno policy that gives pods `serve` beside their containers. */
const kyvernoSidecar: Format = {
  name: 'kyverno --sidecar',
  summary: 'a ConfigMap with the map, and a policy that adds serve to pods with an annotation',
  takes: ['annotation', 'clusterDns', 'clusterDomain', 'image', 'port'],
  usesNamespacePlaceholder: true,
  write: writeSidecar,
}

/** The map as a ConfigMap, and the Kyverno policy that gives it to the pods whose annotation asks for it. */
export const kyverno: Format = {
  name: 'kyverno',
  summary: 'a ConfigMap with the map, and a policy that gives it to pods with an annotation',
  takes: ['annotation'],
  sidecar: kyvernoSidecar,
  usesNamespacePlaceholder: true,
  write: writeKyverno,
}

// What Kubernetes takes for all the values of a ConfigMap together (core/validation: MaxSecretSize).
const mostBytes = 1_048_576

// 1.1, as Kubernetes reads it: `no` and `1:30` are texts in quotes.
const style = {
  version: '1.1',
  lineWidth: 0,
  singleQuote: true,
  blockQuote: 'literal',
  aliasDuplicateObjects: false,
} as const

function writeKyverno(request: ExportRequest): Exported {
  const { annotation = 'kafka-split-dns.example/map' } = request.flags
  const parts = readParts(request)
  const dots = ndotsForRules(request.rules)
  const comments = [
    `A pod with the annotation '${annotation}: CONFIGMAP' gets the map of that ConfigMap and the variables for it;`,
    dots === undefined
      ? 'every other pod is not changed.'
      : `with '${annotation}: nodelocal' the ndots for NodeLocal DNS; every other pod is not changed.`,
  ]
  const policy = kyvernoPolicy(annotation, parts.variables, dots?.ndots)
  const unset = parts.unset.map(name => `\${${name}}`).join(', ')
  const warning = `the map reads ${unset}: containers that ask for the map do not start without`
  return {
    text: documents(kyverno.name, request, parts, comments, policy),
    omissions: parts.omissions,
    warnings: unset === '' ? [] : [warning],
  }
}

function writeSidecar(request: ExportRequest): Exported {
  const { annotation = 'kafka-split-dns.example/sidecar', clusterDns, clusterDomain, port } = request.flags
  const { image = `kafka-split-dns:${packageVersion()}` } = request.flags
  const read = readParts(request)
  // No pod can set them: the container is the policy's.
  const unset = read.unset.map(name => ({ message: `the sidecar has no variable ${name}`, origin: `\${${name}}` }))
  const parts = { ...read, omissions: [...read.omissions, ...unset] }
  const comments = [
    `A pod with the annotation '${annotation}: CONFIGMAP' gets kafka-split-dns serve with the map of that ConfigMap, as a`,
    'native sidecar and first nameserver; every other pod is not changed.',
  ]
  const settings = parts.variables
  const policy = kyvernoSidecarPolicy({ annotation, settings, image, clusterDns, clusterDomain, port })
  const warning = `the policy names the image ${image}: build it, or name yours with --image`
  return {
    text: documents(kyvernoSidecar.name, request, parts, comments, policy),
    omissions: parts.omissions,
    warnings: request.flags.image === undefined ? [warning] : [],
  }
}

interface Parts {
  readonly map: string
  readonly variables: readonly Variable[]
  /** Variables that the map reads and the policy does not set. */
  readonly unset: readonly string[]
  readonly omissions: readonly Fault[]
}

const given: readonly string[] = ['NAMESPACE', 'POD_NAMESPACE']

function readParts(request: ExportRequest): Parts {
  const { variables, omissions: lost } = settingVariables(request.read)
  const map = mapText(request)
  const known = [...given, ...variables.map(({ name }) => name)]
  const unset = variablesOf(map).filter(name => !known.includes(name))
  if (Buffer.byteLength(map) <= mostBytes) return { map, variables, unset, omissions: lost }
  const tooLarge: Fault = { message: 'the map is larger than 1 MiB, which no ConfigMap holds', origin: mapName }
  return { map: 'rules: []\n', variables, unset, omissions: [...lost, tooLarge] }
}

function documents(
  format: string,
  request: ExportRequest,
  { map, omissions }: Parts,
  policyComments: readonly string[],
  policy: object,
): string {
  const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: mapName }, data: { 'map.yaml': map } }
  const about = ['The map, for each namespace whose pods ask for it: kubectl apply --namespace NAMESPACE.']
  return [
    textOf(header(format, request, omissions, about)),
    stringify(configMap, style),
    '---\n',
    textOf(policyComments.map(line => `# ${line}`)),
    stringify(policy, style),
  ].join('')
}
