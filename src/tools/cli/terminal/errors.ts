/** The command was called in a way that can't be meant. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** What Ctrl-C does while a terminal passes every key on. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
}
