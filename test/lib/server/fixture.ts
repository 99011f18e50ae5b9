import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import { lookup } from 'node:dns'
import type { Handler } from '../../../lib/server/answerer.js'
import { startDnsServer, type DnsServer, type DnsServerOptions } from '../../../lib/server/dns-server.js'
import { PassOn, type PassOnOptions } from '../../../lib/server/pass-on.js'
import type { PassOnServer } from '../../../lib/server/raw-exchange.js'
import { addressBody, encodeReply } from '../../../lib/server/reply.js'
import { FrameReader } from '../../../lib/transport/frame-reader.js'
import { parseUpstream } from '../../../lib/transport/upstream.js'

/** A query of the tests: one question, RD, and an OPT record where a payload size is given. */
export function queryOf(name: string, type = 1, { id = 0x1234, payload = 0 } = {}): Buffer {
  const labels = name === '' ? [] : name.split('.')
  const qname = Buffer.concat([
    ...labels.map(label => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])),
    Buffer.alloc(1),
  ])
  const header = Buffer.alloc(12)
  header.writeUInt16BE(id, 0)
  header.writeUInt16BE(0x0100, 2)
  header.writeUInt16BE(1, 4)
  header.writeUInt16BE(payload > 0 ? 1 : 0, 10)
  const opt = Buffer.from([0, 0, 41, payload >> 8, payload & 255, 0, 0, 0, 0, 0, 0])
  return Buffer.concat([header, qname, Buffer.from([type >> 8, type & 255, 0, 1]), payload > 0 ? opt : Buffer.alloc(0)])
}

/** Answers each question with one address. */
export const oneAddress: Handler = query => encodeReply(query, addressBody(['192.0.2.1'], 4, 30))

/** A server on 127.0.0.1 and any free port. */
export const serve = (handler: Handler, more: Partial<DnsServerOptions> = {}): Promise<DnsServer> =>
  startDnsServer({ address: '127.0.0.1', port: 0, handler, ...more })

/** The first packet that answers, or undefined after so long. */
export async function askUdp(
  { address, port }: { address: string; port: number },
  packet: Buffer,
  waitMs = 5_000,
): Promise<Buffer | undefined> {
  const socket = createSocket('udp4')
  socket.connect(port, address)
  await once(socket, 'connect')
  socket.send(packet)
  const timer = setTimeout(() => socket.emit('message', undefined), waitMs)
  try {
    const [answer] = (await once(socket, 'message')) as [Buffer | undefined]
    return answer
  } finally {
    clearTimeout(timer)
    socket.close()
  }
}

export function frameOf(packet: Buffer): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(packet.length)
  return Buffer.concat([length, packet])
}

/** Writes the octets to one connection, ends it, and resolves with the messages that came until it was closed. */
export async function askTcp({ port }: { port: number }, octets: Buffer): Promise<Buffer[]> {
  const socket = connect({ port, host: '127.0.0.1' })
  const frames = new FrameReader()
  const messages: Buffer[] = []
  socket.on('data', chunk => frames.push(chunk, message => messages.push(Buffer.from(message)) > 0))
  socket.on('error', () => undefined)
  socket.end(octets)
  await once(socket, 'close')
  return messages
}

/** The servers as `PassOn` takes them: `udp://…`, `tcp://…`. */
export const serversOf = (...texts: string[]) => texts.map(text => parseUpstream(text) as PassOnServer)

export const passOnTo = (servers: readonly PassOnServer[], more: Partial<PassOnOptions> = {}): PassOn =>
  new PassOn({ servers: () => servers, lookup, ...more })

/** Answers each question with what the servers say. */
export const passing =
  (passOn: PassOn): Handler =>
  (query, via) =>
    passOn.ask(query, via)

export const rcodeOf = (answer: Buffer | undefined) => (answer === undefined ? undefined : (answer[3] ?? 0) & 15)
export const isTruncated = (answer: Buffer | undefined) => ((answer?.[2] ?? 0) & 2) !== 0
export const answerCount = (answer: Buffer | undefined) => answer?.readUInt16BE(6)
