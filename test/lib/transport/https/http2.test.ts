import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerOptions, type ServerHttp2Stream } from 'node:http2'
import { connect, type AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { HpackDecoder, writeField } from '../../../../lib/transport/https/hpack.js'
import { Http2Client } from '../../../../lib/transport/https/http2.js'
import { decodeHuffman } from '../../../../lib/transport/https/huffman.js'
import { random } from '../../../servers/random.js'

// Node's own server is the other side: what it writes is read, and what is written it reads.
type Serve = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, body: Buffer) => void

async function openClient(t: Test, options: ServerOptions, serve: Serve) {
  const server = createServer(options)
  server.on('stream', (stream, headers) => {
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('end', () => serve(stream, headers, Buffer.concat(chunks)))
    stream.on('error', () => undefined)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  await once(socket, 'connect')
  socket.setNoDelay(true)
  const capacities: number[] = []
  const client = new Http2Client('server', socket, 'dns.example', {
    onGoAway: () => undefined,
    onCapacity: capacity => capacities.push(capacity),
    onBreach: reason => t.fail(reason.message),
  })
  t.teardown(() => {
    client.destroy()
    server.close()
  })
  return { client, capacities }
}

const type = { 'content-type': 'application/dns-message' }
const { signal } = new AbortController()

t.test('every header that a server can send is read, whatever it was sent before', async t => {
  const chance = random(7541)
  const written: Record<string, string>[] = []
  const { client } = await openClient(t, {}, stream => {
    const lengths = [3, 40, 200, 900]
    const fields = lengths.map((length): [string, string] => [
      `x-${chance.below(12)}`,
      // All octets that Node lets into a header.
      Buffer.from(chance.bytes(chance.below(length)).filter(octet => octet >= 0x21 && octet !== 0x7f)).toString(
        'latin1',
      ),
    ])
    written.push(Object.fromEntries(fields))
    stream.respond({ ':status': 200 + chance.below(90), ...type, ...Object.fromEntries(fields) })
    stream.end('body')
  })
  for (let count = 0; count < 200; count++) {
    const reply = await client.request({ method: 'GET', path: `/${count}`, headers: {} }, signal)
    const sent = written[count] ?? {}
    const read = Object.fromEntries(Object.keys(sent).map(name => [name, reply.headers[name]]))
    if (JSON.stringify(read) !== JSON.stringify(sent)) t.same(read, sent, `reply ${count}`)
  }
  t.equal(written.length, 200)
})

t.test('a request arrives as it was made, however little the server takes at a time', async t => {
  const body = Buffer.from(random(1).bytes(600))
  for (const initialWindowSize of [7, 100, 65_535]) {
    const seen: unknown[] = []
    const { client } = await openClient(t, { settings: { initialWindowSize } }, (stream, headers, received) => {
      seen.push([headers[':method'], headers[':path'], headers[':authority'], headers['x-long'], received.equals(body)])
      stream.respond({ ':status': 200, ...type })
      stream.end(received)
    })
    const long = 'y'.repeat(5_000)
    const request = { method: 'POST', path: '/q?a=1', headers: { 'x-long': long }, body } as const
    const replies = await Promise.all([1, 2, 3].map(() => client.request(request, signal)))
    for (const reply of replies) t.same([reply.status, reply.body.equals(body)], [200, true])
    t.same(
      seen,
      Array.from({ length: 3 }, () => ['POST', '/q?a=1', 'dns.example', long, true]),
    )
  }
})

t.test('many bodies go over one connection, and what is over a message is refused', async t => {
  const { client, capacities } = await openClient(t, { settings: { maxConcurrentStreams: 7 } }, stream => {
    stream.respond({ ':status': 200, ...type })
    stream.end(Buffer.alloc(65_535))
  })
  for (let count = 0; count < 40; count++) {
    const { body } = await client.request({ method: 'GET', path: '/', headers: {} }, signal)
    t.equal(body.length, 65_535)
  }
  t.same(capacities, [7])
  t.equal(client.capacity, 7)
})

t.test("the standard's own example of a Huffman code is read", async t => {
  t.equal(decodeHuffman(Buffer.from('f1e3c2e5f23a6ba0ab90f4ff', 'hex')), 'www.example.com')
  t.equal(decodeHuffman(Buffer.from('f1e3c2e5f23a6ba0ab90f400', 'hex')), undefined, 'no such filling')
  t.equal(decodeHuffman(Buffer.from('ffffffff', 'hex')), undefined, 'the end symbol')
})

const badBlocks: readonly (readonly [name: string, hex: string])[] = [
  ['an index of nothing', '80'],
  ['an index into an empty dynamic table', 'be'],
  ['a number without end', 'ffffffffffffff'],
  ['a text that is cut', '400a6162'],
  ['a table larger than allowed', '3fe2ff7f'],
  ['a name without a value', '400161'],
]
for (const [name, hex] of badBlocks) {
  t.test(`${name} is no header block`, async t => {
    t.throws(() => new HpackDecoder().read(Buffer.from(hex, 'hex')), { name: 'HpackError' })
  })
}

t.test('random header blocks are read or refused, in little time and memory', async t => {
  const chance = random(9113)
  const decoder = new HpackDecoder()
  let read = 0
  for (let count = 0; count < 5_000; count++) {
    try {
      decoder.read(Buffer.concat([writeField('a', 'b'), chance.bytes(chance.below(60))]))
      read++
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'HpackError') throw error
    }
  }
  t.ok(read > 0 && read < 5_000, `${read} were read`)
})
