'use strict';

module.exports = [
  ['rest/bulk.go', 'const maxBulk = 100', 'const maxBulk = 101', 'refuse more than a hundred'],
  ['rest/bulk.go', 'w.Int("errorCode", int64(o.refusal.Number))', 'w.String("errorCode", o.refusal.Name)', 'say which devices exist, by number, and create the others'],
  ['rest/bulk.go', 'if !given(e.Tags) && !given(e.Twin) {', 'if true {', 'create devices with tags and desired properties'],
  ['rest/bulk.go', 'registry.ID{Device: e.ID, Module: e.ModuleID}', 'registry.ID{Device: e.ID}', 'remove modules and leave their device'],
  ['rest/bulk.go', 'return e.put(r, registry.ParsePrecondition(e.ETag))', 'return e.put(r, unconditional)', 'update devices under their etag, and not under a stale one'],
  ['rest/bulk.go', '\t\t\treturn nil, r.DeleteIdentity(e.id(), registry.ParsePrecondition(e.ETag))', '\t\t\treturn nil, r.DeleteIdentity(e.id(), unconditional)', 'remove devices under their etag, and not under a stale one'],
  ['rest/bulk.go', 'return e.patchTwin(r, registry.ParsePrecondition(etag))', 'return e.patchTwin(r, unconditional)', 'update twins, and under their etag'],
  ['rest/bulk.go', 'importModes[strings.ToLower(e.Mode)]', 'importModes[e.Mode]', 'update devices whatever their etag is'],
];
