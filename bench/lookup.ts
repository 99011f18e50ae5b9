// npx tsx bench/lookup.ts: a warm `splitDns.lookup` beside a bare Map, cacheable-lookup 7 and dns.lookup, and what the
// package's import adds to kafkajs' own; in one run, in turns, medians and ratios. Needs `npm run build` for the import.
import CacheableLookup from 'cacheable-lookup'
import { execFileSync, fork } from 'node:child_process'
import dns from 'node:dns'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { SplitDns } from '../src/split-dns.js'

const rounds = 15
const looks = 200_000
const root = fileURLToPath(new URL('..', import.meta.url))

const server = fork(fileURLToPath(new URL('./dns-server.ts', import.meta.url)))
const [port] = (await once(server, 'message')) as number[]

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN

/** Calls `look` so many times, each after the one before has called back. */
const chain = (count: number, look: (done: () => void) => void) =>
  new Promise<void>(resolve => {
    let left = count
    const next = () => (left-- === 0 ? resolve() : look(next))
    next()
  })

async function compare(looksOf: Readonly<Record<string, { count: number; look: (done: () => void) => void }>>) {
  const times = new Map<string, number[]>(Object.keys(looksOf).map(name => [name, []]))
  for (let round = 0; round <= rounds; round++) {
    for (const [name, { count, look }] of Object.entries(looksOf)) {
      const start = performance.now()
      await chain(count, look)
      // The first round is for the compiler.
      if (round > 0) times.get(name)?.push(((performance.now() - start) / count) * 1e6)
    }
  }
  const [first = []] = times.values()
  for (const [name, taken] of times) {
    const ratio = median(taken.map((value, index) => value / (first[index] ?? NaN)))
    console.log(`  ${name.padEnd(32)} ${median(taken).toFixed(0).padStart(8)} ns  ${ratio.toFixed(2)}x`)
  }
}

async function warm(): Promise<void> {
  const map = new Map([['b1.kafka.example', [{ address: '192.0.2.1', family: 4 }]]])
  const splitDns = new SplitDns({ map: '*.kafka.example=vpce.bench.example.', nameservers: `127.0.0.1:${port}` }, {})
  const resolver = new dns.promises.Resolver()
  resolver.setServers([`127.0.0.1:${port}`])
  const cacheable = new CacheableLookup({ resolver, lookup: false })
  await splitDns.resolve('b1.kafka.example')
  await cacheable.lookupAsync('b1.kafka.example')
  console.log(`A warm look-up with { all: true }, one after another (median of ${rounds} rounds, ratio pair by pair)`)
  await compare({
    'a bare Map and nextTick': {
      count: looks,
      look: done => process.nextTick(done, null, map.get('b1.kafka.example')),
    },
    'splitDns.lookup': {
      count: looks,
      look: done => splitDns.lookup('b1.kafka.example', { all: true }, () => done()),
    },
    'cacheable-lookup 7': {
      count: looks,
      look: done => cacheable.lookup('b1.kafka.example', { all: true }, () => done()),
    },
    'dns.lookup of localhost': {
      count: looks / 100,
      look: done => dns.lookup('localhost', { all: true }, () => done()),
    },
  })
  await splitDns.close()
}

function imports(): void {
  const script = (name: string) =>
    `import 'kafkajs'; const start = performance.now(); await import('${name}'); console.log(performance.now() - start)`
  const measure = (name: string) =>
    Number(execFileSync(process.execPath, ['--input-type=module', '-e', script(name)], { cwd: root, encoding: 'utf8' }))
  const taken = Array.from({ length: rounds }, () => ({ own: measure('kafka-split-dns'), undici: measure('undici') }))
  console.log('What an import adds where kafkajs is loaded (median)')
  console.log(`  kafka-split-dns ${median(taken.map(({ own }) => own)).toFixed(1)} ms`)
  console.log(`  undici          ${median(taken.map(({ undici }) => undici)).toFixed(1)} ms`)
}

await warm()
imports()
server.disconnect()
