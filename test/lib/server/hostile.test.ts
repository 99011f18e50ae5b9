import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { readQuery } from '../../../lib/server/read-query.js'
import { addressBody, encodeReply, headerReply } from '../../../lib/server/reply.js'
import { isAnswerTo } from '../../../lib/server/raw-exchange.js'
import { isFullRun } from '../../full-run.js'
import { mutate } from '../../servers/mutate.js'
import { random, type Random } from '../../servers/random.js'
import type { DnsServer } from '../../../lib/server/dns-server.js'
import { answerCount, askUdp, oneAddress, queryOf, rcodeOf, serve } from './fixture.js'

// Queries made wrong on purpose, the same in each run: none may throw, take long, stay in memory, or be answered with
// more than it is worth.
const PACKETS = isFullRun ? 200_000 : 20_000
const MAX_MS = 5
const MAX_GROWTH_OCTETS = 20_000_000
const SEED = 20_261_129

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const seeds = [
  queryOf('b0.kafka.example'),
  queryOf('b0.kafka.example', 28, { payload: 1232 }),
  queryOf(['x'.repeat(63), 'y'.repeat(63), 'z'.repeat(63), 'w'.repeat(61)].join('.'), 1, { payload: 65_535 }),
  queryOf('', 2, { payload: 512 }),
  queryOf('_kafka._tcp.example', 33),
]
const body = addressBody(['192.0.2.1'], 4, 30)

function mutatedQuery(random: Random): Buffer {
  const packet = mutate(seeds, random)
  // Most stay queries, so that what lies behind the header is reached.
  if (packet.length >= 3 && random.below(8) > 0) packet[2] = (packet[2] ?? 0) & 0x07
  return packet
}

/** What is wrong with how the packet is taken, if anything. */
function fault(packet: Buffer): string | undefined {
  const result = readQuery(packet)
  if (result.kind === 'ignore') return undefined
  if (result.kind === 'error') {
    return headerReply(packet, result.rcode).length > 12 ? 'a reply to rubbish that is long' : undefined
  }
  const { query } = result
  const reply = encodeReply(query, body)
  if (reply.length > packet.length + body.records.length) return 'a reply that is longer than its parts'
  if (!isAnswerTo(reply, query.id, query)) return 'a reply that does not answer its question'
  const again = readQuery(Buffer.concat([packet]))
  if (again.kind !== result.kind || again.query.name !== query.name) return 'read in two ways'
  if (!/^[\x21-\x7e]*$/.test(query.name)) return 'a name that could forge a line of a log'
  return readQuery(reply).kind === 'ignore' ? undefined : 'a reply that would be answered'
}

t.test(`${PACKETS} mutated queries neither throw nor stall, and leave nothing behind`, async t => {
  const source = random(SEED)
  const faults: string[] = []
  let slowest = 0
  let slow = 0
  let before = 0
  for (let count = 0; count < PACKETS; count++) {
    if (count === 1_000) {
      collect()
      before = memoryUsed()
    }
    const packet = mutatedQuery(source)
    const startedAt = process.cpuUsage()
    const found = fault(packet)
    const { user, system } = process.cpuUsage(startedAt)
    const ms = (user + system) / 1000
    slowest = Math.max(slowest, ms)
    // A pause for garbage is none of the packet's doing.
    if (ms > MAX_MS && cost(packet) > MAX_MS) slow++
    if (found !== undefined) faults.push(`${found}: ${packet.toString('hex')}`)
  }
  collect()
  const growth = memoryUsed() - before
  t.same(faults.slice(0, 3), [], `seed ${SEED}`)
  t.equal(slow, 0, `slowest ${slowest} ms`)
  t.ok(growth < MAX_GROWTH_OCTETS, `${growth} octets more`)
})

function memoryUsed(): number {
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

function cost(packet: Buffer): number {
  const startedAt = process.cpuUsage()
  fault(packet)
  const { user, system } = process.cpuUsage(startedAt)
  return (user + system) / 1000
}

t.test('a server that gets mutated queries still answers good ones', async t => {
  const server = await serve(oneAddress)
  t.teardown(() => server.close())
  const source = random(SEED)
  for (let count = 0; count < 2_000; count++) void askUdp(server, mutatedQuery(source), 1)
  t.equal((await askUdp(server, queryOf('b0.kafka.example')))?.readUInt16BE(6), 1)
  t.equal(server.pending, 0)
})

/** Sends ten thousand questions over UDP at once, and resolves with the replies by id once the server is through with them. */
async function flood(server: DnsServer): Promise<ReadonlyMap<number, Buffer>> {
  const client = createSocket('udp4')
  const replies = new Map<number, Buffer>()
  client.on('message', reply => replies.set(reply.readUInt16BE(0), reply))
  client.connect(server.port, server.address)
  await once(client, 'connect')
  for (let id = 0; id < 10_000; id++) client.send(queryOf(`b${id}.kafka.example`, 1, { id }))
  // It is read behind all others, or dropped by the system as most of them.
  while ((await askUdp(server, queryOf('last.example'), 100)) === undefined);
  client.close()
  return replies
}

t.test(
  'ten thousand questions over UDP at once are answered or dropped, some in each turn, and leave nothing',
  async t => {
    let perTurn = 0
    let mostPerTurn = 0
    const server = await serve((query, via) => {
      if (perTurn++ === 0) setImmediate(() => (perTurn = 0))
      mostPerTurn = Math.max(mostPerTurn, perTurn)
      return oneAddress(query, via)
    })
    t.teardown(() => server.close())
    let before = 0
    for (let round = 0; round < 4; round++) {
      const replies = await flood(server)
      t.ok(replies.size > 0)
      t.ok([...replies.values()].every(reply => rcodeOf(reply) === 0 && answerCount(reply) === 1))
      collect()
      if (round === 0) before = memoryUsed()
    }
    t.ok(mostPerTurn < 1_000, `${mostPerTurn} in one turn of the event loop`)
    t.ok(memoryUsed() - before < MAX_GROWTH_OCTETS, `${memoryUsed() - before} octets more`)
  },
)

t.test('of ten thousand questions over UDP whose answers take long, no more wait than may', async t => {
  const questions = 100
  let release: (() => void) | undefined
  const gate = new Promise<void>(resolve => (release = resolve))
  const server = await serve(query => gate.then(() => encodeReply(query, body)), { limits: { questions } })
  t.teardown(() => server.close())
  const replies = await flood(server)
  t.equal(server.pending, questions)
  t.ok([...replies.values()].every(reply => rcodeOf(reply) === 2))
  release?.()
  t.equal(answerCount(await askUdp(server, queryOf('later.example'))), 1)
  t.equal(server.pending, 0)
})
