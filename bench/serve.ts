// What `kafka-split-dns serve` costs: answers from the map beside dnsmasq and CoreDNS with the exported map, by Debian's
// dnsperf; what passing a question on adds; and Kafka through the relay. All as built, in processes of their own.
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createSocket } from 'node:dgram'
import { Resolver } from 'node:dns/promises'
import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, type LookupFunction } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { toError } from '../lib/thrown.js'
import { queryOf } from '../test/lib/server/fixture.js'
import { startCluster } from '../test/kafka/cluster.js'
import { prepareKafka } from '../test/kafka/prepare.js'
import { mapVariables } from '../test/kafka/split-dns-factory.js'
import { projectFolder } from '../test/project.js'
import {
  missingProgram,
  startServerProgram,
  type RunningServer,
  type ServerProgram,
} from '../test/servers/export/server-process.js'
import { coredns, dnsmasq } from '../test/servers/export/servers.js'
import { compare, inUs, median, printTable, type Competitor, type Row } from './measure.js'
import { startNameserver } from './nameserver.js'
import { compareWays, literal, Way } from './way.js'

const cli = join(projectFolder, 'dist/cjs/cli.js')
const names = Array.from({ length: 30 }, (_, index) => `b${index}.kafka.example`)
const map = names.map(name => `${name}=vpce.bench.example`).join()

/** serve, with these variables. */
function serve(variables: Readonly<Record<string, string>>): ServerProgram {
  let listen = ''
  return {
    program: '/usr/bin/env',
    isOwn: true,
    files: (_, port) => {
      listen = `127.0.0.1:${port}`
      return {}
    },
    arguments: () => [
      ...Object.entries(variables).map(([name, value]) => `${name}=${value}`),
      ...[process.execPath, cli, 'serve', '--listen', listen],
    ],
  }
}

const variables = (upstreamPort: number) => ({
  KAFKA_SPLIT_DNS_MAP: map,
  KAFKA_SPLIT_DNS_NAMESERVERS: `127.0.0.1:${upstreamPort}`,
})

async function exported(format: string, upstreamPort: number): Promise<string> {
  const env = { ...process.env, ...variables(upstreamPort) }
  const { stdout } = await promisify(execFile)(process.execPath, [cli, 'export', '--to', format], { env })
  return stdout
}

/** The peers that this machine has, with the exported map. Says which it lacks. */
async function peers(upstreamPort: number): Promise<Map<string, ServerProgram>> {
  const found = new Map<string, ServerProgram>()
  for (const [format, { program, server }] of Object.entries({ dnsmasq, coredns })) {
    const missing = missingProgram(program)
    if (missing === undefined) found.set(format, server(await exported(format, upstreamPort), upstreamPort))
    else console.log(`without ${format}: ${missing}`)
  }
  return found
}

const portOf = ({ upstream }: RunningServer) => ('port' in upstream ? upstream.port : NaN)

/** Answers a second, and what passing on adds, for serve and its peers, which all run at once and are asked by turns. */
async function questions(): Promise<void> {
  await using nameserver = await startNameserver()
  const programs = new Map([...(await peers(nameserver.port)), ['serve', serve(variables(nameserver.port))]])
  const running = new Map<string, RunningServer>()
  try {
    for (const [name, program] of programs) running.set(name, await startServerProgram(program))
    const ports = new Map([...running].map(([name, server]) => [name, portOf(server)]))
    printTable('Questions for names of the map, 30 names, 50 at a time (dnsperf)', await mapped(ports))
    printTable('A question that is passed on, one after another', await passedOn(ports, nameserver.port))
  } finally {
    for (const server of running.values()) await server[Symbol.asyncDispose]()
  }
}

