import t from 'tap'
import fc from '../../../fast-check.js'
import {
  accepts,
  labelPattern,
  matchesLabel,
  readCaptures,
  type CaptureType,
} from '../../../../src/map/rule/label-pattern.js'
import { commonLabel } from '../../../../src/tools/review/label-overlap.js'

interface Parts {
  literals: string[]
  captures: CaptureType[]
}

/** Every way to read the label, by trying all. */
function readings({ literals, captures }: Parts, label: string): string[][] {
  const [literal = ''] = literals
  if (!label.startsWith(literal)) return []
  const rest = label.slice(literal.length)
  const [type] = captures
  if (type === undefined) return rest === '' ? [[]] : []
  const found: string[][] = []
  for (let length = 1; length <= rest.length; length++) {
    if (!accepts(type, rest.charCodeAt(length - 1))) break
    const more = readings({ literals: literals.slice(1), captures: captures.slice(1) }, rest.slice(length))
    found.push(...more.map(values => [rest.slice(0, length), ...values]))
  }
  return found
}

const character = fc.constantFrom('a', 'x', '1', '2', '-', '_')
const text = (max: number) => fc.array(character, { maxLength: max }).map(list => list.join(''))
const type = fc.constantFrom<CaptureType>('int', 'word', 'any')
const parts: fc.Arbitrary<Parts> = fc
  .array(type, { minLength: 1, maxLength: 4 })
  .filter(captures => captures.filter(capture => capture === 'any').length <= 1)
  .chain(captures =>
    fc
      .tuple(
        text(2),
        text(2),
        fc.array(
          text(2).filter(literal => literal !== ''),
          { minLength: captures.length - 1, maxLength: captures.length - 1 },
        ),
      )
      .map(([first, last, between]) => ({ captures, literals: [first, ...between, last] })),
  )

t.test('a pattern that is taken reads each label in one way, the way that trying all finds', async t => {
  fc.assert(
    fc.property(parts, fc.array(text(12), { minLength: 20, maxLength: 20 }), (pattern, labels) => {
      const compiled = labelPattern(pattern)
      if (typeof compiled === 'number') return
      const fitting = pattern.literals.join('1')
      for (const label of [...labels, fitting]) {
        const found = readings(pattern, label)
        if (found.length > 1) throw new Error(`${compiled.shape} reads ${label} in ${found.length} ways`)
        if (matchesLabel(compiled, label) !== (found.length === 1)) throw new Error(`${compiled.shape} and ${label}`)
        if (found[0] === undefined) continue
        const values = readCaptures(compiled, label)
        if (values.join('|') !== found[0].join('|'))
          throw new Error(`${compiled.shape} reads ${label} as ${values.join('|')}`)
      }
    }),
    { numRuns: 2000 },
  )
  t.pass('no counterexample')
})

t.test('the label that two patterns have in common is matched by both, and is found where there is one', async t => {
  fc.assert(
    fc.property(parts, parts, fc.array(text(10), { minLength: 20, maxLength: 20 }), (a, b, labels) => {
      const [first, second] = [labelPattern(a), labelPattern(b)]
      if (typeof first === 'number' || typeof second === 'number') return true
      const common = commonLabel(first, second)
      if (common !== undefined) return matchesLabel(first, common) && matchesLabel(second, common)
      return !labels.some(label => matchesLabel(first, label) && matchesLabel(second, label))
    }),
    { numRuns: 2000 },
  )
  t.pass('no counterexample')
})

t.test('ranks put more literal characters first, then the types from the left, a missing capture last', async t => {
  const rank = (literals: string[], captures: CaptureType[]) => {
    const pattern = labelPattern({ literals, captures })
    if (typeof pattern === 'number') throw new Error('not unique')
    return pattern.rank
  }
  const inOrder = [
    rank(['abc', ''], ['any']),
    rank(['', '-a-', ''], ['int', 'int']).replace(/^/, ''),
    rank(['-', '-', ''], ['int', 'word']),
    rank(['-', '-', ''], ['int', 'any']),
    rank(['-', '-'], ['int']),
    rank(['-', '-', ''], ['word', 'int']),
    rank(['a', ''], ['int']),
    rank(['', ''], ['int']),
    rank(['', ''], ['word']),
    rank(['', ''], ['any']),
  ]
  t.same(inOrder.slice(2), inOrder.slice(2).toSorted())
  t.equal(rank(['a', 'b'], ['int']), rank(['ab', ''], ['int']))
})
