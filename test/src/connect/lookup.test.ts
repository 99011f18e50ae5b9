import { AsyncLocalStorage } from 'node:async_hooks'
import { execFile } from 'node:child_process'
import dns, { type LookupAddress } from 'node:dns'
import { connect } from 'node:net'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { ResolveError } from '../../../lib/resolver/resolve-error.js'
import { AllowList } from '../../../lib/address/guard.js'
import { createLookup } from '../../../src/connect/lookup.js'
import { compileMap } from '../../../src/map/compile.js'
import { answer, fakeContext, fakeMap, type ContextOptions } from './fixtures/fakes.js'
import { fateOf, listen } from './fixtures/servers.js'
import { loaderFlags, moduleFile } from '../../project.js'

const host = 'b0.kafka.example'
const rules = [{ match: host, to: 'vpce.example' }]

function setUp(t: Test, options: ContextOptions = { rules }) {
  const context = fakeContext({ ...options, settings: { allow: null, ...options.settings } })
  const lookup = createLookup(context)
  const asked: unknown[][] = []
  t.intercept(dns, 'lookup', {
    value: (...args: unknown[]) => {
      asked.push(args)
      Reflect.apply(dnsLookup, dns, args)
    },
  })
  return { context, lookup, asked, call: caller(lookup) }
}

const dnsLookup = Reflect.get(dns, 'lookup') as (...args: unknown[]) => void

/** Calls the function with the arguments and a callback: what it was called back with, and that it was later. */
const caller =
  (lookup: unknown) =>
  (...args: unknown[]): Promise<unknown[]> =>
    new Promise(resolve => {
      let isLater = false
      Reflect.apply(lookup as (...args: unknown[]) => void, undefined, [
        ...args,
        (...given: unknown[]) => resolve(isLater ? given : ['called back at once']),
      ])
      isLater = true
    })

const four = { address: '192.0.2.1', family: 4 }
const four2 = { address: '192.0.2.2', family: 4 }
const six = { address: '2001:db8::1', family: 6 }

const forms: { name: string; args: unknown[]; given: unknown[] }[] = [
  { name: '(host, callback)', args: [], given: [null, '192.0.2.1', 4] },
  { name: '(host, undefined, callback)', args: [undefined], given: [null, '192.0.2.1', 4] },
  { name: '(host, null, callback)', args: [null], given: [null, '192.0.2.1', 4] },
  { name: '(host, 0, callback)', args: [0], given: [null, '192.0.2.1', 4] },
  { name: '(host, 4, callback)', args: [4], given: [null, '192.0.2.1', 4] },
  { name: '(host, 6, callback)', args: [6], given: [null, '2001:db8::1', 6] },
  { name: '(host, {}, callback)', args: [{}], given: [null, '192.0.2.1', 4] },
  { name: 'family 6', args: [{ family: 6 }], given: [null, '2001:db8::1', 6] },
  { name: "family 'IPv6'", args: [{ family: 'IPv6' }], given: [null, '2001:db8::1', 6] },
  { name: "family 'IPv4'", args: [{ family: 'IPv4' }], given: [null, '192.0.2.1', 4] },
  { name: 'all', args: [{ all: true }], given: [null, [four, four2, six]] },
  { name: 'all of IPv4', args: [{ all: true, family: 4 }], given: [null, [four, four2]] },
  { name: 'all of IPv6', args: [{ all: true, family: 6 }], given: [null, [six]] },
  { name: 'as net asks', args: [{ all: true, hints: dns.ADDRCONFIG }], given: [null, [four, four2, six]] },
  { name: 'as net asks with family', args: [{ family: 4, hints: 0 }], given: [null, '192.0.2.1', 4] },
  { name: 'order ipv6first', args: [{ all: true, order: 'ipv6first' }], given: [null, [six, four, four2]] },
  { name: 'order ipv6first for one', args: [{ order: 'ipv6first' }], given: [null, '2001:db8::1', 6] },
  { name: 'order ipv4first', args: [{ all: true, order: 'ipv4first' }], given: [null, [four, four2, six]] },
  { name: 'verbatim', args: [{ all: true, verbatim: true }], given: [null, [four, four2, six]] },
  { name: 'verbatim: false', args: [{ all: true, verbatim: false }], given: [null, [four, four2, six]] },
  {
    name: 'V4MAPPED where there is IPv6',
    args: [{ all: true, family: 6, hints: dns.V4MAPPED }],
    given: [null, [six]],
  },
  {
    name: 'V4MAPPED and ALL',
    args: [{ all: true, family: 6, hints: dns.V4MAPPED | dns.ALL }],
    given: [null, [six, { address: '::ffff:192.0.2.1', family: 6 }, { address: '::ffff:192.0.2.2', family: 6 }]],
  },
]
for (const warm of [true, false]) {
  for (const { name, args, given } of forms) {
    t.test(`${name} from ${warm ? 'the cache' : 'a nameserver'}, called back later`, async t => {
      const { context, call } = setUp(t)
      const addresses = ['192.0.2.1', '192.0.2.2', '2001:db8::1']
      if (warm) context.resolver.cache('vpce.example', ...addresses)
      else context.resolver.answers('vpce.example', { addresses })
      t.strictSame(await call(host, ...args), given)
      t.equal(context.events.hits.length, warm ? 1 : 0)
      t.equal(context.events.lookup.length, warm ? 0 : 1)
    })
  }
}

