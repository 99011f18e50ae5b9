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
