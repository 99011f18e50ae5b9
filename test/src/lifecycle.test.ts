import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t, { type Test } from 'tap'
import { openMap } from '../../src/source/map-keeper.js'
import { SplitDns, type SplitDnsOptions } from '../../src/split-dns.js'
import { isFullRun } from '../full-run.js'
import { Nameserver } from '../kafka/chaos/nameserver.js'
import { waitUntil } from '../kafka/wait.js'
import { listen, turns } from './connect/fixtures/servers.js'
import { serve } from './source/helpers/server.js'
import { loaderFlags, moduleFile } from '../project.js'

const target = 'ep.chaos.test'

/** A nameserver by which the target has the addresses; `addresses` may be changed. */
async function nameserver(t: Test, addresses: string[]): Promise<Nameserver> {
  const server = new Nameserver(name => (name === target ? addresses : []))
  await server.open()
  t.teardown(() => server.close())
  return server
}

/** Looks at the map's file more often than a service does, so that no test waits for it. */
const openFast: typeof openMap = (settings, origins, options) =>
  openMap(settings, origins, { ...options, filePolling: { pollMs: 10, settleMs: 2, patienceMs: 5_000 } })

function open(t: Test, options: SplitDnsOptions): SplitDns {
  const own = { fallback: 'none', allow: '127.0.0.0/8', onMove: 'reconnect' } as const
  const splitDns = new SplitDns({ ...own, ...options }, {}, openFast)
  t.teardown(() => splitDns.close())
  return splitDns
}

/** Connects; the socket once it is up. Rejects with its error. */
const connect = (splitDns: SplitDns, host: string, port: number) =>
  new Promise<Socket>((resolve, reject) => {
    const socket = splitDns.socketFactory({ host, port, onConnect: () => resolve(socket) })
    socket.on('error', reject)
  })

t.test('a client whose nameservers are gone goes on connecting, and follows them when they are back', async t => {
  const addresses = ['127.0.0.2']
  const server = await nameserver(t, addresses)
  const { port } = await listen(t, '127.0.0.2')
  await listen(t, '127.0.0.3', port)
  const splitDns = open(t, { map: `*.kafka.test=${target}`, nameservers: server.url, onMove: 'keep' })
  const connectedTo = async () => {
    const socket = await connect(splitDns, 'b1.kafka.test', port)
    const { remoteAddress } = socket
    socket.resetAndDestroy()
    return remoteAddress
  }
  t.equal(await connectedTo(), '127.0.0.2')
  await server.close()
  await waitUntil('a stale answer', async () => {
    t.equal(await connectedTo(), '127.0.0.2')
    return splitDns.stats().stale > 2 ? undefined : 'not yet'
  })
  addresses[0] = '127.0.0.3'
  await server.open()
  await waitUntil('a fresh answer', async () => ((await connectedTo()) === '127.0.0.3' ? undefined : 'not yet'))
  t.match(splitDns.stats(), { connects: { failed: 0 }, lookupsFailed: 0 })
})

t.test('a reload moves a live connection, whose client hears why', async t => {
  const { port, accepted } = await listen(t, '127.0.0.2')
  await listen(t, '127.0.0.3', port)
  const mapFile = join(t.testdir({ 'map.yaml': 'rules: [{ match: "*.kafka.test", to: 127.0.0.2 }]' }), 'map.yaml')
  const splitDns = open(t, { mapFile })
  const socket = await connect(splitDns, 'b1.kafka.test', port)
  const ended = new Promise<Error>(resolve => socket.on('error', resolve))
  writeFileSync(mapFile, 'rules: [{ match: "*.kafka.test", to: 127.0.0.3 }]')
  t.match(await ended, {
    code: 'ERR_SPLIT_DNS_MOVED',
    message: `ended the connection of b1.kafka.test:${port} to 127.0.0.2:${port}: now b1.kafka.test:${port} -> 127.0.0.3`,
  })
  t.equal(accepted.length, 1)
  t.match(splitDns.stats(), { moved: 1, map: { reloads: 1 } })
})

