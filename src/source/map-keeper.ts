import { readFileSync } from 'node:fs'
import type { CompiledMap } from '../map/types.js'
import type { Settings } from '../config/option-table.js'
export interface MapKeeper {
  current(): CompiledMap | undefined
  ready(): Promise<void>
  reload(): Promise<void>
  close(): void
}
export function openMap(settings: Settings, origins: Readonly<Record<string, string | null>>, hooks: any): MapKeeper {
  const sources: any[] = []
  if (settings.map !== null)
    sources.push({
      kind: 'inline',
      origin: origins['map'],
      ...(typeof settings.map === 'string' ? { text: settings.map } : { map: settings.map }),
    })
  if (settings.mapFile !== null)
    sources.push({ kind: 'file', origin: settings.mapFile, text: readFileSync(settings.mapFile, 'utf8') })
  const { map } = hooks.compile(sources, settings)
  return { current: () => map, ready: async () => {}, reload: async () => {}, close: () => {} }
}
