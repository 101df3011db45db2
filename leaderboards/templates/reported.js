// Numbers from papers: grey rows below the floors, folded away where they would drown the others; sorted among themselves, never ranked.

function papersOpen() {
  return data.reported.length <= Math.max(FEW, data.rows.length);
}

function numberOf(row, column) {
  return (row.numbers[column.task] || {})[state.metrics[column.task]];
}

// Those that have a number of a metric that is chosen.
function papers() {
  const words = state.query.toLowerCase().split(/\s+/);
  const found = data.reported.filter((row) => {
    const text = `${row.name} ${row.citation} reported`.toLowerCase();
    return data.columns.some((column) => numberOf(row, column)) && words.every((word) => text.includes(word));
  });
  const sign = state.dir === "asc" ? 1 : -1;
  if (state.sort === NAME) return found.sort((a, b) => sign * a.name.localeCompare(b.name, "en"));
  if (state.sort === SUITE) return found;
  const column = columns.get(state.sort);
  const keys = new Map(found.map((row) => [row, numberOf(row, column)]));
  return found.sort((a, b) => {
    const [one, other] = [keys.get(a), keys.get(b)];
    return one && other ? sign * (one.value - other.value) : Boolean(other) - Boolean(one);
  });
}

function drawPapers(width) {
  const rows = papers();
  if (!rows.length) return [];
  const fold = () => {
    state.papers = !state.papers;
    draw();
    table.querySelector(".fold button").focus({ preventScroll: true });
  };
  const words = `${state.papers ? "▾" : "▸"} Numbers from papers (${rows.length})`;
  const button = el("button", { type: "button", "aria-expanded": String(state.papers), on: { click: fold } }, words);
  const head = el("th", { colspan: width, scope: "rowgroup" }, el("div", {}, button, el("span", { class: "card" }, "reported by others, not ranked")));
  return [el("tbody", { "data-kind": "reported" }, el("tr", { class: "fold" }, head), ...(state.papers ? rows.map(drawPaper) : []))];
}

function drawPaper(row) {
  const open = { click: () => openPaper(row) };
  const name = el("button", { type: "button", class: "name", on: open }, row.name);
  const text = el("div", {}, name, el("div", { class: "card" }, `reported · ${row.citation}`));
  const head = el("th", { scope: "row" }, el("div", { class: "who" }, el("span", { class: "rank" }), text));
  const cells = data.columns.map((column, index) => {
    const one = numberOf(row, column);
    const value = el("span", { class: "line" }, el("span", { class: one ? "value" : "value null" }, one ? one.text : "–"));
    return el("td", { class: `${edge(index)} ${picked(column.task)}` }, el("button", { type: "button", class: "cell", title: one ? one.note : null, on: open }, value));
  });
  const total = data.suite ? [el("td", { class: `edge ${picked(SUITE)}` })] : [];
  return el("tr", { class: "reported", "data-model": row.name }, head, ...total, ...cells);
}

function openPaper(row) {
  const lines = data.columns.flatMap((column) => Object.entries(row.numbers[column.task] || {}).map(([key, one]) => {
    return [column.title, column.measures.find((measure) => measure.key === key).heading, one.text, one.note || ""];
  }));
  show(row.name, "reported by others, not ranked", el("h3", {}, "Source"), el("p", {}, row.citation),
    el("h3", {}, "Numbers"), grid(["task", "metric", "value", "what differs from our protocol"], lines));
}
