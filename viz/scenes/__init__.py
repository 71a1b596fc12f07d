"""The rack in three dimensions: named views of a result, drawn off-screen, with titles, bars and labels around them.

    parts      the boxes and tubes of the result            shapes   meshes of them, one for each kind
    paint      fields as colours: values, scales, limits    layers   what a view consists of
    rear, section, tray, electrical   the views             sight    where a bundle of cables can be seen
    lens       the camera, perspective and frame            backdrop page and shadow under a still
    stage      lights, window                               hall     many racks, cables as lines
    compose    stills: panels, strip of numbers, sides      arrange  where the panels of a still stand
    labels, lettering, side, strip   what is written around the panels
    flat       the same numbers as maps on paper

Contract: a view is pure data made from the result tree, also where no window can be opened; only `stage` opens one.
"""
