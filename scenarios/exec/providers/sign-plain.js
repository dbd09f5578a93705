// A signer without a package: --signer 'session-race-node sign-plain.js'. ALG (with --provider-env
// ALG) names the algorithm: RS256, PS256, ES256 and so on, EdDSA, or HS256. The keys are made once
// a process; yours come from a file.
const crypto = require('crypto');
const alg = process.env.ALG || 'RS256';
const hash = `sha${alg.slice(2)}`;
const curves = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' };

function makeKeys() {
  if (alg.startsWith('HS')) return { secret: crypto.createSecretKey(crypto.randomBytes(64)) };
  if (alg === 'EdDSA') return crypto.generateKeyPairSync('ed25519');
  if (curves[alg]) return crypto.generateKeyPairSync('ec', { namedCurve: curves[alg] });
  return crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
}
if (!globalThis.signingKeys) globalThis.signingKeys = makeKeys();
const { publicKey, privateKey, secret } = globalThis.signingKeys;

function signatureOf(text) {
  if (secret) return crypto.createHmac(hash, secret).update(text).digest();
  if (alg === 'EdDSA') return crypto.sign(null, Buffer.from(text), privateKey);
  if (alg.startsWith('PS')) {
    const { RSA_PKCS1_PSS_PADDING: padding, RSA_PSS_SALTLEN_DIGEST: saltLength } = crypto.constants;
    return crypto.sign(hash, Buffer.from(text), { key: privateKey, padding, saltLength });
  }
  return crypto.sign(hash, Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' });
}
const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

exports.rtc_jwks = { keys: [{ ...(publicKey || secret).export({ format: 'jwk' }), alg }] };
exports.rtc_token_provider = async ({ documentId }) => {
  const iat = Math.floor(Date.now() / 1000);
  const claims = { sub: 'someone', 'https://claims.tiny.cloud/rtc/document': documentId };
  const text = `${part({ alg, typ: 'JWT' })}.${part({ ...claims, iat, exp: iat + 300 })}`;
  return { token: `${text}.${signatureOf(text).toString('base64url')}` };
};
