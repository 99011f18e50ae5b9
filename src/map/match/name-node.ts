import { matchesLabel, type LabelPattern } from '../rule/label-pattern.js'
import { LabelPatterns, type Labelled } from './label-trie.js'
import { joinRules, type Placed, type Rules } from './rules-by-port.js'

type Label = string | LabelPattern

/** What a label leads to: the only name pattern from here on, or a node where several part. */
export type Branch<Rule extends Placed> = Node<Rule> | Tail<Rule>

/** Equal runs of labels, kept once: what is left of most patterns after their own literal is the same. */
export class KnownTails {
  readonly #tails = new Map<string, readonly Label[]>()

  of(labels: readonly Label[], from: number): readonly Label[] {
    const rest = labels.slice(from)
    const key = rest.map(label => (typeof label === 'string' ? label : label.shape)).join('.')
    const same = this.#tails.get(key)
    if (same !== undefined) return same
    if (this.#tails.size < 10_000) this.#tails.set(key, rest)
    return rest
  }
}

/** The last labels of a name pattern that no other pattern shares the way to. */
export class Tail<Rule extends Placed> {
  readonly #labels: readonly Label[]
  readonly #isWildcard: boolean
  readonly rules: Rules<Rule>

  constructor(labels: readonly Label[], isWildcard: boolean, rules: Rules<Rule>) {
    this.#labels = labels
    this.#isWildcard = isWildcard
    this.rules = rules
  }

  /** True where the pattern is for the labels from `at` on. */
  matches(labels: readonly string[], at: number): boolean {
    const own = this.#labels
    const over = labels.length - at - own.length
    if (this.#isWildcard ? over < 1 : over !== 0) return false
    return own.every((label, index) => {
      const asked = labels[at + index] ?? ''
      return typeof label === 'string' ? label === asked : matchesLabel(label, asked)
    })
  }

  /** The same as a node, where another pattern goes the same way. */
  toNode(): Node<Rule> {
    const node = new Node<Rule>()
    const [label] = this.#labels
    if (label !== undefined) node.put(label, new Tail(this.#labels.slice(1), this.#isWildcard, this.rules))
    else if (this.#isWildcard) node.wildcard = this.rules
    else node.exact = this.rules
    return node
  }
}

/**
 * Where name patterns part. Most nodes have one child, and it stands in the node itself: with 100,000 rules, what a
 * look-up costs is how many objects it has to fetch from memory.
 */
export class Node<Rule extends Placed> {
  #onlyLabel: string | undefined
  #literals: Branch<Rule> | Map<string, Branch<Rule>> | undefined
  #captured: Labelled<Branch<Rule>> | LabelPatterns<Branch<Rule>> | undefined
  /** The rules whose pattern ends here. */
  exact: Rules<Rule> | undefined
  /** The rules whose pattern goes on with `*`. */
  wildcard: Rules<Rule> | undefined

  get(label: string): Branch<Rule> | undefined {
    const literals = this.#literals
    if (literals instanceof Map) return literals.get(label)
    return this.#onlyLabel === label ? literals : undefined
  }

  /** Adds what label patterns lead to for this label. */
  findCaptured(label: string, found: Labelled<Branch<Rule>>[]): void {
    const captured = this.#captured
    if (captured === undefined) return
    if (captured instanceof LabelPatterns) captured.find(label, found)
    else if (matchesLabel(captured.pattern, label)) found.push(captured)
  }

  /** Adds a rule whose pattern has these labels, the first `at` of which led here. */
  add(labels: readonly Label[], at: number, isWildcard: boolean, rule: Rule, tails: KnownTails): void {
    const label = labels[at]
    if (label === undefined) {
      if (isWildcard) this.wildcard = joinRules(this.wildcard, rule)
      else this.exact = joinRules(this.exact, rule)
      return
    }
    const make = () => new Tail(tails.of(labels, at + 1), isWildcard, rule)
    this.#obtain(label, make)?.add(labels, at + 1, isWildcard, rule, tails)
  }

  /** The node that the label leads to, or undefined where it led nowhere and now leads to what was made. */
  #obtain(label: Label, make: () => Tail<Rule>): Node<Rule> | undefined {
    return typeof label === 'string' ? this.#obtainLiteral(label, make) : this.#obtainCaptured(label, make)
  }

  #obtainLiteral(label: string, make: () => Tail<Rule>): Node<Rule> | undefined {
    const branch = this.get(label)
    const node = branch instanceof Tail ? branch.toNode() : branch
    if (branch === undefined || node !== branch) this.put(label, node ?? make())
    return node
  }

  #obtainCaptured(pattern: LabelPattern, make: () => Tail<Rule>): Node<Rule> | undefined {
    const tail = () => (made = make())
    let made: Branch<Rule> | undefined
    const labelled = this.#labelled(pattern, tail)
    if (labelled.value === made) return undefined
    return (labelled.value = labelled.value instanceof Tail ? labelled.value.toNode() : labelled.value)
  }

  #labelled(pattern: LabelPattern, make: () => Branch<Rule>): Labelled<Branch<Rule>> {
    const captured = this.#captured
    if (captured === undefined) return (this.#captured = { pattern, value: make() })
    if (!(captured instanceof LabelPatterns)) {
      if (captured.pattern.shape === pattern.shape) return captured
      this.#captured = new LabelPatterns(captured)
      return this.#captured.obtain(pattern, make)
    }
    return captured.obtain(pattern, make)
  }

  /** Sets what the label leads to, in place of what it led to. */
  put(label: Label, branch: Branch<Rule>): void {
    if (typeof label === 'string') this.#putLiteral(label, branch)
    else this.#labelled(label, () => branch).value = branch
  }

  #putLiteral(label: string, branch: Branch<Rule>): void {
    const literals = this.#literals
    if (literals instanceof Map) literals.set(label, branch)
    else if (literals === undefined || this.#onlyLabel === undefined || this.#onlyLabel === label) {
      this.#onlyLabel = label
      this.#literals = branch
    } else {
      this.#literals = new Map([
        [this.#onlyLabel, literals],
        [label, branch],
      ])
    }
  }
}
