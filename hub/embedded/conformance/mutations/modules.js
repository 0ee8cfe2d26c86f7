'use strict';

module.exports = [
  ['registry/document.go', '\tif !module {\n\t\tw.String("status", statusName(r.disabled))', '\tif true {\n\t\tw.String("status", statusName(r.disabled))', 'get keys of their own, and have neither a status nor capabilities'],
  ['registry/errors.go', 'already contains Module %s.", id.Device, hub, id.Module), Flat,', 'already contains Module %s.", id.Device, hub, id.Module), Classic,', 'exist once, and the refusal says where'],
  ['registry/id.go', 'if strings.HasPrefix(id.Module, "$") {', 'if false {', 'may not begin with a dollar sign, which is for the hub'],
  ['registry/identity.go', 'case !cond.Holds(etagOf(r.etag)):', 'case false:', 'are updated under their etag and not under a stale one'],
  ['registry/store.go', '\tif device == nil || device.disabled {\n\t\treturn nil, moduleUnauthorized()', '\tif device == nil {\n\t\treturn nil, moduleUnauthorized()', 'of a missing or disabled device are not authorized'],
  ['registry/identity.go', 'const maxModules = 50', 'const maxModules = 51', 'are fifty on a device at most'],
];
