/** What of `process` loads native code. */
export interface NativeLoader {
  dlopen: (...args: never[]) => unknown
}

// node-rdkafka's node-librdkafka.node, and confluent-kafka-javascript.node.
const librdkafka = /librdkafka|confluent-kafka/i

/**
 * Calls `warn` once, when a Kafka client on librdkafka has been loaded: it resolves names in native code, out of reach of
 * any hook in this process. Everything loads as before. Returns a function that ends the watching.
 */
export function watchNativeClients(loader: NativeLoader, warn: (message: string) => void): () => void {
  const original = loader.dlopen as (...args: unknown[]) => unknown
  let isWatching = true
  const dlopen = function (this: unknown, ...args: unknown[]): unknown {
    const result = Reflect.apply(original, this, args)
    const [, file] = args
    if (isWatching && typeof file === 'string' && librdkafka.test(file)) {
      isWatching = false
      giveBack()
      warn(warning)
    }
    return result
  }
  const giveBack = () => {
    if (loader.dlopen === dlopen) loader.dlopen = original
  }
  loader.dlopen = dlopen
  return () => {
    isWatching = false
    giveBack()
  }
}

const warning =
  'a Kafka client on librdkafka is loaded: it resolves names in native code, so no rule of the map holds for its ' +
  'connections. splitDns.serve() or the command `kafka-split-dns serve` answers them (docs/clients.md of kafka-split-dns)'