t.test('an answer is kept until its lease ends, and no longer', async t => {
  const { context, call } = setUp(t)
  const lease = { untilMs: Infinity }
  const cacheWith = (address: string) =>
    context.resolver.cached.set('vpce.example', { ...answer({ addresses: [address], source: 'cache' }), lease })
  cacheWith('192.0.2.1')
  t.strictSame(await call(host), [null, '192.0.2.1', 4])
  cacheWith('192.0.2.2')
  t.strictSame(await call(host), [null, '192.0.2.1', 4])
  lease.untilMs = -Infinity
  t.strictSame(await call(host), [null, '192.0.2.2', 4])
})

t.test('V4MAPPED where there is no IPv6 gives the IPv4 addresses in IPv6 form', async t => {
  const { context, call } = setUp(t)
  context.resolver.cache('vpce.example', '192.0.2.1')
  t.strictSame(await call(host, { family: 6, hints: dns.V4MAPPED }), [null, '::ffff:192.0.2.1', 6])
})

t.test('with ipv6first as the default of the process', async t => {
  const { context, call } = setUp(t)
  context.resolver.cache('vpce.example', '192.0.2.1', '2001:db8::1')
  const before = dns.getDefaultResultOrder()
  dns.setDefaultResultOrder('ipv6first')
  t.teardown(() => dns.setDefaultResultOrder(before))
  t.strictSame(await call(host), [null, '2001:db8::1', 6])
})

t.test('wrong arguments throw what dns.lookup throws, for mapped names as for others', async t => {
  const { lookup } = setUp(t)
  const noop = () => undefined
  const wrong: unknown[][] = [
    [],
    [undefined],
    ['callback'],
    [{}, 'callback'],
    [{}],
    [4],
    [5, noop],
    ['4', noop],
    [true, noop],
    [{ family: 5 }, noop],
    [{ family: 'IPv5' }, noop],
    [{ all: 1 }, noop],
    [{ hints: 'x' }, noop],
    [{ hints: 1 << 20 }, noop],
    [{ verbatim: 1 }, noop],
    [{ order: 'random' }, noop],
  ]
  const thrown = (call: unknown, args: unknown[]) => {
    try {
      Reflect.apply(call as () => void, undefined, args)
    } catch (error) {
      return error as NodeJS.ErrnoException
    }
    return undefined
  }
  for (const args of wrong) {
    const expected = thrown(dnsLookup, ['localhost', ...args])
    t.ok(expected, `Node throws on ${JSON.stringify(args)}`)
    const { code, message } = thrown(lookup, [host, ...args]) ?? {}
    t.strictSame({ code, message }, { code: expected?.code, message: expected?.message }, JSON.stringify(args))
  }
  for (const name of [1, {}, [], true]) t.match(thrown(lookup, [name, noop]), { code: 'ERR_INVALID_ARG_TYPE' })
})

