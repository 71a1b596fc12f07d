"""Compiled kernel that marches distribution units: the loop over units and steps, and the formulas of one step.

Contract: arrays are float64; `unit` is a `thermal.cdu_loop.UnitNumbers` of arrays (unit,), u the index of one. A table
of a liquid is temperature, heat capacity and enthalpy of its rows. Where a table ends, NaN is returned, never a guess.
The kernel releases the interpreter lock and writes only into its last argument.
"""

# mypy: disable-error-code="no-untyped-def"
import math

from thermal.volumes.kernels import compiled

SMALL = 1e-300
GAP = 1e-7
"""least distance of the two eigenvalues, over the larger: nearer ones are told apart by it [1]"""
NEAR = 1e-3
"""temperatures nearer than this [K] take the heat capacity in place of its mean"""


@compiled
def march(tables, unit, orders, pace, course):
    """March all units; return 0, or 1 where an enthalpy and 2 where a temperature leaves its table, and which."""
    rack, facility = tables
    (set_point, target, response), heat, supplied, wide = orders
    step, parts = pace
    nodes, means = course
    h = step / parts
    for u in range(heat.shape[1]):
        wanted = enthalpy(rack, set_point[u])
        if math.isnan(wanted):
            return 2, set_point[u]
        supply, back, warm, flow, position, integral = nodes[:, 0, u]
        decay = math.exp(-h / 2 / response[u])
        for k in range(heat.shape[0]):
            T = supplied[k, u]
            frame = T, enthalpy(rack, T), wanted, enthalpy(facility, T)
            if math.isnan(frame[1]) or math.isnan(frame[3]):
                return 2, T
            removed, carried, through = 0.0, 0.0, 0.0
            for _ in range(parts):
                away = flow - target[u]
                held = target[u] + away * decay, wide[k, u], heat[k, u], h
                supply, back, warm, position, integral, taken, given_away, passed, outside = advance(
                    (rack, facility), (unit, u), (supply, back, warm, position, integral), frame, held
                )
                if not math.isnan(outside):
                    return 1, outside
                flow = target[u] + away * decay * decay
                removed, carried, through = removed + taken, carried + given_away, through + passed
            nodes[0, k + 1, u], nodes[1, k + 1, u], nodes[2, k + 1, u] = supply, back, warm
            nodes[3, k + 1, u], nodes[4, k + 1, u], nodes[5, k + 1, u] = flow, position, integral
            means[0, k, u], means[1, k, u], means[2, k, u] = removed / parts, carried / parts, through / parts
    return 0, 0.0


@compiled
def advance(tables, which, state, frame, held):
    """Take one step; return the state after it, heat removed and carried, facility flow, and what is outside or NaN."""
    unit, u = which
    supply, back, warm, position, integral = state
    _, cold, wanted, inlet = frame
    flow, wide, q, h = held
    ahead, behind, mass = unit.ahead[u], unit.behind[u], unit.facility[u]
    first = capacities(tables, frame, back)
    if math.isnan(first[0]):
        return supply, back, warm, position, integral, 0.0, 0.0, 0.0, back
    start = supply - cold, back - cold, q, h
    guess = rack_side(which, start, (flow, wide * valve(which, position)), first)
    errors = (supply - wanted) / first[0], (guess[0] + cold - wanted) / first[0]
    after, middle, position = regulate(which, integral, position, errors, h)
    through = wide * valve(which, middle)
    halfway = (back + guess[1] + cold) / 2
    second = capacities(tables, frame, halfway)
    if math.isnan(second[0]):
        return supply, back, warm, position, integral, 0.0, 0.0, 0.0, halfway
    x, y = rack_side(which, start, (flow, through), second)
    removed = q - (ahead * (x - start[0]) + behind * (y - start[1])) / h
    turns = through * (h / mass)
    share = -math.expm1(-turns)
    rise = removed * (h / mass) * (share / turns if turns > 0 else 1.0) + share * (inlet - warm)
    return x + cold, y + cold, warm + rise, position, after, removed, removed - mass * rise / h, through, math.nan


@compiled
def regulate(which, integral, position, errors, h):
    """Return integral, position at the middle and at the end: exact for an error and a signal linear over the step."""
    unit, u = which
    first, last = unit.gain[u] * errors[0], unit.gain[u] * errors[1]
    after = clip(integral + h / 2 / unit.integral_time[u] * (first + last))
    start, end = clip(first + integral), clip(last + after)
    slope = (end - start) * (unit.response[u] / h)
    away, left = position - start + slope, math.exp(-h / 2 / unit.response[u])
    return after, clip((start + end) / 2 - slope + away * left), clip(end - slope + away * (left * left))


