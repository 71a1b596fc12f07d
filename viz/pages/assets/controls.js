// Controls: buttons, colour bar, search, keys, pointer.

function addButtons(app) {
  const press = (text, key, act) => element("button", { type: "button", ariaPressed: "false", on: { click: act } }, text, key ? element("kbd", {}, key) : "");
  Object.entries(VIEWS).forEach(([name, { title }], i) => {
    const button = press(title, String(i + 1), () => app.setView(name));
    button.dataset.view = name;
    find("views").append(button);
  });
  const titles = { load: "Load", temperature: "Junction temperature", headroom: "Headroom", current: "Current", coolant: "Coolant" };
  for (const name of Object.keys(app.data.field)) {
    const button = press(titles[name], "", () => app.setColour(name));
    button.dataset.colour = name;
    find("colours").append(button);
  }
  find("reset-button").addEventListener("click", () => app.reset());
  find("theme-button").addEventListener("click", () => app.setTheme(app.state.theme === "light" ? "dark" : "light"));
  find("numbers-button").addEventListener("click", () => app.numbers());
  find("help-button").addEventListener("click", () => find("help-dialog").showModal());
  const [up, down] = find("stepper").querySelectorAll("button");
  up.addEventListener("click", () => app.step(-1));
  down.addEventListener("click", () => app.step(1));
}

function showState(app) {
  const { view, colour, theme, tray } = app.state;
  document.querySelectorAll("[data-view]").forEach((button) => (button.ariaPressed = String(button.dataset.view === view)));
  document.querySelectorAll("[data-colour]").forEach((button) => (button.ariaPressed = String(button.dataset.colour === colour)));
  document.documentElement.dataset.theme = theme;
  find("stepper").hidden = !VIEWS[view].alone;
  find("stepper").querySelector("output").textContent = tray === null ? "" : app.data.part.name[tray];
  showScale(app);
}

function showScale(app) {
  const field = app.data.field[app.state.colour];
  const [title, ...rest] = field.title.split(",");
  find("scale").querySelector("figcaption").replaceChildren(element("b", {}, `${title} / ${field.unit}`), ...(rest.length ? [element("br"), rest.join(",").trim()] : []));
  const canvas = find("ramp");
  const paper = canvas.getContext("2d");
  for (let row = 0; row < canvas.height; row++) {
    paper.fillStyle = shade(field.ramp[app.state.theme], 1 - row / (canvas.height - 1)).getStyle();
    paper.fillRect(0, row, 1, 1);
  }
  const { ticks, digits } = roundSteps(field.low, field.high, 5);
  const at = (value, text, className) => {
    const tick = element("span", { className }, text);
    tick.style.bottom = `${(100 * (value - field.low)) / (field.high - field.low)}%`;
    return tick;
  };
  const limit = field.limit ? [at(field.limit.value, field.limit.text, "limit")] : [];
  const far = (value) => !field.limit || Math.abs(value - field.limit.value) > 0.06 * (field.high - field.low);
  find("ticks").replaceChildren(...ticks.filter(far).map((value) => at(value, write(value, digits), "")), ...limit);
}

function showMark(app, part) {
  const field = app.data.field[app.state.colour];
  const share = part === null ? null : shareOf(field, part);
  find("mark").hidden = share === null;
  if (share !== null) find("mark").style.bottom = `${100 * share}%`;
}

