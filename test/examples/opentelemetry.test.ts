import { ROOT_CONTEXT, type Span, trace, type Tracer } from '@opentelemetry/api'
import t from 'tap'
import { traceKafkaSplitDns } from '../../examples/opentelemetry.js'
import { connect, listen, refusing, split } from '../src/observe/fixtures/world.js'

interface Recorded {
  readonly name: string
  readonly attributes: Record<string, unknown>
  readonly parent: Recorded | undefined
  error: string | undefined
  isEnded: boolean
}

const recorded: Recorded[] = []
const bySpan = new Map<Span, Recorded>()

/** As much of a tracer as the example uses. */
const tracer: Pick<Tracer, 'startSpan'> = {
  startSpan(name, options = {}, within = ROOT_CONTEXT) {
    const parent = trace.getSpan(within)
    const made: Recorded = {
      name,
      attributes: { ...options.attributes },
      parent: parent && bySpan.get(parent),
      error: undefined,
      isEnded: false,
    }
    recorded.push(made)
    const span = {
      setAttributes: (more: object) => Object.assign(made.attributes, more),
      recordException: (error: Error) => (made.error = error.message),
      setStatus: () => span,
      end: () => (made.isEnded = true),
    } as unknown as Span
    bySpan.set(span, made)
    return span
  },
}
trace.setGlobalTracerProvider({ getTracer: () => tracer as Tracer })
traceKafkaSplitDns()

t.test('examples/opentelemetry.ts makes a span of a connect, and its look-up’s below it', async t => {
  const port = await listen(t)
  recorded.length = 0
  await connect(split(t, { map: `*.kafka.test=localhost:${port}`, family: 4 }), 'b0.kafka.test', 9092)
  const [connected, looked] = recorded
  t.equal(recorded.length, 2)
  t.match(connected, {
    name: 'kafka connect',
    isEnded: true,
    error: undefined,
    attributes: {
      'server.address': 'b0.kafka.test',
      'server.port': 9092,
      'split_dns.rule': '*.kafka.test',
      'split_dns.target': `localhost:${port}`,
      'split_dns.outcome': 'connected',
      'network.peer.port': port,
    },
  })
  t.match(looked, { name: 'kafka lookup', isEnded: true, attributes: { 'split_dns.addresses': ['127.0.0.1'] } })
  t.equal(looked?.parent, connected)
})

t.test('what fails is a span with the error', async t => {
  const port = await refusing(t)
  recorded.length = 0
  await connect(split(t, { map: `*.kafka.test=127.0.0.1:${port}` }), 'b0.kafka.test', 9092)
  t.match(recorded[0], { isEnded: true, error: /ECONNREFUSED/, attributes: { 'split_dns.outcome': 'failed' } })
})
