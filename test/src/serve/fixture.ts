import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { FrameReader } from '../../../lib/transport/frame-reader.js'
import type { RelayPayload, QuestionOutcome, ServedEvent } from '../../../src/observe/events.js'
import { readServeOptions, type ServeOptions } from '../../../src/serve/options.js'
import { startServing, type Serving } from '../../../src/serve/server/serving.js'
import type { SplitDnsOptions } from '../../../src/split-dns.js'
import { respond } from '../../servers/dns-message.js'
import { startDnsServer, type DnsServer, type Handler } from '../../servers/dns-server.js'
import { askUdp, queryOf } from '../../lib/server/fixture.js'

/** What the upstream knows: `NAME TYPE` to record texts; all else is NXDOMAIN. */
export type Zone = Record<string, readonly string[]>

export const zoneHandler =
  (zone: Zone): Handler =>
  query => {
    const answers = zone[`${query.name} ${query.type}`]
    if (answers !== undefined) return respond(query, { answers })
    const exists = Object.keys(zone).some(key => key.startsWith(`${query.name} `))
    return respond(query, { rcode: exists ? 'NOERROR' : 'NXDOMAIN' })
  }

/** A file of this text, for as long as the test. */
export function resolvConfFile(t: Test, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'kafka-split-dns-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'resolv.conf')
  writeFileSync(path, text)
  return path
}

export interface World {
  readonly serving: Serving
  readonly upstream: DnsServer
  readonly warnings: string[]
  /** All events, those of `relays` and `counts` too. */
  readonly events: ServedEvent[]
  readonly relays: RelayPayload[]
  readonly counts: Partial<Record<QuestionOutcome, number>>
  /** rcode and the addresses of an A or AAAA question, in words: `NOERROR 192.0.2.1 ttl 30`. */
  readonly ask: (name: string, type?: number) => Promise<string>
}

export interface WorldOptions {
  readonly zone?: Zone
  readonly handler?: Handler
  readonly options?: Omit<SplitDnsOptions, 'logger'>
  readonly serve?: ServeOptions
}

/** A server in this thread, on any free port, with one upstream that knows the zone. */
export async function world(t: Test, { zone = {}, handler, options = {}, serve = {} }: WorldOptions): Promise<World> {
  const upstream = await startDnsServer({ udp: true, tcp: true }, handler ?? zoneHandler(zone))
  t.teardown(() => upstream.close())
  const warnings: string[] = []
  const relays: RelayPayload[] = []
  const events: ServedEvent[] = []
  const counts: Partial<Record<QuestionOutcome, number>> = {}
  const logged = (message: string) => void warnings.push(message)
  const serving = await startServing({
    options: { nameservers: upstream.upstream('udp').label, fallback: 'none', ...options },
    env: {},
    settings: readServeOptions({ listen: '127.0.0.1:0', graceMs: 200, ...serve }),
    logger: { info: logged, warn: logged, error: logged },
    onEvent: event => {
      events.push(event)
      if (event.name === 'relay') relays.push(event.payload)
      if (event.name !== 'questions') return
      for (const [outcome, count] of Object.entries(event.payload.counts)) {
        const key = outcome as QuestionOutcome
        counts[key] = (counts[key] ?? 0) + count
      }
    },
    resolvConfPath: resolvConfFile(t, 'nameserver 127.0.0.1'),
  })
  t.teardown(() => serving.close())
  const ask = async (name: string, type = 1) => describeReply(await askUdp(serving, queryOf(name, type)))
  return { serving, upstream, warnings, events, relays, counts, ask }
}

const rcodes = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED']

/** `NOERROR 192.0.2.1 192.0.2.2 ttl 30`, `NXDOMAIN soa 5`. Reads replies of this server alone, whose owners are pointers. */
export function describeReply(reply: Buffer | undefined): string {
  if (reply === undefined) return 'silence'
  const answers = reply.readUInt16BE(6)
  const authorities = reply.readUInt16BE(8)
  let at = 12
  while ((reply[at] ?? 0) > 0) at += (reply[at] ?? 0) + 1
  at += 5
  const words = [rcodes[(reply[3] ?? 0) & 15] ?? '?']
  let ttl: number | undefined
  for (let index = 0; index < answers; index++) {
    while ((reply[at] ?? 0) > 0 && (reply[at] ?? 0) < 0xc0) at += (reply[at] ?? 0) + 1
    at += (reply[at] ?? 0) === 0 ? 1 : 2
    ttl = reply.readUInt32BE(at + 4)
    const length = reply.readUInt16BE(at + 8)
    const data = reply.subarray(at + 10, at + 10 + length)
    words.push(length === 4 ? data.join('.') : (data.toString('hex').match(/.{4}/g)?.join(':') ?? ''))
    at += 10 + length
  }
  if (ttl !== undefined) words.push(`ttl ${ttl}`)
  if (answers === 0 && authorities === 1) words.push(`soa ${reply.readUInt32BE(reply.length - 4)}`)
  return words.join(' ')
}

/** A broker of the tests, on 127.0.0.1 and any free port. */
export async function broker(
  t: Test,
  onConnection: (socket: Socket) => void,
): Promise<{ port: number; server: Server }> {
  const server = createServer({ allowHalfOpen: true }, socket => {
    socket.on('error', () => undefined)
    onConnection(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return { port: (server.address() as AddressInfo).port, server }
}

/** Connects, and resolves once connected. */
export async function dial(address: string, port: number): Promise<Socket> {
  const socket = connect({ host: address, port, allowHalfOpen: true })
  await once(socket, 'connect')
  return socket
}

/** A TCP query's reply. */
export async function askOverTcp(serving: { address: string; port: number }, packet: Buffer): Promise<Buffer> {
  const socket = await dial(serving.address, serving.port)
  const length = Buffer.alloc(2)
  length.writeUInt16BE(packet.length)
  socket.end(Buffer.concat([length, packet]))
  const frames = new FrameReader()
  return new Promise(resolve => {
    socket.on('data', (chunk: Buffer) =>
      frames.push(chunk, message => {
        resolve(Buffer.from(message))
        socket.destroy()
        return false
      }),
    )
  })
}

/** All that comes until the end, or the error's code. */
export async function readAll(socket: Socket): Promise<string> {
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  return new Promise(resolve => {
    socket.on('end', () => resolve(Buffer.concat(chunks).toString()))
    socket.on('error', error => resolve('code' in error ? String(error.code) : error.message))
  })
}
