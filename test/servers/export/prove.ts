import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { runMain } from '../../src/tools/cli/fixtures/run-main.js'
import type { DnsServer } from '../dns-server.js'
import { compareWithServer, type Exposed, type Outcome } from './compare.js'
import { missingKinds, randomMaps } from './random-maps.js'
import { missingProgram, startServerProgram, type ServerProgram } from './server-process.js'
import { tableMaps } from './table-maps.js'
import { startTargetServer } from './target-server.js'
import { mapText, type TestMap } from './test-map.js'

/** A format, and the server that runs what it writes. */
export interface Proof extends Pick<Exposed, 'askedAs' | 'isHidden' | 'refusesByNodata'> {
  readonly format: string
  readonly flags?: readonly string[]
  /** The server's program with what was written; names that it does not know are passed on to the port of 127.0.0.1. */
  server(written: string, upstreamPort: number): ServerProgram
  /** An outcome that no name has: such rules are left out. */
  readonly never?: Outcome
  /** Why a map may have nothing to write, as the command says it: it is passed over. */
  readonly nothing?: RegExp
}

/** What `export --partial` writes, and the patterns of the rules that it tells as left out. */
async function exported(map: TestMap, format: string, flags: readonly string[], upstream: DnsServer) {
  const folder = mkdtempSync(join(tmpdir(), 'export-map-'))
  const file = join(folder, 'map.yaml')
  writeFileSync(file, mapText(map))
  const env = {
    KAFKA_SPLIT_DNS_NAMESERVERS: upstream.upstream('udp').label,
    KAFKA_SPLIT_DNS_FALLBACK: 'none',
    KAFKA_SPLIT_DNS_TIMEOUT_MS: '10000',
    KAFKA_SPLIT_DNS_ATTEMPT_MS: '5000',
  }
  try {
    const args = ['export', '--to', format, '--partial', '--map-file', file, ...flags]
    const { code, stdout, stderr } = await runMain(args, { env })
    const omissions = new Set([...stderr.matchAll(/: rule '(.*?)': /g)].map(([, match = '']) => match))
    return { code, text: stdout, stderr, omissions }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Asserts that the server answers as the library resolves, for the maps of the table and for random ones. */
export async function prove(t: Test, proof: Proof, random: { readonly seed: number; readonly count: number }) {
  const upstream = await startTargetServer()
  t.teardown(() => upstream.close())
  for (const map of tableMaps) {
    await t.test(map.is, async t => {
      await proveMap(t, proof, map, map.names, upstream)
    })
  }
  await t.test('random maps', async t => {
    const maps = randomMaps(random.seed, random.count)
    t.strictSame(missingKinds(maps), [], 'every kind of pattern and target is met')
    const sum: Record<Outcome, number> = { mapped: 0, refused: 0, unresolvable: 0, passed: 0, omissions: 0 }
    for (const map of maps) {
      const counts = await proveMap(t, proof, map, map.names, upstream)
      for (const outcome of Object.keys(counts) as Outcome[]) sum[outcome] += counts[outcome]
    }
    t.comment(JSON.stringify(sum))
    for (const [outcome, count] of Object.entries(sum)) {
      t.ok(outcome === proof.never ? count === 0 : count > 10, `${outcome}: ${count} names`)
    }
  })
}

async function proveMap(t: Test, proof: Proof, map: TestMap, names: readonly string[], upstream: DnsServer) {
  const { code, text, stderr, omissions } = await exported(map, proof.format, proof.flags ?? [], upstream)
  const none = { mapped: 0, refused: 0, unresolvable: 0, passed: 0, omissions: 0 }
  if (code !== 0 && proof.nothing?.test(stderr) === true) return none
  if (code !== 0) throw new Error(stderr)
  const via = upstream.upstream('udp')
  if (via.kind !== 'udp') throw new Error('the upstream is asked over UDP')
  await using server = await startServerProgram(proof.server(text, via.port))
  const exposed = { ...proof, map, omissions, server: server.upstream, upstream: via }
  const { counts, differences } = await compareWithServer(names, exposed)
  if (!t.strictSame(differences, [], `${names.length} names`)) t.comment(`${mapText(map)}\n${text}\n${stderr}`)
  return counts
}

/** The title with why it is skipped, and the option that does it. */
export function skippable(title: string, ...programs: readonly string[]) {
  const missing = programs.map(missingProgram).find(reason => reason !== undefined)
  return { title: missing === undefined ? title : `${title} (skipped: ${missing})`, skip: missing ?? false } as const
}
