import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runInNewContext } from 'node:vm'
import { createServer, type AddressInfo, type Server } from 'node:net'
import t, { type Test } from 'tap'
import { ConfigError } from '../../src/errors.js'
import type { SplitDnsEvents } from '../../src/observe/events.js'
import { openFromEnvironment } from '../../src/register/open.js'
import { createSocketFactory } from '../../src/shared.js'
import { createSplitDns, SplitDns, type SplitDnsOptions } from '../../src/split-dns.js'

/** A `SplitDns` of these options and nothing from this process' environment, closed when the test ends. */
function split(t: Test, options: SplitDnsOptions, env: Record<string, string> = {}): SplitDns {
  const splitDns = new SplitDns({ nameservers: 'system', ...options }, env)
  t.teardown(() => splitDns.close())
  return splitDns
}

async function listen(t: Test, host = '127.0.0.1'): Promise<{ server: Server; port: number }> {
  const server = createServer(socket => socket.on('error', () => undefined).resume())
  await new Promise<void>(resolve => server.listen(0, host, resolve))
  t.teardown(() => server.close())
  return { server, port: (server.address() as AddressInfo).port }
}

/** Resolves with the error that the factory's socket fails with, or null once it is connected. */
const connect = (splitDns: SplitDns, host: string, port: number) =>
  new Promise<(Error & { code?: string }) | null>(resolve => {
    const socket = splitDns.socketFactory({
      host,
      port,
      onConnect: () => {
        socket.destroy()
        resolve(null)
      },
    })
    socket.once('error', resolve)
  })

t.test('a broker is connected at the endpoint that the map names', async t => {
  const { port } = await listen(t)
  const splitDns = split(t, { map: `b{n:int}.kafka.test:9092=127.0.0.1:{${port - 1} + n}` })
  t.equal(await connect(splitDns, 'b1.kafka.test', 9092), null)
  t.match(splitDns.stats(), { map: { rules: 1 }, connects: { connected: 1, failed: 0 } })
})

t.test('variables, options and defaults come together', async t => {
  const splitDns = split(
    t,
    { map: '*.kafka.test=127.0.0.1' },
    {
      KAFKA_SPLIT_DNS_UNMAPPED: 'refuse',
      KAFKA_SPLIT_DNS_MAP: '*.kafka.test=127.0.0.2',
    },
  )
  t.match(splitDns.route('b1.kafka.test', 9092), { action: 'map', targets: [{ host: '127.0.0.1', port: 9092 }] })
  t.match(splitDns.route('other.test', 9092), { action: 'refuse', rule: null })
  t.match(await connect(splitDns, 'other.test', 9092), { code: 'ERR_SPLIT_DNS_REFUSED' })
})

t.test('without a map everything is Node’s own', async t => {
  const { port } = await listen(t)
  const splitDns = split(t, {})
  t.match(splitDns.route('b1.kafka.test', 9092), { action: 'system', rule: null, targets: [] })
  t.equal(await connect(splitDns, '127.0.0.1', port), null)
  t.equal(splitDns.stats().map.rules, 0)
})

const noRules: [name: string, options: SplitDnsOptions, expected: string][] = [
  ['an empty list of rules', { map: { rules: [] } }, 'option map: the map has no rules'],
  [
    'profiles that nobody chose',
    { map: { profiles: { 'kafka-1': [{ match: '*.kafka.test', to: 'a.test' }], 'kafka-2': [] } } },
    'option map: all rules are in profiles (kafka-1, kafka-2), and KAFKA_SPLIT_DNS_PROFILE chooses none',
  ],
  [
    'a chosen profile without rules',
    { map: { profiles: { 'kafka-1': [], 'kafka-2': [] } }, profile: 'kafka-2' },
    'option map: the chosen profiles (kafka-2) have no rules; there are kafka-1, kafka-2',
  ],
]
for (const [name, options, expected] of noRules) {
  t.test(`${name}: one warning at the start says why no rule is in force, and so do errors`, async t => {
    const warnings: string[] = []
    const logger = { warn: (message: string) => void warnings.push(message), error: () => undefined }
    const splitDns = split(t, { ...options, logger })
    t.same(warnings, [`no rule is in force: ${expected}`])
    await splitDns.reload()
    t.equal(warnings.length, 1)
    const { server, port } = await listen(t)
    await new Promise(resolve => server.close(resolve))
    const error = await connect(splitDns, '127.0.0.1', port)
    t.equal(
      error?.message,
      `connect ECONNREFUSED 127.0.0.1:${port} (kafka-split-dns: no rule is in force: ${expected})`,
    )
    t.same((await splitDns.resolve('127.0.0.1', port)).path[0], `map: no rule is in force: ${expected}`)
  })
}

