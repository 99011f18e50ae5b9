import t from 'tap'
import { Canceller, type CancelSignal } from '../../lib/cancel.js'

const ways: Readonly<Record<string, () => { signal: CancelSignal; abort: (reason?: unknown) => void }>> = {
  'an AbortController': () => {
    const controller = new AbortController()
    return { signal: controller.signal, abort: reason => controller.abort(reason) }
  },
  'a Canceller': () => {
    const canceller = new Canceller()
    return { signal: canceller, abort: reason => canceller.abort(reason) }
  },
}

// One table for both: whoever takes a CancelSignal may be given either.
for (const [name, make] of Object.entries(ways)) {
  t.test(`${name} calls each listener once, in order, with the reason there`, async t => {
    const { signal, abort } = make()
    const calls: string[] = []
    const reason = new Error('enough')
    const first = () => calls.push(`first ${signal.aborted} ${String(signal.reason === reason)}`)
    signal.addEventListener('abort', first)
    signal.addEventListener('abort', first)
    signal.addEventListener('abort', () => calls.push('second'), { once: true })
    t.equal(signal.aborted, false)
    signal.throwIfAborted()
    abort(reason)
    abort(new Error('again'))
    t.strictSame(calls, ['first true true', 'second'])
    t.equal(signal.reason, reason)
    t.throws(() => signal.throwIfAborted(), reason)
  })

  t.test(`${name} calls no listener that was taken off, also by another one, or came later`, async t => {
    const { signal, abort } = make()
    const calls: string[] = []
    const gone = () => calls.push('gone')
    const other = () => calls.push('other')
    signal.addEventListener('abort', gone)
    signal.addEventListener('abort', () => signal.removeEventListener('abort', other))
    signal.addEventListener('abort', other)
    signal.addEventListener('abort', () => calls.push('last'))
    signal.removeEventListener('abort', gone)
    signal.removeEventListener('abort', () => undefined)
    abort()
    signal.addEventListener('abort', () => calls.push('late'))
    t.strictSame(calls, ['last'])
  })

  t.test(`${name} has a reason that is an error when it was given none`, async t => {
    const { signal, abort } = make()
    abort()
    t.type(signal.reason, Error)
  })
}
