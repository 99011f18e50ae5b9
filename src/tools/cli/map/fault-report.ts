import { formatFault, type Fault } from '../../../errors.js'
import type { MapSource } from '../../../map/compile.js'
import { printable } from '../terminal/style.js'

/**
 * A fault as `origin:line:column: message`, and below it the line and a caret where one of the sources has the line.
 * `label` comes before the message.
 */
export function reportFault(fault: Fault, sources: readonly MapSource[], label = ''): string {
  const { line, column } = fault
  const text = sources.find(({ origin }) => origin === fault.origin)?.text
  const place = printable(formatFault({ ...fault, message: '' }))
  const head = place + label + printable(fault.message)
  const source = line === undefined ? undefined : text?.split(/\r?\n/, line)[line - 1]
  if (line === undefined || column === undefined || source === undefined) return head
  const gutter = ' '.repeat(String(line).length)
  const shown = clip(source, column - 1)
  return [head, `  ${line} | ${shown.text}`, `  ${gutter} | ${shown.pad}^`].join('\n')
}

const widest = 100

/** The part of a long line round the column, and the blanks before the caret: tabs stay, so that it lines up. */
function clip(line: string, column: number): { text: string; pad: string } {
  const from = line.length <= widest ? 0 : Math.max(0, Math.min(column - widest / 2, line.length - widest))
  const text = line.slice(from, from + widest)
  const head = text.slice(0, column - from)
  return { text: printable(text), pad: printable(head).replace(/[^\t]/g, ' ') }
}
