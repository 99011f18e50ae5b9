import type { Socket } from 'node:net'
import { onNextTick } from '../../timers.js'
import { lostError } from '../exchange-error.js'
import { isMessage, MAX_BODY_OCTETS, type HttpClient, type HttpReply, type HttpRequest } from './http.js'

/** HTTP/1.1 over the connected socket, one request after another, by undici, which is loaded at the first. */
export async function openHttp1(server: string, socket: Socket, origin: string): Promise<HttpClient> {
  const { Client } = await import('undici')
  let isTaken = false
  const client = new Client(origin, {
    // Only ever this socket: when it is closed, the client is of no more use. Not at once: undici would then not go on.
    connect: (_options, done) => {
      if (isTaken || socket.destroyed) onNextTick(() => done(lostError(server), null))
      else onNextTick(() => done(null, socket))
      isTaken = true
    },
    // The caller's signal rules, and the connection ends itself when it is idle.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxResponseSize: MAX_BODY_OCTETS,
  })
  const request = async ({ headers, ...rest }: HttpRequest, signal: AbortSignal): Promise<HttpReply> => {
    const data = await client.request({ ...rest, headers: { ...headers }, signal })
    const reply = { status: data.statusCode, headers: data.headers }
    // Destroyed, aborted or cut off: whoever awaits it learns that; an 'error' event without a listener would be thrown.
    data.body.on('error', () => undefined)
    if (isMessage(reply.status, reply.headers)) return { ...reply, body: await readAll(data.body) }
    // Read to its end, if that is near, so that the connection can carry the next request.
    await data.body.dump({ limit: MAX_BODY_OCTETS, signal })
    return { ...reply, body: Buffer.alloc(0) }
  }
  return { capacity: 1, request, destroy: () => void client.destroy().catch(() => undefined) }
}

async function readAll(body: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}
