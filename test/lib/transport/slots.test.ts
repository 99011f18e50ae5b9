import { getEventListeners } from 'node:events'
import t from 'tap'
import { Slots } from '../../../lib/transport/slots.js'

t.test('starts run up to the limit, the others in order as slots are released', async t => {
  const slots = new Slots(2)
  const started: number[] = []
  const starts = [0, 1, 2, 3, 4].map(index => () => started.push(index))
  for (const start of starts) slots.acquire(start)
  t.same(started, [0, 1])
  slots.release()
  t.same(started, [0, 1, 2])
  const [first = hold, , , fourth = hold] = starts
  t.ok(slots.cancel(fourth), 'one that waits can be cancelled')
  t.notOk(slots.cancel(first), 'one that was started cannot')
  slots.release()
  t.same(started, [0, 1, 2, 4])
})

t.test('a start that releases at once lets the next one in, without recursion', async t => {
  const slots = new Slots(1)
  let started = 0
  slots.acquire(hold)
  for (let index = 0; index < 50_000; index++) {
    slots.acquire(() => {
      started++
      slots.release()
    })
  }
  slots.release()
  t.equal(started, 50_000)
})

t.test('who enters waits for a slot, or for the abort of the signal', async t => {
  const slots = new Slots(1)
  const { signal } = new AbortController()
  const controller = new AbortController()
  await slots.enter(signal)
  const gone = slots.enter(controller.signal)
  const next = slots.enter(signal)
  controller.abort(new Error('gone'))
  await t.rejects(gone, { message: 'gone' })
  slots.release()
  await next
  await t.rejects(slots.enter(AbortSignal.abort(new Error('before'))), { message: 'before' })
  t.same(getEventListeners(signal, 'abort'), [])
})

const hold = () => undefined
