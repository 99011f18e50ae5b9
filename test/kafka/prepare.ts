import { existsSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { type Cluster, startCluster } from './cluster.js'
import { partName, publish, withLock } from './files.js'
import { fetchJars, type Progress } from './jars.js'
import { archivePath } from './java.js'
import { cacheFolder } from './paths.js'

/**
 * Kafka's jars are in lib/, and a class-data archive that halves each start is in .cache/. Once per checkout; afterwards
 * it costs nothing. `progress` is told what goes on.
 */
export async function prepareKafka(progress: Progress = () => {}): Promise<void> {
  await mkdir(cacheFolder, { recursive: true })
  await withLock(join(cacheFolder, 'prepare.lock'), async () => {
    await fetchJars(progress)
    const archive = archivePath()
    if (existsSync(archive)) return
    progress('Recording a class-data archive, once: Kafka starts in half the time with it')
    const part = partName(archive)
    try {
      await recordArchive(part)
      await publish(part, archive)
    } finally {
      await rm(part, { force: true })
    }
  })
}

/** The archive holds what a broker loads until it has served a TLS client. */
async function recordArchive(archiveTo: string): Promise<void> {
  const cluster = await startCluster({ shape: 'ports', zone: 'archive.test', brokers: 1, archiveTo })
  try {
    await tlsHandshake(cluster)
    await cluster.stop({ graceful: true })
  } finally {
    await cluster.stop()
  }
}

function tlsHandshake(cluster: Cluster): Promise<void> {
  const { host, name, ports } = cluster.broker(1)
  return new Promise((done, fail) => {
    const socket = connect({ host, port: ports.ssl, servername: name, ca: cluster.view.ca })
    socket.once('error', fail)
    socket.once('secureConnect', () => {
      socket.destroy()
      done()
    })
  })
}
