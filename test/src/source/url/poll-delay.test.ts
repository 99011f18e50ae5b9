import t from 'tap'
import { pollDelayMs } from '../../../../src/source/url/poll-delay.js'

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
    const retryAfterMs = retryAfterS === undefined ? undefined : retryAfterS * 1000
    const state = { pollMs: pollS * 1000, failures, hasCopy, retryAfterMs }
    t.equal(pollDelayMs({ ...state, random: 0 }) / 1000, shortestS)
    t.ok(Math.abs(pollDelayMs({ ...state, random: 1 }) / 1000 - longestS) < 1e-6)
  })
}
