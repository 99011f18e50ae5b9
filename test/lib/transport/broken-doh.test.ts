import t from 'tap'
import { createTransport } from '../../../lib/transport/create-transport.js'
import { TransportError } from '../../../lib/transport/transport.js'
import { isFullRun } from '../../full-run.js'
import { brokenProtocols, startBrokenServer, type BrokenProtocol } from '../../servers/broken/doh-server.js'
import { random } from '../../servers/random.js'
import { ask, certificate } from './fixture.js'

// DoH servers that break TLS, HTTP/1.1 and HTTP/2, each in a way of its own with several names in flight: whatever they
// do, each exchange settles with a response, a TransportError or its signal's reason, and nothing is thrown elsewhere.
const KINDS = isFullRun ? 510 : 90
const AT_A_TIME = 6
// Long enough for a handshake on a busy machine: where all is too late, nothing was broken.
const PATIENCE_MS = 300
const SEED = 20_261_129

const thrown: string[] = []
let current = ''
// Not a listener for 'uncaughtException': it would keep the fault from failing the file.
process.on('uncaughtExceptionMonitor', error => thrown.push(`${current}: ${String(error)}`))

const known = [
  'NOERROR',
  'RCODE',
  'too late',
  'EBADRESP',
  'ECERT',
  'ECONNRESET',
  'EPIPE',
  'EHTTP',
  'EPROTO',
  'ECLOSED',
  'ERR_SSL_',
  'ERR_TLS_',
]

async function outcomesOf(protocol: BrokenProtocol, seed: number): Promise<readonly string[]> {
  const server = await startBrokenServer(protocol, seed, certificate)
  const transport = createTransport({ tls: { ca: certificate.cert } })
  const chance = random(seed ^ 0x5eed)
  const url = `https://127.0.0.1:${server.port}/dns-query`
  const one = async (index: number) => {
    const signal = AbortSignal.timeout(chance.below(4) > 0 ? PATIENCE_MS : 1 + chance.below(20))
    return ask(transport, { kind: 'https', label: 'broken', url }, { name: `b${index}.kafka.example`, signal }).then(
      ({ rcode }) => rcode,
      (error: unknown) => {
        if (error === signal.reason) return 'too late'
        return error instanceof TransportError && error.code !== 'EIO' ? error.code : `thrown: ${String(error)}`
      },
    )
  }
  const first = await Promise.all([0, 1, 2, 3].map(one))
  const later = [4, 5].map(one)
  if (chance.below(3) === 0) await transport.close()
  const outcomes = [...first, ...(await Promise.all(later))]
  await transport.close()
  await server.close()
  return outcomes
}

for (const protocol of brokenProtocols) {
  t.test(`${protocol}: whatever a server breaks, each exchange settles and nothing is thrown elsewhere`, async t => {
    const counts = new Map<string, number>()
    for (let index = 0; index < KINDS / brokenProtocols.length; index += AT_A_TIME) {
      const seeds = Array.from({ length: AT_A_TIME }, (_, offset) => SEED + index + offset)
      current = `${protocol}, seeds ${seeds[0]} to ${seeds.at(-1)}`
      for (const outcomes of await Promise.all(seeds.map(seed => outcomesOf(protocol, seed)))) {
        for (const outcome of outcomes) counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
      }
    }
    const strange = [...counts.keys()].filter(outcome => !known.some(code => outcome.startsWith(code)))
    t.same(strange, [], JSON.stringify(Object.fromEntries(counts)))
    t.ok(counts.size > 3, 'they are broken in many ways')
  })
}

t.test('nothing was thrown where nobody could catch it, and nothing is left open', async t => {
  for (let turn = 0; turn < 200; turn++) await new Promise(setImmediate)
  t.same(thrown, [])
  t.same(
    process.getActiveResourcesInfo().filter(each => /^(TCP|TLS|Timeout$)/.test(each)),
    [],
  )
})
