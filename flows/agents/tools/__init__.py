"""The tools: what each takes, what it answers, and the functions behind them."""
