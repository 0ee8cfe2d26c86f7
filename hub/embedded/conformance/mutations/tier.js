'use strict';

module.exports = [
  ['throttle/throttle.go', '\t\tQueries:        perMinute(20),', '\t\tQueries:        perMinute(20000),', 'refuses queries beyond its quota, and says to wait'],
  ['rest/errors.go', '\t\tr.header.Set("Connection", "close")\n', '', 'refuses queries beyond its quota, and says to wait'],
  ['jobs/scheduler.go', 'case "F1", "S1", "B1":\n\t\treturn 1', 'case "F1", "S1", "B1":\n\t\treturn 2', 'has one job at a time'],
  ['rest/throttle.go', '\t\treturn throttle.FileUploads\n', '\t\treturn throttle.TwinReads\n', 'refuses to begin uploads beyond its quota'],
];
