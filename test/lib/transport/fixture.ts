import type { Test } from 'tap'
import { createTransport, type TransportOptions } from '../../../lib/transport/create-transport.js'
import { keepAlive } from '../../../lib/timers.js'
import type { Transport } from '../../../lib/transport/transport.js'
import type { Upstream } from '../../../lib/transport/upstream.js'
import type { Response } from '../../../lib/wire/response.js'
import { makeCertificate } from '../../servers/certificate.js'
import { respond, type ResponseParts } from '../../servers/dns-message.js'
import {
  startDnsServer,
  type DnsServer,
  type Handler,
  type ServerKinds,
  type WireKind,
} from '../../servers/dns-server.js'

export const kinds: readonly WireKind[] = ['udp', 'tcp', 'tls', 'https']
/** Of the servers; a transport has to be told to trust it. */
export const certificate = makeCertificate()
export const name = 'b0.kafka.example'
export const goodParts: ResponseParts = { answers: [`${name}. 30 IN A 192.0.2.1`] }
export const goodHandler: Handler = query => respond(query, goodParts)
export const goodResponse: Response = {
  rcode: 'NOERROR',
  truncated: false,
  answers: [{ type: 'A', owner: name, ttl: 30, address: '192.0.2.1' }],
  negativeTtl: undefined,
}

/** What a question may differ in from `b0.kafka.example A` with EDNS, unhurried. */
export interface Asking {
  readonly name?: string
  readonly type?: 'A' | 'AAAA'
  readonly signal?: AbortSignal
  readonly edns?: boolean
}

export function ask(transport: Transport, upstream: Upstream, asking: Asking = {}): Promise<Response> {
  const { type = 'A', signal = new AbortController().signal, edns = true } = asking
  return keepAlive(transport.exchange(upstream, { name: asking.name ?? name, type }, { signal, edns }))
}

/** A transport that trusts the certificate, closed with the test. */
export function openTransport(t: Test, options: TransportOptions = { tls: { ca: certificate.cert } }): Transport {
  const transport = createTransport(options)
  t.teardown(() => transport.close())
  return transport
}

/** A server on all ways, closed with the test. */
export async function openServer(t: Test, handler: Handler = goodHandler, some: ServerKinds = {}): Promise<DnsServer> {
  const server = await startDnsServer({ udp: true, tcp: true, tls: certificate, https: certificate, ...some }, handler)
  t.teardown(() => server.close())
  return server
}
