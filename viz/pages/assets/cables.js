// Cables: centre lines on a grid become tubes, mitred at each bend, all in one mesh. They run in planes of constant x.

const SIDES = 5;
const STRAND = 0.16; // by how much neighbours differ in brightness, so that they can be told apart
const DEEPEST = 0.6; // brightness of the innermost cables of a cartridge: the light that reaches them

function centreLines(data, buffer, offset) {
  const { count, nodes, origin, step } = data.cable;
  const grid = new Uint16Array(buffer.slice(offset, offset + 6 * count * nodes));
  const point = new Float32Array(grid.length);
  for (let i = 0; i < grid.length; i++) point[i] = origin[i % 3] + step[i % 3] * grid[i];
  const part = new Uint16Array(buffer.slice(offset + 6 * count * nodes, offset + 6 * count * nodes + 2 * count));
  return { count, nodes, point, part };
}

function tubes(lines, radius, chosen = null) {
  const { nodes } = lines;
  const cables = chosen ?? Array.from({ length: lines.count }, (_, i) => i);
  const total = cables.length * nodes * SIDES;
  const position = new Float32Array(3 * total);
  const normal = new Float32Array(3 * total);
  const part = new Float32Array(total);
  const index = new Uint32Array(cables.length * (nodes - 1) * SIDES * 6);
  const turn = Array.from({ length: SIDES }, (_, k) => [Math.cos((2 * Math.PI * k) / SIDES), Math.sin((2 * Math.PI * k) / SIDES)]);
  let v = 0;
  let t = 0;
  for (const cable of cables) {
    for (let node = 0; node < nodes; node++) {
      const { x, y, z, inY, inZ, mitre } = ring(lines, cable, node);
      for (let k = 0; k < SIDES; k++, v++) {
        const [across, inward] = turn[k];
        position.set([x + radius * across, y + radius * inward * mitre * inY, z + radius * inward * mitre * inZ], 3 * v);
        normal.set([across, inward * inY, inward * inZ], 3 * v);
        part[v] = lines.part[cable];
        if (node === 0) continue;
        const next = k + 1 < SIDES ? v + 1 : v + 1 - SIDES;
        index.set([v - SIDES, next - SIDES, v, next - SIDES, next, v], t);
        t += 6;
      }
    }
  }
  const made = new THREE.BufferGeometry();
  made.setAttribute("position", new THREE.BufferAttribute(position, 3));
  made.setAttribute("normal", new THREE.BufferAttribute(normal, 3));
  made.setAttribute("_part", new THREE.BufferAttribute(part, 1));
  made.setIndex(new THREE.BufferAttribute(index, 1));
  return made;
}

// Centre of a ring, the direction across it in the plane of the cable, and how far the mitre stretches it.
function ring({ point, nodes }, cable, node) {
  const at = 3 * (cable * nodes + node);
  const unit = (from, to) => {
    const [dy, dz] = [point[to + 1] - point[from + 1], point[to + 2] - point[from + 2]];
    const length = Math.hypot(dy, dz) || 1;
    return [dy / length, dz / length];
  };
  const after = node + 1 < nodes ? unit(at, at + 3) : unit(at - 3, at);
  const before = node > 0 ? unit(at - 3, at) : after;
  const sum = Math.hypot(before[0] + after[0], before[1] + after[1]) || 1;
  const along = [(before[0] + after[0]) / sum, (before[1] + after[1]) / sum];
  const mitre = 1 / Math.max(0.5, along[0] * after[0] + along[1] * after[1]);
  return { x: point[at], y: point[at + 1], z: point[at + 2], inY: along[1], inZ: -along[0], mitre };
}

function addCables(stage, data, buffer) {
  if (!data.cable.count) return;
  const lines = centreLines(data, buffer, data.model_bytes);
  stage.lines = lines;
  addMesh(stage, "cable", tubes(lines, data.cable.radius));
  const mesh = stage.meshes.cable;
  const position = mesh.geometry.attributes.position;
  let [near, far] = [Infinity, -Infinity];
  for (let i = 0; i < position.count; i++) [near, far] = [Math.min(near, position.getZ(i)), Math.max(far, position.getZ(i))];
  const light = (i) => DEEPEST + (1 - DEEPEST) * Math.sqrt((far - position.getZ(i)) / (far - near));
  const strand = (i) => 1 - STRAND * ((Math.floor(i / (lines.nodes * SIDES)) * 0.618034) % 1);
  mesh.userData.depth = Float32Array.from({ length: position.count }, (_, i) => light(i) * strand(i));
}

const cablesOf = (stage, part) => [...(stage.lines?.part.keys() ?? [])].filter((cable) => stage.lines.part[cable] === part);
