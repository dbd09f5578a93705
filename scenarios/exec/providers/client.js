// The function in the page, for --server server.js or --server server-express.js: asks the key
// server. `fetch` is answered by that server in this process.
exports.rtc_encryption_provider = async ({ documentId, keyHint }) => {
  const response = await fetch('/key', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ documentId, keyHint }),
  });
  const body = await response.json();
  if (!response.ok)
    throw Object.assign(new Error(body.error), {
      reason: response.status === 404 ? 'unknown-hint' : 'unavailable',
    });
  return body;
};
