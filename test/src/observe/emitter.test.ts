import t from 'tap'
import { Emitter } from '../../../src/observe/emitter.js'

interface Events {
  lookup: { host: string }
  refused: { host: string }
}

const fixture = () => {
  const errors: [unknown, string][] = []
  return { errors, emitter: new Emitter<Events>((error, event) => errors.push([error, event])) }
}

t.test('listeners hear their own event, in order', async t => {
  const { emitter } = fixture()
  const heard: string[] = []
  emitter.on('lookup', ({ host }) => heard.push(`1 ${host}`))
  emitter.on('lookup', ({ host }) => heard.push(`2 ${host}`))
  emitter.on('refused', () => heard.push('refused'))
  emitter.emit('lookup', { host: 'a.example' })
  t.same(heard, ['1 a.example', '2 a.example'])
})

t.test("an event may be called as a property of Object's prototype is", async t => {
  const emitter = new Emitter<Record<string, string>>(() => undefined)
  const heard: string[] = []
  for (const event of ['toString', 'constructor', '__proto__']) {
    emitter.emit(event, 'nobody')
    emitter.on(event, payload => heard.push(`${event} ${payload}`))
    emitter.emit(event, 'hears')
  }
  t.same(heard, ['toString hears', 'constructor hears', '__proto__ hears'])
})

t.test('a listener that was taken off hears nothing, also when it is taken off twice', async t => {
  const { emitter } = fixture()
  const listener = () => t.fail('heard')
  emitter.on('lookup', listener)
  t.ok(emitter.listeners.lookup)
  emitter.off('lookup', listener)
  emitter.off('lookup', listener)
  emitter.off('refused', listener)
  t.notOk(emitter.listeners.lookup)
  emitter.emit('lookup', { host: 'a.example' })
})

t.test('a throw in a listener reaches neither the emitter nor the other listeners', async t => {
  const { emitter, errors } = fixture()
  const error = new Error('listener')
  const heard: string[] = []
  emitter.on('lookup', () => {
    throw error
  })
  emitter.on('lookup', ({ host }) => heard.push(host))
  emitter.emit('lookup', { host: 'a.example' })
  t.same(heard, ['a.example'])
  t.same(errors, [[error, 'lookup']])
})

t.test('a rejection of an async listener is no unhandled rejection', async t => {
  const { emitter, errors } = fixture()
  emitter.on('lookup', async () => {
    throw new Error('later')
  })
  emitter.emit('lookup', { host: 'a.example' })
  await new Promise(setImmediate)
  t.match(errors, [[{ message: 'later' }, 'lookup']])
})

t.test('clear takes all listeners off', async t => {
  const { emitter } = fixture()
  emitter.on('lookup', () => t.fail('heard'))
  emitter.clear()
  emitter.emit('lookup', { host: 'a.example' })
  t.notOk(emitter.listeners.lookup)
})
