"""Commands that keep running, or prepare it: demo, emulator, serve, deploy, worker, webhooks."""
