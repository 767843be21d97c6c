"""Questions of many runs: comparisons, sweeps, designs and what matters most."""
