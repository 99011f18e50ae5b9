import t from 'tap'
import { nearest } from '../../../src/text/nearest.js'

const known = ['match', 'to', 'nameservers', 'allow', 'fallback']
const cases: [word: string, expected: string | undefined][] = [
  ['match', 'match'],
  ['mach', 'match'],
  ['matches', 'match'],
  ['nameserver', 'nameservers'],
  ['fall-back', 'fallback'],
  ['t', 'to'],
  ['zones', undefined],
  ['', undefined],
]

for (const [word, expected] of cases) {
  t.test(`'${word}' is near to ${expected ?? 'nothing'}`, async t => t.equal(nearest(word, known), expected))
}
