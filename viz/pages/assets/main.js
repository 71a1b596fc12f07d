// The page as a whole: its state, what may change it, and how it starts.

function makeApp(data, stage, box) {
  const temperature = data.field.temperature?.values ?? [];
  const worstChip = CHIPS.flatMap((kind) => data.ofKind[kind] ?? []).reduce((one, other) => ((temperature[other] ?? -Infinity) > (temperature[one] ?? -Infinity) ? other : one));
  const colour = data.field.load ? "load" : Object.keys(data.field)[0];
  const state = { view: "rear", colour, theme: document.documentElement.dataset.theme, part: null, tray: data.inTray(worstChip) };
  const app = { data, stage, state, plane: cutPlane(data), middle: box.getCenter(new THREE.Vector3()) };
  const refresh = () => {
    arrange(app);
    paint(stage, data.field[state.colour], state.theme);
    showState(app);
    showMark(app, state.part);
    fillCard(app, state.part);
    mark(app, state.part);
    setLabels(app);
  };
  Object.assign(app, {
    setView(name) {
      state.view = name;
      const wanted = VIEWS[name].colour;
      if (data.field[wanted]) state.colour = wanted;
      refresh();
      toView(app);
    },
    setColour(name) {
      state.colour = name;
      refresh();
    },
    nextColour(by) {
      const names = Object.keys(data.field);
      app.setColour(names[(names.indexOf(state.colour) + by + names.length) % names.length]);
    },
    setTheme(name) {
      state.theme = name;
      refresh();
    },
    pick(part) {
      state.part = part === undefined || data.part.kind[part] === "frame" ? null : part;
      showMark(app, state.part);
      fillCard(app, state.part);
      mark(app, state.part);
      draw(stage);
    },
    // Picks a part in a view that shows it.
    show(part) {
      if (!shown(app)(part)) {
        if (VIEWS[state.view].alone && data.inTray(part) >= 0) app.openTray(data.inTray(part));
        else app.setView(CHIPS.includes(data.part.kind[part]) ? "section" : "rear");
        if (!shown(app)(part) && data.inTray(part) >= 0) app.openTray(data.inTray(part));
      }
      app.pick(part);
    },
    near(part) {
      const middle = middleOf(app, part);
      if (!middle) return;
      if (!shown(app)(part)) app.show(part);
      const box = data.box[part]?.clone() ?? new THREE.Box3().setFromCenterAndSize(middle, new THREE.Vector3(0.3, 0.3, 0.3));
      const sight = stage.camera.position.clone().sub(stage.controls.target).normalize().toArray();
      fly(app, standpoint(app, box.expandByScalar(0.06), sight, 1.2));
    },
    openTray(tray) {
      state.tray = tray;
      app.setView("tray");
    },
    step(by) {
      if (!VIEWS[state.view].alone) return;
      const rows = [...data.trays].sort((a, b) => data.box[b].max.y - data.box[a].max.y);
      const shift = data.box[state.tray].max.y;
      state.tray = rows[(rows.indexOf(state.tray) + by + rows.length) % rows.length];
      const rise = data.box[state.tray].max.y - shift;
      stage.camera.position.y += rise;
      stage.controls.target.y += rise;
      if (state.part !== null && !shown(app)(state.part)) state.part = null;
      refresh();
    },
    reset() {
      app.pick(null);
      toView(app);
    },
    turn(across, up) {
      const around = new THREE.Spherical().setFromVector3(stage.camera.position.clone().sub(stage.controls.target));
      around.theta += 0.12 * across;
      around.phi = Math.min(0.62 * Math.PI, Math.max(0.05, around.phi + 0.09 * up));
      stage.camera.position.setFromSpherical(around).add(stage.controls.target);
      draw(stage);
    },
    zoom(by) {
      stage.camera.position.sub(stage.controls.target).multiplyScalar(by).add(stage.controls.target);
      draw(stage);
    },
    numbers() {
      fillTable(app, Object.keys(data.card)[0]);
      find("numbers-dialog").showModal();
    },
    fromTable(part) {
      find("numbers-dialog").close();
      app.show(part);
    },
    // Place of a named part on the page, in pixels: for tests and for whoever scripts the page.
    where(name) {
      const middle = middleOf(app, data.byName.get(name));
      const frame = stage.canvas.getBoundingClientRect();
      const { x, y } = onPaper(app, middle);
      return { x: x + frame.left, y: y + frame.top };
    },
  });
  return app;
}

function hasWebGL() {
  try {
    return Boolean(document.createElement("canvas").getContext("webgl2"));
  } catch {
    return false;
  }
}

// Without WebGL: why there is no picture, and every number as a table.
function flat(data, reason) {
  find("fallback").hidden = false;
  find("reason").textContent = reason;
  find("fallback").append(find("kinds"), find("table"));
  ["stage", "panel", "finder", "numbers-button"].forEach((id) => (find(id).hidden = true));
  find("theme-button").addEventListener("click", () => {
    const { dataset } = document.documentElement;
    dataset.theme = dataset.theme === "light" ? "dark" : "light";
  });
  find("help-button").addEventListener("click", () => find("help-dialog").showModal());
  fillTable({ data, fromTable: () => {} }, Object.keys(data.card)[0]);
  document.documentElement.dataset.state = "flat";
}

async function start() {
  const data = indexed(JSON.parse(new TextDecoder().decode(await unpacked("numbers"))));
  if (!hasWebGL()) return flat(data, "This browser offers no WebGL 2, so the rack cannot be drawn in three dimensions. Here are its numbers. Hardware acceleration can often be switched on in the browser's settings.");
  const stage = makeStage(find("canvas"));
  const shapes = await unpacked("shapes");
  await addModel(stage, shapes.slice(0, data.model_bytes));
  addCables(stage, data, shapes);
  const all = new THREE.Box3();
  data.box.forEach((box) => box && all.union(box));
  addGround(stage, all);
  const app = makeApp(data, stage, all);
  window.rack = app;
  addButtons(app);
  addSearch(app);
  addKeys(app);
  addPointer(app);
  stage.before.push(() => placeLabels(app));
  fitCanvas(stage);
  app.setView("rear");
  toView(app, true);
  new ResizeObserver(() => fitCanvas(stage)).observe(find("stage"));
  document.documentElement.dataset.state = "ready";
}

start().catch((error) => {
  document.documentElement.dataset.state = "failed";
  find("fallback").hidden = false;
  find("reason").textContent = `The picture could not be made: ${error.message}`;
  throw error;
});
