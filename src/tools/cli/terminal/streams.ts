/** Where a command writes to: the process's own streams, or a test's. */
export interface Output {
  write(text: string): unknown
  readonly isTTY?: boolean
  /** How wide the terminal is. */
  readonly columns?: number
  /** True once its reader has closed it. */
  readonly isGone?: boolean
}

/** The width of the terminal, or one that reads well in a file; a terminal that does not know its size says 0. */
export const widthOf = ({ columns = 0 }: Output): number => (columns > 0 ? columns : 100)

/** Where a command reads from. */
export interface Input extends AsyncIterable<Uint8Array | string> {
  readonly isTTY?: boolean
  /** Whether a terminal passes every key on as it is, and shows none. */
  setRawMode?(isRaw: boolean): unknown
}

/** The streams of one run of the command line. */
export interface Streams {
  readonly stdin: Input
  readonly stdout: Output
  readonly stderr: Output
}