t.test('the answer may be changed by its caller without harm', async t => {
  const { context, call } = setUp(t)
  context.resolver.cache('vpce.example', '192.0.2.1')
  const [, first] = (await call(host, { all: true })) as [null, LookupAddress[]]
  Object.assign(first[0] ?? {}, { address: 'spoilt' })
  first.length = 0
  t.strictSame(await call(host, { all: true }), [null, [four]])
})

t.test('promisified it gives what dns.lookup gives', async t => {
  const { context, lookup } = setUp(t)
  context.resolver.cache('vpce.example', '192.0.2.1')
  const promised = promisify(lookup as typeof dns.lookup)
  t.strictSame(await promised(host), four)
  t.strictSame(await promised(host, 4), four)
  t.strictSame(await promised(host, { all: true }), [four])
  await t.rejects(promised('a..b'), { code: 'ENOTFOUND' })
  t.strictSame(await promised('127.0.0.1'), { address: '127.0.0.1', family: 4 })
})

t.test('unmapped names and literals go to dns.lookup as they came', async t => {
  const { asked, call, lookup } = setUp(t, { rules: [...rules, { match: '192.0.2.9', to: 'vpce.example' }] })
  t.strictSame(await call('127.0.0.1'), [null, '127.0.0.1', 4])
  t.strictSame(await call('192.0.2.9', { all: true }), [null, [{ address: '192.0.2.9', family: 4 }]])
  t.match(await call('localhost', { family: 4 }), [null, '127.0.0.1', 4])
  t.strictSame(
    asked.map(args => args.slice(0, -1)),
    [['127.0.0.1'], ['192.0.2.9', { all: true }], ['localhost', { family: 4 }]],
  )
  const options = {}
  lookup('localhost', options, () => undefined)
  t.equal(asked.at(-1)?.[1], options)
})

t.test('without a map the empty name is Node’s business', async t => {
  const { call } = setUp(t, { rules: [] })
  t.match(await call(''), { 0: null, 1: null })
})

for (const name of ['', undefined, null]) {
  t.test(`${JSON.stringify(name)} is answered as Node answers it, where a map is in force too`, async t => {
    const { call } = setUp(t)
    for (const options of [{}, { all: true }]) t.same(await call(name, options), await caller(dnsLookup)(name, options))
  })
}

const notNames = [' ', 'a..b', '.a', 'a b', 'a\nb', '\u0000', 'x'.repeat(64), `${'a.'.repeat(127)}bc`]
for (const name of notNames) {
  t.test(`${JSON.stringify(name)?.slice(0, 20)} is ENOTFOUND where a map is in force`, async t => {
    const { call, asked, context } = setUp(t)
    for (const options of [{}, { all: true }]) {
      const given = await call(name, options)
      t.equal(given.length, 1)
      t.match(given[0], { code: 'ENOTFOUND', syscall: 'getaddrinfo' })
    }
    t.equal(asked.length + context.resolver.asked.length, 0)
  })
}

