"""Production: life of tools and components, history, line, schedule, cost and decisions."""
