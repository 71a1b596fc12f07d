"""Rows of the work array in which modules are marched, and places in that of their traffic; see `power.module_kernels`.

Contract: one column a module, one number a quantity; powers in watts, temperatures in kelvin.
"""

NONE, CAPPED, MARCHED = 0, 1, 2
"""No smoothing; the ceiling alone; the machine."""

(IDLE, SPAN, NOMINAL, EXPONENT, COLDEST, SLOWEST, BUDGET, ENERGY, ALIVE, SENDS) = range(10)
(POWER, CALM, ARMED, NEAR, FAR) = range(10, 15)
(POWER_NEXT, CALM_NEXT, ARMED_NEXT, NEAR_NEXT, FAR_NEXT) = range(15, 20)
(LOAD, DYNAMIC, INVERSE, LEAK, GROWTH, LINK, FIXED, SPEED, DEMAND, LOWEST) = range(20, 30)
(DRAWN, SLOPE, SENT, KEPT, HANDLED) = range(30, 35)
(GROWTH_FAR, LEAK_BEFORE, DRAWN_BEFORE, SLOPE_BEFORE, STATUS) = range(35, 40)
(KEPT_ASIDE, HANDLED_ASIDE, LINK_ASIDE, GROWS) = range(40, 44)
ROWS = 44

(BUSIEST, ALONG, ASIDE, ALONG_GROWTH, ASIDE_GROWTH, LENGTH, WIDTH, ALONG_BEFORE, ASIDE_BEFORE, BEYOND) = range(10)
"""of the traffic: load of the busiest link as last taken; parts of what is sent along two vectors, their growth per
instant; squares of both; the parts before a stride; what is sent beyond both, root mean square"""
