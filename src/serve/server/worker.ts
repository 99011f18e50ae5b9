import { parentPort, workerData } from 'node:worker_threads'
import { codeOf, toError } from '../../../lib/thrown.js'
import { ConfigError } from '../../errors.js'
import type { WorkerInput, WorkerReport, WorkerRequest } from '../messages.js'
import { startServing } from './serving.js'

// Run in a worker thread by `splitDns.serve`: what holds up the service's event loop holds up neither answers nor bytes.

function report(message: WorkerReport): void {
  parentPort?.postMessage(message)
}

const log = (level: 'info' | 'warn' | 'error') => (message: string) => report({ kind: 'log', level, message })

async function run(): Promise<void> {
  // `startPodServer` alone starts this file.
  const input = workerData as WorkerInput
  const serving = await startServing({
    ...input,
    logger: { info: log('info'), warn: log('warn'), error: log('error') },
    onEvent: event => {
      const { payload } = event
      report({ kind: 'event', event, code: 'error' in payload ? codeOf(payload.error) : undefined })
    },
  })
  parentPort?.on('message', ({ graceMs }: WorkerRequest) => {
    void serving.close(graceMs).then(() => parentPort?.close())
  })
  report({ kind: 'listening', address: serving.address, port: serving.port })
}

run().catch((error: unknown) => {
  const { message } = toError(error)
  report({ kind: 'failed', faults: error instanceof ConfigError ? error.faults : null, message })
  parentPort?.close()
})