@compiled
def capacities(tables, frame, back):
    """Return the mean heat capacities of both liquids between facility supply and return [J/(kg*K)]."""
    rack, facility = tables
    T, cold, _, inlet = frame
    warm = temperature(rack, back)
    if math.isnan(warm):
        return warm, warm
    if abs(warm - T) < NEAR:
        return capacity(rack, T), capacity(facility, T)
    return (back - cold) / (warm - T), (enthalpy(facility, warm) - inlet) / (warm - T)


@compiled
def rack_side(which, start, flows, mean):
    """Return supply and return enthalpy above the coldest after a step at held flows: z' = exp(B) z + phi(B) p."""
    unit, u = which
    x, y, q, h = start
    flow, through = flows
    carried = per_kelvin(flow * mean[0], through * mean[1], conductance(which, flow, through))
    a, d = flow * (h / unit.ahead[u]), flow * (h / unit.behind[u])
    b = a - carried / mean[0] * (h / unit.ahead[u])
    half = (a - d) / 2
    total = (a + d) / 2 + math.sqrt(half * half + b * d)
    fast, slow = -total, -d * (a - b) / max(total, SMALL)
    gap = max(slow - fast, max(-GAP * fast, SMALL))
    grown, filled = math.exp(fast), mean_exp(fast)
    beta, gamma = (math.exp(slow) - grown) / gap, (mean_exp(slow) - filled) / gap
    alpha, source = grown - beta * fast, q * (h / unit.behind[u])
    supply = alpha * x + beta * (b * y - a * x) + gamma * b * source
    return supply, alpha * y + beta * d * (x - y) + (filled - gamma * (fast + d)) * source


@compiled
def conductance(which, flow, through):
    """Return the conductance of the exchanger at its flows, dirt included, as `thermal.unit_conductance` [W/K]."""
    unit, u = which
    film = (flow / unit.rated_flow[u]) ** unit.rack_exponent[u]
    other = (through / unit.rated_facility_flow[u]) ** unit.facility_exponent[u]
    r = unit.resistance_split[u]
    clean = unit.conductance[u] * (1 + r) * film * other / max(other + r * film, SMALL)
    return clean / (1 + unit.fouling[u] * clean)


@compiled
def per_kelvin(rack, facility, exchanger):
    """Return heat per kelvin between the inlets of a counter-flow exchanger [W/K]."""
    least, most = min(rack, facility), max(rack, facility)
    if least <= 0:
        return 0.0
    ratio = least / most
    units = exchanger / least
    gain = units * mean_exp(-units * (1 - ratio))
    return least * gain / (1 + ratio * gain)


@compiled
def valve(which, position):
    """Return the share of the flow of the open valve: equal percentage, behind its authority."""
    unit, u = which
    R, N = unit.valve_rangeability[u], unit.valve_authority[u]
    share = math.expm1(position * math.log(R)) / (R - 1)
    return share / math.sqrt(N + (1 - N) * share * share)


@compiled
def clip(value):
    """Return a value within 0 and 1."""
    return min(max(value, 0.0), 1.0)


@compiled
def mean_exp(x):
    """Return (e^x - 1) / x, 1 at 0."""
    return 1.0 if x == 0 else math.expm1(x) / x


@compiled
def cell(rows, value):
    """Return the cell of a table a value lies in, -1 outside."""
    low, high = 0, rows.size - 1
    if not rows[low] <= value <= rows[high]:
        return -1
    while high - low > 1:
        middle = (low + high) // 2
        if rows[middle] <= value:
            low = middle
        else:
            high = middle
    return low


@compiled
def capacity(table, T):
    """Return the heat capacity at a temperature [J/(kg*K)]."""
    rows, c, _ = table
    i = cell(rows, T)
    return math.nan if i < 0 else c[i] + (c[i + 1] - c[i]) * ((T - rows[i]) / (rows[i + 1] - rows[i]))


@compiled
def enthalpy(table, T):
    """Return the enthalpy at a temperature, as `thermal.enthalpy` [J/kg]."""
    rows, c, h = table
    i = cell(rows, T)
    return math.nan if i < 0 else h[i] + 0.5 * (T - rows[i]) * (c[i] + capacity(table, T))


@compiled
def temperature(table, value):
    """Return the temperature at an enthalpy, as `thermal.temperature` [K]."""
    rows, c, h = table
    i = cell(h, value)
    if i < 0:
        return math.nan
    squared = c[i] * c[i] + (c[i + 1] * c[i + 1] - c[i] * c[i]) * ((value - h[i]) / (h[i + 1] - h[i]))
    return rows[i] + 2 * (value - h[i]) / (c[i] + math.sqrt(squared))
