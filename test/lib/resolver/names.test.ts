import t from 'tap'
import { candidateNames, canonicalName, isLocalhost } from '../../../lib/resolver/names.js'

const canonical: [text: string, name: string | undefined][] = [
  ['b0.example', 'b0.example'],
  ['B0.Example.', 'b0.example.'],
  ['a_b.example', 'a_b.example'],
  ['', undefined],
  ['.', undefined],
  ['a..b', undefined],
  ['a b', undefined],
  ['bücher.example', undefined],
  [`${'a'.repeat(64)}.example`, undefined],
  [`${'a.'.repeat(127)}a`, undefined],
  ['1\u0000x.example', undefined],
  ['127.1', undefined],
  ['1', undefined],
  ['a.0x7f', undefined],
  ['0x7f000001.', undefined],
  ['127.1.example', '127.1.example'],
]

for (const [text, name] of canonical) {
  t.test(`'${text.slice(0, 20)}' is ${name ?? 'no name that may be asked for'}`, async t =>
    t.equal(canonicalName(text), name),
  )
}

const search = ['ns.svc.test', 'svc.test']
const candidates: { name: string; host: string; search?: string[]; names: string[] }[] = [
  { name: 'a single label tries the search list first', host: 'b0', names: ['b0.ns.svc.test', 'b0.svc.test', 'b0'] },
  { name: 'one dot too', host: 'b0.ns', names: ['b0.ns.ns.svc.test', 'b0.ns.svc.test', 'b0.ns'] },
  {
    name: 'two dots are tried as they are first',
    host: 'b0.x.example',
    names: ['b0.x.example', 'b0.x.example.ns.svc.test', 'b0.x.example.svc.test'],
  },
  {
    name: 'a last label that a suffix begins with makes a name relative',
    host: 'b0.ns.svc',
    names: ['b0.ns.svc.ns.svc.test', 'b0.ns.svc.svc.test', 'b0.ns.svc'],
  },
  {
    name: 'the suffix that completes such a name comes first',
    host: 'kafka.tenant.svc',
    search: ['ns.svc.cluster.test', 'svc.cluster.test', 'cluster.test'],
    names: [
      'kafka.tenant.svc.cluster.test',
      'kafka.tenant.svc.ns.svc.cluster.test',
      'kafka.tenant.svc.svc.cluster.test',
      'kafka.tenant.svc',
    ],
  },
  {
    name: 'a last label that a suffix only begins like is of no account',
    host: 'b0.ns.sv',
    names: ['b0.ns.sv', 'b0.ns.sv.ns.svc.test', 'b0.ns.sv.svc.test'],
  },
  { name: 'a final dot is absolute', host: 'b0.', names: ['b0'] },
  { name: 'a final dot after two dots too', host: 'b0.x.example.', names: ['b0.x.example'] },
  { name: 'without a search list there is the name', host: 'b0', search: [], names: ['b0'] },
  { name: 'no name is tried twice', host: 'b0', search: ['x.example', 'x.example'], names: ['b0.x.example', 'b0'] },
  {
    name: 'a suffix that makes the name too long is left out',
    host: `${'a'.repeat(60)}.b`,
    search: [`${'c'.repeat(60)}.`.repeat(3) + 'd'.repeat(60)],
    names: [`${'a'.repeat(60)}.b`],
  },
]

for (const { name, host, search: list = search, names } of candidates) {
  t.test(name, async t => t.strictSame([...candidateNames(host, list)], names))
}

t.test('localhost and what lies below it is loopback', async t => {
  for (const name of ['localhost', 'localhost.', 'a.b.localhost', 'a.localhost.']) t.ok(isLocalhost(name), name)
  for (const name of ['localhost.example', 'mylocalhost']) t.notOk(isLocalhost(name), name)
})
