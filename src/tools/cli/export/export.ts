import { UsageError } from '../terminal/errors.js'
import type { Environment } from '../../../config/settings.js'
import { formatFault } from '../../../errors.js'
import type { Exported, ExportRequest, Format } from '../../export/format.js'
import { formats } from '../../export/formats/formats.js'
import { anyNamespace } from '../../export/formats/nodelocal.js'
import { didYouMean } from '../../../text/nearest.js'
import { isSet, textOf, type Command, type Run } from '../command.js'
import { exportFlags, exportFlagsHelp, readFlags, readNames } from './export-flags.js'
import { openMapForCommand } from '../map/open-map.js'
import { mapOptions, mapOptionsHelp } from '../map/map-options.js'
import { writeOutput } from '../terminal/output-file.js'
import { printable } from '../terminal/style.js'

const names = formats.map(({ name }) => name)

const help = `kafka-split-dns export --to FORMAT [--out FILE] [--partial] [HOST[:PORT]...]

Writes the map for other software, with comments; the same map gives the same text. What the format can't express is
reported on standard error as 'not expressed:', with its rule and place; then nothing is written and the exit code is 1,
unless --partial is given. Formats without patterns hold names: those of exact rules and those on the command line; with
- they are read from standard input.

  --to FORMAT        one of these:
${formats.map(({ name, summary }) => `    ${name.padEnd(15)}${summary}`).join('\n')}
  --out FILE         write to this file, completely or not at all
  --partial          write what can be expressed
${exportFlagsHelp}

${mapOptionsHelp}

  kafka-split-dns export --to coredns --out Corefile
  kafka-split-dns export --to hosts b1.kafka.example b2.kafka.example >> /etc/hosts
  kafka-split-dns export --to route53 --partial --map '*.kafka.example=vpce.example'`

export const exportMap: Command = {
  name: 'export',
  synopsis: 'export --to FORMAT [HOST[:PORT]...]',
  summary: 'writes the map for clients and servers that are not Node',
  help,
  allowPositionals: true,
  options: {
    ...mapOptions,
    to: { type: 'string' },
    out: { type: 'string' },
    partial: { type: 'boolean' },
    ...exportFlags,
  },
  run: runExport,
}

async function runExport(run: Run): Promise<number> {
  const format = readFormat(run)
  const given = { flags: readFlags(run, format), names: await readNames(run, format) }
  const { streams } = run
  const out = textOf(run, 'out')
  const { text, omissions, warnings } = await write(run, format, given)
  for (const warning of warnings) streams.stderr.write(`kafka-split-dns export: warning: ${printable(warning)}\n`)
  for (const fault of omissions) streams.stderr.write(`not expressed: ${printable(formatFault(fault))}\n`)
  if (omissions.length > 0 && !isSet(run, 'partial')) {
    const what = omissions.length === 1 ? 'this' : `these ${omissions.length} things`
    streams.stderr.write(`kafka-split-dns export: ${format.name} can't express ${what}: --partial writes the rest\n`)
    return 1
  }
  if (out !== undefined) writeOutput(out, text, { overwrite: true })
  else streams.stdout.write(text)
  return 0
}

function readFormat(run: Run): Format {
  const name = textOf(run, 'to')
  if (name === undefined) throw new UsageError(`--to is missing: expected one of ${names.join(', ')}`)
  const format = formats.find(known => known.name === name)
  if (format !== undefined && !isSet(run, 'sidecar')) return format
  if (format?.sidecar !== undefined) return format.sidecar
  if (format !== undefined) throw new UsageError(`the format ${name} has no --sidecar`)
  throw new UsageError(`no such format: '${name}'${didYouMean(name, names)}: expected one of ${names.join(', ')}`)
}

/** The map in the format. Throws where the map has a fault. */
async function write(run: Run, format: Format, given: Pick<ExportRequest, 'flags' | 'names'>): Promise<Exported> {
  const env = format.usesNamespacePlaceholder === true ? forAnyNamespace(run.env) : run.env
  const { splitDns, read, compilation, sources } = await openMapForCommand(run, { env, random: () => 0 })
  try {
    if (read.settings.disable) throw new Error(`${read.origins.disable ?? 'disable'} is set: no map is in force`)
    if (sources.length === 0) throw new Error('no map is set: --map-file names one')
    const { rules, table, tables } = compilation
    const origins = sources.map(({ origin }) => origin)
    return await format.write({ rules, table, tables, read, sources: origins, resolve: splitDns.resolve, ...given })
  } finally {
    await splitDns.close()
  }
}

const forAnyNamespace = (env: Environment): Environment => ({
  ...env,
  NAMESPACE: anyNamespace,
  POD_NAMESPACE: anyNamespace,
})
