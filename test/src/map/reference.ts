// A slow, obvious matcher: it tries every rule on a host by backtracking, and sorts those that match by the words of the
// specification. It shares nothing with the compiled table.

export interface ReferenceRule {
  readonly match: string
  readonly to: string
}

interface Piece {
  readonly name: string | null
  readonly type: 'int' | 'word' | 'any'
  readonly text: string
}

const holds = { int: /^[0-9]+$/, word: /^[0-9a-z]+$/, any: /^[0-9a-z_-]+$/ }

function pieces(label: string): Piece[] {
  return [...label.matchAll(/\{(\w+)(?::(\w+))?\}|[^{]+/g)].map(([text, name, type]) => ({
    name: name ?? null,
    type: type === 'int' || type === 'word' ? type : 'any',
    text: text.toLowerCase(),
  }))
}

function matchLabel(rest: readonly Piece[], text: string): Record<string, string> | undefined {
  const [piece, ...others] = rest
  if (piece === undefined) return text === '' ? {} : undefined
  if (piece.name === null)
    return text.startsWith(piece.text) ? matchLabel(others, text.slice(piece.text.length)) : undefined
  for (let length = 1; length <= text.length; length++) {
    const value = text.slice(0, length)
    if (!holds[piece.type].test(value)) break
    const more = matchLabel(others, text.slice(length))
    if (more !== undefined) return { [piece.name]: value, ...more }
  }
  return undefined
}

interface Match {
  readonly rule: ReferenceRule
  readonly index: number
  readonly captures: Record<string, string>
}

const split = (pattern: string) => {
  const found = /^(.*?)(?::(\d+))?$/.exec(pattern)
  return { labels: (found?.[1] ?? '').split('.'), port: found?.[2] === undefined ? undefined : Number(found[2]) }
}

const isAddress = (host: string) => /^\d+\.\d+\.\d+\.\d+$/.test(host)
const isAddressPattern = (labels: readonly string[]) =>
  labels.length === 4 && labels.every(label => /^(\d+|\{\w+:int\})$/.test(label))

function matchRule(rule: ReferenceRule, index: number, host: string, port: number | undefined): Match | undefined {
  const { labels, port: own } = split(rule.match)
  if (own !== undefined && own !== port) return undefined
  if (isAddress(host) !== isAddressPattern(labels)) return undefined
  const asked = host.split('.')
  let captures: Record<string, string> = {}
  if (labels[0] === '*') {
    labels.shift()
    const over = asked.length - labels.length
    if (over < 1) return undefined
    captures = { '*': asked.splice(0, over).join('.') }
  }
  if (labels.length !== asked.length) return undefined
  for (const [at, label] of labels.entries()) {
    const read = matchLabel(pieces(label), asked[at] ?? '')
    if (read === undefined) return undefined
    captures = { ...captures, ...read }
  }
  return { rule, index, captures }
}

const typeOrder = { int: 0, word: 1, any: 2 }

/** Below 0 where label `a` is the more specific, 0 where neither is. `*` is undefined. */
function compareLabels(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined)
  const [x, y] = [pieces(a), pieces(b)]
  const capturesOf = (list: readonly Piece[]) => list.filter(piece => piece.name !== null)
  const literals = (list: readonly Piece[]) =>
    list.reduce((sum, piece) => sum + (piece.name === null ? piece.text.length : 0), 0)
  const [ca, cb] = [capturesOf(x), capturesOf(y)]
  if (ca.length === 0 || cb.length === 0) return Number(ca.length > 0) - Number(cb.length > 0)
  if (literals(x) !== literals(y)) return literals(y) - literals(x)
  for (let at = 0; at < Math.max(ca.length, cb.length); at++) {
    const [p, q] = [ca[at], cb[at]]
    const difference = (p === undefined ? 3 : typeOrder[p.type]) - (q === undefined ? 3 : typeOrder[q.type])
    if (difference !== 0) return difference
  }
  return 0
}

const shape = (labels: readonly string[]) => labels.join('.').replace(/\{\w+/g, '{').toLowerCase()

function compareRules(rules: readonly ReferenceRule[], port: number | undefined, a: Match, b: Match): number {
  const [x, y] = [split(a.rule.match), split(b.rule.match)]
  const [shapeX, shapeY] = [shape(x.labels), shape(y.labels)]
  if (shapeX === shapeY) return Number(x.port === undefined) - Number(y.port === undefined)
  const fromRight = (labels: readonly string[], at: number) => {
    const label = labels[labels.length - 1 - at]
    return label === '*' ? undefined : label
  }
  for (let at = 0; at < Math.max(x.labels.length, y.labels.length); at++) {
    const difference = compareLabels(fromRight(x.labels, at), fromRight(y.labels, at))
    if (difference !== 0) return difference
    if (fromRight(x.labels, at) === undefined) break
  }
  // What still ties: the first in the map, of the rules that are for the port.
  const first = (wanted: string) =>
    rules.findIndex(({ match }) => {
      const { labels, port: own } = split(match)
      return shape(labels) === wanted && (own === undefined || own === port)
    })
  return first(shapeX) - first(shapeY)
}

/** The rules that match, the most specific first. */
export function referenceMatches(
  rules: readonly ReferenceRule[],
  host: string,
  port: number | undefined,
): readonly Match[] {
  const found = rules.map((rule, index) => matchRule(rule, index, host, port)).filter(match => match !== undefined)
  return found.sort((a, b) => compareRules(rules, port, a, b))
}

/** What decides: the target, `ERR_SPLIT_DNS_TARGET` where all gave way, or undefined where no rule matches. */
export function referenceDecision(
  rules: readonly ReferenceRule[],
  tables: Readonly<Record<string, Readonly<Record<string, string>>>>,
  host: string,
  port: number | undefined,
): string | undefined {
  const matches = referenceMatches(rules, host, port)
  for (const { rule, captures } of matches) {
    let isMissing = false
    const target = rule.to.replace(
      /\{(\w+)\[(\w+)\]\}|\{(\w+|\*)\}/g,
      (_, name?: string, key?: string, plain?: string) => {
        if (plain !== undefined) return plain === 'host' ? host : (captures[plain] ?? '?')
        const value = new Map(Object.entries(tables[name ?? ''] ?? {})).get(captures[key ?? ''] ?? '')
        isMissing ||= value === undefined
        return value ?? '?'
      },
    )
    if (!isMissing) return target
  }
  return matches.length > 0 ? 'ERR_SPLIT_DNS_TARGET' : undefined
}
