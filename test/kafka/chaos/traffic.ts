import type { Consumer, Kafka, Producer } from 'kafkajs'
import { sleep, waitUntil } from '../wait.js'

export const partitionCount = 3
const pauseMs = 10

/** What was sent while one thing was wrong, and what became of it. */
export interface Tally {
  readonly sent: number
  readonly acknowledged: number
  readonly received: number
  /** Acknowledged and never received. */
  readonly lost: number
  /** Twice in the log. */
  readonly duplicates: number
  /** Received again, because the group began again before it: once in the log. */
  readonly redelivered: number
  /** The longest time without an acknowledgement in any one partition. */
  readonly longestGapMs: number
}

interface Phase {
  readonly acknowledged: Set<string>
  sent: number
  longestGapMs: number
}

/**
 * A producer (acks=all, idempotent, one partition a send, the next message when the last one is acknowledged) and a
 * consumer group that never stop. kafkajs retries without an end: a send that it gave up might be in the log or not.
 */
export class Traffic {
  readonly #producer: Producer
  readonly #consumer: Consumer
  readonly #topic: string
  readonly #lastAckMs: number[]
  readonly #received = new Map<string, string>()
  readonly #duplicates: string[] = []
  readonly #redelivered: string[] = []
  #phase: Phase = newPhase()
  #acks: { partition: number; atMs: number }[] = []
  #isEnding = false
  #failure: Error | undefined
  #lanes: Promise<unknown> = Promise.resolve()

  private constructor(kafka: Kafka, topic: string) {
    this.#topic = topic
    this.#producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, metadataMaxAge: 5_000 })
    this.#consumer = kafka.consumer({
      groupId: `${topic}-readers`,
      maxWaitTimeInMs: 100,
      sessionTimeout: 10_000,
      rebalanceTimeout: 5_000,
      heartbeatInterval: 500,
      metadataMaxAge: 5_000,
    })
    this.#lastAckMs = Array.from({ length: partitionCount }, () => performance.now())
  }

  /** Messages flow, in every partition and out of it. */
  static async start(kafka: Kafka, topic: string): Promise<Traffic> {
    const traffic = new Traffic(kafka, topic)
    await traffic.#start()
    await traffic.flows()
    await traffic.finish()
    return traffic
  }

  /** Counts anew from here. */
  begin(): void {
    this.#phase = newPhase()
    this.#duplicates.length = 0
    this.#redelivered.length = 0
    this.#lastAckMs.fill(performance.now())
  }

  /** What has become of the messages since `begin`: each has been acknowledged, and received if it ever comes. */
  async finish(timeoutMs = 45_000): Promise<Tally> {
    const phase = this.#phase
    const gaps = this.#lastAckMs.map(at => performance.now() - at)
    const longestGapMs = Math.max(phase.longestGapMs, ...gaps)
    this.#phase = newPhase()
    await this.#until('their acknowledgements', timeoutMs, () => phase.sent - phase.acknowledged.size)
    const awaited = new Set(phase.acknowledged)
    const left = () => {
      for (const value of awaited) if (this.#received.has(value)) awaited.delete(value)
      return awaited.size
    }
    await this.#until('the consumer group', timeoutMs, left).catch(() => this.#throwFailure())
    const acknowledged = phase.acknowledged.size
    return {
      ...{ sent: phase.sent, acknowledged, received: acknowledged - awaited.size, lost: awaited.size },
      ...{ duplicates: this.#duplicates.length, redelivered: this.#redelivered.length, longestGapMs },
    }
  }

  /** How long after `fromMs` a send was acknowledged in each partition. Waits for it; rejects where it does not come. */
  async flows(fromMs = performance.now(), timeoutMs = 90_000): Promise<number> {
    let tookMs = 0
    await waitUntil(
      'a send in each partition',
      () => {
        this.#throwFailure()
        const waiting = this.#lastAckMs.flatMap((at, partition) => (at > fromMs ? [] : [partition]))
        if (waiting.length > 0) return `none in partition ${waiting.join(', ')}`
        // At the first look: within 50 ms of the last lane.
        tookMs = Math.max(...this.#firstAckAfter(fromMs))
        return undefined
      },
      timeoutMs,
    )
    return tookMs
  }

  async end(): Promise<void> {
    this.#isEnding = true
    await this.#lanes
    await Promise.all([this.#producer.disconnect(), this.#consumer.disconnect()])
  }

  #firstAckAfter(fromMs: number): number[] {
    const partitions = Array.from({ length: partitionCount }, (_, partition) => partition)
    return partitions.map(partition => {
      const ack = this.#acks.find(({ partition: of, atMs }) => of === partition && atMs > fromMs)
      return (ack?.atMs ?? performance.now()) - fromMs
    })
  }

  async #start(): Promise<void> {
    await Promise.all([this.#producer.connect(), this.#consumer.connect()])
    await this.#consumer.subscribe({ topics: [this.#topic], fromBeginning: true })
    this.#consumer.on(this.#consumer.events.CRASH, ({ payload }) => {
      if (!payload.restart) this.#failure ??= payload.error
    })
    await this.#consumer.run({
      partitionsConsumedConcurrently: partitionCount,
      eachMessage: async ({ partition, message }) => {
        this.#take(String(message.value), `${partition}:${message.offset}`)
      },
    })
    this.#lanes = Promise.all(this.#lastAckMs.map((_, partition) => this.#lane(partition)))
  }

  async #lane(partition: number): Promise<void> {
    try {
      for (let n = 0; !this.#isEnding; n++) {
        const value = `${partition}-${n}`
        const phase = this.#phase
        phase.sent++
        await this.#producer.send({ topic: this.#topic, acks: -1, messages: [{ partition, value }] })
        phase.acknowledged.add(value)
        this.#acknowledge(partition)
        await sleep(pauseMs)
      }
    } catch (error) {
      this.#failure ??= error instanceof Error ? error : new Error(String(error))
    }
  }

  #acknowledge(partition: number): void {
    const atMs = performance.now()
    const gapMs = atMs - (this.#lastAckMs[partition] ?? atMs)
    this.#phase.longestGapMs = Math.max(this.#phase.longestGapMs, gapMs)
    this.#lastAckMs[partition] = atMs
    this.#acks.push({ partition, atMs })
    if (this.#acks.length > 100_000) this.#acks = this.#acks.slice(-10_000)
  }

  #take(value: string, at: string): void {
    const known = this.#received.get(value)
    if (known === undefined) this.#received.set(value, at)
    else if (known === at) this.#redelivered.push(value)
    else this.#duplicates.push(value)
  }

  async #until(what: string, timeoutMs: number, left: () => number): Promise<void> {
    const check = () => {
      this.#throwFailure()
      const count = left()
      return count === 0 ? undefined : `${count} messages are left`
    }
    await waitUntil(what, check, timeoutMs)
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure
  }
}

const newPhase = (): Phase => ({ acknowledged: new Set(), sent: 0, longestGapMs: 0 })
