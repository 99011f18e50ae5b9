/** The command line is wrong: the exit code is 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Ctrl-C was pressed at a question. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
}
