'use strict';
// What a hub with a data file still knows when it comes back, asked to end or killed.

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const { once } = require('node:events');
const { Readable } = require('node:stream');
const { after, beforeEach, describe, it } = require('node:test');
const { BlockBlobClient } = require('@azure/storage-blob');
const {
  alwaysRetry, body, client, desired, getTwin, jobs, newDevice, newId, newModule, publish, raw, refused, registry, rest, service, subscribe, twinPath,
  until, updateTwin, within,
} = require('../checks/harness');
const { launch, start, stop } = require('./process');

const notifications = '$iothub/twin/PATCH/properties/desired/';

describe('a hub with a data file', () => {
  let hub;
  beforeEach(async () => { hub ??= await start(); });
  // Whoever deletes the devices of these checks needs a hub.
  after(async () => { hub ??= await start(); });
  const restart = async (signal) => {
    await stop(hub, signal);
    hub = await start();
  };

  for (const signal of ['SIGTERM', 'SIGKILL']) {
    it(`has every identity and twin as it was answered, after ${signal}`, async () => {
      const module = await newModule({ managedBy: 'me' });
      const device = body(await registry.update({ ...body(await registry.get(module.deviceId)), statusReason: 'moved' }));
      const twin = await updateTwin(module, { tags: { a: 1 }, properties: { desired: { b: { c: [1, 2.50] } } } });
      const writer = await raw(module);
      await subscribe(writer, '$iothub/twin/res/#');
      await publish(writer, '$iothub/twin/PATCH/properties/reported/?$rid=1', '{"d":1}');
      await writer.arrived('the answer', (topic) => topic.startsWith('$iothub/twin/res/204/'));
      await restart(signal);

      const facts = ({ etag, generationId, authentication, statusReason, managedBy }) => ({ etag, generationId, authentication, statusReason, managedBy });
      assert.deepEqual(facts(body(await registry.get(device.deviceId))), facts(device));
      assert.deepEqual(facts(body(await registry.getModule(module.deviceId, module.moduleId))), facts(module));
      const read = (await rest('GET', twinPath(module))).json;
      assert.equal(read.etag, twin.etag);
      assert.equal(read.version, twin.version + 1);
      assert.deepEqual(read.tags, { a: 1 });
      assert.deepEqual(read.properties.desired, twin.properties.desired);
      assert.equal(read.properties.reported.d, 1);
      assert.equal(read.connectionState, 'Disconnected');
    });
  }

  it('counts on where it stopped', async () => {
    const device = await newDevice();
    await updateTwin(device, { properties: { desired: { a: 1 } } });
    await restart('SIGKILL');
    const twin = await updateTwin(device, { properties: { desired: { a: 2 } } });
    assert.deepEqual([twin.etag, twin.version, twin.properties.desired.$version], ['AAAAAAAAAAM=', 4, 3]);
    assert.ok((await newDevice()).generationId > device.generationId);
  });

  it('knows what was deleted', async () => {
    const device = await newDevice();
    await registry.delete(device.deviceId);
    await restart('SIGKILL');
    await refused(registry.get(device.deviceId), 404);
  });

  for (const signal of ['SIGTERM', 'SIGKILL']) {
    it(`notifies a Node client that was there before, after ${signal}`, async () => {
      const module = await newModule();
      const c = await client(module);
      c.setRetryPolicy(alwaysRetry);
      await c.open();
      const { patch } = await desired(c);
      const back = once(c, 'connect');
      await restart(signal);
      await within('the client to come back', back);
      await updateTwin(module, { properties: { desired: { after: signal } } });
      assert.deepEqual(await patch(2), { after: signal, $version: 2 });
      await c.close();
    });

    it(`keeps the subscriptions of a client that subscribes only once, as Python does, after ${signal}`, async () => {
      const module = await newModule();
      const before = await raw(module, { clean: false });
      await subscribe(before, `${notifications}#`, 1);
      await subscribe(before, '$iothub/methods/POST/#', 1);
      await restart(signal);
      const c = await raw(module, { clean: false });
      assert.equal(c.sessionPresent, true);
      await updateTwin(module, { properties: { desired: { a: 1 } } });
      await c.arrived('the patch', (topic) => topic === `${notifications}?$version=2`);
      const call = service.invokeDeviceMethod(module.deviceId, module.moduleId, { methodName: 'ping', responseTimeoutInSeconds: 10 });
      const { topic } = await c.arrived('the method', (t) => t.startsWith('$iothub/methods/POST/ping/'));
      await publish(c, `$iothub/methods/res/200/${topic.slice(topic.indexOf('?'))}`, '"pong"');
      assert.equal(body(await call).payload, 'pong');
    });
  }

  it('has the messages that wait for a device', async () => {
    const device = await newDevice();
    for (const text of ['first', 'second']) await rest('POST', `/devices/${device.deviceId}/messages/devicebound`, { text });
    await restart('SIGKILL');
    assert.equal(body(await registry.get(device.deviceId)).cloudToDeviceMessageCount, 2);
    const c = await raw(device, { clean: false });
    await subscribe(c, `devices/${device.deviceId}/messages/devicebound/#`, 1);
    await c.arrived('the second message', (topic, text) => text === 'second');
    assert.deepEqual(c.messages.map((m) => m.text), ['first', 'second']);
  });

  it('carries out a job that was scheduled before', async () => {
    const device = await newDevice();
    const jobId = newId();
    const start = new Date(Date.now() + 1000);
    await jobs.scheduleTwinUpdate(jobId, `deviceId = '${device.deviceId}'`, { tags: { job: jobId } }, start, 60);
    await restart('SIGKILL');
    await until('the job to be done', async () => body(await jobs.getJob(jobId)).status === 'completed');
    assert.equal((await getTwin(device)).tags.job, jobId);
  });

  it('applies the configurations that it had', async () => {
    const id = newId();
    const content = { deviceContent: { 'properties.desired.managed': id } };
    await registry.addConfiguration({ id, schemaVersion: '1.0', priority: 1, targetCondition: `tags.target = '${id}'`, content });
    await restart('SIGKILL');
    const device = await newDevice();
    await updateTwin(device, { tags: { target: id } });
    await until('the configuration to be applied', async () => (await getTwin(device)).properties.desired.managed === id);
    await registry.removeConfiguration(id);
  });

  it('has the files of devices, and uploads that were not over', async () => {
    const device = await newDevice();
    const c = await client(device);
    const content = crypto.randomBytes(3 * 1024 * 1024);
    await c.uploadToBlob('whole', Readable.from([content]), content.length);
    const ticket = await c.getBlobSharedAccessSignature('parts');
    const blob = () => new BlockBlobClient(`https://${ticket.hostName}/${ticket.containerName}/${ticket.blobName}${ticket.sasToken}`);
    const id = Buffer.from('one').toString('base64');
    await blob().stageBlock(id, content, content.length);
    await restart('SIGKILL');
    await blob().commitBlockList([id]);
    assert.ok((await blob().downloadToBuffer()).equals(content));
    await c.notifyBlobUploadStatus(ticket.correlationId, true, 201, 'uploaded');
    const told = [];
    for (let answer; (answer = await rest('GET', '/messages/servicebound/filenotifications')).status === 200;) {
      if (answer.json.deviceId === device.deviceId) told.push([answer.json.blobName, answer.json.blobSizeInBytes]);
    }
    const names = ['whole', 'parts'].map((name) => `${device.deviceId}/${name}`);
    assert.deepEqual(told, names.map((name) => [name, content.length]));
    for (const name of names) {
      const file = await rest('GET', `/uploads/${name}`);
      assert.equal(file.headers['content-length'], String(content.length));
      await rest('DELETE', `/uploads/${name}`);
    }
  });

  it('is the only one on its data', async () => {
    const second = await launch('--https-port', '0', '--mqtts-port', '0');
    assert.equal(second.child.exitCode, 1);
    assert.equal(second.err.trim().split('\n').length, 1, second.err);
    assert.ok(await getTwin(await newDevice()));
  });
});
