import t from 'tap'
import { ConfigError } from '../../../src/errors.js'
import { readServeOptions, type ServeOptions } from '../../../src/serve/options.js'

t.test('the defaults', async t => {
  t.match(readServeOptions({}), { address: '127.0.0.1', port: 53, relay: 'auto', ports: [9092], graceMs: 10_000 })
  t.match(readServeOptions({}).pool, { text: '127.83.0.0/16', first: 127 * 2 ** 24 + 83 * 2 ** 16, size: 65_536 })
})

const good: readonly [ServeOptions, object][] = [
  [{ listen: '127.0.0.1:5353' }, { address: '127.0.0.1', port: 5353 }],
  [{ listen: '127.0.0.2' }, { address: '127.0.0.2', port: 53 }],
  [{ listen: '[::1]:5353' }, { address: '::1', port: 5353 }],
  [{ listen: '::1' }, { address: '::1', port: 53 }],
  [{ listen: '127.0.0.1:0' }, { address: '127.0.0.1', port: 0 }],
  [{ ports: '9092, 9094,9092' }, { ports: [9092, 9094] }],
  [{ ports: [9098] }, { ports: [9098] }],
  [{ relay: 'always' }, { relay: 'always' }],
  [{ pool: '127.99.0.0/24' }, { pool: { size: 256, first: 127 * 2 ** 24 + 99 * 2 ** 16 } }],
  [{ pool: '127.99.0.77/24' }, { pool: { size: 256, first: 127 * 2 ** 24 + 99 * 2 ** 16 } }],
  [{ graceMs: 0 }, { graceMs: 0 }],
]

for (const [options, expected] of good) {
  t.test(JSON.stringify(options), async t => t.match(readServeOptions(options), expected))
}

const bad: readonly [Record<string, unknown>, RegExp][] = [
  [{ listen: '0.0.0.0:53' }, /0\.0\.0\.0 is no loopback address: expected one of 127\.0\.0\.0\/8, or ::1/],
  [{ listen: '[::]:53' }, /no loopback address/],
  [{ listen: '192.0.2.1' }, /no loopback address/],
  [{ listen: 'localhost:53' }, /no loopback address/],
  [{ listen: '127.0.0.1:70000' }, /expected ADDRESS\[:PORT\]/],
  [{ listen: 53 }, /expected text, found 53/],
  [{ relay: 'on' }, /expected auto, always, never, found "on"/],
  [{ ports: '9092,kafka' }, /expected ports from 1 to 65535/],
  [{ ports: [0] }, /expected ports from 1 to 65535/],
  [{ ports: '' }, /expected ports from 1 to 65535/],
  [{ ports: Array.from({ length: 33 }, (_, index) => index + 1) }, /at most 32 ports, found 33/],
  [{ pool: '10.0.0.0/16' }, /10\.0\.0\.0\/16 is not inside 127\.0\.0\.0\/8/],
  [{ pool: '126.0.0.0/7' }, /not inside/],
  [{ pool: '127.83.0.0/30' }, /too small/],
  [{ pool: '127.83' }, /no CIDR block/],
  [{ graceMs: -1 }, /milliseconds from 0/],
  [{ relays: 'auto' }, /no such option.*relay/],
]

for (const [options, message] of bad) {
  t.test(JSON.stringify(options), async t => {
    t.throws(() => readServeOptions(options), message)
    t.throws(() => readServeOptions(options), ConfigError)
  })
}

t.test('all faults are reported together, under the names that the caller has for options', async t => {
  try {
    readServeOptions({ listen: '0.0.0.0', pool: '10.0.0.0/8' }, option => `--${option}`)
    t.fail('nothing was thrown')
  } catch (error) {
    t.match(error, { faults: [{ origin: '--listen' }, { origin: '--pool' }] })
  }
})
