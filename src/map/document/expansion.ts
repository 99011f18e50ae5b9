import { readFileSync } from 'node:fs'
import { Expanded, faultAt, type Report, type ScalarNode, type Span } from './node.js'
import { didYouMean } from '../../text/nearest.js'
import { quoteText } from '../../text/quote-text.js'
import { visibleText } from '../../text/visible-text.js'

/** Where `${}` values come from. */
export interface ExpansionScope {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly readNamespace: () => string | undefined
  /** True for a map from a URL. It may name a few variables only, so that it can send no secrets out. */
  readonly isRemote: boolean
}

// More than any pattern or target needs: a name has 253 characters, captures and variables apart.
const maxLength = 2048

const remoteNames = ['NAMESPACE', 'POD_NAMESPACE', 'KAFKA_SPLIT_DNS_ZONE']
const remotePrefix = 'KAFKA_SPLIT_DNS_VAR_'

/**
 * The scalar's text with every `${NAME}` and `${NAME:-default}` filled in; undefined, with a report of each fault and
 * `prefix` before its message, if one has no value.
 */
export function expand(
  node: ScalarNode,
  scope: ExpansionScope,
  report: Report,
  prefix?: (node: ScalarNode) => string,
): Expanded | undefined {
  if (node.expanded !== undefined) return node.expanded
  // What `to: |` reads ends in a line feed.
  const written = node.text.trimEnd()
  if (written.length <= maxLength && !written.includes('${')) return new Expanded(written)
  return fillIn(written, scope, (describe, at) => {
    report(() => faultAt(node, prefix === undefined ? describe() : `${prefix(node)}: ${describe()}`, at))
  })
}

function fillIn(
  written: string,
  scope: ExpansionScope,
  reportFault: (describe: () => string, at?: number) => void,
): Expanded | undefined {
  const reportLength = (end = '') => reportFault(() => `the text has more than ${maxLength} characters${end}`)
  if (written.length > maxLength) {
    reportLength()
    return undefined
  }
  const spans: Span[] = []
  let text = ''
  let done = 0
  let isWhole = true
  for (let at = written.indexOf('${'); at >= 0; at = written.indexOf('${', done)) {
    text += written.slice(done, at)
    const close = written.indexOf('}', at)
    if (close < 0) {
      reportFault(() => "'${' has no '}'", at)
      return undefined
    }
    const from = text.length
    const value = valueOf(written.slice(at + 2, close), scope)
    if (typeof value === 'string') text += value
    else reportFault(value.describe, at)
    isWhole &&= typeof value === 'string'
    if (text.length > maxLength) {
      reportLength(' with what stands for its ${}')
      return undefined
    }
    done = close + 1
    spans.push({ from, to: text.length, writtenFrom: at, writtenTo: done })
  }
  return isWhole ? new Expanded(text + written.slice(done), written, spans) : undefined
}

/** The value of the `${}`, or why it has none. */
function valueOf(inside: string, scope: ExpansionScope): string | { describe: () => string } {
  const divider = inside.indexOf(':-')
  const name = divider < 0 ? inside : inside.slice(0, divider)
  const fallback = divider < 0 ? undefined : inside.slice(divider + 2)
  const quoted = () => quoteText(`\${${inside}}`)
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    return { describe: () => `${quoted()} is no variable: expected \${NAME} or \${NAME:-default}` }
  }
  if (fallback?.includes('{') === true) return { describe: () => `the default in ${quoted()} cannot hold braces` }
  if (scope.isRemote && !remoteNames.includes(name) && !name.startsWith(remotePrefix)) {
    const allowed = `${remoteNames.join(', ')} and ${remotePrefix}*`
    return { describe: () => `a map from a URL cannot read \${${visibleText(name, 60)}}: it may name ${allowed} only` }
  }
  const value = read(name, scope) ?? fallback
  if (value !== undefined) return value
  return {
    describe: () => {
      const hint = scope.isRemote ? '' : didYouMean(name, Object.keys(scope.env).concat('NAMESPACE'))
      const shown = visibleText(name, 60)
      return `\${${shown}} is unset or empty${hint}: set it, or write \${${shown}:-default}`
    },
  }
}

function read(name: string, { env, readNamespace }: ExpansionScope): string | undefined {
  const own = (key: string) => (Object.hasOwn(env, key) && env[key] !== '' ? env[key] : undefined)
  if (name !== 'NAMESPACE') return own(name)
  return own('NAMESPACE') ?? own('POD_NAMESPACE') ?? (readNamespace() || undefined)
}

// Kubernetes mounts it into every Pod with a service account token.
const namespaceFile = '/var/run/secrets/kubernetes.io/serviceaccount/namespace'

/** The namespace of this Pod; undefined outside of Kubernetes. Reads a file, synchronously. */
export function readServiceAccountNamespace(path: string = namespaceFile): string | undefined {
  try {
    const namespace = readFileSync(path, 'utf8').trim()
    return namespace === '' ? undefined : namespace
  } catch {
    return undefined
  }
}
