"""Shows as directories of YAML files; docs/dataset.md describes the format."""
