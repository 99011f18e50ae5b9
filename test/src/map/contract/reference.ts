// A slow, obvious reading of the contract's section "The map", to hold the compiled table against. Nothing of it is
// shared with src/map: patterns are tried one by one, captures by trying every way to cut a label.

export type CaptureType = 'int' | 'word' | 'any'
type LabelPart = string | { readonly name: string; readonly type: CaptureType }
/** A literal label, or one with captures. */
export type LabelSpec = readonly LabelPart[]

export interface PatternSpec {
  readonly kind: 'name' | 'ipv4' | 'ipv6'
  readonly star: boolean
  /** From the left; of an IPv6 address its eight groups as one literal. */
  readonly labels: readonly LabelSpec[]
  readonly port: number | undefined
}

export interface TargetSpec {
  /** `{...}` references in a name. */
  readonly host: string
  /** Numbers and names with their signs; none: the advertised port is kept. */
  readonly port: readonly { readonly sign: 1 | -1; readonly term: number | string }[]
}

export interface RuleSpec {
  readonly pattern: PatternSpec
  readonly to: 'system' | 'refuse' | readonly TargetSpec[]
}

export type Tables = Readonly<Record<string, Readonly<Record<string, string>>>>

const typeText = { int: ':int', word: ':word', any: '' } as const
const inLabel = (part: LabelPart) => (typeof part === 'string' ? part : `{${part.name}${typeText[part.type]}}`)

/** The pattern as a map writes it. */
export function patternText({ kind, star, labels, port }: PatternSpec): string {
  const written = labels.map(label => label.map(inLabel).join(''))
  const host = kind === 'ipv6' ? `[${written.join('')}]` : (star ? ['*', ...written] : written).join('.')
  return port === undefined ? host : `${host}:${port}`
}

export function targetText({ host, port }: TargetSpec): string {
  if (port.length === 0) return host
  const sum = port.map(({ sign, term }, index) => `${index === 0 ? '' : sign === 1 ? ' + ' : ' - '}${term}`).join('')
  return `${host}:{${sum}}`
}

const fits: Readonly<Record<CaptureType, RegExp>> = { int: /^[0-9]+$/, word: /^[a-z0-9]+$/, any: /^[a-z0-9_-]+$/ }

/** Every way to read the label, captures from the left. */
export function readings(parts: LabelSpec, label: string): readonly Readonly<Record<string, string>>[] {
  const [part, ...rest] = parts
  if (part === undefined) return label === '' ? [{}] : []
  if (typeof part === 'string') return label.startsWith(part) ? readings(rest, label.slice(part.length)) : []
  return Array.from({ length: label.length }, (_, index) => index + 1)
    .filter(end => fits[part.type].test(label.slice(0, end)))
    .flatMap(end => readings(rest, label.slice(end)).map(read => ({ [part.name]: label.slice(0, end), ...read })))
}

/** What `*` and the captures read, or undefined where the pattern is not for the host. */
export function match(pattern: PatternSpec, host: string, kind: string): Record<string, string> | undefined {
  if (pattern.kind !== kind) return undefined
  const asked = kind === 'ipv6' ? [host] : host.split('.')
  const covered = asked.length - pattern.labels.length
  if (pattern.star ? covered < 1 : covered !== 0) return undefined
  const read: Record<string, string> = pattern.star ? { '*': asked.slice(0, covered).join('.') } : {}
  for (const [index, label] of pattern.labels.entries()) {
    const [found] = readings(label, asked[covered + index] ?? '')
    if (found === undefined) return undefined
    Object.assign(read, found)
  }
  return read
}

const isLiteral = (label: LabelSpec) => label.every(part => typeof part === 'string')
const literals = (label: LabelSpec) =>
  label.reduce((sum, part) => sum + (typeof part === 'string' ? part.length : 0), 0)
const ranks = { int: 0, word: 1, any: 2 } as const
const types = (label: LabelSpec) => label.flatMap(part => (typeof part === 'string' ? [] : [ranks[part.type]]))

/** Below 0 where the first label is the more specific one; undefined stands for `*`. */
function compareLabels(a: LabelSpec | undefined, b: LabelSpec | undefined): number {
  if (a === undefined || b === undefined) return (a === undefined ? 1 : 0) - (b === undefined ? 1 : 0)
  const literal = (isLiteral(b) ? 1 : 0) - (isLiteral(a) ? 1 : 0)
  if (literal !== 0) return literal
  if (literals(a) !== literals(b)) return literals(b) - literals(a)
  const [typesA, typesB] = [types(a), types(b)]
  for (let index = 0; index < Math.max(typesA.length, typesB.length); index++) {
    const difference = (typesA[index] ?? 3) - (typesB[index] ?? 3)
    if (difference !== 0) return difference
  }
  return 0
}

