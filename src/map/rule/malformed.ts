/** Thrown by the parsers of one text and caught where the text's place is known. Never leaves this folder. */
export class Malformed extends Error {
  /** Where in the (expanded) text. */
  readonly index: number

  constructor(message: string, index = 0) {
    super(message)
    this.index = index
  }
}
