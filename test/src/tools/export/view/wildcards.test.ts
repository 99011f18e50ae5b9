import fc from '../../../../fast-check.js'
import t from 'tap'
import { ownerText, type PlainAnswer, type PlainReply } from '../../../../../src/tools/export/view/plain-answers.js'
import {
  closeWildcards,
  isIn,
  withoutLoops,
  type ClosedRecord,
} from '../../../../../src/tools/export/view/wildcards.js'

type Reply = string

/** The answers in order: owners, and `pass`, `none` or a target's name. */
function answersOf(rows: readonly (readonly [owner: string, reply: Reply])[]): readonly PlainAnswer[] {
  return rows.map(([owner, said], order) => ({
    name: owner.replace(/^\*\.?/, ''),
    isWildcard: owner.startsWith('*'),
    reply: replyOf(said),
    rule: { match: owner, index: order, origin: 'map', place: 'map:1' },
    order,
  }))
}

function replyOf(said: Reply): PlainReply {
  if (said === 'pass') return { kind: 'pass' }
  return said === 'none' ? { kind: 'none', why: 'the map refuses it' } : { kind: 'name', name: said }
}

const told = ({ reply }: PlainAnswer): Reply => (reply.kind === 'name' ? reply.name : reply.kind)

const written = (records: readonly ClosedRecord[]) =>
  Object.fromEntries(records.map(record => [ownerText(record), told(record.answer)]))

const rows = [
  {
    is: 'nothing is added where no wildcard is',
    answers: [
      ['a.x.example', 't'],
      ['b.a.x.example', 'none'],
      ['c.x.example', 'pass'],
    ],
    gives: { 'a.x.example': 't', 'b.a.x.example': 'none' },
  },
  {
    is: 'what lies below an exact name has the answer of the wildcard again',
    answers: [
      ['a.x.example', 'e'],
      ['*.x.example', 'w'],
    ],
    gives: { 'a.x.example': 'e', '*.x.example': 'w', '*.a.x.example': 'w' },
  },
  {
    is: 'so have a name that only others lie below, and what lies below it',
    answers: [
      ['a.b.x.example', 'e'],
      ['*.x.example', 'w'],
    ],
    gives: {
      'a.b.x.example': 'e',
      '*.x.example': 'w',
      'b.x.example': 'w',
      '*.b.x.example': 'w',
      '*.a.b.x.example': 'w',
    },
  },
  {
    is: 'a wildcard leaves the name of its zone to a wider one',
    answers: [
      ['*.b.x.example', 'n'],
      ['*.x.example', 'w'],
    ],
    gives: { '*.b.x.example': 'n', '*.x.example': 'w', 'b.x.example': 'w' },
  },
  {
    is: 'what is passed on is written where a wildcard would take it',
    answers: [
      ['*.b.x.example', 'pass'],
      ['c.x.example', 'pass'],
      ['*.x.example', 'w'],
      ['d.example', 'pass'],
    ],
    gives: {
      '*.b.x.example': 'pass',
      'c.x.example': 'pass',
      '*.x.example': 'w',
      'b.x.example': 'w',
      '*.c.x.example': 'w',
    },
  },
  {
    is: 'the first of two answers for a name counts, be it the wider one',
    answers: [
      ['*.x.example', 'w'],
      ['a.x.example', 'e'],
      ['*.x.example', 'none'],
    ],
    gives: { 'a.x.example': 'w', '*.x.example': 'w', '*.a.x.example': 'w' },
  },
] as const

for (const { is, answers, gives } of rows) {
  t.test(is, async t => {
    t.strictSame(written(closeWildcards(answersOf(answers))), gives)
  })
}

t.test('of a zone its own name and those below it are written, what wider wildcards give them too', async t => {
  const answers = answersOf([
    ['a.b.x.example', 'e'],
    ['other.example', 'o'],
    ['*.example', 'w'],
  ])
  t.strictSame(written(closeWildcards(answers, { zone: 'x.example' })), {
    'a.b.x.example': 'e',
    'x.example': 'w',
    '*.x.example': 'w',
    'b.x.example': 'w',
    '*.b.x.example': 'w',
    '*.a.b.x.example': 'w',
  })
})

t.test('a name that leads to itself is passed on', async t => {
  const answers = answersOf([
    ['b.x.example', 'c.x.example'],
    ['*.x.example', 'boot.x.example'],
  ])
  t.match(written(closeWildcards(withoutLoops(answers))), {
    'b.x.example': 'c.x.example',
    'boot.x.example': 'pass',
    '*.boot.x.example': 'boot.x.example',
  })
})

const labels = ['a', 'b', 'c']
const name = fc.array(fc.constantFrom(...labels), { minLength: 1, maxLength: 4 }).map(parts => parts.join('.'))
const owner = fc.oneof(
  name,
  name.map(text => `*.${text}`),
  fc.constant('*'),
)
const reply = fc.constantFrom('pass', 'none', 't', 'u')
const answers = fc.array(fc.tuple(owner, reply), { maxLength: 8 }).map(answersOf)

/** The first answer that the name matches. */
function firstMatch(name: string, answers: readonly PlainAnswer[]): Reply | undefined {
  const found = answers.find(answer =>
    answer.isWildcard ? answer.name === '' || name.endsWith(`.${answer.name}`) : answer.name === name,
  )
  return found === undefined ? undefined : told(found)
}

/** RFC 4592: the name's own record, else that of the wildcard at its closest encloser. */
function lookUp(name: string, records: ReadonlyMap<string, Reply>, nodes: ReadonlySet<string>): Reply | undefined {
  if (nodes.has(name)) return records.get(name)
  let encloser = name
  while (encloser !== '' && !nodes.has(encloser)) encloser = encloser.slice(`${encloser}.`.indexOf('.') + 1)
  return records.get(encloser === '' ? '*' : `*.${encloser}`)
}

/** As unbound does: only names that have records keep a wildcard away. */
function lookUpLoosely(name: string, records: ReadonlyMap<string, Reply>): Reply | undefined {
  if (records.has(name)) return records.get(name)
  for (let encloser = name; encloser !== '';) {
    encloser = encloser.slice(`${encloser}.`.indexOf('.') + 1)
    const found = records.get(encloser === '' ? '*' : `*.${encloser}`)
    if (found !== undefined || records.has(encloser)) return found
  }
  return undefined
}

const nodesOf = (owners: Iterable<string>) =>
  new Set(
    [...owners].flatMap(owner => {
      const parts = owner.split('.')
      return parts.map((_, index) => parts.slice(index).join('.'))
    }),
  )

for (const zone of ['', 'a', 'b.a']) {
  t.test(`a zone of the records gives each name its first answer ('${zone}')`, async () => {
    fc.assert(
      fc.property(answers, fc.array(name, { minLength: 30, maxLength: 30 }), (answers, names) => {
        const records = new Map(Object.entries(written(closeWildcards(answers, { zone }))))
        const nodes = nodesOf([...records.keys(), ...(zone === '' ? [] : [zone])])
        for (const asked of names.filter(asked => isIn(zone, asked))) {
          const expected = firstMatch(asked, answers) ?? 'pass'
          const found = [lookUp(asked, records, nodes) ?? 'pass', lookUpLoosely(asked, records) ?? 'pass']
          if (zone !== '') found.pop()
          if (found.some(said => said !== expected)) throw new Error(`${asked}: ${found.join()} is not ${expected}`)
        }
      }),
      { seed: 7, numRuns: 3000 },
    )
  })
}
