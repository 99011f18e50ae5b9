import { createServer } from 'node:net'

/** Below the kernel's ephemeral range (32768 and up on Linux): no outgoing connection can take one before the JVM binds it. */
const lowest = 20_000
const highest = 31_999

const handedOut = new Set<number>()

/** The first of `count` ports in a row that are free on every host. Handed out once per process. */
export async function freePorts(hosts: readonly string[], count: number): Promise<number> {
  for (let attempt = 0; attempt < 500; attempt++) {
    const first = lowest + Math.floor(Math.random() * (highest - lowest - count))
    const block = Array.from({ length: count }, (_, i) => first + i)
    if (block.some(port => handedOut.has(port))) continue
    const free = await Promise.all(hosts.flatMap(host => block.map(port => canBind(host, port))))
    if (!free.every(Boolean)) continue
    for (const port of block) handedOut.add(port)
    return first
  }
  throw new Error(`no ${count} free ports in a row between ${lowest} and ${highest}`)
}

const canBind = (host: string, port: number) =>
  new Promise<boolean>(done => {
    const server = createServer()
    server.once('error', () => done(false))
    server.listen({ host, port, exclusive: true }, () => server.close(() => done(true)))
  })
