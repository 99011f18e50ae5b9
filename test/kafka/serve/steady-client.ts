import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Pod } from './pod.js'
import type { Language } from './programs.js'
import { judge, partitionCount } from './task.js'
import { waitUntil } from '../wait.js'

/** How far a client is: messages sent in all, and received by partition. */
interface Status {
  readonly sent: number
  readonly received: readonly number[]
}

/** Long: on a busy machine a JVM alone takes many seconds to start. */
const progressTimeoutMs = 90_000

/** A client that sends and receives until it is ended. */
export class SteadyClient {
  readonly name: string
  readonly #child: ChildProcess
  readonly #lines: string[] = []
  readonly #ended: Promise<unknown[]>
  #errors = ''

  private constructor(name: string, child: ChildProcess) {
    this.name = name
    this.#child = child
    this.#ended = once(child, 'close')
    const logged = (text: string) => (this.#errors = `${this.#errors}${text}\n`.slice(-4_000))
    // Java's log goes to the same stream.
    const onLine = (line: string) => (line.startsWith('{') ? this.#lines.push(line) : logged(line))
    if (child.stdout !== null) createInterface(child.stdout).on('line', onLine)
    if (child.stderr !== null) createInterface(child.stderr).on('line', logged)
  }

  static async start(pod: Pod, language: Language, variables: NodeJS.ProcessEnv): Promise<SteadyClient> {
    const { command, args, env } = await language.prepare()
    return new SteadyClient(language.name, pod.start(command, args, { ...env, ...variables, STEADY: '1' }))
  }

  /** A message that was sent after the call has been received in each partition. Resolves with the time that it took. */
  async progress(): Promise<number> {
    const startedAt = performance.now()
    const { sent } = await this.#status()
    await waitUntil(
      `messages of ${this.name}`,
      async () => {
        const { received } = await this.#status()
        const isAfter = received.every((count, partition) => count * partitionCount + partition > sent)
        return isAfter ? undefined : `of ${sent} and more sent, ${received.join(' + ')} were received`
      },
      progressTimeoutMs,
    )
    return performance.now() - startedAt
  }

  /** It has received all that it sent, and ended. */
  async end(): Promise<ReturnType<typeof judge>> {
    this.#child.stdin?.end()
    const [code] = await this.#ended
    if (code !== 0) throw new Error(`${this.name} ended with ${String(code)}: ${this.#errors}`)
    return judge(this.#lines.at(-1) ?? '')
  }

  async #status(): Promise<Status> {
    const index = this.#lines.length
    this.#child.stdin?.write('\n')
    await waitUntil(`an answer of ${this.name}`, () => {
      if (this.#child.exitCode !== null) throw new Error(`${this.name} ended: ${this.#errors}`)
      return this.#lines.length > index ? undefined : this.#errors
    })
    // The client wrote it: anything else shows no progress.
    return JSON.parse(this.#lines[index] ?? '') as Status
  }
}
