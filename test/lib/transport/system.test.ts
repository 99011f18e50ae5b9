import dns from 'node:dns'
import t, { type Test } from 'tap'
import { systemLookup } from '../../../lib/transport/system.js'

interface Call {
  readonly name: string
  readonly options: unknown
  readonly answer: (error: Error | null, addresses?: unknown) => void
}

/** Puts a lookup into dns that answers when the test says so; gives the calls that it got. */
function fakeLookup(t: Test): Call[] {
  const calls: Call[] = []
  t.intercept(dns, 'lookup', {
    value: (name: string, options: unknown, callback: Call['answer']) => {
      calls.push({ name, options, answer: callback })
    },
  })
  return calls
}

const signal = new AbortController().signal
const v4 = { address: '192.0.2.1', family: 4 }
const v6 = { address: '2001:db8::1', family: 6 }
const settled = () => new Promise(setImmediate)

t.test('localhost has a loopback address', async t => {
  const [first] = await systemLookup('localhost', 0, signal)
  t.match(first, { address: /^(127\.0\.0\.1|::1)$/ })
})

const answers: readonly { name: string; family: 0 | 4 | 6; found: unknown; addresses?: object[]; code?: string }[] = [
  { name: 'all addresses in their order', family: 0, found: [v6, v4], addresses: [v6, v4] },
  { name: 'those of the family asked', family: 4, found: [v6, v4], addresses: [v4] },
  {
    name: 'the family that an address has, whatever is said',
    family: 0,
    found: [{ ...v6, family: 4 }],
    addresses: [v6],
  },
  { name: 'what is no address is left out', family: 0, found: [{ address: 'x', family: 4 }, v4], addresses: [v4] },
  { name: 'none', family: 0, found: [], code: 'ENOTFOUND' },
  { name: 'none of the family', family: 6, found: [v4], code: 'ENOTFOUND' },
  { name: 'rubbish alone', family: 0, found: [{ address: '', family: 4 }], code: 'ENOTFOUND' },
  { name: 'no list at all', family: 0, found: undefined, code: 'ENOTFOUND' },
  { name: 'a list of nothing', family: 0, found: [undefined, null, {}], code: 'ENOTFOUND' },
]
for (const { name, family, found, addresses, code } of answers) {
  t.test(`the answer is ${name}`, async t => {
    const calls = fakeLookup(t)
    const answer = systemLookup('b0.example', family, signal)
    t.match(calls, [{ name: 'b0.example', options: { all: true, family } }])
    calls[0]?.answer(null, found)
    if (addresses === undefined) await t.rejects(answer, { name: 'TransportError', code })
    else t.same(await answer, addresses)
  })
}

t.test("getaddrinfo's error keeps its code and is the cause", async t => {
  const calls = fakeLookup(t)
  const answer = systemLookup('b0.example', 0, signal)
  const cause = Object.assign(new Error('getaddrinfo EAI_AGAIN b0.example'), { code: 'EAI_AGAIN' })
  calls[0]?.answer(cause)
  await t.rejects(answer, { name: 'TransportError', code: 'EAI_AGAIN', cause })
})

t.test('one call runs at a time, those for the same name are one', async t => {
  const calls = fakeLookup(t)
  const first = systemLookup('b0.example', 0, signal)
  const second = systemLookup('b1.example', 0, signal)
  const same = systemLookup('b0.example', 0, signal)
  const other = systemLookup('b0.example', 4, signal)
  t.equal(calls.length, 1)
  calls[0]?.answer(null, [v4])
  t.same(await Promise.all([first, same]), [[v4], [v4]])
  t.match(calls, [{ name: 'b0.example' }, { name: 'b1.example' }])
  calls[1]?.answer(new Error('no'))
  await t.rejects(second, { name: 'TransportError' })
  t.equal(calls.length, 3)
  calls[2]?.answer(null, [v4])
  t.same(await other, [v4])
})

t.test('an abort frees its waiter at once; the call goes on, and the next waits for it', async t => {
  const calls = fakeLookup(t)
  const controller = new AbortController()
  const first = systemLookup('b0.example', 0, controller.signal)
  const waiting = systemLookup('b1.example', 0, controller.signal)
  const next = systemLookup('b2.example', 0, signal)
  controller.abort(new Error('too late'))
  for (const each of [first, waiting]) await t.rejects(each, { message: 'too late' })
  const again = systemLookup('b0.example', 0, signal)
  t.equal(calls.length, 1, 'the running call serves who comes meanwhile')
  calls[0]?.answer(null, [v4])
  t.same(await again, [v4])
  t.match(calls, [{ name: 'b0.example' }, { name: 'b2.example' }], 'what nobody awaits is not asked')
  calls[1]?.answer(null, [v6])
  t.same(await next, [v6])
})

t.test('an aborted signal rejects without a call', async t => {
  const calls = fakeLookup(t)
  await t.rejects(systemLookup('b0.example', 0, AbortSignal.abort(new Error('too late'))), { message: 'too late' })
  t.equal(calls.length, 0)
})

t.test('a lookup that throws, or calls back twice, does no harm', async t => {
  let calls = 0
  t.intercept(dns, 'lookup', {
    value: (_name: string, _options: unknown, callback: Call['answer']) => {
      if (++calls === 1) throw new TypeError('what?')
      callback(null, [v4])
      callback(null, [v6])
    },
  })
  await t.rejects(systemLookup('b0.example', 0, signal), { name: 'TransportError', message: /what\?/ })
  t.same(await systemLookup('b0.example', 0, signal), [v4])
  await settled()
  t.same(await systemLookup('b0.example', 0, signal), [v4])
})
