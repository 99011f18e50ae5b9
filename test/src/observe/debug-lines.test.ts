import { spawn } from 'node:child_process'
import t from 'tap'
import { loaderFlags, moduleFile } from '../../project.js'

/** What the script writes on standard error, with NODE_DEBUG as given. */
function run(nodeDebug: string): Promise<string> {
  const child = spawn(process.execPath, [...loaderFlags, moduleFile('test/src/observe/fixtures/decisions')], {
    env: { ...process.env, NODE_DEBUG: nodeDebug, SECRET: 'endpoint-of-tenant-7' },
    stdio: ['ignore', 'inherit', 'pipe'],
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk))
  return new Promise(resolve => child.once('close', () => resolve(stderr)))
}

t.test('NODE_DEBUG=kafka-split-dns prints each decision, and no expanded value', async t => {
  const said = await run('kafka-split-dns')
  for (const line of [
    /KAFKA-SPLIT-DNS \d+: start kafka-split-dns \d+\.\d+\.\d+: 3 rules are in force, from option map; profiles chosen: none, not chosen: none; nameservers system; fallback system, unmapped system, on move keep/,
    /KAFKA-SPLIT-DNS \d+: lookup b0\.kafka\.test:9092 -> 127\.0\.0\.1:\d+ by rule '\*\.kafka\.test' \(option map rule 1\): 127\.0\.0\.1 \(literal, TTL \d+ s\) in \d+ ms/,
    /: connect b0\.kafka\.test:9092 -> 127\.0\.0\.1:\d+ by rule .*: connected at 127\.0\.0\.1:\d+ in \d+ ms/,
    /: lookup b0\.secret\.test:9092 failed in \d+ ms: getaddrinfo ENOTFOUND b0\.secret\.test \(kafka-split-dns: b0\.secret\.test:9092 -> \$\{SECRET\}\.invalid by rule '\*\.secret\.test'/,
    /: refused b0\.refused\.test:9092 \(rule\): kafka-split-dns: b0\.refused\.test:9092 is refused by rule/,
    /: system no rule matches localhost:\d+/,
    /: query A from system: NXDOMAIN in \d+ ms|: query addresses from system: NXDOMAIN in \d+ ms/,
  ]) {
    t.match(said, line)
  }
  t.notMatch(said, 'endpoint-of-tenant-7')
})

t.test('without NODE_DEBUG nothing is printed', async t => t.equal(await run(''), ''))
