"""Where every part of a rack is: the only place with positions."""