t.test('no source, a rule, or DISABLE: nothing is warned of, and errors are Node’s own', async t => {
  const logger = { warn: (message: string) => t.fail(message), error: () => undefined }
  const { server, port } = await listen(t)
  await new Promise(resolve => server.close(resolve))
  for (const options of [{}, { disable: true, map: { rules: [] } }]) {
    const error = await connect(split(t, { ...options, logger }), '127.0.0.1', port)
    t.equal(error?.message, `connect ECONNREFUSED 127.0.0.1:${port}`)
  }
  split(t, { map: '*.kafka.test=127.0.0.1', logger })
})

t.test('DISABLE switches everything off, whatever else is set', async t => {
  const { port } = await listen(t)
  const splitDns = split(
    t,
    { map: '127.0.0.1=refuse' },
    {
      KAFKA_SPLIT_DNS_DISABLE: '1',
      KAFKA_SPLIT_DNS_MAP_FILE: '/nowhere/map.yaml',
      KAFKA_SPLIT_DNS_UNMAPPED: 'refuse',
      KAFKA_SPLIT_DNS_TIMEOUT_MS: 'rubbish',
    },
  )
  t.match(splitDns.route('127.0.0.1', port), { action: 'system', rule: null })
  t.equal(await connect(splitDns, '127.0.0.1', port), null)
})

const badStarts: { name: string; options: SplitDnsOptions; env: Record<string, string>; origin: string }[] = [
  { name: 'a bad option', options: { timeoutMs: -1 }, env: {}, origin: 'option timeoutMs' },
  { name: 'a bad variable', options: {}, env: { KAFKA_SPLIT_DNS_FAMILY: '5' }, origin: 'KAFKA_SPLIT_DNS_FAMILY' },
  { name: 'a bad map', options: {}, env: { KAFKA_SPLIT_DNS_MAP: 'a.*.test=b' }, origin: 'KAFKA_SPLIT_DNS_MAP' },
  { name: 'a map option that is bad', options: { map: 'nonsense' }, env: {}, origin: 'option map' },
  {
    name: 'an unknown profile',
    options: {},
    env: { KAFKA_SPLIT_DNS_PROFILE: 'nobody' },
    origin: 'KAFKA_SPLIT_DNS_PROFILE',
  },
  {
    name: 'an unset variable in the map',
    options: {},
    env: { KAFKA_SPLIT_DNS_MAP: '*.kafka.test=${NOWHERE_SET}.test' },
    origin: 'KAFKA_SPLIT_DNS_MAP',
  },
  {
    name: 'a missing map file',
    options: {},
    env: { KAFKA_SPLIT_DNS_MAP_FILE: '/nowhere/map.yaml' },
    origin: '/nowhere/map.yaml',
  },
]

const mapUrl = 'http://127.0.0.1:1/map.yaml'
const besideUrl: typeof badStarts = [
  { name: 'bad inline rules', options: { map: 'a.*.test=b', mapUrl }, env: {}, origin: 'option map' },
  { name: 'a missing capture', options: { map: '{a}.test={b}.test', mapUrl }, env: {}, origin: 'option map' },
  { name: 'a missing file', options: { mapFile: '/nowhere/map.yaml', mapUrl }, env: {}, origin: '/nowhere/map.yaml' },
]
badStarts.push(...besideUrl.map(start => ({ ...start, name: `${start.name}, beside a URL,` })))

t.test('what a URL may still bring is no fault at the start', async t => {
  const splitDns = split(t, { map: '{a}.test={az[a]}.test', profile: 'kafka-1', mapUrl })
  t.throws(() => splitDns.route('a.test'), { code: 'ERR_SPLIT_DNS_NOT_READY' })
})

for (const { name, options, env, origin } of badStarts) {
  t.test(`${name} stops the start with a ConfigError`, async t => {
    try {
      split(t, options, env)
      t.fail('started')
    } catch (error) {
      t.ok(error instanceof ConfigError)
      t.match((error as ConfigError).faults, [{ origin }])
    }
  })
}

