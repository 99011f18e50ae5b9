import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { certificate, kinds, openServer } from './fixture.js'
import { loaderFlags, moduleFile } from '../../project.js'

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
  t.match(await run(ca, urls), { loadedBefore: false, loadedAfter: true, rcodes: kinds.map(() => 'NOERROR') })
})

t.test('undici is loaded for https alone', async t => {
  const server = await openServer(t)
  const ca = join(t.testdir({ 'ca.pem': certificate.cert }), 'ca.pem')
  const urls = kinds.filter(kind => kind !== 'https').map(kind => server.upstream(kind).label)
  t.match(await run(ca, urls), { loadedBefore: false, loadedAfter: false })
})
