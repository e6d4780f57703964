// The status page: draws what the server sends over its WebSocket and nothing else. Text goes into the
// page as text only, so a name can never become markup.
"use strict";

const STALE_MS = 2500;
const HISTOGRAM_EVERY_MS = 2000;
const RETRY_MS = [500, 1000, 2000, 5000];

const $ = (id) => document.getElementById(id);
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const state = { frame: null, heard: 0, tries: 0, segment: "tick_to_order", histograms: [] };

// ---- words for numbers

const integer = new Intl.NumberFormat("en-US");
const NONE = "–";
const count = (n) => (n == null ? NONE : integer.format(n));
const price = (p) => (p == null ? NONE : p.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 9, useGrouping: false }));
const until = (b) => (b.next_instrument ? `${b.instrument} → ${b.next_instrument} ${b.until.slice(0, 10)}` : b.instrument);
const clock = (time) => (time ? time.slice(11, 19) : NONE);
const compact = (n) => (n < 10000 ? count(n) : new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 }).format(n));

function signed(n, digits) {
  if (n == null) return NONE;
  const text = Math.abs(n).toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return Number(Math.abs(n).toFixed(digits)) === 0 ? text : (n > 0 ? "+" : "−") + text;
}
const money = (n) => signed(n, 2);
const direction = (n) => (n > 0 ? "up" : n < 0 ? "down" : "dim");

function nanos(ns) {
  if (ns < 1e3) return `${ns} ns`;
  if (ns < 1e6) return `${(ns / 1e3).toFixed(ns < 1e5 ? 1 : 0)} µs`;
  if (ns < 1e9) return `${(ns / 1e6).toFixed(ns < 1e8 ? 1 : 0)} ms`;
  return `${(ns / 1e9).toFixed(1)} s`;
}

// ---- the page

function put(element, text, className) {
  if (element.textContent !== text) element.textContent = text;
  if (className !== undefined && element.className !== className) element.className = className;
}

// Fills a table: each row is a list of [text, class] or text. Rows and cells that exist are used again.
function fill(section, rows, empty, rowClass) {
  const table = $(section).querySelector("table");
  const body = table.tBodies[0];
  const columns = table.tHead.rows[0].cells.length;
  if (rows.length === 0) {
    body.replaceChildren();
    const cell = body.insertRow().insertCell();
    cell.colSpan = columns;
    put(cell, empty, "empty");
    return;
  }
  if (body.rows.length > 0 && body.rows[0].cells.length !== columns) body.replaceChildren();
  while (body.rows.length > rows.length) body.deleteRow(-1);
  while (body.rows.length < rows.length) {
    const row = body.insertRow();
    for (let i = 0; i < columns; i++) row.insertCell();
  }
  rows.forEach((cells, r) => {
    const row = body.rows[r];
    const name = rowClass ? rowClass(r) : "";
    if (row.className !== name) row.className = name;
    cells.forEach((cell, c) => {
      const [text, className] = Array.isArray(cell) ? cell : [cell, ""];
      const numeric = table.tHead.rows[0].cells[c].classList.contains("n") ? "n " : "";
      put(row.cells[c], text, (numeric + className).trim());
    });
  });
}

const side = (s) => [s, s === "buy" ? "up" : "down"];
const STATES = { trading: "ok", stopping: "warn", not_started: "warn" };
const WORDS = { broker_down: "broker not logged on", feed_down: "no market data" };
// Doubts and differences that have a line of their own.
const UNCLEAR_MAX = 8;
const OUTCOMES = { agrees: "agree", differs: "differ", refused: "not listed", silent: "asked in vain" };
const LINKS = { up: "ok", connecting: "warn", ended: "dim", down: "bad" };
const GOOD_ORDERS = { filled: "ok", working: "", new: "", rejected: "bad", unknown: "bad", canceled: "dim", expired: "dim" };

