/** How a map's text is written. JSON is read as YAML, of which it is a part. */
export type MapFormat = 'yaml' | 'json' | 'inline'

/**
 * The format that the text looks like, for where none is told: `inline` where its first line that is not empty begins
 * with a pattern and `=`, no blank or quote before it; else `yaml`. A file's name that ends in .yaml, .yml or .json decides at once.
 */
export function guessFormat(text: string, filename?: string): 'yaml' | 'inline' {
  if (filename !== undefined && /\.(ya?ml|json)$/i.test(filename)) return 'yaml'
  const start = text.search(/[^\s,\ufeff]/)
  if (start < 0) return 'yaml'
  const end = text.indexOf('\n', start)
  const line = text.slice(start, end < 0 ? undefined : end)
  const equals = line.indexOf('=')
  if (equals <= 0 || line.startsWith('#') || line.startsWith('- ')) return 'yaml'
  return /["'\s]/.test(line.slice(0, equals).trimEnd()) ? 'yaml' : 'inline'
}
