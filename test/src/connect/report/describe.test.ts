import t from 'tap'
import { annotate } from '../../../../src/connect/report/describe.js'

t.test('an error tells what the map did, once, in its stack too', async t => {
  const error = new Error('connect ECONNREFUSED')
  annotate(error, 'head', 'first')
  annotate(error, 'head', 'second')
  t.equal(error.message, 'connect ECONNREFUSED (kafka-split-dns: first)')
  t.match(error.stack, /^Error: connect ECONNREFUSED \(kafka-split-dns: first\)\n {4}at /)
  t.notOk(Object.keys(error).includes('message'))
})

t.test('an error without a message gets one', async t => {
  const error = new AggregateError([new Error('a')], '')
  annotate(error, 'connect ECONNREFUSED b0.example:9092', 'x')
  t.equal(error.message, 'connect ECONNREFUSED b0.example:9092 (kafka-split-dns: x)')
  t.match(error.stack, /^AggregateError: connect ECONNREFUSED b0/)
})

t.test('an error that cannot be changed, or has no stack, stays as it is', async t => {
  const frozen = Object.freeze(new Error('frozen'))
  annotate(frozen, 'head', 'x')
  t.equal(frozen.message, 'frozen')
  const bare = new Error('bare')
  delete bare.stack
  annotate(bare, 'head', 'x')
  t.equal(bare.message, 'bare (kafka-split-dns: x)')
})

t.test('what strangers write moves no cursor and breaks no line', async t => {
  const evil = 'b1\u001b[31m\nok\u202e\u200b.example'
  const error = new Error(`getaddrinfo ENOTFOUND ${evil}`)
  annotate(error, 'connect failed', `${evil} was not dialled`)
  t.notMatch(error.message, /[\u0000-\u001f\u200b\u202e]/)
  t.match(error.message, '\\u001b')
})