function draw() {
  const { snapshot, latency, health } = state.frame;
  const { status } = snapshot;
  const node = status.node || {};
  put($("title"), status.title);
  put($("state"), WORDS[status.state] || status.state.replaceAll("_", " "), `badge ${STATES[status.state] || "bad"}`);
  put($("time"), status.time ? `${status.time.slice(0, 10)} ${clock(status.time)}` : NONE);
  put($("seq"), count(status.seq));
  put($("feed"), node.feed || NONE, LINKS[node.feed] || "");
  put($("broker"), node.broker || NONE, LINKS[node.broker] || "");
  const behind = Math.max(0, (node.inputs || 0) - status.seq);
  put($("behind"), count(behind), behind > 10000 ? "warn" : "");
  put($("run"), status.run ? `${status.run.run} · v${status.run.version}` : NONE);
  document.title = `${status.state === "trading" ? "" : "! "}${status.title} · Gauntlet`;
  banners(status, health);
  profit(snapshot);
  flow(status.counts, node);

  fill("market", snapshot.instruments.map((i) => [
    i.symbol, price(i.bid), [count(i.bid_size), "dim"], price(i.ask), [count(i.ask_size), "dim"], price(i.last),
    compact(i.messages), [i.blocks.join(" ") || "no", i.blocks.length ? "bad" : "dim"],
  ]), "no instruments yet");

  fill("bots", snapshot.bots.map((b) => {
    const s = b.last_signal, i = b.last_intent;
    const word = s && (s.direction > 0 ? "▲ long" : s.direction < 0 ? "▼ short" : "– out");
    const stage = b.killed ? [`${b.stage} killed`, "bad"] : b.waiting ? [`${b.stage} → ${b.waiting.stage} when flat`, "warn"] : b.enabled ? [b.stage, b.real ? "warn" : ""] : [`${b.stage} off`, "dim"];
    const name = b.fallbacks ? [`${b.name} (fallback)`, "warn"] : b.name;
    return [
      name, stage, until(b), [b.session, "dim"],
      [signed(b.position, 0), direction(b.position)], price(b.average_price),
      [money(b.realized), direction(b.realized)], [money(b.unrealized), direction(b.unrealized)],
      count(b.orders), count(b.fills), [count(b.rejects), b.rejects ? "warn" : "dim"],
      s ? [`${word} ${s.confidence.toFixed(2)} ${clock(s.time)}`, direction(s.direction)] : [NONE, "dim"],
      i ? `${signed(i.target, 0)} ${i.reason} ${clock(i.time)}` : [NONE, "dim"],
    ];
  }), "no bots yet");

  const orderType = (o) => [
    [o.order_type, o.time_in_force].filter(Boolean).join(" "), o.emulated?.length ? "warn" : "dim",
  ];
  const { working, finished } = snapshot.orders;
  put($("orders-count"), `${count(working.length)} working`);
  fill("orders", [...working.slice(-60).reverse(), ...finished].map((o) => [
    [clock(o.changed), "dim"], o.bot, o.instrument, side(o.side), count(o.qty), orderType(o), price(o.price), price(o.stop_price), count(o.filled),
    price(o.average_price), o.while_down ? [o.while_down === "works_on" ? "works on unseen" : "in doubt", "warn"] : [o.state.replaceAll("_", " "), GOOD_ORDERS[o.state] ?? "warn"], [o.route, "dim"], [o.order, "dim"],
  ]), "no orders yet");

  const held = snapshot.positions.bots.filter((p) => p.qty !== 0).map((p) => [
    p.bot, p.instrument, [signed(p.qty, 0), direction(p.qty)], price(p.average_price), price(p.mark),
    [money(p.unrealized), direction(p.unrealized)],
  ]);
  const net = snapshot.positions.broker.map((p) => [
    [`${p.account} at the broker`, "dim"], p.instrument, [signed(p.qty, 0), direction(p.qty)], "", "", "",
  ]);
  fill("positions", [...held, ...net], "nothing held");

  const copies = status.drop_copies.map((c) => `${c.broker}: drop copy ${c.state.replaceAll("_", " ")}${c.since ? ` ${clock(c.since)}` : ""}, ${count(c.reports)} reports`);
  put($("compared"), [...status.compared.map((c) => `${c.broker}: ${c.what}${c.account ? ` of ${c.account}` : ""} ${OUTCOMES[c.outcome] || c.outcome} ${clock(c.at)}`), ...copies].join(" · "),
    status.compared.some((c) => c.outcome !== "agrees") || status.drop_copies.some((c) => c.state !== "logged_on") ? "warn" : "");

  put($("rejects-count"), status.rejects_by_code.map((r) => `${r.code} ${count(r.count)}`).join(" · "));
  fill("rejects", snapshot.rejects.map((r) => [
    [clock(r.time), "dim"], r.bot, [r.code, "warn"], [`${r.side} ${count(r.qty)}`, r.side === "buy" ? "up" : "down"], r.limit || r.value ? `${count(r.value)} / ${count(r.limit)}` : NONE,
  ]), "nothing refused");

  const ways = node.alerts?.ways || [];
  const way = (w) => w.stalled ? `${w.path}: ${count(w.waiting)} wait too long` : `${w.path} within ${nanos(w.slowest_ns)}${w.late ? `, ${count(w.late)} late` : ""}`;
  const reached = node.alerts?.raised ? ways.map(way) : [];
  put($("alerts-count"), [status.counts.alerts ? count(status.counts.alerts) : "", ...reached].filter(Boolean).join(" · "), ways.some((w) => w.stalled) ? "bad" : ways.some((w) => w.late) ? "warn" : "");
  fill("alerts", snapshot.alerts.map((a) => [[clock(a.time), "dim"], [a.kind, "warn"], `${a.scope}: ${a.text.replace(/(:\d\d)\.0+Z/g, "$1Z")}`]), "no alerts");

  sessions(state.frame.fix.sessions);
  segments(latency);
}

