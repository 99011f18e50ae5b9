import type { Decision } from '../types.js'

interface Entry {
  readonly port: number | undefined
  readonly decision: Decision
  readonly next: Entry | undefined
}

// 2 x 2,048 decisions of about 1 kB: what a process with thousands of brokers asks, and no more than a few MB.
const generationSize = 2048
// No host name is longer; longer texts are decided each time, so that they are not kept.
const maxHostLength = 255

/** The latest decisions by the host and port that were asked, bounded by count: two generations, the older dropped whole. */
export class DecisionMemo {
  #young = new Map<string, Entry>()
  #old = new Map<string, Entry>()
  #youngCount = 0

  get(host: string, port: number | undefined): Decision | undefined {
    const decision = find(this.#young.get(host), port)
    if (decision !== undefined) return decision
    const older = find(this.#old.get(host), port)
    if (older !== undefined) this.set(host, port, older)
    return older
  }

  set(host: string, port: number | undefined, decision: Decision): void {
    if (host.length > maxHostLength) return
    if (this.#youngCount >= generationSize) {
      this.#old = this.#young
      this.#young = new Map()
      this.#youngCount = 0
    }
    this.#young.set(host, { port, decision, next: this.#young.get(host) })
    this.#youngCount++
  }
}

function find(entry: Entry | undefined, port: number | undefined): Decision | undefined {
  let at = entry
  while (at !== undefined && at.port !== port) at = at.next
  return at?.decision
}
