// What stands behind a number: opened from a cell, a suite score or a model's name. Then everything is wired and drawn.

function show(title, subtitle, ...parts) {
  const close = el("button", { type: "button", class: "close", on: { click: () => dialog.close() } }, "Close");
  const head = el("div", { class: "head" }, el("div", {}, el("h2", { id: "detail-title" }, title), el("div", { class: "muted" }, subtitle)), close);
  document.getElementById("detail-body").replaceChildren(head, ...parts.filter(Boolean));
  dialog.showModal();
  dialog.scrollTop = 0;
}

function facts(pairs) {
  const known = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return el("dl", {}, ...known.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, String(value))]));
}

function said(lines) {
  return lines.length ? el("div", { class: "said" }, ...lines.map((line) => el("div", {}, line))) : null;
}

function openModel(row) {
  const card = row.card;
  const pairs = [
    ["name", row.name], ["revision", card.revision ?? "unknown"], ["kind", row.kind], ["parameters", card.parameters?.toLocaleString("en") ?? "unknown"],
    ["licence", card.licence ?? "unknown"], ["weights", weights(card.open_weights) ?? "unknown"], ["modalities", (card.modalities || []).join(", ")],
    ["languages", card.languages?.join(", ") ?? "unknown"], ["released", card.release_date ?? "unknown"],
    ["trained on", card.training_datasets ? card.training_datasets.join(", ") || "none of the known datasets" : "unknown"],
    ["configuration", Object.keys(row.config).length ? JSON.stringify(row.config) : "defaults"],
  ];
  show(row.label, card.summary || "", el("h3", {}, "Model"), facts(pairs));
}

function openTotal(row) {
  const parts = data.columns.filter((column) => column.group === "suite").map((column) => {
    const cell = row.cells[column.task];
    const score = cell.scores[column.primary];
    const used = cell.state === "comparable" && score && score.value !== null && score.floor !== null;
    const gain = used ? (100 * (score.value - score.floor)) / (1 - score.floor) : null;
    const shown = used ? gain.toFixed(1).replace("-", "−") : cell.state === "apart" ? "not comparable" : cell.reason || "no value";
    return [column.title, score ? score.text.value : "–", score ? score.text.floor : "–", shown];
  });
  const rank = row.total.standing ? `rank ${row.total.standing.text}` : "not ranked";
  const subtitle = row.total.value === null ? row.total.reason : `${row.total.text.value} ${row.total.text.interval}, ${rank}`;
  show(`${row.label}: suite score`, subtitle, el("h3", {}, "Gain over chance by task"), grid(["task", "value", "chance", "gain, %"], parts),
    el("p", { class: "muted" }, data.suite_score));
}

function grid(heads, lines) {
  const head = el("tr", {}, ...heads.map((text) => el("th", { scope: "col" }, text)));
  const body = lines.map((line) => el("tr", {}, ...line.map((text, i) => el(i ? "td" : "th", { scope: i ? null : "row" }, text))));
  return el("div", { class: "scroll" }, el("table", { class: "plain" }, el("thead", {}, head), el("tbody", {}, ...body)));
}

function openCell(row, column) {
  const cell = row.cells[column.task];
  const run = cell.run;
  const lines = [...(cell.reason ? [`– ${cell.reason}`] : []), ...cell.marks.map((mark) => `${mark.sign} ${mark.text}`), ...cell.left_out];
  const title = `${row.label} on ${column.title}`;
  if (!run) return show(title, column.task, said(lines));
  return show(title, `${column.task}, version ${run.identity.task_version}`, said(lines), scoreTable(cell, column), ...runFacts(row, cell, run));
}

function scoreTable(cell, column) {
  const lines = Object.values(cell.scores).map((score) => {
    const measure = column.measures.find((one) => one.key === score.metric);
    const name = measure ? measure.heading : `${score.title} (count)`;
    const value = score.value === null ? `– ${score.reason || ""}` : score.text.value;
    return [name, value, score.text.interval || "–", score.text.floor, score.text.ceiling, score.standing ? score.standing.text : "–", score.n.toLocaleString("en")];
  });
  if (!lines.length) return null;
  const measure = measureOf(column, state.metrics);
  const defined = measure ? el("p", { class: "muted" }, `${measure.title}: ${measure.definition}. After ${measure.source}.`) : null;
  return el("div", {}, el("h3", {}, "Scores"), grid(["metric", "value", "interval", "chance", "best", "rank", "n"], lines), defined);
}

