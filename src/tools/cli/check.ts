import { UsageError } from './terminal/errors.js'
import { readSettings, type ReadSettings } from '../../config/settings.js'
import { ConfigError, type Fault } from '../../errors.js'
import type { Compilation, MapSource } from '../../map/compile.js'
import { faultAt } from '../../map/document/node.js'
import { CompiledTable } from '../../map/match/compiled-table.js'
import { RuleTable } from '../../map/match/rule-table.js'
import { reviewMap } from '../review/review.js'
import { findSharedTargets } from '../review/shared-target.js'
import { decodeMapText } from '../../source/map-source.js'
import { nothingInForce } from '../nothing-in-force.js'
import { now, type Command, type Run } from './command.js'
import { MapCapture } from './map/map-capture.js'
import { mapInputs, mapOptions, mapOptionsHelp } from './map/map-options.js'
import { compileThoroughly } from './map/open-map.js'
import { styleFor, type Style } from './terminal/style.js'

const help = `kafka-split-dns check [FILE] [--require-map] [--json]

Reads the map as a service here would, and reports every fault with its file, line and column, and what has no effect.
Exit code 0: it can be used, warnings or not. 1: it can't.

  FILE               the map's file, as --map-file names it; - reads it from standard input
  --require-map      no rule in force is a fault: for CI, where a map that nobody reads must not pass
  --json             one JSON object: { ok, rules, sources, faults, warnings, notes }
${mapOptionsHelp}

  kafka-split-dns check map.yaml
  kafka-split-dns check map.yaml --profile kafka-1 --require-map
  helm template . | yq '.data["map.yaml"]' | kafka-split-dns check -`

export const check: Command = {
  name: 'check',
  synopsis: 'check [FILE]',
  summary: 'reports every fault of the map, and what in it has no effect',
  help,
  allowPositionals: true,
  options: { ...mapOptions, json: { type: 'boolean' }, 'require-map': { type: 'boolean' } },
  run: runCheck,
}

/** What `check` found. Its JSON is this very object. */
interface Findings {
  readonly ok: boolean
  readonly rules: number
  readonly sources: readonly string[]
  readonly faults: readonly Fault[]
  readonly warnings: readonly Fault[]
  /** What is right in some networks and wrong in others. */
  readonly notes: readonly Fault[]
}

async function runCheck(args: Run): Promise<number> {
  const run = withFile(args)
  const capture = new MapCapture()
  const findings = await examine(run, capture)
  if (run.values['json'] === true) run.streams.stdout.write(`${JSON.stringify(findings)}\n`)
  else run.streams.stdout.write(formatFindings(findings, capture, styleFor(run.streams.stdout, run.env)))
  return findings.ok ? 0 : 1
}

/** A FILE without a flag is the one that `--map-file` would name. Throws `UsageError`. */
function withFile(run: Run): Run {
  const [file, ...others] = run.positionals
  if (file === undefined) return run
  if (others.length > 0) throw new UsageError(`expected one FILE, found also '${others.join("', '")}'`)
  if (run.values['map-file'] !== undefined) throw new UsageError('expected FILE or --map-file, found both')
  return { ...run, values: { ...run.values, 'map-file': file } }
}

async function examine(run: Run, capture: MapCapture): Promise<Findings> {
  try {
    const isStandardInput = standardInput.includes(run.values['map-file'])
    const inputs = isStandardInput ? { ...mapInputs(run), map: undefined, mapFile: undefined } : mapInputs(run)
    const read = readSettings(inputs, run.env)
    if (!read.settings.disable) {
      if (isStandardInput) capture.sources = [await readSource(run)]
      else await captureSources(read, capture)
    }
    const compilation = compileThoroughly(capture.sources, read, run.env)
    const nothing = nothingIn(compilation, capture, read)
    const isRequired = run.values['require-map'] === true
    const faults = [...compilation.faults, ...(isRequired ? nothing : [])]
    const warnings = [...read.warnings, ...warningsOf(compilation, read), ...(isRequired ? [] : nothing)]
    const sources = capture.sources.map(({ origin }) => origin)
    const notes = faults.length === 0 ? notesOf(compilation) : []
    return { ok: faults.length === 0, rules: compilation.rules.length, sources, faults, warnings, notes }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const sources = capture.sources.map(({ origin }) => origin)
    return { ok: false, rules: 0, sources, faults: error.faults, warnings: [], notes: [] }
  }
}

