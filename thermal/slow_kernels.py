"""Compiled kernel that marches many packages: the loop over chips and steps.

Contract: arrays are float64. What a chip is after a step, and what is seen of it, is one product of a matrix of its
group with what it was and with the inputs before and after the step. The kernel releases the interpreter lock and
writes only into its last argument.
"""

# mypy: disable-error-code="no-untyped-def"
from thermal.volumes.kernels import compiled


@compiled
def advance(matrices, group, inputs, duration, course):
    """Step every chip through all inputs; a column of a matrix is state, heat held, die, spot, memory, case, spots."""
    power, inlet = inputs
    state, now, after, outputs, held, heat = course
    steps, chips, r = heat.shape[0], heat.shape[1], state.shape[1]
    spots = r + 5
    for c in range(chips):
        matrix = matrices[group[c]]
        for i in range(r):
            now[i] = state[c, i]
        for k in range(steps):
            now[r], now[r + 1], now[r + 2], now[r + 3] = power[k, 0, c], inlet[k], power[k, 1, c], inlet[k + 1]
            _product(matrix, now, after)
            for i in range(r):
                now[i] = after[i]
            held[k + 1, c] = after[r]
            heat[k, c] = (power[k, 0, c] + power[k, 1, c]) / 2 - (after[r] - held[k, c]) / duration
            spot = after[r + 2]
            for i in range(spots, after.size):
                spot = max(spot, after[i])
            outputs[k + 1, 0, c], outputs[k + 1, 1, c] = after[r + 1], spot
            outputs[k + 1, 2, c], outputs[k + 1, 3, c] = after[r + 3], after[r + 4]
        for i in range(r):
            state[c, i] = now[i]


@compiled
def follow(matrices, group, law, inlet, course):
    """Step every chip through power that depends on its die, P = power + slope (T - reference), T = inlet + scale rise.

    The power at the end of a step follows from the temperature there, in closed form.
    """
    power, slope, reference, scale, origin = law
    state, now, after, die = course
    steps, chips, r = power.shape[0], power.shape[2], state.shape[1]
    for c in range(chips):
        matrix, warm = matrices[group[c]], die[0, c]
        for i in range(r):
            now[i] = state[c, i]
        for k in range(steps):
            start = power[k, 0, c] + slope[k, 0, c] * (warm - reference[k, 0, c])
            now[r], now[r + 1], now[r + 2], now[r + 3] = start, inlet[k] - origin, 0.0, inlet[k + 1] - origin
            _product(matrix, now, after)
            share = scale[k + 1, c]
            level = inlet[k + 1] + share * (after[r + 1] - inlet[k + 1] + origin)
            gain = share * matrix[r + 2, r + 1]
            end = power[k, 1, c] + slope[k, 1, c] * (level - reference[k, 1, c])
            end /= 1 - slope[k, 1, c] * gain
            warm = level + gain * end
            die[k + 1, c] = warm
            for i in range(r):
                now[i] = after[i] + matrix[r + 2, i] * end


@compiled
def _product(matrix, now, after):
    """Set after = now . matrix, four rows at a time."""
    rows, width = matrix.shape
    for i in range(width):
        after[i] = 0.0
    for j in range(0, rows, 4):
        a, b, c, d = now[j], now[j + 1], now[j + 2], now[j + 3]
        first, second, third, fourth = matrix[j], matrix[j + 1], matrix[j + 2], matrix[j + 3]
        for i in range(width):
            after[i] += first[i] * a + second[i] * b + third[i] * c + fourth[i] * d
