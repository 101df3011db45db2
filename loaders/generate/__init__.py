"""Media made from text and fonts: identified by generator and inputs, never passed off as recordings."""
