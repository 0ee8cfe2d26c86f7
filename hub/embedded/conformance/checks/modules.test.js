'use strict';
// Module identities.

const assert = require('node:assert/strict');
const { describe, it } = require('node:test');
const { body, called, newDevice, newId, newModule, primaryKey, refused, registry, rest } = require('./harness');

describe('module identities', () => {
  it('get keys of their own, and have neither a status nor capabilities', async () => {
    const module = await newModule();
    assert.match(primaryKey(module), /^[A-Za-z0-9+/]{43}=$/);
    assert.notEqual(primaryKey(module), primaryKey(body(await registry.get(module.deviceId))));
    for (const absent of ['status', 'statusReason', 'capabilities', 'statusUpdatedTime']) assert.equal(absent in module, false, absent);
    assert.equal(module.managedBy, null);
    assert.equal(module.connectionState, 'Disconnected');
    assert.match(module.generationId, /^\d{18}$/);
  });

  it('exist once, and the refusal says where', async () => {
    const { deviceId, moduleId } = await newModule();
    const err = await refused(registry.addModule({ deviceId, moduleId }), 409);
    const answer = JSON.parse(err.responseBody);
    assert.equal(answer.errorCode, 409301);
    assert.match(answer.message, new RegExp(`Device ${deviceId} in IotHub .* already contains Module ${moduleId}`));
  });

  it('keep managedBy', async () => {
    const module = await newModule({ managedBy: 'me' });
    assert.equal(module.managedBy, 'me');
    const updated = body(await registry.updateModule({ ...module, managedBy: undefined }, true));
    assert.equal(updated.managedBy, null);
  });

  it('are listed in the order of their creation', async () => {
    const { deviceId } = await newDevice();
    for (const moduleId of ['second', 'first']) await registry.addModule({ deviceId, moduleId });
    assert.deepEqual(body(await registry.getModulesOnDevice(deviceId)).map((m) => m.moduleId), ['second', 'first']);
  });

  it('may have any of the allowed characters', async () => {
    const moduleId = "m-:.+%_#*?!(),=@;'$";
    const module = await newModule({ moduleId });
    assert.equal(body(await registry.getModule(module.deviceId, moduleId)).moduleId, moduleId);
    assert.equal(body(await registry.getModuleTwin(module.deviceId, moduleId)).moduleId, moduleId);
  });

  it('may not begin with a dollar sign, which is for the hub', async () => {
    const { deviceId } = await newDevice();
    await refused(registry.addModule({ deviceId, moduleId: '$mine' }), 400);
  });

  it('are updated under their etag and not under a stale one', async () => {
    const module = await newModule();
    const updated = body(await registry.updateModule({ ...module, managedBy: 'a' }));
    assert.notEqual(updated.etag, module.etag);
    await refused(registry.updateModule({ ...module, managedBy: 'b' }), 412);
    assert.equal(body(await registry.getModule(module.deviceId, module.moduleId)).managedBy, 'a');
  });

  it('are updated whatever their etag is when that is asked for', async () => {
    const module = await newModule();
    await registry.updateModule({ ...module, managedBy: 'a' });
    assert.equal(body(await registry.updateModule({ ...module, managedBy: 'b' }, true)).managedBy, 'b');
  });

  it('are removed under their etag and not under a stale one', async () => {
    const module = await newModule();
    const updated = body(await registry.updateModule({ ...module }, true));
    // With a module instead of ids, the SDK knows only callbacks.
    const remove = (m) => called((done) => registry.removeModule(m, done));
    await refused(remove(module), 412);
    await remove(updated);
    await refused(registry.getModule(module.deviceId, module.moduleId), 404);
  });

  it('are not found on a device that has none, by name', async () => {
    const { deviceId } = await newDevice();
    const err = await refused(registry.getModule(deviceId, 'missing'), 404);
    assert.equal(err.response.headers['iothub-errorcode'], 'ModuleNotFound');
  });

  it('of a missing or disabled device are not authorized', async () => {
    const module = await newModule();
    await registry.update({ deviceId: module.deviceId, status: 'disabled' });
    for (const deviceId of [newId(), module.deviceId]) {
      await refused(registry.addModule({ deviceId, moduleId: 'm' }), 401);
      await refused(registry.getModule(deviceId, module.moduleId), 401);
      await refused(registry.getModulesOnDevice(deviceId), 401);
    }
    const err = await refused(registry.removeModule(module.deviceId, module.moduleId), 401);
    const nested = JSON.parse(JSON.parse(err.responseBody).Message);
    assert.equal(nested.errorCode, 401002);
  });

  it('turn authentication without a type into keys', async () => {
    const module = await newModule({ authentication: { type: 'none' } });
    assert.equal(module.authentication.type, 'sas');
    assert.match(primaryKey(module), /^[A-Za-z0-9+/]{43}=$/);
  });

  it('are fifty on a device at most', async () => {
    const { deviceId } = await newDevice();
    await Promise.all(Array.from({ length: 50 }, (_, i) => registry.addModule({ deviceId, moduleId: `m${i}` })));
    const answer = await rest('PUT', `/devices/${deviceId}/modules/m50`, { json: { deviceId, moduleId: 'm50' } });
    assert.equal(answer.status, 413);
    assert.equal(answer.headers['iothub-errorcode'], 'TooManyModulesOnDevice');
  });
});
