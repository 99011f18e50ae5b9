import t from 'tap'
import { watchNativeClients } from '../../../src/register/native-clients.js'

/** In the place of `process`: loads every file but those whose name holds `broken`. */
function setUp() {
  const loaded: unknown[][] = []
  const warnings: string[] = []
  const dlopen = (...args: unknown[]) => {
    if (String(args[1]).includes('broken')) throw Object.assign(new Error('no addon'), { code: 'ERR_DLOPEN_FAILED' })
    loaded.push(args)
    return 'result'
  }
  const loader = { dlopen }
  const stop = watchNativeClients(loader, message => void warnings.push(message))
  return { loader, loaded, warnings, stop, dlopen }
}

const files = [
  { file: '/app/node_modules/node-rdkafka/build/Release/node-librdkafka.node', warns: 1 },
  {
    file: '/app/node_modules/@confluentinc/kafka-javascript/build/Release/confluent-kafka-javascript.node',
    warns: 1,
  },
  { file: 'C:\\app\\node_modules\\node-rdkafka\\build\\Release\\node-librdkafka.node', warns: 1 },
  { file: '/app/node_modules/kerberos/build/Release/kerberos.node', warns: 0 },
  { file: '/app/node_modules/broken-librdkafka.node', warns: 0 },
]
for (const { file, warns } of files) {
  t.test(`${file} makes ${warns} warnings`, async t => {
    const { loader, warnings } = setUp()
    const load = () => {
      try {
        loader.dlopen({}, file)
      } catch {
        // As an addon does that is not of this machine.
      }
    }
    load()
    load()
    t.equal(warnings.length, warns)
    for (const warning of warnings) t.match(warning, /librdkafka.*`kafka-split-dns serve`.*docs\/clients\.md/)
  })
}

t.test('everything loads as without it: the same arguments, result and throw', async t => {
  const { loader, loaded } = setUp()
  const module = {}
  t.equal(loader.dlopen(module, '/a/librdkafka.node', 1), 'result')
  t.strictSame(loaded, [[module, '/a/librdkafka.node', 1]])
  t.throws(() => loader.dlopen({}, '/a/broken.node'), { code: 'ERR_DLOPEN_FAILED' })
})

t.test('once it has warned, or is stopped, what loads is what did before', async t => {
  const warned = setUp()
  t.not(warned.loader.dlopen, warned.dlopen)
  warned.loader.dlopen({}, '/a/librdkafka.node')
  t.equal(warned.loader.dlopen, warned.dlopen)
  const stopped = setUp()
  const wrapper = stopped.loader.dlopen
  stopped.stop()
  t.equal(stopped.loader.dlopen, stopped.dlopen)
  wrapper({}, '/a/librdkafka.node')
  t.strictSame(stopped.warnings, [])
})

t.test('a wrapper that came later stays', async t => {
  const { loader, warnings } = setUp()
  const inner = loader.dlopen
  const later = (...args: unknown[]) => inner(...args)
  loader.dlopen = later
  loader.dlopen({}, '/a/librdkafka.node')
  loader.dlopen({}, '/a/librdkafka.node')
  t.equal(loader.dlopen, later)
  t.equal(warnings.length, 1)
})
