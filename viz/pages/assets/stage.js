// The stage: renderer, light, ground, camera; draws only when something has changed.

const SKIN = {
  light: { "compute tray": "#ccd4dc", "switch tray": "#b7c1cb", gpu: "#aeb7c0", cpu: "#aeb7c0", switch: "#aeb7c0", board: "#7f8a94", shelf: "#7b8691", sidecar: "#7b8691", "row tap": "#7b8691", feeder: "#b87741", "feeder cable": "#b87741", "bar supply": "#1f6fd0", "bar return": "#d0342c", frame: "#3d4853", busbar: "#b87741", cable: "#98a4b0", supply: "#1f6fd0", return: "#d0342c", "supply hose": "#1f6fd0", "return hose": "#d0342c", edge: "#5b6672", ink: "#18212b" },
  dark: { "compute tray": "#6d7a88", "switch tray": "#556371", gpu: "#7c8895", cpu: "#7c8895", switch: "#7c8895", board: "#36414d", shelf: "#4d5966", sidecar: "#4d5966", "row tap": "#4d5966", feeder: "#cf8b54", "feeder cable": "#cf8b54", "bar supply": "#4a9be8", "bar return": "#f0675c", frame: "#3b4652", busbar: "#cf8b54", cable: "#697684", supply: "#4a9be8", return: "#f0675c", "supply hose": "#4a9be8", "return hose": "#f0675c", edge: "#0d1218", ink: "#eef2f6" },
};

function makeStage(canvas) {
  const renderer = new THREE.WebGLRenderer({ canvas, antialias: true, alpha: true, preserveDrawingBuffer: true });
  renderer.setPixelRatio(Math.min(window.devicePixelRatio, 2));
  renderer.localClippingEnabled = true;
  renderer.shadowMap.enabled = true;
  renderer.shadowMap.type = THREE.PCFShadowMap;
  renderer.shadowMap.autoUpdate = false;
  const scene = new THREE.Scene();
  const camera = new THREE.PerspectiveCamera(24, 1, 0.05, 40);
  const controls = new THREE.OrbitControls(camera, canvas);
  controls.enableDamping = true;
  controls.dampingFactor = 0.12;
  controls.maxPolarAngle = 0.62 * Math.PI;
  const stage = { renderer, scene, camera, controls, canvas, meshes: {}, before: [], waiting: false };
  addLights(stage);
  controls.addEventListener("change", () => draw(stage));
  return stage;
}

function addLights(stage) {
  const { scene, camera } = stage;
  stage.sky = new THREE.HemisphereLight("#ffffff", "#aab4bf", 1.65);
  stage.eye = new THREE.DirectionalLight("#ffffff", 1.9);
  stage.eye.position.set(-0.45, 0.4, 1);
  camera.add(stage.eye, stage.eye.target);
  stage.eye.target.position.set(0, 0, -1);
  stage.top = new THREE.DirectionalLight("#ffffff", 0.45);
  stage.top.castShadow = true;
  stage.top.shadow.mapSize.set(2048, 2048);
  stage.top.shadow.bias = -0.0004;
  stage.top.shadow.normalBias = 0.002;
  stage.top.shadow.radius = 5;
  stage.top.shadow.intensity = 0.8;
  scene.add(camera, stage.sky, stage.top, stage.top.target);
}

// Ground and shadow frame for a rack that fills a box.
function addGround(stage, box) {
  const size = box.getSize(new THREE.Vector3());
  const middle = box.getCenter(new THREE.Vector3());
  const reach = size.length();
  const ground = new THREE.Mesh(new THREE.PlaneGeometry(6 * reach, 6 * reach), new THREE.ShadowMaterial());
  ground.rotation.x = -Math.PI / 2;
  ground.position.set(middle.x, box.min.y - 0.002, middle.z);
  ground.receiveShadow = true;
  stage.ground = ground;
  stage.scene.add(ground);
  stage.top.position.set(middle.x + 0.1 * reach, middle.y + 1.3 * reach, middle.z + 0.08 * reach);
  stage.top.target.position.copy(middle);
  const frame = stage.top.shadow.camera;
  Object.assign(frame, { left: -0.75 * reach, right: 0.75 * reach, top: 0.75 * reach, bottom: -0.75 * reach, near: 0.1, far: 3 * reach });
  frame.updateProjectionMatrix();
}