function runFacts(row, cell, run) {
  const dataset = run.identity.dataset;
  const speed = run.provenance;
  const protocol = { ...run.identity.protocol, seed: run.identity.seed, limit: run.identity.limit };
  const pairs = [
    ["run", run.id], ["status", run.status], ["samples", `${run.n.toLocaleString("en")}, of which ${run.n_errors} failed`],
    ["interval", intervalText(cell, run.interval)],
    ["aggregate", run.aggregate], ["metric", run.metric], ["this dataset", row.kind === "model" ? [cell.exposure, row.card.fitted_on && cell.exposure === "trained on" ? `(fitted on ${row.card.fitted_on})` : ""].join(" ").trim() : null],
    ["counts", Object.entries(run.notes).map(([name, value]) => `${name.replaceAll("_", " ")} ${value}`).join(", ")],
    ["dataset", `${dataset.key}, split ${dataset.split}`], ["data revision", dataset.revision ?? "unknown"], ["fingerprint", dataset.fingerprint], ["evidence", run.evidence],
  ];
  const origin = [
    ["finished", speed.finished], ["took", speed.seconds ? `${speed.seconds} s` : null], ["speed", speed.samples_per_second ? `${speed.samples_per_second} samples per second` : null],
    ["peak memory", speed.peak_memory_mb ? `${speed.peak_memory_mb} MB` : null], ["device", speed.device], ["batch size", run.identity.batch_size],
    ["software", [`mmbench ${speed.mmbench}`, `Python ${speed.python}`, speed.platform].join(", ")],
  ];
  return [el("h3", {}, "Run and data"), facts(pairs), el("h3", {}, "Protocol"), el("pre", {}, JSON.stringify(protocol, null, 2)), el("h3", {}, "Provenance"), facts(origin)];
}

function intervalText(cell, interval) {
  const counts = [...new Set(Object.values(cell.scores).map((score) => score.resamples ?? interval.resamples).filter(Boolean))].sort((a, b) => a - b);
  const resamples = counts.length ? `, ${counts.join(" or ")} resamples` : "";
  return `${100 * interval.level} % ${interval.method}${resamples}, ${interval.clusters} clusters; covers ${interval.covers || "the choice of test items"}`;
}

// ---- copying, wiring ------------------------------------------------------------------------------------------------

async function copy(event) {
  const button = event.currentTarget;
  const text = data.exports[button.dataset.copy];
  const done = await (navigator.clipboard ? navigator.clipboard.writeText(text).then(() => true, () => copyByHand(text)) : copyByHand(text));
  const word = button.textContent;
  button.textContent = done ? "Copied" : "Could not copy";
  setTimeout(() => { button.textContent = word; }, 1500);
}

// Where the clipboard is not offered (an old browser, a page from a plain http address).
function copyByHand(text) {
  const area = el("textarea", { class: "hidden", "aria-hidden": "true" });
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}

function showState() {
  document.getElementById("query").value = state.query;
  for (const box of document.querySelectorAll("[data-kind][type=checkbox]")) box.checked = !state.hidden.has(box.dataset.kind);
}

document.getElementById("query").addEventListener("input", (event) => {
  state.query = event.target.value.trim();
  draw();
});
for (const box of document.querySelectorAll("[data-kind][type=checkbox]")) {
  box.addEventListener("change", () => {
    state.hidden[box.checked ? "delete" : "add"](box.dataset.kind);
    draw();
  });
}
for (const button of document.querySelectorAll("[data-copy]")) button.addEventListener("click", copy);
dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
window.addEventListener("hashchange", () => { state = readState(); showState(); draw(); });
document.getElementById("tools").hidden = false;
showState();
draw();
