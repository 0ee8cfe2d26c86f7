'use strict';

module.exports = [
  ['configurations/manager.go', '\tcase !cond.Present():\n', '\tcase false:\n', 'exist once'],
  ['configurations/manager.go', 'case !cond.Holds(old.etag()):', 'case false:', 'are updated under their etag, and not under a stale one'],
  ['configurations/manager.go', "if quoted || ifMatch == \"*\" {", 'if quoted || ifMatch != "" {', 'take an etag in quotes alone'],
  ['configurations/manager.go', 'c.Content, c.Created, c.Updated, c.Version = old.Content, old.Created,', 'c.Created, c.Updated, c.Version = old.Created,', 'keep their content whatever an update says'],
  ['configurations/worker.go', '\tm.work.mu.Lock()\n\tif !m.work.all {', '\tif true {\n\t\treturn\n\t}\n\tm.work.mu.Lock()\n\tif !m.work.all {', 'are applied to the devices that they target, and to new ones'],
  ['configurations/worker.go', '\t\tm.compete(&e, ranked, modules, &row.Twin)\n', '', 'are applied to the modules that they target'],
  ['configurations/configuration.go', 'return c.Priority > other.Priority', 'return c.Priority < other.Priority', 'give way to one with a higher priority'],
  ['configurations/worker.go', 'By: c.ID, Digest', 'By: "hub", Digest', 'sign what they write'],
  ['configurations/configuration.go', 'return invalid(400401, "InvalidConfigurationTargetCondition", "%v", err)', 'return nil', 'refuse a target condition that is none'],
  ['configurations/worker.go', 'w.String("status", status)', 'w.String("state", status)', 'are applied to the devices that they target, and to new ones'],
];