t.test('after close every way in fails with ERR_SPLIT_DNS_CLOSED, and close may be called again', async t => {
  const splitDns = split(t, { map: '*.kafka.test=127.0.0.1' })
  await splitDns.close()
  await splitDns.close()
  t.ok(splitDns.isClosed)
  t.match(await connect(splitDns, 'b1.kafka.test', 9092), { code: 'ERR_SPLIT_DNS_CLOSED' })
  await t.rejects(splitDns.resolve('b1.kafka.test'), { code: 'ERR_SPLIT_DNS_CLOSED' })
  const error = await new Promise(resolve => splitDns.lookup('b1.kafka.test', resolve))
  t.match(error, { code: 'ERR_SPLIT_DNS_CLOSED' })
})

t.test('close leaves live connections alone', async t => {
  const { port } = await listen(t)
  const splitDns = split(t, { map: 'b1.kafka.test=127.0.0.1' })
  await new Promise<void>(resolve => {
    const socket = splitDns.socketFactory({
      host: 'b1.kafka.test',
      port,
      onConnect: async () => {
        await splitDns.close()
        t.equal(socket.writable, true)
        socket.destroy()
        resolve()
      },
    })
  })
})

t.test('await using closes it', async t => {
  let kept: SplitDns
  {
    await using splitDns = split(t, {})
    kept = splitDns
  }
  t.ok(kept.isClosed)
})

t.test('events tell of look-ups, connects and refusals', async t => {
  const { port } = await listen(t)
  const splitDns = split(t, { map: '*.kafka.test=127.0.0.1, *.no.test=refuse' })
  const seen: [string, unknown][] = []
  const names = ['lookup', 'connect', 'refused'] as const satisfies readonly (keyof SplitDnsEvents)[]
  for (const name of names) splitDns.on(name, payload => seen.push([name, payload]))
  await connect(splitDns, 'b1.kafka.test', port)
  await connect(splitDns, 'b1.no.test', port)
  const heard = (name: string) => seen.find(([event]) => event === name)?.[1]
  t.match(heard('connect'), { host: 'b1.kafka.test', port, target: '127.0.0.1', outcome: 'connected', error: null })
  t.match(heard('refused'), { host: 'b1.no.test', reason: 'rule', error: { code: 'ERR_SPLIT_DNS_REFUSED' } })
})

t.test('the logger hears what is in force, each new map, and one that can’t be used', async t => {
  const mapFile = join(t.testdir({ 'map.yaml': 'rules: [{match: a.test, to: b.test}]' }), 'map.yaml')
  const heard: string[] = []
  const hear = (level: string) => (message: string) => void heard.push(`${level}: ${message}`)
  const logger = { debug: hear('debug'), info: hear('info'), warn: hear('warn'), error: hear('error') }
  const splitDns = split(t, { mapFile, logger })
  t.match(heard, [/^debug: kafka-split-dns \d.*: 1 rule is in force, from option mapFile/])
  writeFileSync(mapFile, 'rules: [{match: [a.test, c.test], to: b.test}]')
  await splitDns.reload()
  writeFileSync(mapFile, 'rules: {}')
  await t.rejects(splitDns.reload(), { code: 'ERR_SPLIT_DNS_CONFIG' })
  t.match(heard.slice(1), [
    'info: a new map was read: 2 rules are in force',
    /^warn: a new map can't be used, so the one before stays in force: .*map\.yaml:1:8: /,
  ])
  await t.rejects(splitDns.reload(), { code: 'ERR_SPLIT_DNS_CONFIG' })
  t.equal(heard.length, 3, 'the same fault is reported once')
})

t.test('a listener that throws harms nobody and is told to the logger', async t => {
  const { port } = await listen(t)
  const errors: string[] = []
  const logger = { warn: () => undefined, error: (message: string) => errors.push(message) }
  const splitDns = split(t, { map: '*.kafka.test=127.0.0.1', logger })
  splitDns.on('connect', () => {
    throw new Error('listener')
  })
  t.equal(await connect(splitDns, 'b1.kafka.test', port), null)
  t.match(errors, [/a listener of 'connect' failed: listener/])
})

