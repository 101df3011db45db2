// Draws the board from the inline data; what is sorted, filtered and chosen is kept in the address behind the #.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const KINDS = ["ceiling", "model", "floor"];
const NAME = "model";
const SUITE = "suite";
const FEW = 12; // rows of numbers from papers that are shown unasked, or as many as there are others
const CHIPS = { "trained on": "T", "zero-shot": "Z", unknown: "?" };
const columns = new Map(data.columns.map((column) => [column.task, column]));
const table = document.getElementById("board");
const dialog = document.getElementById("detail");
const start = data.suite ? SUITE : data.columns[0].task;
let state = readState();

function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name === "on") for (const [event, act] of Object.entries(value)) node.addEventListener(event, act);
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

// ---- state in the address -------------------------------------------------------------------------------------------

function readState() {
  const asked = new URLSearchParams(location.hash.slice(1));
  const sort = asked.get("sort");
  const known = sort === NAME || columns.has(sort) || (sort === SUITE && data.suite);
  const metrics = {};
  for (const [task, column] of columns) {
    const key = asked.get(`metric.${task}`);
    metrics[task] = column.measures.some((one) => one.key === key) ? key : column.primary;
  }
  const hidden = (asked.get("hide") || "").split(",").filter((kind) => KINDS.includes(kind));
  const found = { sort: known ? sort : start, query: asked.get("q") || "", hidden: new Set(hidden), metrics };
  found.papers = asked.has("papers") ? asked.get("papers") === "shown" : papersOpen();
  const dir = asked.get("dir");
  return { ...found, dir: ["asc", "desc"].includes(dir) ? dir : bestFirst(found) };
}

function writeState() {
  const said = new URLSearchParams();
  if (state.sort !== start || state.dir !== bestFirst(state)) {
    said.set("sort", state.sort);
    said.set("dir", state.dir);
  }
  if (state.query) said.set("q", state.query);
  if (state.hidden.size) said.set("hide", [...state.hidden].join(","));
  for (const [task, column] of columns) {
    if (state.metrics[task] !== column.primary) said.set(`metric.${task}`, state.metrics[task]);
  }
  if (state.papers !== papersOpen()) said.set("papers", state.papers ? "shown" : "hidden");
  const hash = said.toString();
  history.replaceState(null, "", hash ? `#${hash}` : location.pathname + location.search);
}

function bestFirst(found) {
  if (found.sort === NAME) return "asc";
  const measure = columns.has(found.sort) ? measureOf(columns.get(found.sort), found.metrics) : null;
  return measure && !measure.higher_is_better ? "asc" : "desc";
}

function measureOf(column, metrics) {
  return column.measures.find((one) => one.key === metrics[column.task]);
}

// ---- order ----------------------------------------------------------------------------------------------------------

// What a row is sorted by: [0 ranked or comparable, 1 apart, 2 no value; the value].
function sortKey(row) {
  if (state.sort === SUITE) return row.total.value === null ? [2, 0] : [0, row.total.value];
  const cell = row.cells[state.sort];
  const score = cell.scores[state.metrics[state.sort]];
  if (!score || score.value === null) return [2, 0];
  return [cell.state === "apart" ? 1 : 0, score.value];
}

function sorted(rows) {
  const sign = state.dir === "asc" ? 1 : -1;
  if (state.sort === NAME) return [...rows].sort((a, b) => sign * a.label.localeCompare(b.label, "en"));
  const keys = new Map(rows.map((row) => [row, sortKey(row)]));
  return [...rows].sort((a, b) => keys.get(a)[0] - keys.get(b)[0] || sign * (keys.get(a)[1] - keys.get(b)[1]));
}