const connects = isFullRun ? 10_000 : 1_000
t.test(`${connects} connects through the whole leave no handle, timer or listener`, async t => {
  const server = await nameserver(t, ['127.0.0.2'])
  const listening = await listen(t, '127.0.0.2')
  listening.server.on('connection', () => void listening.accepted.pop())
  const map = `*.up.test=${target}:${listening.port}, *.down.test=none.chaos.test, *.no.test=refuse`
  const splitDns = open(t, { map, nameservers: server.url })
  const hosts = ['b1.up.test', 'b2.up.test', 'b3.up.test', 'b1.down.test', 'b1.no.test']
  const round = (atOnce: number) =>
    Promise.all(
      Array.from({ length: atOnce }, async (_, n) => {
        const socket = await connect(splitDns, hosts[n % hosts.length] ?? '', 9092).catch(() => undefined)
        socket?.resetAndDestroy()
      }),
    )
  const handles = () =>
    process
      .getActiveResourcesInfo()
      .filter(name => !/^(UDP|FSReq|Immediate)/.test(name))
      .sort()
  const listeners = () => process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0)
  await round(100)
  await turns(100)
  const before = { handles: handles().filter(name => name !== 'Timeout'), listeners: listeners() }
  for (let n = 0; n < connects; n += 100) await round(100)
  await splitDns.close()
  // The server hears of the last resets a little later.
  await waitUntil(
    'the handles',
    () => (handles().join() === before.handles.join() ? undefined : handles().join()),
    5_000,
  )
  t.strictSame({ handles: handles(), listeners: listeners() }, before, 'after close not even a timer is left')
})

t.test('100 reloads leave nothing of the maps before', async t => {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  const rules = Array.from({ length: 1_000 }, (_, n) => ({ match: `b{n:int}.c${n}.kafka.test`, to: `ep${n}.test` }))
  const mapFile = join(t.testdir({ 'map.yaml': 'rules: [{ match: live.test, to: 127.0.0.2 }]' }), 'map.yaml')
  const { port } = await listen(t, '127.0.0.2')
  const splitDns = open(t, { mapFile, map: { rules } })
  const socket = await connect(splitDns, 'live.test', port)
  const heapAfter = async (count: number) => {
    for (let round = 0; round < count; round++) {
      await splitDns.reload()
      for (let n = 0; n < 1_000; n++) splitDns.route(`b1.c${n}.kafka.test`)
    }
    gc()
    return process.memoryUsage().heapUsed
  }
  const first = await heapAfter(10)
  const grown = (await heapAfter(90)) - first
  // One such map takes about a megabyte.
  t.ok(grown < 10e6, `the heap has grown by ${Math.round(grown / 1000)} kB`)
  t.equal(splitDns.stats().map.reloads, 100)
  t.notOk(socket.destroyed, 'the live connection stays')
  socket.destroy()
})

const module = JSON.stringify(moduleFile('src/split-dns'))

/** Runs the code in a process of its own; what it wrote. Rejects where it does not end by itself. */
const run = (options: object, code: string) => {
  const script = `
    import { createSplitDns } from ${module}
    const splitDns = createSplitDns({ fallback: 'none', allow: '127.0.0.0/8', ...${JSON.stringify(options)} })
    const connect = (host, port) => new Promise((resolve, reject) => {
      const socket = splitDns.socketFactory({ host, port, onConnect: () => resolve(socket) }).on('error', reject)
    })
    ${code}
  `
  return new Promise<string>((resolve, reject) => {
    const args = [...loaderFlags, '--input-type=module', '--eval', script]
    execFile(process.execPath, args, { timeout: 60_000 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout + stderr)
      else reject(new Error(`it did not end well: ${stdout}${stderr}`, { cause: error }))
    })
  })
}

t.test('a process', async t => {
  const server = await nameserver(t, ['127.0.0.2'])
  const silent = await serve(t, () => undefined)
  const { port } = await listen(t, '127.0.0.2')
  const mapFile = join(t.testdir({ map: `rules: [{ match: "*.kafka.test", to: ${target} }]` }), 'map')
  const all = { mapFile, nameservers: server.url, onMove: 'reconnect' }
  const withUrl = { ...all, mapUrl: silent.url }
  const up = `const socket = await connect('b1.kafka.test', ${port}); console.log('up')`
  const cases: [name: string, options: object, code: string, expected: string][] = [
    ['that only made a SplitDns is not held open', withUrl, '', ''],
    ['that made and closed one ends at once', withUrl, 'await splitDns.close()', ''],
    ['that has looked up and never closed it is not held open', all, "await splitDns.resolve('b1.kafka.test')", ''],
    ['whose connection is over is not held open', all, `${up}; socket.destroy()`, 'up\n'],
    [
      'that closed it is held open by its connections alone',
      all,
      `${up}; await splitDns.close(); socket.unref()`,
      'up\n',
    ],
  ]
  for (const [name, options, code, expected] of cases) {
    await t.test(name, async t => t.equal(await run(options, code), expected))
  }
})
