'use strict';

module.exports = [
  ['registry/twinwrite.go', '\tr.lastActivity = now\n\ts.journal.changed(r)\n', '\tr.lastActivity = now\n', 'has every identity and twin as it was answered, after SIGKILL'],
  ['registry/twinwrite.go', '\t\tr.twinEtag++\n\t\ts.journal.changed(r)\n', '\t\tr.twinEtag++\n', 'counts on where it stopped'],
  ['registry/identity.go', '\ts.journal.removed(r)\n', '', 'knows what was deleted'],
  ['registry/codec.go', '&e.statusReason, &e.managedBy, ', '&e.statusReason, &e.statusReason, ', 'has every identity and twin as it was answered, after SIGTERM'],
  ['mqtt/session.go', '\treturn s.opts.Sessions.Put(id, value)\n', '\t_ = value\n\treturn nil\n', 'keeps the subscriptions of a client that subscribes only once, as Python does, after SIGKILL'],
  ['mqtt/session.go', '\treturn s.opts.Sessions.Put(id, value)\n', '\t_ = value\n\treturn nil\n', 'notifies a Node client that was there before, after SIGTERM'],
  ['messages/queues.go', '\terr = q.put(id, own.generation, &m)\n', '', 'has the messages that wait for a device'],
  ['jobs/scheduler.go', '\tif err := s.save(j); err != nil {\n\t\ts.forget(j)', '\tif err := error(nil); err != nil {\n\t\ts.forget(j)', 'carries out a job that was scheduled before'],
  ['configurations/manager.go', '\t\tif err := m.opts.Keeper.Put(id, text); err != nil {', '\t\tif err := error(nil); len(text) == 0 {', 'applies the configurations that it had'],
  ['blobs/write.go', 'after := follow{s.keepBlock(name, b), ', 'after := follow{', 'has the files of devices, and uploads that were not over'],
  ['files.go', 's.policies[0].Primary', 's.hostName() + string(rune(time.Now().UnixNano()%1000))', 'has the files of devices, and uploads that were not over'],
];
