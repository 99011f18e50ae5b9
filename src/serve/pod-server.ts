import { join } from 'node:path'
import { Worker, type WorkerOptions } from 'node:worker_threads'
import { toError } from '../../lib/thrown.js'
import { startTimer, stopTimer } from '../../lib/timers.js'
import type { Milliseconds } from '../../lib/units.js'
import type { OptionInputs } from '../config/option-inputs.js'
import type { Environment } from '../config/settings.js'
import { ConfigError } from '../errors.js'
import type { ServedEvent } from '../observe/events.js'
import type { Log } from '../observe/log.js'
import type { WorkerInput, WorkerReport, WorkerRequest } from './messages.js'
import { readServeOptions, type ServeOptions, type ServeSettings } from './options.js'

/** A DNS server on loopback for the pod's other clients, with relays where the map sets ports. Does not keep the process alive. */
export interface PodServer extends AsyncDisposable {
  readonly address: string
  readonly port: number
  /**
   * Ends the listeners at once, and relayed connections once they are idle, at the latest after the grace time.
   * Idempotent.
   */
  close(): Promise<void>
}

/** What a pod server needs from its owner. */
export interface PodServerOptions {
  readonly options: OptionInputs
  readonly env: Environment
  /** What `SplitDns.serve` was called with. */
  readonly serve: ServeOptions
  readonly log: Log
  readonly onEvent: (event: ServedEvent) => void
  /** A monotonic clock. */
  readonly now: () => Milliseconds
  /** What makes the thread; only tests put another in its place. */
  readonly createWorker?: typeof newWorker
}

const firstRestartMs: Milliseconds = 1_000
const longestRestartMs: Milliseconds = 60_000

/**
 * Starts a server in a worker thread. Rejects with `ConfigError` where it can't be started. If the thread dies later, it
 * is logged and another is started, at the same address and port: after 1 s, then doubling to 60 s.
 */
export async function startPodServer(given: PodServerOptions): Promise<PodServer> {
  const settings = readServeOptions(given.serve)
  const worker = new ServeWorker(given, settings)
  const { address, port } = await worker.listening
  return new RestartingServer(given, { ...settings, address, port }, worker)
}

class RestartingServer implements PodServer {
  readonly address: string
  readonly port: number
  readonly #given: PodServerOptions
  /** With the address and port that were found free at the start. */
  readonly #settings: ServeSettings
  #worker: ServeWorker
  #timer: NodeJS.Timeout | undefined
  #restartMs = firstRestartMs
  #closing: Promise<void> | undefined

  constructor(given: PodServerOptions, settings: ServeSettings, worker: ServeWorker) {
    this.address = settings.address
    this.port = settings.port
    this.#given = given
    this.#settings = settings
    this.#worker = worker
    void this.#watch()
  }

  close(): Promise<void> {
    stopTimer(this.#timer)
    this.#closing ??= this.#worker.close(this.#settings.graceMs)
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #watch(): Promise<void> {
    const { log, now } = this.#given
    const startedAtMs = now()
    const reason = await this.#worker.exited
    if (this.#closing !== undefined) return
    if (now() - startedAtMs > longestRestartMs) this.#restartMs = firstRestartMs
    log.error(`serve has stopped: ${reason}; it starts again in ${this.#restartMs / 1000} s`)
    this.#timer = startTimer(() => this.#restart(), this.#restartMs)
    this.#restartMs = Math.min(2 * this.#restartMs, longestRestartMs)
  }

  #restart(): void {
    if (this.#closing !== undefined) return
    this.#worker = new ServeWorker(this.#given, this.#settings)
    void this.#watch()
  }
}

class ServeWorker {
  /** Rejects where it can't be started. */
  readonly listening: Promise<{ readonly address: string; readonly port: number }>
  /** Why the thread has ended, in words; never rejects. */
  readonly exited: Promise<string>
  readonly #given: PodServerOptions
  readonly #worker: Worker
  #error: Error | undefined

  constructor(given: PodServerOptions, settings: ServeSettings) {
    this.#given = given
    const createWorker = given.createWorker ?? newWorker
    const workerData: WorkerInput = { options: cloneable(given.options), env: { ...given.env }, settings }
    const { file, execArgv } = workerFile()
    this.#worker = createWorker(file, { workerData, execArgv: [...execArgv], name: 'kafka-split-dns serve' })
    this.#worker.on('error', error => (this.#error = toError(error)))
    this.exited = new Promise(resolve => {
      this.#worker.once('exit', code => resolve(this.#error?.message ?? `its thread ended with code ${code}`))
    })
    this.listening = new Promise((resolve, reject) => {
      this.#worker.on('message', (report: WorkerReport) => {
        if (report.kind === 'listening') {
          this.#worker.unref()
          resolve(report)
        } else {
          this.#onReport(report)
        }
      })
      void this.exited.then(reason => reject(this.#error ?? new Error(`serve has stopped: ${reason}`)))
    })
    // Whoever restarts it hears of its end, not of its start.
    this.listening.catch(() => undefined)
  }

  async close(graceMs: Milliseconds): Promise<void> {
    this.#worker.ref()
    const request: WorkerRequest = { kind: 'close', graceMs }
    this.#worker.postMessage(request)
    await this.exited
  }

  #onReport(report: Exclude<WorkerReport, { kind: 'listening' }>): void {
    const { log, onEvent } = this.#given
    if (report.kind === 'log') log[report.level](report.message)
    else if (report.kind === 'event') onEvent(withCode(report))
    else this.#error = report.faults === null ? new Error(report.message) : new ConfigError(report.faults)
  }
}

/**
 * The worker's file: an entry of its own in the built package, beside the file that this is in; a module in the sources.
 * It takes none of this process' Node flags, of which `--input-type` would stop it, but the loader of the sources.
 */
function workerFile(): { readonly file: string | URL; readonly execArgv: readonly string[] } {
  if (typeof require === 'function') return { file: join(__dirname, 'serve-worker.js'), execArgv: [] }
  const isTypeScript = import.meta.url.endsWith('.ts')
  const file = new URL(`./server/worker.${isTypeScript ? 'ts' : 'js'}`, import.meta.url)
  return { file, execArgv: isTypeScript ? process.execArgv : [] }
}

const newWorker = (file: string | URL, options: WorkerOptions) => new Worker(file, options)

function withCode({ event, code }: Extract<WorkerReport, { kind: 'event' }>): ServedEvent {
  const { payload } = event
  if (code !== undefined && 'error' in payload && payload.error instanceof Error) Object.assign(payload.error, { code })
  return event
}

/** The options without what no other thread can take. */
function cloneable(options: OptionInputs): OptionInputs {
  const { mapUrl } = options
  const others = Object.assign({}, options, { logger: undefined })
  return typeof mapUrl === 'object' ? { ...others, mapUrl: mapUrl.href } : others
}
