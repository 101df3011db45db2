"""From finished trainings to what people look at: values with intervals, standings, runs, tables, plots, one page."""
