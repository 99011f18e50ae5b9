import { Worker } from 'node:worker_threads'
import { toError } from '../../lib/thrown.js'
import type { Milliseconds } from '../../lib/units.js'
import type { OptionInputs } from '../config/option-inputs.js'
import type { Environment } from '../config/settings.js'
import { ConfigError } from '../errors.js'
import type { QuestionsPayload, RelayPayload } from '../observe/events.js'
import type { Log } from '../observe/log.js'
import type { WorkerInput, WorkerReport, WorkerRequest } from './messages.js'
import type { ServeSettings } from './options.js'
import { workerFile } from './worker-file.js'

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
  readonly settings: ServeSettings
  readonly log: Log
  readonly onQuestions: (payload: QuestionsPayload) => void
  readonly onRelay: (payload: RelayPayload) => void
}

/** Starts a server in a worker thread. Rejects with `ConfigError` where it can't be started. */
export async function startPodServer(given: PodServerOptions): Promise<PodServer> {
  const worker = new WorkerHandle(given)
  const { address, port } = await worker.listening
  const close = () => worker.close(given.settings.graceMs)
  return { address, port, close, [Symbol.asyncDispose]: close }
}

class WorkerHandle {
  readonly listening: Promise<{ readonly address: string; readonly port: number }>
  readonly #given: PodServerOptions
  readonly #worker: Worker
  readonly #exited: Promise<void>
  #closing: Promise<void> | undefined

  constructor(given: PodServerOptions) {
    this.#given = given
    const { env, settings } = given
    const workerData: WorkerInput = { options: cloneable(given.options), env: { ...env }, settings }
    const { file, execArgv } = workerFile()
    this.#worker = new Worker(file, { workerData, execArgv: [...execArgv], name: 'kafka-split-dns serve' })
    this.listening = new Promise((resolve, reject) => {
      this.#worker.on('message', (report: WorkerReport) => {
        if (report.kind === 'listening') {
          this.#worker.unref()
          resolve(report)
        } else if (report.kind === 'failed') {
          reject(report.faults === null ? new Error(report.message) : new ConfigError(report.faults))
        } else {
          this.#onReport(report)
        }
      })
      this.#worker.on('error', error => {
        reject(toError(error))
        if (this.#closing === undefined) given.log.error(`serve has stopped: ${toError(error).message}`)
      })
    })
    this.#exited = new Promise(resolve => this.#worker.once('exit', () => resolve()))
  }

  close(graceMs: Milliseconds): Promise<void> {
    this.#closing ??= this.#close(graceMs)
    return this.#closing
  }

  async #close(graceMs: Milliseconds): Promise<void> {
    this.#worker.ref()
    const request: WorkerRequest = { kind: 'close', graceMs }
    this.#worker.postMessage(request)
    await this.#exited
  }

  #onReport(report: Exclude<WorkerReport, { kind: 'listening' | 'failed' }>): void {
    const { log, onQuestions, onRelay } = this.#given
    if (report.kind === 'questions') onQuestions(report.payload)
    else if (report.kind === 'relay') onRelay(report.payload)
    else if (report.kind === 'log') log[report.level](report.message)
  }
}

/** The options without what no other thread can take. */
function cloneable(options: OptionInputs): OptionInputs {
  const { mapUrl } = options
  const others = Object.assign({}, options, { logger: undefined })
  return typeof mapUrl === 'object' ? { ...others, mapUrl: mapUrl.href } : others
}
