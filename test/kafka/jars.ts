import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { partName, publish } from './files.js'
import { libFolder, pomFile } from './paths.js'
import { endWithUs } from './processes.js'

/** Told what goes on: the step, and how far it has come. */
export type Progress = (step: string, detail?: string) => void

const jarsIn = (folder: string) =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter(file => file.endsWith('.jar'))
        .sort()
    : []

/** The jars, sorted and by name: a class-data archive is only good for the very same string, and `lib/*` has no order. */
export const classPath = () =>
  jarsIn(libFolder)
    .map(jar => join(libFolder, jar))
    .join(delimiter)

/** The version of the jars that are there; undefined where there are none. */
export function kafkaVersion(): string | undefined {
  for (const jar of jarsIn(libFolder)) {
    const version = /^kafka_2\.13-(.+)\.jar$/.exec(jar)?.[1]
    if (version !== undefined) return version
  }
  return undefined
}

const step = 'Fetching Apache Kafka with Maven'

/** The jars of pom.xml are in lib/. `progress` is told what Maven has downloaded so far. */
export async function fetchJars(progress: Progress): Promise<void> {
  if (kafkaVersion() !== undefined) return
  await rm(libFolder, { recursive: true, force: true })
  const part = partName(libFolder)
  progress(step)
  try {
    await maven(['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${part}`], progress)
    await publish(part, libFolder)
  } finally {
    await rm(part, { recursive: true, force: true })
  }
}

async function maven(goals: readonly string[], progress: Progress): Promise<void> {
  const child = spawn('mvn', ['-B', '-f', pomFile, ...goals], { stdio: ['ignore', 'pipe', 'pipe'] })
  endWithUs(child)
  const said: string[] = []
  child.stderr.setEncoding('utf8').on('data', (text: string) => said.push(...text.split('\n')))
  let jars = 0
  let megabytes = 0
  const exited = new Promise<number | string>(done => {
    child.once('error', error => done(error.message))
    child.once('close', (code, signal) => done(code ?? signal ?? 'no status'))
  })
  for await (const line of createInterface({ input: child.stdout })) {
    said.push(line)
    const [, size, unit] = /Downloaded from .*\.jar \(([\d.]+) (kB|MB)/.exec(line) ?? []
    if (size === undefined) continue
    jars += 1
    megabytes += Number(size) / (unit === 'MB' ? 1 : 1000)
    progress(step, `${jars} jars, ${megabytes.toFixed(1)} MB`)
  }
  const code = await exited
  if (code === 0) return
  const errors = said.filter(line => line.startsWith('[ERROR]')).slice(0, 5)
  throw new Error(
    `Maven could not fetch Apache Kafka (exit ${code}):\n${(errors.length > 0 ? errors : said.slice(-5)).join('\n')}`,
  )
}
