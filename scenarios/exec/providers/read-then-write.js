// Wrong: looks for a key, finds none and writes one. Two racers both find none; each goes on with
// its own key, and the store keeps one.
const { store } = require('session-race');
const { randomBytes } = require('crypto');

exports.rtc_encryption_provider = async ({ documentId }) => {
  const found = await store().get('keys', documentId);
  if (found) return { key: found, keyHint: 'v1' };
  const key = randomBytes(32).toString('base64');
  await store().put('keys', documentId, key);
  return { key, keyHint: 'v1' };
};
