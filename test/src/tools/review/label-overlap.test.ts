import t from 'tap'
import { Expanded } from '../../../../src/map/document/node.js'
import { commonLabel } from '../../../../src/tools/review/label-overlap.js'
import { labelsOf, parsePattern } from '../../../../src/map/rule/pattern.js'

const label = (text: string) => labelsOf(parsePattern(new Expanded(`${text}.test`)))[1] ?? ''

const cases: { one: string; other: string; meet: boolean }[] = [
  { one: 'a', other: 'a', meet: true },
  { one: 'a', other: 'b', meet: false },
  { one: 'b{n:int}', other: 'b1', meet: true },
  { one: 'b{n:int}', other: 'bx', meet: false },
  { one: 'b{n:int}', other: 'b', meet: false },
  { one: 'a-{x}', other: '{x}-b', meet: true },
  { one: 'a-{x:int}', other: '{x:int}-1', meet: false },
  { one: 'a{x:int}', other: '{x:word}', meet: true },
  { one: '{x:int}-{y}', other: '{x:word}_{y}', meet: false },
  { one: '{x:int}-{y:int}', other: '{z}-7', meet: true },
]

for (const { one, other, meet } of cases) {
  t.test(`${one} and ${other} ${meet ? 'meet' : 'never meet'}`, async t => {
    for (const common of [commonLabel(label(one), label(other)), commonLabel(label(other), label(one))]) {
      t.equal(common !== undefined, meet)
    }
  })
}
