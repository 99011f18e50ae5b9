import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { SplitDns } from '../../src/split-dns.js'
import { projectFolder } from '../../test/project.js'
import { inMs, median, type Row } from '../measure.js'

const rules = (count: number, target = 'vpce') =>
  Array.from({ length: count }, (_, index) => ({
    match: `b{n:int}.c${index}.kafka.example`,
    to: `${target}-${index}-{n}.example`,
  }))
const yamlOf = (count: number, target: string) =>
  `rules:\n${rules(count, target)
    .map(({ match, to }) => `  - { match: "${match}", to: "${to}" }\n`)
    .join('')}`

/** The CPU time of a map of 10,000 rules that is given as an object. */
export async function compile(): Promise<readonly Row[]> {
  const map = { rules: rules(10_000) }
  const taken: number[] = []
  for (let round = 0; round <= 7; round++) {
    const before = process.cpuUsage()
    const splitDns = new SplitDns({ map }, {})
    const { user, system } = process.cpuUsage(before)
    if (round > 0) taken.push((user + system) / 1000)
    await splitDns.close()
  }
  return [{ what: '10,000 rules as an object, CPU', figure: inMs(median(taken)), wanted: 'under 100 ms' }]
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

/** The command `export` over 10,000 exact rules, as it is built. */
export async function exported(): Promise<readonly Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'))
  const mapFile = join(folder, 'map.yaml')
  const lines = Array.from({ length: 10_000 }, (_, i) => `  - { match: b${i}.kafka.example, to: 192.0.2.${i % 250} }\n`)
  await writeFile(mapFile, `rules:\n${lines.join('')}`)
  const cli = join(projectFolder, 'dist/cjs/cli.js')
  const report = 'process.on("exit",()=>process.stderr.write("RSS "+process.resourceUsage().maxRSS))'
  const flags = ['--import', `data:text/javascript,${report}`, cli, 'export', '--to', 'hosts', '--map-file', mapFile]
  const [ms, mb]: [number[], number[]] = [[], []]
  for (let round = 0; round < 5; round++) {
    const start = performance.now()
    const { stderr } = await promisify(execFile)(process.execPath, flags, { maxBuffer: 64 << 20 })
    ms.push(performance.now() - start)
    mb.push(Number(/RSS (\d+)/.exec(stderr)?.[1]) / 1024)
  }
  await rm(folder, { recursive: true })
  return [
    { what: 'export of 10,000 exact rules', figure: inMs(median(ms)), wanted: 'under 500 ms' },
    { what: 'its memory', figure: `${median(mb).toFixed(0)} MB`, wanted: 'under 100 MB' },
  ]
}
