"""The user's own data: folders, tables, archives and frames in the layouts that people use, read as standardized samples."""
