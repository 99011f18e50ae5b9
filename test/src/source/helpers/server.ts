import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer } from 'node:net'
import type { Test } from 'tap'

type Closable = Pick<Test, 'teardown'>

export interface MapServer {
  readonly url: string
  readonly requests: IncomingMessage[]
  /** Answers each request; may be replaced. */
  answer: (request: IncomingMessage, response: ServerResponse) => void
  readonly server: Server
  /** Open connections. */
  connections(): Promise<number>
}

/** An HTTP server on loopback that is closed at the test's end. */
export async function serve(t: Closable, answer: RequestListener): Promise<MapServer> {
  const requests: IncomingMessage[] = []
  const server = createServer((request, response) => {
    requests.push(request)
    served.answer(request, response)
  })
  const port = await listen(t, server)
  t.teardown(() => server.closeAllConnections())
  const served: MapServer = {
    url: `http://127.0.0.1:${port}/map.yaml`,
    requests,
    answer,
    server,
    connections: () =>
      new Promise((resolve, reject) =>
        server.getConnections((error, count) => (error === null ? resolve(count) : reject(error))),
      ),
  }
  return served
}

/** A server that answers each connection with these raw bytes, then ends it (or resets it). */
export async function serveRaw(t: Closable, bytes: string, end: 'end' | 'reset' | 'keep' = 'end'): Promise<string> {
  const server = createTcpServer(socket => {
    socket.on('error', () => undefined)
    t.teardown(() => socket.destroy())
    socket.once('data', () => {
      if (end === 'reset') socket.write(bytes, () => socket.resetAndDestroy())
      else if (end === 'end') socket.end(bytes)
      else socket.write(bytes)
    })
  })
  return `http://127.0.0.1:${await listen(t, server)}/map.yaml`
}

/** The port that the server got; it is closed at the test's end. */
export async function listen(t: Closable, server: TcpServer): Promise<number> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => void server.close())
  return (server.address() as AddressInfo).port
}
