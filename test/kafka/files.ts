import { createHash, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isAlive } from './processes.js'
import { sleep } from './wait.js'

/** A short name for what the value holds: the same for equal values. */
export const digest = (value: unknown) => createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 12)

/** A name beside the final one that no other process uses. */
export const partName = (path: string) => `${path}.${process.pid}-${randomBytes(3).toString('hex')}.part`

/** The file holds the text; a reader never sees half of it. */
export async function writeAtomically(path: string, text: string): Promise<void> {
  const part = partName(path)
  await mkdir(dirname(path), { recursive: true })
  await writeFile(part, text)
  await rename(part, path)
}

/** The finished file or folder stands at its final name. Whoever came first wins: both made the same thing. */
export async function publish(part: string, path: string): Promise<void> {
  try {
    await rename(part, path)
  } catch (error) {
    await rm(part, { recursive: true, force: true })
    if (!existsSync(path)) throw error
  }
}

/**
 * Runs the work while no other process of this checkout is in the lock. A lock whose holder is gone is taken over
 * (by two at once, if they are quick: what is made in a lock is published whole, so that costs work and nothing else).
 */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true })
  while (!(await takeLock(path))) await sleep(100)
  try {
    return await work()
  } finally {
    await rm(path, { force: true })
  }
}

async function takeLock(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx')
    await file.write(String(process.pid))
    await file.close()
    return true
  } catch {
    const holder = Number(await readFile(path, 'utf8').catch(() => ''))
    // An empty file is a lock being taken at this very moment.
    if (holder > 0 && !isAlive(holder)) await rm(path, { force: true })
    return false
  }
}
