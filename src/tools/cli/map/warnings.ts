import type { Logger } from '../../../observe/log.js'
import type { Streams } from '../terminal/streams.js'
import { printable } from '../terminal/style.js'

/** A logger in place of `process.emitWarning`: a line on standard error for each message, none twice. */
export function warningsTo({ stderr }: Streams): Logger {
  const written = new Set<string>()
  const write = (message: string) => {
    if (written.has(message)) return
    written.add(message)
    stderr.write(`kafka-split-dns: warning: ${printable(message)}\n`)
  }
  return { warn: write, error: write }
}
