import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import net, { type AddressInfo, type Socket } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { SplitDns } from '../../src/split-dns.js'
import { projectFolder } from '../../test/project.js'
import { inMs, median, type Row } from '../measure.js'
import { startNameserver } from '../nameserver.js'

const map = "{ rules: [1, 2, 3].map(i => ({ match: '*.c' + i + '.kafka.example', to: 'vpce-' + i + '.example' })) }"

/** Runs the script in a process of its own, over the built package; gives the numbers that it prints. */
const inProcess = (script: string): number[] =>
  JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: projectFolder, encoding: 'utf8' }),
  ) as number[]

/** What the package's import and its first use add to a service. */
export function start(): readonly Row[] {
  const taken = Array.from({ length: 15 }, () =>
    inProcess(`
      import 'kafkajs'
      const took = []
      const time = async work => { const start = performance.now(); const made = await work(); took.push(performance.now() - start); return made }
      const { createSplitDns } = await time(() => import('kafka-split-dns'))
      const made = [await time(() => createSplitDns({ map: ${map} }))]
      for (let i = 0; i < 20; i++) made.push(createSplitDns({ map: ${map} }))
      made.push(await time(() => createSplitDns({ map: ${map} })))
      await time(() => import('undici'))
      for (const splitDns of made) await splitDns.close()
      console.log(JSON.stringify(took))`),
  )
  const at = (index: number) => inMs(median(taken.map(values => values[index] ?? NaN)))
  return [
    { what: 'import kafka-split-dns beside kafkajs', figure: at(0), wanted: 'under 15 ms' },
    { what: 'the first createSplitDns(), 3 rules', figure: at(1), wanted: 'under 3 ms' },
    { what: 'a later createSplitDns()', figure: at(2), wanted: 'under 0.3 ms' },
    { what: 'import undici, for comparison', figure: at(3) },
  ]
}

/** The heap of a factory that has 100 names and 30 connections in use, beyond that of the connections alone. */
export async function memory(): Promise<readonly Row[]> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  await using nameserver = await startNameserver('127.0.0.1')
  const server = net.createServer(socket => socket.on('error', () => undefined).resume())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const used = async () => {
    for (let turn = 0; turn < 3; turn++) {
      await new Promise(resolve => setTimeout(resolve, 100))
      collect()
    }
    return process.memoryUsage().heapUsed
  }
  const open = async (connect: (index: number, onConnect: () => void) => Socket) => {
    const sockets: Socket[] = []
    for (let index = 0; index < 30; index++) {
      await new Promise<void>((resolve, reject) => sockets.push(connect(index, resolve).once('error', reject)))
    }
    return sockets
  }
  const plain = (_index: number, onConnect: () => void) => net.connect({ host: '127.0.0.1', port }, onConnect)
  const measure = async (): Promise<number> => {
    const before = await used()
    const alone = await open(plain)
    const ofSockets = (await used()) - before
    alone.forEach(socket => socket.destroy())
    const between = await used()
    const splitDns = new SplitDns(
      {
        map: `*.kafka.example=vpce.bench.example.:${port}`,
        nameservers: `127.0.0.1:${nameserver.port}`,
        allow: '127.0.0.0/8',
      },
      {},
    )
    for (let index = 0; index < 100; index++) await splitDns.resolve(`b${index}.kafka.example`, 9092)
    const sockets = await open((index, onConnect) =>
      splitDns.socketFactory({ host: `b${index}.kafka.example`, port: 9092, onConnect }),
    )
    const ofFactory = (await used()) - between - ofSockets
    sockets.forEach(socket => socket.destroy())
    await splitDns.close()
    return ofFactory
  }
  // The first is for what is loaded and compiled once.
  await measure()
  const bytes = [await measure(), await measure(), await measure()]
  server.close()
  return [
    { what: '100 names, 30 connections', figure: `${(median(bytes) / 1024).toFixed(0)} kB`, wanted: 'under 1 MB' },
  ]
}
