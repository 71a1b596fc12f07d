// Labels beside the rack: the worst three parts of the colour that is shown, no two links of one GPU; groups of trays.

const WORST = 3;
const ALONE = 8; // in a tray that is shown alone
const LINE = 40; // pixels between labels

function worst(app) {
  const { data, state } = app;
  const field = data.field[state.colour];
  const here = shown(app);
  const known = field.values.map((value, part) => part).filter((part) => field.values[part] !== null && here(part));
  const kinds = known.some((part) => data.part.kind[part] === "link") ? ["link"] : known.some((part) => data.part.kind[part] === "busbar") ? ["busbar"] : null;
  const told = known.filter((part) => (kinds ? kinds.includes(data.part.kind[part]) : !data.part.kind[part].includes("hose")));
  const sign = field.mostIsWorst ? -1 : 1;
  const most = VIEWS[state.view].alone ? ALONE : Math.min(WORST, Math.max(1, Math.floor(told.length / 4)));
  told.sort((a, b) => sign * (field.values[a] - field.values[b]) || a - b);
  const named = new Set();
  return told.filter((part) => !named.has(ownerOf(data, part)) && named.add(ownerOf(data, part))).slice(0, most);
}

// The GPU of a link, else the part itself.
const ownerOf = (data, part) => (data.part.kind[part] === "link" && data.ends.length ? caption(data, part).split(" – ")[0] : part);

// Runs of slots that hold the same: [text, top part, lowest part].
function groupsOf(data) {
  const names = { "compute tray": ["compute tray", "compute trays"], "switch tray": ["NVLink switch tray", "NVLink switch trays"], shelf: ["power shelf", "power shelves"] };
  const rows = Object.keys(names).flatMap((kind) => data.ofKind[kind] ?? []);
  rows.sort((a, b) => data.box[b].max.y - data.box[a].max.y);
  const runs = [];
  for (const part of rows) {
    const kind = data.part.kind[part];
    const last = runs.at(-1);
    if (last?.kind === kind) Object.assign(last, { low: part, count: last.count + 1 });
    else runs.push({ kind, high: part, low: part, count: 1 });
  }
  return runs.map(({ kind, high, low, count }) => ({ text: `${count} ${names[kind][count > 1 ? 1 : 0]}`, high, low }));
}

function setLabels(app) {
  app.labels = worst(app).map((part) => ({ part, pin: pinOf(app, part) })).filter(({ pin }) => pin);
  app.groups = VIEWS[app.state.view].alone ? [] : groupsOf(app.data);
  app.ends = ["supply", "return"].flatMap((kind) => (app.stage.meshes[kind]?.visible ? (app.data.ofKind[kind] ?? []).map((part) => topOf(app, kind, part)) : []));
  const field = app.data.field[app.state.colour];
  const texts = app.labels.map(({ part }) => {
    const value = quantity(field.values[part], field.unit, field.digits);
    return element("div", { className: "label" }, element("b", {}, value), element("span", {}, caption(app.data, part)));
  });
  const groups = app.groups.map(({ text }) => element("div", { className: "label group" }, text));
  const ends = app.ends.map(({ text }) => element("div", { className: "label end" }, text));
  find("labels").replaceChildren(...texts, ...groups, ...ends);
  app.widest = Math.max(0, ...texts.map((text) => text.offsetWidth));
  placeLabels(app);
}

function topOf(app, kind, part) {
  const mesh = app.stage.meshes[kind];
  mesh.geometry.computeBoundingBox();
  const { min, max } = mesh.geometry.boundingBox;
  const row = app.data.card[kind]?.[0];
  const text = row ? `${kind} ${quantity(row.values[app.data.row[part]], row.unit, row.digits)}` : kind;
  return { text, point: new THREE.Vector3((min.x + max.x) / 2, max.y + 0.1, (min.z + max.z) / 2) };
}

function silhouette(app) {
  const box = extent(app);
  const corners = [0, 1, 2, 3, 4, 5, 6, 7].map((k) => onPaper(app, cornerOf(box, k)));
  return { left: Math.min(...corners.map(({ x }) => x)), right: Math.max(...corners.map(({ x }) => x)) };
}

function placeLabels(app) {
  if (!app.labels) return;
  const { canvas } = app.stage;
  const nodes = [...find("labels").children];
  const { left, right } = silhouette(app);
  const limit = canvas.clientWidth - (app.state.part === null ? 0 : 320) - app.widest - 24;
  const x = Math.min(right + 34, limit);
  const spots = app.labels.map(({ pin }) => onPaper(app, pin));
  const heights = apart(spots.map(({ y }) => y), LINE, 30, canvas.clientHeight - 30);
  const roomy = limit > right - 40 && canvas.clientWidth > 760;
  const lines = [];
  spots.forEach((spot, i) => {
    place(nodes[i], x + 8, heights[i], roomy);
    if (roomy) lines.push(`<path d="M${spot.x} ${spot.y}L${x - 22} ${heights[i]}H${x}"/><circle cx="${spot.x}" cy="${spot.y}" r="3.5"/>`);
  });
  app.groups.forEach(({ high, low }, i) => {
    const [top, bottom] = [edge(app, high, "max"), edge(app, low, "min")];
    const side = Math.min(top.x, bottom.x, left + 8) - 14;
    const node = nodes[spots.length + i];
    const fits = canvas.clientWidth > 760 && side - node.offsetWidth - 14 > 220 && bottom.y - top.y > 12;
    place(node, side - 14, (top.y + bottom.y) / 2, fits);
    if (fits) lines.push(`<path d="M${side} ${top.y + 2}H${side - 6}V${bottom.y - 2}H${side}"/>`);
  });
  app.ends.forEach(({ point }, i) => {
    const { x: at, y } = onPaper(app, point);
    place(nodes[spots.length + app.groups.length + i], at, y, canvas.clientWidth > 760);
  });
  find("leaders").innerHTML = lines.join("");
}

// A part's upper or lower edge at the side that is farthest left on the page.
function edge(app, part, end) {
  const { min, max } = app.data.box[part];
  const y = { min, max }[end].y;
  const points = [min.x, max.x].flatMap((x) => [min.z, max.z].map((z) => onPaper(app, new THREE.Vector3(x, y, z))));
  return points.reduce((one, other) => (other.x < one.x ? other : one));
}

function place(node, x, y, on) {
  node.hidden = !on;
  node.style.left = `${x}px`;
  node.style.top = `${y}px`;
}

// Heights pushed apart to at least a distance, in the same order, inside a range.
function apart(wanted, distance, low, high) {
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[a] - wanted[b]);
  const placed = [];
  order.forEach((i, k) => (placed[i] = Math.max(wanted[i], low, k ? placed[order[k - 1]] + distance : low)));
  order.toReversed().forEach((i, k) => (placed[i] = Math.min(placed[i], high - k * distance)));
  return placed;
}
