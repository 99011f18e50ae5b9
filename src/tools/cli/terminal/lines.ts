import type { Input } from './streams.js'

/** The longest line; what is longer is cut there, so that no input fills the memory. */
const maxLength = 10_000

/** All lines. One ends in \n, \r\n or, as a terminal in raw mode sends it, \r; the last needs no end. */
export async function* allLines(input: AsyncIterable<Uint8Array | string>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  let isAfterReturn = false
  for await (const chunk of input) {
    const text = typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })
    if (text === '') continue
    // The line's second end, which comes later.
    const lines = (rest + (isAfterReturn ? text.replace(/^\n/, '') : text)).split(/\r\n|\r|\n/)
    isAfterReturn = text.endsWith('\r')
    rest = (lines.pop() ?? '').slice(0, maxLength)
    for (const line of lines) yield line.slice(0, maxLength)
  }
  if (rest !== '') yield rest
}

/** The lines that hold something, trimmed. */
export async function* readLines(input: Input): AsyncGenerator<string> {
  for await (const line of allLines(input)) if (line.trim() !== '') yield line.trim()
}
