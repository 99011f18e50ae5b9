/** Thrown by the parsers of one text. The rule compiler, which knows the text's place, makes a fault of it. */
export class Malformed extends Error {
  /** What is wrong. Made only for a fault that is kept: a hint may take a search through all names. */
  readonly describe: () => string
  /** In the expanded text. */
  readonly index: number

  constructor(message: string | (() => string), index = 0) {
    super(typeof message === 'string' ? message : undefined)
    this.describe = typeof message === 'string' ? () => message : message
    this.index = index
  }
}

/** The usual reason for `kafka-.svc` and `a..b`. */
export const emptiedHint =
  ' (did another tool, like Docker Compose, Flux or Helm, fill in a variable that it has no value for? $${NAME} keeps it)'
