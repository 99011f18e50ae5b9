import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { projectFolder } from '../kafka/paths.js'
import { installedProject, npm, packedTarball, typedPackages } from './packed.js'
import { run } from './run.js'

t.setTimeout(300_000)

/** `path` and `size` in bytes of each file in the tarball. */
async function packedFiles(): Promise<{ path: string; size: number }[]> {
  const { stdout } = await run('tar', ['-tvzf', await packedTarball()], { cwd: '/' })
  return stdout
    .trim()
    .split('\n')
    .map(line => line.split(/\s+/))
    .map(fields => ({ path: (fields.at(-1) ?? '').replace(/^package\//, ''), size: Number(fields[2]) }))
}

t.test(
  'npm pack holds dist, docs, examples, package.json, README, LICENSE, CHANGELOG, SECURITY and nothing else',
  async t => {
    const files = (await packedFiles()).map(({ path }) => path)
    const others = files.filter(path => !/^(dist|docs|examples)\//.test(path)).sort()
    t.strictSame(others, ['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'package.json'])
    const built = files.filter(path => path.startsWith('dist/'))
    t.ok(built.every(path => /(\.js|\.js\.map|\.d\.ts|\/package\.json|\.schema\.json)$/.test(path)))
  },
)

t.test('every file that the README links to is in the package', async t => {
  const files = new Set((await packedFiles()).map(({ path }) => path))
  const readme = await readFile(join(projectFolder, 'README.md'), 'utf8')
  const links = [...readme.matchAll(/(?:\]\(|src=")(?!https?:|#)([^)"#]+)/g)].map(([, path = '']) => path)
  t.ok(links.length > 10)
  t.same(
    links.filter(path => !files.has(path)),
    [],
  )
})

t.test('installed it is smaller than 1.5 MB', async t => {
  const bytes = (await packedFiles()).reduce((sum, { size }) => sum + size, 0)
  t.ok(bytes < 1_500_000, `${bytes} bytes`)
})

t.test('every file that package.json names is there', async t => {
  const folder = join(await installedProject(), 'node_modules/kafka-split-dns')
  const { exports, bin, main, types, typesVersions } = JSON.parse(
    await readFile(join(folder, 'package.json'), 'utf8'),
  ) as Record<string, unknown>
  const named = [...JSON.stringify([exports, bin, main, types, typesVersions]).matchAll(/"(\.?\/?dist\/[^"]+)"/g)]
  t.ok(named.length > 10)
  for (const [, path = ''] of named) t.ok((await stat(join(folder, path))).isFile(), path)
})

t.test('npm runs nothing of it at installation, and so warns of nothing', async t => {
  const file = join(await installedProject(), 'node_modules/kafka-split-dns/package.json')
  const { scripts } = JSON.parse(await readFile(file, 'utf8')) as { scripts: Record<string, string> }
  for (const name of ['preinstall', 'install', 'postinstall', 'prepare']) t.notOk(name in scripts, name)
})

t.test('an empty project gets it, kafkajs and the four dependencies, and nothing else', async t => {
  const { dependencies } = JSON.parse(await npm(['ls', '--all', '--json'], await installedProject())) as {
    dependencies: Record<string, { dependencies?: Record<string, { version?: string }> }>
  }
  t.strictSame(Object.keys(dependencies).sort(), ['kafka-split-dns', 'kafkajs'])
  // A peer that is optional and not there is listed without a version.
  const installed = Object.entries(dependencies['kafka-split-dns']?.dependencies ?? {}).filter(
    ([, { version }]) => version,
  )
  const own = installed.map(([name]) => name).filter(name => name !== 'kafkajs')
  t.strictSame(own.sort(), ['dns-packet', 'lru-cache', 'undici', 'yaml'])
})

t.test('import and require give the same one copy, with every export', async t => {
  const cwd = await installedProject(typedPackages)
  const script = `
    async function compare(name) {
      const [required, imported] = [require(name), await import(name)]
      const keys = Object.keys(required).sort()
      if (keys.join() !== Object.keys(imported).filter(key => key !== 'default').sort().join()) throw new Error(name)
      for (const key of keys) if (required[key] !== imported[key]) throw new Error(name + ' ' + key)
      console.log(keys.join(' '))
    }
    const others = () => compare('kafka-split-dns/metrics').then(() => compare('kafka-split-dns/register'))
    compare('kafka-split-dns').then(others)`
  t.strictSame(await run(process.execPath, ['-e', script], { cwd }), {
    code: 0,
    stdout: [
      'ConfigError SplitDnsError createSocketFactory createSplitDns errorCodes isSplitDnsError parseMap',
      'collectMetrics',
      'splitDns',
      '',
    ].join('\n'),
    stderr: '',
  })
})

t.test('import loads no dependency, nor do the making and the end of a SplitDns; a YAML map loads yaml', async t => {
  const cwd = await installedProject()
  const script = `
    const { createSplitDns, parseMap } = require('kafka-split-dns')
    const dependencies = ['dns-packet', 'lru-cache', 'undici', 'yaml']
    const loaded = () => dependencies.filter(name => Object.keys(require.cache).some(file => file.includes('/' + name + '/')))
    async function main() {
      console.log(loaded().join())
      const splitDns = createSplitDns({ map: 'b0.test=vpce.test' })
      splitDns.route('b0.test')
      splitDns.stats()
      await splitDns.close()
      console.log(loaded().join())
      parseMap('rules: []', { format: 'yaml' })
      console.log(loaded().join())
    }
    main()`
  t.strictSame(await run(process.execPath, ['-e', script], { cwd }), { code: 0, stdout: '\n\nyaml\n', stderr: '' })
})

t.test('a file of the package is loaded when what it holds is first used', async t => {
  const cwd = await installedProject()
  const script = `
    const { basename } = require('node:path')
    const { createSplitDns } = require('kafka-split-dns')
    const map = 'b0.test=vpce.test'
    const shown = new Set()
    const show = () => {
      const loaded = Object.keys(require.cache).filter(file => file.includes('/kafka-split-dns/') && !shown.has(file))
      console.log(loaded.map(file => basename(file)).sort().join(' '))
      loaded.forEach(file => shown.add(file))
    }
    async function use(options, work) {
      const splitDns = createSplitDns({ nameservers: '127.0.0.1:9', fallback: 'none', logger: { warn() {}, error() {} }, ...options })
      await work(splitDns)
      await splitDns.close()
      show()
    }
    async function main() {
      show()
      await use({ map }, splitDns => splitDns.resolve('b0.test').catch(() => undefined))
      await use({ map, nameservers: 'tcp://127.0.0.1:9' }, splitDns => splitDns.resolve('b0.test').catch(() => undefined))
      await use({ map, onMove: 'reconnect' }, splitDns => splitDns.ready())
      await use({ mapUrl: 'http://127.0.0.1:9/map.yaml' }, splitDns => splitDns.reload().catch(() => undefined))
      await use({ map }, splitDns => splitDns.serve({ listen: '127.0.0.1:0' }))
    }
    main()`
  const { stdout, stderr } = await run(process.execPath, ['-e', script], { cwd })
  t.equal(stderr, '')
  t.strictSame(stdout.split('\n'), [
    'index.js library.js',
    '',
    'stream.js',
    'moves.js',
    'http-get.js',
    'pod-server.js',
    '',
  ])
})

t.test('a file that can not be loaded costs no process, and the next query tries again', async t => {
  const cwd = await installedProject()
  const script = `
    const Module = require('node:module')
    const { createSplitDns } = require('kafka-split-dns')
    const load = Module._load
    Module._load = (file, ...rest) => {
      if (/(moves|stream)\\.js$/.test(file)) throw Object.assign(new Error('EMFILE: ' + file), { code: 'EMFILE' })
      return load(file, ...rest)
    }
    const failed = splitDns => splitDns.resolve('b0.test').catch(error => console.log(error.message))
    const make = onMove => createSplitDns({
      ...{ map: 'b0.test=a.test.', nameservers: 'tcp://127.0.0.1:9', fallback: 'none', onMove },
      logger: { warn() {}, error: message => console.log(message) },
    })
    async function main() {
      const splitDns = make('reconnect')
      await failed(splitDns)
      await splitDns.close()
      const other = make('keep')
      await failed(other)
      Module._load = load
      await new Promise(resolve => setTimeout(resolve, 1100))
      await failed(other)
      await other.close()
    }
    main()`
  const { stdout, stderr, code } = await run(process.execPath, ['-e', script], { cwd })
  t.equal(code, 0)
  t.equal(stderr, '')
  const [moves, first, second, third, ...rest] = stdout.trim().split('\n')
  t.match(moves, /^onMove: reconnect failed: EMFILE: \.\/moves\.js/)
  for (const message of [first, second]) t.match(message, /EMFILE/)
  t.match(third, /ECONNREFUSED/)
  t.strictSame(rest, [])
})

t.test('the program runs, as npx calls it', async t => {
  const cwd = await installedProject()
  const { code, stdout } = await run(join(cwd, 'node_modules/.bin/kafka-split-dns'), ['--help'], { cwd })
  t.equal(code, 0)
  t.match(stdout, /^kafka-split-dns COMMAND/)
})

t.test('a stack trace names files and functions of the source', async t => {
  const cwd = await installedProject()
  const script = `require('kafka-split-dns').createSplitDns({ map: 'b0.test=refuse' }).resolve('b0.test')`
  const { stderr } = await run(process.execPath, ['--enable-source-maps', '-e', script], { cwd })
  t.match(stderr, /at refuse\S* \(.*src\/connect\/[\w/-]+\.ts:\d+:\d+\)/)
})
