import { UsageError } from './terminal/errors.js'
import { compileSettings, readSettings, type ReadSettings } from '../../config/settings.js'
import { ConfigError, type Fault } from '../../errors.js'
import { compileSources, type Compilation, type MapSource } from '../../map/compile.js'
import { faultAt } from '../../map/document/node.js'
import { reviewMap } from '../review/review.js'
import { findSharedTargets } from '../review/shared-target.js'
import { pluralise } from '../../text/pluralise.js'
import { decodeMapText } from '../../source/map-source.js'
import { isSet, textOf, type Command, type Run } from './command.js'
import { reportFault } from './map/fault-report.js'
import { mapInputs, mapOptions, mapOptionsHelp } from './map/map-options.js'
import { nothingInForce, readSources } from './map/open-map.js'
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
  const { stdout } = run.streams
  const { findings, sources } = await examine(run)
  if (isSet(run, 'json')) stdout.write(`${JSON.stringify(findings)}\n`)
  else stdout.write(formatFindings(findings, sources, styleFor(stdout, run.env)))
  return findings.ok ? 0 : 1
}

/** A FILE without a flag is the one that `--map-file` would name. Throws `UsageError`. */
function withFile(run: Run): Run {
  const [file, ...others] = run.positionals
  if (file === undefined) return run
  if (others.length > 0) throw new UsageError(`expected one FILE, found also '${others.join("', '")}'`)
  if (textOf(run, 'map-file') !== undefined) throw new UsageError('expected FILE or --map-file, found both')
  return { ...run, values: { ...run.values, 'map-file': file } }
}

/** What is found, and the sources that were read, as far as they could be. */
async function examine(run: Run): Promise<{ findings: Findings; sources: readonly MapSource[] }> {
  let sources: readonly MapSource[] = []
  const originsOf = () => sources.map(({ origin }) => origin)
  try {
    const isStandardInput = standardInput.includes(textOf(run, 'map-file'))
    const inputs = isStandardInput ? { ...mapInputs(run), map: undefined, mapFile: undefined } : mapInputs(run)
    const read = readSettings(inputs, run.env)
    if (!read.settings.disable) {
      if (isStandardInput) sources = [await readSource(run)]
      // No fault may stop it: they are reported together.
      else await readSources(read, found => (sources = found))
    }
    const compilation = compileSources(sources, { ...compileSettings(read, run.env), thorough: true })
    const nothing = nothingIn(compilation, sources, read)
    const isRequired = isSet(run, 'require-map')
    const faults = [...compilation.faults, ...(isRequired ? nothing : [])]
    const warnings = [...read.warnings, ...warningsOf(compilation, read), ...(isRequired ? [] : nothing)]
    const notes = faults.length === 0 ? notesOf(compilation) : []
    const rules = compilation.rules.length
    return { findings: { ok: faults.length === 0, rules, sources: originsOf(), faults, warnings, notes }, sources }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const { faults } = error
    return { findings: { ok: false, rules: 0, sources: originsOf(), faults, warnings: [], notes: [] }, sources }
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
function nothingIn(compilation: Compilation, sources: readonly MapSource[], read: ReadSettings): readonly Fault[] {
  const message = compilation.faults.length > 0 ? undefined : nothingInForce(compilation, sources, read)
  if (message === undefined) return []
  if (sources.length === 0) return [{ message, origin: 'environment' }]
  const origin = sources.map(source => source.origin).join(', ')
  // The fault's place says already where.
  return [{ message: message.replace(`${origin}: `, ''), origin }]
}

const standardInput: readonly (string | undefined)[] = ['-', '/dev/stdin']

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

/** A map that says one thing wrong everywhere would else fill the screen; `--json` has all. */
const mostShown = 100

function formatFindings(findings: Findings, read: readonly MapSource[], style: Style): string {
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
    ...shown(faults, 'faults', fault => reportFault(fault, read)),
    ...shown(warnings, 'warnings', fault => reportFault(fault, read, `${style.yellow('warning:')} `)),
    ...notes.map(note => reportFault(note, read, `${style.dim('note:')} `)),
    `${ok ? style.green('ok') : style.red('not usable')} ${where}: ${found.join(', ')}`,
    '',
  ].join('\n')
}

function shown(faults: readonly Fault[], what: string, report: (fault: Fault) => string): readonly string[] {
  const lines = faults.slice(0, mostShown).map(report)
  return faults.length > mostShown ? [...lines, `and ${faults.length - mostShown} more ${what}`] : lines
}
