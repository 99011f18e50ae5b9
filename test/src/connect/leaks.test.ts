import t from 'tap'
import { createFactory } from '../../../src/connect/socket-factory.js'
import { fakeContext } from './fixtures/fakes.js'
import { deadPort, fateOf, listen, turns } from './fixtures/servers.js'
import { isFullRun } from '../../full-run.js'

const connects = isFullRun ? 10_000 : 2_000
const atOnce = 50

t.test(`${connects} connects leave no handle, timer or listener`, async t => {
  const { port, accepted, server } = await listen(t, '127.0.0.2')
  server.on('connection', () => void accepted.pop())
  const dead = await deadPort('127.0.0.3')
  const context = fakeContext({
    rules: [
      { match: 'up.example', to: `up.target.example:${port}` },
      { match: 'down.example', to: `down.target.example:${dead}` },
      { match: 'refused.example', to: 'refuse' },
      { match: 'none.example', to: 'none.target.example' },
    ],
    settings: { fallback: 'original' },
  })
  context.resolver.cache('up.target.example', '127.0.0.2').cache('down.target.example', '127.0.0.3', '127.0.0.4')
  const factory = createFactory(context)
  const one = async (n: number) => {
    // Each third succeeds; ended while it connects, too.
    const host = ['up', 'down', 'up', 'refused', 'up', 'none'][n % 6] ?? ''
    const socket = factory({ host: `${host}.example`, port: 9092, onConnect: () => undefined })
    if (n % 12 === 2) socket.end()
    await fateOf(socket)
    socket.resetAndDestroy()
    return socket
  }
  const round = async (from: number) => Promise.all(Array.from({ length: atOnce }, (_, index) => one(from + index)))

  await round(0)
  await turns()
  const before = process.getActiveResourcesInfo().sort()
  const listenersBefore = process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0)
  let last: Awaited<ReturnType<typeof round>> = []
  for (let done = 0; done < connects; done += atOnce) {
    last = await round(done)
    for (const list of Object.values(context.events) as unknown[][]) list.length = 0
  }
  await turns(100)
  t.strictSame(process.getActiveResourcesInfo().sort(), before)
  t.equal(
    process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
    listenersBefore,
  )
  for (const socket of last) {
    t.notOk(Object.hasOwn(socket, 'end'))
    t.equal(socket.listenerCount('connectionAttempt') + socket.listenerCount('connectionAttemptFailed'), 0)
  }
})
