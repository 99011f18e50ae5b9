import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import t from 'tap'
import { loaderFlags, moduleFile } from '../../../../project.js'
import { askUdp, queryOf } from '../../../../lib/server/fixture.js'
import { describeReply, readAll } from '../../../serve/fixture.js'
import { runMain } from '../fixtures/run-main.js'

/** The command with only these variables. */
function start(args: readonly string[], env: Record<string, string> = {}, launcher: readonly string[] = []) {
  const command = [process.execPath, ...loaderFlags, moduleFile('src/tools/cli/bin'), 'serve', ...args]
  const [program = '', ...rest] = [...launcher, ...command]
  const child = spawn(program, rest, { env: { PATH: process.env['PATH'], ...env } })
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

t.test('each question and relayed connection is a debug line', async t => {
  const variables = {
    KAFKA_SPLIT_DNS_MAP: 'b.x.example=127.0.0.1:9,c.x.example=192.0.2.1',
    NODE_DEBUG: 'kafka-split-dns',
  }
  const { child, output } = start(['--listen', '127.0.0.1:0', '--ports', '19094', '--pool', '127.87.0.0/16'], {
    ...map,
    ...variables,
  })
  t.teardown(() => child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  const server = { address: '127.0.0.1', port: Number(/:(\d+)\n$/.exec(output.stdout)?.[1]) }
  await askUdp(server, queryOf('c.x.example'))
  const address = describeReply(await askUdp(server, queryOf('b.x.example'))).split(' ')[1] ?? ''
  await readAll(connect(19_094, address))
  child.kill('SIGTERM')
  await once(child, 'close')
  t.match(output.stderr, /question c\.x\.example type 1: answered\n/)
  t.match(output.stderr, /relay b\.x\.example:19094: failed after 0 bytes to the broker and 0 back: .*ECONNREFUSED/)
})

t.test('--check is 0 where a server answers, without another server, else 1 and one line', async t => {
  const { child, output } = start(['--listen', '127.0.0.1:0'], map)
  t.teardown(() => child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  const where = /127\.0\.0\.1:\d+/.exec(output.stdout)?.[0] ?? ''
  const check = (listen: string) => runMain(['serve', '--check', '--listen', listen])
  t.same(await check(where), { code: 0, stdout: `${where} answers\n`, stderr: '' })
  child.kill('SIGKILL')
  await once(child, 'close')
  t.same(await check(where), { code: 1, stdout: '', stderr: `kafka-split-dns serve: no answer at ${where}\n` })
  t.match(await check('127.0.0.1:0'), { code: 2, stderr: /--listen: --check needs the port/ })
})

t.test('--check is 1 where packets are taken and none answers the question', async t => {
  const socket = createSocket('udp4')
  const packets: Buffer[] = []
  socket.on('message', (packet, { port, address }) => {
    packets.push(packet)
    const stranger = Buffer.from(packet)
    stranger.writeUInt16BE(packet.readUInt16BE(0) ^ 1)
    stranger[2] = 0x90
    for (const reply of [packet, stranger, Buffer.alloc(3)]) socket.send(reply, port, address)
  })
  socket.bind(0, '127.0.0.1')
  t.teardown(() => socket.close())
  await once(socket, 'listening')
  const { code } = await runMain(['serve', '--check', '--listen', `127.0.0.1:${socket.address().port}`])
  t.equal(code, 1)
  t.equal(packets.length, 1)
})

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
  [
    'a port that is taken',
    ['--listen', 'TAKEN'],
    map,
    1,
    /listen: 127\.0\.0\.1:\d+ is in use: another process listens/,
  ],
  ['no nameserver besides itself', ['--listen', '127.0.0.1:9'], map, 1, /no nameserver besides 127\.0\.0\.1:9/],
]

for (const [what, args, env, code, message] of bad) {
  t.test(`${what}: one line, exit code ${code}`, async t => {
    const taken = createServer().listen(0, '127.0.0.1')
    t.teardown(() => taken.close())
    await once(taken, 'listening')
    const { port } = taken.address() as AddressInfo
    const { child, output } = start(
      args.map(arg => (arg === 'TAKEN' ? `127.0.0.1:${port}` : arg)),
      env,
    )
    t.same(await once(child, 'close'), [code, null])
    t.match(output.stderr, message)
    t.equal(output.stderr.trim().split('\n').length, 1)
  })
}

t.test(
  'port 53 without the right to it: one line that says what grants it, exit code 1',
  { skip: mayBind53() },
  async t => {
    // Root has the right by a capability, and without that is nobody special.
    const without = process.getuid?.() === 0 ? ['setpriv', '--bounding-set', '-net_bind_service'] : []
    const { child, output } = start(['--listen', '127.0.0.1:53'], map, without)
    t.same(await once(child, 'close'), [1, null])
    t.match(
      output.stderr,
      /listen: no right to listen on 127\.0\.0\.1:53: set the sysctl .* NET_BIND_SERVICE, or choose/,
    )
    t.equal(output.stderr.trim().split('\n').length, 1)
  },
)

/** Why this machine refuses port 53 to nobody, or false. */
function mayBind53(): string | false {
  if (process.platform !== 'linux') return 'only Linux has the sysctl'
  const first = Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'))
  return first <= 53 ? `everybody may bind ports from ${first} here` : false
}
