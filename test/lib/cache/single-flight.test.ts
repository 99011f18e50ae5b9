import t from 'tap'
import { SingleFlight, type Flight } from '../../../lib/cache/single-flight.js'

class TestFlight implements Flight {
  isOpen = true
  ended = 0
  onEnd: () => void = () => undefined

  run(onEnd: () => void): void {
    this.onEnd = onEnd
  }

  end(): void {
    this.ended++
    this.isOpen = false
  }
}

t.test('a flight is found until it has run', async t => {
  const flights = new SingleFlight<TestFlight>()
  const flight = flights.start('a', new TestFlight())
  t.equal(flights.get('a'), flight)
  t.equal(flights.get('b'), undefined)
  flight.onEnd()
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
  first.onEnd()
  t.equal(flights.get('a'), second, 'the first leaves the second in its place')
  second.onEnd()
  t.equal(flights.size, 0)
})

t.test('a flight that crashes leaves its place', async t => {
  const flights = new SingleFlight<Flight>()
  const run = () => {
    throw new Error('crashed')
  }
  t.throws(() => flights.start('a', { isOpen: true, run, end: () => undefined }), { message: 'crashed' })
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
  for (const flight of all) flight.onEnd()
  t.equal(flights.size, 0)
})
