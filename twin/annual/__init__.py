"""A year of one rack: the coupled steady state of each of its 8 760 hours, at the site's weather, load and plant.

Contract: hours are independent and each is steady; packages and loops settle within minutes. An hour has a supply
temperature and a load; hours with equal ones share a state. Where the plant cannot hold the set-point, the racks get
what it gives, and are solved again with it.
"""
