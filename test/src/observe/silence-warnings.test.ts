import t from 'tap'
import type { ConnectPayload } from '../../../src/connect/report/events.js'
import { SilenceWarnings } from '../../../src/observe/silence-warnings.js'

const ended = (tried: string, target: string | null = 'vpce.example'): ConnectPayload => ({
  ...{ host: 'b1.kafka.example', port: 9092, isTls: false, target, address: '192.0.2.7', addressPort: 9092 },
  rule: { match: '*.kafka.example', index: 0, origin: 'map.yaml', place: 'map.yaml:4' },
  ...{ outcome: 'ended', tried: [{ address: '192.0.2.7', port: 9092, outcome: tried }], durationMs: 1000, error: null },
})

function setUp() {
  const clock = { ms: 0 }
  const warned: string[] = []
  const log = {
    warn: (message: string) => void warned.push(message),
    error: (message: string) => void warned.push(message),
  }
  return { clock, warned, warnings: new SilenceWarnings(log, () => clock.ms) }
}

t.test('a connect that was given up while an address was silent warns, once a minute and target', async t => {
  const { clock, warned, warnings } = setUp()
  for (let second = 0; second < 120; second++) {
    clock.ms = second * 1000
    warnings.ended(ended('given up'))
  }
  t.equal(warned.length, 2)
  t.equal(
    warned[0],
    "b1.kafka.example:9092 -> vpce.example by rule '*.kafka.example' (map.yaml:4): 192.0.2.7:9092 did not answer until " +
      'the client gave up',
  )
  warnings.ended(ended('given up', 'other.example'))
  t.equal(warned.length, 3, 'another target')
})

for (const [outcome, count] of [
  ['given up before TLS was up', 1],
  ['given up soon', 0],
  ['ECONNREFUSED', 0],
] as const) {
  t.test(`${outcome}: ${count}`, async t => {
    const { warned, warnings } = setUp()
    warnings.ended(ended(outcome))
    t.equal(warned.length, count)
  })
}

t.test('the memory of targets is bounded', async t => {
  const { warned, warnings } = setUp()
  for (let index = 0; index < 5000; index++) warnings.ended(ended('given up', `t${index}.example`))
  t.equal(warned.length, 5000)
})
