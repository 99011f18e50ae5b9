import { existsSync, readdirSync } from 'node:fs'
import { mkdir, mkdtemp, rm, rmdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { runsFolder } from './paths.js'
import { identityOf, isRunning } from './processes.js'

const keepMark = 'keep'

/** The process that the run is for: tap, where this one is a test file of it, else this one. */
export const runOwner = () => (process.env.TAP === '1' ? process.ppid : process.pid)

/** An environment in which a child is a run of its own. */
export const environmentOfNewRun = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(_?TAP|NODE_OPTIONS)/.test(name)))

/** The folder of everything that is started for the process and ends with it. */
export const runFolder = (ownerPid = runOwner()) => join(runsFolder, identityOf(ownerPid))

/** A new folder in this run. */
export async function newRunFolder(name: string): Promise<string> {
  await sweepRuns()
  await mkdir(runFolder(), { recursive: true })
  return mkdtemp(join(runFolder(), `${name}-`))
}

/** Asks whoever ends the cluster in the folder to leave its logs there. */
export const keepLogs = (clusterFolder: string) => writeFile(join(clusterFolder, keepMark), '')

export const isKept = (clusterFolder: string) => existsSync(join(clusterFolder, keepMark))

/** The folder is gone, and with the last one of its run the run's. */
export async function removeRun(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
  await rmdir(dirname(folder)).catch(() => undefined)
}

/** What runs left behind whose process is gone (by kill -9, say) is removed; kept logs stay until the next run. */
async function sweepRuns(): Promise<void> {
  if (!existsSync(runsFolder)) return
  const dead = readdirSync(runsFolder).filter(name => !isRunning(name))
  await Promise.all(dead.map(name => rm(join(runsFolder, name), { recursive: true, force: true })))
}
