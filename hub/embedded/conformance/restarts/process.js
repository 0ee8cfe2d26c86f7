'use strict';
// A hub that a check starts and ends itself, on the ports and the data of the one before, so that
// its keys and its CA are the same.

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const { after } = require('node:test');

const { within } = require('../checks/harness');

const { TWINDECK_BINARY: binary, TWINDECK_DATA: data, NODE_EXTRA_CA_CERTS: caFile } = process.env;
const running = new Set();

// launch starts a hub and resolves when it is ready or has ended: to the process, what it has
// written and, when it has ended, its exit code.
async function launch(...flags) {
  const child = spawn(binary, ['hub', '--https-port', '443', '--mqtts-port', '8883', '--data', data, '--ca-file', caFile, '--output', 'json', ...flags]);
  running.add(child);
  const hub = { child, out: '', err: '', ended: once(child, 'close') };
  child.stderr.on('data', (chunk) => { hub.err += chunk; });
  const ready = new Promise((resolve) => {
    child.stdout.on('data', (chunk) => {
      hub.out += chunk;
      if (hub.out.includes('\n')) resolve();
    });
  });
  await within('the hub to start', Promise.race([ready, hub.ended]));
  return hub;
}

async function start(...flags) {
  const hub = await launch(...flags);
  assert.equal(hub.child.exitCode, null, hub.err);
  return hub;
}

// stop ends a hub: as asked with SIGTERM, at once with SIGKILL.
async function stop(hub, signal = 'SIGTERM') {
  hub.child.kill(signal);
  await within('the hub to end', hub.ended);
  running.delete(hub.child);
}

after(() => {
  for (const child of running) child.kill('SIGKILL');
});

module.exports = { launch, start, stop };
