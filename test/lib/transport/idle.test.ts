import { execFile, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:https'
import { connect as connectTcp, createServer as createTcpServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { respond } from '../../servers/dns-message.js'
import { certificate, goodParts, kinds, name, openServer } from './fixture.js'
import { loaderFlags, moduleFile } from '../../project.js'

const goodMessage = respond(
  { id: 0, name, type: 'A', edns: true, recursionDesired: true, bytes: Buffer.alloc(0) },
  goodParts,
)
const script = moduleFile('test/lib/transport/leaves-nothing')

async function run(caFile: string, upstreams: readonly string[]): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.execPath, [...loaderFlags, script, caFile, ...upstreams])
  return JSON.parse(stdout)
}

t.test('connections that were not closed keep no process alive', async t => {
  const server = await openServer(t)
  const ca = join(t.testdir({ 'ca.pem': certificate.cert }), 'ca.pem')
  const upstreams = kinds.map(kind => server.upstream(kind))
  const urls = upstreams.map(upstream => (upstream.kind === 'https' ? upstream.url : upstream.label))
  // Would not come to an end otherwise: the server keeps its connections.
  t.match(await run(ca, urls), { loadedBefore: false, loadedAfter: false, rcodes: kinds.map(() => 'NOERROR') })
})

t.test('undici is loaded for HTTP/1.1 alone, and keeps no process alive either', async t => {
  const server = createServer({ ...certificate }, (request, response) => {
    request.resume()
    response.writeHead(200, { 'content-type': 'application/dns-message' }).end(goodMessage)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const ca = join(t.testdir({ 'ca.pem': certificate.cert }), 'ca.pem')
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/dns-query`
  t.match(await run(ca, [url]), { loadedBefore: false, loadedAfter: true, rcodes: ['NOERROR'] })
})

for (const kind of [...kinds, 'connect'] as const) {
  t.test(`${kind}: a server that says nothing holds no process once the look-up has failed`, async t => {
    const silent = kind === 'connect' ? await openFull(t) : await openSilent(t)
    const upstream = { udp: 'udp', tcp: 'tcp', tls: 'tls', https: 'https', connect: 'tcp' }[kind]
    const url = `${upstream}://127.0.0.1:${silent}${kind === 'https' ? '/dns-query' : ''}`
    const flags = [...loaderFlags, moduleFile('test/lib/transport/ask-silence'), url]
    const { stdout } = await promisify(execFile)(process.execPath, flags)
    const { failed, lingeredMs } = JSON.parse(stdout) as { failed: string; lingeredMs: number }
    t.equal(failed, 'failed')
    // A tenth of a second on a quiet machine; it was one to four seconds.
    t.ok(lingeredMs < 600, `${lingeredMs} ms`)
  })
}

/** A port that takes packets and connections, and says nothing. */
async function openSilent(t: Test): Promise<number> {
  const server = createTcpServer(socket => socket.on('error', () => undefined).resume())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const socket = createSocket('udp4').bind(port, '127.0.0.1')
  await once(socket, 'listening')
  t.teardown(() => {
    socket.close()
    server.close()
  })
  return port
}

/** A port whose queue of connections is full, so that a further one is neither accepted nor refused. */
async function openFull(t: Test): Promise<number> {
  const script = `
    const { createServer, connect } = require('node:net')
    const server = createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
      const { port } = server.address()
      process.stdout.write(String(port))
      // Nothing is accepted any more.
      setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000), 5)
    })`
  const child = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer]
  const port = Number(chunk)
  await new Promise(resolve => setTimeout(resolve, 100))
  for (let count = 0; count < 8; count++) {
    const socket = connectTcp(port, '127.0.0.1')
    socket.on('error', () => undefined).unref()
    t.teardown(() => socket.destroy())
  }
  await new Promise(resolve => setTimeout(resolve, 100))
  return port
}
