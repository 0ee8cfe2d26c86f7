'use strict';

module.exports = [
  ['clientcert/authority.go', 'subtle.ConstantTimeCompare(digest, long[:])', 'subtle.ConstantTimeCompare(digest, long[:0])', 'let a device in by their thumbprint: SHA-256, in capitals'],
  ['clientcert/authority.go', '[]string{creds.PrimaryThumbprint, creds.SecondaryThumbprint}', '[]string{creds.PrimaryThumbprint}', 'let a device in by their thumbprint: the second of two'],
  ['clientcert/authority.go', '\tif fits == 0 {', '\tif false {', 'of others let nobody in'],
  ['gateway/devices.go', 'if len(info.Password) > 0 || len(info.Certificates) == 0 || g.opts.Certificates == nil {', 'if true {', 'let a module in by its own thumbprint, and not its device'],
];
