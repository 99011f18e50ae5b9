import { parentPort, workerData } from 'node:worker_threads'
import { toError } from '../../../lib/thrown.js'
import { ConfigError } from '../../errors.js'
import type { WorkerInput, WorkerReport, WorkerRequest } from '../messages.js'
import { startServing } from './serving.js'

// Run in a worker thread by `splitDns.serve`: what holds up the service's event loop holds up neither answers nor bytes.

function report(message: WorkerReport): void {
  parentPort?.postMessage(message)
}

const log = (level: 'info' | 'warn' | 'error') => (message: string) => report({ kind: 'log', level, message })

async function run(): Promise<void> {
  // Given by `startPodServer`, and by nobody else.
  const input = workerData as WorkerInput
  const serving = await startServing({
    ...input,
    logger: { info: log('info'), warn: log('warn'), error: log('error') },
    onQuestions: payload => report({ kind: 'questions', payload }),
    onRelay: payload => report({ kind: 'relay', payload }),
  })
  parentPort?.on('message', ({ graceMs }: WorkerRequest) => {
    void serving.close(graceMs).then(() => {
      report({ kind: 'closed' })
      parentPort?.close()
    })
  })
  report({ kind: 'listening', address: serving.address, port: serving.port })
}

run().catch((error: unknown) => {
  const { message } = toError(error)
  report({ kind: 'failed', faults: error instanceof ConfigError ? error.faults : null, message })
  parentPort?.close()
})
