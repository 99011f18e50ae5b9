import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { installedProject, registerPath } from '../package/packed.js'
import { run, runNode } from '../package/run.js'
import { listen } from './connect/fixtures/servers.js'

// The package is built, packed and installed first.
t.setTimeout(300_000)

const host = 'b0.kafka.example'

/** A service that connects to the broker with `net`, and says where that led. */
const service = `
const net = process.getBuiltinModule?.('node:net') ?? require('node:net')
const socket = net.connect(9092, process.env.BROKER ?? '${host}')
socket.on('error', error => console.log(error.message))
socket.on('connect', () => { console.log('connected at ' + socket.remotePort); socket.destroy() })
`

const ways = [
  { name: '--import', flags: (project: string) => ['--import', registerPath(project, 'esm')] },
  { name: '--import of the CommonJS form', flags: (project: string) => ['--import', registerPath(project, 'cjs')] },
  { name: '--require', flags: (project: string) => ['--require', registerPath(project, 'cjs')] },
  { name: '--import of the bare name', flags: () => ['--import', 'kafka-split-dns/register'] },
  { name: '--require of the bare name', flags: () => ['--require', 'kafka-split-dns/register'] },
  {
    name: 'both at once',
    flags: (project: string) => ['--import', registerPath(project, 'esm'), '--require', registerPath(project, 'cjs')],
  },
]

t.test('by each way of loading a service connects through the map, and ends by itself', async t => {
  const cwd = await installedProject()
  const { port } = await listen(t)
  const env = { KAFKA_SPLIT_DNS_MAP: `${host}=127.0.0.1:${port}` }
  for (const { name, flags } of ways) {
    const ran = await runNode([...flags(cwd), '-e', service], { cwd, env })
    t.strictSame(ran, { code: 0, stdout: `connected at ${port}\n`, stderr: '' }, name)
    const inOptions = await runNode(['-e', service], { cwd, env: { ...env, NODE_OPTIONS: flags(cwd).join(' ') } })
    t.strictSame(inOptions, ran, `${name} in NODE_OPTIONS`)
  }
})

