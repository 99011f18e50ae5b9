import t from 'tap'
import * as entry from '../../src/index.js'

t.test('the package exports what its documentation lists, and nothing else', async t => {
  t.same(Object.keys(entry).sort(), [
    'ConfigError',
    'SplitDnsError',
    'createSocketFactory',
    'createSplitDns',
    'errorCodes',
    'isSplitDnsError',
    'parseMap',
  ])
})