function compareNames(a: PatternSpec, b: PatternSpec): number {
  for (let index = 1; index <= Math.max(a.labels.length, b.labels.length); index++) {
    const difference = compareLabels(a.labels.at(-index), b.labels.at(-index))
    if (difference !== 0) return difference
  }
  return 0
}

const namePattern = (pattern: PatternSpec) => patternText({ ...pattern, port: undefined }).replace(/\{\w+/g, '{')

/** The rules that match, the one that decides first. */
export function inOrder(rules: readonly RuleSpec[], host: string, kind: string, port?: number): readonly RuleSpec[] {
  const matching = rules.filter(
    ({ pattern }) => match(pattern, host, kind) !== undefined && (pattern.port === undefined || pattern.port === port),
  )
  // Rules of one name pattern stand together, where the first of them stands in the map; the one with the port leads.
  const groups = [...new Set(matching.map(({ pattern }) => namePattern(pattern)))].map(name =>
    matching
      .filter(({ pattern }) => namePattern(pattern) === name)
      .sort((a, b) => (a.pattern.port === undefined ? 1 : 0) - (b.pattern.port === undefined ? 1 : 0)),
  )
  // Stable: what ties stays as the map has it.
  return groups.sort(([a], [b]) => (a === undefined || b === undefined ? 0 : compareNames(a.pattern, b.pattern))).flat()
}

const isName = (host: string) =>
  host.length <= 253 &&
  host.split('.').every(label => /^[a-z0-9_-]{1,63}$/.test(label)) &&
  !/(^|\.)(\d+|0x[0-9a-f]*)$/.test(host)
const isIpv4 = (host: string) => /^((25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.|$)){4}/.test(host) && !host.endsWith('.')

/** `HOST:PORT` of the target; `gives way` where a table lacks the key; `unusable` where nothing can be dialled there. */
function fill(
  { host, port }: TargetSpec,
  read: Record<string, string>,
  asked: string,
  advertised: number | undefined,
  tables: Tables,
): string {
  let missing = false
  const name = host.replace(/\{(?:(\w+)\[)?([\w*]+)\]?\}/g, (_, table: string | undefined, capture: string) => {
    const value = capture === 'host' ? asked : (read[capture] ?? '')
    if (table === undefined) return value
    const entries = Object.entries(tables[table] ?? {}).filter(([key]) => key.toLowerCase() === value)
    missing ||= entries.length === 0
    return entries[0]?.[1] ?? ''
  })
  if (missing) return 'gives way'
  const terms = port.map(({ sign, term }) => {
    if (typeof term === 'number') return BigInt(sign * term)
    if (term === 'port') return advertised === undefined ? undefined : BigInt(sign * advertised)
    return BigInt(sign) * BigInt(read[term] ?? '0')
  })
  const isKnown = terms.every(term => term !== undefined)
  const sum = port.length === 0 ? advertised : isKnown ? Number(terms.reduce((a, b) => a + b, 0n)) : undefined
  const isUsable = (isName(name) || isIpv4(name)) && (sum === undefined || (sum >= 1 && sum <= 65535))
  return isUsable ? `${name}:${sum ?? ''}` : 'unusable'
}

/** What the map makes of the host: targets with blanks between, `system`, `refuse`, `unmapped` or the error's code. */
export function decide(rules: readonly RuleSpec[], tables: Tables, host: string, kind: string, port?: number): string {
  const ordered = inOrder(rules, host, kind, port)
  for (const { pattern, to } of ordered) {
    if (typeof to === 'string') return to
    const filled: string[] = []
    for (const target of to) {
      filled.push(fill(target, match(pattern, host, kind) ?? {}, host, port, tables))
      if (filled.at(-1) === 'gives way' || filled.at(-1) === 'unusable') break
    }
    if (filled.includes('unusable')) return 'ERR_SPLIT_DNS_TARGET'
    if (!filled.includes('gives way')) return filled.join(' ')
  }
  return ordered.length === 0 ? 'unmapped' : 'ERR_SPLIT_DNS_TARGET'
}
