/**
 * From the change of a map's file to the new map in force, for each way in which files change: `tsx bench/map-reload.ts`.
 * The compiler here does nothing: what is measured is seeing the change, waiting until it is whole, and reading it.
 */
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readSettings } from '../src/config/settings.js'
import { openMap } from '../src/source/map-keeper.js'

const rounds = 20
const map = {
  ruleCount: 0,
  portsOf: () => [],
  rules: () => [],
  decide: () => Promise.reject(new Error('not asked')) as never,
}
type Change = (directory: string, path: string, round: number) => void

const inPlace: Change = (_directory, path, round) => fs.writeFileSync(path, `# ${round}`)
const renamed: Change = (_directory, path, round) => {
  fs.writeFileSync(`${path}.new`, `# ${round}`)
  fs.renameSync(`${path}.new`, path)
}
const configMap: Change = (directory, _path, round) => {
  fs.mkdirSync(join(directory, `..v${round}`))
  fs.writeFileSync(join(directory, `..v${round}`, 'map.yaml'), `# ${round}`)
  fs.symlinkSync(`..v${round}`, join(directory, '..data_tmp'))
  fs.renameSync(join(directory, '..data_tmp'), join(directory, '..data'))
}

const measure = async (name: string, change: Change) => {
  const directory = fs.mkdtempSync(join(tmpdir(), 'map-reload-'))
  const path = join(directory, 'map.yaml')
  if (change === configMap) {
    configMap(directory, path, -1)
    fs.symlinkSync('..data/map.yaml', path)
  } else inPlace(directory, path, -1)
  const { settings, origins } = readSettings({ mapFile: path }, {})
  let seen: () => void = () => undefined
  const compile = () => ({ map, warnings: [] })
  const keeper = openMap(settings, origins, { compile, onReload: () => seen() })
  await new Promise(resolve => setTimeout(resolve, 500))
  const times: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    const inForce = new Promise<void>(resolve => (seen = resolve))
    const held = setTimeout(() => undefined, 10_000) // the keeper's own timers hold nothing open
    const startedAt = performance.now()
    change(directory, path, round)
    await inForce
    times.push(performance.now() - startedAt)
    clearTimeout(held)
    await new Promise(resolve => setTimeout(resolve, 137))
  }
  keeper.close()
  fs.rmSync(directory, { recursive: true })
  times.sort((one, other) => one - other)
  const [median, slowest] = [times[rounds / 2] ?? 0, times.at(-1) ?? 0]
  process.stdout.write(`${name.padEnd(36)} median ${median.toFixed(0)} ms, slowest ${slowest.toFixed(0)} ms\n`)
}

const run = async () => {
  await measure('written in place', inPlace)
  await measure('renamed over', renamed)
  await measure("a ConfigMap's ..data swapped", configMap)
}
void run()