function matches(row) {
  const facts = [row.label, row.card.licence, ...(row.card.modalities || []), row.kind];
  const text = facts.filter(Boolean).join(" ").toLowerCase();
  return state.query.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

function sortBy(key) {
  const other = { asc: "desc", desc: "asc" };
  const dir = state.sort === key ? other[state.dir] : bestFirst({ ...state, sort: key });
  state = { ...state, sort: key, dir };
  draw();
  table.querySelector(`[data-sort="${CSS.escape(key)}"]`).focus({ preventScroll: true });
}

// ---- the table ------------------------------------------------------------------------------------------------------

function draw() {
  const bodies = KINDS.map((kind) => {
    const rows = data.rows.filter((row) => row.kind === kind && !state.hidden.has(kind) && matches(row));
    return el("tbody", { "data-kind": kind }, ...sorted(rows).map(drawRow));
  }).filter((body) => body.rows.length);
  const width = data.columns.length + (data.suite ? 2 : 1);
  const below = drawPapers(width);
  const none = el("tbody", {}, el("tr", {}, el("td", { colspan: width, class: "empty" }, "No row matches the filter.")));
  table.replaceChildren(table.caption, drawHead(), ...(bodies.length || below.length ? [...bodies, ...below] : [none]));
  const shown = bodies.reduce((sum, body) => sum + body.rows.length, 0);
  document.getElementById("status").textContent = `${shown} of ${data.rows.length} rows, ranked by ${sortName()}.`;
  writeState();
}

function sortName() {
  const by = rankedBy();
  return by === SUITE ? "suite score" : `${columns.get(by).title}, ${titleOf(columns.get(by))}`;
}

function rankedBy() {
  return state.sort === NAME ? start : state.sort;
}

function titleOf(column) {
  const measure = measureOf(column, state.metrics);
  return measure ? measure.heading : "no runs";
}

function edge(index) {
  return index === 0 || data.columns[index].group !== data.columns[index - 1].group ? "edge" : "";
}

function picked(key) {
  return state.sort === key ? "picked" : "";
}

function drawHead() {
  const head = [heading(NAME, "Model", null)];
  if (data.suite) head.push(heading(SUITE, "Suite score", under(el("span", {}, "mean gain over chance ↑ %"), ""), "edge"));
  data.columns.forEach((column, index) => {
    const n = column.n === null ? "" : `n ${column.n.toLocaleString("en")}`;
    head.push(heading(column.task, column.title, under(chooser(column), n), edge(index), column.task));
  });
  return el("thead", {}, groups(), el("tr", {}, ...head));
}

function groups() {
  if (!data.suite || !data.columns.some((column) => column.group === "beside")) return null;
  const beside = data.columns.filter((column) => column.group === "beside").length;
  const inside = data.columns.length - beside;
  const words = ["", "", "beside the suite, not in its score", `suite ${data.suite.name}`];
  const spans = [1, 1, beside, inside];
  const cells = words.map((text, i) => el(i === 0 ? "td" : "th", { colspan: spans[i], class: i ? "edge" : null, scope: i ? "colgroup" : null }, text));
  return el("tr", { class: "groups" }, ...cells);
}

function heading(key, title, below, extra, hint) {
  const order = { asc: "ascending", desc: "descending" }[state.dir];
  const button = el("button", { type: "button", class: "sort", "data-sort": key, title: hint, on: { click: () => sortBy(key) } }, title);
  const attributes = { scope: "col", class: `${extra || ""} ${picked(key)}`, "aria-sort": state.sort === key ? order : "none" };
  return el("th", attributes, button, below);
}

function under(left, right) {
  return el("div", { class: "under" }, left, el("span", {}, right));
}

function chooser(column) {
  if (column.measures.length < 2) return el("span", {}, titleOf(column));
  const options = column.measures.map((one) => el("option", { value: one.key, selected: state.metrics[column.task] === one.key ? "" : null }, one.heading));
  const change = (event) => {
    state.metrics[column.task] = event.target.value;
    if (state.sort === column.task) state.dir = bestFirst(state);
    draw();
  };
  return el("select", { "aria-label": `Metric of ${column.title}`, on: { change } }, ...options);
}

function drawRow(row) {
  const cells = data.columns.map((column, index) => {
    return el("td", { class: `${edge(index)} ${picked(column.task)}` }, drawCell(row, column));
  });
  const total = data.suite ? [el("td", { class: `edge ${picked(SUITE)}` }, drawTotal(row))] : [];
  return el("tr", { class: row.kind, "data-model": row.name }, drawModel(row), ...total, ...cells);
}

function drawModel(row) {
  const by = rankedBy();
  const standing = by === SUITE ? row.total.standing : standingOf(row.cells[by], state.metrics[by]);
  const rank = row.kind !== "model" ? "" : standing ? standing.text : "–";
  const hint = row.kind !== "model" ? null : standing ? `rank by ${sortName()}` : "not ranked here";
  const facts = [row.kind === "model" ? null : `${row.kind}, not ranked`, size(row.card.parameters), row.card.licence, weights(row.card.open_weights)];
  const name = el("button", { type: "button", class: "name", on: { click: () => openModel(row) } }, row.label);
  const text = el("div", {}, name, el("div", { class: "card" }, facts.filter(Boolean).join(" · ")));
  const first = standing && standing.rank === 1 ? "rank first" : "rank";
  return el("th", { scope: "row" }, el("div", { class: "who" }, el("span", { class: first, title: hint }, rank), text));
}

function standingOf(cell, key) {
  const score = cell.scores[key];
  return score ? score.standing : null;
}

function size(parameters) {
  if (!parameters) return null;
  const [unit, word] = [[1e9, "B"], [1e6, "M"], [1e3, "k"], [1, ""]].find(([step]) => parameters >= step);
  return `${Number((parameters / unit).toPrecision(3))}${word} parameters`;
}

function weights(open) {
  return open === null || open === undefined ? null : open ? "open weights" : "closed weights";
}

function drawTotal(row) {
  const total = row.total;
  const lines = total.value === null
    ? [el("span", { class: "line" }, el("span", { class: "value null" }, "–"), el("span", { class: "interval" }, `${total.have}/${total.of}`))]
    : [valueLine(total, [], null), bar({ ...total, floor: 0, ceiling: 1 }, [Math.min(0, total.low ?? total.value), 1])];
  return el("button", { type: "button", class: cellClass(total.standing, ""), title: total.reason, on: { click: () => openTotal(row) } }, ...lines);
}

function cellClass(standing, extra) {
  return `cell ${standing && standing.place ? `place${standing.place}` : ""} ${extra}`;
}

function drawCell(row, column) {
  const cell = row.cells[column.task];
  const key = state.metrics[column.task];
  const score = cell.scores[key];
  const chip = row.kind === "model" && cell.run ? cell.exposure : null;
  if (!score || score.value === null) {
    const why = score ? score.reason : cell.state === "comparable" || cell.state === "apart" ? `the run has no ${key}` : cell.reason;
    const word = cell.state === "failed" ? "failed" : "";
    const line = el("span", { class: "line null" }, el("span", { class: "value" }, "–"), el("span", { class: "interval" }, word));
    return el("button", { type: "button", class: "cell", title: why, on: { click: () => openCell(row, column) } }, line);
  }
  const hint = cell.marks.map((mark) => `${mark.sign} ${mark.text}`).join("\n");
  const extra = cell.state === "apart" ? "apart" : "";
  const attributes = { type: "button", class: cellClass(score.standing, extra), title: hint || null, on: { click: () => openCell(row, column) } };
  return el("button", attributes, valueLine(score, cell.marks, chip), bar(score, column.scales[key]));
}

function valueLine(score, marks, chip) {
  return el(
    "span",
    { class: "line" },
    el("span", { class: "value" }, score.text.value),
    marks.length ? el("span", { class: "marks" }, marks.map((mark) => mark.sign).join("")) : null,
    el("span", { class: "interval" }, score.text.interval),
    chip ? el("em", { class: "chip", title: `${chip} this dataset`.replace("unknown", "unknown whether trained on") }, CHIPS[chip]) : null,
  );
}

function bar(score, scale) {
  if (!scale) return null;
  const place = (value) => 2 + (96 * (value - scale[0])) / (scale[1] - scale[0]);
  const at = (name, value) => {
    const node = el("i", { class: name });
    node.style.left = `${place(value)}%`;
    return node;
  };
  const parts = [el("i", { class: "track" })];
  for (const [name, value] of [["tick floor", score.floor], ["tick best", score.ceiling]]) if (value !== null) parts.push(at(name, value));
  if (score.low !== null && score.high !== null) {
    const ends = [place(score.low), place(score.high)].sort((a, b) => a - b);
    const band = el("i", { class: "band" });
    band.style.left = `${ends[0]}%`;
    band.style.width = `${ends[1] - ends[0]}%`;
    parts.push(band);
  }
  return el("span", { class: "bar", "aria-hidden": "true" }, ...parts, at("dot", score.value));
}
