// A signer with the package jose, its version 5: --signer 'session-race-node sign-jose.js'. ALG
// (with --provider-env ALG) names the algorithm: RS256, PS256, ES256 and so on, or HS256. The keys
// are made once a process; yours come from a file.
const jose = require('jose');
const alg = process.env.ALG || 'RS256';
const symmetric = alg.startsWith('HS');

const makeKeys = async () => {
  if (!symmetric) return jose.generateKeyPair(alg);
  const secret = await jose.generateSecret(alg, { extractable: true });
  return { privateKey: secret, publicKey: secret };
};
if (!globalThis.signingKeys) globalThis.signingKeys = makeKeys();

exports.rtc_jwks = async () => ({
  keys: [{ ...(await jose.exportJWK((await globalThis.signingKeys).publicKey)), alg }],
});
exports.rtc_token_provider = async ({ documentId }) => ({
  token: await new jose.SignJWT({ 'https://claims.tiny.cloud/rtc/document': documentId })
    .setProtectedHeader({ alg })
    .setSubject('someone')
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign((await globalThis.signingKeys).privateKey),
});
