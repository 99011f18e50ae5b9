import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
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
