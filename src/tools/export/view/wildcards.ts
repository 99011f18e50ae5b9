import { compareText } from './host-pattern.js'
import type { Owner, PlainAnswer } from './plain-answers.js'

/** The record of an owner. */
export interface ClosedRecord<Kind extends PlainAnswer = PlainAnswer> extends Owner {
  readonly answer: Kind
  /** True where no rule has this owner: it is written because another name blocks a wildcard. */
  readonly isAdded: boolean
}

/** Whether the answer is what a name gets for which nothing is written. */
export type IsDefault = (answer: PlainAnswer | undefined) => boolean

const passes: IsDefault = answer => answer === undefined || answer.reply.kind === 'pass'

/** The answers by name; the first that matches a name decides. Pure. */
export class AnswerIndex<Kind extends PlainAnswer = PlainAnswer> {
  readonly #exact = new Map<string, Kind>()
  readonly #wildcards = new Map<string, Kind>()

  constructor(answers: readonly Kind[]) {
    for (const answer of answers) {
      const known = answer.isWildcard ? this.#wildcards : this.#exact
      known.set(answer.name, first(known.get(answer.name), answer) ?? answer)
    }
  }

  /** The answer for the name. */
  of(name: string): Kind | undefined {
    return first(this.#exact.get(name), name === '' ? undefined : this.below(parentOf(name)))
  }

  /** The answer for names below this one that have no exact answer and no narrower wildcard. */
  below(name: string): Kind | undefined {
    let found = this.#wildcards.get(name)
    for (const ancestor of ancestorsOf(name)) found = first(found, this.#wildcards.get(ancestor))
    return found
  }

  /** True where an answer has this owner. */
  has({ name, isWildcard }: Owner): boolean {
    return (isWildcard ? this.#wildcards : this.#exact).has(name)
  }
}

/** The earlier of the two; at the same position `one`. */
function first<Kind extends PlainAnswer>(one: Kind | undefined, other: Kind | undefined): Kind | undefined {
  if (one === undefined || other === undefined) return one ?? other
  return one.order <= other.order ? one : other
}

/**
 * Records that give each name at and below `zone` (empty: all names) its first answer under the wildcard rules of zones
 * (RFC 4592). There `*.x.example` does not match a name whose closest encloser is another name: an existing name, also
 * an empty non-terminal, blocks it for all names below. Where names block a wildcard, its answer is written again at
 * them and below them, so that servers on which empty non-terminals block nothing (unbound) give the same answers. The
 * default answer is written only where a wildcard would take its names. Sorted by the answers' order, then by name.
 */
export function closeWildcards<Kind extends PlainAnswer>(
  answers: readonly Kind[],
  { zone = '', isDefault = passes }: { readonly zone?: string; readonly isDefault?: IsDefault } = {},
): readonly ClosedRecord<Kind>[] {
  const index = new AnswerIndex(answers)
  const records: ClosedRecord<Kind>[] = []
  const add = (owner: Owner, answer: Kind | undefined, isCovered: boolean) => {
    if (answer !== undefined && (isCovered || !isDefault(answer)))
      records.push({ ...owner, answer, isAdded: !index.has(owner) })
  }
  for (const name of namesIn(zone, answers)) {
    const isCovered = ancestorsOf(name).some(ancestor => isIn(zone, ancestor) && !isDefault(index.below(ancestor)))
    if (name !== '') add({ name, isWildcard: false }, index.of(name), isCovered)
    add({ name, isWildcard: true }, index.below(name), isCovered)
  }
  const keys = new Map(records.map(record => [record, record.name.split('.').reverse().join('.')]))
  return records.toSorted(
    (one, other) =>
      one.answer.order - other.answer.order ||
      Number(one.isAdded) - Number(other.isAdded) ||
      compareText(keys.get(one), keys.get(other)) ||
      Number(one.isWildcard) - Number(other.isWildcard),
  )
}

/** The same answers, but a name whose target is itself is passed on: as its own CNAME it would be a loop. */
export function withoutLoops(answers: readonly PlainAnswer[]): readonly PlainAnswer[] {
  const index = new AnswerIndex(answers)
  const loops = new Map<string, PlainAnswer>()
  for (const { reply } of answers) {
    if (reply.kind !== 'name') continue
    const own = index.of(reply.name)
    if (own?.reply.kind !== 'name' || own.reply.name !== reply.name) continue
    loops.set(reply.name, { ...own, name: reply.name, isWildcard: false, reply: { kind: 'pass' } })
  }
  return [...loops.values(), ...answers]
}

/** The zone's apex, each answer's name, and all names between. */
function namesIn(zone: string, answers: readonly PlainAnswer[]): ReadonlySet<string> {
  const names = new Set([zone])
  for (const { name } of answers) {
    if (!isIn(zone, name)) continue
    for (const known of [name, ...ancestorsOf(name)]) if (isIn(zone, known)) names.add(known)
  }
  return names
}

/** True for the zone's apex and the names below it. */
export const isIn = (zone: string, name: string): boolean => zone === '' || name === zone || name.endsWith(`.${zone}`)

const parentOf = (name: string) => (name.includes('.') ? name.slice(name.indexOf('.') + 1) : '')

/** The ancestors from the parent to the root, which is the empty name. */
function ancestorsOf(name: string): readonly string[] {
  const ancestors: string[] = []
  for (let rest = name; rest !== '';) {
    rest = parentOf(rest)
    ancestors.push(rest)
  }
  return ancestors
}
