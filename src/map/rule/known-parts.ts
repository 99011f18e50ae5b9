import type { CaptureLabel } from './capture-label.js'
import { KnownLookups } from './host-template.js'
import type { Capture, LabelPattern } from './label-pattern.js'
import { Malformed } from './malformed.js'
import type { BoundPort } from './port-template.js'
import type { RuleTraits } from '../match/rule.js'

/** What captures a pattern has and where. Patterns that have the same share one. */
export interface CaptureShape {
  /** In the order in which they are written. */
  readonly captures: readonly Capture[]
  /** The labels that hold them, in that order; `at` counts labels from the right. */
  readonly reads: readonly { readonly at: number; readonly label: LabelPattern }[]
}

const maxKnown = 10_000

/**
 * What a map's rules have in common, kept once: by the thousand they differ in a few literals only. It makes a large
 * table smaller, above all the part of it that is fetched from memory for a name.
 */
export class KnownParts {
  readonly #labels = new Map<string, CaptureLabel>()
  readonly lookups = new KnownLookups()
  readonly #ports = new Map<string, BoundPort>()
  readonly #traits = new Map<string, RuleTraits>()
  readonly #numbers = new Map<object, number>()
  readonly #shapes = new Map<string, CaptureShape>([['', { captures: [], reads: [] }]])

  label(text: string, parse: () => CaptureLabel): CaptureLabel {
    return obtain(this.#labels, text, parse)
  }

  port(port: BoundPort): BoundPort {
    return port === 'keep' ? port : obtain(this.#ports, JSON.stringify(port), () => port)
  }

  traits(traits: RuleTraits): RuleTraits {
    const { port, uncovered, action, targetSetsPort, targetIsComputed, shape, settings } = traits
    const key = [
      port,
      uncovered,
      action,
      targetSetsPort.join('.'),
      targetIsComputed.join('.'),
      this.#number(shape),
      this.#number(settings),
    ].join()
    return obtain(this.#traits, key, () => Object.freeze(traits))
  }

  #number(part: object): number {
    const known = this.#numbers.get(part)
    if (known !== undefined) return known
    this.#numbers.set(part, this.#numbers.size)
    return this.#numbers.size - 1
  }

  /** Throws Malformed where two captures have one name. */
  shape(reads: readonly { readonly at: number; readonly read: CaptureLabel }[]): CaptureShape {
    const key = reads.map(({ at, read }) => `${at}.${read.text}`).join('.')
    return obtain(this.#shapes, key, () => {
      const captures = reads.flatMap(({ read }) => read.captures)
      checkNames(captures)
      return { captures, reads: reads.map(({ at, read }) => ({ at, label: read.pattern })) }
    })
  }
}

function obtain<V>(known: Map<string, V>, key: string, make: () => V): V {
  const same = known.get(key)
  if (same !== undefined) return same
  const value = make()
  if (known.size < maxKnown) known.set(key, value)
  return value
}

function checkNames(captures: readonly Capture[]): void {
  const names = new Set<string>()
  for (const { name, written } of captures) {
    const lower = name.toLowerCase()
    if (names.has(lower))
      throw new Malformed(`two captures are called '${written ?? lower}': each has a name of its own`)
    names.add(lower)
  }
}
