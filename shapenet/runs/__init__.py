"""Looking at runs: list them and show one."""
