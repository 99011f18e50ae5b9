/** What of `process` loads native code. */
export interface NativeLoader {
  dlopen: (...args: never[]) => unknown
}

// node-rdkafka's node-librdkafka.node, and confluent-kafka-javascript.node.
const librdkafka = /librdkafka|confluent-kafka/i

/**
 * `warn` is told once, when a Kafka client on librdkafka has been loaded: it resolves names in native code, where nothing
 * in this process can lead it. Everything loads as before. Returns what ends that.
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
  'connections (see docs/clients.md of kafka-split-dns for what to use instead)'
