import t from 'tap'
import { FrameReader } from '../../../lib/transport/frame-reader.js'
import { frame } from '../../servers/dns-message.js'

const lengths = [1, 12, 0, 511, 512, 513, 65_535, 2, 65_535, 300]
const messages = lengths.map((length, index) => Buffer.alloc(length, index + 1))
const stream = Buffer.concat(messages.map(frame))

for (const size of [1, 2, 3, 5, 511, 4096, 65_536, stream.length]) {
  t.test(`chunks of ${size} octets give the same messages`, async t => {
    const reader = new FrameReader()
    const seen: Buffer[] = []
    for (let at = 0; at < stream.length; at += size) {
      reader.push(stream.subarray(at, at + size), message => seen.push(Buffer.from(message)) > 0)
    }
    t.equal(seen.length, messages.length)
    t.ok(Buffer.concat(seen).equals(Buffer.concat(messages)))
  })
}

t.test('a message that is not whole is not given', async t => {
  const reader = new FrameReader()
  reader.push(frame(Buffer.alloc(100)).subarray(0, 101), () => t.fail('too early'))
  let seen = 0
  reader.push(Buffer.alloc(1), ({ length }) => {
    seen = length
    return true
  })
  t.equal(seen, 100)
})

t.test('nothing is read once the message was one too many', async t => {
  const reader = new FrameReader()
  let seen = 0
  reader.push(Buffer.alloc(64 * 1024), () => ++seen < 3)
  t.equal(seen, 3)
})
