// Picking: the part under a pixel, read from a picture of part numbers; and the mark on the part that is picked.

function pickMaterial(side) {
  return new THREE.ShaderMaterial({
    side,
    clipping: true,
    vertexShader: `
      #include <clipping_planes_pars_vertex>
      attribute float _part;
      varying float number;
      void main() {
        number = _part + 1.0;
        vec4 mvPosition = modelViewMatrix * vec4(position, 1.0);
        gl_Position = projectionMatrix * mvPosition;
        #include <clipping_planes_vertex>
      }`,
    fragmentShader: `
      #include <clipping_planes_pars_fragment>
      varying float number;
      void main() {
        #include <clipping_planes_fragment>
        float whole = floor(number + 0.5);
        gl_FragColor = vec4(mod(whole, 256.0) / 255.0, floor(whole / 256.0) / 255.0, 0.0, 1.0);
      }`,
  });
}

const REACH = 2; // pixels around the pointer that count, so that a thin cable can be met

// Number of the part at a place in pixels of the page, nearest first; null where there is none.
function partAt(app, x, y) {
  const { renderer, scene, camera, canvas, meshes, ground } = app.stage;
  const frame = canvas.getBoundingClientRect();
  const span = 2 * REACH + 1;
  app.spot ??= new THREE.WebGLRenderTarget(span, span);
  camera.setViewOffset(frame.width, frame.height, x - frame.left - REACH - 0.5, y - frame.top - REACH - 0.5, span, span);
  const hidden = scene.children.filter((child) => child.visible && !(child.name in meshes) && !child.isLight && !child.isCamera);
  const edges = Object.values(meshes).flatMap((mesh) => mesh.children.filter((child) => child.visible));
  [...hidden, ...edges].forEach((thing) => (thing.visible = false));
  Object.values(meshes).forEach((mesh) => (mesh.material = mesh.userData.pick));
  const fresh = renderer.shadowMap.needsUpdate;
  renderer.shadowMap.needsUpdate = false;
  renderer.setRenderTarget(app.spot);
  renderer.setClearColor(0x000000, 0);
  renderer.clear();
  renderer.render(scene, camera);
  const pixels = new Uint8Array(4 * span * span);
  renderer.readRenderTargetPixels(app.spot, 0, 0, span, span, pixels);
  renderer.setRenderTarget(null);
  renderer.shadowMap.needsUpdate = fresh;
  Object.values(meshes).forEach((mesh) => (mesh.material = mesh.userData.plain));
  [...hidden, ...edges].forEach((thing) => (thing.visible = true));
  ground.visible = !VIEWS[app.state.view].alone;
  camera.clearViewOffset();
  return nearest(pixels, span);
}

function nearest(pixels, span) {
  let [best, found] = [Infinity, null];
  for (let row = 0; row < span; row++) {
    for (let column = 0; column < span; column++) {
      const at = 4 * (row * span + column);
      const number = pixels[at] + 256 * pixels[at + 1];
      const far = Math.hypot(row - REACH, column - REACH);
      if (number && far < best) [best, found] = [far, number - 1];
    }
  }
  return found;
}

// Middle of a part in space: of its box, of its cables, or of its vertices.
function middleOf(app, part) {
  const box = app.data.box[part];
  if (box) return box.getCenter(new THREE.Vector3());
  const { lines, meshes } = app.stage;
  if (app.data.part.kind[part] === "link") {
    const [cable] = cablesOf(app.stage, part);
    if (cable === undefined) return null;
    const from = 3 * cable * lines.nodes;
    const half = Math.floor(lines.nodes / 2);
    const at = (node) => new THREE.Vector3(...lines.point.slice(from + 3 * node, from + 3 * node + 3));
    return at(half - 1).lerp(at(half), 0.5);
  }
  const mesh = meshes[app.data.part.kind[part]];
  if (!mesh) return null;
  const around = new THREE.Box3();
  const { position } = mesh.geometry.attributes;
  for (let i = 0; i < position.count; i++) if (mesh.userData.part.getX(i) === part) around.expandByPoint(new THREE.Vector3().fromBufferAttribute(position, i));
  return around.getCenter(new THREE.Vector3());
}

// Where a label points: at the side of a box that the view shows, at a cable where it leaves its GPU's tray.
function pinOf(app, part) {
  const { data, stage, state } = app;
  const box = data.box[part];
  const middle = middleOf(app, part);
  if (box) return middle.addScaledVector(box.getSize(new THREE.Vector3()).multiply(new THREE.Vector3(...VIEWS[state.view].side)), 0.5);
  const [cable] = data.part.kind[part] === "link" ? cablesOf(stage, part) : [];
  if (cable === undefined) return middle;
  const [first, second] = [0, 3].map((shift) => new THREE.Vector3().fromArray(stage.lines.point, 3 * cable * stage.lines.nodes + shift));
  return first.lerp(second, 0.5);
}

// Place of a point on the page in pixels, relative to the canvas.
function onPaper(app, point) {
  const { canvas, camera } = app.stage;
  camera.updateMatrixWorld();
  const { x, y } = point.clone().project(camera);
  return { x: ((x + 1) / 2) * canvas.clientWidth, y: ((1 - y) / 2) * canvas.clientHeight };
}

function mark(app, part) {
  const { stage, data, state } = app;
  app.marked?.removeFromParent();
  app.marked?.geometry.dispose();
  app.marked = null;
  if (part !== null && shown(app)(part)) {
    const colour = SKIN[state.theme].ink;
    const cables = data.part.kind[part] === "link" ? cablesOf(stage, part) : [];
    if (cables.length) app.marked = new THREE.Mesh(tubes(stage.lines, 2.6 * data.cable.radius, cables), new THREE.MeshBasicMaterial({ color: colour, depthTest: false }));
    else if (data.box[part]) app.marked = outline(data.box[part].clone().expandByScalar(0.003), colour);
    if (app.marked) {
      app.marked.renderOrder = 2;
      app.marked.material.depthTest = false;
      stage.scene.add(app.marked);
    }
  }
  draw(stage);
}
