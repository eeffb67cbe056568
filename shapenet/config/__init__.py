"""From a YAML file to a frozen, checked config in which every value knows its place."""
