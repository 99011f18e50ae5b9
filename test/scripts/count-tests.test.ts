import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import t, { type Test } from 'tap'

const script = join(import.meta.dirname, '../../scripts/count-tests.mjs')

/** The script's exit code and lines for tap's raw output; `counts` is what tap's own last comment holds. */
function judge(t: Test, points: string, counts?: string) {
  const comment = counts === undefined ? '' : `\n# { ${counts} }\n# time=1ms\n`
  const folder = t.testdir({ 'out.tap': `${points}\n1..1${comment}` })
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, join(folder, 'out.tap')], {
    encoding: 'utf8',
  })
  t.equal(stderr, '')
  return { status, lines: stdout.trimEnd().split('\n') }
}

const cases = [
  { name: 'all passed', points: 'ok 1 - a', counts: 'total: 7, pass: 7', status: 0, last: '7 passed, 0 failed' },
  {
    name: 'one failed',
    points: 'not ok 1 - a',
    counts: 'total: 7, pass: 6, fail: 1',
    status: 1,
    last: '6 passed, 1 failed',
  },
  { name: 'none ran', points: '', counts: 'total: 0', status: 1, last: '0 passed, 0 failed' },
  { name: 'tap was cut off', points: 'ok 1 - a', counts: undefined, status: 1, last: '0 passed, 0 failed' },
]

for (const { name, points, counts, status, last } of cases) {
  t.test(name, async t => {
    const judged = judge(t, points, counts)
    t.equal(judged.status, status)
    t.equal(judged.lines.at(-1), last)
  })
}

const skips = [
  { name: 'a skip with a reason passes', point: 'ok 2 - b # SKIP no IPv6 on this machine', status: 0 },
  { name: 'a skip without a reason fails', point: 'ok 2 - b # SKIP', status: 1 },
  { name: 'a skip in a subtest without a reason fails', point: '        ok 2 - b # SKIP', status: 1 },
  { name: 'a skipped group of tests without a reason fails', point: 'ok 2 - b # SKIP {', status: 1 },
  {
    name: 'a skip for want of Java fails',
    point: 'ok 2 - b (Java is not installed) # SKIP Java is not installed',
    status: 1,
  },
  { name: 'a skip for want of Python fails', point: 'ok 2 - b # SKIP needs python3 with dnspython', status: 1 },
  { name: 'a skip for want of a DNS server fails', point: 'ok 2 - b # SKIP unbound is not there', status: 1 },
  { name: 'a file without tests fails', point: 'ok 2 - test/b.test.ts # SKIP no tests found', status: 1 },
  { name: 'a todo without a reason fails', point: 'ok 2 - b # TODO', status: 1 },
  { name: 'a name that speaks of skips passes', point: 'ok 2 - what a \\# SKIP does', status: 0 },
]

for (const { name, point, status } of skips) {
  t.test(name, async t => {
    const judged = judge(t, `ok 1 - a\n${point}`, 'total: 2, pass: 1, skip: 1')
    t.equal(judged.status, status)
    t.equal(judged.lines.at(-1), '1 passed, 0 failed')
    t.equal(judged.lines.length, status + 1, 'one line for what does not count')
  })
}

t.test('lines quoted in diagnostics are no results', async t => {
  const quoted = ['ok 1 - a', '  ---', '  diff: |', '    ok 2 - b # SKIP', '    ...', '  ...'].join('\n')
  t.equal(judge(t, quoted, 'total: 1, pass: 1').status, 0)
})

t.test("a test's own comment is not taken for the counts of the run", async t => {
  t.equal(judge(t, '    # { total: 9, pass: 9 }\nok 1 - a', 'total: 1, pass: 1').lines.at(-1), '1 passed, 0 failed')
})

t.test('the counts and faults of several runs are added up', async t => {
  const run = (counts: string) => `ok 1 - a\n1..1\n# { ${counts} }\n# time=1ms\n`
  const folder = t.testdir({
    'a.tap': run('total: 7, pass: 6, fail: 1'),
    'b.tap': run('total: 3, pass: 3'),
    'c.tap': '',
  })
  const judgeAll = (...names: string[]) =>
    spawnSync(process.execPath, [script, ...names.map(name => join(folder, name))], { encoding: 'utf8' })
  t.match(judgeAll('a.tap', 'b.tap'), { status: 1, stdout: '9 passed, 1 failed\n' })
  t.match(judgeAll('b.tap', 'b.tap'), { status: 0, stdout: '6 passed, 0 failed\n' })
  t.match(judgeAll('b.tap', 'c.tap'), {
    status: 1,
    stdout: 'does not count: tap ended without its counts\n3 passed, 0 failed\n',
  })
})
