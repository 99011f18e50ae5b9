// What the map costs: compiling 100,000 rules, and routing names that were not seen before with 10 rules and with
// 100,000, both in one run and pair by pair, so that what else the machine does falls on both alike.
//   npx tsx bench/route.ts
import { compileMap, type CompileSettings, type MapSource } from '../src/map/compile.js'
import type { CompiledMap } from '../src/map/types.js'

const many = 100_000
const few = 10
/** A text may have 1 MiB. */
const fewerAsText = 5_000
const pairs = 201
// Short rounds: most of them fall between two interruptions by whatever else the machine does.
const namesPerRound = 300

const settings: CompileSettings = {
  profiles: [],
  profilesOrigin: 'bench',
  zone: 'use1-az2',
  unmapped: 'system',
  env: { NAMESPACE: 'team' },
  readNamespace: () => undefined,
}

// The kinds of rules that providers call for, in turn.
const shapes: readonly ((index: number) => { match: string; to: string })[] = [
  i => ({ match: `*.c${i}.kafka.example`, to: 'svc.${NAMESPACE}.svc.cluster.local' }),
  i => ({ match: `b-{n:int}.{id:word}.c${i}.msk.example:9098`, to: `nlb${i}.vpce.example:{9000 + n}` }),
  i => ({ match: `e-{id:word}.{zone}.dom${i}.us-east-1.aws.confluent.example`, to: `vpce-${i}-{zone}.vpce.example` }),
  i => ({ match: `e-{id:word}-{zone}-net${i}.us-east-1.aws.glb.example`, to: `vpce-${i}-{zone}.vpce.example` }),
  i => ({ match: `{n:int}-${i}abc-{rnd:word}.prd.redpanda.example`, to: `rp${i}.vpce.example` }),
]
const names: readonly ((index: number, fresh: string) => string)[] = [
  (i, fresh) => `b${fresh}.x.c${i}.kafka.example`,
  (i, fresh) => `b-${i % 100}.${fresh}.c${i}.msk.example`,
  (i, fresh) => `e-${fresh}.use1-az1.dom${i}.us-east-1.aws.confluent.example`,
  (i, fresh) => `e-${fresh}-usw2-az1-net${i}.us-east-1.aws.glb.example`,
  (i, fresh) => `${fresh}-${i}abc-0532abc.prd.redpanda.example`,
]

const pick = <T>(list: readonly T[], index: number): T => {
  const item = list[index % list.length]
  if (item === undefined) throw new RangeError('an empty list')
  return item
}
const rules = (count: number) => Array.from({ length: count }, (_, index) => pick(shapes, index)(index))
const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN
const round = (value: number) => Math.round(value).toLocaleString('en')

/** Milliseconds by the clock, and of the process's own time. */
function timed(work: () => void): { ms: number; cpuMs: number } {
  const [start, before] = [performance.now(), process.cpuUsage()]
  work()
  const { user, system } = process.cpuUsage(before)
  return { ms: performance.now() - start, cpuMs: (user + system) / 1000 }
}

const compile = (source: Pick<MapSource, 'map' | 'text' | 'format'>) =>
  compileMap([{ kind: 'file', origin: 'bench', ...source }], settings).map

function benchCompile(): void {
  const list = rules(fewerAsText)
  const yaml = `rules:\n${list.map(({ match, to }) => `  - match: "${match}"\n    to: "${to}"\n`).join('')}`
  const json = JSON.stringify({ rules: list }, null, 2)
  const inline = list.map(({ match, to }) => `${match}=${to}`).join('\n')
  const objects = rules(many)
  const ways: readonly [string, () => CompiledMap][] = [
    [`${round(many)} rules from an object`, () => compile({ map: { rules: objects } })],
    [
      `${round(fewerAsText)} rules from one-line text, ${round(inline.length / 1000)} kB`,
      () => compile({ text: inline, format: 'inline' }),
    ],
    [`${round(fewerAsText)} rules from YAML text, ${round(yaml.length / 1000)} kB`, () => compile({ text: yaml })],
    [`${round(fewerAsText)} rules from JSON text, ${round(json.length / 1000)} kB`, () => compile({ text: json })],
  ]
  for (const [what, work] of ways) {
    const times = Array.from({ length: 5 }, () => timed(work))
    const [ms, cpuMs] = [median(times.map(time => time.ms)), median(times.map(time => time.cpuMs))]
    console.log(`compile ${what}: median ${round(ms)} ms, ${round(cpuMs)} ms of CPU time`)
  }
}

let serial = 0

/** Nanoseconds of CPU time for a name that the map was not asked before; the names are made outside of the time. */
function routeFresh(map: CompiledMap, ruleCount: number): number {
  const asked = Array.from({ length: namesPerRound }, () => {
    serial++
    // A step that is prime to the count: rules of all kinds, all over the map.
    return { host: pick(names, (serial * 7919) % ruleCount)((serial * 7919) % ruleCount, String(serial)), port: 9098 }
  })
  // The process's own time: a round that is interrupted by another process is no longer for it.
  const before = process.cpuUsage()
  let mapped = 0
  for (const { host, port } of asked) if (map.decide(host, port).route.action === 'map') mapped++
  const { user, system } = process.cpuUsage(before)
  if (mapped !== namesPerRound) throw new Error(`${namesPerRound - mapped} names met no rule`)
  return ((user + system) * 1000) / namesPerRound
}

function benchRoute(): void {
  const small = compile({ map: { rules: rules(few) } })
  const large = compile({ map: { rules: rules(many) } })
  // Every rule is asked once: what is new then is the names, not the memory that the compiler left behind.
  for (let index = 0; index < many; index += namesPerRound) {
    routeFresh(small, few)
    routeFresh(large, many)
  }
  const [ofSmall, ofLarge, ratios]: [number[], number[], number[]] = [[], [], []]
  for (let pair = 0; pair < pairs; pair++) {
    // Whichever comes first pays for what the collector left behind: they take turns.
    const first = pair % 2 === 0
    const early = first ? routeFresh(small, few) : routeFresh(large, many)
    const late = first ? routeFresh(large, many) : routeFresh(small, few)
    const [a, b] = first ? [early, late] : [late, early]
    ofSmall.push(a)
    ofLarge.push(b)
    ratios.push(b / a)
  }
  console.log(`route a name not seen before, ${few} rules: median ${round(median(ofSmall))} ns`)
  console.log(`route a name not seen before, ${round(many)} rules: median ${round(median(ofLarge))} ns`)
  console.log(
    `ratio pair by pair: median ${median(ratios).toFixed(2)}, of the medians ${(median(ofLarge) / median(ofSmall)).toFixed(2)}`,
  )
}

function benchRemembered(): void {
  const map = compile({ map: { rules: rules(many) } })
  const host = pick(names, 0)(0, '1')
  const count = 1_000_000
  const { ms } = timed(() => {
    for (let index = 0; index < count; index++) map.decide(host, 9098)
  })
  console.log(`route a name seen before: ${((ms * 1e6) / count).toFixed(0)} ns`)
}

benchCompile()
benchRoute()
benchRemembered()
