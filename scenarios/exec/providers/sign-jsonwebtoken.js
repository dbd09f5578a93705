// A signer with the package jsonwebtoken: --signer 'session-race-node sign-jsonwebtoken.js'. It
// adds `iat`, the present second, by itself: a server that refuses tokens issued in its future
// refuses some of these when the signer's clock is ahead by less than a second.
const jwt = require('jsonwebtoken');
const { generateKeyPairSync } = require('crypto');
if (!globalThis.signingKeys)
  globalThis.signingKeys = generateKeyPairSync('rsa', { modulusLength: 2048 });
const { publicKey, privateKey } = globalThis.signingKeys;

exports.rtc_jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), alg: 'RS256' }] };
exports.rtc_token_provider = async ({ documentId }) => ({
  token: jwt.sign({ 'https://claims.tiny.cloud/rtc/document': documentId }, privateKey, {
    subject: 'someone',
    expiresIn: '5m',
    algorithm: 'RS256',
  }),
});