t.test('errors', async t => {
  t.test('a target that sets a port', async t => {
    const { call } = setUp(t, { rules: [{ match: host, to: 'vpce.example:9092' }] })
    const [error] = await call(host)
    t.match(error, {
      code: 'ERR_SPLIT_DNS_TARGET',
      message: `${host}: lookup gives no port, but vpce.example:9092 sets one (rule '${host}' (test map:1))`,
    })
  })

  t.test('a rule with a port does not count', async t => {
    const { call, asked } = setUp(t, { rules: [{ match: '127.0.0.1:9092', to: 'vpce.example' }] })
    await call('127.0.0.1')
    t.equal(asked.length, 1)
  })

  t.test('refused by rule, by unmapped, by the guard, by allow', async t => {
    const byRule = setUp(t, { rules: [{ match: host, to: 'refuse' }] })
    t.match(await byRule.call(host), [{ code: 'ERR_SPLIT_DNS_REFUSED' }])
    const unmapped = setUp(t, { map: fakeMap(rules, 'refuse') })
    t.match(await unmapped.call('localhost'), [{ code: 'ERR_SPLIT_DNS_REFUSED', message: 'no rule matches localhost' }])
    const guarded = setUp(t)
    guarded.context.resolver.cache('vpce.example', '127.0.0.1')
    t.match(await guarded.call(host), [{ code: 'ERR_SPLIT_DNS_ADDRESS_REFUSED' }])
    const allowed = setUp(t, { rules, settings: { allow: AllowList.parse(['192.0.2.2']) } })
    allowed.context.resolver.cache('vpce.example', '192.0.2.1', '192.0.2.2')
    t.strictSame(await allowed.call(host, { all: true }), [null, [four2]])
  })

  t.test('no address, and none of the family', async t => {
    const { call, context } = setUp(t)
    t.match(await call(host), [
      { code: 'ENOTFOUND', hostname: host, message: 'does not exist (NXDOMAIN from 192.0.2.53)' },
    ])
    context.resolver.answers('vpce.example', { addresses: ['192.0.2.1'] })
    t.match(await call(host, 6), [{ code: 'ENOTFOUND', message: 'no IPv6 address' }])
    const literal = setUp(t, { rules: [{ match: host, to: '192.0.2.1' }] })
    literal.context.resolver.answers('192.0.2.1', new ResolveError('ENOTFOUND', '192.0.2.1'))
    t.match(await literal.call(host, 6), [{ code: 'ENOTFOUND', message: '; 192.0.2.1: no IPv6 address)' }])
  })

  t.test('a map that throws', async t => {
    const { call } = setUp(t, { rules: [{ match: host, to: '!no target' }] })
    t.match(await call(host), [{ code: 'ERR_SPLIT_DNS_TARGET' }])
  })

  t.test('closed, and closed meanwhile', async t => {
    const { call, context } = setUp(t)
    context.resolver.answers('vpce.example', async () => {
      context.close()
      throw new Error('closed')
    })
    t.match(await call(host), [{ code: 'ERR_SPLIT_DNS_CLOSED' }])
    t.match(await call('localhost'), [{ code: 'ERR_SPLIT_DNS_CLOSED' }])
  })
})

t.test('before the first map it waits', async t => {
  const { call, context } = setUp(t, { map: null, settings: { timeoutMs: 30 } })
  const [waiting, local] = [call(host), call('127.0.0.1')]
  context.resolver.cache('vpce.example', '192.0.2.1')
  context.setMap(fakeMap(rules))
  t.strictSame(await waiting, [null, '192.0.2.1', 4])
  t.strictSame(await local, [null, '127.0.0.1', 4])
  context.setMap(undefined)
  t.match(await call(host), [{ code: 'ERR_SPLIT_DNS_NOT_READY' }])
})

t.test('several targets: all addresses, in the order of the targets', async t => {
  const { call, context } = setUp(t, { rules: [{ match: host, to: ['a.example', 'b.example', 'c.example'] }] })
  context.resolver.cache('a.example', '192.0.2.2').cache('c.example', '192.0.2.1')
  t.strictSame(await call(host, { all: true }), [null, [four2, four]], 'b is not waited for')
  context.resolver.cached.delete('a.example')
  t.strictSame(await call(host, { all: true }), [null, [four]], 'a has none, b has none')
})

t.test("the settings' family holds where the caller names none", async t => {
  const { call, context } = setUp(t, { rules, settings: { family: 6 } })
  context.resolver.cache('vpce.example', '192.0.2.1', '2001:db8::1')
  t.strictSame(await call(host, { all: true }), [null, [six]])
  t.strictSame(await call(host, 4), [null, '192.0.2.1', 4])
})

