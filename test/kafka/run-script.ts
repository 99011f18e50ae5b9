import { type ChildProcess, spawn } from 'node:child_process'
import { projectFolder } from './paths.js'
import { endWithUs } from './processes.js'
import { environmentOfNewRun } from './run-folder.js'
import { loaderFlags, moduleFile } from '../project.js'

interface Outcome {
  /** The exit code, or the signal that ended it. */
  readonly code: number | string
  readonly stdout: string
  readonly stderr: string
}

export interface Script {
  readonly child: ChildProcess & { readonly pid: number }
  readonly outcome: Promise<Outcome>
}

/** Runs a module of the project, named by its path without an ending, as a process of its own, without a terminal. */
export function runScript(path: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Script {
  const child = spawn(process.execPath, [...loaderFlags, moduleFile(path), ...args], {
    cwd: projectFolder,
    env: { ...environmentOfNewRun(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  endWithUs(child)
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => (said[name] += chunk))
  }
  const outcome = new Promise<Outcome>((done, fail) => {
    child.once('error', fail)
    child.once('close', (code, signal) => done({ code: code ?? signal ?? 'no status', ...said }))
  })
  const { pid } = child
  if (pid === undefined) throw new Error(`${path} cannot be started`)
  return { child: Object.assign(child, { pid }), outcome }
}
