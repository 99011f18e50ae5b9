import { writeFileSync } from 'node:fs'
import { createReroute } from '../../../src/connect/reroute.js'
import { SplitDns, contextOf } from '../../../src/split-dns.js'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { fakeContext } from '../connect/fixtures/fakes.js'
import { certificateFor, deadPort, fateOf, listen, listenTls } from '../connect/fixtures/servers.js'
import { hooked, hookSockets } from '../../../src/register/hook.js'
import { hook, hookContext, wrapSockets } from './fixtures.js'
import { drawScenario, observeConnect, seeded, type Places } from './observe-connect.js'
import { isFullRun } from '../../full-run.js'

const host = 'b0.kafka.example'
const count = isFullRun ? 1000 : 400

t.test(
  `${count} connects that no rule matches are the same with and without the hook in all that can be seen`,
  async t => {
    const ending = (socket: net.Socket) => socket.resume().end()
    const plain = await listen(t)
    const secure = await listenTls(t, certificateFor(t, 'DNS:localhost'))
    plain.server.on('connection', ending)
    secure.server.on('secureConnection', ending)
    const folder = await mkdtemp(join(tmpdir(), 'kafka-split-dns-'))
    const pipeServer = net.createServer(ending).listen(join(folder, 'pipe'))
    await once(pipeServer, 'listening')
    t.teardown(async () => {
      pipeServer.close()
      await rm(folder, { recursive: true, force: true })
    })
    const places: Places = {
      port: plain.port,
      tlsPort: secure.port,
      deadPort: await deadPort(),
      pipe: join(folder, 'pipe'),
    }
    const context = fakeContext({
      rules: [
        { match: host, to: 'vpce.example' },
        { match: 'localhost:1', to: 'refuse' },
      ],
    })
    const random = seeded(7)
    const outcomes = new Map<string, number>()
    for (let index = 0; index < count; index++) {
      const scenario = drawScenario(random, places)
      const without = await observeConnect(scenario)
      const unhook = hookContext(context)
      const withHook = await observeConnect(scenario)
      unhook()
      const names = without.map(note => (Array.isArray(note) ? String(note[0]) : ''))
      const outcome = ['thrown', 'error', 'connect'].find(name => names.includes(name)) ?? 'other'
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      // A thousand assertions that hold say no more than one.
      if (JSON.stringify(without, plainly) !== JSON.stringify(withHook, plainly)) {
        t.strictSame(withHook, without, JSON.stringify(scenario))
        return
      }
    }
    for (const outcome of ['thrown', 'error', 'connect']) t.ok((outcomes.get(outcome) ?? 0) > 50, outcome)
    t.strictSame(context.events, fakeContext({}).events, 'and nobody was told')
  },
)

/** Symbols and undefined are told apart too. */
const plainly = (_key: string, value: unknown) =>
  typeof value === 'symbol' || value === undefined || typeof value === 'function' ? `<${String(value)}>` : value

t.test('the arguments of a connect that no rule matches reach Node as they are, each the very same', async t => {
  const seen = wrapSockets(t)
  hook(t, { rules: [{ match: host, to: 'vpce.example' }] })
  const port = await deadPort()
  const options = { host: '127.0.0.1', port }
  const callback = () => undefined
  for (const args of [[options], [options, callback], [port, '127.0.0.1'], [port, '127.0.0.1', callback], [port]]) {
    const socket = new net.Socket()
    Reflect.apply(Reflect.get(socket, 'connect') as (...all: unknown[]) => unknown, socket, args)
    t.type(await fateOf(socket), Error)
    const reached = seen.at(-1) ?? []
    t.equal(reached.length, args.length)
    t.ok(args.every((arg, index) => Object.is(arg, reached[index])))
  }
})

