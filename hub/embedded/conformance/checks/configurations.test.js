'use strict';
// Automatic device management: configurations that apply themselves to the devices they target.

const assert = require('node:assert/strict');
const { describe, it } = require('node:test');
const { body, called, connect, desired, getTwin, newDevice, newId, newModule, refused, registry, rest, until, updateTwin } = require('./harness');

// configuration is one for the devices with a tag.
const configuration = (fields = {}) => {
  const id = newId();
  return {
    id, schemaVersion: '1.0', priority: 10, targetCondition: `tags.target = '${id}'`,
    content: { deviceContent: { 'properties.desired.managed': { by: id } } }, ...fields,
  };
};
const remove = (id) => registry.removeConfiguration(id).catch(() => {});
const managed = (device, by) => until(`${device.deviceId} managed by ${by}`, async () => (await getTwin(device)).properties.desired.managed?.by === by);

describe('configurations', () => {
  it('are created, read, listed and removed', async () => {
    const c = configuration({ labels: { a: 'b' } });
    const made = body(await registry.addConfiguration(c));
    assert.equal(made.id, c.id);
    assert.deepEqual(made.content, { ...made.content, ...c.content });
    assert.match(made.createdTimeUtc, /Z$/);
    const read = body(await registry.getConfiguration(c.id));
    assert.deepEqual(read.labels, { a: 'b' });
    assert.equal(read.priority, 10);
    assert.ok(body(await registry.getConfigurations()).some((found) => found.id === c.id));
    await registry.removeConfiguration(c.id);
    await refused(registry.getConfiguration(c.id), 404);
  });

  it('exist once', async () => {
    const c = configuration();
    await registry.addConfiguration(c);
    await refused(registry.addConfiguration(c), 409);
    await remove(c.id);
  });

  it('are updated under their etag, and not under a stale one', async () => {
    const c = configuration();
    const made = body(await registry.addConfiguration(c));
    const updated = body(await registry.updateConfiguration({ ...c, etag: made.etag, priority: 20 }));
    assert.equal(updated.priority, 20);
    assert.notEqual(updated.etag, made.etag);
    await refused(registry.updateConfiguration({ ...c, etag: made.etag, priority: 30 }), 412);
    assert.equal(body(await registry.updateConfiguration({ ...c, priority: 40 }, true)).priority, 40);
    await remove(c.id);
  });

  it('take an etag in quotes alone', async () => {
    const c = configuration();
    const made = body(await registry.addConfiguration(c));
    const put = (etag) => rest('PUT', `/configurations/${c.id}`, { json: c, headers: { 'If-Match': etag } });
    assert.equal((await put(made.etag)).status, 409);
    const answer = await put(`"${made.etag}"`);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.etag, `"${answer.json.etag}"`);
    await remove(c.id);
  });

  it('keep their content whatever an update says', async () => {
    const c = configuration();
    await registry.addConfiguration(c);
    const other = { deviceContent: { 'properties.desired.managed': { by: 'somebody else' } } };
    const updated = body(await registry.updateConfiguration({ ...c, content: other }, true));
    assert.deepEqual(updated.content.deviceContent, c.content.deviceContent);
    await remove(c.id);
  });

  it('are applied to the devices that they target, and to new ones', async () => {
    const c = configuration();
    const [device, other] = [await newDevice(), await newDevice()];
    await updateTwin(device, { tags: { target: c.id } });
    await registry.addConfiguration(c);
    await managed(device, c.id);
    await until('the status', async () => (await rest('GET', `/twins/${device.deviceId}`)).json.configurations?.[c.id]?.status === 'Applied');
    const late = await newDevice();
    await updateTwin(late, { tags: { target: c.id } });
    await managed(late, c.id);
    assert.equal((await getTwin(other)).properties.desired.managed, undefined);
    await remove(c.id);
  });

  it('are applied to the modules that they target', async () => {
    const c = configuration();
    c.targetCondition = `FROM devices.modules WHERE tags.target = '${c.id}'`;
    c.content = { moduleContent: { 'properties.desired.managed': { by: c.id } } };
    const module = await newModule();
    await updateTwin(module, { tags: { target: c.id } });
    await registry.addConfiguration(c);
    await managed(module, c.id);
    assert.equal((await getTwin({ deviceId: module.deviceId })).properties.desired.managed, undefined);
    await remove(c.id);
  });

  it('sign what they write', async () => {
    const c = configuration();
    const device = await newDevice();
    await updateTwin(device, { tags: { target: c.id } });
    await registry.addConfiguration(c);
    await managed(device, c.id);
    const { $metadata: metadata } = (await getTwin(device)).properties.desired;
    assert.equal(metadata.managed.by.$lastUpdatedBy, c.id);
    assert.match(metadata.managed.by.$lastUpdatedByDigest, /^\d{18}$/);
    await remove(c.id);
  });

  it('notify the devices that they change', async () => {
    const c = configuration();
    const device = await newDevice();
    const { patch } = await desired(await connect(device));
    await updateTwin(device, { tags: { target: c.id } });
    await registry.addConfiguration(c);
    assert.deepEqual(await patch(2), { managed: { by: c.id }, $version: 2 });
    await remove(c.id);
  });

  it('give way to one with a higher priority', async () => {
    const low = configuration();
    const high = configuration({ priority: 20, targetCondition: low.targetCondition });
    const device = await newDevice();
    await updateTwin(device, { tags: { target: low.id } });
    await registry.addConfiguration(low);
    await managed(device, low.id);
    await registry.addConfiguration(high);
    await managed(device, high.id);
    await remove(high.id);
    await remove(low.id);
  });

  it('leave what they applied when they are removed', async () => {
    const c = configuration();
    const device = await newDevice();
    await updateTwin(device, { tags: { target: c.id } });
    await registry.addConfiguration(c);
    await managed(device, c.id);
    await registry.removeConfiguration(c.id);
    assert.equal((await getTwin(device)).properties.desired.managed.by, c.id);
  });

  it('count the devices that they target and are applied to', async () => {
    const c = configuration({ metrics: { queries: { mine: "SELECT deviceId FROM devices WHERE tags.none = 'such'" } } });
    const device = await newDevice();
    await updateTwin(device, { tags: { target: c.id } });
    await registry.addConfiguration(c);
    await until('the metrics', async () => {
      const { results } = body(await registry.getConfiguration(c.id)).systemMetrics;
      return results.targetedCount === 1 && results.appliedCount === 1;
    });
    await remove(c.id);
  });

  it('refuse a target condition that is none', async () => {
    const err = await refused(registry.addConfiguration(configuration({ targetCondition: 'tags.' })), 400);
    assert.match(err.response.headers['iothub-errorcode'], /^(InvalidConfigurationTargetCondition|ArgumentInvalid)$/);
  });

  it('test their queries before they are made', async () => {
    const good = await rest('POST', '/configurations/testQueries', { json: { targetCondition: "tags.a = 'b'", customMetricQueries: {} } });
    assert.equal(good.status, 200);
    assert.ok(!good.json.targetConditionError);
    const bad = await rest('POST', '/configurations/testQueries', { json: { targetCondition: 'tags.', customMetricQueries: { m: 'SELECT' } } });
    assert.equal(bad.status, 200);
    assert.ok(bad.json.targetConditionError);
    assert.ok(bad.json.customMetricQueryErrors.m);
  });

  it('give an edge device its modules at once', async () => {
    const edge = await newDevice({ capabilities: { iotEdge: true } });
    const content = {
      modulesContent: {
        $edgeAgent: { 'properties.desired': { schemaVersion: '1.1', modules: {} } },
        $edgeHub: { 'properties.desired': { routes: {} } },
      },
    };
    await called((done) => registry.applyConfigurationContentOnDevice(edge.deviceId, content, done));
    const twin = await getTwin({ deviceId: edge.deviceId, moduleId: '$edgeAgent' });
    assert.equal(twin.properties.desired.schemaVersion, '1.1');
    await refused(registry.applyConfigurationContentOnDevice((await newDevice()).deviceId, content), 400);
  });
});
