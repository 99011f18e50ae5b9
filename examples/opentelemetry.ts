// Makes a span of each connect and each look-up, for whatever OpenTelemetry SDK the process has set up:
//   import { traceKafkaSplitDns } from './opentelemetry.js'
//   traceKafkaSplitDns()
import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe, tracingChannel } from 'node:diagnostics_channel'
import { type Attributes, context, type Span, SpanStatusCode, trace } from '@opentelemetry/api'
import type { ConnectTrace, LookupTrace } from 'kafka-split-dns'

/** From now on each connect is a span, and each look-up one below the connect that it is made for. */
export function traceKafkaSplitDns(): void {
  const tracer = trace.getTracer('kafka-split-dns')
  const connecting = new AsyncLocalStorage<Span>()
  // A connect or look-up publishes one and the same object at each step.
  const spans = new WeakMap<object, Span>()

  const begin = (name: string, message: ConnectTrace | LookupTrace) => {
    const parent = connecting.getStore()
    const within = parent === undefined ? context.active() : trace.setSpan(context.active(), parent)
    const span = tracer.startSpan(name, { attributes: askedAttributes(message) }, within)
    spans.set(message, span)
    return span
  }
  const end = (message: ConnectTrace | LookupTrace) => {
    const span = spans.get(message)
    if (span === undefined) return
    span.setAttributes('isTls' in message ? connectAttributes(message) : lookupAttributes(message))
    if (message.error !== undefined) {
      span.recordException(message.error)
      span.setStatus({ code: SpanStatusCode.ERROR, message: message.error.message })
    }
    span.end()
  }

  const connects = tracingChannel<Span, ConnectTrace>('kafka-split-dns:connect')
  connects.start.bindStore(connecting, message => begin('kafka connect', message))
  subscribe('tracing:kafka-split-dns:connect:asyncEnd', message => end(message as ConnectTrace))
  subscribe('tracing:kafka-split-dns:lookup:start', message => void begin('kafka lookup', message as LookupTrace))
  subscribe('tracing:kafka-split-dns:lookup:asyncEnd', message => end(message as LookupTrace))
}

function askedAttributes({ host, port, rule }: ConnectTrace | LookupTrace): Attributes {
  return {
    'server.address': host,
    ...(port === undefined ? {} : { 'server.port': port }),
    'split_dns.rule': rule?.match ?? '',
  }
}

function connectAttributes({ outcome, target, address, addressPort }: ConnectTrace): Attributes {
  return {
    'split_dns.outcome': outcome ?? '',
    'split_dns.target': target ?? '',
    'network.peer.address': address ?? '',
    'network.peer.port': addressPort ?? 0,
  }
}

function lookupAttributes({ source, addresses, ttl }: LookupTrace): Attributes {
  return { 'split_dns.source': source ?? '', 'split_dns.addresses': [...(addresses ?? [])], 'split_dns.ttl': ttl ?? 0 }
}
