import t from 'tap'
import { boundTtl, failureMs } from '../../../lib/cache/entry.js'

const bounds = { minTtl: 5, maxTtl: 60, negativeTtl: 5, stale: 0 }
for (const [ttl, bounded] of [
  [0, 5],
  [4, 5],
  [5, 5],
  [30, 30],
  [60, 60],
  [61, 60],
  [0x7fffffff, 60],
  [0xffffffff, 60],
] as const) {
  t.test(`between 5 and 60, a TTL of ${ttl} is ${bounded}`, async t => t.equal(boundTtl(ttl, bounds), bounded))
}

t.test('failures are remembered for 1 s, doubling to 5 s', async t => {
  t.strictSame([1, 2, 3, 4, 5, 1_000, 5_000].map(failureMs), [1_000, 2_000, 4_000, 5_000, 5_000, 5_000, 5_000])
})