// What each session to a broker does, and how it fares.
function sessions(sessions) {
  const phases = { logged_on: "ok", catching_up: "warn", connecting: "warn", logging_on: "warn", logging_out: "warn", closed: "dim", out_of_hours: "dim" };
  fill("fix", sessions.map((s) => {
    const l = s.live;
    const phase = l ? l.phase : s.state;
    const some = (n) => (l ? [count(n), n ? "warn" : "dim"] : [NONE, "dim"]);
    const next = l && l.next_attempt ? `, next ${clock(l.next_attempt)}` : "";
    const said = s.last_logout ? `logout ${clock(s.last_logout.time)}: ${s.last_logout.text || "without a word"}` : NONE;
    return [
      s.name, [phase.replaceAll("_", " "), phases[phase] || "bad"], [clock(s.since), "dim"],
      count(l ? l.next_out : s.next_out), count(l ? l.next_in : s.next_in),
      l && l.heartbeat_ns ? nanos(l.heartbeat_ns) : NONE, l && l.round_trip_ns != null ? nanos(l.round_trip_ns) : NONE,
      some(l?.gaps), some(l?.resends), l ? [`${count(l.faults_received)} / ${count(l.faults_unsent)}`, l.faults_received || l.faults_unsent ? "warn" : "dim"] : NONE,
      l ? [`${count(l.failed_attempts)}${next}`, l.failed_attempts ? "warn" : "dim"] : NONE,
      [l ? `${l.resets}${l.next_reset ? `, next ${l.next_reset.slice(0, 10)} ${clock(l.next_reset)} UTC` : ""}` : NONE, "dim"],
      s.why ? [s.why, "bad"] : [said, "dim"],
    ];
  }), "no broker is configured");
}

function banners(status, health) {
  const lines = status.kills.map((k) => [
    `KILLED ${k.scope}${k.frozen ? ", exits stopped" : k.flatten ? ", flattening" : ""} by ${k.actor || "?"}: ${k.reason || "no reason given"} · ${clock(k.since)} · ${k.orders} orders asked to cancel · lift with: ctl unkill`, "",
  ]);
  const since = (what) => `since ${clock(what.since)}, input ${count(what.seq)}`;
  lines.push(...status.breakers.map((b) => [`BREAKER ${b.scope}: ${b.text} (${count(b.count)}, trips at ${count(b.limit)}): nothing opens there · ${since(b)} · look why, then: ctl risk reset`, ""]));
  for (const l of status.losses) lines.push([`LOSS ${l.scope} (${l.route}): ${l.state.replaceAll("_", " ")} today, result ${money(l.result)} past ${money(l.limit)} · since ${clock(l.since)}`, ""]);
  for (const l of status.limit_changes) lines.push([`LIMIT ${l.scope} ${l.limit} ${l.state} ${l.value}${l.until ? ` until ${clock(l.until)}` : ""} by ${l.actor}${l.approver ? ` and ${l.approver}` : ""}: ${l.reason}${l.state === "lowered" ? " · a person ends it: ctl risk end" : ""}`, "notice"]);
  for (const b of status.brokers) if (b.orders_working_on || b.orders_in_doubt) lines.push([`${b.name} ${b.state.replaceAll("_", " ")}: ${count(b.orders_working_on)} orders work on unseen, ${count(b.orders_in_doubt)} that it cancels are in doubt until it is asked`, b.orders_working_on ? "" : "notice"]);
  const unclear = [
    ...status.doubts.map((d) => [
      `IN DOUBT ${d.account} ${d.symbol} (${d.route}): ${d.text}${d.contracts ? `, ${signed(d.contracts, 0)} contracts` : ""}: nothing opens there · ${since(d)} · ${d.order ? "the broker's word on its order settles it" : "see: ctl reconcile"}`, "",
    ]),
    ...status.breaks.map((b) => [
      `DIFFERS ${b.account || "an unknown account"} ${b.symbol} (${b.broker}): ${b.text}: ours ${b.ours}, theirs ${b.theirs}${b.broker_order ? `, its order ${b.broker_order}` : ""} · ${since(b)} · ${b.remedy}`, "notice",
    ]),
  ];
  lines.push(...unclear.slice(0, UNCLEAR_MAX));
  if (unclear.length > UNCLEAR_MAX) lines.push([`and ${count(unclear.length - UNCLEAR_MAX)} more: ctl reconcile`, "notice"]);
  // A kill has its line above.
  for (const reason of health.reasons) if (!reason.startsWith("killed by ")) lines.push([reason, health.healthy ? "notice" : ""]);
  const box = $("banners");
  while (box.children.length > lines.length) box.lastChild.remove();
  while (box.children.length < lines.length) box.append(document.createElement("p"));
  lines.forEach(([text, name], i) => put(box.children[i], text, name));
}

