import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { faultsOf } from '../../../../kubernetes/custom-resource.js'
import { write, type WriteRow } from '../write.js'
import { projectFolder } from '../../../../project.js'

const schema = JSON.parse(
  readFileSync(join(projectFolder, 'test/src/tools/export/formats/schemas/change-batch.json'), 'utf8'),
) as object

interface Batch {
  readonly Comment: string
  readonly Changes: readonly {
    readonly ResourceRecordSet: {
      readonly Name: string
      readonly Type: string
      readonly ResourceRecords: readonly { readonly Value: string }[]
    }
  }[]
}

async function batchOf(map: string, flags: readonly string[] = []) {
  const written = await write('route53', map, { flags })
  const batch = JSON.parse(written.text) as Batch
  const lines = batch.Changes.map(({ ResourceRecordSet: { Name, Type, ResourceRecords } }) =>
    [Name, Type, ...ResourceRecords.map(({ Value }) => Value)].join(' '),
  )
  return { ...written, batch, lines }
}

interface Row extends WriteRow {
  readonly zone?: string
}

const rows: readonly Row[] = [
  {
    is: "a wildcard is led to a name, a name to addresses, and what lies below it to the wildcard's name",
    map: '*.x.example=t.example, a.x.example=192.0.2.1|2001:db8::1|192.0.2.2',
    lines: [
      'a.x.example. A 192.0.2.1 192.0.2.2',
      'a.x.example. AAAA 2001:db8::1',
      '*.x.example. CNAME t.example.',
      '*.a.x.example. CNAME t.example.',
    ],
  },
  {
    is: 'what is refused is not written, but under a wildcard',
    map: '*.x.example=t.test, a.x.example=refuse, *.y.example=refuse',
    zone: 'example',
    lines: [
      'a.x.example. TXT "kafka-split-dns: no address"',
      '*.x.example. CNAME t.test.',
      '*.a.x.example. CNAME t.test.',
    ],
  },
  {
    is: 'a name that is left alone can not be passed on',
    map: '*.x.example=192.0.2.1, a.x.example=system, a.example=system',
    lines: ['a.x.example. TXT "kafka-split-dns: no address"', '*.x.example. A 192.0.2.1', '*.a.x.example. A 192.0.2.1'],
    omissions: ["rule 'a.x.example': the zone 'x.example' passes no name on: these have no address"],
  },
  {
    is: 'names outside of the zone are left out, of wider wildcards those within are written',
    map: 'a.x.example=t.test, b.y.example=t.test, *.example=u.test',
    zone: 'x.example',
    lines: ['a.x.example. CNAME t.test.', '*.x.example. CNAME u.test.', '*.a.x.example. CNAME u.test.'],
    omissions: [
      "rule 'b.y.example': its names are outside of the zone 'x.example'",
      "rule '*.example': only its names in the zone 'x.example' are written",
      "rule '*.example': the apex of a zone ('x.example') can't be a CNAME",
    ],
  },
  {
    is: "the zone's own name has addresses, but leads to no name",
    map: 'x.example=t.test, a.x.example=t.test, y.example=192.0.2.1',
    zone: 'x.example',
    lines: ['a.x.example. CNAME t.test.'],
    omissions: [
      "rule 'y.example': its names are outside of the zone 'x.example'",
      "rule 'x.example': the apex of a zone ('x.example') can't be a CNAME",
    ],
  },
  {
    is: 'a target in the zone itself is hidden by it',
    map: '*.x.example=boot.x.example, a.x.example=t.test',
    lines: ['a.x.example. CNAME t.test.'],
    omissions: ["rule '*.x.example': its target 'boot.x.example' is in the zone 'x.example' itself, which hides it"],
  },
  {
    is: 'captures are left out',
    map: 'a.x.example=t.test, {a}.x.example={a}.test',
    lines: ['a.x.example. CNAME t.test.'],
    omissions: ["rule '{a}.x.example': captures can't be read: its names have no address in the zone"],
  },
]

for (const { is, map, zone, lines, omissions = [] } of rows) {
  t.test(is, async t => {
    const written = await batchOf(map, zone === undefined ? [] : ['--hosted-zone', zone])
    t.strictSame(written.lines, lines)
    t.strictSame(written.omissions, omissions)
    t.strictSame(faultsOf(written.batch, schema), [])
  })
}

t.test('the schema sees what is none of a change batch', async t => {
  t.strictSame(
    faultsOf({ Changes: [{ Action: 'ADD', ResourceRecordSet: { Name: 'a', Type: 'A', Ttl: 5 } }] }, schema),
    ['.Changes[0].Action: not one of CREATE,DELETE,UPSERT', '.Changes[0].ResourceRecordSet.Ttl: no such field'],
  )
})

const zones = [
  { map: '*.a.x.example=t.test, b.x.example=t.test', zone: 'x.example' },
  { map: 'a.b.x.example=t.test', zone: 'b.x.example' },
  { map: 'a.b.x.example=192.0.2.1', zone: 'a.b.x.example' },
  { map: '*.a.x.example=t.test, a.x.example=192.0.2.1', zone: 'a.x.example' },
  { map: '*.a.x.example=t.test, other.example=system', zone: 'a.x.example' },
]

for (const { map, zone } of zones) {
  t.test(`the narrowest zone for ${map} is ${zone}`, async t => {
    const { warnings } = await batchOf(map)
    t.match(warnings[0], `the private hosted zone '${zone}' hides every other name in '${zone}'`)
  })
}

const many = (count: number, target: string) =>
  Array.from({ length: count }, (_, index) => `b${index}.x.example=${target}`).join()

const failures = [
  {
    map: 'a.x.example=t.test, a.y.test=t.test',
    says: /the map's names share no zone: choose one with --hosted-zone/,
  },
  { map: '*=t.test', says: /the map's names share no zone/ },
  { map: 'a.x.example=system', says: /the map has no names to write/ },
  {
    map: 'a.x.example=t.test',
    flags: ['--hosted-zone', 'y.example'],
    says: /the map has no names in the zone 'y.example'/,
  },
  { map: 'a.x.example=t.test', flags: ['--hosted-zone', 'a b'], says: /--hosted-zone: 'a b' is not a domain name/ },
  {
    map: many(501, '192.0.2.1'),
    says: /501 values with 4509 characters in the zone 'x.example', and a request holds 500/,
  },
  { map: many(400, `${'t'.repeat(50)}.test`), says: /400 values with 22400 characters/ },
]

for (const { map, flags = [], says } of failures) {
  t.test(`an error for ${map.slice(0, 40)} ${flags.join(' ')}: ${says.source.slice(0, 40)}`, async t => {
    await t.rejects(write('route53', map, { flags }), { message: says })
  })
}

t.test('the comment has 256 characters at most, and is the same for the same map', async t => {
  const { batch, text } = await batchOf('*.x.example=t.test')
  t.match(batch.Comment, /^Written by kafka-split-dns export --to route53 from .* for x\.example: change the map/)
  const zone = Array.from({ length: 20 }, () => 'x'.repeat(10)).join('.')
  const long = await batchOf(`*.${zone}=t.test`)
  t.ok(long.batch.Comment.length <= 256)
  t.equal((await batchOf('*.x.example=t.test')).text, text)
})
