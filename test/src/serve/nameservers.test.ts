import { writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { systemLookup } from '../../../lib/transport/system.js'
import { createTransport } from '../../../lib/transport/create-transport.js'
import { createResolver } from '../../../lib/resolver/resolver.js'
import { parseUpstream } from '../../../lib/transport/upstream.js'
import { Nameservers } from '../../../src/serve/server/nameservers.js'
import { resolvConfFile } from './fixture.js'

const here = { address: '127.0.0.1', port: 53 }
const resolvConf = 'nameserver 127.0.0.1\nnameserver 192.0.2.53\nnameserver 192.0.2.54\nsearch example'
const named = (...texts: string[]) => ({ nameservers: texts.length === 0 ? null : texts.map(parseUpstream) })
const labels = (list: readonly { label: string }[]) => list.map(({ label }) => label).join(' ')

/** The nameservers behind a server on 127.0.0.1:53, with a clock that stands still until it is set. */
async function open(t: Test, settings: ReturnType<typeof named>, text: string, own = here) {
  const clock = { nowMs: 0 }
  const warnings: string[] = []
  const resolvConfPath = resolvConfFile(t, text)
  const onWarning = (message: string) => void warnings.push(message)
  const options = { settings, own, resolvConfPath, onWarning, now: () => clock.nowMs }
  return { nameservers: await Nameservers.open(options), resolvConfPath, clock, warnings }
}

const table: readonly [string, ReturnType<typeof named>, string, { upstreams: string; passOn: string }][] = [
  [
    'resolv.conf without this server',
    named(),
    resolvConf,
    { upstreams: 'resolv.conf', passOn: 'udp://192.0.2.53:53 udp://192.0.2.54:53' },
  ],
  [
    'system is what resolv.conf names, because the system asks this server',
    named('192.0.2.1', 'system'),
    resolvConf,
    {
      upstreams: 'udp://192.0.2.1:53 system',
      passOn: 'udp://192.0.2.1:53 udp://192.0.2.53:53 udp://192.0.2.54:53',
    },
  ],
  [
    'its own address among the nameservers',
    named('127.0.0.1', 'tcp://127.0.0.1:53', '127.0.0.1:5353', 'tls://192.0.2.1'),
    resolvConf,
    {
      upstreams: 'udp://127.0.0.1:5353 tls://192.0.2.1:853',
      passOn: 'udp://127.0.0.1:5353 tls://192.0.2.1:853',
    },
  ],
  [
    'its own address in other forms',
    named('[::ffff:127.0.0.1]:53', '[::ffff:7f00:1]:53', 'tcp://0.0.0.0:53', '[::1]:53', '[::]:53', '127.0.0.2'),
    resolvConf,
    {
      upstreams: 'udp://[::1]:53 udp://[::]:53 udp://127.0.0.2:53',
      passOn: 'udp://[::1]:53 udp://[::]:53 udp://127.0.0.2:53',
    },
  ],
  [
    'DoH is for targets alone',
    named('https://192.0.2.1/dns-query', '192.0.2.2'),
    resolvConf,
    { upstreams: 'https://192.0.2.1/dns-query udp://192.0.2.2:53', passOn: 'udp://192.0.2.2:53' },
  ],
]

for (const [what, settings, text, expected] of table) {
  t.test(what, async t => {
    const { nameservers } = await open(t, settings, text)
    const { upstreams } = nameservers
    const found = { upstreams: typeof upstreams === 'string' ? upstreams : labels(upstreams) }
    t.same({ ...found, passOn: labels(nameservers.passOn()) }, expected)
  })
}

t.test('the same over IPv6', async t => {
  const settings = named('[::1]:53', '[::]:53', '[0:0:0:0:0:0:0:1]:53', '127.0.0.1')
  const { nameservers } = await open(t, settings, '', { address: '::1', port: 53 })
  t.equal(labels(nameservers.passOn()), 'udp://127.0.0.1:53')
})

t.test('none left is an error that says what to add', async t => {
  const alone = /names no nameserver besides 127\.0\.0\.1:53, this server itself: add one/
  await t.rejects(open(t, named(), 'nameserver 127.0.0.1'), alone)
  await t.rejects(open(t, named(), ''), alone)
  await t.rejects(open(t, named('127.0.0.1:53'), resolvConf), alone)
  await t.rejects(open(t, named('https://192.0.2.1/dns-query'), resolvConf), /only DoH servers/)
})

for (const settings of [named(), named('system')]) {
  t.test(
    `a changed resolv.conf counts a second later, ${settings.nameservers ? 'for system' : 'by default'}`,
    async t => {
      const { nameservers, resolvConfPath, clock, warnings } = await open(t, settings, resolvConf)
      const after = async (text: string, expected: string) => {
        writeFileSync(resolvConfPath, text)
        clock.nowMs += 1_000
        // The check goes on beside the question that begins it.
        for (let tries = 0; tries < 200; tries++) {
          if (tries > 10 && labels(nameservers.passOn()) === expected) break
          nameservers.passOn()
          await new Promise(resolve => setTimeout(resolve, 5))
        }
        t.equal(labels(nameservers.passOn()), expected, text)
      }
      await after('nameserver 127.0.0.1\nnameserver 192.0.2.77\n', 'udp://192.0.2.77:53')
      await after('# it is being written: while it names none, those before count', 'udp://192.0.2.77:53')
      await after('options use-vc\nnameserver 192.0.2.77', 'tcp://192.0.2.77:53')
      t.same(warnings, [])
    },
  )
}

t.test('a resolver leaves them out of resolv.conf, too, and asks nobody where none is left', async t => {
  const resolvConfPath = resolvConfFile(t, 'nameserver 127.0.0.1')
  const attempts: string[] = []
  const resolver = createResolver({
    ...{ timeoutMs: 500, attemptMs: 200, cacheMax: 10, minTtl: 0, maxTtl: 60, negativeTtl: 1, stale: 0 },
    ...{ upstreams: 'resolv.conf', resolvConfPath, systemLookup, transport: createTransport() },
    isExcluded: server => 'address' in server && server.address === '127.0.0.1',
    now: () => performance.now(),
    onQuery: ({ server }) => attempts.push(server),
  })
  t.teardown(() => resolver.close())
  await t.rejects(resolver.resolve('a.example', { family: 0, fallback: 'none' }), { code: 'EAI_AGAIN' })
  t.same(attempts, [])
})
