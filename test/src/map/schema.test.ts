import { join } from 'node:path'
import t from 'tap'
import { readFileSync } from 'node:fs'
import { ConfigError } from '../../../src/errors.js'
import { compileMap } from '../../../src/map/compile.js'
import { settings } from './helpers.js'
import { projectFolder } from '../../project.js'

interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Schema[]
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly patternProperties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: boolean | Schema
  readonly propertyNames?: { readonly pattern: string }
  readonly items?: Schema
  readonly minItems?: number
  readonly maxItems?: number
  readonly minLength?: number
  readonly minProperties?: number
  readonly maxProperties?: number
  readonly definitions?: Readonly<Record<string, Schema>>
}

// Read as what it is: the test below fails on a key that the validator does not know.
const schema = JSON.parse(readFileSync(join(projectFolder, 'src/map/map.schema.json'), 'utf8')) as Schema

const typeOf = (value: unknown) => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value)

/** A validator of the words that the schema uses. */
function isValid(value: unknown, rule: Schema): boolean {
  if (rule.$ref !== undefined) {
    const found = schema.definitions?.[rule.$ref.replace('#/definitions/', '')]
    if (found === undefined || !isValid(value, found)) return false
  }
  if (rule.type !== undefined && ![rule.type].flat().includes(typeOf(value))) return false
  if (rule.enum !== undefined && !rule.enum.includes(value)) return false
  if (rule.anyOf !== undefined && !rule.anyOf.some(one => isValid(value, one))) return false
  if (typeof value === 'string') return value.length >= (rule.minLength ?? 0)
  if (Array.isArray(value)) {
    const isLongEnough = value.length >= (rule.minItems ?? 0) && value.length <= (rule.maxItems ?? Infinity)
    return isLongEnough && value.every(item => isValid(item, rule.items ?? {}))
  }
  return typeOf(value) !== 'object' || isValidObject(value as Record<string, unknown>, rule)
}

function isValidObject(value: Record<string, unknown>, rule: Schema): boolean {
  const keys = Object.keys(value)
  if (keys.length > (rule.maxProperties ?? Infinity)) return false
  if (keys.length < (rule.minProperties ?? 0) || rule.required?.some(key => !keys.includes(key))) return false
  return keys.every(key => {
    if (rule.propertyNames !== undefined && !new RegExp(rule.propertyNames.pattern).test(key)) return false
    const patterns = Object.entries(rule.patternProperties ?? {}).filter(([pattern]) => new RegExp(pattern).test(key))
    const own = rule.properties?.[key]
    if (own !== undefined) return isValid(value[key], own)
    const [pattern] = patterns
    if (pattern !== undefined) return isValid(value[key], pattern[1])
    if (rule.additionalProperties === undefined || rule.additionalProperties === true) return true
    return rule.additionalProperties !== false && isValid(value[key], rule.additionalProperties)
  })
}

function isTaken(map: unknown): boolean {
  try {
    compileMap(
      [{ kind: 'file', origin: 'map', map: map as object }],
      settings({ profiles: ['p'].filter(() => hasProfile(map)) }),
    )
    return true
  } catch (error) {
    if (error instanceof ConfigError) return false
    throw error
  }
}

const hasProfile = (map: unknown) => JSON.stringify(map).includes('"p":')

