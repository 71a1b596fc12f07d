// Words and numbers: the card of a part, its temperature map, and the table of everything.

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") Object.entries(value).forEach(([event, act]) => made.addEventListener(event, act));
    else if (name in made) made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

function fillCard(app, part) {
  const card = find("card");
  card.hidden = part === null;
  if (part === null) return card.replaceChildren();
  const { data } = app;
  const kind = data.part.kind[part];
  const close = element("button", { className: "close", type: "button", ariaLabel: "Let go of the part", on: { click: () => app.pick(null) } }, "×");
  const said = data.kind[kind] ?? kind;
  const under = kind === "link" && data.ends.length ? `${said} ${data.part.name[part].replace("link-", "")}` : said;
  card.replaceChildren(close, element("h2", {}, caption(data, part)), element("p", {}, under), rowsOf(app, part), ...mapOf(app, part), linksOf(app, part));
  card.scrollTop = 0;
}

function rowsOf(app, part) {
  const { data, state } = app;
  const field = data.field[state.colour];
  const rows = (data.card[data.part.kind[part]] ?? []).map((row) => ({ ...row, value: row.values[data.row[part]] })).filter(({ value }) => value !== null);
  const coloured = field.values[part];
  const same = ({ unit, value }) => coloured !== null && unit === field.unit && Math.abs(Math.abs(value) - coloured) < 1e-6 * Math.max(1, coloured);
  if (coloured !== null && !rows.some(same)) rows.unshift({ caption: field.title.split(",")[0], unit: field.unit, digits: field.digits, value: coloured });
  const now = rows.find(same);
  const lines = rows.map((row) => element("div", { className: row === now ? "now" : "" }, element("dt", {}, row.caption), element("dd", {}, quantity(row.value, row.unit, row.digits))));
  const list = element("dl", {}, ...lines);
  if (now) list.style.setProperty("--now", shade(field.ramp[state.theme], shareOf(field, part)).getStyle());
  return list;
}

function linksOf(app, part) {
  const { data } = app;
  const name = data.part.name[part];
  const tray = data.inTray(part);
  const buttons = [["Move close", () => app.near(part)]];
  if (tray >= 0 && tray !== part) buttons.push([data.part.name[tray], () => app.pick(tray)]);
  if (tray >= 0) buttons.push(["Open tray", () => app.openTray(tray)]);
  if (data.part.kind[part] === "link") name && data.ends[data.row[part]]?.split(" – ").forEach((end) => buttons.push([end, () => app.pick(data.byName.get(end))]));
  return element("div", { className: "links" }, ...buttons.map(([text, act]) => element("button", { type: "button", on: { click: act } }, text)));
}

// The field inside the chip, where the file carries it: colours of the temperature family, a scale of its own.
function mapOf(app, part) {
  const { data, state } = app;
  const map = data.map[data.part.name[part]];
  const ramp = data.field.temperature?.ramp[state.theme];
  if (!map || !ramp) return [];
  const known = map.values.filter((value) => value !== null);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const bar = element("i");
  bar.style.background = `linear-gradient(to right, ${ramp.join(",")})`;
  const ends = element("div", { className: "ends" }, quantity(low, "°C", 1), bar, quantity(high, "°C", 1));
  return [element("figure", {}, element("figcaption", {}, `Active face, ${write(map.x.at(-1), 0)} × ${write(map.y.at(-1), 0)} mm, coolant downward`), mapPicture(map, ramp, low, high), ends)];
}

function mapPicture(map, ramp, low, high) {
  const canvas = element("canvas", { width: 256, height: Math.round((256 * map.y.at(-1)) / map.x.at(-1)) });
  const paper = canvas.getContext("2d");
  const to = (edges, size, i) => Math.round((edges[i] / edges.at(-1)) * size);
  for (let row = 0; row < map.y.length - 1; row++) {
    for (let column = 0; column < map.x.length - 1; column++) {
      const value = map.values[row * (map.x.length - 1) + column];
      if (value === null) continue;
      paper.fillStyle = shade(ramp, Math.min(1, Math.max(0, (value - low) / (high - low || 1)))).getStyle();
      const [x, y] = [to(map.x, canvas.width, column), to(map.y, canvas.height, row)];
      paper.fillRect(x, y, to(map.x, canvas.width, column + 1) - x, to(map.y, canvas.height, row + 1) - y);
    }
  }
  return canvas;
}

// A table of one kind of part, sorted by a click on a heading.
function fillTable(app, kind, sort = { column: -1, up: true }) {
  const { data } = app;
  const rows = data.card[kind];
  const parts = [...data.ofKind[kind]];
  const by = (part) => (sort.column < 0 ? data.row[part] : rows[sort.column].values[data.row[part]] ?? -Infinity);
  parts.sort((a, b) => (sort.up ? by(a) - by(b) : by(b) - by(a)));
  const turn = (column) => fillTable(app, kind, { column, up: sort.column === column ? !sort.up : column < 0 });
  const head = (text, unit, column) =>
    element("th", { scope: "col", ariaSort: sort.column === column ? (sort.up ? "ascending" : "descending") : "none" }, element("button", { type: "button", on: { click: () => turn(column) } }, text), element("small", {}, unit));
  const top = element("tr", {}, head("Part", "", -1), ...rows.map((row, column) => head(row.caption, row.unit, column)));
  const lines = parts.map((part) => {
    const name = element("button", { type: "button", on: { click: () => app.fromTable(part) } }, caption(data, part));
    return element("tr", {}, element("td", {}, name), ...rows.map((row) => element("td", {}, write(row.values[data.row[part]], row.digits))));
  });
  find("table").replaceChildren(element("thead", {}, top), element("tbody", {}, ...lines));
  const kinds = Object.keys(data.card).map((each) => element("button", { type: "button", ariaPressed: String(each === kind), on: { click: () => fillTable(app, each) } }, data.kind[each]));
  find("kinds").replaceChildren(...kinds);
}
