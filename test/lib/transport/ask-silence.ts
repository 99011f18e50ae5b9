// Looks a name up at a server that says nothing, and prints how long the process lives afterwards: run by idle.test.ts.
import { createResolver } from '../../../lib/resolver/resolver.js'
import { createTransport } from '../../../lib/transport/create-transport.js'
import { parseUpstream } from '../../../lib/transport/upstream.js'

const [upstream = ''] = process.argv.slice(2)
const resolver = createResolver({
  transport: createTransport({ tls: {} }),
  systemLookup: () => Promise.reject(new Error('not asked')),
  upstreams: [parseUpstream(upstream)],
  now: () => performance.now(),
  timeoutMs: 150,
  attemptMs: 50,
  cacheMax: 10,
  minTtl: 0,
  maxTtl: 60,
  negativeTtl: 5,
  stale: 0,
})
const failed = await resolver.resolve('b0.kafka.example.', { family: 0, fallback: 'none' }).catch(() => 'failed')
const answeredMs = performance.now()
process.on('exit', () => console.log(JSON.stringify({ failed, lingeredMs: performance.now() - answeredMs })))
