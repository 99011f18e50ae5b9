import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { run } from '../../package/run.js'
import { digest, partName, publish } from '../files.js'
import { classPath } from '../jars.js'
import { javaArgs } from '../java.js'
import { cacheFolder, projectFolder } from '../paths.js'

const here = join(projectFolder, 'test/kafka/serve')
const requirement = 'confluent-kafka==2.11.1'

/** A client in another language, ready to run. */
interface Program {
  readonly command: string
  readonly args: readonly string[]
  readonly env?: NodeJS.ProcessEnv
}

export interface Language {
  readonly name: string
  /** What is not there that it needs; undefined where nothing is. */
  missing(): string | undefined
  prepare(): Promise<Program>
}

/** For the names of topics. */
export const shortName = ({ name }: Language): string => name.split(',')[0]?.toLowerCase() ?? name

const succeeds = (command: string, args: readonly string[]) =>
  spawnSync(command, args, { stdio: 'ignore' }).status === 0

export const python: Language = {
  name: 'Python, confluent-kafka',
  missing: () => (succeeds('python3', ['-m', 'pip', '--version']) ? undefined : "Python's pip is not installed"),
  prepare: async () => {
    const modules = await madeOnce(`python-${digest(requirement)}`, async part => {
      await must('python3', ['-m', 'pip', 'install', '-q', '--target', part, requirement])
    })
    return { command: 'python3', args: [join(here, 'client.py')], env: { PYTHONPATH: modules } }
  },
}

export const java: Language = {
  name: 'Java, kafka-clients',
  missing: () => {
    const { stdout } = spawnSync('java', ['--list-modules'], { encoding: 'utf8' })
    return stdout.includes('jdk.compiler') ? undefined : "Java's compiler is not installed"
  },
  prepare: async () => {
    const source = join(here, 'Client.java')
    const classes = await madeOnce(`java-${digest([await readFile(source, 'utf8'), classPath()])}`, part =>
      must('javac', ['-cp', classPath(), '-d', part, source]),
    )
    const path = [classPath(), classes].join(delimiter)
    return { command: 'java', args: [...(await javaArgs()), '-cp', path, 'Client'] }
  },
}

const goPath = `${process.env.PATH ?? ''}${delimiter}/usr/local/go/bin`

export const go: Language = {
  name: 'Go, franz-go',
  missing: () =>
    spawnSync('go', ['version'], { stdio: 'ignore', env: { ...process.env, PATH: goPath } }).status === 0
      ? undefined
      : 'Go is not installed',
  prepare: async () => {
    const folder = join(here, 'go')
    const sources = await Promise.all(['main.go', 'go.mod'].map(file => readFile(join(folder, file), 'utf8')))
    const built = await madeOnce(`go-${digest(sources)}`, part =>
      must('go', ['build', '-C', folder, '-o', join(part, 'client'), '.'], {
        PATH: goPath,
        GOFLAGS: '-mod=readonly -buildvcs=false',
        // Go's own resolver, which most services have.
        CGO_ENABLED: '0',
      }),
    )
    return { command: join(built, 'client'), args: [] }
  },
}

/** The folder of that name in the cache, filled the first time. */
async function madeOnce(name: string, fill: (part: string) => Promise<void>): Promise<string> {
  const folder = join(cacheFolder, name)
  if (existsSync(folder)) return folder
  const part = partName(folder)
  await mkdir(part, { recursive: true })
  await fill(part)
  await publish(part, folder)
  return folder
}

async function must(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<void> {
  const { code, stderr } = await run(command, args, { cwd: projectFolder, env })
  if (code !== 0) throw new Error(`${command} ${args[0] ?? ''} ended with ${code}: ${stderr}`)
}
