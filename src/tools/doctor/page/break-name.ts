/** The text in lines of at most `most` characters, broken after a dot, a hyphen, a slash or a blank where there is one. */
export function breakName(text: string, most: number): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const part of text.split(/(?<=[.\-/ ])/)) {
    if (line !== '' && line.length + part.length > most) {
      lines.push(line)
      line = ''
    }
    line += part
    while (line.length > most) {
      lines.push(line.slice(0, most))
      line = line.slice(most)
    }
  }
  return line === '' ? lines : [...lines, line]
}
