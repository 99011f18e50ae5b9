import t from 'tap'
import { table, yamlTable } from '../helpers.js'

const map = table(
  [
    '*.kafka.example=a',
    '*.kafka.example:9098=a',
    'b-{n:int}.kafka.example:9094=a',
    'b-1.kafka.example:9096=a',
    'b-1.kafka.example=system',
    '192.0.2.1:9098=a',
    '192.0.2.{n:int}:9099=a',
    'other.example:9092=refuse',
  ].join(),
)

const ports: readonly [host: string, expected: readonly number[]][] = [
  ['b-1.kafka.example', [9094, 9096, 9098]],
  ['B-1.Kafka.EXAMPLE', [9094, 9096, 9098]],
  ['b-2.kafka.example', [9094, 9098]],
  ['b-x.kafka.example', [9098]],
  ['other.example', [9092]],
  ['kafka.example', []],
  ['192.0.2.1', [9098, 9099]],
  ['192.0.2.2', [9099]],
  ['no name', []],
]
for (const [host, expected] of ports) {
  t.test(`the ports of rules for ${host}`, async t => {
    t.same(
      [...map.portsOf(host)].sort((one, other) => one - other),
      expected,
    )
  })
}

t.test('rules are listed in the order of the map, one for each pattern, with what they do to the port', async t => {
  const listed = yamlTable(`
rules:
  - { match: [b0.example, "b1.example:9098"], to: a.example }
  - { match: "*.computed.example", to: "a.example:{port + 1}" }
  - { match: kept.example, to: [a.example, b.example] }
  - { match: one.example, to: [a.example, "b.example:9098"] }
  - { match: left.example, to: system }
  - { match: none.example, to: refuse }
profiles:
  other: [{ match: profile.example, to: a.example }]
`).rules()
  t.same(
    listed.map(({ name, action, port, setsPort }) => [name.match, action, port, setsPort]),
    [
      ['b0.example', 'map', undefined, false],
      ['b1.example:9098', 'map', 9098, false],
      ['*.computed.example', 'map', undefined, true],
      ['kept.example', 'map', undefined, false],
      ['one.example', 'map', undefined, true],
      ['left.example', 'system', undefined, false],
      ['none.example', 'refuse', undefined, false],
    ],
  )
  t.match(listed[2]?.name.place, /:4/)
})
