// Views: which parts stand on the stage, where they are cut, and from where one looks.

const FLIGHT = 650; // ms
const CHIPS = ["gpu", "cpu", "switch"];
// side: where on a box a label points, so that what is in front of its middle does not hide it
const VIEWS = {
  rear: { title: "Rear", from: [-0.3, 0.16, -1], hide: [], posts: "front", side: [0, 0, -1], colour: "load" },
  section: { title: "Section", from: [0.36, 0.24, 1], hide: ["supply hose", "return hose"], posts: "rear", cut: true, side: [0, 1, 1], colour: "temperature" },
  tray: { title: "Tray", from: [-0.5, 1.05, 1], only: ["compute tray", "switch tray", "gpu", "cpu", "switch", "board", "supply hose", "return hose"], alone: true, side: [0, 1, 0], colour: "temperature" },
  electrical: { title: "Electrical", from: [-0.35, 0.18, -1], posts: "front", side: [0, 0, -1], hide: ["cable", "supply", "return", "supply hose", "return hose", "gpu", "cpu", "switch", "board"], colour: "current" },
};

const shows = (view, kind) => (view.only ? view.only.includes(kind) : !view.hide.includes(kind));

// The parts a view shows, as a test on part numbers.
function shown(app) {
  const { data, state } = app;
  const view = VIEWS[state.view];
  return (part) => {
    const kind = data.part.kind[part];
    if (!shows(view, kind === "link" ? "cable" : kind)) return false;
    if (view.cut && CHIPS.includes(kind) && data.box[part].min.z > app.plane.constant) return false;
    if (view.posts && data.part.name[part].startsWith("post")) return data.box[part].min.z > app.middle.z === (view.posts === "front");
    return !view.alone || data.inTray(part) === state.tray;
  };
}

function arrange(app) {
  const { stage, state } = app;
  const view = VIEWS[state.view];
  const here = shown(app);
  for (const mesh of Object.values(stage.meshes)) {
    mesh.visible = shows(view, mesh.name);
    const { part, whole } = mesh.userData;
    const some = view.alone || mesh.name === "frame" || (view.cut && [...CHIPS, "board"].includes(mesh.name));
    mesh.geometry.setIndex(some && mesh.visible ? new THREE.BufferAttribute(only(whole.array, part, here), 1) : whole);
    mesh.children.forEach((child) => (child.visible = !view.alone && mesh.name !== "frame"));
    cut(app, mesh, view.cut);
  }
  if (view.alone) dress(app);
  layMaps(app, Boolean(view.alone) && state.colour === "temperature");
  if (app.alone) app.alone.visible = Boolean(view.alone);
  stage.ground.visible = !view.alone;
  stage.renderer.shadowMap.needsUpdate = true;
}

function only(index, part, here) {
  const kept = [];
  for (let i = 0; i < index.length; i += 3) if (here(part.getX(index[i]))) kept.push(index[i], index[i + 1], index[i + 2]);
  return new Uint32Array(kept);
}

// Edges of the one tray that is shown alone.
function dress(app) {
  const box = app.data.box[app.state.tray];
  app.alone?.removeFromParent();
  app.alone = outline(box, SKIN[app.state.theme].edge);
  app.stage.scene.add(app.alone);
}

// On the chips that have one: the temperature of the active face, on the scale of the picture.
function layMaps(app, on) {
  const { data, stage, state } = app;
  app.laid?.forEach((sheet) => sheet.removeFromParent());
  const { temperature } = data.field;
  const chips = on ? Object.keys(data.map).map((name) => data.byName.get(name)).filter((part) => data.inTray(part) === state.tray) : [];
  app.laid = chips.map((part) => {
    const box = data.box[part];
    const size = box.getSize(new THREE.Vector3());
    const texture = new THREE.CanvasTexture(mapPicture(data.map[data.part.name[part]], temperature.ramp[state.theme], temperature.low, temperature.high));
    texture.colorSpace = THREE.SRGBColorSpace;
    const sheet = new THREE.Mesh(new THREE.PlaneGeometry(size.x, size.z), new THREE.MeshBasicMaterial({ map: texture, transparent: true }));
    sheet.rotation.x = -Math.PI / 2;
    box.getCenter(sheet.position).setY(box.max.y + 0.0005);
    stage.scene.add(sheet);
    return sheet;
  });
}

// Thin sheets and pipes are cut by a plane, solid boxes end at it; chips behind it stay whole, those before it are gone.
function cut(app, mesh, on) {
  const solid = ["shelf", "sidecar", "busbar"].includes(mesh.name);
  const whole = [...CHIPS, "board", "cable", "supply", "return"].includes(mesh.name);
  const planes = on && !solid && !whole ? [app.plane] : null;
  [mesh.userData.plain, mesh.userData.pick, ...mesh.children.map((child) => child.material)].forEach((material) => {
    material.clippingPlanes = planes;
    material.clipShadows = true;
    material.needsUpdate = true;
  });
  if (!solid) return;
  const position = mesh.geometry.attributes.position;
  mesh.userData.deep ??= position.array.slice();
  position.array.set(mesh.userData.deep);
  if (on) for (let i = 0; i < position.count; i++) position.setZ(i, Math.min(position.getZ(i), app.plane.constant));
  position.needsUpdate = true;
  mesh.children.forEach((child) => (child.visible = child.visible && !on));
}

