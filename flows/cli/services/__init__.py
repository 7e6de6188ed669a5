"""Commands that keep running, or prepare what does: demo, emulator, serve, deploy, worker, webhooks, metrics."""
