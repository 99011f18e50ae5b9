import t from 'tap'
import { Health } from '../../../src/connect/health.js'
import { toAddress } from './fixtures/fakes.js'

function setUp() {
  const clock = { ms: 1_000_000 }
  const health = new Health({ now: () => clock.ms })
  return { clock, health, isFailed: () => health.failedAtMs('192.0.2.1', 9092) !== undefined }
}

t.test('a penalty is 1 s, doubling to 60 s with each failure after the last is over', async t => {
  const { clock, health, isFailed } = setUp()
  for (const seconds of [1, 2, 4, 8, 16, 32, 60, 60]) {
    health.failed('192.0.2.1', 9092)
    clock.ms += seconds * 1000 - 1
    t.ok(isFailed(), `${seconds} s`)
    clock.ms += 1
    t.notOk(isFailed(), `after ${seconds} s`)
  }
})

t.test('many sockets that fail at one moment are one failure', async t => {
  const { clock, health, isFailed } = setUp()
  for (let socket = 0; socket < 50; socket += 1) health.failed('192.0.2.1', 9092)
  clock.ms += 1000
  t.notOk(isFailed())
})

t.test('a place fails for as long as is asked for after its last failure, or until it succeeds', async t => {
  const { clock, health } = setUp()
  t.notOk(health.isFailing('192.0.2.1', 9092, 10_000))
  health.failed('192.0.2.1', 9092)
  clock.ms += 9_999
  t.ok(health.isFailing('192.0.2.1', 9092, 10_000), 'also when its penalty is over')
  t.notOk(health.isFailing('192.0.2.1', 9093, 10_000), 'another port is another place')
  clock.ms += 1
  t.notOk(health.isFailing('192.0.2.1', 9092, 10_000))
  health.failed('192.0.2.1', 9092)
  health.succeeded('192.0.2.1', 9092)
  t.notOk(health.isFailing('192.0.2.1', 9092, 10_000))
})

t.test('success clears', async t => {
  const { clock, health, isFailed } = setUp()
  health.failed('192.0.2.1', 9092)
  clock.ms += 1000
  health.failed('192.0.2.1', 9092)
  health.succeeded('192.0.2.1', 9092)
  t.notOk(isFailed())
  health.failed('192.0.2.1', 9092)
  clock.ms += 1000
  t.notOk(isFailed(), 'it begins with 1 s again')
})

t.test('a failure long after the last begins with 1 s again', async t => {
  const { clock, health, isFailed } = setUp()
  health.failed('192.0.2.1', 9092)
  clock.ms += 1000 + 600_000
  health.failed('192.0.2.1', 9092)
  clock.ms += 1000
  t.notOk(isFailed())
})

t.test('a port at an address is a place of its own', async t => {
  const { health } = setUp()
  health.failed('192.0.2.1', 9092)
  t.equal(health.failedAtMs('192.0.2.1', 9093), undefined)
  t.equal(health.failedAtMs('192.0.2.2', 9092), undefined)
})

t.test('a target has failed when each of its addresses has, or when its name gave none', async t => {
  const { clock, health } = setUp()
  const addresses = ['192.0.2.1', '192.0.2.2'].map(toAddress)
  const at = () => health.targetFailedAtMs('vpce.example', 9092)
  t.equal(at(), undefined, 'never heard of')
  health.resolved('vpce.example', 9092, addresses)
  health.failed('192.0.2.1', 9092)
  t.equal(at(), undefined)
  clock.ms += 5
  health.failed('192.0.2.2', 9092)
  t.equal(at(), 1_000_005)
  clock.ms += 995
  t.equal(at(), undefined, 'the first may be tried again')
  health.resolved('vpce.example', 9092, [])
  t.equal(at(), 1_001_000)
  health.resolved('vpce.example', 9092, addresses)
  t.equal(at(), undefined)
})

t.test('no address at all is not "all failed"', async t => t.notOk(setUp().health.haveAllFailed([], 9092)))

t.test('a name is asked afresh at most once a second', async t => {
  const { clock, health } = setUp()
  t.ok(health.mayAskAfresh('a.example'))
  t.notOk(health.mayAskAfresh('a.example'))
  t.ok(health.mayAskAfresh('b.example'))
  clock.ms += 999
  t.notOk(health.mayAskAfresh('a.example'))
  clock.ms += 1
  t.ok(health.mayAskAfresh('a.example'))
})

t.test('memory is bounded: the least recently used is forgotten', async t => {
  const { health } = setUp()
  for (let n = 1; n <= 10_001; n++) {
    health.failed(`${n}.example`, 9092)
    health.mayAskAfresh(`${n}.example`)
  }
  t.equal(health.failedAtMs('1.example', 9092), undefined)
  t.not(health.failedAtMs('2.example', 9092), undefined)
  t.ok(health.mayAskAfresh('1.example'))
})

t.test('of a target with many addresses a handful is remembered', async t => {
  const { health } = setUp()
  const addresses = Array.from({ length: 500 }, (_, index) => toAddress(`198.51.100.${index % 250}`))
  health.resolved('many.example', 9092, addresses)
  for (const { address } of addresses.slice(0, 8)) health.failed(address, 9092)
  t.not(health.targetFailedAtMs('many.example', 9092), undefined)
})

t.test('after close nothing is remembered', async t => {
  const { health } = setUp()
  health.failed('192.0.2.1', 9092)
  health.close()
  t.equal(health.failedAtMs('192.0.2.1', 9092), undefined)
  health.failed('192.0.2.1', 9092)
  health.resolved('many.example', 9092, [toAddress('192.0.2.1')])
  t.equal(health.failedAtMs('192.0.2.1', 9092), undefined)
  t.ok(health.mayAskAfresh('many.example'))
  t.ok(health.mayAskAfresh('many.example'))
})

t.test('jitter makes a penalty up to a tenth longer, never shorter, and does not add up', async t => {
  const clock = { ms: 0 }
  const health = new Health({ now: () => clock.ms, random: () => 0.5 })
  for (const seconds of [1, 2, 4]) {
    health.failed('192.0.2.1', 9092)
    clock.ms += seconds * 1050 - 1
    t.not(health.failedAtMs('192.0.2.1', 9092), undefined)
    clock.ms += 2
    t.equal(health.failedAtMs('192.0.2.1', 9092), undefined)
  }
})
