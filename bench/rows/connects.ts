import { once } from 'node:events'
import net, { type AddressInfo, type Server, type Socket } from 'node:net'
import tls from 'node:tls'
import { SplitDns } from '../../src/split-dns.js'
import { makeCertificate } from '../../test/servers/certificate.js'
import { compare, inUs, type Row } from '../measure.js'
import { startNameserver } from '../nameserver.js'

/** One connection after another to this machine, each closed before the next: from the call to connected. */
async function eachConnect(count: number, connect: (onConnect: () => void) => Socket): Promise<number> {
  let tookMs = 0
  for (let index = 0; index < count; index++) {
    const start = performance.now()
    let socket: Socket | undefined
    await new Promise<void>((resolve, reject) => {
      socket = connect(resolve).once('error', reject)
    })
    tookMs += performance.now() - start
    socket?.destroy()
    await new Promise(setImmediate)
  }
  return tookMs / count
}

async function listening(server: Server): Promise<number> {
  server.on('connection', (socket: Socket) => socket.on('error', () => undefined).resume())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

export async function connects(): Promise<readonly Row[]> {
  const count = 300
  await using nameserver = await startNameserver('127.0.0.1')
  const server = net.createServer()
  const port = await listening(server)
  await using splitDns = new SplitDns(
    {
      map: `*.kafka.example=vpce.bench.example.:${port}`,
      nameservers: `127.0.0.1:${nameserver.port}`,
      allow: '127.0.0.0/8',
    },
    {},
  )
  const localhost = { host: 'localhost', port, family: 4 }
  const literal = { host: '127.0.0.1', port }
  const through = (onConnect: () => void) => splitDns.socketFactory({ host: 'b1.kafka.example', port: 9092, onConnect })
  const againstName = await compare(9, inUs, [
    { name: 'net.connect to localhost', round: () => eachConnect(count, done => net.connect(localhost, done)) },
    { name: 'the factory, warm', wanted: 'at most 1.1x', round: () => eachConnect(count, through) },
  ])
  const againstLiteral = await compare(9, inUs, [
    { name: 'net.connect to 127.0.0.1', round: () => eachConnect(count, done => net.connect(literal, done)) },
    { name: 'the factory, warm', wanted: 'at most 2.0x', round: () => eachConnect(count, through) },
  ])
  server.close()
  return [...againstName, ...againstLiteral]
}

export async function tlsConnects(): Promise<readonly Row[]> {
  const count = 60
  await using nameserver = await startNameserver('127.0.0.1')
  const certificate = makeCertificate(['DNS:b1.kafka.example', 'DNS:localhost'])
  const server = tls.createServer({ ...certificate })
  server.on('secureConnection', socket => socket.on('error', () => undefined))
  const port = await listening(server)
  await using splitDns = new SplitDns(
    {
      map: `*.kafka.example=vpce.bench.example.:${port}`,
      nameservers: `127.0.0.1:${nameserver.port}`,
      allow: '127.0.0.0/8',
    },
    {},
  )
  const ssl = { ca: certificate.cert }
  const named = { ...ssl, host: 'localhost', port, servername: 'localhost', family: 4 }
  const rows = await compare(9, inUs, [
    { name: 'tls.connect to localhost', round: () => eachConnect(count, done => tls.connect(named, done)) },
    {
      name: 'the factory with TLS, warm',
      wanted: 'at most 1.1x',
      round: () =>
        eachConnect(count, onConnect =>
          splitDns.socketFactory({ host: 'b1.kafka.example', port: 9092, ssl, onConnect }),
        ),
    },
  ])
  server.close()
  return rows
}
