/**
 * What a skipped test must not be skipped for want of in CI, where .ci/run installs it: nothing that matters would be
 * tested.
 */
const required =
  /\b(java|maven|mvn|kafka|openssl|python3?|dnspython|named|bind9?|unbound|dnsmasq|dnsdist|dig|not installed|missing)\b/i

/**
 * Judges tap's raw output for one file: its own counts, what failed as tap wrote it, and the faults of its skips.
 * `strict`: a skip for want of a program that CI installs is a fault, too.
 * @param {string} text
 * @param {{ strict: boolean }} options
 */
export function judgeTap(text, { strict }) {
  const lines = text.split('\n')
  // The root's own comment is the last of its kind, and the only one that is not indented.
  const counts = lines.findLast(line => /^# \{ total: \d+/.test(line))
  /** @param {string} name */
  const count = name => Number(new RegExp(`\\b${name}: (\\d+)`).exec(counts ?? '')?.[1] ?? 0)
  const [passed, failed] = [count('pass'), count('fail')]
  const { points, failures } = readPoints(lines)
  const skips = points.flatMap(skipOf)
  const faults = skips.flatMap(({ what, reason }) => {
    if (reason === '') return [`${what} without a reason`]
    return strict && required.test(reason) ? [`${what}: ${reason}`] : []
  })
  if (counts === undefined) faults.push('ended without its counts')
  else if (passed + failed + skips.length === 0) faults.push('no test ran')
  return { passed, failed, failures, faults, skipped: skips.map(({ what, reason }) => `${what}: ${reason}`) }
}

/**
 * The lines that report a result, and the failed ones with their diagnostics; lines inside diagnostics may look the same.
 * @param {string[]} lines
 */
function readPoints(lines) {
  /** @type {string[]} */
  const points = []
  /** @type {string[]} */
  const failures = []
  /** @type {string | undefined} */
  let yamlEnd
  let isFailure = false
  for (const line of lines) {
    if (yamlEnd !== undefined) {
      if (isFailure) failures.push(line)
      if (line.trimEnd() === yamlEnd) yamlEnd = undefined
    } else if (/^ *---$/.test(line)) {
      yamlEnd = line.replace('---', '...')
      if (isFailure) failures.push(line)
    } else if (/^ *(not )?ok\b/.test(line)) {
      points.push(line.trim())
      isFailure = /^ *not ok\b/.test(line) && !/# (SKIP|TODO)\b/i.test(line)
      if (isFailure) failures.push(line)
    } else isFailure = false
  }
  return { points, failures }
}

/** @param {string} point */
function skipOf(point) {
  const line = point.replace(/ \{$/, '')
  const [, name = '', directive = '', reason = ''] = /^(.*?)(?<!\\)# (SKIP|TODO)\b *(.*)$/i.exec(line) ?? []
  if (directive === '') return []
  return [{ what: `${name.replace(/^(not )?ok \d+( - )?/, '').trimEnd()}: ${directive.toLowerCase()}`, reason }]
}
