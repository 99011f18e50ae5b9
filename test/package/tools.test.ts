import { build } from 'esbuild'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { listen } from '../src/connect/fixtures/servers.js'
import { installedProject } from './packed.js'
import { run, runNode } from './run.js'

t.setTimeout(300_000)

const host = 'b0.kafka.example'

const plugins = ['commonjs', 'node-resolve', 'json'].map(name => `@rollup/plugin-${name}`)
/** One project for all tools: an installation takes longer than what is done with it. */
const packages = ['kafkajs@^2.2.4', 'jest@~30.5', 'rollup@^4', ...plugins]

/** A folder with the files and the project's packages, gone when the test ends. */
async function folderWith(t: Test, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kafka-split-dns-'))
  t.teardown(() => rm(folder, { recursive: true }))
  await symlink(join(await installedProject(packages), 'node_modules'), join(folder, 'node_modules'))
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  return folder
}

t.test('Jest (CommonJS) loads it, once a test file, and ends by itself', async t => {
  const { port } = await listen(t)
  const testFile = `
    const net = require('node:net')
    const { createSocketFactory } = require('kafka-split-dns')
    test('the factory leads to the target', done => {
      const socket = createSocketFactory()({ host: '${host}', port: 9092, onConnect: () => {
        expect(socket.remotePort).toBe(${port})
        socket.destroy()
        done()
      } })
    })
    test('register hooks once for all files', done => {
      require('kafka-split-dns/register')
      const socket = net.connect(9092, '${host}', () => {
        expect(socket.remotePort).toBe(${port})
        socket.destroy()
        done()
      })
    })`
  const cwd = await folderWith(t, {
    'package.json': '{"jest":{"testEnvironment":"node","watchman":false,"haste":{"enableSymlinks":true}}}',
    'a.test.js': testFile,
    'b.test.js': testFile,
  })
  const jest = join(cwd, 'node_modules/jest/bin/jest.js')
  const env = { KAFKA_SPLIT_DNS_MAP: `${host}=127.0.0.1:${port}` }
  const { code, stderr } = await runNode([jest, '--runInBand', '--no-cache', '--no-watchman'], { cwd, env })
  t.match(stderr, /Tests: +4 passed, 4 total/)
  t.notMatch(stderr, 'did not exit')
  t.equal(code, 0)
})

for (const format of ['esm', 'cjs'] as const) {
  t.test(`esbuild bundles it into one file of ${format}, register too`, async t => {
    const { port } = await listen(t)
    const cwd = await folderWith(t, {
      'app.js': `
        import 'kafka-split-dns/register'
        import { createSocketFactory } from 'kafka-split-dns'
        import net from 'node:net'
        const onConnect = () => {
          console.log('factory')
          socket.destroy()
          const other = net.connect(9092, '${host}', () => { console.log('register'); other.destroy() })
        }
        const socket = createSocketFactory()({ host: '${host}', port: 9092, onConnect })`,
    })
    const outfile = join(cwd, format === 'esm' ? 'out.mjs' : 'out.cjs')
    // As an ES module it has to be given what CommonJS packages inside call.
    const banner = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)"
    const { errors, warnings } = await build({
      absWorkingDir: cwd,
      entryPoints: ['app.js'],
      bundle: true,
      platform: 'node',
      format,
      outfile,
      preserveSymlinks: true,
      logLevel: 'silent',
      ...(format === 'esm' ? { banner: { js: banner } } : {}),
    })
    t.strictSame([...errors, ...warnings], [])
    await rm(join(cwd, 'node_modules'))
    const env = { KAFKA_SPLIT_DNS_MAP: `${host}=127.0.0.1:${port}` }
    t.strictSame(await run(process.execPath, [outfile], { cwd, env }), {
      code: 0,
      stdout: 'factory\nregister\n',
      stderr: '',
    })
  })
}

const connectOnce = `
  import { createSocketFactory } from 'kafka-split-dns'
  import { Kafka } from 'kafkajs'
  const onConnect = () => { console.log(typeof Kafka); socket.destroy() }
  const socket = createSocketFactory()({ host: '${host}', port: 9092, onConnect })`

t.test('esbuild makes an ES module with packages left external', async t => {
  const { port } = await listen(t)
  const cwd = await folderWith(t, { 'app.js': connectOnce })
  const outfile = join(cwd, 'out.mjs')
  const { errors, warnings } = await build({
    absWorkingDir: cwd,
    entryPoints: ['app.js'],
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    outfile,
    logLevel: 'silent',
  })
  t.strictSame([...errors, ...warnings], [])
  const env = { KAFKA_SPLIT_DNS_MAP: `${host}=127.0.0.1:${port}` }
  t.strictSame(await runNode([outfile], { cwd, env }), { code: 0, stdout: 'function\n', stderr: '' })
})

t.test('rollup makes an ES module with undici left external, as docs/runtimes.md says', async t => {
  const { port } = await listen(t)
  const cwd = await folderWith(t, {
    'app.js': connectOnce,
    'rollup.config.mjs': `
      import commonjs from '@rollup/plugin-commonjs'
      import json from '@rollup/plugin-json'
      import resolve from '@rollup/plugin-node-resolve'
      export default {
        input: 'app.js',
        external: [/^node:/, 'undici'],
        output: { file: 'out.mjs', format: 'es', inlineDynamicImports: true },
        plugins: [resolve({ preferBuiltins: true }), commonjs(), json()],
      }`,
  })
  const rollup = join(cwd, 'node_modules/rollup/dist/bin/rollup')
  const made = await runNode([rollup, '-c', '--silent'], { cwd })
  t.equal(made.code, 0, made.stderr)
  const env = { KAFKA_SPLIT_DNS_MAP: `${host}=127.0.0.1:${port}` }
  t.strictSame(await runNode(['out.mjs'], { cwd, env }), { code: 0, stdout: 'function\n', stderr: '' })
})
