import t from 'tap'
import { Expanded } from '../../../../src/map/document/node.js'
import { parsePattern } from '../../../../src/map/rule/pattern.js'
import { whyBefore } from '../../../../src/tools/review/precedence.js'

const pattern = (text: string) => parsePattern(new Expanded(text))

const cases: { first: string; second: string; why: RegExp }[] = [
  { first: 'b0.a.test', second: '*.a.test', why: /names 'b0' where the other has '\*'/ },
  { first: '*.a.test', second: '*.test', why: /names 'a' where the other has '\*'/ },
  { first: 'b0.a.test', second: 'b{n:int}.a.test', why: /'b0' comes before 'b\{int\}': a literal comes before/ },
  { first: 'b-{n}.a.test', second: '{n}.a.test', why: /'b-\{any\}' comes before '\{any\}': it has more literal/ },
  { first: '{n:int}.a.test', second: '{n:word}.a.test', why: /'\{int\}' comes before '\{word\}': of captures, int/ },
  { first: '*.a.test:9092', second: '*.a.test', why: /names the port 9092/ },
  { first: 'a-{x}.test', second: '{x}-b.test', why: /is first in the map/ },
]

for (const { first, second, why } of cases) {
  t.test(`${first} comes before ${second}, and it says why`, async t => {
    t.match(whyBefore(pattern(first), pattern(second)), why)
  })
}