t.test('net connects by it, and the async context is kept', async t => {
  const { port } = await listen(t, '127.0.0.2')
  const { lookup, context } = setUp(t, { rules, settings: { allow: AllowList.parse(['127.0.0.0/8']) } })
  context.resolver.answers('vpce.example', { addresses: ['127.0.0.2'] })
  for (const options of [{}, { family: 4 }, { autoSelectFamily: false }]) {
    const socket = connect({ host, port, lookup, ...options })
    t.equal(await fateOf(socket), 'connect')
    socket.destroy()
  }
  const storage = new AsyncLocalStorage<string>()
  await storage.run('mine', () => caller(lookup)(host).then(() => t.equal(storage.getStore(), 'mine')))
})

t.test('what the callback throws is an uncaught exception, as with Node', async t => {
  const script = `
    import { createLookup } from ${JSON.stringify(moduleFile('src/connect/lookup'))}
    import { fakeContext } from ${JSON.stringify(moduleFile('test/src/connect/fixtures/fakes'))}
    const context = fakeContext({ rules: [{ match: 'b0.test', to: 'vpce.test' }, { match: 'b1.test', to: 'cold.test' }], settings: { allow: null } })
    context.resolver.cache('vpce.test', '192.0.2.1').answers('cold.test', { addresses: ['192.0.2.1'] })
    const seen = []
    process.on('uncaughtException', (error, origin) => {
      seen.push(origin + ' ' + error.message)
      if (seen.length === 3) console.log(seen.sort().join(', '))
    })
    const lookup = createLookup(context)
    for (const name of ['b0.test', 'b1.test', 'none.b2.test..']) lookup(name, () => { throw new Error(name) })`
  const run = promisify(execFile)
  const { stdout } = await run(process.execPath, [...loaderFlags, '--input-type=module', '-e', script])
  t.equal(stdout.trim(), ['b0.test', 'b1.test', 'none.b2.test..'].map(name => `uncaughtException ${name}`).join(', '))
})

t.test('an error says which rule nearly matched, and nothing where none did', async t => {
  const map = compileMap(
    [{ kind: 'inline', origin: 'KAFKA_SPLIT_DNS_MAP', text: 'b1.invalid:9092=127.0.0.1, *.zone.invalid=127.0.0.1' }],
    {
      ...{ profiles: [], profilesOrigin: 'test', zone: undefined, unmapped: 'system', env: {} },
      readNamespace: () => undefined,
    },
  ).map
  const { call } = setUp(t, { map })
  for (const [name, note] of [
    [
      'b1.invalid',
      /no rule matches b1\.invalid; .*b1\.invalid:9092.* the rule is for port 9092, no port was asked for\)$/,
    ],
    ['zone.invalid', /no rule matches zone\.invalid; .*\*\.zone\.invalid.*'\*' does not cover zone\.invalid itself\)$/],
    ['other.invalid', /^getaddrinfo \w+ other\.invalid$/],
  ] as const) {
    const [error] = await call(name, {})
    t.match(error, { message: note, syscall: 'getaddrinfo', hostname: name }, name)
  }
})

const rejecting: { name: string; callback: () => unknown }[] = [
  { name: 'an async function', callback: async () => Promise.reject(new Error('on purpose')) },
  { name: 'a function that returns a promise', callback: () => Promise.reject(new Error('on purpose')) },
]
for (const { name, callback } of rejecting) {
  t.test(`a callback that rejects is reported, and does not end the process: ${name}`, async t => {
    const { context } = setUp(t)
    context.resolver.cache('vpce.example', '192.0.2.1').answers('asked.example', { addresses: ['192.0.2.2'] })
    const failures: string[] = []
    const observer = {
      ...context.observer,
      callbackFailed: (what: string, error: unknown) => failures.push(`${what}: ${String(error)}`),
    }
    const rules = ['vpce', 'asked', 'unknown'].map(label => ({
      match: `${label}.kafka.example`,
      to: `${label}.example`,
    }))
    const lookup = createLookup({ ...context, currentMap: () => fakeMap(rules), observer })
    // Known, asked for, and failed.
    for (const { match } of rules) lookup(match, {}, callback)
    await new Promise(resolve => setImmediate(resolve))
    t.same(failures, Array(3).fill('the callback of lookup: Error: on purpose'))
  })
}
