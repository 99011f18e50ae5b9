import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { digest, partName, publish } from './files.js'
import { kafkaVersion } from './jars.js'
import { javaArgs } from './java.js'
import { cacheFolder } from './paths.js'
import { controllerHost, propertiesText } from './properties.js'
import type { ClusterView } from './shape.js'

/** A Kafka Uuid: 16 random bytes, base64url. Kafka never makes one that begins with '-', which tools take for an option. */
export function newUuid(): string {
  for (;;) {
    const id = randomBytes(16).toString('base64url')
    if (!id.startsWith('-')) return id
  }
}

/**
 * The node's folder is as Kafka's `StorageTool format` would leave it, without a JVM start per node: a broker needs
 * meta.properties alone, a controller also the feature levels and SCRAM users of the template.
 */
export async function formatFolder(
  folder: string,
  clusterId: string,
  nodeId: number,
  template?: string,
): Promise<void> {
  if (existsSync(join(folder, 'meta.properties'))) return
  await mkdir(folder, { recursive: true })
  if (template !== undefined) await cp(template, folder, { recursive: true })
  const meta = { version: 1, 'cluster.id': clusterId, 'node.id': nodeId, 'directory.id': newUuid() }
  await writeFile(join(folder, 'meta.properties'), propertiesText(meta))
}

/**
 * What Kafka's own `StorageTool format` makes for a controller with the user. It is the same for every cluster, so it is
 * made once. The whole folder: up to 4.3 a bootstrap.checkpoint, from 4.4 on a snapshot in __cluster_metadata-0.
 */
export async function controllerTemplate(user: ClusterView['user']): Promise<string> {
  const template = join(cacheFolder, `format-${digest([kafkaVersion(), user])}`)
  if (existsSync(template)) return template
  const part = partName(template)
  await mkdir(part, { recursive: true })
  const configuration = join(part, 'format.properties')
  await writeFile(configuration, propertiesText(formatProperties(join(part, 'data'))))
  const scram = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap(mechanism => [
    '--add-scram',
    `${mechanism}=[name=${user.username},password=${user.password}]`,
  ])
  const format = ['kafka.tools.StorageTool', 'format', '-t', newUuid(), '-c', configuration, ...scram]
  await promisify(execFile)('java', [...(await javaArgs()), ...format], { maxBuffer: 1 << 26 })
  await publish(join(part, 'data'), template)
  await rm(part, { recursive: true, force: true })
  return template
}

const formatProperties = (folder: string) => ({
  'process.roles': 'controller',
  'node.id': 100,
  'controller.quorum.voters': `100@${controllerHost}:1`,
  listeners: `CONTROLLER://${controllerHost}:1`,
  'controller.listener.names': 'CONTROLLER',
  'log.dirs': folder,
})
