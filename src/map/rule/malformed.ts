/** Thrown by the parsers of one text and caught where the text's place is known. Never leaves this folder. */
export class Malformed extends Error {
  /** What is wrong; made when it is told, for a hint may take a search through all that is known. */
  readonly describe: () => string
  /** Where in the (expanded) text. */
  readonly index: number

  constructor(message: string | (() => string), index = 0) {
    super(typeof message === 'string' ? message : undefined)
    this.describe = typeof message === 'string' ? () => message : message
    this.index = index
  }
}

/** What is often the reason of `kafka-.svc` and `a..b`. */
export const emptiedHint =
  ' (did another tool, like Docker Compose, Flux or Helm, fill in a variable that it has no value for? $${NAME} keeps it)'
