import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Test } from 'tap'
import { jvmsHidden, jvmsOf } from './jvms.js'
import { endWithUs, identityOf } from './processes.js'
import { keepLogs, runFolder } from './run-folder.js'
import { runScript } from './run-script.js'
import { testOrSkip } from './suite.js'
import { waitUntil } from './wait.js'

const run = async (t: Test) => {
  const owner = spawn('sleep', ['600'], { stdio: 'ignore' })
  endWithUs(owner)
  const folderOfRun = runFolder(owner.pid)
  const folder = join(folderOfRun, 'ports')
  const cluster = join(folder, 'cluster')
  await mkdir(folder, { recursive: true })
  t.teardown(() => rm(folderOfRun, { recursive: true, force: true }))
  const { outcome } = runScript('test/kafka/holder', ['ports', folder, identityOf(owner.pid ?? 0)])
  await waitUntil('the cluster', () => (existsSync(join(folder, 'state.json')) ? undefined : 'it is being started'))
  t.equal(jvmsOf(folder).length, 3)
  await keepLogs(cluster)

  owner.kill('SIGKILL')
  t.equal((await outcome).code, 0)
  t.equal(jvmsOf(folder).length, 0)
  t.ok(existsSync(join(cluster, 'broker-1.log')), 'the logs are kept')
  t.notOk(existsSync(join(cluster, 'broker-1')), 'the data are not')
}

testOrSkip(
  'ports',
  'a shared cluster ends with the run it was started for, and leaves the logs asked for',
  run,
  jvmsHidden,
)
