import t from 'tap'
import { reportFault } from '../../../../../src/tools/cli/map/fault-report.js'
import type { Fault } from '../../../../../src/errors.js'

const fault = (line?: number, column?: number): Fault => ({
  message: 'expected a target',
  origin: 'map.yaml',
  ...(line === undefined ? {} : { line }),
  ...(column === undefined ? {} : { column }),
})

const sourcesOf = (text: string | undefined) => [
  { kind: 'file' as const, origin: 'other.yaml', text: '5\n5\n' },
  ...(text === undefined ? [] : [{ kind: 'file' as const, origin: 'map.yaml', text }]),
]

const cases: { name: string; fault: Fault; text?: string; expected: string }[] = [
  { name: 'a fault without a place is one line', fault: fault(), text: 'a', expected: 'map.yaml: expected a target' },
  { name: 'a fault without its text is one line', fault: fault(2, 3), expected: 'map.yaml:2:3: expected a target' },
  {
    name: 'a caret stands under the column',
    fault: fault(2, 3),
    text: 'rules:\r\n- to: 5\r\n',
    expected: 'map.yaml:2:3: expected a target\n  2 | - to: 5\n    |   ^',
  },
  {
    name: 'tabs before the column are kept, so that the caret lines up',
    fault: fault(1, 2),
    text: '\tx',
    expected: 'map.yaml:1:2: expected a target\n  1 | \tx\n    | \t^',
  },
  {
    name: 'control characters do not reach the terminal',
    fault: fault(1, 1),
    text: '\u001b[31mx',
    expected: 'map.yaml:1:1: expected a target\n  1 | ?[31mx\n    | ^',
  },
  {
    name: 'a line past the end shows no caret',
    fault: fault(9, 1),
    text: 'a',
    expected: 'map.yaml:9:1: expected a target',
  },
]

for (const { name, fault, text, expected } of cases) {
  t.test(name, async t => t.equal(reportFault(fault, sourcesOf(text)), expected))
}

t.test('a long line is cut round the column', async t => {
  const long = `${'a'.repeat(5000)}X${'b'.repeat(5000)}`
  const [, line = '', caret = ''] = reportFault(fault(1, 5001), sourcesOf(long)).split('\n')
  t.ok(line.length < 120)
  t.equal(line[caret.indexOf('^')], 'X')
})
