// Correct: each new key is a row of its own under a fresh hint, and rows are kept for ever. Two
// racers make two keys, and both stay valid.
const { store } = require('session-race');
const { randomBytes, randomUUID } = require('crypto');

exports.rtc_encryption_provider = async ({ documentId, keyHint }) => {
  if (keyHint === null) {
    const made = { key: randomBytes(32).toString('base64'), keyHint: randomUUID() };
    await store().insert('keys', `${documentId} ${made.keyHint}`, made);
    return made;
  }
  const found = await store().get('keys', `${documentId} ${keyHint}`);
  if (!found)
    throw Object.assign(new Error(`no key of ${documentId} has the hint ${keyHint}`), {
      reason: 'unknown-hint',
    });
  return found;
};
