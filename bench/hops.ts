// npx tsx bench/hops.ts [--list]: through how many functions of how many files one call passes, cold and warm, by V8's
// precise coverage over the source. What a reader has to follow: functions, methods, accessors and constructors that
// somebody wrote. V8 also reports what nobody wrote, which does not count: the module itself and callbacks (without a
// name), field initialisers (`<instance_members_initializer>`), and the loader's helper `__name`, once a file. That helper
// hides the names of arrow functions, so `const f = () => ...` does not count either.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { Session } from 'node:inspector/promises'
import { createServer, type AddressInfo } from 'node:net'
import { SplitDns } from '../src/split-dns.js'

const isListing = process.argv.includes('--list')
const root = new URL('..', import.meta.url).href

// Every name is 127.0.0.1, so that nothing is ever connected to beyond this machine.
const answer = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0x0e, 0x10, 0, 4, 127, 0, 0, 1])
const dnsServer = createSocket('udp4', (query, from) => {
  const end = query.indexOf(0, 12)
  const isA = query.readUInt16BE(end + 1) === 1
  const response = Buffer.concat([query.subarray(0, end + 5), isA ? answer : Buffer.alloc(0)])
  response.writeUInt16BE(0x8180, 2)
  response.writeUInt16BE(isA ? 1 : 0, 6)
  response.writeUInt32BE(0, 8)
  dnsServer.send(response, from.port, from.address)
}).bind(0, '127.0.0.1')
await once(dnsServer, 'listening')
const server = createServer(socket => socket.on('error', () => undefined).resume()).listen(0, '127.0.0.1')
await once(server, 'listening')
const { port } = server.address() as AddressInfo

const session = new Session()
session.connect()
await session.post('Profiler.enable')
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false })

/** What a reader can follow: functions and files. */
const goals: Readonly<Record<string, string>> = {
  'lookup, cold': '150 in 40',
  'lookup, warm': '18 in 10',
  'socketFactory, cold': '170 in 45',
  'socketFactory, warm': '60 in 20',
}

const isWritten = (name: string) => name !== '' && name !== '__name' && !name.startsWith('<')

async function count(name: string, call: () => Promise<unknown>): Promise<void> {
  await session.post('Profiler.takePreciseCoverage')
  await call()
  const { result } = await session.post('Profiler.takePreciseCoverage')
  const files = result.flatMap(({ url, functions }) => {
    const isOurs = url.startsWith(`${root}src/`) || url.startsWith(`${root}lib/`)
    const names = functions
      .filter(({ functionName, ranges }) => isWritten(functionName) && (ranges[0]?.count ?? 0) > 0)
      .map(({ functionName }) => functionName)
    return isOurs && names.length > 0 ? [{ file: url.slice(root.length), names }] : []
  })
  const functions = files.reduce((sum, { names }) => sum + names.length, 0)
  const goal = goals[name] ?? ''
  console.log(`${name.padEnd(24)} ${`${functions} functions in ${files.length} files`.padEnd(30)} goal: ${goal}`)
  if (isListing) for (const { file, names } of files) console.log(`  ${file}: ${names.join(' ')}`)
}

const make = () =>
  new SplitDns(
    {
      map: `*.kafka.example=vpce.bench.example.:${port}, *.name.example=vpce.bench.example.`,
      allow: '127.0.0.0/8',
      nameservers: `127.0.0.1:${dnsServer.address().port}`,
    },
    {},
  )
const lookup = (splitDns: SplitDns) =>
  new Promise(resolve => splitDns.lookup('b1.name.example', { all: true }, resolve))
const connect = (splitDns: SplitDns) =>
  new Promise<unknown>(resolve => {
    const socket = splitDns.socketFactory({ host: 'b1.kafka.example', port: 9092, onConnect: () => resolve(socket) })
    socket.once('error', resolve)
  })

for (const [name, call] of [
  ['lookup', lookup],
  ['socketFactory', connect],
] as const) {
  const splitDns = make()
  const results: unknown[] = []
  await count(`${name}, cold`, async () => results.push(await call(splitDns)))
  await count(`${name}, warm`, async () => results.push(await call(splitDns)))
  if (results.some(result => result instanceof Error)) console.log(results)
  await splitDns.close()
}
process.exit()
