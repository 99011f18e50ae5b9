import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import type { OptionInputs } from '../../../src/config/option-inputs.js'
import { optionNames, optionTable } from '../../../src/config/option-table.js'
import { readSettings, type Environment } from '../../../src/config/settings.js'
import { ConfigError, type Fault } from '../../../src/errors.js'
import { projectFolder } from '../../project.js'
import { optionDoc } from '../../variables-table.js'

const faultsOf = (options: OptionInputs, env: Environment = {}): readonly Fault[] => {
  try {
    readSettings(options, env)
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
  return []
}

t.test('without options and variables every setting has its default', async t => {
  const { settings, origins, warnings } = readSettings({}, {})
  for (const name of optionNames) {
    t.equal(settings[name], optionTable[name].default, name)
    t.equal(origins[name], null)
  }
  t.same(warnings, [])
  t.ok(Object.isFrozen(settings))
})

t.test('the defaults are the contract', async t => {
  const { settings } = readSettings({}, {})
  t.match(settings, {
    mapPollS: 60,
    nameservers: null,
    fallback: 'system',
    unmapped: 'system',
    allow: null,
    family: 0,
    timeoutMs: 600,
    attemptMs: 200,
    connectAttemptMs: 150,
    onMove: 'keep',
    cacheMax: 1000,
    minTtl: 0,
    maxTtl: 3600,
    negativeTtl: 5,
    stale: 86400,
    disable: false,
  })
})

const good: { name: string; env: Environment; options?: OptionInputs; expected: Record<string, unknown> }[] = [
  { name: 'a number', env: { KAFKA_SPLIT_DNS_TIMEOUT_MS: '750' }, expected: { timeoutMs: 750 } },
  { name: 'a number with blanks round it', env: { KAFKA_SPLIT_DNS_STALE: ' 0 ' }, expected: { stale: 0 } },
  { name: 'a word in capitals', env: { KAFKA_SPLIT_DNS_FALLBACK: 'NONE' }, expected: { fallback: 'none' } },
  { name: 'an empty variable is unset', env: { KAFKA_SPLIT_DNS_TIMEOUT_MS: '' }, expected: { timeoutMs: 600 } },
  { name: 'a blank variable is unset', env: { KAFKA_SPLIT_DNS_PROFILE: '  ' }, expected: { profile: [] } },
  { name: 'a list', env: { KAFKA_SPLIT_DNS_PROFILE: 'a, b,' }, expected: { profile: ['a', 'b'] } },
  {
    name: 'nameservers of each kind',
    env: {
      KAFKA_SPLIT_DNS_NAMESERVERS:
        '192.0.2.53,tcp://192.0.2.54:5353,tls://dns.example,https://dns.example/dns-query,system',
    },
    expected: {
      nameservers: [
        { kind: 'udp', label: 'udp://192.0.2.53:53', address: '192.0.2.53', port: 53 },
        { kind: 'tcp', label: 'tcp://192.0.2.54:5353', address: '192.0.2.54', port: 5353 },
        { kind: 'tls', label: 'tls://dns.example:853', host: 'dns.example', port: 853 },
        { kind: 'https', label: 'https://dns.example/dns-query', url: 'https://dns.example/dns-query' },
        { kind: 'system', label: 'system' },
      ],
    },
  },
  {
    name: 'an option wins over its variable',
    env: { KAFKA_SPLIT_DNS_TIMEOUT_MS: '750' },
    options: { timeoutMs: 300 },
    expected: { timeoutMs: 300 },
  },
  {
    name: 'an option that is undefined leaves the variable in force',
    env: { KAFKA_SPLIT_DNS_TIMEOUT_MS: '750' },
    options: { timeoutMs: undefined },
    expected: { timeoutMs: 750 },
  },
  {
    name: 'natural JavaScript forms',
    env: {},
    options: { profile: ['a'], nameservers: ['192.0.2.53'], family: 6, disable: false, stale: 0, minTtl: 1 },
    expected: { profile: ['a'], family: 6, disable: false, stale: 0, minTtl: 1 },
  },
  {
    name: 'text forms of options',
    env: {},
    options: { profile: 'a,b', family: '4', timeoutMs: '5' },
    expected: { profile: ['a', 'b'], family: 4, timeoutMs: 5 },
  },
]

for (const { name, env, options, expected } of good) {
  t.test(name, async t => t.match(readSettings(options ?? {}, env).settings, expected))
}

const bad: { name: string; value: string; variable: string; expected: RegExp }[] = [
  { name: 'a word for a number', variable: 'TIMEOUT_MS', value: 'soon', expected: /whole number from 1 .*'soon'/ },
  { name: 'a fraction', variable: 'TIMEOUT_MS', value: '1.5', expected: /whole number/ },
  { name: 'a number in hex', variable: 'TIMEOUT_MS', value: '0x10', expected: /whole number/ },
  { name: 'a number with an exponent', variable: 'CACHE_MAX', value: '1e3', expected: /whole number/ },
  { name: 'a negative number', variable: 'STALE', value: '-1', expected: /whole number/ },
  { name: 'a time-out of nothing', variable: 'TIMEOUT_MS', value: '0', expected: /from 1 to/ },
  { name: 'a number out of range', variable: 'MAX_TTL', value: '99999999', expected: /from 0 to 604800/ },
  { name: 'an unknown word', variable: 'FALLBACK', value: 'dns', expected: /system or original or none, found 'dns'/ },
  { name: 'an unknown family', variable: 'FAMILY', value: '5', expected: /4, 6 or 0/ },
  { name: 'no address', variable: 'NAMESERVERS', value: 'dns.example', expected: /'dns.example' names no nameserver/ },
  { name: 'an unknown scheme', variable: 'NAMESERVERS', value: 'quic://192.0.2.1', expected: /names no nameserver/ },
  { name: 'only commas', variable: 'PROFILE', value: ',,', expected: /separated by commas/ },
  { name: 'no CIDR block', variable: 'ALLOW', value: '192.0.2.0/33', expected: /'192.0.2.0\/33' is no CIDR block/ },
  {
    name: 'a flag in words',
    variable: 'DISABLE',
    value: 'maybe',
    expected: /1, true, yes or on, or 0, false, no or off, found 'maybe'/,
  },
  { name: 'a plain URL to elsewhere', variable: 'MAP_URL', value: 'http://map.example/', expected: /https:\/\/ URL/ },
  { name: 'no URL', variable: 'MAP_URL', value: 'map.yaml', expected: /https:\/\/ URL/ },
]

for (const { name, variable, value, expected } of bad) {
  t.test(`${name} in KAFKA_SPLIT_DNS_${variable} is a fault that names the variable`, async t => {
    const [fault, ...rest] = faultsOf({}, { [`KAFKA_SPLIT_DNS_${variable}`]: value })
    t.equal(fault?.origin, `KAFKA_SPLIT_DNS_${variable}`)
    t.match(fault?.message, expected)
    t.same(rest, [])
  })
}

t.test('all faults are told at once', async t => {
  const faults = faultsOf({ family: '7', timeoutMS: 5 } as unknown as OptionInputs, {
    KAFKA_SPLIT_DNS_STALE: 'x',
    KAFKA_SPLIT_DNS_UNMAPPED: 'x',
  })
  t.same(
    faults.map(fault => fault.origin),
    ['KAFKA_SPLIT_DNS_UNMAPPED', 'option family', 'KAFKA_SPLIT_DNS_STALE', 'option timeoutMS'],
  )
  t.match(faults.at(-1)?.message, /did you mean 'timeoutMs'\?/)
})

t.test('a URL with credentials is never repeated in a fault', async t => {
  const [fault] = faultsOf({}, { KAFKA_SPLIT_DNS_MAP_URL: 'http://user:secret@map.example/' })
  t.notMatch(fault?.message, /secret/)
})

t.test('a least TTL over the largest is a fault', async t => {
  t.match(faultsOf({ maxTtl: 5 }, { KAFKA_SPLIT_DNS_MIN_TTL: '9' }), [
    { origin: 'KAFKA_SPLIT_DNS_MIN_TTL', message: /9 s/ },
  ])
})

for (const value of ['1', 'true', 'TRUE', 'yes', 'on', ' On ']) {
  t.test(`DISABLE=${value} wins, and nothing else is parsed`, async t => {
    const { settings, warnings } = readSettings(
      {},
      {
        KAFKA_SPLIT_DNS_DISABLE: value,
        KAFKA_SPLIT_DNS_TIMEOUT_MS: 'rubbish',
        KAFKA_SPLIT_DNS_TIMEOUT: 'rubbish',
      },
    )
    t.equal(settings.disable, true)
    t.same(warnings, [])
  })
}

for (const value of ['0', 'false', 'no', 'OFF', '']) {
  t.test(`DISABLE='${value}' disables nothing`, async t => {
    t.equal(readSettings({}, { KAFKA_SPLIT_DNS_DISABLE: value }).settings.disable, false)
  })
}

const unknownVariables: [name: string, suggestion: string | null][] = [
  ['FILE', 'MAP_FILE'],
  ['URL', 'MAP_URL'],
  ['MAPFILE', 'MAP_FILE'],
  ['PROFILES', 'PROFILE'],
  ['NAMESERVER', 'NAMESERVERS'],
  ['TIMEOUT', 'TIMEOUT_MS'],
  ['MAP_POLL', 'MAP_POLL_S'],
  ['RULE', null],
  ['TTL', null],
  ['LOG_LEVEL', null],
]
for (const [name, suggestion] of unknownVariables) {
  t.test(`KAFKA_SPLIT_DNS_${name} suggests ${suggestion ?? 'nothing'}`, async t => {
    const [warning] = readSettings({}, { [`KAFKA_SPLIT_DNS_${name}`]: 'x' }).warnings
    const hint = suggestion === null ? '' : ` (did you mean 'KAFKA_SPLIT_DNS_${suggestion}'?)`
    t.equal(warning?.message, `no such variable, it is ignored${hint}`)
  })
}

t.test('what Kubernetes injects for a Service of this name is passed over in silence', async t => {
  const names = ['SERVICE_HOST', 'SERVICE_PORT', 'SERVICE_PORT_HTTPS', 'PORT', 'PORT_9092_TCP', 'PORT_9092_TCP_ADDR']
  const others = names.map(name => `METRICS_${name}`) // of a Service named kafka-split-dns-metrics
  const env = Object.fromEntries([...names, ...others].map(name => [`KAFKA_SPLIT_DNS_${name}`, 'x']))
  t.same(readSettings({}, env).warnings, [])
})

t.test('each option has the text, variable and default of the table where an editor shows it', async t => {
  const source = await readFile(join(projectFolder, 'src/config/option-inputs.ts'), 'utf8')
  for (const name of optionNames) {
    const comment = new RegExp(`/\\*\\*((?:(?!\\*/)[^])*)\\*/\\s+readonly ${name}\\?:`).exec(source)?.[1] ?? ''
    t.equal(comment.replace(/\s*\n\s*\*\s*/g, ' ').trim(), optionDoc(name), name)
  }
})

t.test('unknown variables warn with the nearest name and never fail', async t => {
  const { warnings } = readSettings(
    {},
    {
      KAFKA_SPLIT_DNS_TIMEOUTMS: '5',
      KAFKA_SPLIT_DNS_VAR_TENANT: 'a',
      KAFKA_SPLIT_DNS_SASL_PASSWORD: 'x',
      OTHER: 'x',
    },
  )
  t.match(warnings, [{ origin: 'KAFKA_SPLIT_DNS_TIMEOUTMS', message: /did you mean 'KAFKA_SPLIT_DNS_TIMEOUT_MS'\?/ }])
  t.equal(warnings.length, 1)
})

t.test('an option from the prototype chain is not an option', async t => {
  const options = Object.create({ timeoutMs: 5 }) as OptionInputs
  t.equal(readSettings(options, {}).settings.timeoutMs, 600)
})

t.test('the caller’s objects are never changed or kept', async t => {
  const profile = ['a']
  const options = Object.freeze({ profile })
  const { settings } = readSettings(options, Object.freeze({}))
  profile.push('b')
  t.same(settings.profile, ['a'])
})
