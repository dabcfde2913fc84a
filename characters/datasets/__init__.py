"""Shows as directories of YAML: the format is told in docs/dataset.md."""
