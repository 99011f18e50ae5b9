import t from 'tap'
import { compileMap, type MapSource } from '../../../src/map/compile.js'
import { parseMap } from '../../../src/map/parse.js'
import { inlineSource, settings, yamlSource } from './helpers.js'

const yaml = `rules:
  - to: a.x
    match: [b.example, &c "a.example"]
profiles:
  p:
    - match: p.example
      to: a.x
    - match:
        - b.example:1
        - q.example
      to: a.x
`

const optionMap = (map: MapSource['map']): MapSource => ({ kind: 'inline', origin: 'option map', ...(map && { map }) })

const places: readonly { name: string; source: MapSource; profiles?: string[]; host: string; place: string }[] = [
  { name: 'the line of its pattern', source: yamlSource(yaml), host: 'a.example', place: 'map.yaml:3' },
  {
    name: 'a line of a list of patterns',
    source: yamlSource(yaml),
    profiles: ['p'],
    host: 'q.example',
    place: 'map.yaml:10',
  },
  {
    name: 'a line of a URL',
    source: { kind: 'url', origin: 'https://maps.example/map.yaml', text: yaml },
    profiles: ['p'],
    host: 'p.example',
    place: 'https://maps.example/map.yaml:6',
  },
  {
    name: 'the number of its rule in one line, from 1',
    source: inlineSource('b.example=b.x\n, a.example=a.x'),
    host: 'a.example',
    place: 'KAFKA_SPLIT_DNS_MAP rule 2',
  },
  {
    name: 'the number of its rule in an object',
    source: optionMap({
      rules: [
        { match: 'b.example', to: 'b.x' },
        { match: ['c.example', 'a.example'], to: 'a.x' },
      ],
    }),
    host: 'a.example',
    place: 'option map rule 2',
  },
  {
    name: 'its profile and the number in it',
    source: optionMap({ profiles: { p: [{ match: 'a.example', to: 'a.x' }] } }),
    profiles: ['p'],
    host: 'a.example',
    place: "option map profile 'p' rule 1",
  },
  {
    name: 'the line of the text that an object was parsed from',
    source: optionMap(parseMap(yaml, { filename: 'map.yaml' })),
    profiles: ['p'],
    host: 'p.example',
    place: 'map.yaml:6',
  },
  {
    name: 'the number of a rule that parseMap read in one line',
    source: optionMap(parseMap('b.example=b.x,a.example=a.x')),
    host: 'a.example',
    place: 'map rule 2',
  },
]

for (const { name, source, profiles = [], host, place } of places) {
  t.test(`a rule is called by ${name}`, async t => {
    const { map } = compileMap([source], settings({ profiles }))
    t.equal(map.decide(host).route.rule?.place, place)
  })
}

t.test('messages call a rule by its pattern and place', async t => {
  const { map } = compileMap([yamlSource('rules:\n- { match: "b{n:int}.example", to: "a.x:{n}" }')], settings())
  t.throws(() => map.decide('b0.example'), {
    message:
      "b0.example: rule 'b{n:int}.example' (map.yaml:2): the port of the target 'a.x:{n}' is 0, expected 1 to 65535",
  })
})