const rule = { match: 'a.x', to: 't' }
const documents: readonly { name: string; map: unknown; isGood: boolean }[] = [
  { name: 'an empty map', map: {}, isGood: true },
  { name: 'all keys without values', map: { tables: null, rules: null, profiles: null }, isGood: true },
  { name: 'version 1', map: { version: 1 }, isGood: true },
  { name: 'version "1"', map: { version: '1' }, isGood: true },
  { name: 'version 2', map: { version: 2 }, isGood: false },
  { name: 'keys that begin with x-', map: { 'x-a': [1], rules: [{ ...rule, 'x-b': {} }] }, isGood: true },
  { name: 'an unknown key', map: { rule: [] }, isGood: false },
  { name: 'rules', map: { rules: [rule] }, isGood: true },
  { name: 'rules as a map', map: { rules: { a: 'b' } }, isGood: false },
  { name: 'a rule that is a text', map: { rules: ['a=b'] }, isGood: false },
  { name: 'a rule with an unknown key', map: { rules: [{ ...rule, ttl: 1 }] }, isGood: false },
  { name: 'a rule without match', map: { rules: [{ to: 't' }] }, isGood: false },
  { name: 'a rule without to', map: { rules: [{ match: 'a.x' }] }, isGood: false },
  { name: 'a list of patterns', map: { rules: [{ match: ['a.x', 'b.x'], to: 't' }] }, isGood: true },
  { name: 'an empty list of patterns', map: { rules: [{ match: [], to: 't' }] }, isGood: false },
  { name: 'an empty pattern', map: { rules: [{ match: '', to: 't' }] }, isGood: false },
  { name: 'a pattern that is a map', map: { rules: [{ match: { a: null }, to: 't' }] }, isGood: false },
  { name: 'a list of targets', map: { rules: [{ match: 'a.x', to: ['t', 'u'] }] }, isGood: true },
  { name: '16 targets', map: { rules: [{ match: 'a.x', to: Array(16).fill('t') }] }, isGood: true },
  { name: '17 targets', map: { rules: [{ match: 'a.x', to: Array(17).fill('t') }] }, isGood: false },
  { name: 'an empty list of targets', map: { rules: [{ match: 'a.x', to: [] }] }, isGood: false },
  { name: 'targets by zone', map: { rules: [{ match: 'a.x', to: { z1: 't', z2: ['u', 'v'] } }] }, isGood: true },
  { name: 'no zone', map: { rules: [{ match: 'a.x', to: {} }] }, isGood: false },
  { name: 'a zone without a target', map: { rules: [{ match: 'a.x', to: { z1: null } }] }, isGood: false },
  { name: 'a zone with a map', map: { rules: [{ match: 'a.x', to: { z1: { a: 'b' } } }] }, isGood: false },
  {
    name: 'settings as lists',
    map: { rules: [{ ...rule, nameservers: ['192.0.2.53'], allow: ['192.0.2.0/24'], fallback: 'none' }] },
    isGood: true,
  },
  {
    name: 'settings as texts',
    map: { rules: [{ ...rule, nameservers: '192.0.2.53, system', allow: '192.0.2.0/24' }] },
    isGood: true,
  },
  { name: 'empty settings', map: { rules: [{ ...rule, allow: [] }] }, isGood: false },
  { name: 'an unknown fallback', map: { rules: [{ ...rule, fallback: 'dns' }] }, isGood: false },
  { name: 'tables', map: { tables: { az: { 'use1-az1': 'a', '1': 2 } } }, isGood: true },
  { name: "a table's name with a dot", map: { tables: { 'a.b': {} } }, isGood: false },
  { name: 'a table that is a text', map: { tables: { az: 'x' } }, isGood: false },
  { name: 'a table value that is a list', map: { tables: { az: { a: ['x'] } } }, isGood: false },
  { name: 'an empty table value', map: { tables: { az: { a: '' } } }, isGood: false },
  { name: 'profiles', map: { profiles: { p: [rule] } }, isGood: true },
  { name: 'a profile that is a rule', map: { profiles: { p: rule } }, isGood: false },
  { name: "a profile's name with a comma", map: { profiles: { 'a,b': [] } }, isGood: false },
  { name: 'a list', map: [rule], isGood: false },
]
for (const { name, map, isGood } of documents) {
  t.test(`${name}: the schema and the reader agree that it is ${isGood ? 'good' : 'bad'}`, async t => {
    t.equal(isValid(map, schema), isGood, 'schema')
    t.equal(isTaken(map), isGood, 'reader')
  })
}

t.test('the schema uses only words that the validator above knows', async t => {
  const words = new Set([
    '$schema',
    'title',
    'description',
    '$ref',
    'type',
    'enum',
    'anyOf',
    'required',
    'properties',
    'patternProperties',
    'additionalProperties',
    'propertyNames',
    'items',
    'minItems',
    'maxItems',
    'minLength',
    'minProperties',
    'maxProperties',
    'definitions',
    'pattern',
  ])
  const check = (rule: unknown) => {
    if (typeof rule !== 'object' || rule === null) return
    if (Array.isArray(rule)) rule.forEach(check)
    else
      for (const [word, value] of Object.entries(rule)) {
        t.ok(words.has(word), word)
        if (['properties', 'patternProperties', 'definitions'].includes(word))
          Object.values(value as object).forEach(check)
        else check(value)
      }
  }
  check(schema)
})
