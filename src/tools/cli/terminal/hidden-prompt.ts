import { Interrupted } from './errors.js'
import type { Streams } from './streams.js'

const [ctrlC, ctrlD, backspace, del] = ['\u0003', '\u0004', '\b', '\u007f']

/**
 * The line that a person types, without showing it. The terminal is as before afterwards, however it ends. Throws
 * `Interrupted` at Ctrl-C.
 */
export async function readHidden({ stdin, stderr }: Streams, prompt: string, signal: AbortSignal): Promise<string> {
  // Before the prompt, so that no key is shown that is pressed as soon as it appears.
  stdin.setRawMode?.(true)
  let typed = ''
  try {
    stderr.write(prompt)
    // Not `for await`, which closes the input when it is left: there may be another question.
    const chunks = stdin[Symbol.asyncIterator]()
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
      const text = typeof next.value === 'string' ? next.value : new TextDecoder().decode(next.value)
      for (const key of Array.from(text)) {
        if (key === ctrlC || signal.aborted) throw new Interrupted('interrupted')
        if (key === '\r' || key === '\n' || key === ctrlD) return typed
        typed = key === backspace || key === del ? Array.from(typed).slice(0, -1).join('') : typed + key
      }
    }
    return typed
  } finally {
    stdin.setRawMode?.(false)
    stderr.write('\n')
  }
}
