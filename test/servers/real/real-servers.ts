import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTransport } from '../../../lib/transport/create-transport.js'
import { parseUpstream, type Upstream } from '../../../lib/transport/upstream.js'
import type { Certificate } from '../certificate.js'
import { closedPort, type WireKind } from '../dns-server.js'
import { dnsdist, dnsmasq, named, unbound, zone, type Ports } from './configurations.js'

/** `named-noedns` is BIND that answers FORMERR to each query with an OPT record. */
const realServerNames = ['named', 'named-noedns', 'unbound', 'dnsmasq', 'dnsdist'] as const
export type RealServerName = (typeof realServerNames)[number]

const programs: Readonly<Record<RealServerName, string>> = {
  named: '/usr/sbin/named',
  'named-noedns': '/usr/sbin/named',
  unbound: '/usr/sbin/unbound',
  dnsmasq: '/usr/sbin/dnsmasq',
  dnsdist: '/usr/bin/dnsdist',
}

/** The Debian packages that are not installed, in words; undefined where all are. */
export function missingServers(): string | undefined {
  const missing = Object.entries(programs).filter(
    ([, program]) => spawnSync(program, ['--version']).error !== undefined,
  )
  return missing.length === 0 ? undefined : `not installed: ${missing.map(([name]) => name).join(', ')}`
}

/** DNS servers of the field on ports of 127.0.0.1 that were free, run by nobody, with one zone `kafka.test`. */
export interface RealServers {
  upstream(server: RealServerName, kind: WireKind): Upstream
  /** Ends them, and removes their files. */
  stop(): Promise<void>
}

const NOBODY = 65_534
const START_MS = 15_000
const isRoot = process.getuid?.() === 0

/** Starts all of them, and waits until each answers. */
export async function startRealServers(certificate: Certificate): Promise<RealServers> {
  const root = mkdtempSync(join(tmpdir(), 'dns-servers-'))
  chmodSync(root, 0o755)
  const ports = new Map<RealServerName, Ports>()
  for (const name of realServerNames) {
    ports.set(name, { plain: await closedPort(), tls: await closedPort(), https: await closedPort() })
  }
  const portsOf = (name: RealServerName) => {
    const found = ports.get(name)
    if (found === undefined) throw new Error(`${name} has no ports`)
    return found
  }
  const children = realServerNames.map(name => start(name, join(root, name), certificate, portsOf))
  // A test that is killed leaves none behind.
  const killAll = () => {
    for (const child of children) child.kill('SIGKILL')
  }
  process.once('exit', killAll)
  const servers: RealServers = {
    upstream: (name, kind) => {
      const { plain, tls, https } = portsOf(name)
      const port = { udp: plain, tcp: plain, tls, https }[kind]
      return parseUpstream(`${kind}://127.0.0.1:${port}${kind === 'https' ? '/dns-query' : ''}`)
    },
    stop: async () => {
      await Promise.all(children.map(end))
      process.off('exit', killAll)
      rmSync(root, { recursive: true })
    },
  }
  try {
    await Promise.all(realServerNames.map(name => untilAnswers(servers.upstream(name, 'tcp'))))
  } catch (error) {
    await servers.stop()
    throw error
  }
  return servers
}

function start(
  name: RealServerName,
  directory: string,
  { key, cert }: Certificate,
  portsOf: (name: RealServerName) => Ports,
): ChildProcess {
  mkdirSync(directory)
  const ports = portsOf(name)
  const config = join(directory, 'server.conf')
  const forwardTo = portsOf('named').plain
  const text = {
    named: () => named(directory, ports),
    'named-noedns': () => named(directory, ports),
    unbound: () => unbound(directory, ports, forwardTo),
    dnsmasq: () => dnsmasq(ports),
    dnsdist: () => dnsdist(directory, ports, forwardTo),
  }[name]()
  const files = { 'server.conf': text, 'kafka.test.zone': zone, 'cert.pem': cert, 'key.pem': key }
  for (const [file, content] of Object.entries(files)) {
    writeFileSync(join(directory, file), content)
    if (isRoot) chownSync(join(directory, file), NOBODY, NOBODY)
  }
  if (isRoot) chownSync(directory, NOBODY, NOBODY)
  const user = isRoot ? { uid: NOBODY, gid: NOBODY } : {}
  return spawn(programs[name], argumentsOf(name, config), { cwd: directory, stdio: 'ignore', ...user })
}

function argumentsOf(name: RealServerName, config: string): string[] {
  switch (name) {
    case 'named':
      return ['-g', '-n', '1', '-c', config]
    case 'named-noedns':
      return ['-g', '-n', '1', '-T', 'ednsformerr', '-c', config]
    case 'unbound':
      return ['-d', '-p', '-c', config]
    case 'dnsmasq':
      return ['-C', config]
    case 'dnsdist':
      return ['--supervised', '--disable-syslog', '-C', config]
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

async function untilAnswers(upstream: Upstream): Promise<void> {
  const transport = createTransport()
  const signal = AbortSignal.timeout(START_MS)
  try {
    for (;;) {
      const question = { name: 'boot.kafka.test', type: 'A' } as const
      const answer = await transport.exchange(upstream, question, { signal, edns: false }).catch(() => undefined)
      if (answer?.rcode === 'NOERROR') return
      if (signal.aborted) throw new Error(`${upstream.label} did not start in ${START_MS} ms`)
      await new Promise(resolve => setTimeout(resolve, 50))
    }
  } finally {
    await transport.close()
  }
}
