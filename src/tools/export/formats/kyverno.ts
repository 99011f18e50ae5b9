import { stringify } from 'yaml'
import type { Fault } from '../../../errors.js'
import { header, type Exported, type ExportRequest, type Format } from '../format.js'
import { mapName, kyvernoPolicy } from './kyverno-policy.js'
import { mapText, variablesOf } from '../view/map-text.js'
import { ndotsFor } from '../view/ndots.js'
import { suffixedPatterns } from './nodelocal.js'
import { settingVariables } from '../setting-variables.js'

/** The map as a ConfigMap, and the Kyverno policy that gives it to the pods whose annotation asks for it. */
export const kyverno: Format = {
  name: 'kyverno',
  summary: 'a ConfigMap with the map, and a policy that gives it to pods with an annotation',
  takes: ['annotation'],
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
  const { annotation } = request.flags
  const { variables, omissions: lost } = settingVariables(request.read)
  const map = mapText(request)
  const isTooLarge = Buffer.byteLength(map) > mostBytes
  const tooLarge: Fault = { message: 'the map is larger than 1 MiB, which no ConfigMap holds', origin: mapName }
  const omissions = isTooLarge ? [...lost, tooLarge] : lost
  const dots = ndotsFor(suffixedPatterns(request.rules))
  const configMap = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: mapName },
    data: { 'map.yaml': isTooLarge ? 'rules: []\n' : map },
  }
  const policy = kyvernoPolicy(annotation, variables, dots?.ndots)
  const text = [
    header('kyverno', request, omissions),
    comment('The map, for each namespace whose pods ask for it: kubectl apply --namespace NAMESPACE.'),
    stringify(configMap, style),
    '---\n',
    comment(
      `A pod with the annotation '${annotation}: CONFIGMAP' gets the map of that ConfigMap and the variables for it;`,
    ),
    comment(
      dots === undefined
        ? 'every other pod is not changed.'
        : `with '${annotation}: nodelocal' the ndots for NodeLocal DNS; every other pod is not changed.`,
    ),
    stringify(policy, style),
  ].join('')
  return { text, omissions, warnings: variableWarnings(map, variables) }
}

const comment = (line: string) => `# ${line}\n`

const given: readonly string[] = ['NAMESPACE', 'POD_NAMESPACE']

function variableWarnings(map: string, variables: readonly { readonly name: string }[]): readonly string[] {
  const known = [...given, ...variables.map(({ name }) => name)]
  const missing = variablesOf(map).filter(name => !known.includes(name))
  if (missing.length === 0) return []
  const names = missing.map(name => `\${${name}}`).join(', ')
  return [`the map reads ${names}: containers that ask for the map do not start without`]
}
