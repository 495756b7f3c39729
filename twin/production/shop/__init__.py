"""A job shop: schedules, their execution, job orders and responses."""
