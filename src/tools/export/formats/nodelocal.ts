import type { PlacedRule } from '../../../map/compile.js'
import { dnsView, type Answer } from '../view/dns-view.js'
import { byRecordType, header, ruleComment, textOf, type Exported, type ExportRequest, type Format } from '../format.js'
import { expressionText, fillIn, patternText, type HostPattern } from '../view/host-pattern.js'
import { Omissions } from '../view/plain-answers.js'
import { unsupportedSettings } from '../setting-variables.js'

/** Replaces `${NAMESPACE}` while the map is compiled; the template then fills in the asking pod's. No namespace has this name. */
export const anyNamespace = 'kafka-split-dns-any-namespace'

/**
 * NodeLocal DNS' block for the cluster's zone, with templates for brokers' names with a suffix of a pod's search list:
 * only pods with a raised ndots ask for those.
 */
export const nodelocal: Format = {
  name: 'nodelocal',
  summary: 'a server block for NodeLocal DNS, for pods whose ndots is raised',
  takes: ['clusterDomain'],
  usesNamespacePlaceholder: true,
  write: writeNodelocal,
}

interface Written {
  readonly pattern: HostPattern
  readonly lines: readonly string[]
}

function writeNodelocal(request: ExportRequest): Exported {
  const view = dnsView(request.rules)
  const { clusterDomain } = request.flags
  const omissions = new Omissions(request.rules, [...unsupportedSettings(request.read), ...view.omissions])
  const written = view.answers.flatMap((answer): readonly Written[] => {
    const reason = whyNot(answer)
    if (reason !== undefined) omissions.add(answer.rule, reason)
    return isTaken(answer)
      ? [{ pattern: answer.pattern, lines: templateLines(answer, clusterDomain, reason !== undefined) }]
      : []
  })
  const comments = about(ndotsFor(written.map(({ pattern }) => pattern)), clusterDomain)
  const templates = written.flatMap(({ lines }) => ['', ...lines])
  const text = textOf([...header('nodelocal', request, omissions.faults, comments), ...block(clusterDomain, templates)])
  return { text, omissions: omissions.faults, warnings: [] }
}

const isTaken = (answer: Answer) => whyNot(answer) === undefined || isApart(answer.pattern)

/** The `ndots` with which a pod's resolver tries its search list first for the names of the patterns. */
interface Ndots {
  readonly ndots: number
  /** The pattern whose names have the most dots. */
  readonly longest: string
  /** True where a `*` may cover more labels than the one that was counted. */
  readonly isLeast: boolean
}

/** For the names that templates are written for; undefined where there is none. */
export function ndotsForRules(rules: readonly PlacedRule[]): Ndots | undefined {
  const taken = dnsView(rules).answers.filter(isTaken)
  return ndotsFor(taken.map(({ pattern }) => pattern))
}

function ndotsFor(patterns: readonly HostPattern[]): Ndots | undefined {
  const counted = patterns.map(pattern => ({ pattern, dots: dotsOf(pattern) }))
  const [most] = counted.toSorted((a, b) => b.dots - a.dots)
  if (most === undefined) return undefined
  const isLeast = patterns.some(([first]) => first?.kind === 'star')
  return { ndots: Math.min(most.dots + 1, mostDots), longest: patternText(most.pattern), isLeast }
}

/** The limit of glibc and musl (RES_MAXNDOTS). */
const mostDots = 15

/** The number of dots in the shortest names that the pattern matches. */
const dotsOf = (pattern: HostPattern): number => patternText(pattern).split('.').length - 1

/** Why names with a search suffix can't carry the answer, or undefined. */
function whyNot({ pattern, reply }: Answer): string | undefined {
  if (!isApart(pattern)) return "it would match names of the cluster's own Services"
  if (patternText(pattern).includes(anyNamespace))
    return 'its pattern holds ${NAMESPACE}, which is unknown before a pod asks'
  if (dotsOf(pattern) >= mostDots) return `its names have more than ${mostDots - 1} dots: ndots cannot be raised so far`
  if (reply.kind === 'none') return `names cannot be refused (${reply.why}): a client goes on to the name as it is`
  return undefined
}

