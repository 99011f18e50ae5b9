import fc from '../../fast-check.js'
import t from 'tap'
import type { Answer } from '../../../lib/resolver/types.js'
import { createFactory } from '../../../src/connect/socket-factory.js'
import { answer, fakeContext, fakeMap, silent } from './fixtures/fakes.js'
import { certificateFor, deadPort, listen, listenTls } from './fixtures/servers.js'

const host = 'b0.kafka.example'

/** What happens to one connect, in turns of the event loop. */
const story = fc.record({
  isTls: fc.boolean(),
  isLate: fc.boolean(),
  endpoints: fc.array(fc.constantFrom('open', 'dead', 'refused'), { minLength: 1, maxLength: 3 }),
  answer: fc.constantFrom('cached', 'asked', 'fails', 'throws'),
  answerTurns: fc.integer({ min: 0, max: 6 }),
  readyTurns: fc.integer({ min: 0, max: 6 }),
  ends: fc.constantFrom('never', 'end', 'destroy', 'end twice'),
  endTurns: fc.integer({ min: 0, max: 12 }),
  closes: fc.boolean(),
  toPort: fc.constantFrom('open', 'dead', 'same'),
})

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise(resolve => setImmediate(resolve))
}

t.test(
  'whatever happens: onConnect at most once, never after the end; the socket settles, nothing is thrown',
  async t => {
    const certificate = certificateFor(t, `DNS:${host}`)
    const plain = await listen(t, '127.0.0.2')
    const secure = await listenTls(t, certificate, [], '127.0.0.2')
    const dead = await deadPort('127.0.0.2')
    const addresses = { open: '127.0.0.2', dead: '127.0.0.3', refused: '192.0.2.1' }
    const uncaught: unknown[] = []
    const onUncaught = (error: unknown) => uncaught.push(error)
    process.on('uncaughtExceptionMonitor', onUncaught)
    process.on('unhandledRejection', onUncaught)
    t.teardown(() => {
      process.off('uncaughtExceptionMonitor', onUncaught)
      process.off('unhandledRejection', onUncaught)
    })

    await fc.assert(
      fc.asyncProperty(story, async told => {
        const open = told.isTls ? secure.port : plain.port
        const port = told.toPort === 'dead' ? dead : open
        const map = fakeMap([{ match: host, to: told.toPort === 'same' ? 'vpce.example' : `vpce.example:${port}` }])
        const context = fakeContext(told.isLate ? { map: null, settings: { timeoutMs: 50 } } : { map })
        const found = answer({ addresses: told.endpoints.map(endpoint => addresses[endpoint]) })
        if (told.answer === 'cached') context.resolver.cache('vpce.example', ...found.addresses.map(a => a.address))
        context.resolver.answers('vpce.example', async (): Promise<Answer> => {
          await turns(told.answerTurns)
          if (told.answer === 'fails') throw silent('vpce.example')
          if (told.answer === 'throws') throw new TypeError('a fault')
          return found
        })
        let connects = 0
        let isOver = false
        let connectsAfter = 0
        const errors: Error[] = []
        const socket = createFactory(context)({
          host,
          port: told.toPort === 'same' ? open : 9092,
          ssl: told.isTls && { ca: certificate.cert },
          onConnect: () => {
            connects += 1
            if (isOver) connectsAfter += 1
          },
        })
        socket.on('error', error => errors.push(error))
        const settled = new Promise<void>(resolve => {
          socket.once('close', () => resolve())
          socket.once(told.isTls ? 'secureConnect' : 'connect', () => setImmediate(resolve))
        })
        if (told.isLate) void turns(told.readyTurns).then(() => context.setMap(map))
        void turns(told.endTurns).then(() => {
          if (told.closes) context.close()
          if (told.ends === 'never') return
          isOver = true
          if (told.ends === 'destroy') socket.destroy()
          else socket.end()
          if (told.ends === 'end twice') socket.end()
        })
        await settled
        await turns(15)
        socket.destroy()
        await turns(2)
        return (
          connects <= 1 &&
          connectsAfter === 0 &&
          errors.length <= 1 &&
          errors.every(({ message }) => message.includes('kafka-split-dns')) &&
          uncaught.length === 0
        )
      }),
      { numRuns: 400, seed: 7 },
    )
  },
)
