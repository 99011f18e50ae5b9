import fc from '../../../fast-check.js'
import t from 'tap'
import { BadInput } from '../../../../src/tools/init/bad-input.js'
import { makeMap, type MadeMap } from '../../../../src/tools/init/make-map.js'
import { fill, type Captures } from '../../../../src/tools/init/name-shape.js'
import type { Provider, Shape } from '../../../../src/tools/init/provider.js'
import { families } from '../../../../src/tools/init/recognise.js'
import { recognise } from '../../../../src/tools/init/recognise.js'
import { compileSources } from '../../../../src/map/compile.js'
import { reviewMap } from '../../../../src/tools/review/review.js'
import { isFullRun } from '../../../full-run.js'
import { settings } from '../../map/helpers.js'

const word = fc.stringMatching(/^[a-z0-9]{1,12}$/)
const region = fc.constantFrom('us-east-1', 'eu-central-1', 'westeurope', 'us-central1')
const label = fc.stringMatching(/^[a-z0-9](-?[a-z0-9]){0,12}$/)

/** What each capture may hold, by its name, else by its type. */
const byName: Readonly<Record<string, fc.Arbitrary<string>>> = {
  cloud: fc.constantFrom('aws', 'azure', 'gcp'),
  auth: fc.constantFrom('scram', 'iam', 'tls'),
  kind: fc.constantFrom('byoc', 'fmc'),
  zone: fc.constantFrom('use1-az1', 'az1', 'us-central1-c'),
  region,
}
const byType: Readonly<Record<string, fc.Arbitrary<string>>> = {
  int: fc.integer({ min: 0, max: 5000 }).map(String),
  word,
}

const capturesOf = (shape: Shape): fc.Arbitrary<Captures> =>
  fc.record(
    Object.fromEntries(
      [...shape.pattern.matchAll(/\{(\w+)(?::(\w+))?\}/g)].map(([, name = '', type = '']) => [
        name,
        byName[name] ?? byType[type] ?? label,
      ]),
    ),
  )

const endpoint = fc.oneof(
  fc.tuple(label, label).map(parts => `${parts.join('.')}.vpce.example`),
  fc.ipV4().map(address => `${address.split('.').slice(0, 3).join('.')}.9`),
  fc.constant('2001:db8::1'),
  word.map(id => `vpce-${id}.vpce-svc-${id}.us-east-1.vpce.example`),
)

const endpoints = fc.uniqueArray(endpoint, { minLength: 1, maxLength: 3 })
const noZones = fc.constant<string[]>([])
const zones = fc.oneof(
  fc.uniqueArray(fc.constantFrom('use1-az1=us-east-1a', 'use1-az4=us-east-1c', 'use1-az5=a.vpce.example')),
  fc.uniqueArray(fc.constantFrom('az1=b.vpce.example', 'az2=10.0.0.9', 'az3=2001:db8::3')),
)
const basePort = fc.integer({ min: 0, max: 65534 })

const asked = fc.oneof(
  fc.record({ endpoints, zones: noZones, basePort: fc.constant(undefined) }),
  fc.record({ endpoints, zones, basePort: fc.constant(undefined) }),
  fc.record({ endpoints, zones: noZones, basePort }),
)

/** The map, or undefined where the input was refused by a line of its own. */
function madeOr(host: string, port: number, more: Omit<Parameters<typeof makeMap>[0], 'brokers'>): MadeMap | undefined {
  try {
    return makeMap({ brokers: [{ host, port }], ...more })
  } catch (error) {
    if (error instanceof BadInput && !error.message.includes('\n')) return undefined
    throw error
  }
}

function isLed(map: MadeMap, host: string, port: number): boolean {
  try {
    return map.table.decide(host, port).route.action === 'map'
  } catch {
    // The table lacks this broker: it fails, but is not left to anybody else.
    return true
  }
}

const shapes: readonly { readonly provider: Provider; readonly shape: Shape }[] = families.flatMap(({ providers }) =>
  providers.flatMap(provider => provider.shapes.map(shape => ({ provider, shape }))),
)

for (const { provider, shape } of shapes) {
  t.test(`any name of the shape ${shape.pattern} is read by it, and led; check has nothing to say`, async t => {
    let count = 0
    fc.assert(
      fc.property(capturesOf(shape), asked, fc.constantFrom(9092, 9098, 14001), (captures, more, port) => {
        const host = fill(shape.pattern, captures)
        const { provider: found, names } = recognise([{ host, port }])
        t.same([found === provider, names[0]?.captures], [true, captures], host)
        const map = madeOr(host, port, more)
        if (map === undefined) return
        count++
        const source = { kind: 'file', origin: 'map', text: map.text } as const
        const compilation = compileSources([source], { ...settings(), thorough: true })
        t.same([...compilation.faults, ...compilation.warnings, ...reviewMap(compilation, [])], [])
        t.ok(isLed(map, host, port), map.text)
      }),
      { numRuns: 60, seed: 8 },
    )
    t.ok(count > 2, `${count} maps were made`)
  })

  t.test(`no map for a name of the shape ${shape.pattern} leads that of another cluster`, async t => {
    fc.assert(
      fc.property(capturesOf(shape), capturesOf(shape), (mine, theirs) => {
        const differs = provider.pins.some(pin => (mine[pin] ?? '') !== (theirs[pin] ?? ''))
        fc.pre(differs)
        const map = madeOr(fill(shape.pattern, mine), 9098, {
          endpoints: ['a.vpce.example'],
          zones: [],
          basePort: undefined,
        })
        const host = fill(shape.pattern, theirs)
        t.equal(map?.table.decide(host, 9098).route.rule ?? null, null, host)
      }),
      { numRuns: isFullRun ? 60 : 20, seed: 8 },
    )
  })
}

const host = fc.array(fc.oneof(label, word), { minLength: 1, maxLength: 5 }).map(labels => `${labels.join('.')}.test`)

t.test('any name of an unknown provider is led, and check has nothing to say', async t => {
  fc.assert(
    fc.property(fc.uniqueArray(host, { minLength: 1, maxLength: 4 }), asked, (hosts, more) => {
      try {
        const map = makeMap({ brokers: hosts.map(host => ({ host, port: 9092 })), ...more })
        for (const host of hosts) t.ok(isLed(map, host, 9092), map.text)
      } catch (error) {
        t.ok(error instanceof BadInput, String(error))
      }
    }),
    { numRuns: isFullRun ? 300 : 50, seed: 8 },
  )
})

t.test('no text whatever makes anything but a map or one line of reproach', async t => {
  const text = fc.oneof(fc.string({ maxLength: 40 }), fc.string({ unit: 'binary', maxLength: 20 }), host)
  fc.assert(
    fc.property(text, text, text, (broker, endpoint, zone) => {
      for (const zones of [[], [zone], [`use1-az1=${zone}`]]) {
        try {
          const brokers = [{ host: broker, port: 9092 }]
          t.equal(typeof makeMap({ brokers, endpoints: [endpoint], zones, basePort: undefined }).text, 'string')
        } catch (error) {
          if (!(error instanceof BadInput)) throw error
          t.notMatch(error.message, /[\n\u0000-\u001f\u2028]/)
        }
      }
    }),
    { numRuns: isFullRun ? 500 : 100, seed: 8 },
  )
})
