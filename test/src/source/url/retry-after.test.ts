import t from 'tap'
import { retryAfterMs } from '../../../../src/source/url/retry-after.js'

const nowEpochMs = Date.parse('Wed, 21 Oct 2026 07:28:00 GMT')
const cases: [name: string, retryAfter: string | undefined, date: string | undefined, expected: number | undefined][] =
  [
    ['nothing', undefined, undefined, undefined],
    ['nothing but blanks', ' ', undefined, undefined],
    ['seconds', '120', undefined, 120_000],
    ['seconds with blanks', ' 1 ', undefined, 1_000],
    ['no second', '0', undefined, 0],
    ['an hour at most', '3601', undefined, 3_600_000],
    ['a number without end', '9'.repeat(400), undefined, 3_600_000],
    ['a date', 'Wed, 21 Oct 2026 07:28:30 GMT', undefined, 30_000],
    ["a date by the answer's own clock", 'Wed, 21 Oct 2026 09:00:30 GMT', 'Wed, 21 Oct 2026 09:00:00 GMT', 30_000],
    ['a date that has passed', 'Wed, 21 Oct 2020 07:28:00 GMT', undefined, 0],
    ['a date far off', 'Wed, 21 Oct 2099 07:28:00 GMT', undefined, 3_600_000],
    ['a negative number', '-5', undefined, undefined],
    ['a fraction', '1.5', undefined, undefined],
    ['words', 'soon', undefined, undefined],
    ['a day without a date', 'Wed, rubbish', undefined, undefined],
  ]
for (const [name, retryAfter, date, expected] of cases) {
  t.test(name, async t => t.equal(retryAfterMs(retryAfter, date, nowEpochMs), expected))
}