// Just in front of the foremost row of GPUs.
function cutPlane(data) {
  const fronts = (data.ofKind.gpu ?? []).map((part) => data.box[part].max.z);
  return new THREE.Plane(new THREE.Vector3(0, 0, -1), Math.max(...fronts) + 0.006);
}

function outline(box, colour) {
  const size = box.getSize(new THREE.Vector3());
  const { x, y, z } = box.getCenter(new THREE.Vector3());
  const corner = [-0.5, 0.5];
  const ends = [];
  for (const a of corner) for (const b of corner) ends.push([-0.5, a, b], [0.5, a, b], [a, -0.5, b], [a, 0.5, b], [a, b, -0.5], [a, b, 0.5]);
  const line = new THREE.BufferGeometry();
  line.setAttribute("position", new THREE.Float32BufferAttribute(ends.flatMap(([i, j, k]) => [x + i * size.x, y + j * size.y, z + k * size.z]), 3));
  return new THREE.LineSegments(line, new THREE.LineBasicMaterial({ color: colour }));
}

// The box that a view has to hold.
function extent(app) {
  const { data, state } = app;
  const here = shown(app);
  const box = new THREE.Box3();
  data.box.forEach((one, part) => one && here(part) && box.union(one));
  if (state.view === "rear" && app.stage.meshes.cable) box.union(app.stage.meshes.cable.geometry.boundingBox ?? (app.stage.meshes.cable.geometry.computeBoundingBox(), app.stage.meshes.cable.geometry.boundingBox));
  if (VIEWS[state.view].cut) box.max.z = Math.min(box.max.z, app.plane.constant);
  return box;
}

// Where the camera must stand on a line of sight so that a box just fits between the panels, in their middle.
function standpoint(app, box, from, room = 1) {
  const { camera, canvas } = app.stage;
  const [wide, high] = [canvas.clientWidth, canvas.clientHeight];
  const small = wide <= 760;
  const free = small ? { x: 20, y: 250 } : { x: 2 * 240, y: VIEWS[app.state.view].alone ? 130 : 84 };
  const half = Math.tan((camera.fov * Math.PI) / 360);
  const [across, upward] = [half * camera.aspect * Math.max(0.3, 1 - free.x / wide), half * Math.max(0.3, 1 - free.y / high)];
  const sight = new THREE.Vector3(...from).normalize();
  const right = new THREE.Vector3(0, 1, 0).cross(sight).normalize();
  const up = sight.clone().cross(right);
  const target = box.getCenter(new THREE.Vector3());
  const corners = [0, 1, 2, 3, 4, 5, 6, 7].map((k) => cornerOf(box, k));
  let away = 1;
  for (let pass = 0; pass < 6; pass++) {
    const seen = corners.map((corner) => corner.clone().sub(target)).map((at) => ({ near: at.dot(sight), x: at.dot(right), y: at.dot(up) }));
    away = Math.max(...seen.map(({ near, x, y }) => near + Math.max(Math.abs(x) / across, Math.abs(y) / upward)));
    const middle = (side) => seen.map((at) => at[side] / (away - at.near)).reduce(([low, top], tan) => [Math.min(low, tan), Math.max(top, tan)], [Infinity, -Infinity]).reduce((a, b) => a + b) / 2;
    target.addScaledVector(right, middle("x") * away).addScaledVector(up, middle("y") * away);
  }
  const shift = small ? -0.2 : VIEWS[app.state.view].alone ? 0.05 : -0.012; // of the height of the page, for what stands above and below
  target.addScaledVector(up, -shift * 2 * half * away);
  return { target, position: target.clone().addScaledVector(sight, away * room) };
}

const cornerOf = ({ min, max }, k) => new THREE.Vector3(k & 1 ? max.x : min.x, k & 2 ? max.y : min.y, k & 4 ? max.z : min.z);

function fly(app, { target, position }, still = false) {
  const { camera, controls } = app.stage;
  cancelAnimationFrame(app.flight);
  controls.enableDamping = false; // ends what is left of a turn by hand
  controls.update();
  controls.enableDamping = true;
  const calm = still || matchMedia("(prefers-reduced-motion: reduce)").matches;
  const around = new THREE.Spherical().setFromVector3(camera.position.clone().sub(controls.target));
  const goal = new THREE.Spherical().setFromVector3(position.clone().sub(target));
  goal.theta = around.theta + Math.atan2(Math.sin(goal.theta - around.theta), Math.cos(goal.theta - around.theta));
  const start = { target: controls.target.clone(), begin: performance.now() };
  const step = (now) => {
    const t = calm ? 1 : Math.min(1, (now - start.begin) / FLIGHT);
    const ease = t * t * (3 - 2 * t);
    const mix = (a, b) => a + (b - a) * ease;
    controls.target.lerpVectors(start.target, target, ease);
    camera.position.setFromSpherical(new THREE.Spherical(mix(around.radius, goal.radius), mix(around.phi, goal.phi), mix(around.theta, goal.theta))).add(controls.target);
    draw(app.stage);
    if (t < 1) app.flight = requestAnimationFrame(step);
    else document.documentElement.dataset.moving = "no";
  };
  document.documentElement.dataset.moving = "yes";
  step(start.begin);
}

const toView = (app, still = false) => fly(app, standpoint(app, extent(app), VIEWS[app.state.view].from), still);
