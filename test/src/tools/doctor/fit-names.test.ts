import t from 'tap'
import { shortenMiddle, withoutEnding } from '../../../../src/tools/doctor/fit-names.js'

const endings: { name: string; names: string[]; shown: string[]; ending: string }[] = [
  {
    name: 'whole labels are taken off',
    names: ['b1.kafka.example:9092', 'xb1.kafka.example:9092'],
    shown: ['b1…', 'xb1…'],
    ending: '.kafka.example:9092',
  },
  {
    name: 'names with nothing in common stay',
    names: ['a.example', 'a.test'],
    shown: ['a.example', 'a.test'],
    ending: '',
  },
  { name: 'a short ending is not worth it', names: ['a.test', 'b.test'], shown: ['a.test', 'b.test'], ending: '' },
  {
    name: 'one name keeps its first label',
    names: ['b1.kafka.example:9092'],
    shown: ['b1…'],
    ending: '.kafka.example:9092',
  },
  {
    name: 'a name that is the others’ ending keeps a label',
    names: ['x.kafka.example.net', 'kafka.example.net'],
    shown: ['x.kafka…', 'kafka…'],
    ending: '.example.net',
  },
  { name: 'no names', names: [], shown: [], ending: '' },
]

for (const { name, names, shown, ending } of endings) {
  t.test(name, async t => t.same(withoutEnding(names), { names: shown, ending }))
}

const word = (seed: number, length: number) =>
  Array.from({ length }, (_, index) => 'abcdefghij-.0123456789'.charAt((seed * 31 + index * (seed + 7)) % 22)).join('')

t.test('shortened names fit, and differ where the names do: at the front, in the middle or at the end', async t => {
  for (const width of [12, 20, 33]) {
    for (const length of [40, 70, 110]) {
      for (const at of [0, 5, Math.floor(length / 2), length - 2]) {
        const base = word(length, length)
        const names = Array.from({ length: 9 }, (_, index) => base.slice(0, at) + String(index) + base.slice(at + 1))
        const shown = shortenMiddle(names, width)
        for (const each of shown) t.ok(each.length <= width)
        t.equal(new Set(shown).size, names.length, `${width} of ${length}, differing at ${at}`)
      }
    }
  }
})

t.test('names that fit stay', async t => t.same(shortenMiddle(['abc', 'abcd'], 4), ['abc', 'abcd']))
