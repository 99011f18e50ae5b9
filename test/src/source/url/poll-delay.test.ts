import t from 'tap'
import { pollDelayMs, retryAfterMs } from '../../../../src/source/url/poll-delay.js'

const cases: [
  name: string,
  pollS: number,
  failures: number,
  hasCopy: boolean,
  retryAfterS: number | undefined,
  shortestS: number,
  longestS: number,
][] = [
  ['a good answer: the poll, a tenth less or more', 60, 0, true, undefined, 54, 66],
  ['a first failure: the poll, up to a half off', 60, 1, true, undefined, 30, 60],
  ['failures double', 60, 2, true, undefined, 60, 120],
  ['five minutes at most', 60, 100, true, undefined, 150, 300],
  ['or eight polls', 1, 100, true, undefined, 4, 8],
  ['or the poll itself', 3600, 5, true, undefined, 1800, 3600],
  ['the first copy: a second', 60, 1, false, undefined, 0.5, 1],
  ['then doubling', 60, 3, false, undefined, 2, 4],
  ['to half a minute', 60, 5000, false, undefined, 15, 30],
  ['a longer Retry-After holds, even without a copy', 60, 1, false, 100, 100, 110],
  ['a shorter one changes nothing', 60, 1, true, 1, 30, 60],
]
for (const [name, pollS, failures, hasCopy, retryAfterS, shortestS, longestS] of cases) {
  t.test(name, async t => {
    const waitMs = retryAfterS === undefined ? undefined : retryAfterS * 1000
    const state = { pollMs: pollS * 1000, failures, hasCopy, retryAfterMs: waitMs }
    t.equal(pollDelayMs({ ...state, random: 0 }) / 1000, shortestS)
    t.ok(Math.abs(pollDelayMs({ ...state, random: 1 }) / 1000 - longestS) < 1e-6)
  })
}

const nowEpochMs = Date.parse('Wed, 21 Oct 2026 07:28:00 GMT')
const retryAfters: [
  name: string,
  retryAfter: string | undefined,
  date: string | undefined,
  expected: number | undefined,
][] = [
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
for (const [name, retryAfter, date, expected] of retryAfters) {
  t.test(`Retry-After: ${name}`, async t => t.equal(retryAfterMs(retryAfter, date, nowEpochMs), expected))
}
