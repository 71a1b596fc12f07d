"""Time: a rack marched through a schedule of load, set-points and events, under policies."""
