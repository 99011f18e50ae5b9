import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { createTransport } from '../../../lib/transport/create-transport.js'
import { parseUpstream, type Upstream } from '../../../lib/transport/upstream.js'
import { closedPort } from '../dns-server.js'

/** What is started: a program with files in a folder of its own, which it can write to. */
export interface ServerProgram {
  readonly program: string
  arguments(folder: string): readonly string[]
  /** True where it runs as the user of the test, who alone may reach the program. */
  readonly isOwn?: boolean
  /** True where it answers before all is in force; its files then say that there is no `started.invalid`. */
  readonly answersEarly?: boolean
  /** The files by their names; `port` is the one of 127.0.0.1 to listen on. */
  files(folder: string, port: number): Readonly<Record<string, string>>
}

export interface RunningServer extends AsyncDisposable {
  readonly upstream: Upstream
}

const nobody = 65_534
const startMs = 15_000
const isRoot = process.getuid?.() === 0

/** Why the program can't be run, in words; undefined where it can. */
export const missingProgram = (program: string): string | undefined =>
  spawnSync(program, ['--version']).error === undefined ? undefined : `not installed: ${basename(program)}`

/** Starts the server, as nobody, and waits until it answers. Rejects with what it printed where it does not. */
export async function startServerProgram(server: ServerProgram): Promise<RunningServer> {
  for (let again = 5; ; again--) {
    try {
      return await start(server)
    } catch (error) {
      // Another test has got the port since it was found free.
      if (again === 0 || !/in use/.test(String(error))) throw error
    }
  }
}

async function start(server: ServerProgram): Promise<RunningServer> {
  const port = await closedPort()
  const folder = mkdtempSync(join(tmpdir(), 'export-'))
  chmodSync(folder, 0o755)
  for (const [name, text] of Object.entries(server.files(folder, port))) writeFileSync(join(folder, name), text)
  const isNobody = isRoot && server.isOwn !== true
  if (isNobody) chownSync(folder, nobody, nobody)
  const user = isNobody ? { uid: nobody, gid: nobody } : {}
  const child = spawn(server.program, server.arguments(folder), {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...user,
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (printed += chunk.toString()))
  const kill = () => child.kill('SIGKILL')
  // A test that is killed leaves none behind.
  process.once('exit', kill)
  const stop = async () => {
    const ended = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined
    kill()
    await ended
    process.off('exit', kill)
    rmSync(folder, { recursive: true })
  }
  const upstream = parseUpstream(`127.0.0.1:${port}`)
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null
  if (!(await answers(upstream, hasEnded, server.answersEarly === true))) {
    await stop()
    throw new Error(`${server.program} does not answer: ${printed}`)
  }
  return { upstream, [Symbol.asyncDispose]: stop }
}

/** True as soon as it answers anything, false where it has ended or is too late. */
async function answers(upstream: Upstream, hasEnded: () => boolean, isEarly: boolean): Promise<boolean> {
  const transport = createTransport()
  const signal = AbortSignal.timeout(startMs)
  try {
    while (!hasEnded() && !signal.aborted) {
      const question = { name: 'started.invalid', type: 'A' } as const
      const attempt = AbortSignal.timeout(500)
      const answer = await transport
        .exchange(upstream, question, { signal: attempt, edns: true })
        .catch(() => undefined)
      if (answer !== undefined && (!isEarly || answer.rcode === 'NXDOMAIN')) return true
      await new Promise(resolve => setTimeout(resolve, 20))
    }
    return false
  } finally {
    await transport.close()
  }
}
