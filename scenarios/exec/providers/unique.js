// Correct: one key a document for ever. A unique constraint decides which of two racers makes it;
// the other is given that one.
const { store } = require('session-race');
const { randomBytes } = require('crypto');

exports.rtc_encryption_provider = async ({ documentId }) => {
  const found = await store().get('keys', documentId);
  if (found) return { key: found, keyHint: 'v1' };
  const key = await store().insertIfAbsent('keys', documentId, randomBytes(32).toString('base64'));
  return { key, keyHint: 'v1' };
};
