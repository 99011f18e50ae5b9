import t from 'tap'
import { notAHostName, notReady } from '../../src/connect/report/connect-errors.js'
import { ConfigError, errorCodes, isSplitDnsError, SplitDnsError } from '../../src/errors.js'

for (const code of errorCodes) {
  t.test(`${code} has its code, name, cause and a message`, async t => {
    const cause = new Error('why')
    const error = new SplitDnsError(code, 'what failed', { cause })
    t.match(error, { name: 'SplitDnsError', code, cause, message: 'what failed' })
    t.ok(isSplitDnsError(error))
  })
}

t.test('ConfigError is a SplitDnsError that lists every fault with its place', async t => {
  const error = new ConfigError([
    { message: 'expected a target', origin: 'map.yaml', line: 3, column: 5 },
    { message: 'expected a number', origin: 'KAFKA_SPLIT_DNS_TIMEOUT_MS' },
  ])
  t.match(error, { name: 'ConfigError', code: 'ERR_SPLIT_DNS_CONFIG' })
  t.ok(isSplitDnsError(error))
  t.match(error.message, 'map.yaml:3:5: expected a target')
  t.match(error.message, 'KAFKA_SPLIT_DNS_TIMEOUT_MS: expected a number')
})

t.test('a ConfigError names the page about what is wrong', async t => {
  const [place, option] = [
    { message: 'expected a target', origin: 'map.yaml', line: 3, column: 5 },
    { message: 'expected a number', origin: 'option timeoutMs' },
  ]
  const where = 'in the package kafka-split-dns'
  t.equal(new ConfigError([place]).message, `map.yaml:3:5: expected a target; see docs/map.md ${where}`)
  t.equal(new ConfigError([option]).message, `option timeoutMs: expected a number; see docs/configuration.md ${where}`)
  const file = { message: 'no such file', origin: '/etc/map.yaml' }
  t.equal(new ConfigError([file]).message, `/etc/map.yaml: no such file; see docs/sources.md ${where}`)
  t.match(
    new ConfigError([place, option]).message,
    `2 faults in the configuration; see docs/map.md ${where}\n  map.yaml`,
  )
})

t.test('a ConfigError without faults still says something', async t => {
  t.not(new ConfigError([]).message, '')
})

t.test('errors of another copy are known by their brand, strangers are not', async t => {
  t.ok(isSplitDnsError(Object.assign(new Error('x'), { [Symbol.for('kafka-split-dns.error')]: true })))
  for (const stranger of [null, undefined, 'text', new Error('x'), {}]) t.notOk(isSplitDnsError(stranger))
})

t.test('an error without a cause shows none', async t => {
  t.notOk('cause' in notAHostName('a..b'))
  t.notOk('cause' in notReady('b0.example:9092', 600))
  t.equal(notReady('b0.example:9092', 600, 'why').cause, 'why')
})
