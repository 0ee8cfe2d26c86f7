'use strict';

module.exports = [
  ['sas/authority.go', 'case now.Before(until):', 'case now.Before(until.Add(time.Hour)):', 'count until five minutes after they expired'],
  ['mqtt/client.go', 'if !c.expires.IsZero() && c.expires.Before(deadline) {', 'if false {', 'end the connection when they end'],
  ['sas/authority.go', '|| !t.signedByEither(creds.Primary, creds.Secondary) {', '{', 'are signed with the key of the very identity'],
  ['sas/authority.go', '\tif !t.covers(a.hosts, path+endpoint) &&', '\tif false &&', 'are for the very identity'],
  ['sas/token.go', "path[len(rest)] == '/'", 'true', 'are for the very identity'],
  ['sas/token.go', 'const maxUnescapes = 3', 'const maxUnescapes = 1', 'may be for the whole hub, or be escaped twice, as some libraries do'],
  ['sas/authority.go', 'if !p.Rights.Allow(DeviceConnect) {', 'if false {', 'of the policy for devices let any device in, those of other policies none'],
  ['gateway/username.go', 'rest, ok := strings.CutPrefix(claimed, clientID)', 'rest, ok := "/", claimed != ""', 'with a client id that is not the user name let nobody in'],
  ['gateway/username.go', '!strings.Contains(options, "api-version=")', 'true', 'let in under every form of user name'],
];
