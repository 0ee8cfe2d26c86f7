'use strict';

module.exports = [
  ['rest/server.go', '"application/json; charset=utf-8"', '"application/json"', 'carry the type, the server and an id of the request'],
  ['rest/errors.go', 'r.header["iothub-errorcode"] = []string{e.Name}', 'r.header["iothub-error"] = []string{e.Name}', 'name the error in a header and in the body'],
  ['rest/protocol.go', '(-preview)?$`', '$`', 'are the same for every api-version'],
  ['rest/route.go', 'strings.TrimSuffix(strings.TrimPrefix(escapedPath, "/"), "/")', 'strings.TrimPrefix(escapedPath, "/")', 'take no notice of If-None-Match and of a slash at the end'],
  ['rest/errors.go', 'Name: "IotHubUnauthorized", Message', 'Name: "IotHubUnauthorizedAccess", Message', 'needs a token'],
  ['sas/token.go', 'return hmac.Equal(t.signature, sign(raw, t.resource, t.expiry))', 'return true', 'needs the right key, a known policy and a token that is whole'],
  ['sas/authority.go', 'const skew = 5 * time.Minute', 'const skew = 10 * time.Minute', 'needs a token that has not expired, five minutes aside'],
  ['sas/token.go', 'if strings.EqualFold(host, known) {', 'if known != "" {', 'needs a token for this hub'],
  ['sas/authority.go', 'return r&needed == needed', 'return r != 0', 'gives each policy its rights and no more'],
  ['sas/authority.go', '{Name: "registryRead", Rights: RegistryRead}', '{Name: "registryRead", Rights: RegistryRead | ServiceConnect}', 'gives each policy its rights and no more'],
];