t.test('an ES module, a named import taken before, and workers of every kind are led too', async t => {
  const cwd = await installedProject()
  const folder = await mkdtemp(join(tmpdir(), 'kafka-split-dns-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const { port } = await listen(t)
  const file = join(folder, 'service.mjs')
  await writeFile(
    file,
    `import { connect } from 'node:net'
     import { isMainThread, Worker } from 'node:worker_threads'
     const socket = connect(9092, '${host}')
     socket.on('error', error => console.log(error.message))
     socket.on('connect', () => { console.log('connected'); socket.destroy() })
     if (isMainThread) {
       new Worker(new URL(import.meta.url))
       new Worker(new URL(import.meta.url), { execArgv: [] })
       new Worker(${JSON.stringify(service)}, { eval: true })
     }`,
  )
  const env = {
    KAFKA_SPLIT_DNS_MAP: `${host}=127.0.0.1:${port}`,
    NODE_OPTIONS: `--require ${registerPath(cwd, 'cjs')}`,
  }
  const { stdout, stderr } = await runNode([file], { cwd, env })
  t.equal(stderr, '')
  t.strictSame(stdout.trim().split('\n').sort(), ['connected', 'connected', 'connected', `connected at ${port}`])
})

t.test('without a map, and disabled whatever else is set, nothing is hooked', async t => {
  const cwd = await installedProject()
  const script = `
    const net = require('node:net')
    const own = net.Socket.prototype.connect
    const dlopen = process.dlopen
    const { splitDns } = require('kafka-split-dns/register')
    console.log(net.Socket.prototype.connect === own, process.dlopen === dlopen, splitDns)`
  for (const env of [
    {},
    { KAFKA_SPLIT_DNS_MAP: '' },
    { KAFKA_SPLIT_DNS_MAP: 'no rule', KAFKA_SPLIT_DNS_MAP_URL: 'https://map.example/', KAFKA_SPLIT_DNS_DISABLE: '1' },
    { KAFKA_SPLIT_DNS_MAP: `${host}=127.0.0.1`, KAFKA_SPLIT_DNS_DISABLE: 'true' },
  ]) {
    const ran = await runNode(['-e', script], { cwd, env })
    t.strictSame(ran, { code: 0, stdout: 'true true undefined\n', stderr: '' }, JSON.stringify(env))
  }
})

t.test('a bad map stops the process before it does anything, with every fault', async t => {
  const cwd = await installedProject()
  const folder = await mkdtemp(join(tmpdir(), 'kafka-split-dns-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const file = join(folder, 'map.yaml')
  await writeFile(file, 'rules:\n  - match: a..b\n    to: vpce.example\n  - match: b.example\n    to: ":x"\n')
  const cases = [
    {
      env: { KAFKA_SPLIT_DNS_MAP_FILE: file },
      faults: [`${file}:2:14: `, `${file}:5:11: `],
    },
    {
      env: { KAFKA_SPLIT_DNS_MAP: 'no rule', KAFKA_SPLIT_DNS_MAP_URL: 'https://user:secret@map.example/' },
      faults: ['KAFKA_SPLIT_DNS_MAP:1:1: ', 'KAFKA_SPLIT_DNS_MAP_URL: kafka-split-dns/register takes'],
    },
    {
      env: { KAFKA_SPLIT_DNS_MAP: 'a.example=b.example', KAFKA_SPLIT_DNS_FAMILY: '5', KAFKA_SPLIT_DNS_STALE: 'x' },
      faults: ['KAFKA_SPLIT_DNS_FAMILY: ', 'KAFKA_SPLIT_DNS_STALE: '],
    },
    { env: { KAFKA_SPLIT_DNS_MAP_FILE: join(folder, 'none') }, faults: [join(folder, 'none')] },
  ]
  for (const { env, faults } of cases) {
    for (const { name, flags } of ways.slice(0, 3)) {
      const { code, stdout, stderr } = await runNode([...flags(cwd), '-e', 'console.log("runs")'], { cwd, env })
      t.equal(code, 1, name)
      t.equal(stdout, '')
      for (const fault of faults) t.match(stderr, fault)
      t.notMatch(stderr, 'secret')
    }
  }
})

t.test("in NODE_OPTIONS a bad map stops no npm, no npx and none of the package's own commands", async t => {
  const cwd = await installedProject()
  const env = {
    KAFKA_SPLIT_DNS_MAP: 'no rule',
    NODE_OPTIONS: `--require ${registerPath(cwd, 'cjs')}`,
    PATH: process.env['PATH'],
    npm_config_update_notifier: 'false',
  }
  const npm = await run('npm', ['--version'], { cwd, env })
  t.equal(npm.code, 0)
  t.match(npm.stdout, /^\d+\.\d+/)
  t.match(npm.stderr, /no map is in force here: KAFKA_SPLIT_DNS_MAP:1:1: /)
  const check = await run('npx', ['--no-install', 'kafka-split-dns', 'check'], { cwd, env })
  t.equal(check.code, 1)
  t.match(check.stdout, 'KAFKA_SPLIT_DNS_MAP:1:1: ')
  t.equal(check.stderr.match(/no map is in force here/g)?.length, 1, 'npx warns, the command does not')
  const service = await runNode(['-e', 'console.log("runs")'], { cwd, env })
  t.match(service, { code: 1, stdout: '' })
})

t.test('unmapped has no say, and the exported splitDns tells what was led', async t => {
  const cwd = await installedProject()
  const { port } = await listen(t)
  const script = `
    const { splitDns } = require('kafka-split-dns/register')
    splitDns.on('connect', ({ host, outcome }) => console.log(host, outcome))
    ${service}
    import(${JSON.stringify(pathToFileURL(registerPath(cwd, 'esm')).href)}).then(esm => console.log(esm.splitDns === splitDns))`
  const env = { KAFKA_SPLIT_DNS_UNMAPPED: 'refuse', KAFKA_SPLIT_DNS_MAP: `${host}=127.0.0.1:${port}` }
  const mapped = await runNode(['-e', script], { cwd, env })
  t.equal(mapped.stderr, '')
  t.match(mapped.stdout, `${host} connected\nconnected at ${port}\n`)
  t.match(mapped.stdout, /^true$/m)
  const other = `const socket = require('node:net').connect(${port}, 'localhost', () => { console.log('yes'); socket.destroy() })`
  const flags = ['--require', registerPath(cwd, 'cjs')]
  t.match(await runNode([...flags, '-e', other], { cwd, env }), { code: 0, stdout: 'yes\n' })
})
