/** No map can be made of the input. The message is one line: why, and what to give instead. */
export class BadInput extends Error {
  override readonly name = 'BadInput'
}

/** Something is missing, which a person can be asked for. */
export class MissingInput extends BadInput {}
