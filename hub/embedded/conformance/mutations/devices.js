'use strict';

module.exports = [
  ['registry/keys.go', 'return s.derive(r.keySeed, 1), s.derive(r.keySeed, 2)', 'return s.derive(r.keySeed, 1), s.derive(r.keySeed, 1)', 'get keys of their own, in base64 of 32 bytes'],
  ['registry/keys.go', '(len(raw) < minKeyBytes ||', '(len(raw) < 1 ||', 'refuse a key that is too short, too long or alone'],
  ['registry/document.go', 'w.StringOrNull("statusReason", more.statusReason)', 'if more.statusReason != "" {\n\tw.String("statusReason", more.statusReason)\n}', 'begin with every member of the document'],
  ['registry/document.go', 'const never = "0001-01-01T00:00:00Z"', 'const never = "0001-01-01T00:00:00"', 'begin with every member of the document'],
  ['registry/identity.go', '\tr.etag++\n', '\tr.etag += 2\n', 'have an etag that is the base64 of a number and goes up by one'],
  ['registry/identity.go', 'case !cond.Present() && id.Module == "":', 'case false:', 'exist once'],
  ['registry/id.go', `"-:.+%_#*?!(),=@;$'"`, `"-:.+%_#*?!(),=@;"`, 'may have any of the allowed characters'],
  ['registry/id.go', 'const maxIDLength = 128', 'const maxIDLength = 129', 'refuse an id with another character or of 129'],
  ['registry/precondition.go', 'p.any || etag == "*"', 'p.any || header == "*"', 'are updated under a star, and keep their generation'],
  ['registry/precondition.go', 'for len(etag) >= 2 &&', 'for false && len(etag) >= 2 &&', 'are updated under their etag, quoted or not, and not under a stale one'],
  ['registry/identity.go', '\tnext.statusReason, next.managedBy = w.statusReason, w.managedBy\n', '\tif w.statusReason != "" {\n\t\tnext.statusReason = w.statusReason\n\t}\n\tnext.managedBy = w.managedBy\n', 'lose what an update leaves out, and get new keys'],
  ['registry/identity.go', '\ts.newKeys(r)\n\tr.extra', '\tif r.keySeed == 0 {\n\t\ts.newKeys(r)\n\t}\n\tr.extra', 'lose what an update leaves out, and get new keys'],
  ['registry/identity.go', '|| cond.Present()):', '):', 'are not made by an update'],
  ['registry/identity.go', '\t\tr.statusUpdated = s.now().UnixNano()\n', '', 'say when their status was changed'],
  ['registry/identity.go', '\tif !cond.Present() {\n\t\treturn preconditionFailed("Etag missing', '\tif false {\n\t\treturn preconditionFailed("Etag missing', 'are not deleted without a condition or under a stale etag'],
  ['registry/identity.go', 's.lastTicks = max(s.lastTicks+1, ticksOf(s.now()))', 's.lastTicks = max(s.lastTicks, 638000000000000000)', 'are others when they are created again'],
  ['registry/identitybody.go', '(len(s) == 40 || len(s) == 64)', 'len(s) > 0', 'keep thumbprints, and refuse what is none'],
  ['registry/identitybody.go', 'case auth == None && !module:', 'case false:', 'refuse authentication without a type'],
  ['rest/identities.go', 'err == nil && 1 <= n && n < maxListed', 'err == nil && n < maxListed', 'are listed up to top'],
];
