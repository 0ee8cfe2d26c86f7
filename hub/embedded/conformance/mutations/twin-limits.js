'use strict';

module.exports = [
  ['registry/limits.go', 'maxKeyBytesTwin   = 1024', 'maxKeyBytesTwin   = 1025', 'are keys of 1024 bytes, in tags and desired properties'],
  ['registry/limits.go', "r == '.' || ", '', 'are keys without a dot, in tags and desired properties'],
  ['registry/limits.go', "r == '$' || ", '', 'are keys without a dollar sign, in reported properties'],
  ['registry/limits.go', "r == '#' || ", '', 'are keys without a number sign, in tags and desired properties'],
  ['registry/limits.go', ' || unicode.IsSpace(r)', '', 'are keys without a space, in tags and desired properties'],
  ['registry/limits.go', 'unicode.IsControl(r) || unicode', 'unicode', 'are keys without a control character, in reported properties'],
  ['registry/limits.go', 'len(v.Text()) > maxStringBytes', 'len([]rune(v.Text())) > maxStringBytes', 'are strings of 4096 bytes, in tags and desired properties'],
  ['registry/limits.go', 'maxDepth          = 10', 'maxDepth          = 11', 'are ten levels, in tags and desired properties'],
  ['registry/limits.go', 'maxInteger        = 1<<52 - 1', 'maxInteger        = 1<<53 - 1', 'are integers up to 2^52 - 1, in reported properties'],
  ['registry/limits.go', 'checkValue(item, depth+1, true)', 'checkValue(item, depth+1, false)', 'are arrays without null, in tags and desired properties'],
  ['registry/limits.go', 'checkValue(m.Value, depth+1, inArray)', 'checkValue(m.Value, depth+1, false)', 'are objects in arrays without null, in reported properties'],
  ['registry/limits.go', 'maxTagsSize       = 8 << 10', 'maxTagsSize       = 8<<10 + 1', 'are 8 KB of tags'],
  ['registry/limits.go', 'maxPropertiesSize = 32 << 10', 'maxPropertiesSize = 32<<10 - 1', 'are 32 KB of desired properties, metadata not counted'],
  ['registry/limits.go', 'if v.Kind() != ordered.Object {', 'if false {', 'are sections that are objects'],
  ['gateway/twin.go', 'status, body = refusal.Status, errorBody(refusal)', 'status, body = refusal.Status, nil', 'are ten levels, in reported properties'],
];