t.test("the hook stands in place of Node's own as that stood, and goes without a trace", async t => {
  const own = Object.getOwnPropertyDescriptor(net.Socket.prototype, 'connect')
  const keys = Reflect.ownKeys(net.Socket.prototype)
  const context = fakeContext({})
  const unhook = hookContext(context)
  const hookedOne = Object.getOwnPropertyDescriptor(net.Socket.prototype, 'connect')
  const byHook: unknown = hookedOne?.value
  const byNode: unknown = own?.value
  t.not(byHook, byNode)
  t.strictSame({ ...hookedOne, value: undefined }, { ...own, value: undefined })
  for (const name of ['name', 'length']) t.equal(shapeOf(byHook)[name], shapeOf(byNode)[name], name)
  t.strictSame(Object.keys(shapeOf(byHook)).sort(), Object.keys(shapeOf(byNode)).sort())
  t.strictSame(Reflect.ownKeys(net.Socket.prototype), keys)
  t.ok(hooked())
  unhook()
  t.strictSame(Object.getOwnPropertyDescriptor(net.Socket.prototype, 'connect'), own)
  t.equal(hooked(), undefined)
})

/** What a function has of its own, and the values of it. */
const shapeOf = (fn: unknown): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(Object.getOwnPropertyDescriptors(fn)).map(([key, { value }]) => [key, value as unknown]),
  )

t.test('a wrapper that came later stays when the hook goes, and leads to Node alone', async t => {
  const { port } = await listen(t)
  const unhook = hookContext(fakeContext({ rules: [{ match: 'localhost', to: 'refuse' }] }))
  const seen = wrapSockets(t)
  unhook()
  const socket = net.connect(port, 'localhost')
  t.teardown(() => socket.destroy())
  t.equal(await fateOf(socket), 'connect')
  t.equal(seen.length, 1)
})

// OpenTelemetry's and dd-trace's instrumentations wrap the same function.
for (const { name, wrapsHook, ports } of [
  {
    name: "a wrapper that was there before sees where the socket is led, under the broker's name",
    wrapsHook: false,
    ports: 'target',
  },
  { name: 'a wrapper that comes later sees what the client asked', wrapsHook: true, ports: 'asked' },
]) {
  t.test(name, async t => {
    const { port } = await listen(t)
    const rules = [{ match: host, to: `127.0.0.1:${port}` }]
    let seen = wrapsHook ? [] : wrapSockets(t)
    hook(t, { rules })
    if (wrapsHook) seen = wrapSockets(t)
    const socket = net.connect(9092, host)
    t.teardown(() => socket.destroy())
    t.equal(await fateOf(socket), 'connect')
    t.match(seen, [[[{ host, port: ports === 'target' ? port : 9092 }]]])
  })
}

t.test('under onMove: reconnect a hooked connection is ended where a reload leads its host elsewhere', async t => {
  const [before, after] = [await listen(t), await listen(t)]
  const folder = t.testdir({ 'map.yaml': `rules: [{match: b1.kafka.test, to: "127.0.0.1:${before.port}"}]` })
  const splitDns = new SplitDns({ mapFile: join(folder, 'map.yaml'), onMove: 'reconnect' }, {})
  t.teardown(() => splitDns.close())
  t.teardown(hookSockets(createReroute(contextOf(splitDns)), splitDns).unhook)
  const dial = async () => {
    const socket = net.connect(9092, 'b1.kafka.test')
    t.teardown(() => socket.destroy())
    await new Promise(resolve => socket.once('connect', resolve))
    return socket
  }
  const socket = await dial()
  t.equal(socket.remotePort, before.port)
  const ended = new Promise(resolve => socket.once('error', resolve))
  writeFileSync(join(folder, 'map.yaml'), `rules: [{match: b1.kafka.test, to: "127.0.0.1:${after.port}"}]`)
  await splitDns.reload()
  t.match(await ended, { code: 'ERR_SPLIT_DNS_MOVED', message: 'b1.kafka.test:9092' })
  t.equal((await dial()).remotePort, after.port)
  t.equal(splitDns.stats().moved, 1)
})
