import t from 'tap'
import { SingleFlight, type Flight } from '../../../lib/cache/single-flight.js'
import { defer } from '../../../lib/deferred.js'

class TestFlight implements Flight {
  isOpen = true
  ended = 0
  readonly done = defer<undefined>()

  async run(): Promise<void> {
    await this.done.promise
  }

  end(): void {
    this.ended++
    this.isOpen = false
  }
}

const land = (flight: TestFlight) => {
  flight.done.resolve(undefined)
  return new Promise(resolve => setImmediate(resolve))
}

t.test('a flight is found until it has run', async t => {
  const flights = new SingleFlight<TestFlight>()
  const flight = flights.start('a', new TestFlight())
  t.equal(flights.get('a'), flight)
  t.equal(flights.get('b'), undefined)
  await land(flight)
  t.equal(flights.get('a'), undefined)
  t.equal(flights.size, 0)
})

t.test('a closed flight is not joined, and the next one ends it', async t => {
  const flights = new SingleFlight<TestFlight>()
  const first = flights.start('a', new TestFlight())
  first.isOpen = false
  t.equal(flights.get('a'), undefined)
  const second = flights.start('a', new TestFlight())
  t.equal(first.ended, 1)
  await land(first)
  t.equal(flights.get('a'), second, 'the first leaves the second in its place')
  await land(second)
  t.equal(flights.size, 0)
})

t.test('a flight that crashes leaves its place', async t => {
  const flights = new SingleFlight<Flight>()
  flights.start('a', { isOpen: true, run: () => Promise.reject(new Error('crashed')), end: () => undefined })
  await new Promise(resolve => setImmediate(resolve))
  t.equal(flights.size, 0)
})

t.test('all can be ended', async t => {
  const flights = new SingleFlight<TestFlight>()
  const all = ['a', 'b'].map(key => flights.start(key, new TestFlight()))
  flights.endAll()
  t.strictSame(
    all.map(({ ended }) => ended),
    [1, 1],
  )
  for (const flight of all) await land(flight)
  t.equal(flights.size, 0)
})
