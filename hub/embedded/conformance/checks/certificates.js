'use strict';
// Certificates for devices that authenticate with one, made by openssl.

const { execFileSync } = require('node:child_process');
const crypto = require('node:crypto');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

// selfSigned returns a key and a certificate for a name, both as PEM, with the thumbprints of the
// certificate.
function selfSigned(name) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'conformance-'));
  try {
    const [keyFile, certFile] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
      '-subj', `/CN=${name}`, '-keyout', keyFile, '-out', certFile], { stdio: 'pipe' });
    const [key, cert] = [fs.readFileSync(keyFile, 'utf8'), fs.readFileSync(certFile, 'utf8')];
    const digest = (algorithm) => crypto.createHash(algorithm).update(new crypto.X509Certificate(cert).raw).digest('hex');
    return { key, cert, sha1: digest('sha1'), sha256: digest('sha256') };
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

module.exports = { selfSigned };
