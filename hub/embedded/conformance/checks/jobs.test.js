'use strict';
// Jobs: one write or one method call for many devices.

const assert = require('node:assert/strict');
const { describe, it } = require('node:test');
const { body, getTwin, jobs, newDevice, newId, publish, queryAll, raw, refused, rest, subscribe, until, updateTwin } = require('./harness');

const done = (jobId) => until(`the end of job ${jobId}`, async () => {
  const job = body(await jobs.getJob(jobId));
  return ['completed', 'failed', 'cancelled'].includes(job.status) && job;
});
const update = (jobId, condition, patch, start = new Date(), seconds = 60) => jobs.scheduleTwinUpdate(jobId, condition, patch, start, seconds);
// A hub runs one job at a time on its smallest tiers, so the checks do too.
const inAnHour = () => new Date(Date.now() + 3600_000);

describe('jobs', () => {
  it('update the twins that a condition selects', async () => {
    const mine = newId();
    const devices = [await newDevice(), await newDevice(), await newDevice()];
    for (const device of devices.slice(0, 2)) await updateTwin(device, { tags: { mine, gone: 1 } });
    const jobId = newId();
    const scheduled = body(await update(jobId, `tags.mine = '${mine}'`, { tags: { gone: null, job: jobId }, properties: { desired: { a: 1 } } }));
    assert.equal(scheduled.jobId, jobId);
    assert.equal(scheduled.type, 'scheduleUpdateTwin');
    assert.ok(['enqueued', 'queued', 'scheduled', 'running', 'completed'].includes(scheduled.status), scheduled.status);
    const job = await done(jobId);
    assert.equal(job.status, 'completed');
    const { deviceCount, succeededCount, failedCount } = job.deviceJobStatistics;
    assert.deepEqual([deviceCount, succeededCount, failedCount], [2, 2, 0]);
    const twin = await getTwin(devices[1]);
    assert.deepEqual(twin.tags, { mine, job: jobId });
    assert.equal(twin.properties.desired.a, 1);
    assert.deepEqual((await getTwin(devices[2])).tags, {});
  });

  it('call a method on the devices that a condition selects', async () => {
    const [online, offline] = [await newDevice(), await newDevice()];
    const c = await raw(online);
    const called = [];
    c.on('message', (topic, payload) => {
      called.push(JSON.parse(payload));
      publish(c, `$iothub/methods/res/200/${topic.slice(topic.indexOf('?'))}`, '"done"');
    });
    await subscribe(c, '$iothub/methods/POST/#');
    const jobId = newId();
    const params = { methodName: 'reboot', payload: { now: true }, responseTimeoutInSeconds: 10 };
    await jobs.scheduleDeviceMethod(jobId, `deviceId IN ['${online.deviceId}', '${offline.deviceId}']`, params, new Date(), 60);
    const job = await done(jobId);
    assert.equal(job.type, 'scheduleDeviceMethod');
    assert.deepEqual([job.deviceJobStatistics.succeededCount, job.deviceJobStatistics.failedCount], [1, 1]);
    assert.deepEqual(called, [{ now: true }]);
  });

  it('tell what became of each device', async () => {
    const device = await newDevice();
    const jobId = newId();
    await update(jobId, `deviceId = '${device.deviceId}'`, { tags: { a: 1 } });
    await done(jobId);
    const rows = await queryAll(`SELECT * FROM devices.jobs WHERE devices.jobs.jobId = '${jobId}'`);
    assert.deepEqual(rows.map((r) => [r.deviceId, r.jobId, r.status]), [[device.deviceId, jobId, 'completed']]);
  });

  it('exist once', async () => {
    const jobId = newId();
    await update(jobId, "deviceId = 'nobody'", { tags: { a: 1 } });
    const err = await refused(update(jobId, "deviceId = 'nobody'", { tags: { a: 1 } }), 409);
    assert.equal(err.response.headers['iothub-errorcode'], 'JobAlreadyExists');
    await done(jobId);
  });

  it('that nobody made are unknown, which is no error', async () => {
    const job = body(await jobs.getJob(newId()));
    assert.deepEqual([job.type, job.status], ['unknown', 'unknown']);
  });

  it('wait for their time, and are cancelled before it', async () => {
    const device = await newDevice();
    const jobId = newId();
    await update(jobId, `deviceId = '${device.deviceId}'`, { tags: { late: true } }, inAnHour());
    assert.ok(['scheduled', 'queued', 'enqueued'].includes(body(await jobs.getJob(jobId)).status));
    assert.equal(body(await jobs.cancelJob(jobId)).status, 'cancelled');
    assert.equal((await done(jobId)).status, 'cancelled');
    assert.deepEqual((await getTwin(device)).tags, {});
  });

  it('that have ended cannot be cancelled', async () => {
    const jobId = newId();
    await update(jobId, "deviceId = 'nobody'", { tags: { a: 1 } });
    await done(jobId);
    const answer = await rest('POST', `/jobs/v2/${jobId}/cancel`);
    assert.equal(answer.status, 405);
    assert.equal(answer.headers['iothub-errorcode'], 'OperationNotAllowedInCurrentState');
  });

  it('with a condition that is none are accepted and fail', async () => {
    const jobId = newId();
    await update(jobId, 'this is no condition', { tags: { a: 1 } });
    assert.equal((await done(jobId)).status, 'failed');
  });

  it('are listed by type and status', async () => {
    const jobId = newId();
    await update(jobId, "deviceId = 'nobody'", { tags: { a: 1 } });
    await done(jobId);
    const ids = async (type, status) => {
      const query = jobs.createQuery(type, status);
      const found = [];
      do found.push(...body(await query.next(query.continuationToken))); while (query.hasMoreResults);
      return found.map((j) => j.jobId);
    };
    assert.ok((await ids('scheduleUpdateTwin', 'completed')).includes(jobId));
    assert.ok(!(await ids('scheduleDeviceMethod', 'completed')).includes(jobId));
    assert.ok(!(await ids('scheduleUpdateTwin', 'failed')).includes(jobId));
  });

  it('refuse an id with other characters and a time too far ahead', async () => {
    const job = { type: 'scheduleUpdateTwin', queryCondition: "deviceId = 'nobody'", updateTwin: { tags: { a: 1 } }, maxExecutionTimeInSeconds: 60 };
    assert.equal((await rest('PUT', '/jobs/v2/has%20space', { json: { ...job, jobId: 'has space' } })).status, 400);
    const jobId = newId();
    const startTime = new Date(Date.now() + 169 * 3600_000).toISOString();
    assert.equal((await rest('PUT', `/jobs/v2/${jobId}`, { json: { ...job, jobId, startTime } })).status, 400);
  });
});
