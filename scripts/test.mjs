// Runs the tests: `node scripts/test.mjs [--full] [FILE or FOLDER...]`. Without a path it runs all of test/**/*.test.ts but the
// longest, and types, lint and formatting beside them; with --full the longest, too, and every file with all its cases.
// TypeScript is compiled once, into .compiled/, and tap is bundled there, so that a test file starts in a fifth of a second.
// Each file is a process that writes TAP. The last line is `N passed, N failed`; exit code 1 where something failed or no test
// ran.
import { spawn } from 'node:child_process'
import { statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { bundleTap, compile, root, typeScriptIn } from './compile.mjs'
import { judgeTap } from './judge-tap.mjs'

const compiled = '.compiled'
const isCi = Boolean(process.env.CI)
/** A file that has not ended by then is killed. */
const fileTimeoutMs = 900_000
/** One assertion or subtest without a timeout of its own may take this long; with all cases, on a busy machine, longer. */
const tapTimeoutS = 180
const tapFullTimeoutS = 850
const fullVariable = 'TEST_FULL'

const checks = [
  { name: 'types and lint', command: ['oxlint'] },
  { name: 'formatting', command: ['prettier', '--cache', '--log-level', 'warn', '--check', '.'] },
  { name: 'unused code', command: ['knip'] },
]

/** The longest first, so that nothing long is left for the end. */
const first = [
  'test/kafka/serve/',
  'test/src/map/hostile/documents.test.ts',
  'test/kafka/brokers.test.ts',
  'test/runtimes/',
  'test/kafka/',
  'test/package/',
  'test/clients/',
  'test/servers/',
  'test/examples/',
]

/** The longest, for --full: they start Kafka clusters of their own, or fetch other runtimes or large packages. */
const onlyInFull = [
  'test/kafka/brokers.test.ts',
  'test/kafka/chaos/chaos.test.ts',
  'test/kafka/demo/demo.test.ts',
  'test/kafka/holder.test.ts',
  'test/kafka/serve/serve.test.ts',
  'test/package/tools.test.ts',
  'test/runtimes/runtimes.test.ts',
]

/** @param {string[]} paths @param {boolean} full */
function testFiles(paths, full) {
  const all = typeScriptIn('test').filter(file => file.endsWith('.test.ts'))
  const chosen = paths.flatMap(path => {
    const file = relative(root, resolve(path))
    return statSync(join(root, file)).isFile() ? [file] : all.filter(each => each.startsWith(`${file}/`))
  })
  const files = paths.length > 0 ? chosen : all.filter(file => full || !onlyInFull.includes(file))
  const rank = (/** @type {string} */ file) => {
    const index = first.findIndex(path => file.startsWith(path))
    return index === -1 ? first.length : index
  }
  return files.sort((a, b) => rank(a) - rank(b))
}

/** @param {string} command @param {readonly string[]} args @param {NodeJS.ProcessEnv} env */
function run(command, args, env) {
  const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const output = { stdout: '', stderr: '' }
  for (const name of /** @type {const} */ (['stdout', 'stderr'])) {
    child[name].setEncoding('utf8').on('data', chunk => (output[name] += chunk))
  }
  const timer = setTimeout(() => child.kill('SIGKILL'), fileTimeoutMs)
  return new Promise((done, fail) => {
    child.once('error', fail)
    child.once('close', (code, signal) => {
      clearTimeout(timer)
      done({ ...output, code: code ?? signal })
    })
  })
}

/** @param {string} file @param {boolean} full */
async function runTest(file, full) {
  // TAP: as under tap's own runner, whose test files know by it that their parent is the run.
  const env = full
    ? { ...process.env, TAP: '1', TAP_TIMEOUT: String(tapFullTimeoutS), [fullVariable]: '1' }
    : { ...process.env, TAP: '1', TAP_TIMEOUT: String(tapTimeoutS) }
  const script = join(root, compiled, file.replace(/\.ts$/, '.js'))
  const { stdout, stderr, code } = await run(process.execPath, ['--enable-source-maps', script], env)
  const result = judgeTap(stdout, { strict: isCi })
  if (code !== 0 && result.failed === 0) result.faults.push(`ended with ${code}`)
  return { ...result, stderr }
}

/** @param {{ name: string, command: string[] }} check */
async function runCheck({ command: [program = '', ...args] }) {
  const { stdout, stderr, code } = await run(join(root, 'node_modules/.bin', program), args, process.env)
  const failures = code === 0 ? [] : `${stdout}${stderr}`.trimEnd().split('\n')
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, failures, faults: [], skipped: [], stderr: '' }
}

const { values, positionals } = parseArgs({ options: { full: { type: 'boolean' } }, allowPositionals: true })
const full = values.full ?? false
await compile(['lib', 'src', 'test', 'examples'], compiled)
await bundleTap(compiled)
const tasks = [
  ...(positionals.length === 0 ? checks.map(check => ({ name: check.name, start: () => runCheck(check) })) : []),
  ...testFiles(positionals, full).map(file => ({ name: file, start: () => runTest(file, full) })),
]
const total = { passed: 0, failed: 0 }
async function work() {
  for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) {
    const startedAt = performance.now()
    const { passed, failed, failures, faults, skipped, stderr } = await task.start()
    const isOk = failed === 0 && faults.length === 0
    total.passed += passed
    // A file that fails without a failed test of its own counts as one.
    total.failed += isOk ? 0 : Math.max(failed, 1)
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
    console.log(`${isOk ? 'ok' : 'not ok'} ${task.name} (${passed} passed, ${seconds} s)`)
    for (const line of skipped) console.log(`    skipped ${line}`)
    if (isOk) continue
    for (const line of [...faults.map(fault => `fault: ${fault}`), ...failures]) console.log(`    ${line}`)
    if (stderr !== '') console.log(stderr.trimEnd().replace(/^/gm, '    | '))
  }
}
// One more than there are cores, since some wait more than they compute.
await Promise.all(Array.from({ length: availableParallelism() + 1 }, work))
if (total.passed + total.failed === 0) console.log('no test ran')
console.log(`${total.passed} passed, ${total.failed} failed`)
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0
