import { readdirSync, readFileSync } from 'node:fs'
import { platform } from 'node:os'
import { isAlive } from './processes.js'

/** Why `jvmsOf` finds nothing here; undefined where it does. */
export const jvmsHidden = platform() === 'linux' ? undefined : 'processes are seen by /proc, which Linux alone has'

/** The JVMs whose command line names a file in the folder, by /proc (Linux). */
export function jvmsOf(folder: string): number[] {
  const processes = readdirSync('/proc').filter(name => /^\d+$/.test(name))
  return processes.map(Number).filter(pid => {
    const command = commandOf(pid)
    // Not setpriv, which becomes java in a moment.
    return command.startsWith('java\0') && command.includes(folder) && isAlive(pid)
  })
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}
