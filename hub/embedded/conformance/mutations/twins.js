'use strict';

module.exports = [
  ['registry/identity.go', '\t\ttwinEtag: 1,', '\t\ttwinEtag: 0,', 'of a new device begin with the counters and members of a new twin'],
  ['registry/twin.go', 'if len(t.tags) > len("{}") {', 'if true {', 'of a new device begin with the counters and members of a new twin'],
  ['registry/twin.go', 'return t.ID.Module == "" || t.assume.ModuleCapabilities', 'return true', 'of a new module begin with the counters and members of a new twin'],
  ['registry/twinwrite.go', 'if !cond.Holds(twinEtagOf(r.twinEtag)) {', 'if false {', 'of a device are patched under their etag, and not under a stale one'],
  ['registry/twinwrite.go', '\tif tags.present || desired.present ||', '\tif desired.present ||', 'of a device count desired properties, tags and both'],
  ['registry/twinwrite.go', '\tif tags.present || desired.present ||', '\tif true ||', 'of a module do not count what says nothing'],
  ['registry/section.go', '\tnext := section{properties: after.String(), version: s.version + 1}\n', '\tif after.String() == s.properties {\n\t\treturn s, nil\n\t}\n\tnext := section{properties: after.String(), version: s.version + 1}\n', 'of a device count a write that changes no value'],
  ['registry/section.go', 'Value: stampPatch(old, m.Value, child, st)})', 'Value: stampPatch(old, child, child, st)})', 'of a device tell in their metadata when each property was written'],
  ['registry/section.go', '\tafter := ordered.Merge(ordered.NewObject(), properties)', '\tafter := ordered.Merge(stored(s.properties), properties)', 'of a module are replaced as a whole'],
  ['registry/twinwrite.go', 'replace && (w.clear || !w.present && !a.PutKeepsMissing)', 'replace && w.clear', 'of a device lose the section that a replacement leaves out'],
  ['registry/twinwrite.go', 'return sectionWrite{present: true, clear: true}, nil', 'return sectionWrite{}, nil', 'of a device lose a section that is null in a patch'],
  ['registry/section.go', 'key == "$metadata" || key == "$version"', 'key == "$metadata"', 'of a device take a whole document back and ignore what is the hub\'s'],
  ['registry/twinwrite.go', 'case strings.EqualFold(m.Key, "tags"):', 'case m.Key == "tags":', 'of a device are found under names in any case'],
  ['registry/store.go', 'return nil, deviceNotFound(id.Device)\n}\n\n// findIdentity', 'return nil, moduleNotFound(id)\n}\n\n// findIdentity', 'of a module that is missing are not found, by the name of the device'],
  ['registry/twin.go', '\t\tt.disabled, t.statusUpdated = device.disabled, device.statusUpdated', '\t\tt.statusUpdated = device.statusUpdated', "of a disabled device's module can still be written"],
  ['registry/twin.go', '\tif r.id.Module != "" && !s.assume.ModuleTwinCreated {', '\tif false {', 'of a new device say when it was created, of a new module never'],
  ['rest/server.go', 'http.Header{headerETag: {`"` + etag + `"`}}', 'http.Header{headerETag: {etag}}', 'answer with the etag in the header too'],
];
