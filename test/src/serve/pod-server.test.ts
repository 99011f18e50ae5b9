import t from 'tap'
import { Worker } from 'node:worker_threads'
import { connect, createServer } from 'node:net'
import { createLog } from '../../../src/observe/log.js'
import type { ConnectPayload } from '../../../src/connect/report/events.js'
import { startPodServer } from '../../../src/serve/pod-server.js'
import { createSplitDns } from '../../../src/split-dns.js'
import { closedPort, startDnsServer } from '../../servers/dns-server.js'
import { askUdp, queryOf } from '../../lib/server/fixture.js'
import { moduleFile, loaderFlags } from '../../project.js'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { broker, describeReply, dial, readAll, zoneHandler } from './fixture.js'

const pool = '127.85.0.0/16'
const port = 19_092

t.test('serves from a worker, counts in the owner, and is closed with it', async t => {
  const upstream = await startDnsServer(
    { udp: true, tcp: true },
    zoneHandler({ 'v.example A': ['v.example. 60 IN A 192.0.2.1'] }),
  )
  t.teardown(() => upstream.close())
  const { port: target } = await broker(t, socket => socket.end('hello'))
  const splitDns = createSplitDns({
    map: {
      rules: [
        { match: ['a.x.example'], to: 'v.example' },
        { match: ['b.x.example'], to: `127.0.0.1:${target}` },
        { match: ['c.x.example'], to: `127.0.0.1:${await closedPort()}` },
      ],
    },
    nameservers: upstream.upstream('udp').label,
    fallback: 'none',
  })
  t.teardown(() => splitDns.close())
  const relays: string[] = []
  splitDns.on('relay', ({ outcome }) => relays.push(outcome))
  const connects: ConnectPayload[] = []
  splitDns.on('connect', payload => connects.push(payload))
  const server = await splitDns.serve({ listen: '127.0.0.1:0', ports: [port], pool })
  t.equal(describeReply(await askUdp(server, queryOf('a.x.example'))), 'NOERROR 192.0.2.1 ttl 30')
  const address = describeReply(await askUdp(server, queryOf('b.x.example'))).split(' ')[1] ?? ''
  const socket = await dial(address, port)
  t.equal(await readAll(socket), 'hello')
  socket.end()
  await once(socket, 'close')
  const dead = describeReply(await askUdp(server, queryOf('c.x.example'))).split(' ')[1] ?? ''
  t.equal(await readAll(connect(port, dead)), 'ECONNRESET')
  await splitDns.close()
  t.match(splitDns.stats(), {
    questions: { answered: 3 },
    relayed: { opened: 1, closed: 1, failed: 1 },
    connects: { connected: 1, failed: 1 },
    lookups: { cache: 0 },
  })
  t.ok(splitDns.stats().queries >= 1, 'those of the worker')
  t.same(relays, ['opened', 'closed', 'failed'])
  t.match(connects, [
    { host: 'b.x.example', target: /^127\.0\.0\.1:/, outcome: 'connected', error: null },
    { host: 'c.x.example', outcome: 'failed', error: { code: 'ECONNREFUSED', message: /c\.x\.example/ } },
  ])
  await t.rejects(askUdp(server, queryOf('a.x.example')), { code: 'ECONNREFUSED' })
  await t.rejects(splitDns.serve(), { code: 'ERR_SPLIT_DNS_CLOSED' })
})

t.test('a thread that dies is logged and started again at the same port, until it is closed', async t => {
  const workers: Worker[] = []
  const log: string[] = []
  const server = await startPodServer({
    options: { map: 'b.x.example=192.0.2.1', nameservers: '127.0.0.1:9' },
    env: {},
    serve: { listen: '127.0.0.1:0' },
    log: createLog({ error: message => log.push(message), warn: message => log.push(message) }),
    onEvent: () => undefined,
    now: () => performance.now(),
    createWorker: (file, options) => {
      const worker = new Worker(file, options)
      workers.push(worker)
      return worker
    },
  })
  const { port } = server
  t.teardown(() => server.close())
  const ask = async () => describeReply(await askUdp(server, queryOf('b.x.example')).catch(() => undefined))
  const until = async (isSo: () => boolean | Promise<boolean>) => {
    while (!(await isSo())) await new Promise(resolve => setTimeout(resolve, 20))
  }
  t.equal(await ask(), 'NOERROR 192.0.2.1 ttl 30')
  await workers[0]?.terminate()
  // While another has its port, the next attempt fails, and the one after it comes later.
  const taken = createServer()
  await once(taken.listen(port, '127.0.0.1'), 'listening')
  await until(() => log.length >= 2)
  await new Promise(resolve => taken.close(resolve))
  await until(async () => (await ask()) === 'NOERROR 192.0.2.1 ttl 30')
  t.match(log, [
    'serve has stopped: its thread ended with code 1; it starts again in 1 s',
    /^serve has stopped: .*127\.0\.0\.1:\d+ is in use.*; it starts again in 2 s$/s,
  ])
  t.equal(server.port, port)
  await workers.at(-1)?.terminate()
  await until(() => log.length >= 3)
  await server.close()
  await new Promise(resolve => setTimeout(resolve, 50))
  t.equal(workers.length, 3, 'none is started after close')
})

