"""Fusion methods compared fairly: the same frozen features, parameter budget, search and seeds for all, with floors beside them."""
