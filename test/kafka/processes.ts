import type { ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** True while the process runs. One that has ended and only waits to be collected by its parent does not run. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
  return statOf(pid)?.state !== 'Z'
}

/**
 * Names the process, also where its number is used again later: its number and, on Linux, when it started
 * (in clock ticks since boot).
 */
export const identityOf = (pid: number) => `${pid}-${statOf(pid)?.startedAt ?? '0'}`

/** True while the process that was named so runs. */
export function isRunning(identity: string): boolean {
  const pid = Number(identity.split('-')[0])
  return isAlive(pid) && identityOf(pid) === identity
}

/** From /proc (Linux); undefined elsewhere. The command's name, in parentheses, may hold spaces: hence the last one. */
function statOf(pid: number): { state: string; startedAt: string } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { state: fields[0] ?? '', startedAt: fields[19] ?? '0' }
  } catch {
    return undefined
  }
}

const dependents = new Set<ChildProcess>()
let isWatching = false

/** The child is killed when this process exits, if it still runs then. By a signal, too, where a handler of it exits. */
export function endWithUs(child: ChildProcess): void {
  if (!isWatching) process.once('exit', () => dependents.forEach(dependent => dependent.kill('SIGKILL')))
  isWatching = true
  dependents.add(child)
  const forget = () => dependents.delete(child)
  child.once('exit', forget)
  child.once('error', forget)
}