/** Rules that could not be compiled would make others look unused: with faults no more is said than compiling warns of. */
function warningsOf(compilation: Compilation, { settings }: ReadSettings): readonly Fault[] {
  const { faults, warnings, overridden } = compilation
  return [...warnings, ...overridden, ...(faults.length === 0 ? reviewMap(compilation, settings.profile) : [])]
}

/** Told once a map, at the first such rule: most maps are right, and no reader needs it twice. */
function notesOf({ rules }: Compilation): readonly Fault[] {
  const [first, ...others] = findSharedTargets(rules)
  if (first === undefined) return []
  const more = others.length === 0 ? '' : `. The same holds for ${pluralise(others.length, 'more pattern')}`
  return [faultAt(first.placed.node, first.message + more)]
}

/** Faults explain by themselves why no rule is in force. */
function nothingIn(compilation: Compilation, { sources }: MapCapture, read: ReadSettings): readonly Fault[] {
  const message = compilation.faults.length > 0 ? undefined : nothingInForce(compilation, sources, read)
  if (message === undefined) return []
  if (sources.length === 0) return [{ message, origin: 'environment' }]
  const origin = sources.map(source => source.origin).join(', ')
  // The fault's place says already where.
  return [{ message: message.replace(`${origin}: `, ''), origin }]
}

const standardInput: readonly unknown[] = ['-', '/dev/stdin']

/** What comes after so much is cut off: the map's own limit reports it. */
const mostOctets = 2 * 1024 * 1024

async function readSource({ streams: { stdin } }: Run): Promise<MapSource> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of stdin) {
    const octets = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    chunks.push(octets)
    size += octets.length
    if (size > mostOctets) break
  }
  const origin = 'standard input'
  return { kind: 'file', origin, text: decodeMapText(Buffer.concat(chunks), origin) }
}

/** Reads the sources as they are now. Throws `ConfigError` where one can't be read. */
async function captureSources(read: ReadSettings, capture: MapCapture): Promise<void> {
  const keeper = capture.open(read.settings, read.origins, {
    now,
    // No fault may stop it: they are reported together.
    compile: () => ({ map: new CompiledTable(new RuleTable(), read.settings.unmapped), warnings: [] }),
  })
  try {
    await capture.ready()
  } finally {
    keeper.close()
  }
}

/** A map that says one thing wrong everywhere would else fill the screen; `--json` has all. */
const mostShown = 100

function formatFindings(findings: Findings, capture: MapCapture, style: Style): string {
  const { ok, rules, sources, faults, warnings, notes } = findings
  // A source that can't be read is named by its fault alone.
  const named = sources.length > 0 ? sources : [...new Set(faults.map(({ origin }) => origin))]
  const where = named.length === 0 ? 'no map is in force' : named.join(', ')
  const found = [
    ...(ok ? [rules === 0 ? 'nothing is mapped' : `${pluralise(rules, 'rule')} in force`] : []),
    ...(faults.length === 0 ? [] : [pluralise(faults.length, 'fault')]),
    ...(warnings.length === 0 ? [] : [pluralise(warnings.length, 'warning')]),
  ]
  return [
    ...shown(faults, 'faults', fault => capture.report(fault)),
    ...shown(warnings, 'warnings', fault => capture.report(fault, `${style.yellow('warning:')} `)),
    ...notes.map(note => capture.report(note, `${style.dim('note:')} `)),
    `${ok ? style.green('ok') : style.red('not usable')} ${where}: ${found.join(', ')}`,
    '',
  ].join('\n')
}

function shown(faults: readonly Fault[], what: string, report: (fault: Fault) => string): readonly string[] {
  const lines = faults.slice(0, mostShown).map(report)
  return faults.length > mostShown ? [...lines, `and ${faults.length - mostShown} more ${what}`] : lines
}

const pluralise = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`