const failingLoggers: [name: string, fail: () => unknown][] = [
  [
    'throws',
    () => {
      throw new Error('log server is down')
    },
  ],
  ['rejects', () => Promise.reject(new Error('log server is down'))],
  [
    'rejects by a promise of another realm',
    (): unknown => runInNewContext('Promise.reject(new Error("log server is down"))'),
  ],
  [
    'rejects by a thenable',
    () => ({ then: (_: unknown, reject: (error: Error) => void) => reject(new Error('down')) }),
  ],
]
for (const [name, fail] of failingLoggers) {
  t.test(`a logger and a listener that ${name} harm nobody`, async t => {
    const unhandled: unknown[] = []
    const onUnhandled = (error: unknown) => unhandled.push(error)
    process.on('unhandledRejection', onUnhandled)
    t.teardown(() => process.off('unhandledRejection', onUnhandled))
    const { port } = await listen(t)
    const logger = { warn: fail, error: fail }
    const splitDns = split(t, { map: '*.kafka.test=127.0.0.1', logger }, { KAFKA_SPLIT_DNS_TIMEOUT: '5' })
    splitDns.on('connect', fail)
    t.equal(await connect(splitDns, 'b1.kafka.test', port), null)
    await new Promise(setImmediate)
    await new Promise(setImmediate)
    t.same(unhandled, [])
  })
}

t.test('off ends what on began', async t => {
  const { port } = await listen(t)
  const splitDns = split(t, { map: '*.kafka.test=127.0.0.1' })
  const heard: string[] = []
  const listener = ({ host }: { host: string }) => void heard.push(host)
  t.equal(splitDns.on('connect', listener), splitDns)
  await connect(splitDns, 'b1.kafka.test', port)
  t.equal(splitDns.off('connect', listener), splitDns)
  await connect(splitDns, 'b2.kafka.test', port)
  t.same(heard, ['b1.kafka.test'])
})

t.test('an unknown variable is a warning for the logger', async t => {
  const warnings: string[] = []
  const logger = { warn: (message: string) => warnings.push(message), error: () => undefined }
  split(t, { logger }, { KAFKA_SPLIT_DNS_TIMEOUT: '5' })
  t.match(warnings, [/KAFKA_SPLIT_DNS_TIMEOUT: no such variable.*KAFKA_SPLIT_DNS_TIMEOUT_MS/])
})

t.test('names that are none never reach a resolver, and no input crashes the process', async t => {
  const splitDns = split(t, { map: '*=127.0.0.1' })
  for (const host of [
    '',
    'a..b',
    `${'a'.repeat(64)}.test`,
    `${'a.'.repeat(130)}test`,
    'a b.test',
    'a\u0000.test',
    '.',
  ]) {
    t.match(await connect(splitDns, host, 9092), { code: 'ENOTFOUND' }, JSON.stringify(host))
  }
})

const wrongOptions: [name: string, options: unknown, message: RegExp][] = [
  ['a text', '*.kafka.test=a.test', /expected an object, found a string: rules as text are { map: ... }/],
  ['null', null, /expected an object, found null/],
  ['an array', ['*.kafka.test=a.test'], /expected an object, found an array/],
  ['a number', 5, /expected an object, found a number/],
]
for (const [name, options, message] of wrongOptions) {
  for (const create of [createSplitDns, createSocketFactory]) {
    t.test(`${create.name}: ${name} in place of the options is one fault`, async t => {
      try {
        Reflect.apply(create, undefined, [options])
        t.fail('started')
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error
        t.match(error.faults, [{ message, origin: 'options' }])
        t.equal(error.faults.length, 1)
      }
    })
  }
}

for (const create of [createSplitDns, createSocketFactory]) {
  t.test(`${create.name}: the first line of a fault's stack is the caller's`, async t => {
    const here = () => create({ map: 'nonsense' })
    const error: unknown = t.throws(here)
    const [head, first] = error instanceof Error ? (error.stack ?? '').split('\n    at ') : []
    t.match(head, /^ConfigError: option map/)
    t.match(first, /split-dns\.test/)
    t.match(first, 'here')
  })
}

t.test('what a polluted prototype holds is no environment', async t => {
  const name = 'KAFKA_SPLIT_DNS_MAP'
  Object.defineProperty(Object.prototype, name, { value: '*.kafka.test=refuse', configurable: true })
  t.teardown(() => Reflect.deleteProperty(Object.prototype, name))
  await using splitDns = createSplitDns({ nameservers: 'system' })
  t.equal(splitDns.stats().map.rules, 0)
  t.equal(openFromEnvironment({}), undefined)
})

t.test('createSplitDns reads the environment when it is called', async t => {
  process.env['KAFKA_SPLIT_DNS_MAP'] = '*.env.test=127.0.0.1'
  t.teardown(() => delete process.env['KAFKA_SPLIT_DNS_MAP'])
  await using splitDns = createSplitDns({ nameservers: 'system' })
  t.match(splitDns.route('b1.env.test', 9092), { action: 'map' })
})
