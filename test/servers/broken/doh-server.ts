import { once } from 'node:events'
import { createServer as createTcpServer, connect, type AddressInfo, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TLSSocket } from 'node:tls'
import type { Certificate } from '../certificate.js'
import { parseQuery, respond } from '../dns-message.js'
import { random, type Random } from '../random.js'
import { flipped, pick, type Breach } from './broken.js'
import { goodHttp1, http1Breaches } from './http1.js'
import { frameTypes, goodHttp2, http2Breaches, http2Frame } from './http2.js'

export const brokenProtocols = ['h2', 'http/1.1', 'tls'] as const
export type BrokenProtocol = (typeof brokenProtocols)[number]

export interface BrokenServer {
  readonly port: number
  close(): Promise<void>
}

/** A DoH server that breaks the protocol in a way that the seed decides, at a request that the seed decides. */
export async function startBrokenServer(
  protocol: BrokenProtocol,
  seed: number,
  tls: Certificate,
): Promise<BrokenServer> {
  const chance = random(seed)
  const sockets = new Set<Socket>()
  const ownProtocol = protocol === 'tls' ? pick(chance, ['h2', 'http/1.1']) : protocol
  const server = createTlsServer({ ...tls, ALPNProtocols: [ownProtocol] }, socket => {
    socket.on('error', () => undefined)
    if (ownProtocol === 'h2') serveHttp2(socket, chance, protocol === 'tls')
    else serveHttp1(socket, chance, protocol === 'tls')
  })
  server.on('tlsClientError', () => undefined)
  const servers: Server[] = [server]
  await listen(server, sockets)
  if (protocol === 'tls') {
    const relay = createTcpServer(socket => relayBroken(socket, portOf(server), chance, sockets))
    servers.push(relay)
    await listen(relay, sockets)
  }
  return {
    port: portOf(servers.at(-1) ?? server),
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await Promise.all(servers.map(each => new Promise(resolve => each.close(resolve))))
    },
  }
}

const portOf = (server: Server) => (server.address() as AddressInfo).port

async function listen(server: Server, sockets: Set<Socket>): Promise<void> {
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
}

/** Answers each query well, but for the one whose turn it is. */
function breaker(chance: Random, breaches: readonly [Breach, ...Breach[]], isGood: boolean) {
  const breach = pick(chance, breaches)
  const turn = chance.below(3)
  let asked = 0
  return (socket: Socket, good: Buffer) => {
    if (socket.destroyed || !socket.writable) return
    if (!isGood && asked++ >= turn) breach(socket, chance, good)
    else socket.write(good)
  }
}

const answerTo = (bytes: Buffer) => {
  const query = parseQuery(bytes)
  return respond(query, { answers: [`${query.name}. 30 IN A 192.0.2.1`] })
}

function serveHttp1(socket: TLSSocket, chance: Random, isGood: boolean): void {
  const answer = breaker(chance, http1Breaches, isGood)
  let rest = Buffer.alloc(0)
  socket.on('data', chunk => {
    rest = Buffer.concat([rest, chunk])
    for (;;) {
      const end = rest.indexOf('\r\n\r\n') + 4
      const length = Number(/content-length: (\d+)/i.exec(rest.toString('latin1'))?.[1] ?? 0)
      if (end < 4 || rest.length < end + length) return
      const body = rest.subarray(end, end + length)
      rest = rest.subarray(end + length)
      answer(socket, goodHttp1(length === 0 ? Buffer.alloc(40) : answerTo(body)))
    }
  })
}

const PREFACE_OCTETS = 24

function serveHttp2(socket: TLSSocket, chance: Random, isGood: boolean): void {
  const answer = breaker(chance, http2Breaches, isGood)
  let rest = Buffer.alloc(0)
  let isBegun = false
  socket.on('data', chunk => {
    rest = Buffer.concat([rest, chunk])
    if (!isBegun && rest.length >= PREFACE_OCTETS) {
      isBegun = true
      rest = rest.subarray(PREFACE_OCTETS)
      // A first frame of another type is a breach as well.
      if (isGood || chance.below(20) > 0) socket.write(http2Frame(frameTypes.SETTINGS, 0, 0))
    }
    while (isBegun && rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
      const end = 9 + rest.readUIntBE(0, 3)
      const frame = rest.subarray(0, end)
      rest = rest.subarray(end)
      const isQuery = frame.readUInt8(3) === frameTypes.DATA && frame.length > 9
      if (isQuery) answer(socket, goodHttp2(frame.readUInt32BE(5), answerTo(frame.subarray(9))))
    }
  })
}

/** Passes bytes on to the good server and back; at some octet of one direction they go wrong, or no further. */
function relayBroken(client: Socket, port: number, chance: Random, sockets: Set<Socket>): void {
  const server = connect({ port, host: '127.0.0.1' })
  sockets.add(server)
  server.on('error', () => undefined).on('close', () => client.destroy())
  client.on('close', () => server.destroy())
  const isAnswer = chance.below(4) > 0
  const breakAt = chance.below(isAnswer ? 2_500 : 900)
  const how = pick(chance, ['flip', 'garbage', 'end', 'reset', 'silence', 'plain'])
  const pass = (from: Socket, to: Socket, isBroken: boolean) => {
    let passed = 0
    from.on('data', chunk => {
      if (to.destroyed || !to.writable) return
      const isTurn = isBroken && passed + chunk.length > breakAt
      passed += chunk.length
      if (isTurn) breakRecord(to, chunk, how, chance)
      else to.write(chunk)
    })
  }
  pass(client, server, !isAnswer)
  pass(server, client, isAnswer)
}

function breakRecord(to: Socket, chunk: Buffer, how: string, chance: Random): void {
  if (how === 'flip') to.write(flipped(chunk, chance))
  else if (how === 'garbage') to.write(chance.bytes(chunk.length))
  else if (how === 'plain') to.end('HTTP/1.1 400 The plain HTTP request was sent to HTTPS port\r\n\r\n')
  else if (how === 'end') to.end(chunk.subarray(0, chance.below(chunk.length)))
  else if (how === 'reset') to.resetAndDestroy()
}
