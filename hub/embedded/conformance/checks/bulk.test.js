'use strict';
// Many identities in one request.

const assert = require('node:assert/strict');
const { describe, it } = require('node:test');
const { body, created, getTwin, newDevice, newId, newModule, primaryKey, refused, registry, rest, updateTwin } = require('./harness');

const fresh = (n) => Array.from({ length: n }, () => {
  const deviceId = newId();
  created.add(deviceId);
  return { deviceId };
});
const post = (json) => rest('POST', '/devices', { json });

// failed returns the errors of a request that the SDK sees refused.
const failed = async (promise) => {
  const answer = JSON.parse((await refused(promise, 400)).responseBody);
  assert.equal(answer.isSuccessful, false);
  return answer.errors;
};

describe('bulk operations', () => {
  it('create a hundred devices with keys', async () => {
    const devices = fresh(100);
    const answer = body(await registry.addDevices(devices));
    assert.equal(answer.isSuccessful, true);
    assert.deepEqual(answer.errors, []);
    const device = body(await registry.get(devices[99].deviceId));
    assert.match(primaryKey(device), /^[A-Za-z0-9+/]{43}=$/);
  });

  it('refuse more than a hundred', async () => {
    const entries = fresh(101).map(({ deviceId }) => ({ id: deviceId, importMode: 'create' }));
    assert.equal((await post(entries)).status, 400);
    await refused(registry.get(entries[0].id), 404);
  });

  it('say which devices exist, by number, and create the others', async () => {
    const [taken, free] = [await newDevice(), ...fresh(1)];
    const errors = await failed(registry.addDevices([{ deviceId: taken.deviceId }, free]));
    assert.deepEqual(errors.map((e) => [e.deviceId, e.errorCode]), [[taken.deviceId, 409001]]);
    assert.ok(errors[0].errorStatus);
    assert.equal(body(await registry.get(free.deviceId)).deviceId, free.deviceId);
    assert.equal(body(await registry.get(taken.deviceId)).etag, taken.etag);
  });

  it('create devices with tags and desired properties', async () => {
    const [{ deviceId: id }] = fresh(1);
    const answer = await post([{ id, importMode: 'create', status: 'disabled', tags: { city: 'Ulm' }, properties: { desired: { interval: 1 } } }]);
    assert.equal(answer.status, 200, answer.text);
    const twin = await getTwin({ deviceId: id });
    assert.deepEqual(twin.tags, { city: 'Ulm' });
    assert.equal(twin.properties.desired.interval, 1);
    assert.equal(twin.status, 'disabled');
  });

  it('create modules', async () => {
    const { deviceId } = await newDevice();
    const answer = await post([{ id: deviceId, moduleId: 'bulky', importMode: 'create', tags: { a: 1 } }]);
    assert.equal(answer.status, 200, answer.text);
    assert.equal((await getTwin({ deviceId, moduleId: 'bulky' })).tags.a, 1);
    assert.equal(body(await registry.getModule(deviceId, 'bulky')).moduleId, 'bulky');
  });

  it('update devices whatever their etag is', async () => {
    const device = await newDevice();
    await registry.update({ ...device, statusReason: 'newer' });
    await registry.updateDevices([{ ...device, status: 'disabled' }], true);
    assert.equal(body(await registry.get(device.deviceId)).status, 'disabled');
  });

  it('update devices under their etag, and not under a stale one', async () => {
    const [current, stale] = [await newDevice(), await newDevice()];
    await registry.update({ ...stale });
    const errors = await failed(registry.updateDevices([{ ...current, status: 'disabled' }, { ...stale, status: 'disabled' }], false));
    assert.deepEqual(errors.map((e) => [e.deviceId, e.errorCode]), [[stale.deviceId, 412001]]);
    assert.equal(body(await registry.get(current.deviceId)).status, 'disabled');
    assert.equal(body(await registry.get(stale.deviceId)).status, 'enabled');
  });

  it('remove devices whatever their etag is', async () => {
    const devices = [await newDevice(), await newDevice()];
    await registry.removeDevices(devices.map(({ deviceId }) => ({ deviceId })), true);
    for (const { deviceId } of devices) await refused(registry.get(deviceId), 404);
  });

  it('remove devices under their etag, and not under a stale one', async () => {
    const [current, stale] = [await newDevice(), await newDevice()];
    await registry.update({ ...stale });
    const errors = await failed(registry.removeDevices([{ ...current }, { ...stale }], false));
    assert.deepEqual(errors.map((e) => e.deviceId), [stale.deviceId]);
    await refused(registry.get(current.deviceId), 404);
    assert.ok(body(await registry.get(stale.deviceId)));
  });

  it('do not find what is missing', async () => {
    const deviceId = newId();
    const errors = await failed(registry.updateDevices([{ deviceId }], true));
    assert.deepEqual(errors.map((e) => [e.deviceId, e.errorCode]), [[deviceId, 404001]]);
  });

  it('update twins, and under their etag', async () => {
    const device = await newDevice();
    await updateTwin(device, { tags: { keep: 1 } });
    const entry = { id: device.deviceId, tags: { bulk: 1 }, properties: { desired: { bulk: 2 } } };
    assert.equal((await post([{ ...entry, importMode: 'UpdateTwin' }])).status, 200);
    const twin = await getTwin(device);
    assert.equal(twin.tags.bulk, 1);
    assert.equal(twin.properties.desired.bulk, 2);
    const stale = await post([{ ...entry, tags: { bulk: 3 }, importMode: 'updateTwinIfMatchETag', twinETag: 'AAAAAAAAAAE=' }]);
    assert.equal(stale.status, 400);
    assert.equal((await getTwin(device)).tags.bulk, 1);
    const current = await post([{ ...entry, tags: { bulk: 4 }, importMode: 'updateTwinIfMatchETag', twinETag: twin.etag }]);
    assert.equal(current.status, 200, current.text);
    assert.equal((await getTwin(device)).tags.bulk, 4);
  });

  it('remove modules and leave their device', async () => {
    const { deviceId, moduleId } = await newModule();
    assert.equal((await post([{ id: deviceId, moduleId, importMode: 'Delete' }])).status, 200);
    assert.deepEqual(body(await registry.getModulesOnDevice(deviceId)), []);
  });

  it('refuse an unknown mode', async () => {
    const { deviceId } = await newDevice();
    assert.equal((await post([{ id: deviceId, importMode: 'destroy' }])).status, 400);
    assert.ok(body(await registry.get(deviceId)));
  });
});
