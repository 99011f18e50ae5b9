import { join } from 'node:path'
import t from 'tap'
import { watchPlaces } from '../../../../src/source/file/watch-places.js'

t.test('each directory in which a part of the path may be replaced', async t => {
  const root = t.testdir({
    volume: {
      '..v1': { 'map.yaml': '' },
      '..data': t.fixture('symlink', '..v1'),
      'map.yaml': t.fixture('symlink', '..data/map.yaml'),
    },
    plain: { deep: { map: '' }, up: t.fixture('symlink', '../volume/..data') },
    loop: t.fixture('symlink', 'loop'),
  })
  const cases: [name: string, path: string, expected: Record<string, string[]>][] = [
    ['a plain file: its directory', 'plain/deep/map', { 'plain/deep': ['map'] }],
    [
      'a ConfigMap: its links, and the directory that they lead to',
      'volume/map.yaml',
      { volume: ['map.yaml', '..data'], 'volume/..v1': ['map.yaml'] },
    ],
    [
      'links to links, with .. in them',
      'plain/up/map.yaml',
      { plain: ['up'], volume: ['..data'], 'volume/..v1': ['map.yaml'] },
    ],
    ['a missing file: its directory', 'plain/nowhere', { plain: ['nowhere'] }],
    ['a missing directory: the one where it would be', 'plain/no/such/map', { plain: ['no'] }],
    ['a file in the place of a directory', 'plain/deep/map/x', { 'plain/deep': ['map'] }],
    ['a link to itself ends', 'loop', { '': ['loop'] }],
  ]
  for (const [name, path, expected] of cases) {
    t.test(name, async t => {
      const places = await watchPlaces(join(root, path))
      // The fixtures stand under links of nobody: what is above the root is of no interest.
      const inside = places.filter(({ directory }) => directory.startsWith(root))
      t.same(
        Object.fromEntries(
          inside.map(({ directory, names }) => [directory.slice(root.length + 1), [...names].slice(1)]),
        ),
        expected,
      )
    })
  }
})
