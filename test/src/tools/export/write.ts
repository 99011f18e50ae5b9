import { runMain } from '../cli/fixtures/run-main.js'

/** A map's rules, and what `export --partial` makes of them. */
export interface WriteRow {
  readonly is: string
  /** In one line. */
  readonly map: string
  /** The lines that are no comments, in order. */
  readonly lines?: readonly string[]
  /** Of the rules that are left out: `rule -> why`. */
  readonly omissions?: readonly string[]
}

/** What the command writes, its comments apart, and what it tells. Rejects where it fails. */
export async function write(format: string, map: string, { mark = '#', flags = [], env = {} }: WriteOptions = {}) {
  const args = ['export', '--to', format, '--partial', '--map', map, ...flags]
  const { code, stdout, stderr } = await runMain(args, { env: { KAFKA_SPLIT_DNS_FALLBACK: 'none', ...env } })
  if (code !== 0) throw new Error(stderr)
  const all = stdout.split('\n').filter(line => line !== '')
  return {
    text: stdout,
    comments: all.filter(line => line.startsWith(mark)).map(line => line.slice(mark.length).trim()),
    lines: all.filter(line => !line.startsWith(mark)),
    omissions: [...stderr.matchAll(/: (rule '.*)$/gm)]
      .map(([, told = '']) => told)
      .filter(told => told.includes("': ")),
    warnings: [...stderr.matchAll(/export: warning: (.*)$/gm)].map(([, told = '']) => told),
  }
}

export interface WriteOptions {
  readonly mark?: string
  readonly flags?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}
