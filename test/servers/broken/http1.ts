import { anyBreach, type Breach } from './broken.js'

const type = 'content-type: application/dns-message\r\n'

/** A good HTTP/1.1 response with the body. */
export const goodHttp1 = (body: Buffer) =>
  Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\n${type}content-length: ${body.length}\r\n\r\n`), body])

const raw =
  (text: string): Breach =>
  socket =>
    socket.write(text)

const bodyOf = (good: Buffer) => good.subarray(good.indexOf('\r\n\r\n') + 4)

/** Headers as given, before the body of the good response. */
const withHeaders =
  (head: string): Breach =>
  (socket, _chance, good) =>
    socket.write(Buffer.concat([Buffer.from(`${head}\r\n`), bodyOf(good)]))

/** What servers do to HTTP/1.1. */
export const http1Breaches: readonly [Breach, ...Breach[]] = [
  ...anyBreach,
  raw('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n'),
  raw('HTTP/9.9 200 OK\r\n\r\n'),
  raw('HTTP/1.1 0 \r\n\r\n'),
  raw('HTTP/1.1 999 Huh\r\ncontent-length: 0\r\n\r\n'),
  raw('HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n'),
  raw('HTTP/1.1 100 Continue\r\n\r\n'.repeat(300)),
  raw('HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n'),
  raw('HTTP/1.1 407 Auth\r\nproxy-authenticate: Basic\r\ncontent-length: 5\r\n\r\nhello'),
  raw('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  raw(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`),
  raw(`HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(5_000)}\r\n`),
  raw('HTTP/1.1 200 OK\r\nno colon here\r\n\r\n'),
  raw('HTTP/1.1 200 OK\r\nbad\0header: x\r\n\r\n'),
  withHeaders(`HTTP/1.1 200 OK\r\n${type}content-length: 1\r\n`),
  withHeaders(`HTTP/1.1 200 OK\r\n${type}content-length: 99999\r\n`),
  withHeaders(`HTTP/1.1 200 OK\r\n${type}content-length: -1\r\n`),
  withHeaders(`HTTP/1.1 200 OK\r\n${type}content-length: 40\r\ncontent-length: 41\r\n`),
  withHeaders(`HTTP/1.1 200 OK\r\n${type}content-length: 40\r\ntransfer-encoding: chunked\r\n`),
  withHeaders(`HTTP/1.1 200 OK\r\n${type}transfer-encoding: chunked\r\n\r\nzz\r\n`),
  withHeaders(`HTTP/1.1 200 OK\r\n${type}transfer-encoding: chunked\r\n\r\nffffffffffffffff\r\n`),
  withHeaders(`HTTP/1.1 200 OK\r\n${type}content-encoding: gzip\r\ncontent-length: 40\r\n`),
  withHeaders(`HTTP/1.1 204 No Content\r\n${type}content-length: 40\r\n`),
  withHeaders(`HTTP/1.1 304 Not Modified\r\n${type}`),
  withHeaders(`HTTP/1.0 200 OK\r\n${type}connection: close\r\n`),
  withHeaders(`HTTP/1.1 200 OK\r\n${type}keep-alive: timeout=0\r\ncontent-length: 40\r\n`),
  withHeaders(`HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 40\r\n`),
  withHeaders(`HTTP/1.1 405 No\r\nallow: GET\r\ncontent-length: 40\r\n`),
  (socket, _chance, good) => socket.write(Buffer.concat([good, Buffer.from('HTTP/1.1 200 OK\r\n\r\n')])),
  (socket, _chance, good) => socket.end(good),
]
