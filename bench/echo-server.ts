import { createSocket } from 'node:dgram'

// A DNS server that does as little as can be: every question is answered with one address. Run as a child process, so
// that its work is not counted; it sends its port to the parent.
const FLAGS = 0x8180
const ANSWER = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 30, 0, 4, 192, 0, 2, 1])

const socket = createSocket('udp4')
socket.on('message', (query, from) => {
  const questionEnd = query.indexOf(0, 12) + 5
  const response = Buffer.concat([query.subarray(0, questionEnd), ANSWER])
  response.writeUInt16BE(FLAGS, 2)
  response.writeUInt16BE(1, 6)
  response.writeUInt16BE(0, 10)
  socket.send(response, from.port, from.address)
})
process.on('disconnect', () => socket.close())
socket.bind(0, '127.0.0.1', () => process.send?.(socket.address().port))
