import { spawnSync } from 'node:child_process'
import t, { type Test } from 'tap'
import { formatFault } from '../../../../src/errors.js'
import { compileSources } from '../../../../src/map/compile.js'
import { reviewMap } from '../../../../src/tools/review/review.js'
import { isFullRun } from '../../../full-run.js'
import { loaderFlags, moduleFile } from '../../../project.js'
import { random } from '../../../servers/random.js'
import { settings } from '../helpers.js'
import { eachPart, pairs, products, type HostileDocument } from './documents.js'

const seed = Number(process.env['SEED'] ?? 13)
t.comment(`seed ${seed}`)

function check(t: Pick<Test, 'ok'>, { name, text }: HostileDocument): void {
  for (const source of [
    { kind: 'url', origin: 'https://maps.example/map.yaml', text },
    { kind: 'inline', origin: 'KAFKA_SPLIT_DNS_MAP', text },
  ] as const) {
    const before = process.cpuUsage()
    const compilation = compileSources([source], settings({ thorough: true }))
    const { faults, warnings } = compilation
    if (faults.length === 0 && text.length <= 65_536) reviewMap(compilation, [])
    const { user, system } = process.cpuUsage(before)
    const told = [...faults, ...warnings].map(formatFault)
    t.ok(
      faults.length <= 101 && warnings.length <= 101,
      `${name}: ${faults.length} faults, ${warnings.length} warnings`,
    )
    t.ok(
      told.every(line => line.length <= 300 && !/[\p{Cc}\u202e\u2028]/u.test(line)),
      `${name}: lines of at most 300 characters, all of them visible`,
    )
    // A fifth of it on a quiet machine.
    t.ok((user + system) / 1000 < 3000, `${name}: ${Math.round((user + system) / 1000)} ms of CPU`)
  }
}

t.test('any small document is accepted or refused', async t => {
  for (const document of eachPart(random(seed), 16_384)) check(t, document)
  for (const document of products(random(seed + 1), 16_384, isFullRun ? 2000 : 40)) check(t, document)
})

t.test(
  'any document of the largest size is accepted or refused within bounds of time, faults and their length',
  async t => {
    const size = 1024 * 1024
    check(t, pairs(size))
    const largest = isFullRun ? [...eachPart(random(seed + 2), size), ...products(random(seed + 3), size, 100)] : []
    for (const document of [...products(random(seed + 4), size, isFullRun ? 4 : 2), ...largest]) check(t, document)
  },
)

t.test('the largest documents need no more than 200 MB', async t => {
  const flags = [...loaderFlags, '--max-old-space-size=200', moduleFile('test/src/map/hostile/read-largest')]
  const count = isFullRun ? 60 : 1
  const { status, stdout, stderr } = spawnSync(process.execPath, [...flags, String(seed), String(count)], {
    encoding: 'utf8',
  })
  t.equal(status, 0, stderr.slice(-500))
  t.match(stdout, `read ${count + 1}`)
})
