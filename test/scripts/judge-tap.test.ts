import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { projectFolder } from '../project.js'

interface Judged {
  readonly passed: number
  readonly failed: number
  readonly failures: readonly string[]
  readonly faults: readonly string[]
  readonly skipped: readonly string[]
}
const script = pathToFileURL(join(projectFolder, 'scripts/judge-tap.mjs')).href
const { judgeTap } = (await import(script)) as { judgeTap: (text: string, options: { strict: boolean }) => Judged }

/** `counts` is what tap's own last comment holds. */
function judge(points: string, counts?: string, strict = true): Judged {
  const comment = counts === undefined ? '' : `\n# { ${counts} }\n# time=1ms\n`
  return judgeTap(`${points}\n1..1${comment}`, { strict })
}

const cases = [
  { name: 'all passed', points: 'ok 1 - a', counts: 'total: 7, pass: 7', passed: 7, failed: 0, faults: [] },
  {
    name: 'one failed',
    points: 'not ok 1 - a',
    counts: 'total: 7, pass: 6, fail: 1',
    passed: 6,
    failed: 1,
    faults: [],
  },
  { name: 'none ran', points: '', counts: 'total: 0', passed: 0, failed: 0, faults: ['no test ran'] },
  {
    name: 'tap was cut off',
    points: 'ok 1 - a',
    counts: undefined,
    passed: 0,
    failed: 0,
    faults: ['ended without its counts'],
  },
]

for (const { name, points, counts, ...expected } of cases) {
  t.test(name, async t => t.match(judge(points, counts), expected))
}

const skips = [
  { name: 'a skip with a reason passes', point: 'ok 2 - b # SKIP no IPv6 on this machine', faults: 0 },
  { name: 'a skip without a reason is a fault', point: 'ok 2 - b # SKIP', faults: 1 },
  { name: 'a skip in a subtest without a reason is a fault', point: '        ok 2 - b # SKIP', faults: 1 },
  { name: 'a skipped group of tests without a reason is a fault', point: 'ok 2 - b # SKIP {', faults: 1 },
  {
    name: 'a skip for want of Java is a fault',
    point: 'ok 2 - b (Java is not installed) # SKIP Java is not installed',
    faults: 1,
  },
  { name: 'a skip for want of Python is a fault', point: 'ok 2 - b # SKIP needs python3 with dnspython', faults: 1 },
  { name: 'a skip for want of a DNS server is a fault', point: 'ok 2 - b # SKIP unbound is not there', faults: 1 },
  { name: 'a todo without a reason is a fault', point: 'ok 2 - b # TODO', faults: 1 },
  { name: 'a name that speaks of skips passes', point: 'ok 2 - what a \\# SKIP does', faults: 0 },
]

for (const { name, point, faults } of skips) {
  t.test(name, async t => {
    t.equal(judge(`ok 1 - a\n${point}`, 'total: 2, pass: 1, skip: 1').faults.length, faults)
  })
}

t.test('outside of CI a skip for want of a program is no fault, and is listed', async t => {
  const judged = judge('ok 1 - b # SKIP Java is not installed', 'total: 1, skip: 1', false)
  t.match(judged, { faults: [], skipped: ['b: skip: Java is not installed'] })
})

t.test('a failed test is shown with its diagnostics, a passed one is not', async t => {
  const failed = ['    not ok 1 - a', '      ---', '      at: b.ts', '      ...']
  t.strictSame(judge(['ok 1 - c', '  ---', '  d: e', '  ...', ...failed].join('\n'), 'total: 2').failures, failed)
})

t.test('lines quoted in diagnostics are no results', async t => {
  const quoted = ['ok 1 - a', '  ---', '  diff: |', '    ok 2 - b # SKIP', '    ...', '  ...'].join('\n')
  t.match(judge(quoted, 'total: 1, pass: 1'), { passed: 1, failed: 0, faults: [], failures: [] })
})

t.test("a test's own comment is not taken for the counts of the file", async t => {
  t.equal(judge('    # { total: 9, pass: 9 }\nok 1 - a', 'total: 1, pass: 1').passed, 1)
})