/** True where the pattern can't match a Service or pod, whose names have two labels before the cluster domain. */
function isApart(pattern: HostPattern): boolean {
  const last = pattern.at(-1)
  return last?.kind === 'literal' && last.text.includes('.') && !/^[0-9.]*$/.test(last.text)
}

function templateLines({ pattern, reply, rule }: Answer, clusterDomain: string, isLost: boolean): readonly string[] {
  const comment = ruleComment(rule)
  const zone = clusterDomain.replaceAll('.', '\\.')
  const match = `    match ^${expressionText(pattern)}\\.([a-z0-9-]+)\\.svc\\.${zone}\\.$`
  const template = (type: string, ...lines: readonly string[]) => [
    `template IN ${type} ${clusterDomain} {`,
    match,
    ...lines.map(line => `    ${line}`),
    '    fallthrough',
    '}',
  ]
  const answer = (type: string, data: string) => `answer "{{ .Name }} ${ttl} IN ${type} ${data}"`
  if (isLost || reply.kind === 'pass' || reply.kind === 'none') {
    return [
      comment,
      '# NXDOMAIN with a suffix, so that the client goes on to the name as it is.',
      ...template('ANY', 'rcode NXDOMAIN'),
    ]
  }
  if (reply.kind === 'name') return [comment, ...template('ANY', answer('CNAME', `${filledIn(pattern, reply.name)}.`))]
  const addresses = reply.kind === 'ipv4' ? [filledIn(pattern, reply.address)] : reply.addresses
  const records = byRecordType(addresses).flatMap(({ type, addresses }) =>
    template(type, ...addresses.map(address => answer(type, address))),
  )
  return [comment, ...records, ...template('ANY')]
}

const ttl = 30

/** The target as a template writes it; the last group is the namespace. */
function filledIn(pattern: HostPattern, target: HostPattern): string {
  const group = (number: number) => `{{ index .Match ${number} }}`
  const namespace = group(pattern.filter(part => part.kind !== 'literal').length + 1)
  return fillIn(pattern, target, group).replaceAll(anyNamespace, namespace)
}

function about(dots: Ndots | undefined, clusterDomain: string): readonly string[] {
  const need =
    dots === undefined
      ? []
      : [
          '',
          `ndots: ${dots.ndots}`,
          `Pods that use the map need it in dnsConfig.options: a resolver tries its search list first only for names with`,
          `fewer dots than ndots, which is at most ${mostDots}. The longest names have ${dots.ndots - 1} dots:`,
          dots.longest,
          ...(dots.isLeast ? ["A '*' counts as one label: add one for each further label that it covers."] : []),
        ]
  return [
    `Replaces the block for ${clusterDomain} in the ConfigMap node-local-dns; only the templates are new in it. A pod asks`,
    `for BROKER.NAMESPACE.svc.${clusterDomain} before BROKER as it is, where its ndots is high enough: such a name is a CNAME to`,
    "the rule's target, in the asking pod's own namespace where the target holds ${NAMESPACE}.",
    ...need,
  ]
}

const block = (clusterDomain: string, templates: readonly string[]): readonly string[] => [
  `${clusterDomain}:53 {`,
  ...[
    'errors',
    'cache {',
    '    success 9984 30',
    '    denial 9984 5',
    '}',
    'reload',
    'loop',
    'bind __PILLAR__LOCAL__DNS__ __PILLAR__DNS__SERVER__',
    ...templates,
    '',
    'forward . __PILLAR__CLUSTER__DNS__ {',
    '    force_tcp',
    '}',
    'prometheus :9253',
    'health __PILLAR__LOCAL__DNS__:8080',
  ].map(line => (line === '' ? '' : `    ${line}`)),
  '}',
]
