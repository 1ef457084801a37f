// A team of any size, told to the page in the stream's place: as many instances as one wants, whose runs change as often as one wants.

const id = (kind, at) => `00000000-0000-4000-${kind}000-${String(at).padStart(12, '0')}`;

/** What a run of this number uses at this moment. */
const use = (at) => {
  const now = Date.now();
  const share = (Math.sin(at + now / 20_000) + 1) / 2;
  return { at: now, cpu_millis: now % 1e9, cpus: share, memory_bytes: 2 ** 30, memory_limit_bytes: 2 ** 32, processes: 9 };
};

/** A run's or an instance's next state, by the number of the change. */
const CHANGES = [
  // What is seen of none of them but in the run's own line on *Runs*.
  (one, seq) => ({ run: { ...one.run, progress: `step ${seq}` } }),
  (one, seq) => ({ run: { ...one.run, progress: `step ${seq}` } }),
  // Its status, there and back.
  (one) => ({ run: { ...one.run, status: one.run.status === 'running' ? 'terminating' : 'running', status_since: Date.now() } }),
  // When it stops by itself.
  (one) => ({ run: { ...one.run, stops_at: Date.now() + 3_600_000 } }),
  // Its price, and with it every sum.
  (one, seq) => ({ instance: { ...one.instance, offer: { ...one.instance.offer, price: 1 + (seq % 50) / 10 } } }),
];

/**
 * Has the page believe, from its next connection on, that there are `count` instances, all of them running, of which one after the other
 * changes. `lives`: in all ways that one sees, and one in forty ends, in whose place another comes; without, runs tell their progress alone.
 *
 * The server must know one running run: the others are made after it. Gives whose use the page follows (`followed`), how many changes it
 * was told of (`told`), and how often there is one (`pace`, milliseconds; 0 = never), which may be set at any time.
 */
export async function crowd(page, { count, pace = 50, lives = false }) {
  const team = { followed: new Set(), told: 0, pace };
  // Nobody but the page knows these runs.
  await page.route(/\/api\/v1\/runs\/crowd-\d+\/usage/, (route) =>
    route.fulfill({ status: 200, contentType: 'application/json', body: '{"step_seconds":10,"samples":[]}' }),
  );
  await page.routeWebSocket(/\/api\/v1\/stream/, (socket) => {
    const server = socket.connectToServer();
    const send = (message) => socket.send(JSON.stringify(message));
    let [seq, born, members] = [0, 0, []];
    let template;
    const member = () => {
      const at = born++;
      return {
        at,
        run: { ...template.run, id: id(8, at), name: `crowd-${at}`, owner: `person-${at % 7}`, instance_id: id(9, at) },
        instance: { ...template.instance, id: id(9, at), run_id: id(8, at), name: `crowd-${at}`, owner: `person-${at % 7}` },
      };
    };
    const tell = (subject, run, instance) => {
      seq += 1;
      team.told += 1;
      const event = { seq, at: Date.now(), subject, run_id: run?.id ?? null, message: 'changed', from: null, to: null, reason: null, instance_id: instance?.id ?? null, actor: null };
      send({ type: 'event', seq, event, ...(run && { run }), ...(instance && { instance }) });
    };
    const change = () => {
      const place = (team.told * 7) % members.length;
      const one = members[place];
      if (lives && team.told % 40 === 39) {
        const ended = { ...one.run, status: 'terminated', status_since: Date.now(), finished_at: Date.now() };
        tell('run', ended, { ...one.instance, status: 'terminated', billed_to: Date.now() });
        const next = (members[place] = member());
        return tell('run', next.run, next.instance);
      }
      const { run, instance } = CHANGES[lives ? team.told % CHANGES.length : 0](one, seq);
      members[place] = { ...one, ...(run && { run }), ...(instance && { instance }) };
      return tell(run ? 'run' : 'instance', run, instance);
    };
    // As many as are due, since timers come late. None is a reason for a test to go on once the page is gone.
    let [due, last] = [0, performance.now()];
    const clock = setInterval(() => {
      const now = performance.now();
      due = team.pace > 0 && members.length ? due + (now - last) / team.pace : 0;
      last = now;
      for (; due >= 1; due -= 1) change();
    }, 10).unref();
    const meter = setInterval(() => {
      for (const run_id of team.followed) send({ type: 'usage', seq, run_id, usage: use(Number(run_id.slice(-12))) });
    }, 2_000).unref();
    socket.onClose(() => {
      clearInterval(clock);
      clearInterval(meter);
    });
    server.onMessage((text) => {
      const message = JSON.parse(text);
      if (message.type === 'snapshot') {
        const run = message.runs.find((run) => run.status === 'running');
        template = { run, instance: message.instances.find((one) => one.id === run.instance_id) };
        members = Array.from({ length: count }, member);
        seq = message.seq;
        send({ ...message, runs: members.map((one) => one.run), instances: members.map((one) => one.instance) });
      } else if (message.type !== 'event') {
        socket.send(text);
      }
    });
    socket.onMessage((text) => {
      const { type, topic } = JSON.parse(text);
      if (type === 'subscribe') team.followed.add(topic.run_id);
      else if (type === 'unsubscribe') team.followed.delete(topic.run_id);
      else server.send(text);
    });
  });
  return team;
}
