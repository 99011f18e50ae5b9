// Judges runs of tap by their raw output: `node scripts/count-tests.mjs FILE...`. Says what does not count as tested, prints
// `N passed, N failed` from tap's own counts as the last line, and exits with 1 where something failed, a test was
// skipped that must not be, or none ran.
import { readFileSync } from 'node:fs'

/** Skipped for want of one of these nothing is tested that matters: where this script judges, they have to be there. */
const required =
  /\b(java|maven|mvn|kafka|openssl|python3?|dnspython|named|bind9?|unbound|dnsmasq|dnsdist|dig|not installed|missing)\b/i

/** @param {string} text */
function judge(text) {
  const lines = text.split('\n')
  // The root's own comment is the last of its kind, and the only one that is not indented.
  const counts = lines.findLast(line => /^# \{ total: \d+/.test(line))
  /** @param {string} name */
  const count = name => Number(new RegExp(`\\b${name}: (\\d+)`).exec(counts ?? '')?.[1] ?? 0)
  const passed = count('pass')
  const failed = count('fail')
  const faults = testPoints(lines).flatMap(fault)
  if (counts === undefined) faults.push('tap ended without its counts')
  else if (passed + failed === 0) faults.push('no test ran')
  return { passed, failed, faults }
}

/** The lines that tell a result; not those of diagnostics, which may quote such lines. @param {string[]} lines */
function testPoints(lines) {
  /** @type {string[]} */
  const points = []
  /** @type {string | undefined} */
  let yamlEnd
  for (const line of lines) {
    if (yamlEnd !== undefined) {
      if (line.trimEnd() === yamlEnd) yamlEnd = undefined
    } else if (/^ *---$/.test(line)) yamlEnd = line.replace('---', '...')
    else if (/^ *(not )?ok\b/.test(line)) points.push(line.trim())
  }
  return points
}

/** Why the test point does not count as tested, if so. @param {string} point */
function fault(point) {
  const line = point.replace(/ \{$/, '')
  const [, name = '', directive = '', reason = ''] = /^(.*?)(?<!\\)# (SKIP|TODO)\b *(.*)$/i.exec(line) ?? []
  if (directive === '') return []
  const what = `${name.replace(/^(not )?ok \d+( - )?/, '').trimEnd()}: ${directive.toLowerCase()}`
  if (reason === '') return [`${what} without a reason`]
  if (reason === 'no tests found') return [`${what}: the file holds no test`]
  return required.test(reason) ? [`${what}: ${reason}`] : []
}

const files = process.argv.slice(2)
if (files.length === 0) {
  console.error('usage: count-tests.mjs FILE...')
  process.exit(2)
}
const runs = files.map(file => judge(readFileSync(file, 'utf8')))
const faults = runs.flatMap(run => run.faults)
const passed = runs.reduce((sum, run) => sum + run.passed, 0)
const failed = runs.reduce((sum, run) => sum + run.failed, 0)
for (const line of faults) console.log(`does not count: ${line}`)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 || faults.length > 0 ? 1 : 0
