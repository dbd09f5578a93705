// Wrong: a new key takes the place of the document's earlier one, so the second racer destroys the
// key of the first, who may have won.
const { store } = require('session-race');
const { randomBytes, randomUUID } = require('crypto');

exports.rtc_encryption_provider = async ({ documentId, keyHint }) => {
  if (keyHint === null) {
    const made = { key: randomBytes(32).toString('base64'), keyHint: randomUUID() };
    await store().put('keys', documentId, made);
    return made;
  }
  const found = await store().get('keys', documentId);
  if (!found || found.keyHint !== keyHint)
    throw Object.assign(new Error('unknown hint'), { reason: 'unknown-hint' });
  return found;
};