function profit(snapshot) {
  const sum = (real) => {
    const of = snapshot.status.pnl.filter((p) => p.real === real);
    const add = (key) => of.reduce((total, p) => total + p[key], 0);
    return { realized: add("realized"), unrealized: add("unrealized") };
  };
  for (const [id, real] of [["broker", true], ["simulated", false]]) {
    const { realized, unrealized } = sum(real);
    const total = realized + unrealized;
    put($(`pnl-${id}`), money(total), direction(total));
    put($(`pnl-${id}-parts`), `realized ${money(realized)}  unrealized ${money(unrealized)}`);
  }
  line($("pnl-line"), snapshot.pnl);
}

function flow(counts, node) {
  const rows = [
    ["inputs", compact(counts.inputs)], ["signals", compact(counts.signals)], ["intents", compact(counts.intents)],
    ["orders", compact(counts.orders)], ["acks", compact(counts.acks)], ["fills", compact(counts.fills)],
    ["cancels", compact(counts.cancels)], ["refused", compact(counts.rejects)], ["live", count(node.orders_live)],
  ];
  const list = $("counts-list");
  while (list.children.length < rows.length) {
    const cell = document.createElement("div");
    cell.append(document.createElement("dt"), document.createElement("dd"));
    list.append(cell);
  }
  rows.forEach(([name, text], i) => {
    put(list.children[i].children[0], name);
    put(list.children[i].children[1], text);
  });
}

function segments(latency) {
  if (latency.length > 0 && !latency.some((s) => s.segment === state.segment)) state.segment = latency[0].segment;
  fill("latency", latency.map((s, i) => [
    `${i < 9 ? `${i + 1} ` : "  "}${s.segment}`, nanos(s.p50_ns), nanos(s.p90_ns), nanos(s.p99_ns), nanos(s.p999_ns),
    nanos(s.max_ns), [compact(s.count), "dim"],
  ]), "no samples yet", (row) => (latency[row].segment === state.segment ? "selected" : ""));
}

// ---- drawings

function surface(canvas) {
  const scale = window.devicePixelRatio || 1;
  const { clientWidth: width, clientHeight: height } = canvas;
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
  }
  const at = canvas.getContext("2d");
  at.setTransform(scale, 0, 0, scale, 0, 0);
  at.clearRect(0, 0, width, height);
  at.font = `10px ${css("--mono")}`;
  return { at, width, height };
}

function line(canvas, points) {
  const { at, width, height } = surface(canvas);
  if (points.length < 2 || height < 20) return;
  const values = points.flatMap((p) => [p.broker, p.simulated, 0]);
  const low = Math.min(...values), high = Math.max(...values);
  const first = points[0].second, span = Math.max(1, points[points.length - 1].second - first);
  const x = (p) => 10 + ((p.second - first) / span) * (width - 20);
  const y = (value) => height - 8 - ((value - low) / (high - low || 1)) * (height - 16);
  at.strokeStyle = css("--line");
  at.setLineDash([2, 3]);
  at.beginPath();
  at.moveTo(10, y(0));
  at.lineTo(width - 10, y(0));
  at.stroke();
  at.setLineDash([]);
  const trace = (key, colour, wide) => {
    at.strokeStyle = colour;
    at.lineWidth = wide;
    at.beginPath();
    points.forEach((p, i) => (i ? at.lineTo(x(p), y(p[key])) : at.moveTo(x(p), y(p[key]))));
    at.stroke();
  };
  trace("simulated", css("--dim"), 1);
  trace("broker", css("--accent"), 1.5);
}

