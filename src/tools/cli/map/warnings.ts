import type { Logger } from '../../../observe/log.js'
import type { Streams } from '../terminal/streams.js'
import { printable } from '../terminal/style.js'

/** Takes what the library would else give to `process.emitWarning`: a line each on standard error, none twice. */
export function warningsTo({ stderr }: Streams): Logger {
  const said = new Set<string>()
  const say = (message: string) => {
    if (said.has(message)) return
    said.add(message)
    stderr.write(`kafka-split-dns: warning: ${printable(message)}\n`)
  }
  return { warn: say, error: say }
}
