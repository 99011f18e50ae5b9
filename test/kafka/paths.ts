import { join } from 'node:path'
import { projectFolder } from '../project.js'

const here = join(projectFolder, 'test/kafka')

/** What describes Kafka's jars to Maven. */
export const pomFile = join(here, 'pom.xml')
/** Where the jars go; not in git. */
export const libFolder = join(here, 'lib')
/** The class-data archive, certificates, formatted storage and the folders of runs; not in git. */
export const cacheFolder = join(here, '.cache')
export const runsFolder = join(cacheFolder, 'runs')
export { projectFolder }
