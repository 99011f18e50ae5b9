import fc from '../../../fast-check.js'
import t from 'tap'
import type { Address } from '../../../../lib/address/address.js'
import { chooseAddresses, chooseTargets } from '../../../../src/connect/socket/choose.js'
import { Health } from '../../../../src/connect/health.js'
import type { TargetOutcome } from '../../../../src/connect/plan.js'
import { fakeMap, toAddress } from '../fixtures/fakes.js'

const port = 9092
const outcome = (index: number, addresses: readonly Address[]): TargetOutcome => ({
  index,
  host: `${index}.example`,
  port,
  family: 0,
  answer: null,
  usable: addresses,
  refused: [],
  error: null,
})

const cases: { name: string; targets: string[][]; failed?: string[]; chosen: string[] }[] = [
  { name: 'in the order of the answer', targets: [['192.0.2.2', '192.0.2.1']], chosen: ['192.0.2.2', '192.0.2.1'] },
  {
    name: 'targets in their order',
    targets: [['192.0.2.2'], ['192.0.2.1']],
    chosen: ['192.0.2.2', '192.0.2.1'],
  },
  {
    name: 'at most three',
    targets: [
      ['192.0.2.1', '192.0.2.2'],
      ['192.0.2.3', '192.0.2.4'],
    ],
    chosen: ['192.0.2.1', '192.0.2.2', '192.0.2.3'],
  },
  {
    name: 'failed last',
    targets: [['192.0.2.1', '192.0.2.2']],
    failed: ['192.0.2.1'],
    chosen: ['192.0.2.2', '192.0.2.1'],
  },
  {
    name: 'failed last across targets',
    targets: [['192.0.2.1'], ['192.0.2.2']],
    failed: ['192.0.2.1'],
    chosen: ['192.0.2.2', '192.0.2.1'],
  },
  {
    name: 'all failed: the one of longest ago first',
    targets: [['192.0.2.1', '192.0.2.2', '192.0.2.3']],
    failed: ['192.0.2.2', '192.0.2.3', '192.0.2.1'],
    chosen: ['192.0.2.2', '192.0.2.3', '192.0.2.1'],
  },
  { name: 'IPv4 before IPv6', targets: [['2001:db8::1', '192.0.2.1']], chosen: ['192.0.2.1'] },
  {
    name: 'IPv6 where there is nothing else',
    targets: [['2001:db8::1', '2001:db8::2']],
    chosen: ['2001:db8::1', '2001:db8::2'],
  },
  {
    name: 'IPv6 once all of IPv4 have failed',
    targets: [['192.0.2.1', '192.0.2.2', '2001:db8::1']],
    failed: ['192.0.2.1', '192.0.2.2'],
    chosen: ['2001:db8::1'],
  },
  {
    name: 'IPv4 while one of it is healthy',
    targets: [['192.0.2.1', '192.0.2.2', '2001:db8::1']],
    failed: ['192.0.2.1'],
    chosen: ['192.0.2.2', '192.0.2.1'],
  },
  {
    name: 'the first target decides, where it has IPv6 alone',
    targets: [['2001:db8::1'], ['192.0.2.1', '2001:db8::2']],
    chosen: ['2001:db8::1', '2001:db8::2'],
  },
  {
    name: 'another target’s IPv4 before the second family of the first',
    targets: [['192.0.2.1', '2001:db8::1'], ['192.0.2.2']],
    failed: ['192.0.2.1'],
    chosen: ['192.0.2.2', '192.0.2.1'],
  },
  { name: 'each once', targets: [['192.0.2.1'], ['192.0.2.1']], chosen: ['192.0.2.1'] },
  { name: 'none of none', targets: [[]], chosen: [] },
]
for (const { name, targets, failed = [], chosen } of cases) {
  t.test(`addresses: ${name}`, async t => {
    let ms = 0
    const health = new Health({ now: () => (ms += 1) })
    for (const address of failed) health.failed(address, port)
    const outcomes = targets.map((addresses, index) => outcome(index, addresses.map(toAddress)))
    t.strictSame(
      chooseAddresses(health, outcomes, port).map(({ address }) => address),
      chosen,
    )
  })
}

t.test('whatever is known: one to three addresses of one family, each offered, never a failed one first', async () => {
  const pool = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4', '2001:db8::1', '2001:db8::2']
  const some = fc.uniqueArray(fc.constantFrom(...pool))
  fc.assert(
    fc.property(fc.array(some, { minLength: 1, maxLength: 3 }), some, (targets, failed) => {
      const health = new Health({ now: () => 0 })
      for (const address of failed) health.failed(address, port)
      const outcomes = targets.map((addresses, index) => outcome(index, addresses.map(toAddress)))
      const chosen = chooseAddresses(health, outcomes, port)
      const offered = targets.flat()
      const [first] = chosen
      if (first === undefined) return offered.length === 0
      const isHealthyLeft = offered.some(address => !failed.includes(address))
      return (
        chosen.length <= 3 &&
        chosen.every(({ family, address }) => family === first.family && offered.includes(address)) &&
        new Set(chosen.map(({ address }) => address)).size === chosen.length &&
        (!isHealthyLeft || !failed.includes(first.address))
      )
    }),
  )
})

const targetCases: { name: string; to: string[]; failed?: string[]; indexes: number[]; port: number }[] = [
  { name: 'all of one port', to: ['a.test', 'b.test:9092', 'c.test'], indexes: [0, 1, 2], port: 9092 },
  { name: 'those that share the first’s port', to: ['a.test:1', 'b.test:2', 'c.test:1'], indexes: [0, 2], port: 1 },
  { name: 'the first healthy', to: ['a.test:1', 'b.test:2', 'c.test:1'], failed: ['a.test:1'], indexes: [1], port: 2 },
  {
    name: 'none healthy: the one of longest ago',
    to: ['a.test:1', 'b.test:2'],
    failed: ['b.test:2', 'a.test:1'],
    indexes: [1],
    port: 2,
  },
]
for (const { name, to, failed = [], indexes, port } of targetCases) {
  t.test(`targets: ${name}`, async t => {
    let ms = 0
    const health = new Health({ now: () => (ms += 1) })
    for (const [host = '', at] of failed.map(text => text.split(':'))) health.failed(host, Number(at))
    const { route } = fakeMap([{ match: 'b0.example', to }]).decide('b0.example', 9092)
    t.strictSame(chooseTargets(health, route, 9092), { indexes, port })
  })
}
