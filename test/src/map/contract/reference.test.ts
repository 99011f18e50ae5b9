import fc from '../../../fast-check.js'
import t from 'tap'
import type { CompiledTable } from '../../../../src/map/match/compiled-table.js'
import { compileMap } from '../../../../src/map/compile.js'
import { isFullRun } from '../../../full-run.js'
import { hostFor, question, rules, tables } from './arbitraries.js'
import { ask, inlineSource, settings, yamlTable } from '../helpers.js'
import { decide, inOrder, match, patternText, readings, targetText, type RuleSpec } from './reference.js'

const runs = isFullRun ? 4000 : 400

/** The rules as a map of their own, compiled from a text or from the object. */
function compile(specs: readonly RuleSpec[], form: 'text' | 'object' = 'object'): CompiledTable {
  const written = specs.map(({ pattern, to }) => ({
    match: patternText(pattern),
    to: typeof to === 'string' ? to : to.map(targetText),
  }))
  const map = { tables, rules: written }
  return form === 'text'
    ? yamlTable(JSON.stringify(map))
    : compileMap([{ kind: 'inline', origin: 'map', map }], settings()).map
}

const asDecided = (answer: string) => (answer === 'unmapped system' ? 'unmapped' : answer)

// At least as many names as a random walk gives, each that a rule is for.
const questions = (specs: readonly RuleSpec[]) =>
  fc.array(
    fc.oneof(
      question,
      fc
        .tuple(
          fc.constantFrom(...specs),
          fc.constantFrom(1, 2, 9092, undefined),
          fc.array(fc.nat(), { minLength: 20, maxLength: 20 }),
        )
        .map(([{ pattern }, port, numbers]) => {
          let at = 0
          const host = hostFor(pattern, from => from[(numbers[at++] ?? 0) % from.length] ?? '')
          return { asked: { host, kind: pattern.kind }, port }
        }),
    ),
    { minLength: 10, maxLength: 40 },
  )

t.test('the compiled table decides as the reference matcher does', async t => {
  const seen = new Map<string, number>()
  const cases = rules.chain(specs => fc.tuple(fc.constant(specs), questions(specs)))
  fc.assert(
    fc.property(cases, fc.constantFrom('text', 'object'), ([specs, asked], form) => {
      const map = compile(specs, form)
      for (const {
        asked: { host, kind },
        port,
      } of asked) {
        const expected = decide(specs, tables, host, kind, port)
        const found = asDecided(ask(map, host, port))
        if (found !== expected)
          throw new Error(
            `${host}:${port ?? ''}: expected ${expected}, found ${found} in ${specs.map(({ pattern, to }) => `${patternText(pattern)} = ${typeof to === 'string' ? to : to.map(targetText).join(' | ')}`).join(', ')}`,
          )
        const kindOfAnswer = /^(unmapped|system|refuse|ERR_\w+)$/.test(expected) ? expected : 'targets'
        seen.set(kindOfAnswer, (seen.get(kindOfAnswer) ?? 0) + 1)
      }
    }),
    { numRuns: runs },
  )
  for (const answer of ['unmapped', 'system', 'refuse', 'ERR_SPLIT_DNS_TARGET', 'targets'])
    t.ok((seen.get(answer) ?? 0) > 100, `${answer}: ${seen.get(answer) ?? 0}`)
})

t.test('candidates are all rules that match, in the order of the reference matcher', async t => {
  const cases = rules.chain(specs => fc.tuple(fc.constant(specs), questions(specs)))
  fc.assert(
    fc.property(cases, ([specs, asked]) => {
      const map = compile(specs)
      for (const {
        asked: { host, kind },
        port,
      } of asked) {
        const found = map.candidates(host, port).filter(({ outcome }) => outcome !== 'port')
        const expected = inOrder(specs, host, kind, port).map(spec => specs.indexOf(spec))
        if (found.map(({ rule }) => rule.index).join() !== expected.join())
          throw new Error(`${host}: ${found.map(({ rule }) => rule.match).join(' ')}, expected ${expected.join()}`)
      }
    }),
    { numRuns: isFullRun ? 3000 : 300 },
  )
  t.pass('no counterexample')
})

t.test('a route tells rule and captures as the reference matcher does', async t => {
  const simple: fc.Arbitrary<readonly RuleSpec[]> = rules.map(specs =>
    specs.map(({ pattern }) => ({ pattern, to: [{ host: 'z.test', port: [] }] })),
  )
  fc.assert(
    fc.property(
      simple.chain(specs => fc.tuple(fc.constant(specs), questions(specs))),
      ([specs, asked]) => {
        const map = compile(specs)
        for (const {
          asked: { host, kind },
          port,
        } of asked) {
          const [first] = inOrder(specs, host, kind, port)
          const { rule, captures } = map.decide(host, port).route
          const [expected, found] = [first, rule].map(rule =>
            rule === undefined || rule === null ? null : 'pattern' in rule ? specs.indexOf(rule) : rule.index,
          )
          if (expected !== found) throw new Error(`${host}:${port ?? ''}: expected rule ${expected}, found ${found}`)
          if (first === undefined) continue
          const read = match(first.pattern, host, kind)
          if (JSON.stringify(Object.entries(read ?? {}).sort()) !== JSON.stringify(Object.entries(captures).sort()))
            throw new Error(`${host}: ${JSON.stringify(captures)}`)
        }
      },
    ),
    { numRuns: 500 },
  )
  t.pass('rules and captures agree')
})

t.test('an allowed label is read in one way only', async t => {
  fc.assert(
    fc.property(
      rules,
      fc.array(fc.array(fc.constantFrom('a', 'b', 'x', '1', '2', '-', '_'), { minLength: 1, maxLength: 9 }), {
        minLength: 20,
        maxLength: 20,
      }),
      (specs, texts) => {
        for (const label of specs.flatMap(({ pattern }) => pattern.labels))
          for (const text of texts) if (readings(label, text.join('')).length > 1) return false
        return true
      },
    ),
    { numRuns: 500 },
  )
  t.pass('no label has two readings')
})

t.test('a large table decides as the reference matcher does', async t => {
  // Nodes and labels keep their children otherwise where there are many.
  const types = ['int', 'word', 'any'] as const
  const specs: RuleSpec[] = []
  for (const before of ['', 'a', 'b', 'a-', 'ab', 'b1', '1'])
    for (const after of ['', 'a', 'b', '-a', 'x', '-1'])
      for (const type of types)
        for (const star of [false, true])
          specs.push({
            pattern: {
              kind: 'name',
              star,
              labels: [[before, { name: 'c0', type }, after].filter(part => part !== ''), ['a']],
              port: undefined,
            },
            to: [{ host: `r${specs.length}.test`, port: [] }],
          })
  const map = compile(specs)
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('a', 'b', 'x', '1', '-'), { minLength: 1, maxLength: 6 }),
      fc.boolean(),
      (letters, isDeep) => {
        const host = `${isDeep ? 'q.' : ''}${letters.join('')}.a`
        return asDecided(ask(map, host)) === decide(specs, tables, host, 'name')
      },
    ),
    { numRuns: 1000 },
  )
  t.pass(`${map.ruleCount} rules agree`)
})

t.test('the same question gives the same decision, however often others come between', async t => {
  const map = compileMap([inlineSource('*.example={*}.test, {n:int}.example:9092=b-{n}.test:{9000+n}')], settings()).map
  const first = map.decide('7.example', 9092)
  for (let index = 0; index < 10_000; index++) map.decide(`h${index}.example`, index + 1)
  t.same(map.decide('7.example', 9092), first)
  t.equal(ask(map, '7.example', 9093), '7.test:9093')
})
