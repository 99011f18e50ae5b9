import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { writeAtomically } from './files.js'
import { projectFolder } from './paths.js'
import { identityOf, isAlive } from './processes.js'
import { environmentOfNewRun, runFolder, runOwner } from './run-folder.js'
import type { ClusterView, Shape } from './shape.js'
import { waitUntil } from './wait.js'
import { loaderFlags, moduleFile } from '../project.js'

/** Maven may have to fetch the jars first. */
export const startTimeoutMs = 600_000

/**
 * The cluster of that shape which all test files of a run share. The first file that asks starts a process that holds
 * it (holder.ts) until tap has ended, by whatever end; the others wait until it is up.
 */
export async function sharedCluster(shape: Shape): Promise<ClusterView> {
  const ownerPid = runOwner()
  const folder = join(runFolder(ownerPid), shape)
  if (await isFirst(folder)) await startHolder(shape, folder, identityOf(ownerPid))
  const file = (name: string) => join(folder, name)
  await waitUntil(
    `Kafka in the shape ${shape} (${folder})`,
    async () => {
      if (existsSync(file('state.json'))) return undefined
      if (existsSync(file('failed.txt')))
        throw new Error(`Kafka did not start: ${await readFile(file('failed.txt'), 'utf8')}`)
      const pid = await readFile(file('holder.pid'), 'utf8').catch(() => undefined)
      if (pid !== undefined && !isAlive(Number(pid))) throw new Error(`Kafka did not start: see ${file('holder.log')}`)
      return 'it is being started'
    },
    startTimeoutMs,
  )
  return parseView(await readFile(file('state.json'), 'utf8'))
}

/** Making a folder is atomic: of all test files that run at once it succeeds in one. */
async function isFirst(folder: string): Promise<boolean> {
  await mkdir(join(folder, '..'), { recursive: true })
  return mkdir(folder).then(
    () => true,
    () => false,
  )
}

async function startHolder(shape: Shape, folder: string, owner: string): Promise<void> {
  const log = await open(join(folder, 'holder.log'), 'a')
  try {
    const child = spawn(process.execPath, [...loaderFlags, moduleFile('test/kafka/holder'), shape, folder, owner], {
      cwd: projectFolder,
      // A session of its own: Ctrl-C ends tap, and the holder notices that.
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      env: environmentOfNewRun(),
    })
    child.unref()
    await writeAtomically(join(folder, 'holder.pid'), String(child.pid))
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  } finally {
    await log.close()
  }
}

// The holder wrote it from a ClusterView of this very code.
const parseView = (json: string) => JSON.parse(json) as ClusterView
