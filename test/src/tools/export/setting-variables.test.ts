import t from 'tap'
import { optionNames, optionTable } from '../../../../src/config/option-table.js'
import { readSettings } from '../../../../src/config/settings.js'
import { settingVariables } from '../../../../src/tools/export/setting-variables.js'

// A value other than the default for each.
const env: Readonly<Record<string, string>> = {
  KAFKA_SPLIT_DNS_NAMESERVERS: '192.0.2.53, tls://dns.example, https://dns.example/dns-query, system',
  KAFKA_SPLIT_DNS_FALLBACK: 'none',
  KAFKA_SPLIT_DNS_UNMAPPED: 'refuse',
  KAFKA_SPLIT_DNS_ALLOW: '192.0.2.0/24,2001:db8::/32',
  KAFKA_SPLIT_DNS_ZONE: 'use1-az1',
  KAFKA_SPLIT_DNS_FAMILY: '4',
  KAFKA_SPLIT_DNS_TIMEOUT_MS: '700',
  KAFKA_SPLIT_DNS_ATTEMPT_MS: '100',
  KAFKA_SPLIT_DNS_ON_MOVE: 'reconnect',
  KAFKA_SPLIT_DNS_CACHE_MAX: '7',
  KAFKA_SPLIT_DNS_MIN_TTL: '1',
  KAFKA_SPLIT_DNS_MAX_TTL: '60',
  KAFKA_SPLIT_DNS_NEGATIVE_TTL: '2',
  KAFKA_SPLIT_DNS_STALE: '0',
}
const ofTheMap = ['MAP', 'MAP_FILE', 'MAP_URL', 'MAP_POLL_S', 'PROFILE', 'DISABLE'].map(
  name => `KAFKA_SPLIT_DNS_${name}`,
)

t.test('the cases hold every variable', async t => {
  const all = optionNames.map(name => optionTable[name].variable).filter(name => name !== null)
  t.same([...Object.keys(env), ...ofTheMap].sort(), all.sort())
})

t.test('the variables set what is set', async t => {
  const read = readSettings({}, env)
  const { variables, omissions } = settingVariables(read)
  t.same(omissions, [])
  t.same(
    variables.map(({ name }) => name),
    Object.keys(env),
  )
  const again = readSettings({}, Object.fromEntries(variables.map(({ name, value }) => [name, value])))
  const plain = ({ settings }: typeof read) =>
    JSON.stringify({ ...settings, allow: settings.allow?.text.replaceAll(' ', '') })
  t.equal(plain(again), plain(read))
})

t.test('what is set by an option is set, what is not is not', async t => {
  const { variables } = settingVariables(readSettings({ zone: 'a', unmapped: 'system' }, {}))
  t.same(variables, [
    { name: 'KAFKA_SPLIT_DNS_UNMAPPED', value: 'system' },
    { name: 'KAFKA_SPLIT_DNS_ZONE', value: 'a' },
  ])
})

t.test('where the map is and who is in force stays here, credentials above all', async t => {
  const own = { MAP: 'a=b', MAP_FILE: 'x', MAP_URL: 'https://user:secret@maps.example/', MAP_POLL_S: '7', PROFILE: 'p' }
  const set = Object.fromEntries(Object.entries(own).map(([name, value]) => [`KAFKA_SPLIT_DNS_${name}`, value]))
  t.same(settingVariables(readSettings({}, set)), { variables: [], omissions: [] })
})

const lost = [
  {
    name: 'a query, which may be a secret',
    option: { nameservers: 'https://dns.example/q?token=1' },
    said: /query may be a secret/,
  },
  { name: 'what Kyverno would fill in', option: { zone: '{{ x }}' }, said: /'\{\{' or '\$\('/ },
  { name: 'what Kubernetes would fill in', option: { zone: '$(X)' }, said: /'\{\{' or '\$\('/ },
]
for (const { name, option, said } of lost) {
  t.test(`${name}, is told and not written`, async t => {
    const { variables, omissions } = settingVariables(readSettings(option, {}))
    t.same(variables, [])
    t.match(omissions, [{ message: said, origin: `option ${Object.keys(option)[0] ?? ''}` }])
    t.notMatch(JSON.stringify(omissions), /token/)
  })
}
