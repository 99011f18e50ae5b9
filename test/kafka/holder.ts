// Holds a cluster for as long as another process lives: `node --import tsx holder.ts SHAPE FOLDER OWNER`, where OWNER is
// that process's identity. Writes FOLDER/state.json when the cluster is up, FOLDER/failed.txt where it does not come up.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { startCluster } from './cluster.js'
import { writeAtomically } from './files.js'
import { prepareKafka } from './prepare.js'
import { isRunning } from './processes.js'
import { isKept, removeRun } from './run-folder.js'
import { shapes } from './shape.js'
import { sleep } from './wait.js'

const [shapeName, folder = '', owner = ''] = process.argv.slice(2)
const shape = shapes.find(known => known === shapeName)
if (shape === undefined || !existsSync(folder)) throw new Error('usage: holder.ts SHAPE FOLDER OWNER')

// Leaving by process.exit ends the JVMs.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1))

try {
  await prepareKafka()
  const cluster = await startCluster({ shape, folder: join(folder, 'cluster') })
  await writeAtomically(join(folder, 'state.json'), JSON.stringify(cluster.view))
  while (isRunning(owner)) await sleep(200)
  const kept = isKept(cluster.folder)
  await cluster.stop({ keepLogs: kept })
  if (!kept) await removeRun(folder)
} catch (error) {
  await writeAtomically(
    join(folder, 'failed.txt'),
    error instanceof Error ? (error.stack ?? error.message) : String(error),
  )
  process.exitCode = 1
}
