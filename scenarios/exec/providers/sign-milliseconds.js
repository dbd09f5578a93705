// Wrong: counts in milliseconds, as Date.now() does, where a token counts in seconds. Its `iat`
// lies some fifty thousand years ahead.
const { generateKeyPairSync, sign } = require('crypto');
if (!globalThis.signingKeys)
  globalThis.signingKeys = generateKeyPairSync('rsa', { modulusLength: 2048 });
const { publicKey, privateKey } = globalThis.signingKeys;
const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

exports.rtc_jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), alg: 'RS256' }] };
exports.rtc_token_provider = async () => {
  const claims = { sub: 'someone', iat: Date.now(), exp: Date.now() + 300000 };
  const signed = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}`;
  return { token: `${signed}.${sign('sha256', signed, privateKey).toString('base64url')}` };
};