t.test('close ends a server that is still starting, too', async t => {
  const splitDns = createSplitDns({ map: 'b.x.example=192.0.2.1', nameservers: '127.0.0.1:9' })
  const starting = splitDns.serve({ listen: '127.0.0.1:0' })
  await splitDns.close()
  await t.rejects(askUdp(await starting, queryOf('b.x.example')), { code: 'ECONNREFUSED' })
})

t.test('what can not be served is a ConfigError, and leaves nothing behind', async t => {
  const splitDns = createSplitDns({ map: 'b.x.example=192.0.2.1:9093', nameservers: '127.0.0.1:9' })
  t.teardown(() => splitDns.close())
  await t.rejects(splitDns.serve({ listen: '0.0.0.0:53' }), { code: 'ERR_SPLIT_DNS_CONFIG' })
  await t.rejects(splitDns.serve({ listen: '127.0.0.1:0', relay: 'never' }), /nothing of this map can be served/)
  await t.rejects(splitDns.serve({ listen: '127.0.0.1:9' }), /names no nameserver besides 127\.0\.0\.1:9/)
})

// The asker is another process, because this one's event loop is held up.
const asker = `
  const { createSocket } = require('node:dgram')
  const { connect } = require('node:net')
  const [, port, query, relayPort] = process.argv
  const socket = createSocket('udp4')
  const late = setTimeout(() => { console.log('late'); process.exit(1) }, 5000)
  socket.on('message', answer => {
    const address = [...answer.subarray(-15, -11)].join('.')
    const startedAt = Date.now()
    connect(Number(relayPort), [...answer.subarray(-4)].join('.')).on('data', data => {
      console.log(String(data))
      process.exit(0)
    })
  })
  socket.send(Buffer.from(query, 'hex'), Number(port), '127.0.0.1')
`

t.test('neither answers nor bytes wait for the event loop of the service', async t => {
  // The broker is a process of its own too, for the same reason.
  const brokerProcess = execFile(process.execPath, [
    '-e',
    "require('node:net').createServer(s => s.end('bytes')).listen(0, '127.0.0.1', function () { console.log(this.address().port) })",
  ])
  t.teardown(() => brokerProcess.kill())
  const [target] = (await once(brokerProcess.stdout ?? process.stdin, 'data')) as [string]
  const splitDns = createSplitDns({ map: `b.x.example=127.0.0.1:${target.trim()}`, nameservers: '127.0.0.1:9' })
  t.teardown(() => splitDns.close())
  const server = await splitDns.serve({ listen: '127.0.0.1:0', ports: [port], pool })
  const query = queryOf('b.x.example').toString('hex')
  const asking = execFile(process.execPath, ['-e', asker, String(server.port), query, String(port)])
  let output = ''
  asking.stdout?.on('data', (chunk: string) => (output += chunk))
  const blockedMs = 8_000
  const until = performance.now() + blockedMs
  // Longer than the asker waits: were it answered by this thread, it would be late.
  while (performance.now() < until);
  if (asking.exitCode === null) await once(asking, 'close')
  t.equal(output.trim(), 'bytes')
})

t.test('a process with a server ends when it has nothing else to do', async t => {
  const script = `
    import { createSplitDns } from ${JSON.stringify(new URL(`file://${moduleFile('src/split-dns')}`).href)}
    const splitDns = createSplitDns({ map: 'b.x.example=192.0.2.1', nameservers: '127.0.0.1:9' })
    await splitDns.serve({ listen: '127.0.0.1:0' })
    console.log('served')
  `
  const child = execFile(process.execPath, [...loaderFlags, '--input-type=module', '-e', script])
  let output = ''
  child.stdout?.on('data', (chunk: string) => (output += chunk))
  child.stderr?.on('data', (chunk: string) => (output += chunk))
  const [code] = (await once(child, 'close')) as [number]
  t.equal(output.trim(), 'served')
  t.equal(code, 0)
})
