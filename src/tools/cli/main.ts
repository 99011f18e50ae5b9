import { Interrupted, UsageError } from './terminal/errors.js'
import { parseArgs, type ParseArgsConfig } from 'node:util'
import { toError } from '../../../lib/thrown.js'
import type { Environment } from '../../config/settings.js'
import { didYouMean } from '../../text/nearest.js'
import { packageVersion } from '../../package-version.js'
import { check } from './check.js'
import type { Command, Run } from './command.js'
import { doctor } from './doctor/doctor.js'
import { explain } from './explain/explain.js'
import { exportMap } from './export/export.js'
import { init } from './init/init.js'
import { serve } from './serve/serve.js'
import type { Streams } from './terminal/streams.js'
import { printable } from './terminal/style.js'

const commands: readonly Command[] = [check, explain, doctor, init, exportMap, serve]

const usage = [
  'kafka-split-dns COMMAND [OPTIONS]',
  '',
  ...commands.map(({ synopsis, summary }) => `  ${synopsis.padEnd(40)} ${summary}`),
  '',
  '  help COMMAND                             its flags, and examples',
  '  --version                                the version of this package',
  '',
  'Every command reads the same KAFKA_SPLIT_DNS_* variables as the library.',
  'docs/troubleshooting.md in this package explains each error.',
  '',
].join('\n')

/** As shells report a process that Ctrl-C ended: 128 and the signal's number. */
export const interruptedCode = 130

const versionWords: readonly (string | undefined)[] = ['--version', '-V', 'version']
const helpWords: readonly (string | undefined)[] = ['--help', '-h', 'help']

/**
 * Runs the command line; resolves with the exit code: 0 all is well, 1 it is not, 2 wrong usage. Never rejects. The
 * signal ends the run early.
 */
export async function main(
  argv: readonly string[],
  env: Environment,
  streams: Streams,
  signal: AbortSignal = new AbortController().signal,
): Promise<number> {
  const [first, second, ...others] = argv
  // `help COMMAND` is `COMMAND --help`.
  const isHelp = helpWords.includes(first) && second !== undefined
  const [name, ...rest] = isHelp ? [second, '--help', ...others] : argv
  if (helpWords.includes(name)) {
    streams.stdout.write(usage)
    return 0
  }
  if (versionWords.includes(name)) {
    streams.stdout.write(`${packageVersion()}\n`)
    return 0
  }
  const command = commands.find(candidate => candidate.name === name)
  if (command !== undefined) return runCommand(command, rest, env, streams, signal)
  if (name === undefined) {
    streams.stderr.write(usage)
  } else {
    const hint = didYouMean(
      name,
      commands.map(known => known.name),
    )
    streams.stderr.write(`kafka-split-dns: no such command: ${printable(name)}${hint}; see kafka-split-dns --help\n`)
  }
  return 2
}

async function runCommand(
  command: Command,
  args: readonly string[],
  env: Environment,
  streams: Streams,
  signal: AbortSignal,
): Promise<number> {
  try {
    const { values, positionals } = readArguments(command, args)
    if (values['help'] === true) {
      streams.stdout.write(`${command.help}\n`)
      return 0
    }
    return await command.run({ values, positionals, env, streams, signal })
  } catch (error) {
    if (error instanceof Interrupted) return interruptedCode
    const isUsage = error instanceof UsageError
    const message = toError(error).message
    const hint = isUsage ? `; see kafka-split-dns ${command.name} --help` : ''
    streams.stderr.write(`kafka-split-dns ${command.name}: ${printable(message)}${hint}\n`)
    return isUsage ? 2 : 1
  }
}

/**
 * The flags, and the arguments beside them. A flag of several values takes all that follow up to the next flag, and may
 * be repeated. Throws `UsageError`, also where another flag is repeated.
 */
function readArguments(
  { options, allowPositionals }: Command,
  args: readonly string[],
): Pick<Run, 'values' | 'positionals'> {
  const known: NonNullable<ParseArgsConfig['options']> = { ...options, help: { type: 'boolean', short: 'h' } }
  // Not strict: parseArgs' own messages have several lines and don't suggest the nearest flag.
  const config = { args: [...args], options: known, allowPositionals: true, strict: false, tokens: true } as const
  const { values, tokens } = parseArgs(config)
  const seen = new Map<string, string[]>()
  const positionals: string[] = []
  let following = positionals
  for (const token of tokens) {
    if (token.kind === 'positional') following.push(token.value)
    if (token.kind === 'option-terminator') following = positionals
    if (token.kind !== 'option') continue
    const { name, rawName, value } = token
    const { type, multiple } = Object.hasOwn(known, name) ? (known[name] ?? {}) : {}
    const flags = Object.keys(known).map(flag => `--${flag}`)
    if (type === undefined) throw new UsageError(`no such option: ${rawName}${didYouMean(rawName, flags)}`)
    if (type === 'boolean' && value !== undefined) throw new UsageError(`${rawName} takes no value`)
    const isFlag = value !== undefined && !token.inlineValue && flags.includes(value)
    if (type === 'string' && (value === undefined || isFlag)) throw new UsageError(`${rawName} needs a value`)
    if (seen.has(name) && multiple !== true) throw new UsageError(`${rawName} is given twice`)
    const all = [...(seen.get(name) ?? []), ...(value === undefined ? [] : [value])]
    seen.set(name, all)
    following = multiple === true ? all : positionals
  }
  const [first] = positionals
  if (allowPositionals !== true && first !== undefined) throw new UsageError(`expected no argument, found '${first}'`)
  const lists = [...seen].filter(([name]) => known[name]?.multiple === true)
  return { values: { ...values, ...Object.fromEntries(lists) }, positionals }
}
