'use strict';
// A hub that holds its clients to the quotas of a tier.

const assert = require('node:assert/strict');
const { after, before, describe, it } = require('node:test');
const { identityToken, jobs, newDevice, newId, refused, registry, rest, updateTwin } = require('../checks/harness');
const { start, stop } = require('./process');

describe('a hub of the tier F1', () => {
  let hub;
  let device;
  before(async () => {
    hub = await start('--tier', 'F1');
    device = await newDevice();
  });
  after(async () => {
    await stop(hub);
    hub = await start(); // for whoever deletes the device
  });

  it('refuses queries beyond its quota, and says to wait', async () => {
    const text = `SELECT * FROM devices WHERE deviceId = '${device.deviceId}'`;
    const results = await Promise.allSettled(Array.from({ length: 200 }, () => registry.createQuery(text).next()));
    const refusals = results.filter((r) => r.status === 'rejected').map((r) => r.reason);
    assert.ok(refusals.length > 0 && refusals.length < 200, `${refusals.length} of 200 refused`);
    for (const { name, message, response: { statusCode, headers } } of refusals) {
      assert.equal(name, 'ThrottlingError');
      assert.equal(statusCode, 429);
      assert.equal(headers['iothub-errorcode'], 'ThrottlingBacklogTimeout');
      assert.equal(headers['retry-after'], undefined);
      assert.equal(headers.connection, 'close');
      assert.match(message, /^The request has been throttled. Wait 10 seconds and try again. Operation type: /);
    }
  });

  it('refuses to begin uploads beyond its quota', async () => {
    const begin = () => rest('POST', `/devices/${device.deviceId}/files`, { json: { blobName: 'f' }, token: identityToken(device) });
    const refusals = (await Promise.all(Array.from({ length: 200 }, begin))).filter((answer) => answer.status === 429);
    assert.ok(refusals.length > 0 && refusals.length <= 100, `${refusals.length} of 200 refused`);
    assert.match(refusals[0].json.Message, /Operation type: FileUploadInitiations$/);
  });

  it('still answers operations of another kind', async () => {
    assert.equal((await updateTwin(device, { tags: { a: 1 } })).tags.a, 1);
    assert.ok(await registry.get(device.deviceId));
  });

  it('has one job at a time', async () => {
    const later = new Date(Date.now() + 3600_000);
    const first = newId();
    await jobs.scheduleTwinUpdate(first, "deviceId = 'nobody'", { tags: { a: 1 } }, later, 60);
    const err = await refused(jobs.scheduleTwinUpdate(newId(), "deviceId = 'nobody'", { tags: { a: 1 } }, later, 60), 429);
    assert.equal(err.response.headers['iothub-errorcode'], 'ThrottlingMaxActiveJobCountExceeded');
    await jobs.cancelJob(first);
  });
});