function addSearch(app) {
  const [field, list] = [find("search"), find("found")];
  const { data } = app;
  const all = data.part.name.map((_, part) => ({ part, text: `${data.part.name[part]} ${caption(data, part)}`.toLowerCase() })).filter(({ part }) => data.part.kind[part] !== "frame");
  let [hits, chosen] = [[], 0];
  const close = () => {
    list.hidden = true;
    field.ariaExpanded = "false";
  };
  const show = () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    hits = words.length ? all.filter(({ text }) => words.every((word) => text.includes(word))).slice(0, 8) : [];
    chosen = Math.min(chosen, Math.max(0, hits.length - 1));
    const items = hits.map(({ part }, i) => element("li", { role: "option", id: `found-${i}`, ariaSelected: String(i === chosen), on: { pointerdown: (event) => (event.preventDefault(), take(part)) } }, caption(data, part), element("span", {}, data.kind[data.part.kind[part]])));
    list.replaceChildren(...(items.length ? items : [element("li", { className: "none" }, "no such part")]));
    list.hidden = !words.length;
    field.ariaExpanded = String(!list.hidden);
    if (hits.length) field.setAttribute("aria-activedescendant", `found-${chosen}`);
  };
  const take = (part) => {
    field.value = "";
    close();
    field.blur();
    app.show(part);
  };
  field.addEventListener("input", () => ((chosen = 0), show()));
  field.addEventListener("blur", close);
  field.addEventListener("keydown", (event) => {
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (move && hits.length) chosen = (chosen + move + hits.length) % hits.length;
    else if (event.key === "Enter" && hits.length) return take(hits[chosen].part);
    else if (event.key === "Escape") return (field.value = ""), close(), field.blur();
    else return;
    event.preventDefault();
    show();
  });
}

function addKeys(app) {
  const names = Object.keys(VIEWS);
  const keys = {
    c: () => app.nextColour(1), C: () => app.nextColour(-1), r: () => app.reset(), t: () => find("theme-button").click(), n: () => app.numbers(),
    f: () => app.state.part !== null && app.near(app.state.part), "/": () => find("search").focus(), "?": () => find("help-dialog").showModal(),
    "[": () => app.step(-1), "]": () => app.step(1), Escape: () => app.pick(null),
    ArrowLeft: () => app.turn(-1, 0), ArrowRight: () => app.turn(1, 0), ArrowUp: () => app.turn(0, -1), ArrowDown: () => app.turn(0, 1),
    "+": () => app.zoom(0.85), "=": () => app.zoom(0.85), "-": () => app.zoom(1 / 0.85),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input") || document.querySelector("dialog[open]")) return;
    if (event.key.startsWith("Arrow") && event.target.matches("button")) return;
    const act = names[Number(event.key) - 1] ? () => app.setView(names[Number(event.key) - 1]) : keys[event.key] ?? keys[event.key.toLowerCase()];
    if (!act) return;
    event.preventDefault();
    act();
  });
}

function addPointer(app) {
  const { canvas } = app.stage;
  const tip = find("tip");
  let [down, due] = [null, null];
  const hide = () => {
    tip.hidden = true;
    showMark(app, app.state.part);
  };
  const hover = (event) => {
    due = null;
    const part = partAt(app, event.clientX, event.clientY);
    canvas.style.cursor = part === null ? "" : "pointer";
    if (part === null) return hide();
    const field = app.data.field[app.state.colour];
    tip.replaceChildren(caption(app.data, part), field.values[part] === null ? "" : element("b", {}, quantity(field.values[part], field.unit, field.digits)));
    tip.hidden = false;
    const frame = canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - frame.left, event.clientY - frame.top];
    tip.style.left = `${Math.min(x + 14, frame.width - tip.offsetWidth - 8)}px`;
    tip.style.top = `${y > 60 ? y - 40 : y + 22}px`;
    showMark(app, part);
  };
  canvas.addEventListener("pointerdown", (event) => (down = [event.clientX, event.clientY]));
  canvas.addEventListener("pointerup", (event) => {
    const still = down && Math.hypot(event.clientX - down[0], event.clientY - down[1]) < 4;
    down = null;
    if (still && event.button === 0) app.pick(partAt(app, event.clientX, event.clientY));
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.buttons || event.pointerType === "touch") return hide();
    if (due === null) requestAnimationFrame(() => hover(due));
    due = event;
  });
  canvas.addEventListener("pointerleave", hide);
}
