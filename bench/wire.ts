// A cold name's cost: our UDP transport against c-ares' resolve4, same server, A alone, interleaved.
// Run: npx tsx bench/wire.ts
import { fork } from 'node:child_process'
import { Resolver } from 'node:dns'
import { once } from 'node:events'
import { createTransport } from '../lib/transport/create-transport.js'
import { moduleFile } from '../test/project.js'

const ROUNDS = 41
const SEQUENTIAL = 300
const AT_ONCE = 1000

type Ask = (name: string) => Promise<unknown>

const server = fork(moduleFile('bench/echo-server'))
const [port] = (await once(server, 'message')) as [number]
const transport = createTransport()
const cares = new Resolver()
cares.setServers([`127.0.0.1:${port}`])

const upstream = { kind: 'udp', label: `udp://127.0.0.1:${port}`, address: '127.0.0.1', port } as const
const contenders: Readonly<Record<string, Ask>> = {
  ours: name => transport.exchange(upstream, { name, type: 'A' }, { signal: new AbortController().signal, edns: true }),
  'c-ares': name =>
    new Promise((resolve, reject) => {
      cares.resolve4(name, { ttl: true }, (error, answer) => (error === null ? resolve(answer) : reject(error)))
    }),
}

let names = 0
const coldName = () => `b${names++}.kafka.example`

async function oneAfterAnother(ask: Ask): Promise<number> {
  const start = performance.now()
  for (let index = 0; index < SEQUENTIAL; index++) await ask(coldName())
  return ((performance.now() - start) / SEQUENTIAL) * 1000
}

async function atOnce(ask: Ask): Promise<number> {
  const start = performance.now()
  await Promise.all(Array.from({ length: AT_ONCE }, () => ask(coldName())))
  return performance.now() - start
}

const median = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? NaN

async function compare(title: string, unit: string, rounds: number, run: (ask: Ask) => Promise<number>): Promise<void> {
  const taken = new Map(Object.keys(contenders).map(name => [name, [] as number[]]))
  for (let round = 0; round < rounds; round++) {
    for (const [name, ask] of Object.entries(contenders)) taken.get(name)?.push(await run(ask))
  }
  const medians = [...taken].map(([name, numbers]) => [name, median(numbers)] as const)
  const [ours = NaN, theirs = NaN] = medians.map(([, value]) => value)
  const figures = medians.map(([name, value]) => `${name} ${value.toFixed(1)} ${unit}`).join(', ')
  console.log(`${title}: ${figures}, ratio ${(ours / theirs).toFixed(2)}`)
}

await compare('one after another', 'us a name', ROUNDS, oneAfterAnother)
await compare(`${AT_ONCE} at once`, 'ms', 7, atOnce)
await transport.close()
cares.cancel()
server.kill()
