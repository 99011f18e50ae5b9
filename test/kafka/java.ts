import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { digest, writeAtomically } from './files.js'
import { classPath } from './jars.js'
import { cacheFolder } from './paths.js'
import { endWithUs } from './processes.js'

/** Where the class-data archive of these jars stands. The JVM checks each jar's path, size and time, so the name holds them. */
export function archivePath(): string {
  const jars = classPath().split(delimiter)
  const stats = jars.map(jar => [jar, statSync(jar).size, Math.floor(statSync(jar).mtimeMs / 1000)])
  return join(cacheFolder, `kafka-${digest(stats)}.jsa`)
}

/** Small and quick to start: a broker of tests needs neither throughput nor a second of compiling. */
const jvmFlags = [
  '-Xmx256m',
  '-Xms48m',
  '-Xss512k',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-XX:-UsePerfData',
  '-XX:+ExitOnOutOfMemoryError',
  '-Djava.awt.headless=true',
  '-Dlog4j.shutdownHookEnabled=false',
]

const log4j = [
  'rootLogger.level=WARN',
  'rootLogger.appenderRef.console.ref=STDOUT',
  'appender.console.type=Console',
  'appender.console.name=STDOUT',
  'appender.console.layout.type=PatternLayout',
  'appender.console.layout.pattern=%d{ISO8601} %p %c{1} %m%n',
  '',
].join('\n')

/** What comes before the class to run. With `archiveTo` the JVM records the class-data archive there when it ends. */
export async function javaArgs(archiveTo?: string): Promise<string[]> {
  const configuration = join(cacheFolder, 'log4j2.properties')
  if (!existsSync(configuration)) await writeAtomically(configuration, log4j)
  const archive = archivePath()
  const archiveFlags =
    archiveTo !== undefined
      ? [`-XX:ArchiveClassesAtExit=${archiveTo}`]
      : existsSync(archive)
        ? ['-Xshare:auto', `-XX:SharedArchiveFile=${archive}`]
        : []
  return [...jvmFlags, `-Dlog4j2.configurationFile=${configuration}`, ...archiveFlags, '-cp', classPath()]
}

let guarded: readonly string[] | undefined

/** A prefix by which the kernel ends the JVM whose parent died without cleaning up, say by kill -9 (Linux, util-linux). */
function parentGuard(): readonly string[] {
  const guard = ['setpriv', '--pdeathsig', 'KILL', '--']
  guarded ??= spawnSync('setpriv', [...guard.slice(1), 'true'], { stdio: 'ignore' }).status === 0 ? guard : []
  return guarded
}

/** A JVM of ours. It does not keep Node alive, and never outlives it. */
export class JavaProcess {
  readonly pid: number | undefined
  readonly #child: ChildProcess
  readonly #ended: Promise<void>

  private constructor(child: ChildProcess) {
    this.pid = child.pid
    this.#child = child
    this.#ended = new Promise(done => {
      child.once('exit', () => done())
      child.once('error', () => done())
    })
    endWithUs(child)
    child.unref()
  }

  /** Starts the class; what it says is appended to the log. */
  static async start(args: readonly string[], cwd: string, log: string): Promise<JavaProcess> {
    const [command = 'java', ...rest] = [...parentGuard(), 'java', ...args]
    const output = await open(log, 'a')
    try {
      return new JavaProcess(spawn(command, rest, { cwd, stdio: ['ignore', output.fd, output.fd] }))
    } finally {
      await output.close()
    }
  }

  get isRunning(): boolean {
    return this.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** The process is gone: by the signal, or after timeoutMs by SIGKILL. */
  async end(signal: 'SIGTERM' | 'SIGKILL', timeoutMs = 30_000): Promise<void> {
    if (!this.isRunning) return
    this.#child.kill(signal)
    this.#child.ref()
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), timeoutMs)
    await this.#ended
    clearTimeout(timer)
  }
}