function draw(stage) {
  if (stage.waiting) return;
  stage.waiting = true;
  requestAnimationFrame(() => {
    stage.waiting = false;
    stage.controls.update();
    stage.before.forEach((act) => act());
    stage.renderer.render(stage.scene, stage.camera);
  });
}

function fitCanvas(stage) {
  const { clientWidth: width, clientHeight: height } = stage.canvas.parentElement;
  stage.renderer.setSize(width, height, false);
  stage.camera.aspect = width / height;
  stage.camera.updateProjectionMatrix();
  draw(stage);
}

// Meshes of the GLB by kind, each vertex with a colour of its own.
async function addModel(stage, buffer) {
  const gltf = await new Promise((done, fail) => new THREE.GLTFLoader().parse(buffer, "", done, fail));
  gltf.scene.updateMatrixWorld(true);
  const found = [];
  gltf.scene.traverse((node) => node.isMesh && found.push(node));
  for (const node of found) {
    const kind = (node.userData.name ?? node.name).replaceAll("_", " ");
    addMesh(stage, kind, node.geometry);
  }
}

function addMesh(stage, kind, geometry) {
  const count = geometry.attributes.position.count;
  geometry.setAttribute("color", new THREE.BufferAttribute(new Float32Array(3 * count), 3));
  const thin = kind.endsWith("tray") || kind.endsWith("hose");
  const material = new THREE.MeshLambertMaterial({ vertexColors: true, side: thin || kind === "frame" ? THREE.DoubleSide : THREE.FrontSide });
  const mesh = new THREE.Mesh(geometry, material);
  mesh.name = kind;
  mesh.castShadow = true;
  mesh.receiveShadow = true;
  mesh.userData = { plain: material, pick: pickMaterial(material.side), whole: geometry.index, part: geometry.attributes._part };
  if (kind.endsWith("tray") || ["shelf", "sidecar", "frame"].includes(kind)) addEdges(mesh);
  stage.meshes[kind] = mesh;
  stage.scene.add(mesh);
}

function addEdges(mesh) {
  const lines = new THREE.LineSegments(new THREE.EdgesGeometry(mesh.geometry, 30), new THREE.LineBasicMaterial({ transparent: true, opacity: 0.35 }));
  lines.name = "edges";
  mesh.add(lines);
}

// Colours every vertex by its part; parts without a value wear the skin of their kind.
function paint(stage, field, theme) {
  const skin = SKIN[theme];
  const ramp = field.ramp[theme];
  const shades = field.values.map((value, part) => (value === null ? null : shade(ramp, shareOf(field, part))));
  for (const mesh of Object.values(stage.meshes)) {
    const { part, depth } = mesh.userData;
    const own = mesh.name === "board";
    const plain = new THREE.Color(skin[mesh.name]);
    const colour = mesh.geometry.attributes.color;
    for (let i = 0; i < part.count; i++) {
      const { r, g, b } = (own ? null : shades[part.getX(i)]) ?? plain;
      const dim = depth ? depth[i] : 1;
      colour.setXYZ(i, r * dim, g * dim, b * dim);
    }
    colour.needsUpdate = true;
    mesh.children.forEach((child) => child.name === "edges" && child.material.color.set(skin.edge));
  }
  stage.ground.material.opacity = theme === "dark" ? 0.5 : 0.16;
  stage.sky.groundColor.set(theme === "dark" ? "#59636e" : "#aab4bf");
  draw(stage);
}