function histogram() {
  const { at, width, height } = surface($("histogram"));
  const found = state.histograms.find((h) => h.segment === state.segment);
  at.fillStyle = css("--dim");
  if (!found || found.buckets.length === 0) {
    at.fillText(`${state.segment}: no samples yet`, 10, 18);
    return;
  }
  const step = Math.log2(found.buckets[0][0]) - 0.25;
  const from = Math.floor(Math.min(step, Math.log2(100)) * 4) / 4;
  const to = Math.log2(found.buckets[found.buckets.length - 1][0]) + 0.5;
  const x = (ns) => 10 + ((Math.log2(ns) - from) / (to - from)) * (width - 20);
  const top = Math.max(...found.buckets.map(([, n]) => n));
  // The counts are on a log scale too: the tail is what matters, and it is thin.
  const y = (n) => height - 18 - (Math.log1p(n) / Math.log1p(top)) * (height - 40);
  for (let decade = 1; decade <= 1e10; decade *= 10) {
    if (Math.log2(decade) < from || Math.log2(decade) > to) continue;
    at.fillStyle = css("--line");
    at.fillRect(x(decade), 20, 1, height - 38);
    at.fillStyle = css("--dim");
    const label = nanos(decade).replace(".0", "");
    const room = width - x(decade) - 3;
    if (at.measureText(label).width < room) at.fillText(label, x(decade) + 3, height - 5);
  }
  at.fillStyle = css("--info");
  const bar = Math.max(1, x(2 ** 0.25 * 100) - x(100) - 1);
  for (const [bound, n] of found.buckets) at.fillRect(x(bound) - bar, y(n), bar, height - 18 - y(n));
  const summary = state.frame && state.frame.latency.find((s) => s.segment === state.segment);
  if (summary) {
    at.fillStyle = css("--accent");
    for (const ns of [summary.p50_ns, summary.p99_ns]) at.fillRect(x(Math.max(ns, 1)), 20, 1, height - 38);
    at.fillText(`${state.segment}   p50 ${nanos(summary.p50_ns)}   p99 ${nanos(summary.p99_ns)}   counts on a log scale`, 10, 13);
  }
}

async function fetchHistograms() {
  try {
    const answer = await fetch("/api/observability/latency");
    if (answer.ok) state.histograms = (await answer.json()).histograms;
  } catch {
    // The stream's badge tells already that nobody answers.
  }
  histogram();
}

function choose(segment) {
  state.segment = segment;
  if (state.frame) segments(state.frame.latency);
  histogram();
}

// ---- the stream

function connect() {
  const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`);
  socket.onmessage = (message) => {
    state.frame = JSON.parse(message.data);
    state.heard = Date.now();
    state.tries = 0;
    requestAnimationFrame(draw);
  };
  socket.onclose = () => {
    const wait = RETRY_MS[Math.min(state.tries++, RETRY_MS.length - 1)];
    setTimeout(connect, wait);
  };
}

function watch() {
  const age = Date.now() - state.heard;
  const stale = age > STALE_MS;
  document.body.classList.toggle("stale", stale && state.frame !== null);
  const text = !state.frame ? "connecting" : stale ? `stale ${Math.floor(age / 1000)} s · reconnecting` : "live";
  put($("link"), text, `badge ${stale ? "bad" : "ok"}`);
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !state.frame) return;
  const names = state.frame.latency.map((s) => s.segment);
  const at = names.indexOf(state.segment);
  const next = event.key === "j" ? at + 1 : event.key === "k" ? at - 1 : Number(event.key) - 1;
  if (/^[1-9jk]$/.test(event.key) && names[next]) choose(names[next]);
});
$("latency").querySelector("tbody").addEventListener("click", (event) => {
  const row = event.target.closest("tr");
  const summary = state.frame && row && state.frame.latency[row.sectionRowIndex];
  if (summary) choose(summary.segment);
});
window.addEventListener("resize", () => {
  if (state.frame) draw();
  histogram();
});

connect();
fetchHistograms();
setInterval(fetchHistograms, HISTOGRAM_EVERY_MS);
setInterval(watch, 250);
