import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { SplitDns } from '../../src/split-dns.js'
import { projectFolder } from '../../test/project.js'
import { compare, inMs, median, type Row } from '../measure.js'

const rules = (count: number, target = 'vpce') =>
  Array.from({ length: count }, (_, index) => ({
    match: `b{n:int}.c${index}.kafka.example`,
    to: `${target}-${index}-{n}.example`,
  }))
const yamlOf = (count: number, target: string) =>
  `rules:\n${rules(count, target)
    .map(({ match, to }) => `  - { match: "${match}", to: "${to}" }\n`)
    .join('')}`

const handPattern = /^([a-z0-9-]*)\{([a-z]\w*):int\}([a-z0-9-]*)\.((?:[a-z0-9-]{1,63}\.)*[a-z0-9-]{1,63})$/
const handTarget = /^([a-z0-9.-]*)\{([a-z]\w*)\}([a-z0-9.-]*)$/

/** The floor of compiling: the one kind of rule that the measurement has, checked, named and kept for a search by its end. */
function compileByHand(map: { readonly rules: readonly { readonly match: string; readonly to: string }[] }): unknown {
  const byEnd = new Map<string, object>()
  for (const [index, rule] of map.rules.entries()) {
    for (const key of Object.keys(rule)) if (key !== 'match' && key !== 'to') throw new Error(`unknown key ${key}`)
    const [, before = '', capture, after = '', end = ''] = handPattern.exec(rule.match) ?? []
    const [, first, filled, last] = handTarget.exec(rule.to) ?? []
    if (capture === undefined || filled !== capture || rule.match.length > 253 || byEnd.has(end))
      throw new Error(`rule ${index + 1} can't be used`)
    const name = Object.freeze({
      match: rule.match,
      index,
      origin: 'option map',
      place: `option map rule ${index + 1}`,
    })
    byEnd.set(end, {
      name,
      order: index,
      label: { before, after },
      captures: [{ name: capture, type: 'int' }],
      parts: [first, last],
    })
  }
  return byEnd
}

function cpuTaken(work: () => unknown): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

/** The CPU time of a map of 10,000 rules that is given as an object. */
export async function compile(): Promise<readonly Row[]> {
  const map = { rules: rules(10_000) }
  const opened: SplitDns[] = []
  const rows = await compare(9, inMs, [
    { name: 'the floor: this one kind of rule by hand', round: () => cpuTaken(() => compileByHand(map)) },
    {
      name: '10,000 rules as an object, CPU',
      wanted: 'under 100 ms',
      round: () => cpuTaken(() => opened.push(new SplitDns({ map }, {}))),
    },
  ])
  for (const splitDns of opened) await splitDns.close()
  return rows
}

const schedstat = '/proc/self/schedstat'

/** The CPU time of the main thread so far. Linux updates it every few milliseconds. */
const mainThreadCpuMs = () =>
  existsSync(schedstat) ? Number(readFileSync(schedstat, 'utf8').split(' ')[0]) / 1e6 : NaN

/** The longest that the event loop is held while the work runs, by the clock and on the CPU. */
async function longestHold(work: () => Promise<void>): Promise<{ ms: number; cpuMs: number }> {
  const longest = { ms: 0, cpuMs: 0 }
  let last = { ms: performance.now(), cpuMs: mainThreadCpuMs() }
  const look = () => {
    const now = { ms: performance.now(), cpuMs: mainThreadCpuMs() }
    longest.ms = Math.max(longest.ms, now.ms - last.ms)
    longest.cpuMs = Math.max(longest.cpuMs, now.cpuMs - last.cpuMs)
    last = now
    next = setImmediate(look)
  }
  let next = setImmediate(look)
  await work()
  clearImmediate(next)
  return longest
}

/** The longest that a reload of a file holds the event loop. Others on the machine add to the time by the clock. */
export async function reload(): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (const [count, wanted] of [
    [1_000, 'at most 50 ms'],
    [10_000, 'at most 100 ms'],
  ] as const) {
    const folder = await mkdtemp(join(tmpdir(), 'bench-'))
    const mapFile = join(folder, 'map.yaml')
    await writeFile(mapFile, yamlOf(count, 'first'))
    const splitDns = new SplitDns({ mapFile }, {})
    const held: { ms: number; cpuMs: number }[] = []
    for (let round = 0; round < 5; round++) {
      await writeFile(mapFile, yamlOf(count, `round-${round}`))
      await new Promise(resolve => setTimeout(resolve, 50))
      held.push(await longestHold(() => splitDns.reload()))
    }
    await splitDns.close()
    await rm(folder, { recursive: true })
    const what = `${count.toLocaleString('en')} rules of YAML`
    rows.push({ what, figure: inMs(median(held.map(({ ms }) => ms))), wanted })
    rows.push({ what: `${what}, on the CPU`, figure: inMs(median(held.map(({ cpuMs }) => cpuMs))), wanted })
  }
  return rows
}

const reportMemory = 'process.on("exit",()=>process.stderr.write("RSS "+process.resourceUsage().maxRSS))'

/** How long a process takes, and its memory. */
async function processCost(args: readonly string[]): Promise<{ ms: number; mb: number }> {
  const start = performance.now()
  const flags = ['--import', `data:text/javascript,${reportMemory}`, ...args]
  const { stderr } = await promisify(execFile)(process.execPath, flags, { maxBuffer: 64 << 20, cwd: projectFolder })
  return { ms: performance.now() - start, mb: Number(/RSS (\d+)/.exec(stderr)?.[1]) / 1024 }
}

/** The command `export` over 10,000 exact rules, as it is built. */
export async function exported(): Promise<readonly Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'))
  const mapFile = join(folder, 'map.yaml')
  const lines = Array.from({ length: 10_000 }, (_, i) => `  - { match: b${i}.kafka.example, to: 192.0.2.${i % 250} }\n`)
  await writeFile(mapFile, `rules:\n${lines.join('')}`)
  const parse = `require('yaml').parse(require('node:fs').readFileSync(${JSON.stringify(mapFile)}, 'utf8'))`
  const memory: number[][] = [[], []]
  const taking = async (place: number, args: readonly string[]) => {
    const { ms, mb } = await processCost(args)
    memory[place]?.push(mb)
    return ms
  }
  const cli = [join(projectFolder, 'dist/cjs/cli.js'), 'export', '--to', 'hosts', '--map-file', mapFile]
  const rows = await compare(7, inMs, [
    { name: "the floor: Node's start and the YAML parse", round: () => taking(0, ['-e', parse]) },
    { name: 'export of 10,000 exact rules', wanted: 'under 500 ms', round: () => taking(1, cli) },
  ])
  await rm(folder, { recursive: true })
  const [ofFloor, ofExport] = memory.map(each => `${median(each).toFixed(0)} MB`)
  return [
    ...rows,
    { what: "the floor's memory", figure: ofFloor ?? '' },
    { what: "export's memory", figure: ofExport ?? '', wanted: 'under 100 MB' },
  ]
}
