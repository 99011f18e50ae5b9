import t from 'tap'
import { wrapText } from '../../../src/text/wrap-text.js'

const cases: { text: string; width: number; lines: string[] }[] = [
  { text: 'one two three', width: 7, lines: ['one two', 'three'] },
  { text: 'one two', width: 80, lines: ['one two'] },
  { text: 'a long-long-name follows', width: 8, lines: ['a long-long-name', 'follows'] },
  { text: 'broker 1 at a-long-name here', width: 8, lines: ['broker 1', 'at a-long-name', 'here'] },
  { text: 'words long-long-name', width: 8, lines: ['words', 'long-long-name'] },
  { text: '', width: 8, lines: [''] },
]
for (const { text, width, lines } of cases) {
  t.test(`'${text}' in ${width} characters`, async t => {
    t.equal(wrapText(text, width, '> '), lines.join('\n> '))
  })
}
