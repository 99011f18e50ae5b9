/** Where a command writes to: the process's own streams, or a test's. */
export interface Output {
  write(text: string): unknown
  readonly isTTY?: boolean
}

/** The streams of one run of the command line. */
export interface Streams {
  readonly stdout: Output
  readonly stderr: Output
}
