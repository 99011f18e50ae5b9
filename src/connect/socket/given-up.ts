import type { Socket } from 'node:net'

/**
 * True for a socket that its client no longer wants although it is not yet connected: kafkajs gives up by `end()` alone.
 * One that has something to write before it ends is still wanted.
 */
export function isGivenUp(socket: Socket): boolean {
  return socket.destroyed || (socket.writableEnded && socket.writableLength === 0)
}
