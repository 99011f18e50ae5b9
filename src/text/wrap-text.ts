// A line of its own for such a word would say nothing.
const shortWord = 3

/** The text in lines of at most `width` characters, joined by `indent`; a longer word is on a line of its own. */
export function wrapText(text: string, width: number, indent: string): string {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const isStub = word.length > width && line.length <= shortWord
    if (line !== '' && !isStub && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].join(`\n${indent}`)
}
