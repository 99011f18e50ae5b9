import fc from '../../../fast-check.js'
import t from 'tap'
import { ConfigError } from '../../../../src/errors.js'
import { compileMap } from '../../../../src/map/compile.js'
import type { SplitDnsMap } from '../../../../src/map/types.js'
import { parseMap } from '../../../../src/map/parse.js'
import { settings } from '../helpers.js'

/** The result, or undefined where the work throws ConfigError; all else is thrown. */
function configured<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (error instanceof ConfigError) return undefined
    throw error
  }
}

const tokens = [
  'version',
  'tables',
  'rules',
  'profiles',
  'match',
  'to',
  'x-',
  'p',
  ':',
  ': ',
  '\n',
  '\n  ',
  '\n- ',
  '- ',
  '{',
  '}',
  '[',
  ']',
  ',',
  '"',
  "'",
  '*',
  '*a',
  '&a ',
  '#',
  '|',
  '>',
  '!',
  '!!',
  '%',
  '@',
  '`',
  '\t',
  '\r\n',
  '---\n',
  '...\n',
  '<<',
  '?',
  '~',
  'null',
  '1',
  '${V}',
  '${',
  '${W}',
  '${X}',
  '{n:int}',
  '.example',
  'system',
  '=',
  '\u0000',
  '\ufeff',
  'ü',
  '\ud800',
  '\\',
  '__proto__',
  'z',
  ':9092',
  '{9000+n}',
  '{az[n]}',
]
const soup = fc.array(fc.constantFrom(...tokens), { maxLength: 40 }).map(parts => parts.join(''))
const piece = fc
  .array(
    fc.constantFrom(
      'a',
      'b',
      '.',
      '-',
      '*',
      '{n:int}',
      '{a}',
      '{',
      '}',
      '[',
      ']',
      ':',
      '${V}',
      '${W}',
      '${',
      ':9092',
      '9',
      'example',
      'system',
      'refuse',
      ' ',
      'ü',
      '{t[a]}',
      '{port+1}',
      '\u3002',
      '1',
      '2001:db8::1',
    ),
    { maxLength: 8 },
  )
  .map(parts => parts.join(''))

t.test('what parseMap gives compiles as the text does', async t => {
  const env = { V: 'v', W: '{w}', X: '..' }
  const options = { env, filename: 'map.yaml' }
  let good = 0
  const same = (text: string) => {
    const parsed = configured(() => parseMap(text, options))
    const direct = configured(() => compileMap([{ kind: 'file', origin: 'map.yaml', text }], settings({ env })))
    if ((parsed === undefined) !== (direct === undefined)) throw new Error('one of both has faults')
    if (parsed === undefined || direct === undefined) return
    good++
    // As plain data too, without the places that parseMap remembers.
    for (const map of [parsed, JSON.parse(JSON.stringify(parsed)) as SplitDnsMap]) {
      const { map: again } = compileMap([{ kind: 'inline', origin: 'map', map }], settings())
      if (again.ruleCount !== direct.map.ruleCount)
        throw new Error(`${again.ruleCount} rules, not ${direct.map.ruleCount}`)
    }
  }
  fc.assert(fc.property(soup, same), { numRuns: 500 })
  fc.assert(
    fc.property(piece, piece, (match, to) => same(JSON.stringify({ rules: [{ match, to }] }))),
    { numRuns: 600 },
  )
  t.ok(good > 20, `${good} were maps`)
})
