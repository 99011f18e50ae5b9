import { performance } from 'node:perf_hooks'
import { readSettings, type ReadSettings } from '../../config/settings.js'
import { ConfigError, type Fault } from '../../errors.js'
import type { Compilation } from '../../map/compile.js'
import { CompiledTable } from '../../map/match/compiled-table.js'
import { RuleTable } from '../../map/match/rule-table.js'
import { reviewMap } from '../../map/review/review.js'
import type { Command, Run } from './command.js'
import { MapCapture } from './map/map-capture.js'
import { mapInputs, mapOptions, mapOptionsHelp } from './map/map-options.js'
import { readMap } from '../explain/read-map.js'
import { styleFor, type Style } from './terminal/style.js'

const help = `kafka-split-dns check [--map-file FILE] [--json]

Reads the map as a service here would and tells every fault with its file, line and column. Exit code 0: it can be
used, warnings or not. 1: it cannot.

${mapOptionsHelp}
  --json             one JSON object: { ok, rules, sources, faults, warnings }`

export const check: Command = {
  name: 'check',
  synopsis: 'check [--map-file FILE]',
  summary: 'tells every fault of the map, and what in it has no effect',
  help,
  options: { ...mapOptions, json: { type: 'boolean' } },
  run: runCheck,
}

/** What `check` found. Its JSON is this very object. */
interface Findings {
  readonly ok: boolean
  readonly rules: number
  readonly sources: readonly string[]
  readonly faults: readonly Fault[]
  readonly warnings: readonly Fault[]
}

async function runCheck(run: Run): Promise<number> {
  const capture = new MapCapture()
  const findings = await examine(run, capture)
  if (run.values['json'] === true) run.streams.stdout.write(`${JSON.stringify(findings)}\n`)
  else run.streams.stdout.write(inWords(findings, capture, styleFor(run.streams.stdout, run.env)))
  return findings.ok ? 0 : 1
}

async function examine(run: Run, capture: MapCapture): Promise<Findings> {
  try {
    const read = readSettings(mapInputs(run), run.env)
    const compilation = read.settings.disable ? undefined : await compileAll(read, run, capture)
    const faults = compilation?.faults ?? []
    const warnings = [...read.warnings, ...(compilation === undefined ? [] : warningsOf(compilation, read))]
    const sources = capture.sources.map(({ origin }) => origin)
    return { ok: faults.length === 0, rules: compilation?.rules.length ?? 0, sources, faults, warnings }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const sources = capture.sources.map(({ origin }) => origin)
    return { ok: false, rules: 0, sources, faults: error.faults, warnings: [] }
  }
}

/** Rules that could not be compiled would make others look unused: with faults no more is said than compiling warns of. */
function warningsOf(compilation: Compilation, { settings }: ReadSettings): readonly Fault[] {
  const { faults, warnings, overridden } = compilation
  return [...warnings, ...overridden, ...(faults.length === 0 ? reviewMap(compilation, settings.profile) : [])]
}

/** Everything that compiling tells of the sources, as they are now. Throws `ConfigError` where one can't be read. */
async function compileAll(read: ReadSettings, { env }: Run, capture: MapCapture): Promise<Compilation> {
  const keeper = capture.open(read.settings, read.origins, {
    now: () => performance.now(),
    // No fault may stop it: they are told together below.
    compile: () => ({ map: new CompiledTable(new RuleTable(), read.settings.unmapped), warnings: [] }),
  })
  try {
    await capture.ready()
  } finally {
    keeper.close()
  }
  return readMap(capture.sources, read, env)
}

/** A map that says one thing wrong everywhere would else fill the screen; `--json` tells all. */
const mostShown = 100

function inWords({ ok, rules, sources, faults, warnings }: Findings, capture: MapCapture, style: Style): string {
  const where = sources.length === 0 ? 'no map is set' : sources.join(', ')
  const found = [
    ...(ok ? [sources.length === 0 ? 'nothing is mapped' : `${many(rules, 'rule')} in force`] : []),
    ...(faults.length === 0 ? [] : [many(faults.length, 'fault')]),
    ...(warnings.length === 0 ? [] : [many(warnings.length, 'warning')]),
  ]
  return [
    ...shown(faults, 'faults', fault => capture.report(fault)),
    ...shown(warnings, 'warnings', fault => capture.report(fault, `${style.yellow('warning:')} `)),
    `${ok ? style.green('ok') : style.red('not usable')} ${where}: ${found.join(', ')}`,
    '',
  ].join('\n')
}

function shown(faults: readonly Fault[], what: string, report: (fault: Fault) => string): readonly string[] {
  const lines = faults.slice(0, mostShown).map(report)
  return faults.length > mostShown ? [...lines, `and ${faults.length - mostShown} more ${what}`] : lines
}

const many = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`
