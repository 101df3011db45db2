"""From a task to the rows that fusion methods see: frozen features by modality, masks, targets, and what is known beside them."""
