'use strict';

module.exports = [
  ['jobs/run.go', 'r.status, r.outcome = rowCompleted, outcome', 'r.status, r.outcome = rowPending, outcome', 'update the twins that a condition selects'],
  ['jobs/run.go', '\tcondition, err := s.opts.Dialect.ParseCondition(j.condition)', '\tcondition, err := s.opts.Dialect.ParseCondition("true")', 'update the twins that a condition selects'],
  ['jobs/run.go', '\t\treturn "", rest.ErrNotOnline\n\t}\n\tcall, err', '\t\treturn "", nil\n\t}\n\tif j.condition != "" {\n\t\treturn "", nil\n\t}\n\tcall, err', 'call a method on the devices that a condition selects'],
  ['jobs/scheduler.go', 'if s.jobs[j.id] != nil {', 'if false {', 'exist once'],
  ['jobs/scheduler.go', '`{"type":"unknown","status":"unknown"}`', '`{"type":"unknown","status":"failed"}`', 'that nobody made are unknown, which is no error'],
  ['jobs/scheduler.go', 'if wait := j.start.Sub(s.opts.Now()); wait > 0 {', 'if wait := j.start.Sub(s.opts.Now()); false {', 'wait for their time, and are cancelled before it'],
  ['jobs/scheduler.go', '\tif j.status != queued && j.status != scheduled {\n\t\treturn nil, nil', '\tif false {\n\t\treturn nil, nil', 'that have ended cannot be cancelled'],
  ['jobs/run.go', 's.end(j, failed, "The query condition is not valid.")', 's.end(j, completed, "")', 'with a condition that is none are accepted and fail'],
  ['jobs/scheduler.go', 'case kind != "" && !strings.EqualFold(kind, j.kind):', 'case false:', 'are listed by type and status'],
  ['jobs/request.go', 'maxAhead = 168 * time.Hour', 'maxAhead = 200 * time.Hour', 'refuse an id with other characters and a time too far ahead'],
];
