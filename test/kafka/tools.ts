import { spawnSync } from 'node:child_process'
import { networkInterfaces, platform } from 'node:os'
import { kafkaVersion } from './jars.js'
import type { Shape } from './shape.js'

const oldestJava = 17

/** What has to be installed before Kafka can start, in words; undefined where nothing is missing. */
export function missingTool(): string | undefined {
  const java = javaMajor()
  if (java === undefined) return 'Java is not installed'
  if (java < oldestJava) return `Java ${oldestJava} or later is not installed (found ${java})`
  // Maven only fetches the jars, so who has them can do without.
  if (kafkaVersion() === undefined && !runs('mvn', '-version')) return 'Maven is not installed'
  if (!runs('openssl', 'version')) return 'openssl is not installed'
  return undefined
}

/** Why the shape can't be had on this machine; undefined where it can. */
export function shapeMissing(shape: Shape): string | undefined {
  if (shape === 'zones' && platform() !== 'linux' && !hasAddress('127.0.0.2')) {
    return '127.0.0.2 is no address of this machine (Linux has all of 127/8, others 127.0.0.1 alone)'
  }
  return undefined
}

/** How to install what `missingTool` names. */
export const installHelp = [
  `The demo runs a real Apache Kafka, which needs Java ${oldestJava} or later, and Maven and openssl to set it up:`,
  '  Debian, Ubuntu:  apt-get install openjdk-17-jre-headless maven openssl',
  '  Fedora:          dnf install java-21-openjdk-headless maven openssl',
  '  macOS:           brew install openjdk maven openssl',
  'Or use a Kafka that runs already: npm run demo -- --brokers HOST:PORT (see --help).',
].join('\n')

function javaMajor(): number | undefined {
  const { status, stderr } = spawnSync('java', ['-version'], { encoding: 'utf8' })
  if (status !== 0) return undefined
  const version = /version "(?:1\.)?(\d+)/.exec(stderr)?.[1]
  return version === undefined ? undefined : Number(version)
}

/** A command that is there but fails (macOS has a java that only asks for Java) counts as missing. */
const runs = (command: string, arg: string) => spawnSync(command, [arg], { stdio: 'ignore' }).status === 0

const hasAddress = (address: string) =>
  Object.values(networkInterfaces()).some(list => list?.some(entry => entry.address === address))
