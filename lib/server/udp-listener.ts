import { openUdp } from '../transport/udp.js'
import type { Answerer, Listener } from './answerer.js'
import { truncatedReply, udpLimit } from './reply.js'

// Room for a burst while the event loop is busy: Linux counts some 800 octets for a small packet. What the system allows
// is less on most (net.core.rmem_max), and is what we get then.
const RECEIVE_BUFFER_OCTETS = 4_194_304

/** Answers questions over UDP. */
export function listenUdp(answerer: Answerer, address: string, port: number): Promise<Listener> {
  const socket = openUdp(address, { recvBufferSize: RECEIVE_BUFFER_OCTETS })
  let isClosed = false
  socket.on('message', (packet, from) => {
    answerer.answer(packet, 'udp', (reply, query) => {
      if (reply === undefined || isClosed) return
      const isTooLong = query !== undefined && reply.length > udpLimit(query)
      socket.send(isTooLong ? truncatedReply(query) : reply, from.port, from.address)
    })
  })
  const close = () => {
    isClosed = true
    return new Promise<void>(resolve => socket.close(resolve))
  }
  return new Promise((resolve, reject) => {
    socket.once('error', error => {
      socket.close()
      reject(error)
    })
    socket.bind(port, address, () => {
      socket.removeAllListeners('error')
      // A client that has closed its port: nobody waits for that answer.
      socket.on('error', () => undefined)
      resolve({ port: socket.address().port, close })
    })
  })
}
