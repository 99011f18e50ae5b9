import { spawn } from 'node:child_process'
import { once } from 'node:events'
import t from 'tap'
import { loaderFlags, moduleFile } from '../../../../project.js'
import { askUdp, queryOf } from '../../../../lib/server/fixture.js'
import { describeReply } from '../../../serve/fixture.js'

/** The command with only these variables. */
function start(args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [...loaderFlags, moduleFile('src/tools/cli/bin'), 'serve', ...args], { env })
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', chunk => (output.stdout += String(chunk)))
  child.stderr.on('data', chunk => (output.stderr += String(chunk)))
  return { child, output }
}

const map = { KAFKA_SPLIT_DNS_MAP: 'b.x.example=192.0.2.1', KAFKA_SPLIT_DNS_NAMESERVERS: '127.0.0.1:9' }

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  t.test(`answers until ${signal}, then ends with 0`, async t => {
    const { child, output } = start(['--listen', '127.0.0.1:0'], map)
    t.teardown(() => child.kill('SIGKILL'))
    await once(child.stdout, 'data')
    const port = Number(/^serving on 127\.0\.0\.1:(\d+)\n$/.exec(output.stdout)?.[1])
    const reply = await askUdp({ address: '127.0.0.1', port }, queryOf('b.x.example'))
    t.equal(describeReply(reply), 'NOERROR 192.0.2.1 ttl 30')
    child.kill(signal)
    t.same(await once(child, 'close'), [0, null])
    t.equal(output.stderr, '')
  })
}

const bad: readonly [string, readonly string[], Record<string, string>, number, RegExp][] = [
  [
    'an address that is not loopback',
    ['--listen', '0.0.0.0:53'],
    map,
    2,
    /--listen: 0\.0\.0\.0 is no loopback address/,
  ],
  ['a pool outside of loopback', ['--pool', '10.0.0.0/16'], map, 2, /--pool: 10\.0\.0\.0\/16 is not inside 127/],
  ['another mode', ['--relay', 'on'], map, 2, /--relay: expected auto, always, never/],
  [
    'a map that only has ports, without the relay',
    ['--relay', 'never', '--listen', '127.0.0.1:0'],
    { ...map, KAFKA_SPLIT_DNS_MAP: 'b.x.example=192.0.2.1:9093' },
    1,
    /nothing of this map can be served/,
  ],
  ['no nameserver besides itself', ['--listen', '127.0.0.1:9'], map, 1, /no nameserver besides 127\.0\.0\.1:9/],
]

for (const [what, args, env, code, message] of bad) {
  t.test(`${what}: one line, exit code ${code}`, async t => {
    const { child, output } = start(args, env)
    t.same(await once(child, 'close'), [code, null])
    t.match(output.stderr, message)
    t.equal(output.stderr.trim().split('\n').length, 1)
  })
}
