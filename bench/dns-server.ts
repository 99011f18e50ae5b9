// A DNS server on loopback in a process of its own, so that it shares no event loop with what is measured. It knows
// every name: the address of its argument (192.0.2.1), and no AAAA. Reports its port first, and for each message how many
// queries there were since.
import { createSocket } from 'node:dgram'

const HEADER = 12
const octets = (process.argv[2] ?? '192.0.2.1').split('.').map(Number)
const answer = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0x0e, 0x10, 0, 4, ...octets])
const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 })
let queries = 0

socket.on('message', (query, from) => {
  queries++
  let end = HEADER
  while ((query[end] ?? 0) !== 0) end += 1 + (query[end] ?? 0)
  const isA = query.readUInt16BE(end + 1) === 1
  const response = Buffer.concat([query.subarray(0, end + 5), isA ? answer : Buffer.alloc(0)])
  response.writeUInt16BE(0x8180, 2)
  response.writeUInt16BE(isA ? 1 : 0, 6)
  response.writeUInt32BE(0, 8)
  socket.send(response, from.port, from.address)
})
socket.bind(0, '127.0.0.1', () => process.send?.(socket.address().port))
process.on('message', () => {
  process.send?.(queries)
  queries = 0
})
process.on('disconnect', () => socket.close())
