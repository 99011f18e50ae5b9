/** A pattern, and in a word or two what it matches. */
export interface DraftPattern {
  readonly pattern: string
  readonly what: string
}

export interface DraftRule {
  /** Written above the rule. */
  readonly remark?: string
  readonly match: readonly DraftPattern[]
  /** One target, several in order, or targets by zone. */
  readonly to: string | readonly string[] | { readonly byZone: ReadonlyMap<string, string> }
}

export interface DraftTable {
  readonly name: string
  readonly remark: string
  readonly entries: ReadonlyMap<string, string>
}

/** A map before it is written down. */
export interface Draft {
  readonly tables: readonly DraftTable[]
  readonly rules: readonly DraftRule[]
  /** Assumptions, and what else a person must know. They are written into the map and printed. */
  readonly remarks: readonly string[]
}
