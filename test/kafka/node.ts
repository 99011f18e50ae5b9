import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { javaArgs, JavaProcess } from './java.js'
import { type Properties, propertiesText } from './properties.js'

/** One node of a cluster: its folder of data, its log, and the JVM that runs it, one after the other. */
export class KafkaNode {
  readonly name: string
  readonly dataFolder: string
  readonly log: string
  readonly #folder: string
  #process: JavaProcess | undefined

  constructor(clusterFolder: string, name: string) {
    this.#folder = clusterFolder
    this.name = name
    this.dataFolder = join(clusterFolder, name)
    this.log = join(clusterFolder, `${name}.log`)
  }

  get isRunning(): boolean {
    return this.#process?.isRunning ?? false
  }

  get pid(): number | undefined {
    return this.isRunning ? this.#process?.pid : undefined
  }

  /** The JVM has been started; whether Kafka comes up in it is for the metadata to tell. */
  async start(properties: Properties, archiveTo?: string): Promise<void> {
    if (this.isRunning) throw new Error(`${this.name} runs already`)
    await mkdir(this.#folder, { recursive: true })
    const file = join(this.#folder, `${this.name}.properties`)
    await writeFile(file, propertiesText(properties))
    this.#process = await JavaProcess.start(
      [...(await javaArgs(archiveTo)), 'kafka.Kafka', file],
      this.#folder,
      this.log,
    )
  }

  async end(signal: 'SIGTERM' | 'SIGKILL', timeoutMs?: number): Promise<void> {
    await this.#process?.end(signal, timeoutMs)
  }

  async removeData(): Promise<void> {
    await rm(this.dataFolder, { recursive: true, force: true })
  }

  /** The last lines that it said. */
  async logTail(lines = 15): Promise<string> {
    if (!existsSync(this.log)) return ''
    const text = await readFile(this.log, 'utf8')
    return `\n== ${this.log}\n${text.split('\n').slice(-lines).join('\n')}`
  }
}
