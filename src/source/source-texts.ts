import type { MapSource } from './map-source.js'

/** A source that can change while the process runs. */
export type LiveKind = 'file' | 'url'

interface LiveText {
  readonly origin: string
  /** What it was last read to be; undefined until it has been read. */
  latest: string | undefined
  /** Its part of the map in force. */
  accepted: string | undefined
}

type Texts = ReadonlyMap<LiveKind, string>

/** A choice of texts that may come into force, as the compiler takes it. */
export interface Candidate {
  readonly sources: readonly MapSource[]
  readonly texts: Texts
}

/**
 * What each source was last read to be, and what of it is in force. A text is good or bad in company only (a file's rule
 * may use a table of the URL), so the latest of all is tried first, then each new one beside what is in force of the
 * others: a broken source never keeps another's good news out.
 */
export class SourceTexts {
  readonly #inline: readonly MapSource[]
  readonly #live = new Map<LiveKind, LiveText>()

  constructor(inline: MapSource | undefined) {
    this.#inline = inline === undefined ? [] : [inline]
  }

  /** Sources are added nearest first; with a text it counts as in force. */
  add(kind: LiveKind, origin: string, text?: string): void {
    this.#live.set(kind, { origin, latest: text, accepted: text })
  }

  /** False: the source was last read to be the same. */
  take(kind: LiveKind, text: string): boolean {
    const live = this.#live.get(kind)
    if (live === undefined || live.latest === text) return false
    live.latest = text
    return true
  }

  /** True once every source has been read. */
  get isComplete(): boolean {
    return [...this.#live.values()].every(({ latest }) => latest !== undefined)
  }

  /** The source's part of the map in force. */
  inForce(kind: LiveKind): string | undefined {
    return this.#live.get(kind)?.accepted
  }

  /** True where what was read last is in force. */
  isInForce(kind: LiveKind): boolean {
    const live = this.#live.get(kind)
    return live?.latest !== undefined && live.latest === live.accepted
  }

  /** True where this holds for all. */
  get isAllInForce(): boolean {
    return [...this.#live.keys()].every(kind => this.isInForce(kind))
  }

  /** What is known without the sources that have not been read. */
  get known(): readonly MapSource[] {
    return this.#candidate(this.#choose(() => true)).sources
  }

  /**
   * What to try, best first; only choices that bring something new of the changed sources, but the first one always
   * where `again` is set.
   */
  candidates(changed: readonly LiveKind[], again: boolean): readonly Candidate[] {
    const choices = [this.#choose(() => true), ...changed.map(kind => this.#choose(other => other === kind))]
    const inForce = this.#choose(() => false)
    const isWhole = (texts: Texts) => texts.size === this.#live.size
    return choices
      .filter((texts, index) => isWhole(texts) && ((again && index === 0) || !isSame(texts, inForce)))
      .filter((texts, index, all) => all.findIndex(other => isSame(other, texts)) === index)
      .map(texts => this.#candidate(texts))
  }

  /** The candidate is in force. */
  accept({ texts }: Candidate): void {
    for (const [kind, live] of this.#live) live.accepted = texts.get(kind)
  }

  #choose(isLatest: (kind: LiveKind) => boolean): Texts {
    const chosen = new Map<LiveKind, string>()
    for (const [kind, { latest, accepted }] of this.#live) {
      const text = isLatest(kind) ? latest : accepted
      if (text !== undefined) chosen.set(kind, text)
    }
    return chosen
  }

  #candidate(texts: Texts): Candidate {
    const live = [...this.#live].flatMap(([kind, { origin }]): MapSource[] => {
      const text = texts.get(kind)
      return text === undefined ? [] : [{ kind, origin, text, format: 'yaml' }]
    })
    return { sources: [...this.#inline, ...live], texts }
  }
}

const isSame = (one: Texts, other: Texts): boolean =>
  one.size === other.size && [...one].every(([kind, text]) => other.get(kind) === text)
