// What the file carries: numbers (JSON) and shapes (GLB and centre lines), unpacked; and how a number is written.

const find = (id) => document.getElementById(id);

async function unpacked(id) {
  const bytes = Uint8Array.from(atob(find(id).textContent), (letter) => letter.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

function write(value, digits) {
  if (value === null || !Number.isFinite(value)) return "–";
  const [whole, share] = Math.abs(value).toFixed(digits).split(".");
  const spaced = whole.length > 3 ? whole.replace(/\B(?=(\d{3})+$)/g, "\u202f") : whole;
  return (value < 0 && Number(value.toFixed(digits)) !== 0 ? "−" : "") + spaced + (share ? `.${share}` : "");
}

const quantity = (value, unit, digits) => (value === null ? "–" : `${write(value, digits)}\u00a0${unit}`);

// Adds to the numbers what the viewer looks up again and again.
function indexed(data) {
  const { name, kind, tray } = data.part;
  data.count = name.length;
  data.byName = new Map(name.map((text, part) => [text, part]));
  data.ofKind = {};
  data.row = new Int32Array(data.count);
  kind.forEach((text, part) => {
    data.ofKind[text] ??= [];
    data.row[part] = data.ofKind[text].push(part) - 1;
  });
  data.trays = [...(data.ofKind["compute tray"] ?? []), ...(data.ofKind["switch tray"] ?? [])];
  data.inTray = (part) => tray[part];
  data.box = boxes(data);
  return data;
}

// Corners of the boxes in the axes of the picture (x right, y up, z to the front); null for parts that are none.
function boxes(data) {
  const { centre, size } = data.box;
  return data.part.name.map((_, part) => {
    const [x, y, z, width, depth, height] = [0, 1, 2].map((i) => centre[3 * part + i]).concat([0, 1, 2].map((i) => size[3 * part + i]));
    if (x === null) return null;
    const half = new THREE.Vector3(width / 2, height / 2, depth / 2);
    const middle = new THREE.Vector3(x, z, -y);
    return new THREE.Box3(middle.clone().sub(half), middle.clone().add(half));
  });
}

function caption(data, part) {
  const kind = data.part.kind[part];
  return kind === "link" && data.ends.length ? data.ends[data.row[part]] : data.part.name[part];
}

// Share of the scale, 0 at its low end and 1 at its high end; null where the part has no value.
function shareOf(field, part) {
  const value = field.values[part];
  return value === null ? null : Math.min(1, Math.max(0, (value - field.low) / (field.high - field.low)));
}

function shade(ramp, share) {
  const place = share * (ramp.length - 1);
  const low = Math.floor(place);
  const one = new THREE.Color(ramp[low]);
  return low + 1 < ramp.length ? one.lerp(new THREE.Color(ramp[low + 1]), place - low) : one;
}

function roundSteps(low, high, most) {
  const raw = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= raw * 0.999);
  const ticks = [];
  for (let k = Math.ceil(low / step - 1e-6); k * step <= high + 1e-6 * step; k++) ticks.push(k * step);
  return { ticks, digits: Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) };
}
