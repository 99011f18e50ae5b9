// A plain TCP relay in a process of its own: what the cheapest proxy does. `tcp-relay.ts HOST PORT`; its own port is its
// first line.
import { connect, createServer, type AddressInfo } from 'node:net'

const [host = '127.0.0.1', port = '0'] = process.argv.slice(2)

const server = createServer({ noDelay: true }, client => {
  const broker = connect({ host, port: Number(port), noDelay: true })
  client.pipe(broker).pipe(client)
  client.on('error', () => broker.destroy())
  broker.on('error', () => client.destroy())
})
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`)
})
