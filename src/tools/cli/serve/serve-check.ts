import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { isIP } from 'node:net'
import { startTimer, stopTimer } from '../../../../lib/timers.js'
import { ID_LIMIT } from '../../../../lib/wire/query.js'
import type { Milliseconds } from '../../../../lib/units.js'

/** As long as glibc's shortest. */
const waitMs: Milliseconds = 2_000
// STATUS: every server answers it itself, with NOTIMP at least, so that no other server can make it look down.
const opcodeStatus = 0x1000

/** True where a DNS server answers one question over UDP in time. */
export function isAnswering({ address, port }: { address: string; port: number }): Promise<boolean> {
  const query = Buffer.alloc(12)
  query.writeUInt16BE(randomInt(ID_LIMIT), 0)
  query.writeUInt16BE(opcodeStatus, 2)
  return new Promise(resolve => {
    const socket = createSocket(isIP(address) === 6 ? 'udp6' : 'udp4')
    const settle = (answered: boolean) => {
      stopTimer(timer)
      socket.close()
      socket.removeAllListeners().on('error', () => undefined)
      resolve(answered)
    }
    const timer = startTimer(() => settle(false), waitMs)
    socket.on('error', () => settle(false))
    socket.on('message', reply => {
      const isReply = reply.length >= query.length && reply.readUInt16BE(0) === query.readUInt16BE(0)
      if (isReply && ((reply[2] ?? 0) & 0x80) !== 0) settle(true)
    })
    socket.connect(port, address, () => socket.send(query))
  })
}
