import type { Input } from './streams.js'

/** The longest line that is taken for a name; what is longer is cut there, so that no input fills the memory. */
const maxLength = 10_000

/** The lines that hold something, trimmed. */
export async function* readLines(input: Input): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of input) {
    const lines = (rest + (typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true }))).split(/\r?\n/)
    rest = (lines.pop() ?? '').slice(0, maxLength)
    for (const line of lines) if (line.trim() !== '') yield line.trim()
  }
  if (rest.trim() !== '') yield rest.trim()
}
