import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { ask, yamlTable } from '../helpers.js'

const map = `
tables: { az: { a: x } }
rules:
  - { match: "*.flood.example", to: "{*}.test:{port}" }
  - { match: "b-{n:int}.other.example", to: "nlb.test:{9000 + n}" }
  - { match: "{z}.table.example", to: "{az[z]}.test" }
`

// Node hands out its garbage collector only where it is asked to.
setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
const used = () => {
  collect()
  return process.memoryUsage().heapUsed
}

t.test('a flood of hosts does not grow memory', async t => {
  const told: string[] = []
  const table = yamlTable(map, { warn: ({ message }) => told.push(message) })
  const flood = (from: number, count: number) => {
    for (let index = from; index < from + count; index++) {
      ask(table, `h${index}.${'long'.repeat(40)}.flood.example`, 1 + (index % 60_000))
      ask(table, `b-${index}.other.example`, 9092)
      ask(table, `k${index}.table.example`, 9092)
      ask(table, `${'x'.repeat(400)}${index}`, 9092)
      ask(table, `unmapped${index}.example`)
      ask(table, 'one.flood.example', 1 + (index % 60_000))
    }
  }
  flood(0, 20_000)
  const before = used()
  flood(20_000, 60_000)
  const grown = used() - before
  t.ok(grown < 10e6, `${Math.round(grown / 1e6)} MB more after 360,000 questions`)
  t.ok(told.length <= 1000, 'keys that a table lacks are told of a bounded number of times')
})
