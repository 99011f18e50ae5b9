// Connects to BROKER with OpenTelemetry's net instrumentation in force, and tells its spans. REGISTER, where it is set,
// is loaded after the instrumentation. See the test beside.
const { context, trace } = require('@opentelemetry/api')
const { NetInstrumentation } = require('@opentelemetry/instrumentation-net')

const spans = []
const tracer = {
  startSpan(name, { attributes = {} } = {}) {
    const span = { name, attributes: { ...attributes } }
    spans.push(span)
    const self = {
      setAttribute: (key, value) => ((span.attributes[key] = value), self),
      setAttributes: more => (Object.assign(span.attributes, more), self),
      recordException: () => undefined,
      setStatus: () => self,
      end: () => undefined,
      spanContext: () => ({ traceId: '1', spanId: '1', traceFlags: 1 }),
    }
    return self
  },
}
trace.setGlobalTracerProvider({ getTracer: () => tracer })
void context
const instrumentation = new NetInstrumentation()
instrumentation.setTracerProvider(trace.getTracerProvider())
const net = require('net')
if (process.env.REGISTER !== undefined) require(process.env.REGISTER)

const socket = net.connect(9092, process.env.BROKER)
socket.on('error', error => console.log(JSON.stringify({ error: error.message })))
socket.on('connect', () => {
  setImmediate(() => {
    console.log(JSON.stringify({ spans, port: socket.remotePort }))
    socket.destroy()
  })
})
