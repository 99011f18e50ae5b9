import { getEventListeners } from 'node:events'
import t from 'tap'
import { Semaphore } from '../../../lib/transport/semaphore.js'

t.test('starts run up to the limit, the others in order as there is room', async t => {
  const semaphore = new Semaphore(2)
  const started: number[] = []
  const starts = [0, 1, 2, 3, 4].map(index => () => started.push(index))
  for (const start of starts) semaphore.acquire(start)
  t.same(started, [0, 1])
  const [first = hold, second = hold, , fourth = hold] = starts
  semaphore.leave(first)
  t.same(started, [0, 1, 2])
  semaphore.leave(fourth)
  t.same(started, [0, 1, 2], 'one that waits leaves the queue, and no room')
  semaphore.leave(second)
  t.same(started, [0, 1, 2, 4])
})

t.test('a start that releases at once lets the next one in, without recursion', async t => {
  const semaphore = new Semaphore(1)
  let started = 0
  semaphore.acquire(hold)
  for (let index = 0; index < 50_000; index++) {
    const start = () => {
      started++
      semaphore.leave(start)
    }
    semaphore.acquire(start)
  }
  semaphore.leave(hold)
  t.equal(started, 50_000)
})

t.test('who enters waits for room, or for the abort of the signal', async t => {
  const semaphore = new Semaphore(1)
  const { signal } = new AbortController()
  const controller = new AbortController()
  const leave = await semaphore.enter(signal)
  const gone = semaphore.enter(controller.signal)
  const next = semaphore.enter(signal)
  controller.abort(new Error('gone'))
  await t.rejects(gone, { message: 'gone' })
  leave()
  await next
  await t.rejects(semaphore.enter(AbortSignal.abort(new Error('before'))), { message: 'before' })
  t.same(getEventListeners(signal, 'abort'), [])
})

t.test('a lowered limit holds once enough have ended, a raised one at once', async t => {
  const semaphore = new Semaphore(3)
  const started: number[] = []
  const starts = [0, 1, 2, 3, 4, 5].map(index => () => started.push(index))
  for (const start of starts) semaphore.acquire(start)
  const [first = hold, second = hold, third = hold] = starts
  semaphore.setLimit(1)
  semaphore.leave(first)
  semaphore.leave(second)
  t.same(started, [0, 1, 2], 'two have ended, one runs')
  semaphore.leave(third)
  t.same(started, [0, 1, 2, 3])
  semaphore.setLimit(3)
  t.same(started, [0, 1, 2, 3, 4, 5])
})

const hold = () => undefined
