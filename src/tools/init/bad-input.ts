/** What was given can't be meant; the message is one line that says why, and what to give. */
export class BadInput extends Error {
  override readonly name = 'BadInput'
  /** What a person could still be asked for. */
  readonly lacks: 'brokers' | 'endpoint' | undefined

  constructor(message: string, lacks?: BadInput['lacks']) {
    super(message)
    this.lacks = lacks
  }
}
