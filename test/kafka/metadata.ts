import { connect } from 'node:net'

export interface Metadata {
  /** As they advertise themselves on the listener that was asked, by id. */
  readonly brokers: readonly { readonly id: number; readonly host: string; readonly port: number }[]
  readonly topics: readonly { readonly name: string; readonly partitions: readonly Partition[] }[]
}

interface Partition {
  readonly partition: number
  readonly leader: number
  readonly replicas: readonly number[]
  readonly inSync: readonly number[]
}

/**
 * What one broker tells clients about the cluster: a Metadata request v1 in plain text. kafkajs would do, but hides
 * which broker it asked, and a cluster is up only when every broker says so. `topics`: all of them, else none.
 */
export async function fetchMetadata(host: string, port: number, options: { topics?: boolean } = {}): Promise<Metadata> {
  // Of a broker that shares a busy machine.
  const timeoutMs = 20_000
  const socket = connect({ host, port })
  socket.setTimeout(timeoutMs, () =>
    socket.destroy(new Error(`${host}:${port} does not answer within ${timeoutMs} ms`)),
  )
  socket.write(metadataRequest(options.topics ?? false))
  let received = Buffer.alloc(0)
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    received = Buffer.concat([received, chunk])
    // Leaving the loop destroys the socket.
    if (received.length >= 4 && received.length >= 4 + received.readInt32BE(0)) return parseMetadata(received)
  }
  throw new Error(`${host}:${port} closed the connection`)
}

function metadataRequest(topics: boolean): Buffer {
  const request = Buffer.alloc(18)
  request.writeInt32BE(14, 0) // size of what follows
  request.writeInt16BE(3, 4) // Metadata
  request.writeInt16BE(1, 6) // v1
  request.writeInt32BE(1, 8) // correlation id
  request.writeInt16BE(-1, 12) // client id: null
  request.writeInt32BE(topics ? -1 : 0, 14) // null: all topics; empty: none
  return request
}

function parseMetadata(buffer: Buffer): Metadata {
  const reader = new Reader(buffer, 8)
  const brokers = reader.array(() => {
    const broker = { id: reader.int32(), host: reader.string() ?? '', port: reader.int32() }
    reader.string() // rack
    return broker
  })
  reader.int32() // controller's id
  const topics = reader.array(() => {
    reader.skip(2) // error code
    const name = reader.string() ?? ''
    reader.skip(1) // is internal
    return { name, partitions: reader.array(() => partition(reader)) }
  })
  return { brokers: brokers.sort((a, b) => a.id - b.id), topics }
}

function partition(reader: Reader): Partition {
  reader.skip(2) // error code
  const int32 = () => reader.int32()
  return { partition: int32(), leader: int32(), replicas: reader.array(int32), inSync: reader.array(int32) }
}

/** Kafka's primitive types, one after the other. */
class Reader {
  readonly #buffer: Buffer
  #at: number

  constructor(buffer: Buffer, at: number) {
    this.#buffer = buffer
    this.#at = at
  }

  skip(count: number): number {
    this.#at += count
    return this.#at - count
  }

  int32(): number {
    return this.#buffer.readInt32BE(this.skip(4))
  }

  string(): string | null {
    const length = this.#buffer.readInt16BE(this.skip(2))
    if (length < 0) return null
    const start = this.skip(length)
    return this.#buffer.toString('utf8', start, start + length)
  }

  array<T>(read: () => T): T[] {
    return Array.from({ length: this.int32() }, read)
  }
}
