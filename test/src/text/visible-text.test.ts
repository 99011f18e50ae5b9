import t from 'tap'
import { visibleText } from '../../../src/text/visible-text.js'

const cases: { name: string; text: string; shown: string }[] = [
  { name: 'plain text stays', text: 'use1-az1 Zürich 東京 🙂', shown: 'use1-az1 Zürich 東京 🙂' },
  { name: 'a line break', text: 'rack\nok 3 of 3 brokers', shown: 'rack\\u000aok 3 of 3 brokers' },
  { name: 'an escape sequence', text: '\u001b[2Jx', shown: '\\u001b[2Jx' },
  { name: 'C1, such as CSI in one character', text: '\u009b31m', shown: '\\u009b31m' },
  { name: 'bidi overrides and isolates', text: 'a\u202eb\u2066c', shown: 'a\\u202eb\\u2066c' },
  { name: 'zero-width characters', text: 'a\u200bb\u200dc\ufeff', shown: 'a\\u200bb\\u200dc\\ufeff' },
  { name: 'line and paragraph separators', text: '\u2028\u2029', shown: '\\u2028\\u2029' },
  { name: 'tags beyond the first plane', text: '\u{e0041}', shown: '\\u{e0041}' },
  { name: 'half of a surrogate pair', text: 'a\ud800b', shown: 'a\\ud800b' },
]

for (const { name, text, shown } of cases) t.test(name, async t => t.equal(visibleText(text), shown))

t.test('a long text is cut, also in the middle of a pair', async t => {
  t.equal(visibleText('abcdef', 3), 'abc…')
  t.equal(visibleText('ab🙂', 3), 'ab\\ud83d…')
  t.ok(visibleText('\u0000'.repeat(1e6)).length < 2000)
})
