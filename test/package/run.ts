import { spawn } from 'node:child_process'
import { endWithUs } from '../kafka/processes.js'

export interface Ran {
  /** The exit code, or the signal that ended it. */
  readonly code: number | string
  readonly stdout: string
  readonly stderr: string
}

/** The variables that a process of the tests starts with: nothing of tap's or npm's, no options for Node, no map. */
const plainEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(_?TAP|NODE_OPTIONS|KAFKA_|npm_)/.test(name)))

/** Runs a program without a terminal until it ends, with these variables and nothing of tap's. */
export async function run(
  command: string,
  args: readonly string[],
  { cwd, env = {} }: { cwd: string; env?: NodeJS.ProcessEnv },
): Promise<Ran> {
  const variables = Object.entries({ ...plainEnvironment(), ...env }).map(([name, value]) => `${name}=${value ?? ''}`)
  // By env, because tap writes its own loader into the variables of every process that is started here.
  const child = spawn('env', ['-i', ...variables, command, ...args], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  endWithUs(child)
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => (said[name] += chunk))
  }
  return new Promise((done, fail) => {
    child.once('error', fail)
    child.once('close', (code, signal) => done({ code: code ?? signal ?? 'no status', ...said }))
  })
}

/** The same with Node itself. */
export const runNode = (args: readonly string[], options: { cwd: string; env?: NodeJS.ProcessEnv }) =>
  run(process.execPath, args, options)
