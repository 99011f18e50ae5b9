import type { HostPort } from '../../../../lib/address/host-port.js'
import { UsageError } from '../terminal/errors.js'
import { isSet, now, type Command, type Run } from '../command.js'
import { parseHostAndPort } from '../endpoint-text.js'
import { createExplain, notAName, type Explain, type Explanation } from '../../explain/explanation.js'
import { explanationText } from './explanation-text.js'
import { readLines } from '../terminal/lines.js'
import { openMapForCommand, type CommandMap } from '../map/open-map.js'
import { mapOptions, mapOptionsHelp } from '../map/map-options.js'
import { styleFor } from '../terminal/style.js'

const help = `kafka-split-dns explain HOST[:PORT]... [--verbose] [--json]

Prints one line for each name: its target, addresses, TTL and the place of the rule; nothing is dialled. With - the
names are read from standard input, one a line. Exit code 1: one of them can't be resolved, or is refused.

  --verbose          every rule whose pattern matches and why it decided or not, captures, each step and query
  --json             one JSON object a line, a line a name; docs/cli.md in this package lists its keys
${mapOptionsHelp}

  kafka-split-dns explain b1.kafka.example:9092
  kafka-split-dns explain b1.kafka.example:9092 --verbose --map '*.kafka.example=vpce.example'`

export const explain: Command = {
  name: 'explain',
  synopsis: 'explain HOST[:PORT]...',
  summary: 'shows where a name is routed, and by which rule',
  help,
  allowPositionals: true,
  options: { ...mapOptions, json: { type: 'boolean' }, verbose: { type: 'boolean' } },
  run: runExplain,
}

async function runExplain(run: Run): Promise<number> {
  const { positionals } = run
  if (positionals.length === 0) throw new UsageError('expected HOST[:PORT]..., or - to read names from standard input')
  // All of the command line is read before anything is asked.
  const names = positionals.map(text => (text === '-' ? text : parseHostAndPort(text)))
  const map = await openMapForCommand(run)
  try {
    return await print(explainAll(names, run, map), run, map.nothingInForce)
  } finally {
    await map.splitDns.close()
  }
}

/** Resolves to the exit code. */
async function print(
  explanations: AsyncIterable<Explanation>,
  run: Run,
  whyNoRule: string | undefined,
): Promise<number> {
  const { streams, env } = run
  const style = styleFor(streams.stdout, env)
  const isJson = isSet(run, 'json')
  const isVerbose = isSet(run, 'verbose')
  let exitCode = 0
  for await (const explanation of explanations) {
    if (explanation.error !== null) exitCode = 1
    streams.stdout.write(
      isJson ? `${JSON.stringify(explanation)}\n` : explanationText(explanation, style, { isVerbose, whyNoRule }),
    )
    if (run.signal.aborted || streams.stdout.isGone === true) break
  }
  return exitCode
}

async function* explainAll(
  names: readonly (HostPort | '-')[],
  run: Run,
  { splitDns, read, compilation, withProfile }: CommandMap,
): AsyncGenerator<Explanation> {
  const map = { settings: read.settings, compilation, withProfile }
  const explainName = createExplain(splitDns, now, map)
  for (const name of names) {
    if (name !== '-') yield await explainName(name)
    else for await (const line of readLines(run.streams.stdin)) yield await explainLine(explainName, line)
  }
}

/** What is wrong with one line of the input is no reason to leave the others. */
async function explainLine(explainName: Explain, line: string): Promise<Explanation> {
  try {
    return await explainName(parseHostAndPort(line))
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    return notAName(line, error.message)
  }
}
