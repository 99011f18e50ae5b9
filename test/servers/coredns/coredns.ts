import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseUpstream, type Upstream } from '../../../lib/transport/upstream.js'
import { closedPort } from '../dns-server.js'

const version = '1.15.0'

// Where build.sh leaves it.
const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
const program = join(cache, 'kafka-split-dns', `coredns-${version}`)

/** Why it can't be run, in words; undefined where it can. */
export const missingCoreDns = (): string | undefined =>
  existsSync(program) ? undefined : `CoreDNS is not there: test/servers/coredns/build.sh builds it`

export interface CoreDns extends AsyncDisposable {
  readonly upstream: Upstream
}

const startMs = 15_000

/**
 * Runs CoreDNS with the text as its Corefile, on a port of 127.0.0.1 that was free. `edit` makes of the text what can
 * run here: an operator's addresses and ports are none of this machine's. Rejects with what it prints where it does not start.
 */
export async function startCoreDns(corefile: string, edit: (text: string, port: number) => string): Promise<CoreDns> {
  const port = await closedPort()
  const folder = mkdtempSync(join(tmpdir(), 'coredns-'))
  const file = join(folder, 'Corefile')
  writeFileSync(file, edit(corefile, port))
  const child = spawn(program, ['-conf', file], { stdio: ['ignore', 'pipe', 'pipe'] })
  let printed = ''
  const started = new Promise<boolean>(resolve => {
    const hear = (chunk: Buffer) => {
      printed += chunk.toString()
      // The line comes after all of its servers listen.
      if (printed.includes(`CoreDNS-${version}`)) resolve(true)
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.once('exit', () => resolve(false))
    setTimeout(() => resolve(false), startMs).unref()
  })
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
  if (!(await started)) {
    await stop()
    throw new Error(`CoreDNS did not start: ${printed}`)
  }
  return { upstream: parseUpstream(`127.0.0.1:${port}`), [Symbol.asyncDispose]: stop }
}

/** The plugins that the program has. */
export const corednsPlugins = (): readonly string[] =>
  spawnSync(program, ['-plugins'], { encoding: 'utf8' })
    .stdout.split('\n')
    .map(line => line.trim().replace(/^dns\./, ''))
