// A pod as far as names go: processes in a mount namespace whose resolv.conf asks `serve` first, and a nameserver of the
// test's second. Both stand on loopback addresses of their own, so that a machine's own DNS server is in nobody's way.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { run, type Ran } from '../../package/run.js'
import { loaderFlags, moduleFile, projectFolder } from '../../project.js'
import { parseQuery, respond } from '../../servers/dns-message.js'
import { endWithUs } from '../processes.js'
import { waitUntil } from '../wait.js'

const serveAddress = '127.0.53.1'
const secondAddress = '127.0.53.2'
/** A name that no map has: the second nameserver knows it. */
export const otherName = { name: 'db.other.test', address: '127.0.99.1' }

const inside = ['--mount', '--propagation', 'private', 'sh', '-c']
// exec: the process that is started is the one that is ended.
const bind = 'mount --bind "$1" /etc/resolv.conf && mount --bind "$2" /etc/hosts && shift 2 && exec "$@"'

/** Why there can be no pod here; undefined where there can. */
export function podMissing(): string | undefined {
  const mount = spawnSync('unshare', [...inside, 'mount --bind /etc/hosts /etc/hosts'], { encoding: 'utf8' })
  if (mount.error !== undefined) return 'unshare is not installed'
  if (mount.status !== 0) return `the right to a mount namespace is missing: ${mount.stderr.trim()}`
  return undefined
}

export class Pod {
  readonly folder: string
  #serve: ChildProcess | undefined
  /** What serve has said since the start. */
  said = ''
  /** The names that the second nameserver was asked for. */
  readonly asked = new Set<string>()

  private constructor(folder: string) {
    this.folder = folder
  }

  static async open(t: Test): Promise<Pod> {
    const folder = await mkdtemp(join(tmpdir(), 'kafka-split-dns-pod-'))
    t.teardown(() => rm(folder, { recursive: true }))
    const nameservers = `nameserver ${serveAddress}\nnameserver ${secondAddress}\n`
    await writeFile(join(folder, 'resolv.conf'), `${nameservers}options timeout:1 attempts:2\n`)
    await writeFile(join(folder, 'hosts'), '127.0.0.1 localhost\n')
    const pod = new Pod(folder)
    await openSecondNameserver(t, pod.asked)
    t.teardown(() => pod.kill())
    return pod
  }

  /** Runs a program in the pod until it ends. */
  run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ran> {
    const [first, rest] = this.#command(command, args)
    return run(first, rest, { cwd: projectFolder, env })
  }

  /** Starts a program in the pod; it does not outlive the test. */
  start(command: string, args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
    const [first, rest] = this.#command(command, args)
    const child = spawn(first, rest, { cwd: projectFolder, env: { PATH: process.env.PATH, ...env } })
    endWithUs(child)
    return child
  }

  /** `kafka-split-dns serve` with these variables answers. */
  async serve(env: NodeJS.ProcessEnv): Promise<void> {
    const args = [...loaderFlags, moduleFile('src/tools/cli/bin'), 'serve', '--listen', `${serveAddress}:53`]
    const child = this.start(process.execPath, [...args, '--ports', '9092,9094,9096'], env)
    this.#serve = child
    this.said = ''
    const hear = (text: Buffer) => void (this.said += text.toString())
    child.stdout?.on('data', hear)
    child.stderr?.on('data', hear)
    await waitUntil('serve', () => {
      if (child.exitCode !== null) throw new Error(`serve ended: ${this.said}`)
      return this.said.includes('serving on ') ? undefined : 'it has not said that it serves'
    })
  }

  /** serve is gone, without a word to anyone. */
  async kill(): Promise<void> {
    const child = this.#serve
    this.#serve = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }

  #command(command: string, args: readonly string[]): [string, string[]] {
    const files = [join(this.folder, 'resolv.conf'), join(this.folder, 'hosts')]
    return ['unshare', [...inside, bind, 'sh', ...files, command, ...args]]
  }
}

async function openSecondNameserver(t: Test, asked: Set<string>): Promise<void> {
  const socket = createSocket('udp4')
  socket.on('message', (bytes, { port, address }) => {
    const query = parseQuery(bytes)
    const name = query.name.toLowerCase()
    asked.add(name)
    const isOther = name === otherName.name
    const answers = isOther && query.type === 'A' ? [`${query.name}. 5 IN A ${otherName.address}`] : []
    socket.send(respond(query, { rcode: isOther ? 'NOERROR' : 'NXDOMAIN', answers }), port, address)
  })
  socket.bind(53, secondAddress)
  await once(socket, 'listening')
  t.teardown(() => new Promise<void>(done => socket.close(() => done())))
}
