// The cure of https://github.com/nextcloud/server/pull/22018
// An exclusive lock around looking and generating. Whoever finds it taken waits, and then looks
// again.
const { store } = require('session-race');
const { randomBytes } = require('crypto');
const asProvider = require('./as-provider.js');

exports.rtc_encryption_provider = asProvider((instance) =>
  store().lock(instance, async () => {
    const found = await store().get('settings', instance);
    if (found) return found;
    const made = { id: 'master', key: randomBytes(32).toString('base64') };
    await store().put('settings', instance, made);
    return made;
  }),
);
