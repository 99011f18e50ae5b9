import dns from 'node:dns'
import type { LookupFunction } from 'node:net'
import type { Response } from '../wire/response.js'
import type { TlsSettings } from './connect.js'
import { closedError, exchangeError } from './exchange-error.js'
import type { StreamTransport, StreamUpstream } from './stream.js'
import { TransportError, type ExchangeOptions, type Question, type Transport } from './transport.js'
import { UdpTransport, type AddressUpstream } from './udp.js'
import type { Upstream } from './upstream.js'

export interface TransportOptions {
  /** `ca`: certificates in PEM that DoT and DoH servers are checked against, in place of those that Node trusts. */
  readonly tls?: { readonly ca?: string | Buffer | (string | Buffer)[] }
  /**
   * Finds the addresses of DoT and DoH servers that are given by name; the system's resolver unless given. Never this
   * client, which would end up asking itself.
   */
  readonly lookup?: LookupFunction
}

/** A transport over UDP, TCP, TLS and HTTPS, as the upstream's kind says. Opens nothing until it is asked. */
export function createTransport(options: TransportOptions = {}): Transport {
  const ca = options.tls?.ca
  // dns.lookup as a property, at call time: tracing tools replace it.
  const lookup: LookupFunction = options.lookup ?? ((host, hints, callback) => dns.lookup(host, hints, callback))
  return new WireTransport({ trust: ca === undefined ? {} : { ca }, lookup })
}

class WireTransport implements Transport {
  readonly #udp = new UdpTransport()
  readonly #settings: TlsSettings
  /** Loaded when it is first needed: most processes ask over UDP alone. */
  #stream: Promise<StreamTransport> | undefined
  #isClosed = false

  constructor(settings: TlsSettings) {
    this.#settings = settings
  }

  exchange(upstream: Upstream, question: Question, options: ExchangeOptions): Promise<Response> {
    switch (upstream.kind) {
      case 'udp':
        return this.#udp
          .exchange(upstream, question, options)
          .then(response => (response.truncated ? this.#askOverTcp(upstream, question, options) : response))
      case 'tcp':
      case 'tls':
      case 'https':
        return this.#askOverStream(upstream, question, options)
      case 'system':
        return Promise.reject(new TransportError('ENOTSUP', 'system', 'no DNS server but getaddrinfo'))
    }
  }

  /** What a truncated answer held may be any part of the whole, so all of it is asked for again (RFC 2181 section 9). */
  async #askOverTcp(upstream: AddressUpstream, question: Question, options: ExchangeOptions): Promise<Response> {
    const { label, address, port } = upstream
    options.onTruncated?.()
    try {
      return await this.#askOverStream({ kind: 'tcp', label, address, port }, question, options)
    } catch (error) {
      if (options.signal.aborted) throw error
      const { code, reason } = exchangeError(label, error)
      throw new TransportError(code, label, `the answer was too long for UDP; over TCP: ${reason}`, { cause: error })
    }
  }

  async #askOverStream(upstream: StreamUpstream, question: Question, options: ExchangeOptions): Promise<Response> {
    if (this.#isClosed) throw closedError(upstream.label)
    this.#stream ??= this.#loadStream()
    const stream = await this.#stream
    return stream.exchange(upstream, question, options)
  }

  async #loadStream(): Promise<StreamTransport> {
    try {
      const { StreamTransport } = await import('./stream.js')
      return new StreamTransport(this.#settings)
    } catch (error) {
      // Perhaps too many files are open: the next query tries again.
      this.#stream = undefined
      throw error
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#udp.close()
    const stream = await this.#stream?.catch(() => undefined)
    stream?.close()
  }
}