async function mapped(ports: ReadonlyMap<string, number>): Promise<readonly Row[]> {
  if (missingProgram('dnsperf') !== undefined) return [{ what: 'dnsperf is not installed', figure: '' }]
  const folder = await mkdtemp(join(tmpdir(), 'bench-'))
  const file = join(folder, 'questions')
  writeFileSync(file, names.map(name => `${name} A\n`).join(''))
  const perf = async (port: number) => {
    const args = ['-s', '127.0.0.1', '-p', String(port), '-d', file, '-l', '2', '-c', '4', '-q', '50']
    const { stdout } = await promisify(execFile)('dnsperf', args)
    if (!/Queries lost: +0 /.test(stdout) || !/NOERROR \d+ \(100.00%\)/.test(stdout)) throw new Error(stdout)
    return Number(/Queries per second: +([\d.]+)/.exec(stdout)?.[1])
  }
  const wanted = new Map([['serve', '0.5 of dnsmasq, more than coredns']])
  const competitors = [...ports].map(([name, port]): Competitor => ({
    name,
    round: () => perf(port),
    ...toWanted(wanted.get(name)),
  }))
  const rows = await compare(5, rate => `${Math.round(rate).toLocaleString('en')} / s`, competitors)
  await rm(folder, { recursive: true })
  return rows
}

const toWanted = (wanted: string | undefined) => (wanted === undefined ? {} : { wanted })

/** Names that nobody has asked for, so that no cache answers. */
async function passedOn(ports: ReadonlyMap<string, number>, upstreamPort: number): Promise<readonly Row[]> {
  const perRound = 200
  const rounds = 15
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  let count = 0
  const ask = async (port: number) => {
    const startMs = performance.now()
    socket.send(queryOf(`n${count++}.other.example`), port, '127.0.0.1')
    await once(socket, 'message')
    return performance.now() - startMs
  }
  const all = new Map([['the nameserver itself', upstreamPort], ...ports])
  const medians = new Map([...all.keys()].map(name => [name, [] as number[]]))
  for (let round = 0; round <= rounds; round++) {
    const taken = new Map([...all.keys()].map(name => [name, [] as number[]]))
    for (let turn = 0; turn < perRound; turn++) {
      for (const [name, port] of all) taken.get(name)?.push(await ask(port))
    }
    // The first round is for the compiler.
    if (round > 0) for (const [name, values] of taken) medians.get(name)?.push(median(values))
  }
  socket.close()
  const [base = []] = medians.values()
  return [...medians].map(([name, values], index): Row => {
    if (index === 0) return { what: name, figure: inUs(median(values)) }
    const added = median(values.map((value, round) => value - (base[round] ?? NaN)))
    return { what: `${name} adds`, figure: inUs(added), ...(name === 'serve' ? { wanted: 'under 150 us' } : {}) }
  })
}

/** Kafka through the relay against the broker's address. */
async function relay(): Promise<void> {
  await prepareKafka()
  const cluster = await startCluster({ shape: 'ports', zone: 'bench.test', brokers: 1 })
  try {
    await using nameserver = await startNameserver()
    const upstream = { KAFKA_SPLIT_DNS_NAMESERVERS: `127.0.0.1:${nameserver.port}` }
    await using server = await startServerProgram(serve({ ...mapVariables(cluster.view), ...upstream }))
    const resolver = new Resolver()
    resolver.setServers([`127.0.0.1:${portOf(server)}`])
    const lookup: LookupFunction = (host, _options, done) => {
      resolver.resolve4(host).then(
        ([address = '']) => done(null, [{ address, family: 4 }]),
        (error: unknown) => done(toError(error), []),
      )
    }
    const ways = [
      new Way('direct', literal(cluster)),
      new Way('relay', cluster.view.bootstrap.plaintext, ({ host, port, onConnect }) =>
        connect({ host, port, lookup, autoSelectFamily: true }, onConnect).setKeepAlive(true, 60_000),
      ),
    ]
    console.log('\nKafka through the relay, wanted: 0.9 of direct')
    await compareWays(cluster, ways, 150, 63)
  } finally {
    await cluster.stop()
  }
}

await questions()
await relay()
