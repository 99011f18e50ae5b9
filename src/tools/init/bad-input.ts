/** No map can be made of the input. The message is one line: why, and what to give instead. */
export class BadInput extends Error {
  override readonly name = 'BadInput'
  /** What a person can still be asked for. */
  readonly lacks: 'brokers' | 'endpoint' | undefined

  constructor(message: string, lacks?: BadInput['lacks']) {
    super(message)
    this.lacks = lacks
  }
}
