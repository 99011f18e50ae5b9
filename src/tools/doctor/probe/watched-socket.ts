import type { Socket } from 'node:net'
import { TLSSocket, type PeerCertificate } from 'node:tls'
import type { Milliseconds } from '../../../../lib/units.js'
import type { SocketFactory } from '../../../connect/socket-factory.js'
import type { Certificate } from '../types.js'

/** What a connection went through, as far as it has come. The socket and the prober each add the steps that they see. */
export interface SocketStory {
  readonly startedAtMs: Milliseconds
  tcpAtMs?: Milliseconds
  tlsAtMs?: Milliseconds
  /** The answer to ApiVersions. */
  kafkaAtMs?: Milliseconds
  /** The broker can be asked: SASL, if any, is done. */
  readyAtMs?: Milliseconds
  address?: string
  addressPort?: number
  tlsVersion?: string
  certificate?: Certificate
  socket?: Socket
}

/** The factory, and what the last socket that it made went through. */
export function watchSockets(
  factory: SocketFactory,
  now: () => Milliseconds,
): { readonly factory: SocketFactory; readonly story: SocketStory } {
  const story: SocketStory = { startedAtMs: now() }
  const watched: SocketFactory = args => {
    const socket = factory(args)
    story.socket = socket
    socket.once('connect', () => {
      story.tcpAtMs = now()
      if (socket.remoteAddress !== undefined) story.address = socket.remoteAddress
      if (socket.remotePort !== undefined) story.addressPort = socket.remotePort
    })
    if (socket instanceof TLSSocket) watchTls(socket, story, now)
    return socket
  }
  return { factory: watched, story }
}

function watchTls(socket: TLSSocket, story: SocketStory, now: () => Milliseconds): void {
  const note = () => {
    const certificate = readCertificate(socket.getPeerCertificate())
    if (certificate !== undefined) story.certificate = certificate
  }
  socket.once('secureConnect', () => {
    story.tlsAtMs = now()
    story.tlsVersion = socket.getProtocol() ?? 'TLS'
    note()
  })
  // Node's own event before it judges the certificate: one that it refuses is gone when the error comes.
  socket.prependOnceListener('secure', note)
  socket.prependOnceListener('error', (error: Error) => {
    const shown = 'cert' in error ? readCertificate(error.cert as PeerCertificate) : undefined
    if (shown !== undefined) story.certificate = shown
  })
}

const dayMs: Milliseconds = 86_400_000

/** undefined where the peer showed none. */
function readCertificate(peer: PeerCertificate | undefined): Certificate | undefined {
  // Node's own type knows no absent certificate, but gives null or an empty object.
  const shown = (peer ?? undefined) as Partial<PeerCertificate> | undefined
  if (shown?.valid_to === undefined) return undefined
  const alternative = shown.subjectaltname?.split(/,\s*/).map(name => name.replace(/^(DNS|IP Address):/, '')) ?? []
  const common = textOf(shown.subject?.CN)
  const names = alternative.length > 0 ? alternative : common === '' ? [] : [common]
  const validTo = new Date(shown.valid_to)
  const issuer = textOf(shown.issuer?.CN) || textOf(shown.issuer?.O)
  const expiresInDays = Math.floor((validTo.getTime() - Date.now()) / dayMs)
  return { names, issuer, validTo: validTo.toISOString(), expiresInDays }
}

const textOf = (value: string | readonly string[] | undefined) =>
  value === undefined ? '' : typeof value === 'string' ? value : value.join(', ')
