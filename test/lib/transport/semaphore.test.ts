import { getEventListeners } from 'node:events'
import t from 'tap'
import { Semaphore } from '../../../lib/transport/semaphore.js'

t.test('starts run up to the limit, the others in order as there is room', async t => {
  const semaphore = new Semaphore(2)
  const started: number[] = []
  const starts = [0, 1, 2, 3, 4].map(index => () => started.push(index))
  for (const start of starts) semaphore.acquire(start)
  t.same(started, [0, 1])
  semaphore.release()
  t.same(started, [0, 1, 2])
  const [first = hold, , , fourth = hold] = starts
  t.ok(semaphore.cancel(fourth), 'one that waits can be cancelled')
  t.notOk(semaphore.cancel(first), 'one that was started cannot')
  semaphore.release()
  t.same(started, [0, 1, 2, 4])
})

t.test('a start that releases at once lets the next one in, without recursion', async t => {
  const semaphore = new Semaphore(1)
  let started = 0
  semaphore.acquire(hold)
  for (let index = 0; index < 50_000; index++) {
    semaphore.acquire(() => {
      started++
      semaphore.release()
    })
  }
  semaphore.release()
  t.equal(started, 50_000)
})

t.test('who enters waits for room, or for the abort of the signal', async t => {
  const semaphore = new Semaphore(1)
  const { signal } = new AbortController()
  const controller = new AbortController()
  await semaphore.enter(signal)
  const gone = semaphore.enter(controller.signal)
  const next = semaphore.enter(signal)
  controller.abort(new Error('gone'))
  await t.rejects(gone, { message: 'gone' })
  semaphore.release()
  await next
  await t.rejects(semaphore.enter(AbortSignal.abort(new Error('before'))), { message: 'before' })
  t.same(getEventListeners(signal, 'abort'), [])
})

t.test('a lowered limit holds once enough have ended, a raised one at once', async t => {
  const semaphore = new Semaphore(3)
  const started: number[] = []
  for (const index of [0, 1, 2, 3, 4, 5]) semaphore.acquire(() => started.push(index))
  semaphore.setLimit(1)
  semaphore.release()
  semaphore.release()
  t.same(started, [0, 1, 2], 'two have ended, one runs')
  semaphore.release()
  t.same(started, [0, 1, 2, 3])
  semaphore.setLimit(3)
  t.same(started, [0, 1, 2, 3, 4, 5])
})

const hold = () => undefined
